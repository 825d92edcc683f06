//! Tables for people.

use foresz::dataset::VariableInfo;

use crate::summary;

/// Rows of cells, columns as wide as their widest cell; the first row is the heading.
pub(crate) fn layout(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        let cells = rows.iter().filter_map(|row| row.get(c));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let pad = width - cell.chars().count();
            cell.clone() + &" ".repeat(pad + 2)
        });
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// What became of variables, a row each.
pub(crate) fn of_variables(variables: &[VariableInfo]) -> String {
    let heading = [
        "variable",
        "type",
        "shape",
        "bound",
        "max error",
        "ratio",
        "coded by",
    ];
    let mut rows = vec![heading.map(String::from).to_vec()];
    for variable in variables {
        let asked: Vec<String> = variable.asked.iter().map(|b| summary::bound(*b)).collect();
        let units = variable.units.as_deref().unwrap_or_default();
        let lossless = variable.is_lossless();
        let error = if lossless {
            "0".into()
        } else {
            format!("{} {units}", summary::number(variable.max_error))
        };
        let coded = variable.predictors.iter().map(|spec| summary::spec(spec));
        let coded: Vec<String> = coded.chain(variable.backends.iter().cloned()).collect();
        rows.push(vec![
            variable.name.clone(),
            variable.kind.into(),
            summary::shape(&variable.shape),
            asked.join(" | "),
            error,
            match variable.ratio {
                ratio if ratio.is_finite() => summary::number(ratio),
                _ => String::new(),
            },
            if coded.is_empty() {
                "stored".into()
            } else {
                coded.join(", ")
            },
        ]);
    }
    layout(&rows)
}
