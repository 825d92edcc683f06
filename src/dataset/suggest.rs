//! What bounds do to a field: a ladder of them, tried on it.

use std::ops::Range;

use foresz_files::{Memory, Source, Values};
use foresz_predictors::Sample;
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use serde::Serialize;

use super::coder::Coder;
use super::job::named;
use super::packing::{missing_values, packing_step, unpacked};
use super::reader::DatasetReader;
use super::recipe::Recipe;
use super::travelling::subset;
use super::view::View;
use crate::bound::Bound;
use crate::error::{Error, Result, invalid};
use crate::field::compress::compress;
use crate::field::decompress::Decompressor;
use crate::options::Options;
use crate::values::lattice::lattice_step;

/// What a bound does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Rung {
    /// The absolute bound.
    pub bound: f64,
    /// Bytes of samples over bytes of stream.
    pub ratio: f64,
    /// Bits of stream per sample.
    pub bits_per_value: f64,
    /// In dB; none where nothing is lost.
    pub psnr: Option<f64>,
    /// Largest error.
    pub max_error: f64,
    /// Root of the mean square change of the differences between neighbours, over that of the
    /// differences.
    pub gradient_change: f64,
}

/// A field under a ladder of bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Ladder {
    /// From the loosest to the tightest.
    pub rungs: Vec<Rung>,
    /// Step that the field was rounded to before, if it was.
    pub step: Option<f64>,
    /// The largest bound that changes gradients by [`GRADIENTS`] at most; where even the
    /// tightest changes more, or the field was rounded more coarsely before, half that step.
    pub gentle: Option<f64>,
}

/// What gradients may change by.
pub const GRADIENTS: f64 = 0.05;

/// Rungs per decade.
const PER_DECADE: [f64; 3] = [1.0, 2.0, 5.0];
/// Bounds tried: parts of the range.
const LOOSEST: f64 = 1e-2;
const DECADES: i32 = 5;

/// Tries bounds on a field, which may well be a part of a larger one. The bound of the
/// options is not used.
pub fn ladder<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Ladder> {
    let numbers: Vec<T> = field.iter().copied().collect();
    let step = lattice_step(&numbers, &options.fills);
    climb(&field, &options.fills, step, |bound| {
        let options = Options {
            bound: Bound::Absolute(bound),
            ..options.clone()
        };
        let stream = compress(field.view(), &options)?;
        let decoder = decoder(&options);
        Ok(Tried {
            decoded: decoder.field(&stream.bytes)?,
            ratio: stream.report.ratio,
            bits_per_value: stream.report.bits_per_value,
            max_error: stream.report.max_error,
        })
    })
}

/// Tries bounds on a part of a variable: it is coded as [`Coder`] codes the whole, packed
/// numbers as packed ones, and errors are those of unpacked numbers.
pub fn ladder_of(
    source: &mut dyn Source,
    variable: usize,
    region: &[Range<usize>],
    options: &Options,
) -> Result<Ladder> {
    let mut dataset = subset(source.dataset(), &[variable]);
    let about = dataset.variables[0].clone();
    for (d, range) in about.dimensions.iter().zip(region) {
        dataset.dimensions[*d].length = range.len();
    }
    let values = source.read(variable, region);
    let values = values.map_err(|e| named(e, &about.name))?;
    let shape = dataset.shape(&about);
    let numbers = unpacked(&about, values.clone())?;
    let part = Memory::new(dataset, vec![values]).map_err(|e| named(e, &about.name))?;
    let fills = missing_values(&about);
    let mut part = Excerpt { part, options };
    let step = packing_step(&about);
    match numbers {
        Values::F32(v) => {
            let step = step.or_else(|| lattice_step(&v, &fills));
            let field = array(v, &shape)?;
            climb(&field.view(), &fills, step, |bound| {
                part.try_out(bound, |values| match values {
                    Values::F32(v) => array(v, &shape),
                    _ => other(),
                })
            })
        }
        Values::F64(v) => {
            let step = step.or_else(|| lattice_step(&v, &fills));
            let field = array(v, &shape)?;
            climb(&field.view(), &fills, step, |bound| {
                part.try_out(bound, |values| match values {
                    Values::F64(v) => array(v, &shape),
                    _ => other(),
                })
            })
        }
        _ => invalid(format!(
            "{} holds whole numbers, which are kept without loss",
            about.name
        )),
    }
}

fn array<T>(values: Vec<T>, shape: &[usize]) -> Result<ArrayD<T>> {
    let array = ArrayD::from_shape_vec(IxDyn(shape), values);
    array.map_err(|e| Error::Invalid(e.to_string()))
}

fn other<T>() -> Result<T> {
    invalid("values came back as another type")
}

fn decoder(options: &Options) -> Decompressor {
    Decompressor::default()
        .threads(options.threads)
        .registry(options.registry.clone())
}

/// A part of a variable, and how it is coded.
struct Excerpt<'a> {
    part: Memory,
    options: &'a Options,
}

impl Excerpt<'_> {
    fn try_out<T>(
        &mut self,
        bound: f64,
        array: impl Fn(Values) -> Result<ArrayD<T>>,
    ) -> Result<Tried<T>> {
        let about = self.part.dataset().variables[0].clone();
        let shape = self.part.dataset().shape(&about);
        let recipes = [Recipe::new(&about.name, Bound::Absolute(bound))];
        let mut stream = Vec::new();
        Coder::new(&recipes, self.options.clone()).compress(&mut self.part, &mut stream)?;
        let reader = DatasetReader::open(&stream)?;
        let info = reader.about(0)?;
        let whole: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
        let decoded = reader.read(0, &whole, View::Unpacked, &decoder(self.options))?;
        let values = shape.iter().product::<usize>().max(1) as f64;
        Ok(Tried {
            decoded: array(decoded)?,
            ratio: info.ratio,
            bits_per_value: info.stream_bytes as f64 * 8.0 / values,
            max_error: info.max_error,
        })
    }
}

/// What came of a bound.
struct Tried<T> {
    decoded: ArrayD<T>,
    ratio: f64,
    bits_per_value: f64,
    max_error: f64,
}

/// Tries bounds from the loosest on, until nothing is lost.
fn climb<T: Sample>(
    field: &ArrayViewD<T>,
    fills: &[f64],
    step: Option<f64>,
    mut try_out: impl FnMut(f64) -> Result<Tried<T>>,
) -> Result<Ladder> {
    let is_number = |x: f64| x.is_finite() && !fills.contains(&x);
    let ends = field.iter().map(|x| x.to_f64()).filter(|x| is_number(*x));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    let span = if low < high { high - low } else { 0.0 };
    let mut rungs = Vec::new();
    for bound in bounds(span) {
        let tried = try_out(bound)?;
        let lossless = tried.max_error == 0.0;
        rungs.push(rung(field, bound, span, tried, is_number));
        if lossless {
            // All tighter bounds do the same.
            break;
        }
    }
    let gentle = rungs.iter().find(|r| r.gradient_change <= GRADIENTS);
    let least = step.map_or(0.0, |step| step / 2.0);
    let gentle = gentle.map(|r| r.bound.max(least));
    Ok(Ladder {
        gentle: gentle.or(step.map(|s| s / 2.0)),
        rungs,
        step,
    })
}

/// Round numbers from the loosest on.
fn bounds(span: f64) -> Vec<f64> {
    if span <= 0.0 || !span.is_finite() {
        return Vec::new();
    }
    let top = (span * LOOSEST).log10().floor() as i32;
    let decade = |exponent: i32| {
        // Written as text, so that 0.05 is 0.05 and not a neighbour.
        let bound = move |m: &f64| format!("{m}e{exponent}").parse().unwrap_or(0.0);
        PER_DECADE.iter().rev().map(bound).collect::<Vec<f64>>()
    };
    let all = (top - DECADES + 1..=top).rev().flat_map(decade);
    all.filter(|b| *b > 0.0 && *b <= span * LOOSEST * 1.000_001)
        .collect()
}

fn rung<T: Sample>(
    field: &ArrayViewD<T>,
    bound: f64,
    span: f64,
    tried: Tried<T>,
    is_number: impl Fn(f64) -> bool,
) -> Rung {
    let (mut squares, mut count) = (0.0, 0usize);
    for (x, y) in field.iter().zip(&tried.decoded) {
        let (x, y) = (x.to_f64(), y.to_f64());
        if is_number(x) {
            squares += (x - y) * (x - y);
            count += 1;
        }
    }
    let rms = (squares / count.max(1) as f64).sqrt();
    let psnr = 20.0 * (span / rms).log10();
    Rung {
        bound,
        ratio: tried.ratio,
        bits_per_value: tried.bits_per_value,
        psnr: psnr.is_finite().then_some(psnr),
        max_error: tried.max_error,
        gradient_change: gradient_change(field, &tried.decoded.view(), is_number),
    }
}

/// Along the last two dimensions.
fn gradient_change<T: Sample>(
    field: &ArrayViewD<T>,
    decoded: &ArrayViewD<T>,
    is_number: impl Fn(f64) -> bool,
) -> f64 {
    let (mut changes, mut gradients) = (0.0, 0.0);
    let last = field.ndim();
    for d in last.saturating_sub(2)..last {
        let step = |array: &ArrayViewD<T>, from: isize, to: isize| -> Vec<f64> {
            let to = (to != 0).then_some(to);
            let part = array.slice_axis(Axis(d), Slice::new(from, to, 1));
            part.iter().map(|x| x.to_f64()).collect()
        };
        let pairs = |array: &ArrayViewD<T>| (step(array, 0, -1), step(array, 1, 0));
        let ((a, b), (c, d)) = (pairs(field), pairs(decoded));
        for k in 0..a.len() {
            if is_number(a[k]) && is_number(b[k]) {
                let (was, is) = (b[k] - a[k], d[k] - c[k]);
                gradients += was * was;
                changes += (was - is) * (was - is);
            }
        }
    }
    if gradients > 0.0 {
        (changes / gradients).sqrt()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_are_round_numbers() {
        let bounds = bounds(70.0);
        assert_eq!(bounds[..4], [0.5, 0.2, 0.1, 0.05]);
        assert!(bounds.len() > 12 && bounds.is_sorted_by(|a, b| a > b));
        assert!(super::bounds(0.0).is_empty() && super::bounds(f64::INFINITY).is_empty());
    }

    #[test]
    fn tighter_bounds_change_less() {
        let field = ArrayD::from_shape_fn(&[40, 60][..], |at| {
            ((at[0] as f32 * 0.3).sin() + (at[1] as f32 * 0.2).cos()) * 10.0
        });
        let ladder = ladder(field.view(), &Options::new(Bound::Lossless).threads(1)).unwrap();
        for pair in ladder.rungs.windows(2) {
            assert!(pair[0].gradient_change >= 0.5 * pair[1].gradient_change);
            assert!(pair[0].bound > pair[1].bound && pair[1].max_error <= pair[1].bound);
        }
        let gentle = ladder.gentle.unwrap();
        let rung = ladder.rungs.iter().find(|r| r.bound == gentle).unwrap();
        assert!(rung.gradient_change <= GRADIENTS);
        assert_eq!(ladder.step, None);
    }

    #[test]
    fn what_was_rounded_needs_no_tighter_bound() {
        let field = ArrayD::from_shape_fn(&[40, 60][..], |at| {
            ((at[0] as f32 * 0.3).sin() * 80.0).round() * 0.25
        });
        let ladder = ladder(field.view(), &Options::new(Bound::Lossless).threads(1)).unwrap();
        assert!((ladder.step.unwrap() - 0.25).abs() < 1e-9);
        assert!(ladder.gentle.unwrap() >= 0.125);
        assert_eq!(ladder.rungs.last().unwrap().max_error, 0.0);
    }
}
