//! Tables for a paper; they take the package booktabs.

use super::results::Results;
use super::table::{Cell, Good, Table};
use super::tables;

/// All tables as LaTeX.
pub fn of(results: &Results) -> String {
    let tables = tables::all(results);
    let of = |table: &Table| table_of(table);
    tables.iter().map(of).collect::<Vec<_>>().join("\n")
}

fn table_of(table: &Table) -> String {
    let places: String = table
        .columns
        .iter()
        .enumerate()
        .map(|(k, column)| {
            if k > 0 && column.good != Good::Neither {
                'r'
            } else {
                'l'
            }
        })
        .collect();
    let heads: Vec<String> = table.columns.iter().map(|c| escaped(&c.head)).collect();
    let mut text = format!(
        "\\begin{{table}}\n\\caption{{{}. {}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{places}}}\n\\toprule\n{} \\\\\n\\midrule\n",
        escaped(&table.title),
        escaped(&table.note),
        table.id,
        heads.join(" & ")
    );
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        text.push_str(&cells.join(" & "));
        text.push_str(" \\\\\n");
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n\\end{table}\n");
    text
}

fn cell(cell: &Cell) -> String {
    let text = escaped(&cell.text);
    if cell.best {
        format!("\\textbf{{{text}}}")
    } else {
        text
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '×' => out.push_str("$\\times$"),
            '–' => out.push_str("--"),
            '∞' => out.push_str("$\\infty$"),
            '√' => out.push_str("$\\surd$"),
            '²' => out.push_str("$^2$"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_as_latex_wants_it() {
        let mut table = Table::new("t", "100 %", "a_b")
            .column("who", Good::Neither)
            .column("ratio", Good::High);
        table
            .rows
            .push(vec![Cell::text("x × y"), Cell::number(Some(2.5))]);
        table.mark(&[true]);
        let text = table_of(&table);
        assert!(text.contains("\\caption{100 \\%. a\\_b}") && text.contains("{lr}"));
        assert!(text.contains("x $\\times$ y & \\textbf{2.50} \\\\"));
    }
}
