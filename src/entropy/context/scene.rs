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

use foresz_predictors::{Axis, Plane, RowOffsets, widest};

use crate::entropy::{ESCAPE, HOLE};

/// Half octaves of expected magnitude.
pub(super) const BUCKETS: usize = 32;
/// Magnitudes above it count as it.
const MOST: i32 = 4095;
/// Features that are weighed.
const FEATURES: usize = 5;

/// Planes that share contexts: the same pass of the finest, the second
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
fn has_gaps(plane: &Plane) -> bool {
    plane.axes.iter().any(|a| a.step > 1)
}

/// Zeros on each side of a row of magnitudes.
const PAD: usize = 2;

/// The features of one row, each as long as the row.
type Features = [Vec<u16>; FEATURES];

/// Follows the codes of a chunk and remembers what later ones may look at.
pub(super) struct Scene {
    shape: Vec<usize>,
    /// Magnitudes of planes with gaps, at their places in the chunk; empty until there
    /// is one.
    canvas: Vec<u16>,
    /// The last slice of each level and class.
    slices: BTreeMap<(u8, u8), Slice>,
    plane: Current,
    features: Features,
    taken: Vec<u16>,
    buckets: Vec<u8>,
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
    gaps: bool,
    key: (u8, u8),
    columns: usize,
    row: usize,
    offsets: Option<RowOffsets>,
    here: usize,
    /// Step along the row.
    step: usize,
    /// Half a step in samples of the chunk, along the row and from row to row, where
    /// the samples in between belong to other planes; else 0.
    half: usize,
    half_down: usize,
    slice: Slice,
    /// The slice before, or the same plane's last slice at the time before.
    before: Option<Slice>,
}

impl Scene {
    pub(super) fn new(shape: &[usize]) -> Self {
        Scene {
            shape: shape.to_vec(),
            canvas: Vec::new(),
            slices: BTreeMap::new(),
            plane: Current::default(),
            features: Default::default(),
            taken: Vec::new(),
            buckets: Vec::new(),
        }
    }

    /// Starts a plane.
    pub(super) fn begin(&mut self, plane: &Plane) {
        let columns = plane.columns();
        let dims = plane.axes.len();
        let half_of = |axis: &Axis| {
            if 2 * axis.start == axis.step {
                axis.start
            } else {
                0
            }
        };
        let (rows, half_down) = match dims.checked_sub(2) {
            Some(d) => (
                plane.axes[d].count,
                half_of(&plane.axes[d]) * self.shape[dims - 1],
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
        let gaps = has_gaps(plane);
        if gaps && self.canvas.is_empty() {
            self.canvas = vec![0; self.shape.iter().product()];
        }
        self.plane = Current {
            gaps,
            key,
            columns,
            row: 0,
            offsets: Some(offsets),
            here,
            step: plane.row_step(),
            half: half_of(&plane.axes[dims - 1]),
            half_down,
            slice,
            before,
        };
        for f in &mut self.features {
            f.clear();
            f.resize(columns, 0);
        }
        self.buckets.resize(columns, 0);
    }

    /// The buckets of the codes of the next row.
    pub(super) fn expect(&mut self) -> &[u8] {
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
        if now.gaps {
            between(&self.canvas, now, beside, across, &mut self.taken);
        }
        let weights = weights(now.half > 0, now.half_down > 0, now.before.is_some());
        let [a, b, c, d, e] = &self.features;
        buckets(weights, [a, b, c, d, e], &mut self.buckets);
        &self.buckets
    }

    /// Takes note of a row that is coded.
    pub(super) fn keep(&mut self, codes: &[i32]) {
        let now = &mut self.plane;
        let row = now.slice.row_mut(now.row);
        magnitudes(&codes, row);
        if now.gaps {
            let places = self.canvas[now.here..].iter_mut().step_by(now.step);
            places.zip(row).for_each(|(place, m)| *place = *m);
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
fn between(
    canvas: &[u16],
    now: &Current,
    beside: &mut [u16],
    across: &mut [u16],
    taken: &mut Vec<u16>,
) {
    taken.resize(now.columns, 0);
    let take = |start: usize, taken: &mut [u16]| {
        taken.fill(0);
        every(&canvas.get(start..).unwrap_or_default(), now.step, taken);
    };
    if now.half > 0 {
        take(now.here + now.half, taken);
        let (first, others) = beside.split_at_mut(1);
        first[0] = canvas[now.here - now.half] + taken[0];
        for (b, pair) in others.iter_mut().zip(taken.windows(2)) {
            *b = pair[0] + pair[1];
        }
    }
    if now.half_down > 0 {
        take(now.here - now.half_down, taken);
        across.copy_from_slice(taken);
        take(now.here + now.half_down, taken);
        across.iter_mut().zip(&*taken).for_each(|(a, m)| *a += *m);
    }
}

widest! {
    fn magnitudes<C: AsRef<[i32]>>(codes: &C, out: &mut [u16]) {
        for (m, &code) in out.iter_mut().zip(codes.as_ref()) {
            *m = magnitude(code);
        }
    }

    // As many as there are, and as there is room for.
    fn every<C: AsRef<[u16]>>(from: &C, step: usize, out: &mut [u16]) {
        let from = from.as_ref();
        if step == 2 {
            let (pairs, last) = from.as_chunks::<2>();
            out.iter_mut().zip(pairs).for_each(|(o, pair)| *o = pair[0]);
            if let (Some(o), Some(x)) = (out.get_mut(pairs.len()), last.first()) {
                *o = *x;
            }
        } else {
            out.iter_mut().zip(from.iter().step_by(step)).for_each(|(o, x)| *o = *x);
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

    fn buckets<R: AsRef<[u16]>>(weights: [i32; FEATURES], features: [&R; FEATURES], out: &mut [u8]) {
        let n = out.len();
        let [a, b, c, d, e] = features.map(|f| &f.as_ref()[..n]);
        let [wa, wb, wc, wd, we] = weights;
        for j in 0..n {
            // Features stay below 2^15 and weights below 2^8: no more than 5·2^23.
            let sum = wa * i32::from(a[j]) + wb * i32::from(b[j]) + wc * i32::from(c[j]) + wd * i32::from(d[j]) + we * i32::from(e[j]);
            // Exponent and first bit of the mantissa of 1 + 8·expectation.
            let bucket = ((1 + (sum >> 7)) as f32).to_bits() >> 22;
            out[j] = (bucket - (127 << 1)).min(BUCKETS as u32 - 1) as u8;
        }
    }
}

/// How much each feature counts, in units of 1/1024: medians of what least squares
/// found on weather fields, for each combination of what there is to look at.
fn weights(beside: bool, across: bool, time: bool) -> [i32; FEATURES] {
    match (beside, across, time) {
        (false, false, false) => [140, 136, 0, 0, 0],
        (false, false, true) => [80, 56, 0, 0, 90],
        (false, true, false) => [85, 65, 0, 130, 0],
        (false, true, true) => [30, 12, 0, 60, 122],
        (true, false, false) => [96, 70, 125, 0, 0],
        (true, false, true) => [64, 25, 34, 0, 80],
        (true, true, false) => [60, 30, 80, 60, 0],
        (true, true, true) => [52, 15, 20, 50, 100],
    }
}
