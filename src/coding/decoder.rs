//! The coder that turns predictions and codes into values.

use foresz_predictors::{Coder, Error, Plane, Recursion, Result, Sample};

use super::cursor::Cursor;
use super::encoder::{Kernels, Ready};
use super::quantiser::{Kernel, Quantiser};
use super::simd;
use crate::entropy::PlaneReader;
use crate::entropy::{ESCAPE, HOLE};
use crate::values::mask::Mask;

/// Replays a walk from its codes.
pub(crate) struct Decoder<'a, T> {
    quantiser: &'a Quantiser<T>,
    range: (T, T),
    kernels: Kernels<'a, T>,
    cursor: Cursor,
    shape: Vec<usize>,
    reader: &'a mut dyn PlaneReader,
    mask: Option<&'a Mask>,
    literals: std::slice::Iter<'a, T>,
    codes: Vec<i32>,
    taken: usize,
    canvas: Vec<T>,
    wanted: Option<Wanted<'a>>,
}

/// The part of a field that a walk may end with.
struct Wanted<'a> {
    plane: &'a Plane,
    missing: usize,
    /// Whether the walk was told to end.
    over: bool,
}

impl<'a, T: Sample> Decoder<'a, T> {
    /// `literals` were counted against the codes' escapes by nobody yet: planes
    /// with more escapes than literals are refused as they are read.
    pub(crate) fn new(
        shape: &[usize],
        (quantiser, range): (&'a Quantiser<T>, (T, T)),
        reader: &'a mut dyn PlaneReader,
        mask: Option<&'a Mask>,
        literals: &'a [T],
    ) -> Self {
        let samples = shape.iter().product();
        Decoder {
            quantiser,
            range,
            kernels: Kernels::new(quantiser, 1.0, range),
            cursor: Cursor::new(shape),
            shape: shape.to_vec(),
            reader,
            mask,
            literals: literals.iter(),
            // As large as the canvas, whose pages an allocator keeps at hand.
            codes: Vec::with_capacity(samples),
            taken: 0,
            canvas: vec![T::ZERO; samples],
            wanted: None,
        }
    }

    /// Lets the walk end as soon as these samples have their values.
    pub(crate) fn until(mut self, plane: &'a Plane) -> Self {
        self.wanted = Some(Wanted {
            plane,
            missing: plane.len(),
            over: false,
        });
        self
    }

    /// The values, and whether all are there and not just those wanted. Of the whole,
    /// every sample has to have got one, and no literal may be left over.
    pub(crate) fn finish(self) -> Result<(Vec<T>, bool)> {
        if self.wanted.is_some_and(|w| w.over) {
            self.cursor.pause()?;
            return Ok((self.canvas, false));
        }
        self.cursor.finish()?;
        if self.literals.len() > 0 {
            return Err(Error::Walk {
                reason: format!("{} literals are left over", self.literals.len()),
            });
        }
        Ok((self.canvas, true))
    }

    fn code_row(
        &mut self,
        values: &mut [T],
        code: impl FnOnce(&Ready<T>, &[i32], &mut std::slice::Iter<T>, &mut [T]),
    ) {
        let Some((start, step)) = self.cursor.next_row(values.len()) else {
            return;
        };
        let codes = &self.codes[self.taken..self.taken + values.len()];
        code(&self.kernels.at(start), codes, &mut self.literals, values);
        simd::scatter(values, &mut self.canvas, start, step);
        self.taken += values.len();
    }

    fn mark_holes(&mut self, plane: &Plane) {
        let Some(mask) = self.mask else { return };
        let (columns, step) = (plane.columns(), plane.row_step());
        for (row, start) in self
            .codes
            .chunks_exact_mut(columns)
            .zip(plane.row_offsets(&self.shape))
        {
            mask.mark(start, step, row);
        }
    }
}

fn decode_row<T: Sample, Q: Kernel<T>>(
    kernel: &Q,
    codes: &[i32],
    literals: &mut std::slice::Iter<T>,
    values: &mut [T],
) {
    if simd::decode_row(kernel, codes, values) {
        for (_, v) in codes.iter().zip(values).filter(|(c, _)| **c == ESCAPE) {
            *v = literals.next().copied().unwrap_or_default();
        }
    }
}

impl<T: Sample> Coder<T> for Decoder<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        if let Some(wanted) = self.wanted.as_mut().filter(|w| w.missing == 0) {
            wanted.over = true;
            return Err(Error::Enough);
        }
        self.cursor.begin(plane)?;
        if let Some(wanted) = &mut self.wanted {
            wanted.missing = wanted.missing.saturating_sub(plane.shared(wanted.plane));
        }
        self.kernels = Kernels::new(self.quantiser, plane.tighten, self.range);
        self.codes.clear();
        self.codes.resize(plane.len(), 0);
        self.taken = 0;
        if plane.is_empty() {
            return Ok(());
        }
        self.mark_holes(plane);
        self.reader
            .read(plane, &mut self.codes)
            .map_err(|e| Error::Walk {
                reason: e.to_string(),
            })?;
        let escapes = self.codes.iter().filter(|c| **c == ESCAPE).count();
        if escapes > self.literals.len() {
            return Err(Error::Walk {
                reason: format!(
                    "{escapes} literals are wanted, {} are left",
                    self.literals.len()
                ),
            });
        }
        debug_assert!(self.mask.is_some() || !self.codes.contains(&HOLE));
        Ok(())
    }

    fn row(&mut self, values: &mut [T]) {
        self.code_row(values, |kernel, codes, literals, values| match kernel {
            Ready::Linear(q) => decode_row(q, codes, literals, values),
            Ready::Exact(q) => decode_row(q, codes, literals, values),
            Ready::Lattice(q) => decode_row(q, codes, literals, values),
        });
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        self.code_row(values, |kernel, codes, literals, values| match kernel {
            Ready::Linear(q) => simd::decode_recursion(q, taps, codes, literals, values),
            Ready::Exact(q) => simd::decode_recursion(q, taps, codes, literals, values),
            Ready::Lattice(q) => simd::decode_recursion(q, taps, codes, literals, values),
        });
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.code_row(values, |kernel, codes, literals, values| match kernel {
            Ready::Linear(q) => decode_each(q, predict, codes, literals, values),
            Ready::Exact(q) => decode_each(q, predict, codes, literals, values),
            Ready::Lattice(q) => decode_each(q, predict, codes, literals, values),
        });
    }

    fn canvas(&self) -> &[T] {
        &self.canvas
    }
}

fn decode_each<T: Sample>(
    kernel: &impl Kernel<T>,
    predict: &mut dyn FnMut(&[T]) -> T,
    codes: &[i32],
    literals: &mut std::slice::Iter<T>,
    values: &mut [T],
) {
    for (j, &code) in codes.iter().enumerate() {
        let prediction = predict(&values[..j]);
        values[j] = match code {
            ESCAPE => literals.next().copied().unwrap_or_default(),
            _ => kernel.decode(code, prediction),
        };
    }
}
