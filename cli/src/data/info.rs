//! `foresz info` of data sets.

use std::path::Path;

use foresz::dataset::{DatasetReader, Role, View, roles};
use foresz::files::{Source, Values, Variable};
use foresz::{Store, lattice_step};
use serde::Serialize;

use super::source;
use super::table::{self, layout};
use crate::summary;
use crate::talk::Talk;

/// Values looked at for steps and missing ones, unless a variable has fewer.
const LOOK_AT: usize = 1 << 24;

#[derive(Serialize)]
struct File {
    input: String,
    format: String,
    dimensions: Vec<Dimension>,
    variables: Vec<About>,
    skipped: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Dimension {
    name: String,
    length: usize,
    unlimited: bool,
}

#[derive(Serialize)]
struct About {
    name: String,
    kind: &'static str,
    role: &'static str,
    dims: Vec<String>,
    shape: Vec<usize>,
    units: Option<String>,
    long_name: Option<String>,
    /// Of packed numbers, or found in the values that were looked at.
    step: Option<f64>,
    /// Among the values that were looked at.
    missing: Option<usize>,
    looked_at: usize,
    values: usize,
}

/// Says what a file holds.
pub(crate) fn of_source(path: &Path, talk: &Talk) -> anyhow::Result<()> {
    let mut source = source::open(path)?;
    let dataset = source.dataset().clone();
    let mut variables = Vec::new();
    for (v, role) in roles(&dataset).into_iter().enumerate() {
        variables.push(about(&mut *source, v, role)?);
    }
    let dimension = |d: &foresz::files::Dimension| Dimension {
        name: d.name.clone(),
        length: d.length,
        unlimited: d.unlimited,
    };
    let file = File {
        input: path.display().to_string(),
        format: source.format(),
        dimensions: dataset.dimensions.iter().map(dimension).collect(),
        variables,
        skipped: source.skipped().to_vec(),
    };
    talk.answer(&file, &describe(&file))
}

fn about(source: &mut dyn Source, v: usize, role: Role) -> anyhow::Result<About> {
    let dataset = source.dataset().clone();
    let variable = &dataset.variables[v];
    let shape = dataset.shape(variable);
    let text = |name| {
        variable
            .attribute(name)
            .and_then(Values::as_text)
            .map(String::from)
    };
    let mut about = About {
        name: variable.name.clone(),
        kind: variable.kind.name(),
        role: match role {
            Role::Data => "data",
            Role::Companion => "companion",
        },
        dims: dataset
            .dims(variable)
            .into_iter()
            .map(String::from)
            .collect(),
        units: text("units"),
        long_name: text("long_name").or_else(|| text("standard_name")),
        values: shape.iter().product(),
        step: None,
        missing: None,
        looked_at: 0,
        shape,
    };
    if role == Role::Data && about.values > 0 {
        look(source, v, variable, &mut about)?;
    }
    Ok(about)
}

/// Looks at values from the start on.
fn look(
    source: &mut dyn Source,
    v: usize,
    variable: &Variable,
    about: &mut About,
) -> anyhow::Result<()> {
    let mut region: Vec<_> = about.shape.iter().map(|n| 0..*n).collect();
    let per_place: usize = about.shape[1..].iter().product();
    region[0].end = (LOOK_AT / per_place.max(1)).clamp(1, about.shape[0]);
    let values = source.read(v, &region).map_err(foresz::Error::from)?;
    let packed = foresz::dataset::packing_step(variable);
    let fills = foresz::dataset::missing_values(variable);
    about.looked_at = values.len();
    let missing = |x: f64| !x.is_finite() || fills.contains(&x);
    about.missing = values
        .to_f64()
        .map(|all| all.into_iter().filter(|x| missing(*x)).count());
    about.step = packed.or_else(|| match &values {
        Values::F32(v) => lattice_step(v, &fills),
        Values::F64(v) => lattice_step(v, &fills),
        _ => None,
    });
    Ok(())
}

fn describe(file: &File) -> String {
    let mut rows = vec![
        [
            "variable",
            "type",
            "dimensions",
            "units",
            "step",
            "missing",
            "",
        ]
        .map(String::from)
        .to_vec(),
    ];
    let order = ["data", "companion"];
    for role in order {
        for about in file.variables.iter().filter(|a| a.role == role) {
            let along = about.dims.iter().zip(&about.shape);
            let along: Vec<String> = along.map(|(name, n)| format!("{name} {n}")).collect();
            let missing = match about.missing {
                None => String::new(),
                Some(n) if about.looked_at < about.values => {
                    format!("{n} of the first {}", about.looked_at)
                }
                Some(n) => n.to_string(),
            };
            rows.push(vec![
                about.name.clone(),
                about.kind.into(),
                along.join(", "),
                about.units.clone().unwrap_or_default(),
                about.step.map(summary::number).unwrap_or_default(),
                missing,
                about.long_name.clone().unwrap_or_default(),
            ]);
        }
    }
    let mut text = format!("{}, {}\n{}", file.input, file.format, layout(&rows));
    let skipped = file.skipped.iter();
    let skipped = skipped.map(|(name, reason)| format!("{name} is left out: {reason}\n"));
    text.extend(skipped);
    text
}

#[derive(Serialize)]
struct Held {
    input: String,
    writer: String,
    input_bytes: u64,
    stream_bytes: u64,
    ratio: f64,
    /// Bytes behind the stream, of something that was interrupted.
    lost_bytes: u64,
    dimensions: Vec<Dimension>,
    variables: Vec<foresz::dataset::VariableInfo>,
}

/// Says what the stream of a data set holds; nothing if it is that of a single field.
pub(crate) fn of_stream(path: &Path, stream: &dyn Store, talk: &Talk) -> anyhow::Result<bool> {
    let reader = source::opened(DatasetReader::open(stream), path)?;
    if reader.is_single_field() {
        return Ok(false);
    }
    let dataset = reader.dataset(View::Stored);
    let all = (0..dataset.variables.len()).map(|v| reader.about(v));
    let variables = all.collect::<foresz::Result<Vec<_>>>()?;
    let input_bytes: u64 = variables.iter().map(|v| v.raw_bytes).sum();
    let dimension = |d: &foresz::files::Dimension| Dimension {
        name: d.name.clone(),
        length: d.length,
        unlimited: d.unlimited,
    };
    let stream = Held {
        input: path.display().to_string(),
        writer: reader.writer().into(),
        input_bytes,
        stream_bytes: reader.bytes(),
        ratio: input_bytes as f64 / reader.bytes() as f64,
        lost_bytes: reader.lost(),
        dimensions: dataset.dimensions.iter().map(dimension).collect(),
        variables,
    };
    let dims: Vec<String> = stream
        .dimensions
        .iter()
        .map(|d| {
            format!(
                "{} {}{}",
                d.name,
                d.length,
                if d.unlimited { " unlimited" } else { "" }
            )
        })
        .collect();
    let text = format!(
        "{}, a data set written by {}\n{} of values in {}, ratio {}\ndimensions: {}\n{}",
        stream.input,
        stream.writer,
        summary::bytes(input_bytes),
        summary::bytes(stream.stream_bytes),
        summary::number(stream.ratio),
        dims.join(", "),
        table::of_variables(&stream.variables)
    );
    talk.answer(&stream, &text)?;
    Ok(true)
}
