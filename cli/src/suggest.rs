//! `foresz suggest`.

use std::fmt::Write;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use foresz::dataset::{Bounds, GRADIENTS, Ladder, Preset, Recipe, closes, ladder_of};
use foresz::files::{Source, Values};
use foresz::{Bound, Options};
use serde::Serialize;

use super::args::{EffortArgs, LayoutArgs, Saying, Threads, VariableArgs};
use super::failure::invalid;
use super::input::{self, Input};
use super::table::layout;
use super::talk::Talk;
use super::{choice, summary};

const EXAMPLES: &str = "\
Examples:
  foresz suggest era5.nc -v t2m
  foresz suggest field.npy --json | jq .suggested

A sample is compressed under a ladder of bounds. The one suggested is the largest that is known
to be safe for the variable, or else the largest that changes differences between neighbours by 5 %.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Suggest {
    /// A NetCDF or GRIB file, a Zarr store, a .npy or .npz file, or raw samples; - for standard
    /// input (raw, .npy and .npz)
    input: PathBuf,
    #[command(flatten)]
    variables: VariableArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    effort: EffortArgs,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

/// Values of the sample.
const SAMPLE: usize = 1 << 21;

#[derive(Serialize)]
struct Answer {
    input: String,
    /// The only one.
    variables: Vec<String>,
    variable: String,
    units: Option<String>,
    /// Shape of what was tried.
    sample: Vec<usize>,
    #[serde(flatten)]
    ladder: Ladder,
    suggested: Option<f64>,
    why: String,
    command: Option<String>,
}

pub(crate) fn run(args: &Suggest, talk: &Talk) -> anyhow::Result<()> {
    let mut input = input::open(&args.input, &args.layout)?;
    let v = choice::one(&input, &args.variables.names)?;
    input.check(v, &args.layout)?;
    if input.is_bare() {
        input.describe(!args.layout.dims.is_empty(), &[], None);
    }
    let shape = input.dataset().shape(&input.dataset().variables[v]);
    if shape.iter().product::<usize>() == 0 || shape.is_empty() {
        return Err(invalid(format!(
            "{} has no values to try bounds on",
            input.dataset().variables[v].name
        )));
    }
    let region = sample(&shape);
    let options = Options::new(Bound::Lossless)
        .effort(args.effort.effort)
        .threads(args.threads.count());
    let options = match closes(&mut input) {
        Some(closes) => options.periodic(closes),
        None => options,
    };
    let ladder = ladder_of(&mut input, v, &region, &options)?;
    let preset = Preset::Era5.recipe(&mut input, v).ok().flatten();
    let sample = region.iter().map(ExactSizeIterator::len).collect();
    let answer = answer(args, (&input, v), sample, ladder, preset);
    talk.answer(&answer, &describe(&answer)?)
}

/// A part from the middle of the slower dimensions, the faster ones whole.
fn sample(shape: &[usize]) -> Vec<Range<usize>> {
    let mut room = SAMPLE;
    let mut region: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
    for range in region.iter_mut().rev() {
        let length = range.end.min(room).max(1);
        let start = (range.end - length) / 2;
        *range = start..start + length;
        room /= length;
    }
    region
}

fn answer(
    args: &Suggest,
    (input, v): (&Input, usize),
    sample: Vec<usize>,
    ladder: Ladder,
    preset: Option<Recipe>,
) -> Answer {
    let known = preset.and_then(|recipe| match recipe.bounds {
        Bounds::One(Bound::Absolute(bound)) => Some(bound),
        Bounds::Along { runs, .. } => runs.iter().find_map(|(_, b)| match b {
            Bound::Absolute(bound) => Some(*bound),
            _ => None,
        }),
        Bounds::One(_) => None,
    });
    let gentle = ladder.gentle;
    let why = match (known, gentle) {
        (Some(_), _) => format!(
            "from --preset {}: docs/reference/bounds.md says why",
            Preset::Era5.name()
        ),
        (None, Some(_)) => format!(
            "the largest that changes differences between neighbours by {} % (root mean square) at most",
            GRADIENTS * 100.0
        ),
        (None, None) => {
            "every bound tried changes gradients a lot: look closer, or compress it with --lossless"
                .into()
        }
    };
    let suggested = known.or(gentle);
    let path = args.input.display();
    let dataset = input.dataset();
    let variable = &dataset.variables[v];
    // A file with a single array needs no name for it.
    let alone = input.is_bare() && dataset.variables.len() == 1;
    let named = if alone {
        args.layout.words()
    } else {
        format!(" -v {}{}", variable.name, args.layout.words())
    };
    let units = variable.attribute("units").and_then(Values::as_text);
    Answer {
        input: path.to_string(),
        variables: vec![variable.name.clone()],
        variable: variable.name.clone(),
        units: units.map(Into::into),
        sample,
        ladder,
        command: suggested.map(|bound| format!("foresz compress {path}{named} --abs {bound}")),
        suggested,
        why,
    }
}

fn describe(answer: &Answer) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let what = &answer.variable;
    let units = answer.units.as_deref().unwrap_or_default();
    writeln!(
        text,
        "{what}, a sample of {}",
        summary::shape(&answer.sample)
    )?;
    if let Some(step) = answer.ladder.step {
        writeln!(
            text,
            "was rounded to steps of {} {units} before: bounds below {} lose nothing",
            summary::number(step),
            summary::number(step / 2.0)
        )?;
    }
    let mut rows = vec![
        [
            "bound",
            "ratio",
            "bits/value",
            "max error",
            "PSNR",
            "gradients change by",
            "",
        ]
        .map(String::from)
        .to_vec(),
    ];
    for rung in &answer.ladder.rungs {
        let mark = if answer.suggested == Some(rung.bound) {
            "← suggested"
        } else {
            ""
        };
        rows.push(vec![
            rung.bound.to_string(),
            summary::number(rung.ratio),
            summary::number(rung.bits_per_value),
            summary::number(rung.max_error),
            rung.psnr
                .map_or("nothing lost".into(), |p| format!("{p:.1} dB")),
            format!("{} %", summary::number(100.0 * rung.gradient_change)),
            mark.into(),
        ]);
    }
    text += &layout(&rows);
    match answer.suggested {
        Some(bound) => writeln!(text, "suggested: {bound} {units}, {}", answer.why)?,
        None => writeln!(text, "{}", answer.why)?,
    }
    if let Some(command) = &answer.command {
        writeln!(text, "{command}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_whole_frames_from_the_middle() {
        assert_eq!(sample(&[721, 1440]), [0..721, 0..1440]);
        assert_eq!(sample(&[744, 721, 1440]), [371..373, 0..721, 0..1440]);
        assert_eq!(sample(&[4_000_000])[0], 951_424..3_048_576);
    }
}
