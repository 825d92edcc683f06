//! `foresz compress` of files with named variables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use foresz::dataset::{
    BoundsFile, Coder, DatasetReader, Recipe, VariableInfo, View, closes, lossy_before, odd_range,
    odd_times,
};
use foresz::files::{Dataset, Source};
use foresz::{Bound, FileStore, Options};
use serde::Serialize;

use super::complete::{self, Reason};
use super::origin::Origin;
use super::{choice, fit, region, resume, source, table};
use crate::args::{Compress, is_stdio};
use crate::failure::invalid;
use crate::output::{Output, Target};
use crate::progress::Bar;
use crate::summary;
use crate::talk::Talk;

#[derive(Serialize)]
struct Outcome {
    input: String,
    format: String,
    output: String,
    input_bytes: u64,
    output_bytes: u64,
    ratio: f64,
    wall_seconds: f64,
    variables: Vec<VariableInfo>,
    /// What could not be read, with the reasons.
    left_out: Vec<Reason>,
}

pub(crate) fn run(
    args: &Compress,
    options: Options,
    target: &Path,
    talk: &Talk,
) -> anyhow::Result<()> {
    let clock = Instant::now();
    refuse_misfits(args)?;
    let origin = Origin::of(&args.input)?;
    let mut source = source::open(&args.input)?;
    complete::check(args, &*source)?;
    let recipes = recipes(args, &mut *source)?;
    fit::check(args, source.dataset(), &recipes)?;
    warn(&recipes, &mut *source)?;
    let options = periodic(options, args, &mut *source);
    let chosen = positions(&recipes, source.dataset());
    let samples = region::samples(source.dataset(), chosen, &region::whole(source.dataset()));
    let bar = Bar::new(args.loudness.wants_bar(), samples.0, samples.1);
    let options = match &bar {
        Some(bar) => options.progress(bar.callback()),
        None => options,
    };
    let mut coder = Coder::new(&recipes, options);
    if args.variable.is_empty() {
        coder = coder.all_but(Vec::new());
    }
    let target = Target::new(target, args.output.force).reading(args.inputs());
    let file = match write(args, &coder, (&mut *source, &origin), &target)? {
        Written::Elsewhere(bytes) => {
            drop(bar);
            return talk.outcome(
                &Bytes {
                    output_bytes: bytes,
                },
                &summary::bytes(bytes),
            );
        }
        Written::File(path) => path,
    };
    drop(bar);
    let reader = DatasetReader::open(FileStore::open(&file)?)?;
    let names: Vec<&str> = recipes.iter().map(|r| r.variable.as_str()).collect();
    let outcome = outcome(args, &*source, &file, &reader, &names, clock)?;
    let remark = describe(&outcome);
    talk.outcome(&outcome, &remark)
}

#[derive(Serialize)]
struct Bytes {
    output_bytes: u64,
}

/// Options that only make sense for samples without a name.
fn refuse_misfits(args: &Compress) -> anyhow::Result<()> {
    let layout = &args.layout;
    let shape = layout.shape.is_some() || layout.sdr_dims.is_some() || layout.dtype.is_some();
    if shape || !layout.dims.is_empty() {
        return Err(invalid(format!(
            "{} tells shapes, types and dimensions itself: --shape, --dtype and --dims are for raw samples",
            args.input.display()
        )));
    }
    if args.train.is_some() {
        return Err(invalid(
            "--train is for a single field: extract it first, or train with foresz train",
        ));
    }
    if !args.attr.is_empty() {
        return Err(invalid(
            "--attr is for fields that have no attributes of their own",
        ));
    }
    Ok(())
}

/// What is asked for of each variable.
fn recipes(args: &Compress, source: &mut dyn Source) -> anyhow::Result<Vec<Recipe>> {
    let dataset = source.dataset().clone();
    let bounds = match &args.bound.bounds {
        None => BoundsFile::default(),
        Some(path) => {
            let text = fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            BoundsFile::parse(&text).with_context(|| path.display().to_string())?
        }
    };
    let names: Vec<String> = bounds.names().map(String::from).collect();
    source::refuse_skipped(source, &names)?;
    for name in &names {
        choice::find(&dataset, name).context("in the file of bounds")?;
    }
    let wanted = source::wanted(source, &args.variable, args.all)?;
    let recipe = |v: usize| {
        let name = &dataset.variables[v].name;
        let mut recipe = match (args.bound.one.bound(), bounds.recipe(name)?) {
            (Some(bound), _) => Recipe::new(name, bound.check()?),
            (None, Some(recipe)) => Recipe {
                variable: name.clone(),
                ..recipe
            },
            (None, None) => preset(args, source, v)?,
        };
        recipe.keep_zeros |= args.keep_zeros;
        recipe.non_negative |= args.non_negative;
        Ok(recipe)
    };
    wanted.into_iter().map(recipe).collect()
}

fn preset(args: &Compress, source: &mut dyn Source, v: usize) -> anyhow::Result<Recipe> {
    let name = source.dataset().variables[v].name.clone();
    let Some(preset) = args.bound.preset else {
        return Err(invalid(format!(
            "the file of bounds has none for {name}; add [{name}], or [\"*\"] for all others"
        )));
    };
    if let Some(recipe) = preset.recipe(source, v)? {
        return Ok(recipe);
    }
    eprintln!(
        "foresz: note: {} does not know {name}: it is kept without loss; --bounds FILE can give it a bound",
        preset.name()
    );
    Ok(Recipe::new(name, Bound::Lossless))
}

/// Says what users should know before numbers are lost.
fn warn(recipes: &[Recipe], source: &mut dyn Source) -> anyhow::Result<()> {
    let dataset = source.dataset().clone();
    for recipe in recipes {
        let v = choice::find(&dataset, &recipe.variable)?;
        if let Some(warning) = lossy_before(&dataset.variables[v], recipe) {
            eprintln!("foresz: warning: {}: {warning}", recipe.variable);
        }
        let lossy = recipe.bounds.all().iter().any(|b| *b != Bound::Lossless);
        if let Some(odd) = odd_range(&dataset.variables[v]).filter(|_| lossy) {
            eprintln!(
                "foresz: note: {}: {odd}: nothing is kept within a valid range",
                recipe.variable
            );
        }
    }
    for odd in odd_times(source, &positions(recipes, &dataset)) {
        eprintln!("foresz: note: {odd}");
    }
    for (name, reason) in source.skipped() {
        eprintln!("foresz: warning: {name} is left out: {reason}");
    }
    Ok(())
}

fn positions(recipes: &[Recipe], dataset: &Dataset) -> Vec<usize> {
    recipes
        .iter()
        .filter_map(|r| dataset.position(&r.variable))
        .collect()
}

/// Longitudes say whether rows close on themselves.
fn periodic(options: Options, args: &Compress, source: &mut dyn Source) -> Options {
    if args.periodic.is_some() {
        return options;
    }
    match closes(source) {
        Some(closes) => options.periodic(closes),
        None => options,
    }
}

/// Where a stream went.
enum Written {
    File(PathBuf),
    /// Where it cannot be looked at again, and how many bytes it has.
    Elsewhere(u64),
}

fn write(
    args: &Compress,
    coder: &Coder,
    (source, origin): (&mut dyn Source, &Origin),
    target: &Target,
) -> anyhow::Result<Written> {
    let path = target.path();
    if args.resume {
        resume::compress(coder, (source, origin), target)?;
        return Ok(Written::File(path.into()));
    }
    let output = Output::open(target)?;
    let is_file = matches!(output, Output::File(_));
    let mut bytes = 0;
    output.write(|sink| {
        bytes = coder.compress(source, sink)?;
        origin.check()
    })?;
    Ok(if is_file && !is_stdio(path) {
        Written::File(path.into())
    } else {
        Written::Elsewhere(bytes)
    })
}

fn outcome(
    args: &Compress,
    source: &dyn Source,
    file: &Path,
    reader: &DatasetReader<FileStore>,
    names: &[&str],
    clock: Instant,
) -> anyhow::Result<Outcome> {
    let dataset = reader.dataset(View::Stored);
    let mut positions: Vec<usize> = names.iter().filter_map(|n| dataset.position(n)).collect();
    if names.is_empty() {
        positions = (0..dataset.variables.len()).collect();
    }
    let variables: Vec<VariableInfo> = positions
        .into_iter()
        .map(|v| reader.about(v))
        .collect::<foresz::Result<_>>()?;
    let input_bytes: u64 = variables.iter().map(|v| v.raw_bytes).sum();
    Ok(Outcome {
        input: args.input.display().to_string(),
        format: source.format(),
        output: file.display().to_string(),
        input_bytes,
        output_bytes: reader.bytes(),
        ratio: input_bytes as f64 / reader.bytes() as f64,
        wall_seconds: clock.elapsed().as_secs_f64(),
        variables,
        left_out: source.skipped().to_vec(),
    })
}

fn describe(outcome: &Outcome) -> String {
    let Outcome {
        input,
        output,
        input_bytes,
        output_bytes,
        ratio,
        wall_seconds,
        variables,
        ..
    } = outcome;
    let head = format!(
        "{input} → {output}  {} of values → {}  ratio {}  {wall_seconds:.2} s",
        summary::bytes(*input_bytes),
        summary::bytes(*output_bytes),
        summary::number(*ratio)
    );
    let coarser = variables.iter().filter_map(|v| Some((v, v.coarser()?)));
    let note = |(v, step): (&VariableInfo, f64)| {
        let (name, half) = (&v.name, summary::number(step / 2.0));
        let step = summary::number(step);
        format!("
note: {name} was rounded to steps of {step} before, coarser than this bound: nothing is lost, and any bound below {half} gives the same")
    };
    let notes: Vec<String> = coarser.map(note).collect();
    let notes = notes.concat();
    format!(
        "{head}\n{}{notes}",
        table::of_variables(variables).trim_end()
    )
}
