"use strict";
(() => {
  const root = document.documentElement;
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.getElementById("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });
  document.getElementById("print").addEventListener("click", () => {
    document.querySelectorAll("details").forEach(d => { d.open = true; });
    print();
  });

  const value = (row, k) => {
    const cell = row.cells[k];
    return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
  };
  const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : typeof a === "number" ? -1 : typeof b === "number" ? 1 : a.localeCompare(b, "en", { numeric: true });
  document.querySelectorAll("table.sorts").forEach(table => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, k) => head.firstElementChild.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === (head.dataset.first === "down" ? null : "ascending")
        || (head.dataset.first === "down" && head.getAttribute("aria-sort") !== "descending");
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const empty = row => row.cells[k].textContent === "–";
      [...body.rows].map((row, i) => ({ row, i })).sort((a, b) =>
        empty(a.row) - empty(b.row) || (down ? -1 : 1) * order(value(a.row, k), value(b.row, k)) || a.i - b.i
      ).forEach(({ row }) => body.append(row));
    }));
  });

  const cells = table => [...table.rows].filter(row => !row.classList.contains("off"))
    .map(row => [...row.cells].map(cell => cell.textContent.trim()));
  const exact = table => [...table.rows].filter(row => !row.classList.contains("off"))
    .map(row => [...row.cells].map(cell => "v" in cell.dataset ? cell.dataset.v : cell.textContent.trim()));
  const csv = table => exact(table).map(row => row.map(text =>
    /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text).join(",")).join("\n") + "\n";
  const marks = { "×": "$\\times$", "–": "--", "∞": "$\\infty$", "√": "$\\surd$", "²": "$^2$", "\\": "\\textbackslash{}" };
  const tex = text => text.replace(/[\\×–∞√²]/g, c => marks[c]).replace(/[&%#_]/g, "\\$&");
  const latex = table => {
    const [heads, ...rows] = cells(table);
    const line = row => row.map(tex).join(" & ") + " \\\\\n";
    return `\\begin{tabular}{l${"r".repeat(heads.length - 1)}}\n\\toprule\n${line(heads)}\\midrule\n${rows.map(line).join("")}\\bottomrule\n\\end{tabular}\n`;
  };
  document.querySelectorAll("button[data-export]").forEach(button => button.addEventListener("click", () => {
    const table = document.getElementById(button.dataset.table);
    const kind = button.dataset.export;
    const blob = new Blob([kind === "csv" ? csv(table) : latex(table)], { type: "text/plain;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${table.id}.${kind}`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }));

  document.querySelectorAll("input[data-filter]").forEach(input => input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of document.getElementById(input.dataset.filter).tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.classList.toggle("off", !words.every(word => text.includes(word)));
    }
  }));

  const picks = [...document.querySelectorAll("input[data-pick]")];
  const show = () => picks.forEach(pick => document.querySelectorAll(`[data-series="${pick.dataset.pick}"]`)
    .forEach(part => part.classList.toggle("off", !pick.checked)));
  picks.forEach(pick => pick.addEventListener("change", show));
  document.getElementById("all")?.addEventListener("click", () => {
    const on = !picks.every(pick => pick.checked);
    picks.forEach(pick => { pick.checked = on; });
    show();
  });
})();
