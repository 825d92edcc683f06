//! Lattices as bytes.

use super::originals::FEWEST_IN_SLICE;
use crate::bytes::{Reader, put_bytes, put_number};
use crate::coding::Quantiser;
use crate::entropy;
use crate::error::{Result, Section, corrupt};
use crate::values::lattice::{Amendments, Lattice, Lattices};

const ZSTD_LEVEL: i32 = 9;
/// Appends lattices and the radius of bins.
pub(super) fn put(out: &mut Vec<u8>, lattices: &Lattices, radius: f64) {
    out.extend(radius.to_le_bytes());
    put_number(out, lattices.each.len() as u64);
    let numbers = lattices.each.iter().map(|l| l.origin);
    let numbers: Vec<f64> = numbers
        .chain(lattices.each.iter().map(|l| l.step))
        .collect();
    put_bytes(out, &entropy::squeeze(&planes(&numbers), ZSTD_LEVEL));
    let Amendments { first, ulps } = &lattices.amendments;
    put_number(out, ulps.len() as u64);
    if !ulps.is_empty() {
        let ulps: Vec<u8> = ulps.iter().map(|x| x.to_le_bytes()[0]).collect();
        out.extend(first.to_le_bytes());
        put_bytes(out, &entropy::squeeze(&ulps, ZSTD_LEVEL));
    }
}

/// Inverse of [`put`].
pub(super) fn read<T>(reader: &mut Reader, shape: &[usize]) -> Result<Quantiser<T>> {
    let radius = reader.f64()?;
    let samples: usize = shape.iter().product();
    let count = reader.count(samples, "lattices")?;
    let slices: usize = shape[..shape.len().saturating_sub(2)].iter().product();
    let are_large = slices.saturating_mul(FEWEST_IN_SLICE) <= samples;
    if count != 1 && !(count == slices && are_large) {
        return corrupt(
            Section::Chunk,
            format!("{count} lattices for {slices} slices"),
        );
    }
    let numbers = entropy::stretch(reader.bytes()?, 16 * count, Section::Chunk)?;
    let numbers = numbers_of(&numbers);
    let each = (0..count).map(|i| Lattice {
        origin: numbers[i],
        step: numbers[count + i],
        exact: false,
    });
    let mut lattices = Lattices::new(each.collect(), samples.div_ceil(count));
    let most = if count == 1 {
        Amendments::most(samples)
    } else {
        0
    };
    let count = reader.count(most, "amendments")?;
    if count > 0 {
        let first = reader.f64()?;
        let ulps = entropy::stretch(reader.bytes()?, count, Section::Chunk)?;
        let ulps = ulps.iter().map(|x| i8::from_le_bytes([*x])).collect();
        lattices.amendments = Amendments { first, ulps };
    }
    Ok(Quantiser::Lattice {
        lattices: lattices.into(),
        radius,
        bound: 0.0,
    })
}

/// The first bytes of all numbers, then the second ones, and so on: the high ones repeat.
fn planes(numbers: &[f64]) -> Vec<u8> {
    let byte = |k: usize| numbers.iter().map(move |x| x.to_le_bytes()[k]);
    (0..8).flat_map(byte).collect()
}

fn numbers_of(planes: &[u8]) -> Vec<f64> {
    let count = planes.len() / 8;
    let number = |i: usize| f64::from_le_bytes(std::array::from_fn(|k| planes[k * count + i]));
    (0..count).map(number).collect()
}
