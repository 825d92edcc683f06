#!/usr/bin/env python3
"""Draws chart.svg from chart.csv, and makes chart.csv from results of the harness.

    docs/project/benchmarks/chart.py                  draws chart.svg anew
    docs/project/benchmarks/chart.py RESULTS.json     makes chart.csv of results first

Results are a list of objects with `field`, `fraction` (the bound over the range), `codec`, `ratio` and `ok`: whether
every value was within the bound. Ratios are geometric means over the fields that all compressors of the chart hold at
a bound, SZ3 in the better of its two modes. Gains over SZ3 are geometric means over the fields that both hold. Also
prints the gains of foresz over three bounds together, as the README gives them.
"""
import csv
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
TABLE, CHART = HERE / "chart.csv", HERE / "chart.svg"

# What a line is called, what the harness calls it, and its colours on light and on dark ground.
LINES = [
    ("foresz, best effort", ["foresz:best"], "#1d4ed8", "#7db1ff"),
    ("foresz", ["foresz:default"], "#2f7de1", "#58a0f5"),
    ("SZ3", ["sz3:interp_lorenzo", "sz3:lorenzo_reg"], "#b45309", "#f0a050"),
    ("SPERR", ["sperr"], "#0f766e", "#4fc9b4"),
    ("ZFP", ["zfp"], "#8b3fa8", "#cf8fe6"),
]
OURS = 2  # The first lines are foresz, the next one what it is compared with.


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def table(rows):
    """A row for each bound and line."""
    held = {}
    for row in rows:
        for name, codecs, *_ in LINES:
            if row["codec"] in codecs and row["ok"]:
                case = held.setdefault(row["fraction"], {}).setdefault(row["field"], {})
                case[name] = max(case.get(name, 0), row["ratio"])
    rival = LINES[OURS][0]
    for bound, fields in sorted(held.items()):
        by_all = [case for case in fields.values() if len(case) == len(LINES)]
        for name, *_ in LINES:
            gains = [case[name] / case[rival] for case in fields.values() if name in case and rival in case]
            yield {
                "bound": f"{bound:g}",
                "compressor": name,
                "ratio": f"{mean([case[name] for case in by_all]):.4g}",
                "fields": len(by_all),
                "gain over SZ3": f"{mean(gains):.3f}",
                "worst": f"{min(gains):.3f}",
                "fields of gain": len(gains),
            }


WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 58, 150, 34, 58
LABEL = 17  # Pixels from one label to the next at least.

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #444c56 }
.name { font-weight: 600 } .grid { stroke: #d0d7de; stroke-width: 1 }
polyline { fill: none; stroke-width: 2 } .ours { stroke-width: 3 }
"""
DARK = "text { fill: #b6bfc9 } .grid { stroke: #3a424c }"


def colours(which):
    rules = []
    for i, line in enumerate(LINES):
        colour = line[which]
        rules.append(f".l{i} {{ stroke: {colour} }} .d{i}, text.t{i} {{ fill: {colour} }}")
    return "\n".join(rules)


def apart(wanted):
    """Heights of labels next to the wanted ones that do not overlap, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups = []
    for i in order:
        groups.append([wanted[i], [i]])
        while len(groups) > 1 and top(groups[-1]) < top(groups[-2]) + LABEL * len(groups[-2][1]):
            _, below = groups.pop()
            members = groups[-1][1] + below
            groups[-1] = [sum(wanted[m] for m in members) / len(members), members]
    heights = [0.0] * len(wanted)
    for group in groups:
        for k, i in enumerate(group[1]):
            heights[i] = top(group) + LABEL * k
    return heights


def top(group):
    return group[0] - LABEL * (len(group[1]) - 1) / 2


def draw(rows):
    bounds = sorted({float(row["bound"]) for row in rows})
    ratios = {(row["compressor"], float(row["bound"])): float(row["ratio"]) for row in rows}
    highest = max(ratios.values())

    def x(bound):
        part = (math.log(bound) - math.log(bounds[0])) / (math.log(bounds[-1]) - math.log(bounds[0]))
        return LEFT + 12 + part * (WIDTH - LEFT - RIGHT - 24)

    def y(ratio):
        return HEIGHT - BOTTOM - math.log(ratio) / math.log(1.12 * highest) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
        "<title>How much smaller compressors make real fields, by the largest error that is accepted</title>",
        f"<style>{STYLE}{colours(2)}\n@media (prefers-color-scheme: dark) {{ {DARK}\n{colours(3)} }}</style>",
        f'<text x="{LEFT - 46}" y="16">compression ratio</text>',
    ]
    ticks = [base * 10**power for power in range(4) for base in (1, 2, 5)]
    for ratio in (t for t in ticks if t <= 1.12 * highest):
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(ratio):.1f}" y2="{y(ratio):.1f}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(ratio) + 4.5:.1f}" text-anchor="end">{ratio}</text>')
    for bound in bounds:
        out.append(f'<text x="{x(bound):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{100 * bound:g} %</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">largest error accepted, in % of the range of the field</text>')
    heights = apart([y(ratios[name, bounds[-1]]) for name, *_ in LINES])
    for i, (name, *_) in reversed(list(enumerate(LINES))):
        points = [(x(bound), y(ratios[name, bound])) for bound in bounds]
        kind = f"l{i} ours" if i < OURS else f"l{i}"
        out.append(f'<polyline class="{kind}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
        out += [f'<circle class="d{i}" cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>' for a, b in points]
        out.append(f'<text class="name t{i}" x="{x(bounds[-1]) + 14:.1f}" y="{heights[i] + 4.5:.1f}">{name}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    if results := sys.argv[1:]:
        rows = list(table([row for path in results for row in json.loads(pathlib.Path(path).read_text())]))
        with TABLE.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    CHART.write_text(draw(rows))
    for name, *_ in LINES[:OURS]:
        some = [row for row in rows if row["compressor"] == name and 1e-4 <= float(row["bound"]) <= 1e-2]
        cases = sum(int(row["fields of gain"]) for row in some)
        gain = mean([float(row["gain over SZ3"]) for row in some])
        print(f"{name}: {gain:.2f} times the ratio of SZ3 at 1e-4 to 1e-2, {cases} cases")


if __name__ == "__main__":
    main()
