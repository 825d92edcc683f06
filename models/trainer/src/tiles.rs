//! Tiles of a series.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::series::Series;

/// A series seen as tiles along its last dimensions.
pub(crate) struct Tiles<'a> {
    series: &'a Series,
    tile: Vec<usize>,
    /// Where validation begins in the first dimension.
    cut: usize,
}

/// How often a random place is drawn before it counts as bad luck that all had NaN.
const TRIES: usize = 200;

impl<'a> Tiles<'a> {
    pub(crate) fn new(series: &'a Series, tile: &[usize], cut: usize) -> Result<Self> {
        let shape = series.shape();
        let fits = tile.len() <= shape.len()
            && tile
                .iter()
                .rev()
                .zip(shape.iter().rev())
                .all(|(t, n)| t <= n);
        if !fits {
            return Err(Error::Settings(format!(
                "tiles of {tile:?} do not fit into a series of {shape:?}: give a smaller --tile"
            )));
        }
        let needed = if tile.len() == shape.len() {
            tile[0]
        } else {
            1
        };
        if cut < needed || shape[0] - cut < needed {
            return Err(Error::Series(format!(
                "of {} along the first dimension, {cut} are to train on and {} to validate on; both parts need {needed} \
                 at least: give more data, another --validation or a smaller --tile",
                shape[0],
                shape[0] - cut
            )));
        }
        Ok(Tiles {
            series,
            tile: tile.to_vec(),
            cut,
        })
    }

    pub(crate) fn cells(&self) -> usize {
        self.tile.iter().product()
    }

    fn lead(&self) -> usize {
        self.series.shape().len() - self.tile.len()
    }

    fn part(&self, validation: bool) -> Range<usize> {
        if validation {
            self.cut..self.series.shape()[0]
        } else {
            0..self.cut
        }
    }

    /// First indices and steps of tiles along every dimension.
    fn ranges(&self, validation: bool) -> Vec<(Range<usize>, usize)> {
        let lead = self.lead();
        let along = |(d, n): (usize, &usize)| {
            let all = if d == 0 { self.part(validation) } else { 0..*n };
            let length = if d < lead { 1 } else { self.tile[d - lead] };
            (all.start..all.end + 1 - length, length)
        };
        self.series.shape().iter().enumerate().map(along).collect()
    }

    /// Appends the tile that begins at `origin`; leaves `out` alone if it holds NaN.
    fn append(&self, origin: &[usize], out: &mut Vec<f32>) -> bool {
        let shape = self.series.shape();
        let lead = self.lead();
        let before = out.len();
        let Some((row, outer)) = self.tile.split_last() else {
            return false;
        };
        let mut at = vec![0; outer.len()];
        for _ in 0..outer.iter().product() {
            let place = |d: usize| match d.checked_sub(lead) {
                Some(t) if t < at.len() => origin[d] + at[t],
                _ => origin[d],
            };
            let start = (0..shape.len()).fold(0, |sum, d| sum * shape[d] + place(d));
            out.extend_from_slice(&self.series.values()[start..start + row]);
            for d in (0..at.len()).rev() {
                at[d] += 1;
                if at[d] < outer[d] {
                    break;
                }
                at[d] = 0;
            }
        }
        let whole = out[before..].iter().all(|x| !x.is_nan());
        if !whole {
            out.truncate(before);
        }
        whole
    }

    /// All tiles of a part side by side that have no NaN; of many, `most` evenly spread.
    pub(crate) fn grid(&self, validation: bool, most: usize) -> Result<Vec<f32>> {
        let ranges = self.ranges(validation);
        let counts: Vec<usize> = ranges
            .iter()
            .map(|(r, step)| r.len().div_ceil(*step))
            .collect();
        let all: usize = counts.iter().product();
        let mut out = Vec::new();
        for i in 0..all.min(most) {
            let mut rest = if all > most { i * all / most } else { i };
            let mut origin = vec![0; ranges.len()];
            for d in (0..ranges.len()).rev() {
                let (range, step) = &ranges[d];
                origin[d] = range.start + rest % counts[d] * step;
                rest /= counts[d];
            }
            self.append(&origin, &mut out);
        }
        if out.is_empty() {
            return Err(self.nothing_whole(validation));
        }
        Ok(out)
    }

    /// How many tiles lie side by side in the part to train on.
    pub(crate) fn count(&self) -> usize {
        let ranges = self.ranges(false);
        ranges
            .iter()
            .map(|(r, step)| r.len().div_ceil(*step))
            .product()
    }

    /// Tiles from anywhere in the part to train on.
    pub(crate) fn random(&self, count: usize, random: &mut Random) -> Result<Vec<f32>> {
        let ranges = self.ranges(false);
        let mut out = Vec::with_capacity(count * self.cells());
        for _ in 0..count {
            let found = (0..TRIES).any(|_| {
                let anywhere = |(r, _): &(Range<usize>, usize)| r.start + random.below(r.len());
                let origin: Vec<usize> = ranges.iter().map(anywhere).collect();
                self.append(&origin, &mut out)
            });
            if !found {
                return Err(self.nothing_whole(false));
            }
        }
        Ok(out)
    }

    fn nothing_whole(&self, validation: bool) -> Error {
        let part = if validation { "validate" } else { "train" };
        Error::Series(format!(
            "in the part to {part} on, hardly any tile of {:?} is free of NaN and fills: give a smaller --tile",
            self.tile
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn series() -> Series {
        let values = (0..4 * 6 * 8).map(|i| i as f32).collect();
        Series::new(values, vec![4, 6, 8], &[]).unwrap()
    }

    #[test]
    fn tiles_side_by_side() {
        let series = series();
        let tiles = Tiles::new(&series, &[3, 4], 3).unwrap();
        assert_eq!(tiles.count(), 3 * 4);
        let last = tiles.grid(true, 100).unwrap();
        assert_eq!(last.len(), 4 * 12);
        assert_eq!(last[..6], [144.0, 145.0, 146.0, 147.0, 152.0, 153.0]);
    }

    #[test]
    fn tiles_in_three_dimensions_stay_in_their_part() {
        let series = series();
        let tiles = Tiles::new(&series, &[2, 2, 4], 2).unwrap();
        let mut random = Random::new(1, Purpose::Epoch(0));
        assert!(
            tiles
                .random(30, &mut random)
                .unwrap()
                .iter()
                .all(|x| *x < 96.0)
        );
        assert!(tiles.grid(true, 100).unwrap().iter().all(|x| *x >= 96.0));
        assert!(Tiles::new(&series, &[2, 2, 4], 3).is_err());
        assert!(Tiles::new(&series, &[7, 4], 3).is_err());
    }

    #[test]
    fn tiles_with_nan_are_left_out() {
        let mut values: Vec<f32> = (0..4 * 6 * 8).map(|i| i as f32).collect();
        values[150] = f32::NAN;
        let holed = Series::new(values.clone(), vec![4, 6, 8], &[]).unwrap();
        let tiles = Tiles::new(&holed, &[3, 4], 3).unwrap();
        assert_eq!(tiles.grid(true, 100).unwrap().len(), 3 * 12);
        values[..144].fill(f32::NAN);
        let empty = Series::new(values, vec![4, 6, 8], &[]).unwrap();
        let tiles = Tiles::new(&empty, &[3, 4], 3).unwrap();
        let mut random = Random::new(1, Purpose::Epoch(0));
        assert!(tiles.random(1, &mut random).is_err());
    }
}
