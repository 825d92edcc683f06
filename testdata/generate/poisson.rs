//! Exact solver for the five-point Poisson equation in a channel.

use super::flow::Grid;
use super::numbers::{cos_turns, sin_turns};

/// Solves `laplacian(stream) = vorticity` with `stream = 0` on both walls:
/// a Hartley transform along each row leaves one tridiagonal system per wave.
pub(crate) struct Poisson {
    grid: Grid,
    hartley: Hartley,
    /// The factors of Gaussian elimination, for each row and wave.
    pivots: Vec<f64>,
}

impl Poisson {
    pub(crate) fn new(grid: Grid) -> Self {
        let ratio = (grid.dy / grid.dx) * (grid.dy / grid.dx);
        let mut previous = vec![0.0; grid.nx];
        let mut pivots = Vec::with_capacity(grid.cells());
        for _ in 0..grid.ny {
            for (wave, pivot) in previous.iter_mut().enumerate() {
                let bend = 2.0 * (cos_turns(wave as f64 / grid.nx as f64) - 1.0) * ratio;
                *pivot = 1.0 / (-2.0 + bend - *pivot);
            }
            pivots.extend_from_slice(&previous);
        }
        Self {
            grid,
            hartley: Hartley::new(grid.nx),
            pivots,
        }
    }

    pub(crate) fn solve(&mut self, vorticity: &[f64], stream: &mut [f64]) {
        let scale = self.grid.dy * self.grid.dy / self.grid.nx as f64;
        for (value, source) in stream.iter_mut().zip(vorticity) {
            *value = source * scale;
        }
        self.transform_rows(stream);
        self.eliminate(stream);
        self.substitute(stream);
        self.transform_rows(stream);
    }

    fn transform_rows(&mut self, field: &mut [f64]) {
        for pair in field.chunks_exact_mut(2 * self.grid.nx) {
            let (first, second) = pair.split_at_mut(self.grid.nx);
            self.hartley.transform_pair(first, second);
        }
    }

    fn eliminate(&self, field: &mut [f64]) {
        let nx = self.grid.nx;
        for (value, pivot) in field.iter_mut().zip(&self.pivots).take(nx) {
            *value *= pivot;
        }
        for row in 1..self.grid.ny {
            let (done, rest) = field.split_at_mut(row * nx);
            let below = &done[(row - 1) * nx..];
            let pivots = &self.pivots[row * nx..];
            for ((value, below), pivot) in rest.iter_mut().zip(below).zip(pivots).take(nx) {
                *value = (*value - below) * pivot;
            }
        }
    }

    fn substitute(&self, field: &mut [f64]) {
        let nx = self.grid.nx;
        for row in (0..self.grid.ny - 1).rev() {
            let (rest, done) = field.split_at_mut((row + 1) * nx);
            let pivots = &self.pivots[row * nx..];
            let values = rest[row * nx..].iter_mut();
            for ((value, above), pivot) in values.zip(&*done).zip(pivots) {
                *value -= pivot * above;
            }
        }
    }
}

/// The discrete Hartley transform, which is its own inverse up to a factor of
/// the length and keeps real rows real.
struct Hartley {
    re: Vec<f64>,
    im: Vec<f64>,
    swaps: Vec<(usize, usize)>,
    /// Cosines and sines of each pass of the Fourier transform.
    passes: Vec<Vec<(f64, f64)>>,
}

impl Hartley {
    /// `n` must be a power of two.
    fn new(n: usize) -> Self {
        let shift = usize::BITS - n.trailing_zeros();
        let swaps = (0..n)
            .map(|i| (i, i.reverse_bits() >> shift))
            .filter(|(i, j)| i < j)
            .collect();
        let passes = (0..n.trailing_zeros())
            .map(|pass| {
                let half = 1_usize << pass;
                let turn = |k: usize| k as f64 / (2 * half) as f64;
                (0..half)
                    .map(|k| (cos_turns(turn(k)), sin_turns(turn(k))))
                    .collect()
            })
            .collect();
        Self {
            re: vec![0.0; n],
            im: vec![0.0; n],
            swaps,
            passes,
        }
    }

    /// Two real rows share one complex Fourier transform.
    fn transform_pair(&mut self, first: &mut [f64], second: &mut [f64]) {
        self.re.copy_from_slice(first);
        self.im.copy_from_slice(second);
        self.fourier();
        let n = first.len();
        for (k, (a, b)) in first.iter_mut().zip(second.iter_mut()).enumerate() {
            let mirror = if k == 0 { 0 } else { n - k };
            let re = (self.re[k] + self.re[mirror], self.re[k] - self.re[mirror]);
            let im = (self.im[k] + self.im[mirror], self.im[k] - self.im[mirror]);
            *a = 0.5 * (re.0 - im.1);
            *b = 0.5 * (im.0 + re.1);
        }
    }

    fn fourier(&mut self) {
        for &(i, j) in &self.swaps {
            self.re.swap(i, j);
            self.im.swap(i, j);
        }
        for twiddles in &self.passes {
            let half = twiddles.len();
            let blocks = self.re.chunks_exact_mut(2 * half);
            for (re, im) in blocks.zip(self.im.chunks_exact_mut(2 * half)) {
                butterflies(re, im, twiddles);
            }
        }
    }
}

fn butterflies(re: &mut [f64], im: &mut [f64], twiddles: &[(f64, f64)]) {
    let (low_re, high_re) = re.split_at_mut(twiddles.len());
    let (low_im, high_im) = im.split_at_mut(twiddles.len());
    let low = low_re.iter_mut().zip(low_im);
    let high = high_re.iter_mut().zip(high_im);
    for (((ar, ai), (br, bi)), (cos, sin)) in low.zip(high).zip(twiddles) {
        let turned_re = *br * cos + *bi * sin;
        let turned_im = *bi * cos - *br * sin;
        *br = *ar - turned_re;
        *bi = *ai - turned_im;
        *ar += turned_re;
        *ai += turned_im;
    }
}
