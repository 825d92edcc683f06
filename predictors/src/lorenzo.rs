//! # `lorenzo`
//!
//! **Idea.** The field is locally a polynomial: the sample that makes the mixed
//! finite difference over a small corner of the grid vanish.
//!
//! **Formula.** `p = x − Π_d (1 − z_d)^order x`, with `z_d` the shift by one along
//! dimension `d`. In two dimensions, order 1:
//! ```text
//!   −NW  +N
//!   +W    p
//! ```
//! Samples outside the field count as zero, so edges fall back to fewer dimensions.
//!
//! **Side information.** None.
//!
//! **When it wins and loses.** Order 1 wins at tight bounds, where noise is coarse
//! beside the bin, and on time series (the time dimension counts as one more).
//! Loses at loose bounds: it predicts from 2^n − 1 values, each with an error of its
//! own. `dims=k` uses only the last `k` dimensions.
//!
//! **References.** Ibarria, Lindstrom, Rossignac, Szymczak: Out-of-core compression
//! and decompression of large n-dimensional scalar fields, 2003.

use crate::candidate::{Candidate, Judged, Occasion};
use crate::coder::{Coder, Recursion};
use crate::error::Result;
use crate::plane::{MAX_DIMS, Plane};
use crate::predictor::{Predictor, Scene, Side};
use crate::sample::Sample;
use crate::spec::{Params, Part};

/// The Lorenzo predictor of order 1 or 2 over the last `dims` dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Lorenzo {
    order: usize,
    dims: usize,
}

/// A row above the current one that takes part, and its weight.
struct Term {
    back: Vec<usize>,
    weight: f64,
}

impl Lorenzo {
    /// Order 1 over all dimensions.
    pub const FIRST: Lorenzo = Lorenzo {
        order: 1,
        dims: MAX_DIMS,
    };

    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let order = params.integer("order", 1, 1..=2)?;
        let dims = params.integer("dims", MAX_DIMS, 1..=MAX_DIMS)?;
        params.finish(&["order", "dims"])?;
        Ok(Lorenzo { order, dims })
    }

    /// Quick and never far off, where nothing is tried.
    pub(crate) fn candidates(chunk: &Occasion) -> Vec<Candidate> {
        match (chunk.judged, chunk.structured) {
            (Judged::Unseen | Judged::Tiny | Judged::Slight, _) => {
                vec![Candidate::new("lorenzo", 0.5)]
            }
            (_, false) => vec![Candidate::new("lorenzo", 2.0)],
            (_, true) => Vec::new(),
        }
    }

    /// Coefficients of `(1 − z)^order`.
    fn binomial(self) -> &'static [f64] {
        if self.order == 1 {
            &[1.0, -1.0]
        } else {
            &[1.0, -2.0, 1.0]
        }
    }

    /// Every row above that takes part: all combinations of steps back along the
    /// outer dimensions except none at all.
    fn terms(self, outer: usize) -> Vec<Term> {
        let binomial = self.binomial();
        let used = outer.min(self.dims - 1);
        let mut terms = vec![Term {
            back: vec![0; outer],
            weight: -1.0,
        }];
        for d in outer - used..outer {
            let longer = terms.iter().flat_map(|t| {
                binomial.iter().enumerate().map(move |(k, b)| {
                    let mut back = t.back.clone();
                    back[d] = k;
                    Term {
                        back,
                        weight: t.weight * b,
                    }
                })
            });
            terms = longer.collect();
        }
        terms.remove(0);
        terms
    }
}

impl<T: Sample> Predictor<T> for Lorenzo {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let plane = Plane::whole(&scene.shape);
        coder.begin(&plane)?;
        let outer = scene.shape.len() - 1;
        let terms = self.terms(outer);
        let taps = match self.order {
            1 => Recursion {
                west: T::ONE,
                west2: T::ZERO,
            },
            _ => Recursion {
                west: T::from_f64(2.0),
                west2: -T::ONE,
            },
        };
        let columns = plane.columns();
        // Two zeros in front stand for the samples left of the field.
        let mut above = vec![T::ZERO; columns + 2];
        let mut row = vec![T::ZERO; columns];
        let mut at = vec![0; outer];
        for r in 0..plane.rows() {
            above.fill(T::ZERO);
            let start = r * columns;
            for term in &terms {
                if let Some(back) = rows_back(term, &at, &scene.shape) {
                    let from = start - back * columns;
                    add_row(
                        &mut above[2..],
                        &coder.canvas()[from..from + columns],
                        term.weight,
                    );
                }
            }
            difference(self.order, &above, &mut row);
            coder.recur(taps, &mut row);
            advance(&mut at, &scene.shape);
        }
        Ok(())
    }
}

/// How many rows back a term reaches, or nothing if that is outside the field.
fn rows_back(term: &Term, at: &[usize], shape: &[usize]) -> Option<usize> {
    let (mut back, mut stride) = (0, 1);
    for d in (0..at.len()).rev() {
        if term.back[d] > at[d] {
            return None;
        }
        back += term.back[d] * stride;
        stride *= shape[d];
    }
    Some(back)
}

fn add_row<T: Sample>(sum: &mut [T], row: &[T], weight: f64) {
    if weight == 1.0 {
        for (s, &x) in sum.iter_mut().zip(row) {
            *s = *s + x;
        }
    } else if weight == -1.0 {
        for (s, &x) in sum.iter_mut().zip(row) {
            *s = *s - x;
        }
    } else {
        let weight = T::from_f64(weight);
        for (s, &x) in sum.iter_mut().zip(row) {
            *s = *s + weight * x;
        }
    }
}

/// The part of `(1 − z)^order` along the row that falls on the rows above.
fn difference<T: Sample>(order: usize, above: &[T], row: &mut [T]) {
    let two = T::from_f64(2.0);
    for ((p, w), n) in row.iter_mut().zip(above.windows(3)).zip(&above[2..]) {
        *p = if order == 1 {
            *n - w[1]
        } else {
            *n - two * w[1] + w[0]
        };
    }
}

/// Moves to the next row in raster order.
pub(crate) fn advance(at: &mut [usize], shape: &[usize]) {
    for d in (0..at.len()).rev() {
        at[d] += 1;
        if at[d] < shape[d] {
            return;
        }
        at[d] = 0;
    }
}
