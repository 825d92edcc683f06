//! Text and tables as HTML.

use super::super::table::{Good, Table};

/// Text that means nothing to a browser.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// A table that sorts and can be exported; long ones scroll and can be searched.
pub(super) fn table(table: &Table) -> String {
    const LONG: usize = 40;
    let id = table.id;
    let long = table.rows.len() > LONG;
    let mut html = format!(
        "<p class=note>{}</p>\n<div class=tools>",
        escaped(&table.note)
    );
    for (kind, label) in [("csv", "CSV"), ("tex", "LaTeX")] {
        html += &format!("<button type=button data-export={kind} data-table={id}>{label}</button>");
    }
    if long {
        html += &format!(
            "<input type=search data-filter={id} placeholder=\"filter rows\" aria-label=\"filter rows\">"
        );
    }
    let scroll = if long { "scroll tall" } else { "scroll" };
    html += &format!("</div>\n<div class=\"{scroll}\"><table id={id} class=sorts><thead><tr>");
    let words: Vec<bool> = (0..table.columns.len())
        .map(|k| {
            table
                .rows
                .iter()
                .all(|row| row[k].value.is_none() && row[k].text != "–")
        })
        .collect();
    for (column, word) in table.columns.iter().zip(&words) {
        let class = if *word { " class=word" } else { "" };
        let first = if column.good == Good::High {
            " data-first=down"
        } else {
            ""
        };
        // A bound such as 1e-2 is not to be broken at its hyphen.
        let head = escaped(&column.head).replace("e-", "e\u{2011}");
        html += &format!("<th{class}{first}><button type=button>{head}</button></th>");
    }
    html += "</tr></thead><tbody>\n";
    for row in &table.rows {
        html += "<tr>";
        for (cell, word) in row.iter().zip(&words) {
            let class = match (*word, cell.best) {
                (true, _) => " class=word",
                (false, true) => " class=best",
                (false, false) => "",
            };
            let value = cell.value.map_or(String::new(), |v| format!(" data-v={v}"));
            html += &format!("<td{class}{value}>{}</td>", escaped(&cell.text));
        }
        html += "</tr>\n";
    }
    html += "</tbody></table></div>\n";
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Cell;

    #[test]
    fn names_cannot_break_the_page() {
        let mut odd = Table::new("t", "", "a < b & \"c\"").column("x", Good::High);
        odd.rows.push(vec![Cell::text("<script>")]);
        let html = table(&odd);
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"));
        assert!(html.contains("a &lt; b &amp; &quot;c&quot;"));
    }
}
