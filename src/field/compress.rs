//! Fields to streams.

use foresz_predictors::Sample;
use ndarray::ArrayViewD;

use super::concrete;
use super::plan::Plan;
use super::report::{Report, Stopwatch};
use super::sink::{Sink, Written};
use crate::bound::{Bound, Loss};
use crate::check;
use crate::error::Result;
use crate::options::Options;

/// Compresses a field into a stream.
///
/// ```
/// use foresz::{Bound, Options, compress, decompress};
/// use ndarray::Array;
///
/// let field = Array::from_shape_fn((40, 60), |(i, j)| (i * j) as f32 * 0.1);
/// let stream = compress(field.view().into_dyn(), &Options::new(Bound::Absolute(0.05)))?;
/// let again = decompress::<f32>(&stream.bytes)?;
/// assert!(field.iter().zip(&again).all(|(x, y)| (x - y).abs() <= 0.05));
/// # Ok::<(), foresz::Error>(())
/// ```
pub fn compress<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Compressed> {
    concrete::compress(field, options)
}

pub(super) fn encode<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Compressed> {
    let clock = Stopwatch::start();
    let loss = loss_for(&field, options)?;
    let mut plan = Plan::new(field.shape(), options, loss)?;
    plan.look(&field);
    let written = match options.bound {
        Bound::Psnr(db) => write_to_psnr(&field, &mut plan, db)?,
        _ => write(&field, &plan)?,
    };
    let raw = field.len() as u64 * T::BYTES as u64;
    Ok(Compressed {
        report: Report::new(&written.index, raw, written.bytes, &clock),
        bytes: written.out,
    })
}

/// A stream and what is to be said about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compressed {
    /// The stream.
    pub bytes: Vec<u8>,
    /// Sizes, errors, times.
    pub report: Report,
}

fn loss_for<T: Sample>(field: &ArrayViewD<T>, options: &Options) -> Result<Loss> {
    Ok(match options.bound.check()? {
        Bound::PointwiseRelative(x) => Loss::Relative(x),
        Bound::Absolute(x) => Loss::Absolute(x),
        Bound::Lossless => Loss::Absolute(0.0),
        other => Loss::Absolute(other.absolute(check::range(field, &options.fills))),
    })
}

fn write<T: Sample>(field: &ArrayViewD<T>, plan: &Plan<T>) -> Result<Written<Vec<u8>>> {
    let mut sink = Sink::new(Vec::new(), &plan.options)?;
    for chunk in plan.code(field, 0)? {
        sink.push(chunk)?;
    }
    sink.finish(plan.index(field.shape()))
}

/// Loosens nothing and tightens until the PSNR asked for is reached.
fn write_to_psnr<T: Sample>(
    field: &ArrayViewD<T>,
    plan: &mut Plan<T>,
    db: f64,
) -> Result<Written<Vec<u8>>> {
    const TRIES: usize = 4;
    let fills = &plan.options.fills;
    let range = check::range(field, fills);
    let span = range.map_or(0.0, |(low, high)| high - low);
    let fills: Vec<T> = fills.iter().map(|x| T::from_f64(*x)).collect();
    let numbers = field.iter().filter(|x| check::is_number(**x, &fills));
    let numbers = numbers.count();
    // With this bound no error pattern at all can miss the PSNR.
    let surely = span * 10f64.powf(-db / 20.0);
    let mut bound = Bound::Psnr(db).absolute(range);
    let allowed = surely * surely * numbers as f64;
    if !(allowed.is_normal() && surely.is_normal()) {
        // Squares of such values leave the type: their sum says nothing.
        let bound = if surely.is_finite() {
            surely * (1.0 - 1e-12)
        } else {
            0.0
        };
        return write(field, plan.under(Loss::Absolute(bound)));
    }
    let mut left = TRIES;
    loop {
        left -= 1;
        let written = write(field, plan.under(Loss::Absolute(bound)))?;
        if written.squares <= allowed || left == 0 {
            return Ok(written);
        }
        bound = if left == 1 {
            surely * (1.0 - 1e-12)
        } else {
            bound * (allowed / written.squares).sqrt() * 0.999
        };
    }
}
