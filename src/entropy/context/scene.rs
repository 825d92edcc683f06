//! What lies around a code, as one number: how large it can be expected to be.
//!
//! All surroundings are magnitudes of codes that come earlier:
//! ```text
//!        NN            from the plane itself: the two rows above,
//!  2W  NW  N  NE  2E   and W, which only refines the context
//!           x
//! ```
//! further the codes of other planes that lie half a step beside it and above or
//! below it (the pyramid's coarser grids and earlier passes), and the surroundings of
//! the same place in the slice or frame before.

use std::collections::BTreeMap;

use foresz_predictors::{Plane, RowOffsets};

use super::weights::Weights;
use crate::coding::{ESCAPE, HOLE};
use foresz_predictors::widest;

/// Half octaves of expected magnitude.
const BUCKETS: usize = 32;
/// Contexts per group: each bucket is split by how W compares with the expectation.
pub(super) const CONTEXTS: usize = BUCKETS * REFINEMENTS;
pub(super) const REFINEMENTS: usize = 3;
/// Magnitudes above it count as it.
const MOST: i32 = 4095;
/// Features that are weighed.
pub(super) const FEATURES: usize = 5;

/// Planes that share weights and contexts: the same pass of the finest, the second
/// or any coarser level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(usize);

impl Group {
    pub(super) const COUNT: usize = 3 * CLASSES;

    pub(super) fn of(plane: &Plane) -> Self {
        Group(usize::from(plane.level.min(2)) * CLASSES + usize::from(plane.class).min(CLASSES - 1))
    }

    pub(super) fn index(self) -> usize {
        self.0
    }
}

const CLASSES: usize = 4;

/// How large a code counts as, when it is a neighbour.
#[inline(always)]
pub(super) fn magnitude(code: i32) -> u16 {
    // Holes tell nothing; an escape says that things are rough here.
    let size = if code == HOLE {
        0
    } else {
        code.unsigned_abs().min(MOST as u32)
    };
    debug_assert!(code != ESCAPE || size == MOST as u32);
    size as u16
}

/// Whether other planes lie between the samples of this one.
pub(super) fn has_gaps(plane: &Plane) -> bool {
    plane.axes.iter().any(|a| a.step > 1)
}

/// What is known of a code before its row is coded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hint {
    /// The first of three contexts: W less than, about, or more than expected.
    pub(super) first: u16,
    /// [Sizes](size_of_token) of W from which on it counts as about as expected, and
    /// as more.
    about: u16,
    more: u16,
}

/// A number that grows with the magnitude a token stands for: the magnitude itself up
/// to 16, then the number of the token's group.
#[inline(always)]
pub(super) fn size_of_token(token: u8) -> u16 {
    u16::from(token >> 1)
}

/// The size of the token of a magnitude.
#[inline(always)]
fn size_of(magnitude: u32) -> u32 {
    // Exponent and two bits of the mantissa; 16 is the first in the group of size 17.
    let group = (magnitude as f32).to_bits() >> 21;
    if magnitude <= 16 {
        magnitude
    } else {
        (group + 17).wrapping_sub((127 + 4) << 2)
    }
}

impl Hint {
    /// Which of the three contexts it is.
    #[inline(always)]
    pub(super) fn refine(self, west: u16) -> u16 {
        u16::from(west >= self.about) + u16::from(west >= self.more)
    }
}

/// Zeros on each side of a row of magnitudes.
const PAD: usize = 2;

/// The features of one row, each as long as the row.
pub(super) type Features = [Vec<u16>; FEATURES];

/// Follows the codes of a chunk and remembers what later ones may look at.
pub(super) struct Scene {
    shape: Vec<usize>,
    /// Magnitudes at their places in the chunk, if planes have gaps.
    canvas: Option<Vec<u16>>,
    /// The last slice of each level and class.
    slices: BTreeMap<(u8, u8), Slice>,
    plane: Current,
    features: Features,
    hints: Vec<Hint>,
}

/// Rows of magnitudes with margins, two empty rows above and one below.
#[derive(Default)]
struct Slice {
    rows: usize,
    width: usize,
    values: Vec<u16>,
}

impl Slice {
    const ABOVE: usize = 2;

    fn new(rows: usize, columns: usize) -> Self {
        let width = columns + 2 * PAD;
        Slice {
            rows,
            width,
            values: vec![0; (rows + Self::ABOVE + 1) * width],
        }
    }

    /// Row `row − back`, with its margins.
    fn row(&self, row: usize, back: usize) -> &[u16] {
        &self.values[(row + Self::ABOVE - back) * self.width..][..self.width]
    }

    fn below(&self, row: usize) -> &[u16] {
        &self.values[(row + Self::ABOVE + 1) * self.width..][..self.width]
    }

    fn row_mut(&mut self, row: usize) -> &mut [u16] {
        let start = (row + Self::ABOVE) * self.width + PAD;
        &mut self.values[start..start + self.width - 2 * PAD]
    }
}

/// The plane being coded.
#[derive(Default)]
struct Current {
    group: usize,
    key: (u8, u8),
    columns: usize,
    row: usize,
    offsets: Option<RowOffsets>,
    here: usize,
    /// Step along the row.
    step: usize,
    /// Half a step in samples of the chunk, along the row and from row to row; 0 if the
    /// step is odd, as then nothing lies half way.
    half: usize,
    half_down: usize,
    slice: Slice,
    /// The slice before, or the same plane's last slice at the time before.
    before: Option<Slice>,
}

impl Scene {
    pub(super) fn new(shape: &[usize], gaps: bool) -> Self {
        let canvas = gaps.then(|| vec![0; shape.iter().product()]);
        Scene {
            shape: shape.to_vec(),
            canvas,
            slices: BTreeMap::new(),
            plane: Current::default(),
            features: Default::default(),
            hints: Vec::new(),
        }
    }

    /// Starts a plane.
    pub(super) fn begin(&mut self, plane: &Plane) {
        let columns = plane.columns();
        let dims = plane.axes.len();
        let half_of = |step: usize| if step.is_multiple_of(2) { step / 2 } else { 0 };
        let (rows, half_down) = match dims.checked_sub(2) {
            Some(d) => (
                plane.axes[d].count,
                half_of(plane.axes[d].step) * self.shape[dims - 1],
            ),
            None => (1, 0),
        };
        let key = (plane.level, plane.class);
        let mut offsets = plane.row_offsets(&self.shape);
        let here = offsets.next().unwrap_or(0);
        let slice = Slice::new(rows, columns);
        let before = self
            .slices
            .remove(&key)
            .filter(|s| (s.rows, s.width) == (rows, slice.width));
        self.plane = Current {
            group: Group::of(plane).index(),
            key,
            columns,
            row: 0,
            offsets: Some(offsets),
            here,
            step: plane.row_step(),
            half: half_of(plane.row_step()),
            half_down,
            slice,
            before,
        };
        for f in &mut self.features {
            f.clear();
            f.resize(columns, 0);
        }
        self.hints.resize(columns, Hint::default());
    }

    /// The features of the next row.
    pub(super) fn look(&mut self) -> &Features {
        let now = &self.plane;
        let [near, far, beside, across, time] = &mut self.features;
        sum_rows(
            &now.slice.row(now.row, 1),
            &now.slice.row(now.row, 2),
            near,
            far,
        );
        if let Some(before) = &now.before {
            sum_earlier(
                &before.row(now.row, 1),
                &before.row(now.row, 0),
                &before.below(now.row),
                time,
            );
        }
        if let Some(canvas) = &self.canvas {
            between(canvas, now, beside, across);
        }
        &self.features
    }

    /// What is to be expected of the codes of the next row.
    pub(super) fn hints(&mut self, weights: &Weights) -> &[Hint] {
        self.look();
        let [a, b, c, d, e] = &self.features;
        expect(
            weights.0,
            (self.plane.group * CONTEXTS) as u16,
            [a, b, c, d, e],
            &mut self.hints,
        );
        &self.hints
    }

    /// Takes note of a row that is coded.
    pub(super) fn keep(&mut self, codes: &[i32]) {
        let now = &mut self.plane;
        let row = now.slice.row_mut(now.row);
        magnitudes(&codes, row);
        if let Some(canvas) = &mut self.canvas {
            for (place, m) in canvas[now.here..].iter_mut().step_by(now.step).zip(row) {
                *place = *m;
            }
        }
        now.row += 1;
        now.here = now.offsets.as_mut().and_then(Iterator::next).unwrap_or(0);
        if now.row == now.slice.rows {
            // Every row of the older slice will be written again before it is read.
            let older = now
                .before
                .take()
                .unwrap_or_else(|| Slice::new(now.slice.rows, now.columns));
            now.before = Some(std::mem::replace(&mut now.slice, older));
            now.row = 0;
        }
    }

    /// Ends the plane.
    pub(super) fn end(&mut self) {
        if let Some(before) = self.plane.before.take() {
            self.slices.insert(self.plane.key, before);
        }
    }
}

/// Magnitudes of other planes half a step to the left and right, above and below.
fn between(canvas: &[u16], now: &Current, beside: &mut [u16], across: &mut [u16]) {
    let (half, half_down) = (now.half, now.half_down);
    if half > 0 {
        // The first may have nothing to its left, the last nothing to its right.
        let from = now.here.checked_sub(half);
        let mut left = from.map_or(0, |at| canvas[at]);
        let right = canvas.get(now.here + half..).unwrap_or_default();
        beside.fill(0);
        let mut done = 0;
        for (b, &m) in beside.iter_mut().zip(right.iter().step_by(now.step)) {
            *b = left + m;
            left = m;
            done += 1;
        }
        if let Some(last) = beside.get_mut(done) {
            *last = left;
        }
    }
    if half_down > 0 && now.here >= half_down {
        let up = canvas[now.here - half_down..].iter().step_by(now.step);
        across.iter_mut().zip(up).for_each(|(a, m)| *a = *m);
        if let Some(below) = canvas.get(now.here + half_down..) {
            across
                .iter_mut()
                .zip(below.iter().step_by(now.step))
                .for_each(|(a, m)| *a += *m);
        }
    }
}

widest! {
    fn magnitudes<C: AsRef<[i32]>>(codes: &C, out: &mut [u16]) {
        for (m, &code) in out.iter_mut().zip(codes.as_ref()) {
            *m = magnitude(code);
        }
    }

    // The first two get rows with margins, like the next.
    fn sum_rows<R: AsRef<[u16]>>(above: &R, above2: &R, near: &mut [u16], far: &mut [u16]) {
        let columns = near.len();
        let (n, nn) = (&above.as_ref()[..columns + 2 * PAD], &above2.as_ref()[PAD..PAD + columns]);
        let far = &mut far[..columns];
        for j in 0..columns {
            near[j] = 2 * n[j + 2] + n[j + 1] + n[j + 3];
            far[j] = 2 * nn[j] + n[j] + n[j + 4];
        }
    }

    fn sum_earlier<R: AsRef<[u16]>>(above: &R, same: &R, below: &R, time: &mut [u16]) {
        let columns = time.len();
        let (n, s) = (&above.as_ref()[PAD..PAD + columns], &below.as_ref()[PAD..PAD + columns]);
        let x = &same.as_ref()[..columns + 2 * PAD];
        for j in 0..columns {
            time[j] = 2 * x[j + 2] + x[j + 1] + x[j + 3] + n[j] + s[j];
        }
    }

    fn expect<R: AsRef<[u16]>>(weights: [u16; FEATURES], first: u16, features: [&R; FEATURES], hints: &mut [Hint]) {
        let n = hints.len();
        let [a, b, c, d, e] = features.map(|f| &f.as_ref()[..n]);
        let [wa, wb, wc, wd, we] = weights.map(i32::from);
        for j in 0..n {
            // Features stay below 2^15 and weights below 2^11: no more than 5·2^26.
            let sum = wa * i32::from(a[j]) + wb * i32::from(b[j]) + wc * i32::from(c[j]) + wd * i32::from(d[j]) + we * i32::from(e[j]);
            // Exponent and first bit of the mantissa of 1 + 8·expectation.
            let bucket = ((1 + (sum >> 7)) as f32).to_bits() >> 22;
            let bucket = (bucket - (127 << 1)).min(BUCKETS as u32 - 1);
            hints[j] = Hint {
                first: first + (3 * bucket) as u16,
                about: size_of((sum >> 11) as u32 + 1) as u16,
                more: size_of((sum >> 9) as u32 + 1) as u16,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::token;

    #[test]
    fn sizes_of_magnitudes_are_those_of_their_tokens() {
        for magnitude in (0..300).chain([1000, 4095, 4096, 70_000]) {
            let (token, _, _) = token::split(magnitude);
            assert_eq!(
                u32::from(size_of_token(token)),
                size_of(magnitude as u32),
                "{magnitude}"
            );
        }
    }
}
