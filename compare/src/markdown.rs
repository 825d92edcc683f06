//! Tables for a README.

use std::fmt::Write;

use super::results::Results;
use super::summary;
use super::table::Table;
use super::tables;

/// All tables as Markdown.
pub fn of(results: &Results) -> String {
    let mut text = String::new();
    for table in tables::all(results) {
        text.push_str(&table_of(&table));
        text.push('\n');
    }
    text.push_str("### In words\n\n");
    for sentence in summary::sentences(results) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "* {sentence}");
    }
    text
}

fn table_of(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("### {}\n\n{}\n\n", table.title, table.note);
    text.push_str(&line(
        table.columns.iter().map(|c| c.head.clone()).collect(),
    ));
    text.push_str(&line(vec!["---".into(); table.columns.len()]));
    for row in &table.rows {
        let cell = |cell: &super::table::Cell| {
            let text = cell.text.replace('|', "\\|");
            if cell.best {
                format!("**{text}**")
            } else {
                text
            }
        };
        text.push_str(&line(row.iter().map(cell).collect()));
    }
    text
}
