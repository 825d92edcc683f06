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

use foresz_predictors::Plane;

use super::weights::Weights;
use crate::coding::{ESCAPE, HOLE};
use foresz_predictors::widest;

/// Half octaves of expected magnitude.
const BUCKETS: usize = 32;
/// Contexts per group: each bucket is split by how W compares with the expectation.
pub(super) const CONTEXTS: usize = BUCKETS * 3;
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
    plane.axes.iter().any(|a| a.step > 1 && a.count > 1)
}

/// What is known of a code before its row is coded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hint {
    /// Three times the bucket.
    base: u16,
    /// Magnitudes of W from which on it counts as about as expected, and as large.
    about: u16,
    large: u16,
}

impl Hint {
    #[inline(always)]
    pub(super) fn context(&self, group: Group, west: u16) -> u16 {
        (group.0 * CONTEXTS) as u16
            + self.base
            + u16::from(west >= self.about)
            + u16::from(west >= self.large)
    }
}

/// A row of magnitudes with two zeros on each side.
type Row = Vec<u16>;
const PAD: usize = 2;

fn empty_row(columns: usize) -> Row {
    vec![0; columns + 2 * PAD]
}

/// The features of one row, each as long as the row.
pub(super) type Features = [Vec<u16>; FEATURES];

/// Follows the codes of a chunk and remembers what later ones may look at.
pub(super) struct Scene {
    shape: Vec<usize>,
    /// Magnitudes at their places in the chunk, if planes have gaps.
    canvas: Option<Vec<u16>>,
    /// The last plane of each level and class: its last slice.
    slices: BTreeMap<(u8, u8), Vec<Row>>,
    plane: Option<Current>,
    features: Features,
    hints: Vec<Hint>,
}

/// The plane being coded.
struct Current {
    key: (u8, u8),
    columns: usize,
    rows_per_slice: usize,
    row: usize,
    offsets: foresz_predictors::RowOffsets,
    here: usize,
    /// Steps along the row and, in samples of the chunk, from row to row.
    step: usize,
    down: usize,
    before: Vec<Row>,
    slice: Vec<Row>,
}

impl Scene {
    pub(super) fn new(shape: &[usize], gaps: bool) -> Self {
        let canvas = gaps.then(|| vec![0; shape.iter().product()]);
        Scene {
            shape: shape.to_vec(),
            canvas,
            slices: BTreeMap::new(),
            plane: None,
            features: Default::default(),
            hints: Vec::new(),
        }
    }

    /// Starts a plane.
    pub(super) fn begin(&mut self, plane: &Plane) {
        let key = (plane.level, plane.class);
        let columns = plane.columns();
        let dims = plane.axes.len();
        let (rows_per_slice, down) = match dims.checked_sub(2) {
            Some(d) => (
                plane.axes[d].count,
                plane.axes[d].step * self.shape[dims - 1],
            ),
            None => (1, 0),
        };
        let mut offsets = plane.row_offsets(&self.shape);
        let here = offsets.next().unwrap_or(0);
        let mut before = self.slices.remove(&key).unwrap_or_default();
        if before.len() != rows_per_slice
            || before.first().is_some_and(|r| r.len() != columns + 2 * PAD)
        {
            before.clear();
        }
        self.plane = Some(Current {
            key,
            columns,
            rows_per_slice,
            row: 0,
            offsets,
            here,
            step: plane.row_step(),
            down,
            before,
            slice: Vec::new(),
        });
    }

    /// The features of the next row.
    pub(super) fn look(&mut self) -> &Features {
        let Some(now) = &self.plane else {
            return &self.features;
        };
        let none = empty_row(now.columns);
        let above = now.slice.last().unwrap_or(&none);
        let above2 = now
            .slice
            .len()
            .checked_sub(2)
            .map_or(&none, |r| &now.slice[r]);
        let r = now.slice.len();
        let at = |r: usize| now.before.get(r).unwrap_or(&none);
        let earlier = [at(r.wrapping_sub(1)), at(r), at(r + 1)];
        for f in &mut self.features {
            f.clear();
            f.resize(now.columns, 0);
        }
        let [near, far, beside, across, time] = &mut self.features;
        sum_rows(above, above2, near, far, now.columns);
        if !now.before.is_empty() {
            sum_earlier(earlier[0], earlier[1], earlier[2], time, now.columns);
        }
        if let Some(canvas) = &self.canvas {
            between(canvas, now, beside, across);
        }
        &self.features
    }

    /// What is to be expected of the codes of the next row.
    pub(super) fn hints(&mut self, weights: &Weights) -> &[Hint] {
        self.look();
        self.hints.resize(
            self.plane.as_ref().map_or(0, |p| p.columns),
            Hint::default(),
        );
        let [a, b, c, d, e] = &self.features;
        expect(weights.0, [a, b, c, d, e], &mut self.hints);
        &self.hints
    }

    /// Takes note of a row that is coded.
    pub(super) fn keep(&mut self, codes: &[i32]) {
        let Some(now) = &mut self.plane else { return };
        let mut row = empty_row(codes.len());
        for (m, &code) in row[PAD..].iter_mut().zip(codes) {
            *m = magnitude(code);
        }
        if let Some(canvas) = &mut self.canvas {
            for (place, m) in canvas[now.here..]
                .iter_mut()
                .step_by(now.step)
                .zip(&row[PAD..PAD + codes.len()])
            {
                *place = *m;
            }
        }
        now.slice.push(row);
        now.row += 1;
        now.here = now.offsets.next().unwrap_or(0);
        if now.slice.len() == now.rows_per_slice {
            now.before = std::mem::take(&mut now.slice);
        }
    }

    /// Ends the plane.
    pub(super) fn end(&mut self) {
        if let Some(now) = self.plane.take() {
            self.slices.insert(now.key, now.before);
        }
    }
}

/// Magnitudes of other planes half a step to the left and right, above and below.
fn between(canvas: &[u16], now: &Current, beside: &mut [u16], across: &mut [u16]) {
    let (half, half_down) = (now.step / 2, now.down / 2);
    let n = now.columns;
    if now.step > 1 && now.step % 2 == 0 {
        // The last column may have nothing to its right; row ends look along the row.
        for (j, b) in beside.iter_mut().enumerate() {
            let at = now.here + j * now.step;
            let left = if at >= half { canvas[at - half] } else { 0 };
            let right = if j + 1 < n || at + half < canvas.len() {
                canvas[at + half]
            } else {
                0
            };
            *b = left + right;
        }
    }
    // Rows of the plane are two rows of the finer grid apart, or this is not a gap.
    if now.down > 0 && half_down > 0 && now.here >= half_down {
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
    fn sum_rows<R: AsRef<[u16]>>(above: &R, above2: &R, near: &mut [u16], far: &mut [u16], columns: usize) {
        let (n, nn) = (&above.as_ref()[..columns + 2 * PAD], &above2.as_ref()[PAD..PAD + columns]);
        let (near, far) = (&mut near[..columns], &mut far[..columns]);
        for j in 0..columns {
            near[j] = 2 * n[j + 2] + n[j + 1] + n[j + 3];
            far[j] = 2 * nn[j] + n[j] + n[j + 4];
        }
    }

    fn sum_earlier<R: AsRef<[u16]>>(above: &R, same: &R, below: &R, time: &mut [u16], columns: usize) {
        let (n, x, s) = (&above.as_ref()[PAD..PAD + columns], &same.as_ref()[..columns + 2 * PAD], &below.as_ref()[PAD..PAD + columns]);
        let time = &mut time[..columns];
        for j in 0..columns {
            time[j] = 2 * x[j + 2] + x[j + 1] + x[j + 3] + n[j] + s[j];
        }
    }

    fn expect<R: AsRef<[u16]>>(weights: [u16; FEATURES], features: [&R; FEATURES], hints: &mut [Hint]) {
        let n = hints.len();
        let [a, b, c, d, e] = features.map(|f| &f.as_ref()[..n]);
        let [wa, wb, wc, wd, we] = weights.map(i32::from);
        for j in 0..n {
            // At most 5·2^16·2^11 < 2^30: weights stay below 2^11.
            let sum = wa * i32::from(a[j]) + wb * i32::from(b[j]) + wc * i32::from(c[j]) + wd * i32::from(d[j]) + we * i32::from(e[j]);
            // Exponent and first bit of the mantissa of 1 + 8·expectation.
            let bucket = ((1 + (sum >> 7)) as f32).to_bits() >> 22;
            let bucket = (bucket - (127 << 1)).min(BUCKETS as u32 - 1);
            hints[j] = Hint {
                base: (3 * bucket) as u16,
                about: ((sum >> 11) + 1) as u16,
                large: ((sum >> 9) + 1).min(i32::from(u16::MAX)) as u16,
            };
        }
    }
}
