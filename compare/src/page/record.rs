//! What it takes to make the page again.

use super::super::job::ModelUsed;
use super::super::results::Results;
use super::super::table::{Cell, Good, Table};
use super::html::{escaped, table};

pub(super) fn of(results: &Results) -> String {
    let made = &results.made;
    let command: Vec<String> = made.command.iter().map(|word| quoted(word)).collect();
    let pairs = [
        ("foresz", made.foresz.clone()),
        (
            "commit",
            made.commit
                .clone()
                .unwrap_or_else(|| "not known to this build".into()),
        ),
        ("command", format!("foresz {}", command.join(" "))),
        ("system", made.system.clone()),
        (
            "processor",
            made.cpu.clone().unwrap_or_else(|| "not told".into()),
        ),
        ("cores", made.cores.to_string()),
        ("threads per contender", made.threads.to_string()),
        ("runs per time", made.repeat.to_string()),
        (
            "made",
            format!(
                "{} seconds after 1970 began, in {:.0} s",
                made.at, made.seconds
            ),
        ),
    ];
    let mut html = "<dl>".to_owned();
    for (name, value) in pairs {
        html += &format!("<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    html += "</dl>\n";
    let titled = |t: &Table| format!("<h3>{}</h3>\n{}", t.title, table(t));
    html += &titled(&contenders(results));
    html += &titled(&data(results));
    let models = models(results);
    if !models.rows.is_empty() {
        html += &titled(&models);
    }
    html
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '"', '\'']) {
        format!("'{word}'")
    } else {
        word.into()
    }
}

fn contenders(results: &Results) -> Table {
    let mut table = Table::new(
        "versions",
        "Versions",
        "As every contender tells it; of foresz also the start of the SHA-256 of the program.",
    )
    .column("contender", Good::Neither)
    .column("version", Good::Neither);
    for c in &results.contenders {
        let version = c.version.clone().unwrap_or_else(|| "absent".into());
        table
            .rows
            .push(vec![Cell::text(&c.name), Cell::text(version)]);
    }
    table
}

fn data(results: &Results) -> Table {
    let mut table = Table::new(
        "data",
        "Data",
        "SHA-256 of the little-endian samples in C order. Moran's I near 1: neighbours are alike.",
    )
    .column("field", Good::Neither)
    .column("file", Good::Neither)
    .column("shape", Good::Neither)
    .column("special values", Good::Neither)
    .column("Moran's I", Good::Neither)
    .column("SHA-256", Good::Neither);
    for f in &results.fields {
        let shape: Vec<String> = f.shape.iter().map(usize::to_string).collect();
        table.rows.push(vec![
            Cell::text(&f.name),
            Cell::text(&f.file),
            Cell::text(format!("{} {}", shape.join("×"), f.dtype)),
            Cell::count(f.specials),
            Cell::number(f.morans_i),
            Cell::text(&f.sha256),
        ]);
    }
    table
}

fn models(results: &Results) -> Table {
    let mut table = Table::new("models", "Learned models", "SHA-256 of the contract, which has that of every file of the model. Ratios count no weights; ratio_with_models in the JSON and CSV does.")
        .column("model", Good::Neither)
        .column("bytes of weights", Good::Neither)
        .column("SHA-256", Good::Neither);
    let mut all: Vec<&ModelUsed> = results
        .rows
        .iter()
        .filter_map(|row| row.measured.as_ref())
        .flat_map(|m| &m.models)
        .collect();
    all.sort_unstable_by(|a, b| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)));
    all.dedup();
    for model in all {
        table.rows.push(vec![
            Cell::text(&model.name),
            Cell::count(model.bytes as usize),
            Cell::text(&model.sha256),
        ]);
    }
    table
}
