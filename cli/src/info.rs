//! `foresz info`.

use std::path::PathBuf;

use clap::Args;
use foresz::dataset::{DatasetReader, Role, VariableInfo, View, roles};
use foresz::files::{self, Dataset, Source, Values, Variable};
use foresz::{FORMAT_VERSION, Store, lattice_step};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::args::{LayoutArgs, Saying};
use super::field;
use super::input::{self, first_bytes, has_names};
use super::stream;
use super::summary;
use super::table::{self, layout};
use super::talk::Talk;

const EXAMPLES: &str = "\
Examples:
  foresz info era5.nc
  foresz info t2m.fsz
  foresz info --json t2m.fsz | jq .ratio";

/// Values looked at for steps and missing ones, unless a variable has fewer.
const LOOK_AT: usize = 1 << 24;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Info {
    /// A stream (- for standard input), a NetCDF or GRIB file, a Zarr store, a .npy or .npz file,
    /// or raw samples with their --shape
    input: PathBuf,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    input: String,
    format: String,
    /// Of values.
    input_bytes: u64,
    dimensions: Vec<Dimension>,
    variables: Vec<Value>,
    /// What cannot be read, with the reasons.
    skipped: Vec<(String, String)>,
    /// What only streams have.
    #[serde(flatten)]
    stream: Map<String, Value>,
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
    values: usize,
    /// Of packed numbers, or of the lattice that numbers lie on.
    step: Option<f64>,
    /// Among the values that were looked at, in a file.
    missing: Option<usize>,
    looked_at: usize,
}

pub(crate) fn run(args: &Info, talk: &Talk) -> anyhow::Result<()> {
    let layout = args.layout.layout();
    let is_file = has_names(&args.input)
        || files::arrays::is_array(&first_bytes(&args.input))
        || layout.shape.is_some();
    if is_file && !stream::is_one(&args.input) {
        return of_file(args, talk);
    }
    let store = stream::store(&args.input)?;
    let reader = stream::open(&*store, &args.input)?;
    of_stream(args, &store, &reader, talk)
}

fn of_file(args: &Info, talk: &Talk) -> anyhow::Result<()> {
    let mut source = input::open(&args.input, &args.layout)?;
    let dataset = source.dataset().clone();
    let mut variables = Vec::new();
    for (v, role) in roles(&dataset).into_iter().enumerate() {
        if source.is_bare() {
            source.check(v, &args.layout)?;
        }
        variables.push(about(&mut source, v, role)?);
    }
    let answer = Answer {
        format: source.format(),
        variables: each(&variables)?,
        skipped: source.skipped().to_vec(),
        ..blank(args, &dataset)
    };
    talk.answer(&answer, &describe(&answer, &variables))
}

fn each(all: &[impl Serialize]) -> serde_json::Result<Vec<Value>> {
    all.iter().map(serde_json::to_value).collect()
}

/// What is the same of files and streams.
fn blank(args: &Info, dataset: &Dataset) -> Answer {
    let width = |v: &Variable| v.kind.bytes().unwrap_or(1) as u64;
    let bytes = |v: &Variable| dataset.shape(v).iter().product::<usize>() as u64 * width(v);
    let dimension = |d: &files::Dimension| Dimension {
        name: d.name.clone(),
        length: d.length,
        unlimited: d.unlimited,
    };
    Answer {
        input: args.input.display().to_string(),
        format: "foresz".into(),
        input_bytes: dataset.variables.iter().map(bytes).sum(),
        dimensions: dataset.dimensions.iter().map(dimension).collect(),
        variables: Vec::new(),
        skipped: Vec::new(),
        stream: Map::new(),
    }
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Data => "data",
        Role::Companion => "companion",
    }
}

fn text(variable: &Variable, name: &str) -> Option<String> {
    let text = variable.attribute(name).and_then(Values::as_text);
    text.map(String::from)
}

fn long_name(variable: &Variable) -> Option<String> {
    text(variable, "long_name").or_else(|| text(variable, "standard_name"))
}

fn about(source: &mut dyn Source, v: usize, role: Role) -> anyhow::Result<About> {
    let dataset = source.dataset().clone();
    let variable = &dataset.variables[v];
    let shape = dataset.shape(variable);
    let mut about = About {
        name: variable.name.clone(),
        kind: variable.kind.name(),
        role: name(role),
        dims: dataset
            .dims(variable)
            .into_iter()
            .map(String::from)
            .collect(),
        units: text(variable, "units"),
        long_name: long_name(variable),
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

fn describe(file: &Answer, variables: &[About]) -> String {
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
        for about in variables.iter().filter(|a| a.role == role) {
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
    let skipped = skipped.map(|(name, reason)| format!("{name} cannot be read: {reason}\n"));
    text.extend(skipped);
    text
}

/// Says what a stream holds.
fn of_stream(
    args: &Info,
    store: &dyn Store,
    reader: &DatasetReader<&dyn Store>,
    talk: &Talk,
) -> anyhow::Result<()> {
    let dataset = reader.dataset(View::Stored);
    let all = (0..dataset.variables.len()).map(|v| reader.about(v));
    let variables = all.collect::<foresz::Result<Vec<_>>>()?;
    let mut answer = Answer {
        variables: each(&variables)?,
        ..blank(args, &dataset)
    };
    let roles = roles(&dataset).into_iter().zip(&dataset.variables);
    for ((role, variable), told) in roles.zip(&mut answer.variables) {
        told["role"] = name(role).into();
        told["long_name"] = long_name(variable).into();
        told["values"] = dataset.shape(variable).iter().product::<usize>().into();
    }
    let info = reader.is_single_field().then(|| foresz::inspect(&store));
    let info = info.transpose()?;
    let own = match &info {
        Some(info) => serde_json::to_value(info)?,
        None => json!({
            "format_version": FORMAT_VERSION,
            "stream_bytes": reader.bytes(),
            "ratio": answer.input_bytes as f64 / reader.bytes() as f64,
        }),
    };
    if let Value::Object(own) = own {
        answer.stream = own;
    }
    answer
        .stream
        .insert("writer".into(), reader.writer().into());
    answer
        .stream
        .insert("lost_bytes".into(), reader.lost().into());
    let text = match info {
        Some(info) => field::describe(&answer.input, &info)?,
        None => describe_stream(&answer, reader, &variables),
    };
    talk.answer(&answer, &text)
}

fn describe_stream(
    answer: &Answer,
    reader: &DatasetReader<&dyn Store>,
    variables: &[VariableInfo],
) -> String {
    let dimension = |d: &Dimension| {
        let unlimited = if d.unlimited { " unlimited" } else { "" };
        format!("{} {}{unlimited}", d.name, d.length)
    };
    let dims: Vec<String> = answer.dimensions.iter().map(dimension).collect();
    format!(
        "{}, a data set written by {}\n{} of values in {}, ratio {}\ndimensions: {}\n{}",
        answer.input,
        reader.writer(),
        summary::bytes(answer.input_bytes),
        summary::bytes(reader.bytes()),
        summary::number(answer.input_bytes as f64 / reader.bytes() as f64),
        dims.join(", "),
        table::of_variables(variables)
    )
}
