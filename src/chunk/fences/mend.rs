//! What a chunk says of fences, and what is done about it.

use std::cmp::Ordering;

use foresz_predictors::Sample;

use super::Fence;
use crate::bytes::{Reader, put_bytes, put_number, put_sample};
use crate::entropy;
use crate::error::{Result, Section, corrupt};

/// Fences of a chunk, unless it is damaged: of 16 fill values, two limits and 8 ranges.
const MOST: usize = 64;
const ZSTD_LEVEL: i32 = 9;

/// Which side of a fence numbers are on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Side {
    /// All of them.
    Below,
    Above,
    /// The one that they are decoded on, or the other where a bit is set.
    Turned(Vec<u8>),
}

/// A fence and what it does to the numbers of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mend<T> {
    pub(super) fence: Fence<T>,
    pub(super) side: Side,
}

impl<T: Sample> Mend<T> {
    fn write(&self, out: &mut Vec<u8>) {
        for end in [self.fence.below, self.fence.above] {
            put_sample(out, end);
        }
        match &self.side {
            Side::Below => out.push(0),
            Side::Above => out.push(1),
            Side::Turned(bits) => {
                out.push(2);
                put_bytes(out, &entropy::squeeze(bits, ZSTD_LEVEL));
            }
        }
    }

    fn read(reader: &mut Reader, samples: usize) -> Result<Self> {
        let (below, above): (T, T) = (reader.sample()?, reader.sample()?);
        let fence = Fence { below, above };
        if below.partial_cmp(&above) != Some(Ordering::Less) {
            return corrupt(Section::Chunk, "a fence has no two sides");
        }
        let side = match reader.byte()? {
            0 => Side::Below,
            1 => Side::Above,
            2 => {
                let bytes = samples.div_ceil(8);
                Side::Turned(entropy::stretch(reader.bytes()?, bytes, Section::Chunk)?)
            }
            side => return corrupt(Section::Chunk, format!("a fence has a side {side}")),
        };
        Ok(Mend { fence, side })
    }

    /// Moves numbers to where they belong. Those that are not finite stay as they are.
    pub(super) fn apply(&self, values: &mut [T]) {
        let Fence { below, above } = self.fence;
        let down = |y: &mut T| {
            if *y > below && y.is_finite() {
                *y = below;
            }
        };
        let up = |y: &mut T| {
            if *y < above && y.is_finite() {
                *y = above;
            }
        };
        match &self.side {
            Side::Below => values.iter_mut().for_each(down),
            Side::Above => values.iter_mut().for_each(up),
            Side::Turned(bits) => {
                for (i, y) in values.iter_mut().enumerate() {
                    if (*y > below) == (bits[i / 8] >> (i % 8) & 1 == 1) {
                        down(y);
                    } else {
                        up(y);
                    }
                }
            }
        }
    }
}

/// Appends what fences do to a chunk.
pub(super) fn write<T: Sample>(mends: &[Mend<T>], out: &mut Vec<u8>) {
    put_number(out, mends.len() as u64);
    mends.iter().for_each(|mend| mend.write(out));
}

/// Moves the numbers of a chunk as its fences say: what
/// [`Fences::mend`](super::Fences::mend) wrote.
pub(crate) fn mend<T: Sample>(reader: &mut Reader, values: &mut [T]) -> Result<()> {
    for _ in 0..reader.count(MOST, "fences")? {
        Mend::read(reader, values.len())?.apply(values);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_fences_are_refused_or_move_something() {
        let fence = |below: f32, above: f32, side: &[u8]| {
            let ends = [below.to_le_bytes(), above.to_le_bytes()].concat();
            [&[1], &ends[..], side].concat()
        };
        let refused = |bytes: Vec<u8>| {
            let mut values = [1.0f32, f32::INFINITY, f32::NAN];
            mend(&mut Reader::new(&bytes, Section::Chunk), &mut values).is_err()
        };
        assert!(!refused(fence(0.0, 1.0, &[0])));
        assert!(refused(fence(1.0, 1.0, &[0])));
        assert!(refused(fence(2.0, 1.0, &[1])));
        assert!(refused(fence(f32::NAN, 1.0, &[1])));
        assert!(refused(fence(0.0, 1.0, &[3])));
        assert!(refused(fence(0.0, 1.0, &[2, 1, 0])));
        assert!(!refused(fence(0.0, 1.0, &[2, 2, 0, 7])));
        assert!(refused(vec![65]) && refused(Vec::new()));
        let whole = fence(0.0, 1.0, &[2, 2, 0, 7]);
        for end in 0..whole.len() {
            assert!(refused(whole[..end].to_vec()), "{end}");
        }
    }
}
