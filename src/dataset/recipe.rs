//! What a caller asks for of a variable.

use std::ops::Range;

use crate::bound::Bound;
use crate::error::Result;

/// What may be lost of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Bounds {
    /// The same everywhere.
    One(Bound),
    /// A bound for each run of places along a dimension, such as levels: where runs end,
    /// ascending, the last one at the length.
    Along {
        /// Which dimension of the variable.
        dimension: usize,
        /// Where each run ends, and its bound.
        runs: Vec<(usize, Bound)>,
    },
}

impl Bounds {
    /// The bound of a piece, which lies within one run.
    pub(crate) fn of(&self, piece: &[Range<usize>]) -> Bound {
        match self {
            Bounds::One(bound) => *bound,
            Bounds::Along { dimension, runs } => {
                let end = piece[*dimension].end;
                let run = runs.iter().find(|(run, _)| *run >= end);
                run.map_or(Bound::Lossless, |(_, bound)| *bound)
            }
        }
    }

    /// All that occur.
    pub fn all(&self) -> Vec<Bound> {
        match self {
            Bounds::One(bound) => vec![*bound],
            Bounds::Along { runs, .. } => runs.iter().map(|(_, bound)| *bound).collect(),
        }
    }

    /// Every bound as something else.
    pub(crate) fn map(&self, mut change: impl FnMut(Bound) -> Result<Bound>) -> Result<Bounds> {
        Ok(match self {
            Bounds::One(bound) => Bounds::One(change(*bound)?),
            Bounds::Along { dimension, runs } => Bounds::Along {
                dimension: *dimension,
                runs: runs
                    .iter()
                    .map(|(end, bound)| Ok((*end, change(*bound)?)))
                    .collect::<Result<_>>()?,
            },
        })
    }
}

/// What a caller asks for of a variable. Those that are no floating-point or packed numbers
/// lose nothing, whatever the bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Its name.
    pub variable: String,
    /// What may be lost.
    pub bounds: Bounds,
    /// Zeros come back as zeros.
    pub keep_zeros: bool,
    /// Nothing comes back negative.
    pub non_negative: bool,
}

impl Recipe {
    /// One bound, and no other wishes.
    pub fn new(variable: impl Into<String>, bound: Bound) -> Self {
        Recipe {
            variable: variable.into(),
            bounds: Bounds::One(bound),
            keep_zeros: false,
            non_negative: false,
        }
    }
}
