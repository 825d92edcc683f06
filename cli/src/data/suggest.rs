//! `foresz suggest`.

use std::fmt::Write;
use std::ops::Range;

use foresz::dataset::{Bounds, GRADIENTS, Ladder, Preset, Recipe, closes, ladder, ladder_of};
use foresz::files::Dataset;
use foresz::{Bound, Options, Sample};
use ndarray::ArrayD;
use serde::Serialize;

use super::source;
use super::table::layout;
use crate::args::Suggest;
use crate::failure::invalid;
use crate::input::{self, Expected, Field};
use crate::summary;
use crate::talk::Talk;

/// Values of the sample.
const SAMPLE: usize = 1 << 21;

#[derive(Serialize)]
struct Answer {
    input: String,
    variable: Option<String>,
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
    let options = Options::new(Bound::Lossless)
        .effort(args.effort)
        .threads(args.threads.count());
    let answer = if source::is_data_set(&args.input) {
        of_variable(args, options)?
    } else {
        of_field(args, options)?
    };
    talk.answer(&answer, &describe(&answer)?)
}

fn of_field(args: &Suggest, options: Options) -> anyhow::Result<Answer> {
    let expected = Expected {
        shape: args.layout.shape(),
        dtype: args.layout.dtype,
        variable: args.variable.clone(),
    };
    let options = options.dims(args.layout.dims.iter().cloned());
    let (shape, ladder) = match input::read_field(&args.input, &expected)? {
        Field::F32(field) => tried(&field, &options)?,
        Field::F64(field) => tried(&field, &options)?,
    };
    Ok(answer(args, None, shape, ladder, None))
}

fn tried<T: Sample>(field: &ArrayD<T>, options: &Options) -> anyhow::Result<(Vec<usize>, Ladder)> {
    let region = sample(field.shape());
    let part = field.slice_each_axis(|axis| region[axis.axis.index()].clone().into());
    Ok((part.shape().to_vec(), ladder(part.view(), options)?))
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

fn of_variable(args: &Suggest, options: Options) -> anyhow::Result<Answer> {
    let mut source = source::open(&args.input)?;
    let dataset: Dataset = source.dataset().clone();
    let named: Vec<String> = args.variable.iter().cloned().collect();
    let wanted = source::wanted(&*source, &named, false)?;
    let [v] = wanted[..] else {
        return Err(invalid("one variable at a time"));
    };
    let variable = &dataset.variables[v];
    let shape = dataset.shape(variable);
    if shape.iter().product::<usize>() == 0 || shape.is_empty() {
        return Err(invalid(format!(
            "{} has no values to try bounds on",
            variable.name
        )));
    }
    let region = sample(&shape);
    let options = match closes(&mut *source) {
        Some(closes) => options.periodic(closes),
        None => options,
    };
    let ladder = ladder_of(&mut *source, v, &region, &options)?;
    let shape: Vec<usize> = region.iter().map(ExactSizeIterator::len).collect();
    let preset = Preset::Era5.recipe(&mut *source, v).ok().flatten();
    Ok(answer(
        args,
        Some(v).map(|v| &dataset.variables[v]),
        shape,
        ladder,
        preset,
    ))
}

fn answer(
    args: &Suggest,
    variable: Option<&foresz::files::Variable>,
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
            "as --preset {} has it: docs/reference/bounds.md says why",
            Preset::Era5.name()
        ),
        (None, Some(_)) => format!(
            "the largest that changes differences between neighbours by {} % (root mean square) at most",
            GRADIENTS * 100.0
        ),
        (None, None) => {
            "every bound tried changes gradients a lot: look closer, or keep it --lossless".into()
        }
    };
    let suggested = known.or(gentle);
    let path = args.input.display();
    let name = variable.map_or(String::new(), |v| format!(" -v {}", v.name));
    Answer {
        input: path.to_string(),
        units: variable.and_then(|v| Some(v.attribute("units")?.as_text()?.to_owned())),
        variable: variable.map(|v| v.name.clone()),
        sample,
        ladder,
        command: suggested.map(|bound| format!("foresz compress {path}{name} --abs {bound}")),
        suggested,
        why,
    }
}

fn describe(answer: &Answer) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let what = answer.variable.as_deref().unwrap_or(&answer.input);
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
