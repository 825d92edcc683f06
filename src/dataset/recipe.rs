//! What a caller asks for of a variable.

use std::ops::Range;

use foresz_files::{Dataset, Variable};
use foresz_predictors::MAX_DIMS;

use super::blob;
use super::cuts::Cuts;
use super::directory::Storage;
use super::packing::Packing;
use super::roles::Role;
use crate::bound::Bound;
use crate::error::{Result, invalid};

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

    /// Whether packed numbers next to zero are shown as zero.
    pub(crate) fn shows_zeros(&self) -> bool {
        self.non_negative || self.keep_zeros
    }
}

/// Bytes of values that are coded at once by two threads: what bounds memory.
pub(crate) const PIECE_BYTES: usize = 1 << 25;
/// The same for blobs, which the strongest compressor works on.
const BLOB_BYTES: usize = 1 << 22;
/// What is stored without loss and takes fewer bytes is not worth a stream.
const SMALL_BYTES: usize = 1 << 16;
/// What texts are taken to be long.
pub(crate) const TEXT_BYTES: usize = 64;

/// How a variable is going to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) storage: Storage,
    pub(crate) packing: Option<Packing>,
    pub(crate) cuts: Cuts,
    pub(crate) recipe: Recipe,
    /// Whether it is data, and no companion.
    pub(crate) is_asked_for: bool,
}

impl Plan {
    /// How to store a variable of a data set as a recipe wants it.
    pub(crate) fn new(
        dataset: &Dataset,
        variable: &Variable,
        role: Role,
        recipe: Option<&Recipe>,
    ) -> Result<Self> {
        let shape = dataset.shape(variable);
        let packing = Packing::of(variable).filter(|_| role == Role::Data);
        let lossy = role == Role::Data && (variable.kind.is_float() || packing.is_some());
        let lossless = Recipe::new(&variable.name, Bound::Lossless);
        let recipe = recipe.filter(|_| lossy).unwrap_or(&lossless).clone();
        recipe.bounds.map(Bound::check)?;
        let storage = storage(variable, &shape, packing.as_ref(), &recipe);
        if storage != Storage::Blobs && shape.len() > MAX_DIMS {
            return invalid(format!(
                "{} has {} dimensions: only --lossless keeps more than {MAX_DIMS}",
                variable.name,
                shape.len()
            ));
        }
        let mut cuts = cuts(storage, variable, &shape);
        if let Bounds::Along { dimension, runs } = &recipe.bounds {
            let ends: Vec<usize> = runs.iter().map(|(end, _)| *end).collect();
            let length = shape.get(*dimension).copied().unwrap_or(0);
            let ascend = ends.is_sorted_by(|a, b| a < b) && ends.first() > Some(&0);
            if !ascend || ends.last() != Some(&length) {
                return invalid(format!(
                    "bounds of {} along its dimension {dimension} do not cover it",
                    variable.name
                ));
            }
            cuts = cuts.cut(*dimension, &ends);
        }
        Ok(Plan {
            storage,
            packing,
            cuts,
            recipe,
            is_asked_for: role == Role::Data,
        })
    }
}

/// Pieces that memory has room for.
pub(crate) fn cuts(storage: Storage, variable: &Variable, shape: &[usize]) -> Cuts {
    let width = variable.kind.bytes().unwrap_or(TEXT_BYTES);
    let room = match storage {
        Storage::Blobs => BLOB_BYTES / width,
        Storage::Floats => PIECE_BYTES / width,
        Storage::Integers => PIECE_BYTES / if width > 2 { 8 } else { 4 },
        Storage::Unpacked => PIECE_BYTES / 8,
    };
    Cuts::fitting(shape, room)
}

fn storage(
    variable: &Variable,
    shape: &[usize],
    packing: Option<&Packing>,
    recipe: &Recipe,
) -> Storage {
    let lossless = recipe.bounds == Bounds::One(Bound::Lossless);
    let width = variable.kind.bytes().unwrap_or(TEXT_BYTES);
    let bytes = shape.iter().product::<usize>().saturating_mul(width);
    let relative = |bound: &Bound| matches!(bound, Bound::PointwiseRelative(_));
    let narrow = variable.kind.is_integer() && width < 8;
    let wide = variable.kind.is_integer() && !narrow;
    let many = shape.len() > MAX_DIMS;
    if shape.is_empty() || (lossless && (bytes < SMALL_BYTES || wide || many)) {
        Storage::Blobs
    } else if variable.kind.is_float() {
        Storage::Floats
    } else if lossless && narrow {
        Storage::Integers
    } else if packing.is_some_and(|packing| {
        let falls = recipe.non_negative && !packing.rises();
        // Below a step integers lose nothing, in whatever order they are.
        let wraps = packing.wraps() && !keeps_steps(packing, recipe, variable);
        !narrow || falls || wraps || recipe.bounds.all().iter().any(relative)
    }) {
        Storage::Unpacked
    } else if narrow {
        Storage::Integers
    } else {
        Storage::Blobs
    }
}

/// Whether no bound lets an integer become another.
fn keeps_steps(packing: &Packing, recipe: &Recipe, variable: &Variable) -> bool {
    recipe.bounds.all().iter().all(|bound| match bound {
        Bound::Lossless => true,
        Bound::Absolute(bound) => packing.steps_within(*bound, variable.kind) == 0.0,
        _ => false,
    })
}

// A blob that is read has to be one that could be written.
const _: () = assert!(BLOB_BYTES <= blob::MOST_BYTES);
