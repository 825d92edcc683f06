//! `foresz verify`: trusts nothing in the stream but what was asked for.

use std::fmt::Write;
use std::process::ExitCode;

use foresz::check::{self, Promise, Rule};
use foresz::{Bound, Decompressor, Info, Sample};
use ndarray::ArrayD;
use serde::Serialize;

use super::args::Verify;
use super::data;
use super::failure::{BROKEN, invalid, while_decoding};
use super::input::{self, Expected, Field};
use super::summary;
use super::talk::Talk;
use foresz::DType;

#[derive(Serialize)]
struct Answer {
    stream: String,
    original: String,
    kept: bool,
    asked: Bound,
    /// The absolute bound that every value was held against.
    bound: Option<f64>,
    max_error: f64,
    rms_error: f64,
    /// Absent where nothing was lost.
    psnr: Option<f64>,
    numbers: usize,
    /// NaN, infinities and fill values, and how many of them changed.
    specials: usize,
    specials_changed: usize,
    values_broken: usize,
    worst: Option<Worst>,
}

#[derive(Serialize)]
struct Worst {
    index: Vec<usize>,
    original: f64,
    decoded: f64,
    error: f64,
}

pub(crate) fn run(args: &Verify, talk: &Talk) -> anyhow::Result<ExitCode> {
    if data::is_data_set(&args.original) || data::is_data_set_stream(&args.stream) {
        return data::verify(args, talk);
    }
    let stream = input::open_stream(&args.stream)?;
    let info = foresz::inspect(&stream)?;
    let dtype = info.dtype;
    let expected = Expected {
        shape: Some(info.shape.clone()),
        dtype: Some(dtype),
        variable: args.variable.clone(),
    };
    let original = input::read_field(&args.original, &expected)?;
    let decoder = Decompressor::default()
        .registry(args.models.registry()?)
        .limits(args.models.limits())
        .threads(args.threads.count());
    let answer = match (original, dtype) {
        (Field::F32(field), DType::F32) => judge(
            args,
            &info,
            &field,
            &decoder.field(&stream).map_err(while_decoding)?,
        ),
        (Field::F64(field), DType::F64) => judge(
            args,
            &info,
            &field,
            &decoder.field(&stream).map_err(while_decoding)?,
        ),
        _ => {
            return Err(invalid(format!(
                "the original does not hold {}",
                info.dtype
            )));
        }
    };
    talk.answer(&answer, &describe(&answer)?)?;
    Ok(if answer.kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BROKEN)
    })
}

fn judge<T: Sample>(
    args: &Verify,
    info: &Info,
    original: &ArrayD<T>,
    decoded: &ArrayD<T>,
) -> Answer {
    let span = check::span(original, &info.fills);
    let promise = match info.asked {
        // The stream's own idea of the bound is not trusted to be the right one.
        Bound::RangeRelative(part) => Promise::Within(info.bound.min(part * span)),
        asked => Promise::of(asked, span),
    };
    let found = Rule::new(promise)
        .fills(&info.fills)
        .judge(original, decoded);
    let (rms_error, psnr) = (found.rms(), found.psnr(span));
    let kept = found.kept() && found.reaches(promise, span);
    let worst = found.worst.filter(|_| !kept).map(|position| {
        let at = |field: &ArrayD<T>| field.iter().nth(position).map_or(f64::NAN, |x| x.to_f64());
        let (x, y) = (at(original), at(decoded));
        Worst {
            index: unravel(position, &info.shape),
            original: x,
            decoded: y,
            error: (x - y).abs(),
        }
    });
    Answer {
        stream: args.stream.display().to_string(),
        original: args.original.display().to_string(),
        kept,
        asked: info.asked,
        bound: promise.absolute(),
        max_error: found.max_error,
        rms_error,
        psnr: psnr.is_finite().then_some(psnr),
        numbers: found.numbers,
        specials: found.specials,
        specials_changed: found.changed,
        values_broken: found.broken,
        worst,
    }
}

/// A position in C order as an index per dimension.
fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}

fn describe(answer: &Answer) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let verdict = if answer.kept { "kept" } else { "BROKEN" };
    writeln!(
        text,
        "{verdict}: {} against {}",
        answer.stream, answer.original
    )?;
    let mut row = |label: &str, value: &str| writeln!(text, "{label:<12}{value}");
    let asked = summary::bound(answer.asked);
    row(
        "bound",
        &answer
            .bound
            .map_or(asked.clone(), |b| format!("{asked} (±{b})")),
    )?;
    row("max error", &format!("{}", answer.max_error))?;
    row("RMS error", &format!("{}", answer.rms_error))?;
    row(
        "PSNR",
        &answer
            .psnr
            .map_or("none, no range or nothing lost".into(), |p| {
                format!("{p:.3} dB")
            }),
    )?;
    let exact = if answer.specials_changed == 0 {
        "all exact".into()
    } else {
        format!("{} changed", answer.specials_changed)
    };
    row(
        "special",
        &format!("{} NaN, infinite or fill values, {exact}", answer.specials),
    )?;
    if answer.values_broken > 0 {
        row(
            "broken",
            &format!("{} of {} values", answer.values_broken, answer.numbers),
        )?;
    }
    if let Some(Worst {
        index,
        original,
        decoded,
        error,
    }) = &answer.worst
    {
        row(
            "worst",
            &format!("at {index:?}: {original} came back as {decoded}, off by {error}"),
        )?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_become_indices() {
        assert_eq!(unravel(0, &[2, 3, 4]), [0, 0, 0]);
        assert_eq!(unravel(23, &[2, 3, 4]), [1, 2, 3]);
        assert_eq!(unravel(6, &[2, 3, 4]), [0, 1, 2]);
    }
}
