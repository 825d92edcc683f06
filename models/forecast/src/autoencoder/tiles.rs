//! A field cut into tiles.

/// Where tiles lie in a field: along its last dimensions, as many as a tile has, for each
/// index of the others. Dimensions that tiles lack have a length of 1 here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tiling {
    outer: usize,
    lengths: [usize; AXES],
    tile: [usize; AXES],
    counts: [usize; AXES],
}

const AXES: usize = 3;

/// Tiles may hold so many times the values of the field, or that many: more is a model
/// for another field, and a stream could name one to keep its reader busy.
const MOST_TIMES: usize = 64;
const MOST_ANYWAY: usize = 1 << 22;

/// Values of a tile that lie in the field one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// In the tile.
    pub(crate) cell: usize,
    /// In the field.
    pub(crate) place: usize,
    pub(crate) len: usize,
}

fn last_three(lengths: &[usize]) -> [usize; AXES] {
    let mut three = [1; AXES];
    three[AXES - lengths.len()..].copy_from_slice(lengths);
    three
}

impl Tiling {
    /// Says what does not fit.
    pub(crate) fn new(shape: &[usize], tile: &[usize], latents: usize) -> Result<Self, String> {
        let Some(outer) = shape.len().checked_sub(tile.len()) else {
            return Err(format!(
                "it takes tiles of {} dimensions, and the field has {}",
                tile.len(),
                shape.len()
            ));
        };
        let (lengths, tile) = (last_three(&shape[outer..]), last_three(tile));
        let tiling = Tiling {
            outer: shape[..outer].iter().product(),
            lengths,
            tile,
            counts: std::array::from_fn(|d| lengths[d].div_ceil(tile[d])),
        };
        let samples: usize = shape.iter().product();
        let most = samples.saturating_mul(MOST_TIMES).max(MOST_ANYWAY);
        let each = tiling.cells().max(latents);
        if tiling.len().checked_mul(each).is_none_or(|all| all > most) {
            return Err(format!(
                "{} tiles of {} values and {latents} latents are too many for a field of {samples} values: it is made for other fields",
                tiling.len(),
                tiling.cells()
            ));
        }
        Ok(tiling)
    }

    /// How many tiles there are.
    pub(crate) fn len(&self) -> usize {
        self.outer * self.counts.iter().product::<usize>()
    }

    /// Values of a tile.
    pub(crate) fn cells(&self) -> usize {
        self.tile.iter().product()
    }

    /// Values of the field.
    pub(crate) fn samples(&self) -> usize {
        self.outer * self.lengths.iter().product::<usize>()
    }

    /// Values of the field that so many tiles stand for, on average.
    pub(crate) fn share(&self, tiles: usize) -> usize {
        self.samples().saturating_mul(tiles) / self.len().max(1)
    }

    /// The field's shape with all that tiles lack in front.
    pub(crate) fn shape(&self) -> [usize; AXES + 1] {
        let [a, b, c] = self.lengths;
        [self.outer, a, b, c]
    }

    /// The same of a tile by itself.
    pub(crate) fn one_tile(&self) -> [usize; AXES + 1] {
        let [a, b, c] = self.tile;
        [1, a, b, c]
    }

    /// Puts the values of a tile where they belong.
    pub(crate) fn put(&self, index: usize, cells: &[f64], field: &mut [f64]) {
        for run in self.runs(index) {
            field[run.place..run.place + run.len].copy_from_slice(&cells[run.cell..][..run.len]);
        }
    }

    /// Index of the outer dimensions, and where a tile starts.
    fn corner(&self, index: usize) -> (usize, [usize; AXES]) {
        let mut rest = index;
        let mut corner = [0; AXES];
        for d in (0..AXES).rev() {
            corner[d] = rest % self.counts[d] * self.tile[d];
            rest /= self.counts[d];
        }
        (rest, corner)
    }

    /// The tiles before this one along each dimension, and that at the same place of the
    /// outer index before.
    pub(crate) fn neighbours(&self, index: usize) -> impl Iterator<Item = usize> {
        let (mut rest, mut distance) = (index, 1);
        let mut found = [None; AXES + 1];
        for d in (0..AXES).rev() {
            if rest % self.counts[d] > 0 {
                found[d] = Some(index - distance);
            }
            rest /= self.counts[d];
            distance *= self.counts[d];
        }
        if rest > 0 {
            found[AXES] = Some(index - distance);
        }
        found.into_iter().flatten()
    }

    /// Where the field has values of a tile, in the tile's order.
    pub(crate) fn runs(&self, index: usize) -> impl Iterator<Item = Run> {
        let (outer, corner) = self.corner(index);
        let [depth, rows, columns] = self.lengths;
        let [_, tile_rows, tile_columns] = self.tile;
        let inside = |d: usize| self.tile[d].min(self.lengths[d] - corner[d]);
        let (height, len) = (inside(1), inside(2));
        (0..inside(0)).flat_map(move |z| {
            (0..height).map(move |y| Run {
                cell: (z * tile_rows + y) * tile_columns,
                place: ((outer * depth + corner[0] + z) * rows + corner[1] + y) * columns
                    + corner[2],
                len,
            })
        })
    }

    /// The values of a tile; beyond the field its last ones again.
    pub(crate) fn cut(&self, field: &[f64], index: usize, out: &mut Vec<f64>) {
        let (outer, corner) = self.corner(index);
        let [depth, rows, columns] = self.lengths;
        for z in 0..self.tile[0] {
            let z = (corner[0] + z).min(depth - 1);
            for y in 0..self.tile[1] {
                let y = (corner[1] + y).min(rows - 1);
                let start = ((outer * depth + z) * rows + y) * columns;
                let row = &field[start..start + columns];
                let columns = (0..self.tile[2]).map(|x| row[(corner[2] + x).min(columns - 1)]);
                out.extend(columns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_tile() {
        for (shape, tile) in [
            (vec![7], vec![3]),
            (vec![5, 9], vec![4, 4]),
            (vec![2, 3, 5, 6], vec![2, 2, 4]),
            (vec![3, 5, 6], vec![4]),
            (vec![3, 2], vec![8, 8]),
        ] {
            let tiling = Tiling::new(&shape, &tile, 2).unwrap();
            let field: Vec<f64> = (0..tiling.samples()).map(|i| i as f64).collect();
            let mut seen = vec![0; field.len()];
            for index in 0..tiling.len() {
                let mut cut = Vec::new();
                tiling.cut(&field, index, &mut cut);
                assert_eq!(cut.len(), tiling.cells());
                for run in tiling.runs(index) {
                    for k in 0..run.len {
                        assert_eq!(cut[run.cell + k], field[run.place + k]);
                        seen[run.place + k] += 1;
                    }
                }
                assert!(tiling.neighbours(index).all(|n| n < index));
            }
            assert!(seen.iter().all(|n| *n == 1), "{shape:?} {tile:?}");
        }
    }

    #[test]
    fn edges_repeat_the_last_values() {
        let tiling = Tiling::new(&[2, 3], &[2, 2], 1).unwrap();
        let mut cut = Vec::new();
        tiling.cut(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1, &mut cut);
        assert_eq!(cut, [3.0, 3.0, 6.0, 6.0]);
        assert_eq!(tiling.neighbours(1).collect::<Vec<_>>(), [0]);
        let outer = Tiling::new(&[3, 4, 4], &[2, 2], 1).unwrap();
        let mut neighbours: Vec<_> = outer.neighbours(7).collect();
        neighbours.sort_unstable();
        assert_eq!(neighbours, [3, 5, 6]);
    }

    #[test]
    fn other_fields_are_refused() {
        let error = Tiling::new(&[10], &[4, 4], 2).unwrap_err();
        assert!(error.contains("2 dimensions"), "{error}");
        assert!(Tiling::new(&[5000, 1, 1], &[1024, 1024], 2).is_err());
        assert!(Tiling::new(&[1 << 20], &[1], 1 << 16).is_err());
    }
}
