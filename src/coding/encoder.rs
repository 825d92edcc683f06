//! The coder that turns predictions and originals into codes.

use foresz_predictors::{Coder, Plane, Recursion, Result, Sample};

use super::cursor::Cursor;
use super::frame::Lesson;
use super::quantiser::{Exact, Kernel, Linear, OnLattice, Quantiser};
use super::simd;
use crate::entropy;
use crate::entropy::ESCAPE;

/// What a walk over originals leaves behind.
pub(crate) struct Coded<T> {
    /// What the decoder will hold (holes hold predictions).
    pub(crate) canvas: Vec<T>,
    /// Codes of all planes, one after the other.
    pub(crate) codes: Vec<i32>,
    /// In the order they were coded; their lengths add up to that of `codes`.
    pub(crate) planes: Vec<Plane>,
    /// Values whose code is an escape.
    pub(crate) literals: Vec<T>,
}

impl<T> Coded<T> {
    /// Bits that the codes take, about: contexts find structure at little cost.
    pub(crate) fn bits_of_codes(&self, shape: &[usize]) -> f64 {
        entropy::estimate_bits_in_context(shape, &self.planes, &self.codes)
    }
}

/// Codes originals against predictions.
pub(crate) struct Encoder<'a, T> {
    originals: &'a [T],
    quantiser: &'a Quantiser<T>,
    range: (T, T),
    kernels: Kernels<'a, T>,
    cursor: Cursor,
    gathered: Vec<T>,
    coded: Coded<T>,
    filled: usize,
}

/// A quantiser made ready for a plane, or for a slice of one.
#[derive(Clone, Copy)]
pub(super) enum Ready<T> {
    Linear(Linear<T>),
    Exact(Exact<T>),
    Lattice(OnLattice<T>),
}

impl<T: Sample> Ready<T> {
    fn new(quantiser: &Quantiser<T>, slice: usize, tighten: f64, range: (T, T)) -> Self {
        match quantiser {
            Quantiser::Linear { half, bound } => {
                Ready::Linear(Linear::new(*half, *bound, tighten, range))
            }
            Quantiser::Exact => Ready::Exact(Exact::new(range)),
            Quantiser::Lattice {
                lattices,
                radius,
                bound,
            } => {
                let lattice = lattices.each[slice];
                Ready::Lattice(OnLattice::new(lattice, (*radius, *bound), tighten, range))
            }
        }
    }
}

/// The quantiser of the current plane.
pub(super) struct Kernels<'a, T> {
    quantiser: &'a Quantiser<T>,
    tighten: f64,
    range: (T, T),
    /// The slice of the last row, and what it is coded with.
    slice: usize,
    ready: Ready<T>,
}

impl<'a, T: Sample> Kernels<'a, T> {
    pub(super) fn new(quantiser: &'a Quantiser<T>, tighten: f64, range: (T, T)) -> Self {
        Kernels {
            quantiser,
            tighten,
            range,
            slice: 0,
            ready: Ready::new(quantiser, 0, tighten, range),
        }
    }

    /// The one for a sample, and for the others in its row.
    pub(super) fn at(&mut self, sample: usize) -> Ready<T> {
        let slice = self.quantiser.slice(sample);
        if slice != self.slice {
            self.ready = Ready::new(self.quantiser, slice, self.tighten, self.range);
            self.slice = slice;
        }
        self.ready
    }
}

impl<'a, T: Sample> Encoder<'a, T> {
    /// Codes what there is to learn from.
    pub(crate) fn new(lesson: Lesson<'a, T>, shape: &[usize]) -> Self {
        let Lesson {
            originals,
            quantiser,
            range,
        } = lesson;
        Encoder {
            originals,
            quantiser,
            range,
            kernels: Kernels::new(quantiser, 1.0, range),
            cursor: Cursor::new(shape),
            gathered: Vec::new(),
            coded: Coded {
                canvas: vec![T::ZERO; originals.len()],
                codes: vec![0; originals.len()],
                planes: Vec::new(),
                literals: Vec::new(),
            },
            filled: 0,
        }
    }

    /// The codes, if every sample got exactly one.
    pub(crate) fn finish(self) -> Result<Coded<T>> {
        self.cursor.finish_covered(&self.coded.planes)?;
        Ok(self.coded)
    }

    fn code_row(
        &mut self,
        values: &mut [T],
        code: impl FnOnce(&Ready<T>, &[T], &mut [T], &mut [i32]) -> bool,
    ) {
        let Some((start, step)) = self.cursor.next_row(values.len()) else {
            return;
        };
        let originals = if step == 1 {
            &self.originals[start..start + values.len()]
        } else {
            self.gathered.resize(values.len(), T::ZERO);
            simd::gather(self.originals, start, step, &mut self.gathered);
            &self.gathered
        };
        let codes = &mut self.coded.codes[self.filled..self.filled + values.len()];
        if code(&self.kernels.at(start), originals, values, codes) {
            let escaped = codes.iter().zip(&*values).filter(|(c, _)| **c == ESCAPE);
            self.coded.literals.extend(escaped.map(|(_, v)| *v));
        }
        simd::scatter(values, &mut self.coded.canvas, start, step);
        self.filled += values.len();
    }
}

impl<T: Sample> Coder<T> for Encoder<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.cursor.begin(plane)?;
        self.kernels = Kernels::new(self.quantiser, plane.tighten, self.range);
        self.coded.planes.push(plane.clone());
        Ok(())
    }

    fn row(&mut self, values: &mut [T]) {
        self.code_row(values, |kernel, x, v, c| match kernel {
            Ready::Linear(q) => simd::encode_row(q, x, v, c),
            Ready::Exact(q) => simd::encode_row(q, x, v, c),
            Ready::Lattice(q) => simd::encode_row(q, x, v, c),
        });
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        self.code_row(values, |kernel, x, v, c| match kernel {
            Ready::Linear(q) => simd::encode_recursion(q, taps, x, v, c),
            Ready::Exact(q) => simd::encode_recursion(q, taps, x, v, c),
            Ready::Lattice(q) => simd::encode_recursion(q, taps, x, v, c),
        });
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.code_row(values, |kernel, x, v, c| match kernel {
            Ready::Linear(q) => encode_each(q, predict, x, v, c),
            Ready::Exact(q) => encode_each(q, predict, x, v, c),
            Ready::Lattice(q) => encode_each(q, predict, x, v, c),
        });
    }

    fn canvas(&self) -> &[T] {
        &self.coded.canvas
    }
}

fn encode_each<T: Sample>(
    kernel: &impl Kernel<T>,
    predict: &mut dyn FnMut(&[T]) -> T,
    originals: &[T],
    values: &mut [T],
    codes: &mut [i32],
) -> bool {
    let mut escaped = false;
    for j in 0..originals.len() {
        let prediction = predict(&values[..j]);
        (codes[j], values[j]) = kernel.encode(originals[j], prediction);
        escaped |= codes[j] == ESCAPE;
    }
    escaped
}
