//! Which differences make a frame smallest, tried on some of it.

use foresz_predictors::Sample;

use super::geometry::Geometry;
use super::lorenzo::{Around, Mode, take_off};
use super::planes::{self, BLOCK, Packed};
use super::scale::{LONGEST_RUN, Scale, Tally, quantise};

/// One block in this many is tried.
const SPARSITY: usize = 128;
/// Two, at the ends, chose so badly that streams of frames grew by up to a fifth.
const FEWEST_BLOCKS: usize = 4;

const AFTER_NOTHING: [u8; 2] = [Mode::LEFT | Mode::ABOVE, Mode::LEFT];
const AFTER_ANOTHER: [u8; 4] = [
    Mode::LEFT | Mode::ABOVE,
    Mode::LEFT,
    Mode::LEFT | Mode::ABOVE | Mode::PAST,
    Mode::PAST,
];

/// The mode for a frame; `past` holds the codes of the one before, if there is one.
pub(super) fn choose<T: Sample>(
    scale: &Scale<T>,
    geometry: &Geometry,
    frame: &[T],
    past: Option<&[i32]>,
) -> Mode {
    let rows = geometry.rows > 1;
    let forbidden = if rows { 0 } else { Mode::ABOVE };
    let row = if rows { geometry.width } else { 0 };
    // Differences need a number before the first, of its own row and of that above.
    let length = (BLOCK - 1).min(frame.len().saturating_sub(row + 1));
    if length == 0 {
        return Mode(Mode::LEFT);
    }
    let blocks = (frame.len() / (SPARSITY * BLOCK)).max(FEWEST_BLOCKS);
    let modes: &[u8] = match past {
        Some(_) => &AFTER_ANOTHER,
        None => &AFTER_NOTHING,
    };
    let mut sizes = [0; AFTER_ANOTHER.len()];
    let mut packed = Packed::new();
    for block in 0..blocks {
        let first = row + (frame.len() - row - 1 - length) * (2 * block + 1) / (2 * blocks);
        let window = |first| Window::new(scale, frame, past, first..first + length + 1);
        let (here, above) = (window(first), window(first - row));
        for (size, mode) in sizes.iter_mut().zip(modes) {
            let block = differences(Mode(mode & !forbidden), length, &here, &above);
            planes::pack(&block, &mut packed);
            *size += packed.bytes().len();
        }
    }
    let smallest = sizes.iter().zip(modes).min_by_key(|(size, _)| **size);
    Mode(smallest.map_or(Mode::LEFT, |(_, mode)| mode & !forbidden))
}

/// Codes of a part of a frame, and those of the frame before in the same place.
struct Window {
    codes: [i32; BLOCK],
    past: [i32; BLOCK],
}

impl Window {
    fn new<T: Sample>(
        scale: &Scale<T>,
        frame: &[T],
        past: Option<&[i32]>,
        part: std::ops::Range<usize>,
    ) -> Self {
        let (mut codes, mut before) = ([0; BLOCK], [0; BLOCK]);
        if let Some(past) = past {
            before[..part.len()].copy_from_slice(&past[part.clone()]);
        }
        let room = &mut [T::ZERO; LONGEST_RUN];
        quantise(
            scale,
            &frame[part.clone()],
            &mut codes[..part.len()],
            room,
            &mut Tally::new(),
        );
        Window {
            codes,
            past: before,
        }
    }
}

/// The `length` differences after the first number of a window, and zeros.
fn differences(mode: Mode, length: usize, here: &Window, above: &Window) -> [i32; BLOCK] {
    let mut over = above.codes;
    if mode.has(Mode::PAST) {
        let pairs = over.iter_mut().zip(&above.past);
        pairs.for_each(|(x, past)| *x = x.wrapping_sub(*past));
    }
    let mut out = [0; BLOCK];
    let around = Around {
        mode,
        base: 0,
        past: &mut here.past.clone(),
        above: &mut over,
        left: &mut 0,
    };
    take_off(&mut here.codes.clone(), around, &mut out);
    out.copy_within(1..=length, 0);
    out[length..].fill(0);
    out
}
