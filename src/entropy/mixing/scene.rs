//! Which codes lie around the next one.
//!
//! Codes are kept at their places in the chunk, so that planes see each other:
//! ```text
//!  NWW NW  N  NE NEE      NN above N; steps are those of the plane itself
//!   WW  W  x
//!  F0 A F1    F0   F1     A and B: the samples half a step away on both sides,
//!     x       A  x  B     along the last axis that has such gaps; F0 … F3: those
//!  F2 B F3    F2   F3     beside A and B, or above and below them
//! ```
//! and `T`, `TW`, `TE`, `TN`, `TS` lie where x, W, E, N, S do in the slice before,
//! `T2` in the one before that. Where nothing is coded yet or the chunk ends is 0.

use foresz_predictors::Plane;

use crate::entropy::HOLE;

/// Neighbours a code has.
pub(super) const NEIGHBOURS: usize = 20;

pub(super) const W: usize = 0;
pub(super) const WW: usize = 1;
pub(super) const N: usize = 2;
pub(super) const NW: usize = 3;
pub(super) const NE: usize = 4;
pub(super) const NN: usize = 5;
pub(super) const NWW: usize = 6;
pub(super) const NEE: usize = 7;
pub(super) const A: usize = 8;
pub(super) const B: usize = 9;
pub(super) const F: usize = 10;
pub(super) const T: usize = 14;
pub(super) const TW: usize = 15;
pub(super) const TE: usize = 16;
pub(super) const TN: usize = 17;
pub(super) const TS: usize = 18;
pub(super) const T2: usize = 19;

/// The codes around one place.
pub(super) type Around = [i16; NEIGHBOURS];

/// Codes beyond it count as it.
const MOST: i32 = 32_000;

/// A code as its neighbours see it: holes tell nothing, escapes are large.
#[inline(always)]
pub(super) fn seen(code: i32) -> i16 {
    if code == HOLE {
        0
    } else {
        code.clamp(-MOST, MOST) as i16
    }
}

/// Remembers the codes of a chunk.
pub(super) struct Scene {
    shape: Vec<usize>,
    strides: Vec<usize>,
    canvas: Vec<i16>,
}

impl Scene {
    pub(super) fn new(shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d] * shape[d];
        }
        Scene {
            shape: shape.to_vec(),
            strides,
            canvas: vec![0; shape.iter().product()],
        }
    }

    /// Takes note of a row that starts at `at`.
    pub(super) fn keep(&mut self, plane: &Plane, at: usize, codes: &[i32]) {
        let places = self.canvas[at..].iter_mut().step_by(plane.row_step());
        places.zip(codes).for_each(|(p, q)| *p = seen(*q));
    }

    /// What lies around so many samples of a row from `at` on; W and WW, which come
    /// with the row itself, are 0.
    pub(super) fn look(&self, plane: &Plane, at: usize, columns: usize, row: &mut Vec<Around>) {
        row.clear();
        row.resize(columns, [0; NEIGHBOURS]);
        let step = plane.row_step();
        let s = step as isize;
        let mut fill = |k: usize, from: Option<usize>, by: isize| {
            if let Some(from) = from {
                self.fill(row, k, (from, step), by);
            }
        };
        let pitch = self.pitch(plane);
        let (north, south) = (self.down(at, -pitch), self.down(at, pitch));
        for (k, by) in [(N, 0), (NW, -s), (NE, s), (NWW, -2 * s), (NEE, 2 * s)] {
            fill(k, north, by);
        }
        fill(NN, self.down(at, -2 * pitch), 0);
        match gap(plane) {
            Some(d) if d + 1 == self.shape.len() => {
                let half = s / 2;
                for (k, from) in [(A, Some(at)), (F, north), (F + 2, south)] {
                    fill(k, from, -half);
                    fill(k + 1, from, half);
                }
            }
            Some(d) => {
                let half = plane.axes[d].start as isize;
                for (i, by) in [-half, half].into_iter().enumerate() {
                    let from = self.moved(at, d, by);
                    fill(A + i, from, 0);
                    fill(F + 2 * i, from, -s);
                    fill(F + 2 * i + 1, from, s);
                }
            }
            None => {}
        }
        let Some(d) = self.shape.len().checked_sub(3) else {
            return;
        };
        let back = |d: usize, n: isize| self.moved(at, d, -n * distance(plane, d));
        let before = back(d, 1);
        for (k, by) in [(T, 0), (TW, -s), (TE, s)] {
            fill(k, before, by);
        }
        fill(TN, before.and_then(|b| self.down(b, -pitch)), 0);
        fill(TS, before.and_then(|b| self.down(b, pitch)), 0);
        fill(T2, if d == 0 { back(0, 2) } else { back(0, 1) }, 0);
    }

    /// Writes down one neighbour of all samples of a row: that of the first sample
    /// lies `by` away from `from`, the others `step` apart.
    fn fill(&self, row: &mut [Around], k: usize, (from, step): (usize, usize), by: isize) {
        let length = self.shape.last().copied().unwrap_or(1) as isize;
        let column = from as isize % length;
        // The first and the number of samples whose neighbour is inside the row.
        let first = (-by - column).max(0).div_euclid(step as isize)
            + isize::from((-by - column).max(0) % step as isize > 0);
        let room = length - column - by - first * step as isize;
        if room <= 0 {
            return;
        }
        let start = from as isize + by + first * step as isize;
        let places = self.canvas[start as usize..].iter().step_by(step);
        let inside = (room as usize).div_ceil(step);
        row.iter_mut()
            .skip(first as usize)
            .take(inside)
            .zip(places)
            .for_each(|(r, q)| r[k] = *q);
    }

    /// Where one gets from `at` along dimension `d`, if that is inside the chunk.
    fn moved(&self, at: usize, d: usize, by: isize) -> Option<usize> {
        let coordinate = at / self.strides[d] % self.shape[d];
        let there = coordinate.checked_add_signed(by)?;
        (there < self.shape[d]).then(|| at - coordinate * self.strides[d] + there * self.strides[d])
    }

    /// Where one gets from row to row.
    fn down(&self, at: usize, by: isize) -> Option<usize> {
        self.moved(at, self.shape.len().checked_sub(2)?, by)
    }

    fn pitch(&self, plane: &Plane) -> isize {
        let rows = self.shape.len().checked_sub(2);
        rows.map_or(1, |d| plane.axes[d].step as isize)
    }
}

/// The last axis along which other planes lie half a step away on both sides.
pub(super) fn gap(plane: &Plane) -> Option<usize> {
    plane
        .axes
        .iter()
        .rposition(|a| a.start > 0 && 2 * a.start == a.step)
}

/// From slice to slice; a plane of a single one follows those at distance 1.
fn distance(plane: &Plane, d: usize) -> isize {
    let axis = plane.axes[d];
    if axis.count > 1 {
        axis.step as isize
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_predictors::Axis;

    /// The code a few steps away in some dimensions, counted from the last.
    fn away(scene: &Scene, place: &[isize], steps: &[(usize, isize)]) -> i16 {
        let mut place = place.to_vec();
        for (back, by) in steps {
            match place.len().checked_sub(*back) {
                Some(d) => place[d] += by,
                None => return 0,
            }
        }
        let mut at = 0;
        for (x, n) in place.iter().zip(&scene.shape) {
            if *x < 0 || *x >= *n as isize {
                return 0;
            }
            at = at * n + *x as usize;
        }
        scene.canvas[at]
    }

    /// What [`Scene::look`] finds, one by one.
    fn look_by_hand(scene: &Scene, plane: &Plane, place: &[isize]) -> Around {
        let dims = place.len();
        let step = |back: usize| dims.checked_sub(back).map_or(1, |d| plane.axes[d].step) as isize;
        let (s, r) = (step(1), step(2));
        let mut around = [0; NEIGHBOURS];
        let mut put = |k: usize, steps: &[(usize, isize)]| around[k] = away(scene, place, steps);
        for (k, by) in [(N, 0), (NW, -s), (NE, s), (NWW, -2 * s), (NEE, 2 * s)] {
            put(k, &[(2, -r), (1, by)]);
        }
        put(NN, &[(2, -2 * r)]);
        if let Some(d) = gap(plane) {
            let half = plane.axes[d].start as isize;
            for (i, side) in [-1, 1].into_iter().enumerate() {
                put(A + i, &[(dims - d, side * half)]);
                for (j, other) in [-1, 1].into_iter().enumerate() {
                    if d + 1 == dims {
                        put(F + 2 * i + j, &[(2, side * r), (1, other * half)]);
                    } else {
                        put(F + 2 * i + j, &[(dims - d, side * half), (1, other * s)]);
                    }
                }
            }
        }
        if dims > 2 {
            let far = distance(plane, dims - 3);
            for (k, row, by) in [(T, 0, 0), (TW, 0, -s), (TE, 0, s), (TN, -r, 0), (TS, r, 0)] {
                put(k, &[(3, -far), (2, row), (1, by)]);
            }
            if dims == 3 {
                put(T2, &[(3, -2 * far)]);
            } else {
                put(T2, &[(dims, -distance(plane, 0))]);
            }
        }
        around
    }

    #[test]
    fn rows_find_what_single_samples_find() {
        let axis = |start, step, count| Axis { start, step, count };
        let cases: [(&[usize], Vec<Axis>); 6] = [
            (&[9], vec![axis(1, 2, 4)]),
            (&[5, 11], vec![axis(0, 1, 5), axis(0, 1, 11)]),
            (&[8, 12], vec![axis(1, 2, 4), axis(0, 2, 6)]),
            (&[8, 12], vec![axis(0, 1, 8), axis(2, 4, 3)]),
            (
                &[6, 4, 9],
                vec![axis(1, 2, 3), axis(0, 1, 4), axis(0, 3, 3)],
            ),
            (
                &[3, 2, 5, 8],
                vec![axis(2, 1, 1), axis(0, 1, 2), axis(0, 2, 3), axis(1, 2, 4)],
            ),
        ];
        for (shape, axes) in cases {
            let mut scene = Scene::new(shape);
            let codes = scene.canvas.iter_mut().enumerate();
            codes.for_each(|(i, code)| *code = (i * 7919 % 1009) as i16 - 500);
            let plane = Plane {
                axes,
                level: 0,
                class: 0,
                tighten: 1.0,
            };
            let mut row = Vec::new();
            for start in plane.row_offsets(shape) {
                for skipped in 0..plane.columns() {
                    let at = start + skipped * plane.row_step();
                    scene.look(&plane, at, plane.columns() - skipped, &mut row);
                    for (j, around) in row.iter().enumerate() {
                        let mut rest = at + j * plane.row_step();
                        let place = scene.strides.iter().map(|stride| {
                            let x = rest / stride;
                            rest %= stride;
                            x as isize
                        });
                        let place: Vec<isize> = place.collect();
                        assert_eq!(*around, look_by_hand(&scene, &plane, &place), "{plane:?}");
                    }
                }
            }
        }
    }
}
