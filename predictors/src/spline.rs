//! # `spline`
//!
//! **Idea.** Code a coarse grid, then halve its spacing again and again, each
//! new sample interpolated between coded neighbours on both sides.
//!
//! **Formula.** Along one dimension, from the neighbours at distance 1 and 3 (in
//! units of the new spacing):
//! ```text
//!   cubic   p = (−a +9b +9c −d)/16        a . b p c . d
//!   linear  p = (b + c)/2
//! ```
//! Where a neighbour is missing: the parabola through three, the line through two,
//! or the one that is there.
//!
//! **Walk.** Level *l* has spacing 2^l. The coarsest grid is coded first with
//! first-order Lorenzo. Then per level one pass per dimension, slowest first: pass
//! *d* codes the samples whose coordinate *d* is odd, those before *d* any, those
//! after *d* even. All work is done on rows: the even columns of a level live in one
//! compact array, so every pass but the last reads and codes contiguous rows, and
//! the last reads one row and codes the odd columns of the same row.
//!
//! **Level bounds.** Samples of level *l* steer many others, so they are kept
//! `min(alpha^l, beta)` times more exactly.
//!
//! **Side information.** None.
//!
//! **When it wins and loses.** Wins on smooth fields and loose bounds. Loses to
//! Lorenzo where the field is rough at the scale of the bound.
//!
//! **References.** Zhao et al.: Optimizing error-bounded lossy compression for
//! scientific data by dynamic spline interpolation (SZ3), 2021; Liu et al.: `QoZ`, 2022.

use crate::candidate::{Candidate, Judged, Occasion};
use crate::coder::{Coder, Recursion};
use crate::error::Result;
use crate::lorenzo::advance;
use crate::plane::{Axis, Plane};
use crate::predictor::{Predictor, Scene, Side};
use crate::sample::Sample;
use crate::spec::{Params, Part};

/// The interpolation kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    Cubic,
    Linear,
}

/// Multi-level interpolation.
#[derive(Debug, Clone, Copy)]
pub struct Spline {
    kernel: Kernel,
    levels: usize,
    alpha: f64,
    beta: f64,
}

const KERNELS: [&str; 2] = ["cubic", "linear"];
const MOST_LEVELS: usize = 12;

impl Spline {
    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let kernel = if params.choice("kernel", &KERNELS)? == 0 {
            Kernel::Cubic
        } else {
            Kernel::Linear
        };
        let levels = params.integer("levels", 0, 0..=MOST_LEVELS)?;
        let alpha = params.number("alpha", 1.0, 1.0..=4.0)?;
        let beta = params.number("beta", 4.0, 1.0..=64.0)?;
        params.finish(&["kernel", "levels", "alpha", "beta"])?;
        Ok(Spline {
            kernel,
            levels,
            alpha,
            beta,
        })
    }

    /// Cheap and cheaply tried where the back end sees no structure.
    pub(crate) fn candidates(chunk: &Occasion) -> Vec<Candidate> {
        const LINEAR: &str = "spline:kernel=linear";
        const TIGHTENED: &str = "spline:kernel=linear,alpha=1.25,beta=2";
        if chunk.judged == Judged::Tiny {
            return Vec::new();
        }
        if chunk.judged == Judged::Slight {
            return [LINEAR, TIGHTENED]
                .map(|spec| Candidate::new(spec, 1.0))
                .into();
        }
        if chunk.structured {
            return [LINEAR, TIGHTENED]
                .map(|spec| Candidate::new(spec, 14.0))
                .into();
        }
        vec![
            Candidate::new("spline", 1.0),
            Candidate::new("spline:alpha=1.25,beta=2", 1.0),
            Candidate::new(TIGHTENED, 1.0),
            Candidate::new(LINEAR, 14.0),
        ]
    }

    /// Levels asked for, or enough that the coarsest grid is a few samples wide.
    fn levels_for(self, shape: &[usize]) -> usize {
        let longest = shape.iter().copied().max().unwrap_or(1);
        let enough = (longest.ilog2() as usize).saturating_sub(2).max(1);
        let most = (usize::BITS - (longest - 1).leading_zeros()) as usize;
        if self.levels == 0 {
            enough.min(MOST_LEVELS)
        } else {
            self.levels.min(most)
        }
    }

    fn tighten(self, level: usize) -> f64 {
        let factor = (0..level).fold(1.0, |f, _| f * self.alpha);
        factor.min(self.beta)
    }
}

impl<T: Sample> Predictor<T> for Spline {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let levels = self.levels_for(&scene.shape);
        let mut grid = code_top(&scene.shape, levels, self.tighten(levels), coder)?;
        for level in (0..levels).rev() {
            let climb = Climb::new(&scene.shape, level, self.kernel, self.tighten(level));
            let mut evens = climb.spread(&grid);
            for d in 0..climb.outer() {
                climb.pass(d, &mut evens, coder)?;
            }
            grid = climb.last_pass(&evens, coder)?;
        }
        Ok(())
    }

    // Frames between those of the coarser grid come with the finest level.
    fn levels(&self, scene: &Scene) -> usize {
        let frame = scene.shape.len().saturating_sub(2);
        let one_frame = scene.shape[..frame].iter().all(|n| *n == 1);
        let levels = self.levels_for(&scene.shape);
        if one_frame { levels } else { levels.min(1) }
    }
}

/// Samples of a dimension of length `n` at spacing `step`.
fn samples(n: usize, step: usize) -> usize {
    n.div_ceil(step)
}

/// Codes the coarsest grid by first-order Lorenzo over its rows and columns.
fn code_top<T: Sample>(
    shape: &[usize],
    levels: usize,
    tighten: f64,
    coder: &mut dyn Coder<T>,
) -> Result<Vec<T>> {
    let step = 1 << levels;
    let axes: Vec<Axis> = shape
        .iter()
        .map(|&n| Axis {
            start: 0,
            step,
            count: samples(n, step),
        })
        .collect();
    let plane = Plane {
        axes,
        level: levels as u8,
        class: 0,
        tighten,
    };
    let columns = plane.columns();
    let mut grid = vec![T::ZERO; plane.len()];
    coder.begin(&plane)?;
    for r in 0..plane.rows() {
        let (above, rest) = grid.split_at_mut(r * columns);
        let row = &mut rest[..columns];
        if r > 0 {
            let above = &above[(r - 1) * columns..];
            row[0] = above[0];
            for j in 1..columns {
                row[j] = above[j] - above[j - 1];
            }
        }
        coder.recur(
            Recursion {
                west: T::ONE,
                west2: T::ZERO,
            },
            row,
        );
    }
    Ok(grid)
}

/// The step from one grid to the next finer one.
struct Climb {
    /// Samples per dimension of the grid to be made, and of the one above.
    fine: Vec<usize>,
    coarse: Vec<usize>,
    level: usize,
    kernel: Kernel,
    tighten: f64,
}

impl Climb {
    fn new(shape: &[usize], level: usize, kernel: Kernel, tighten: f64) -> Self {
        let at = |step: usize| shape.iter().map(|&n| samples(n, step)).collect();
        Climb {
            fine: at(1 << level),
            coarse: at(2 << level),
            level,
            kernel,
            tighten,
        }
    }

    /// Dimensions other than the row.
    fn outer(&self) -> usize {
        self.fine.len() - 1
    }

    /// Even columns of the finer grid.
    fn width(&self) -> usize {
        self.coarse[self.outer()]
    }

    /// Samples along the row that are not on the coarser grid.
    fn odd_width(&self) -> usize {
        self.fine[self.outer()] / 2
    }

    /// Puts the rows of the coarse grid where they belong among the finer rows.
    fn spread<T: Sample>(&self, grid: &[T]) -> Vec<T> {
        let outer = self.outer();
        let width = self.width();
        let rows: usize = self.fine[..outer].iter().product();
        let mut evens = vec![T::ZERO; rows * width];
        let mut at = vec![0; outer];
        for row in grid.chunks_exact(width) {
            let to = at
                .iter()
                .zip(&self.fine)
                .fold(0, |r, (&c, &n)| r * n + 2 * c)
                * width;
            evens[to..to + width].copy_from_slice(row);
            advance(&mut at, &self.coarse[..outer]);
        }
        evens
    }

    /// The plane of pass `d`.
    fn plane(&self, d: usize) -> Plane {
        let step = 1 << self.level;
        let axes = (0..self.fine.len()).map(|k| match k.cmp(&d) {
            std::cmp::Ordering::Less => Axis {
                start: 0,
                step,
                count: self.fine[k],
            },
            std::cmp::Ordering::Equal => Axis {
                start: step,
                step: 2 * step,
                count: self.fine[k] / 2,
            },
            std::cmp::Ordering::Greater => Axis {
                start: 0,
                step: 2 * step,
                count: self.coarse[k],
            },
        });
        Plane {
            axes: axes.collect(),
            level: self.level as u8,
            class: d as u8,
            tighten: self.tighten,
        }
    }

    /// Codes the rows whose coordinate `d` is odd.
    fn pass<T: Sample>(&self, d: usize, evens: &mut [T], coder: &mut dyn Coder<T>) -> Result<()> {
        let plane = self.plane(d);
        if plane.is_empty() {
            return Ok(());
        }
        coder.begin(&plane)?;
        let width = self.width();
        let counts: Vec<usize> = plane.axes[..self.outer()].iter().map(|a| a.count).collect();
        let stride = self.fine[d + 1..self.outer()].iter().product::<usize>() * width;
        let mut guess = vec![T::ZERO; width];
        let mut at = vec![0; self.outer()];
        for _ in 0..plane.rows() {
            let on_grid = |(k, &c): (usize, &usize)| match k.cmp(&d) {
                std::cmp::Ordering::Less => c,
                std::cmp::Ordering::Equal => 2 * c + 1,
                std::cmp::Ordering::Greater => 2 * c,
            };
            let here = at
                .iter()
                .enumerate()
                .zip(&self.fine)
                .fold(0, |r, (a, &n)| r * n + on_grid(a))
                * width;
            let along = 2 * at[d] + 1;
            let row = |k: isize| {
                let from = here.wrapping_add_signed(k * stride as isize);
                &evens[from..from + width]
            };
            let after = self.fine[d] - 1 - along;
            between_rows(self.kernel, along >= 3, after, row, &mut guess);
            coder.row(&mut guess);
            evens[here..here + width].copy_from_slice(&guess);
            advance(&mut at, &counts);
        }
        Ok(())
    }

    /// Codes the odd columns and weaves them with the even ones into the finer grid;
    /// the finest needs no grid, nothing follows it.
    fn last_pass<T: Sample>(&self, evens: &[T], coder: &mut dyn Coder<T>) -> Result<Vec<T>> {
        let plane = self.plane(self.outer());
        let (width, odd) = (self.width(), self.odd_width());
        if odd == 0 {
            return Ok(evens.to_vec());
        }
        coder.begin(&plane)?;
        let mut grid = Vec::with_capacity(if self.level > 0 { evens.len() * 2 } else { 0 });
        let mut guess = vec![T::ZERO; odd];
        for row in evens.chunks_exact(width) {
            between_columns(self.kernel, row, &mut guess);
            coder.row(&mut guess);
            if self.level > 0 {
                grid.extend(row.iter().zip(&guess).flat_map(|(&e, &o)| [e, o]));
                if width > odd {
                    grid.push(row[width - 1]);
                }
            }
        }
        Ok(grid)
    }
}

/// Interpolates a row from the rows at −3, −1, +1 and +3; `before` says whether the
/// first exists, `after` how many rows follow.
pub(crate) fn between_rows<'a, T: Sample>(
    kernel: Kernel,
    before: bool,
    after: usize,
    row: impl Fn(isize) -> &'a [T],
    guess: &mut [T],
) {
    let near = row(-1);
    match (kernel, before, after) {
        (_, true, 0) => combine(guess, [near, row(-3)], |[b, a]| outside(b, a)),
        (_, false, 0) => guess.copy_from_slice(near),
        (Kernel::Cubic, true, 3..) => combine(guess, [row(-3), near, row(1), row(3)], cubic),
        (Kernel::Cubic, true, _) => combine(guess, [row(-3), near, row(1)], |[a, b, c]| {
            parabola(a, b, c)
        }),
        (Kernel::Cubic, false, 3..) => {
            combine(guess, [row(3), row(1), near], |[d, c, b]| parabola(d, c, b));
        }
        _ => combine(guess, [near, row(1)], |[b, c]| linear(b, c)),
    }
}

fn combine<T: Sample, const N: usize>(
    guess: &mut [T],
    rows: [&[T]; N],
    formula: impl Fn([T; N]) -> T,
) {
    let n = guess.len();
    let rows = rows.map(|r| &r[..n]);
    for (j, g) in guess.iter_mut().enumerate() {
        *g = formula(rows.map(|r| r[j]));
    }
}

/// Interpolates the odd columns of a row from its even ones.
pub(crate) fn between_columns<T: Sample>(kernel: Kernel, evens: &[T], guess: &mut [T]) {
    let (width, odd) = (evens.len(), guess.len());
    // With as many even as odd columns the last odd one has no right neighbour.
    let inner = if width > odd { odd } else { odd - 1 };
    match kernel {
        Kernel::Linear => {
            for (g, w) in guess.iter_mut().zip(evens.windows(2)) {
                *g = linear(w[0], w[1]);
            }
        }
        Kernel::Cubic => {
            for (g, w) in guess[1.min(odd)..].iter_mut().zip(evens.windows(4)) {
                *g = cubic([w[0], w[1], w[2], w[3]]);
            }
            match (inner, width) {
                (0, _) => {}
                (_, 2) => guess[0] = linear(evens[0], evens[1]),
                _ => {
                    guess[0] = parabola(evens[2], evens[1], evens[0]);
                    if inner > 1 {
                        guess[width - 2] =
                            parabola(evens[width - 3], evens[width - 2], evens[width - 1]);
                    }
                }
            }
        }
    }
    if inner < odd {
        guess[inner] = if width > 1 {
            outside(evens[width - 1], evens[width - 2])
        } else {
            evens[0]
        };
    }
}

#[inline(always)]
fn cubic<T: Sample>([a, b, c, d]: [T; 4]) -> T {
    ((b + c) * T::from_f64(0.5625)) - ((a + d) * T::from_f64(0.0625))
}

#[inline(always)]
fn linear<T: Sample>(b: T, c: T) -> T {
    (b + c) * T::from_f64(0.5)
}

/// Between the last two of three; the first lies one further out.
#[inline(always)]
fn parabola<T: Sample>(a: T, b: T, c: T) -> T {
    (b * T::from_f64(0.75) - a * T::from_f64(0.125)) + c * T::from_f64(0.375)
}

/// Half a spacing outside `b`, on the line from `a`.
#[inline(always)]
fn outside<T: Sample>(b: T, a: T) -> T {
    b + (b - a) * T::from_f64(0.5)
}
