//! How a variable is going to be stored: what a caller asks for, resolved once.

use std::ops::Range;

use foresz_files::{Dataset, Variable};
use foresz_predictors::MAX_DIMS;

use super::blob;
use super::cuts::Cuts;
use super::directory::{Entry, Piece, Storage};
use super::packing::Packing;
use super::recipe::{Bounds, Recipe};
use super::roles::Role;
use crate::bound::Bound;
use crate::error::{Result, invalid};

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
pub(crate) struct VariablePlan {
    /// Its entry in the directory, without any piece.
    pub(crate) entry: Entry,
    /// What was asked for of each piece.
    pub(crate) asked: Vec<Bound>,
    pub(crate) packing: Option<Packing>,
    /// Whether it is data, and no companion.
    pub(crate) is_asked_for: bool,
}

impl VariablePlan {
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
        let recipe = recipe.filter(|_| lossy).unwrap_or(&lossless);
        recipe.bounds.map(Bound::check)?;
        let storage = storage(variable, &shape, packing.as_ref(), recipe);
        if storage != Storage::Blobs && shape.len() > MAX_DIMS {
            return invalid(format!(
                "{} has {} dimensions: only --lossless keeps more than {MAX_DIMS}",
                variable.name,
                shape.len()
            ));
        }
        let mut cuts = cuts(storage, variable, &shape);
        if let Bounds::Along { dimension, runs } = &recipe.bounds {
            cuts = cut_at(cuts, *dimension, runs, (variable, &shape))?;
        }
        let pieces = (0..cuts.count().unwrap_or(0)).map(|i| cuts.piece(i));
        Ok(VariablePlan {
            asked: pieces.map(|piece| recipe.bounds.of(&piece)).collect(),
            entry: Entry {
                storage,
                packed: packing.is_some(),
                non_negative: recipe.non_negative,
                keep_zeros: recipe.keep_zeros,
                cuts,
                pieces: Vec::new(),
            },
            packing,
            is_asked_for: role == Role::Data,
        })
    }

    /// How to store more of a variable that a stream has, behind its first `before` places
    /// along a dimension: as what is there, under the bounds of what lies before it.
    /// `dataset` is what is added.
    pub(crate) fn going_on(
        old: &Entry,
        (dataset, variable): (&Dataset, &Variable),
        dimension: usize,
        before: usize,
    ) -> Self {
        let mut cuts = cuts(old.storage, variable, &dataset.shape(variable));
        // Along the others pieces end where they do.
        for (d, ends) in old.cuts.ends.iter().enumerate() {
            if d != dimension {
                cuts.ends[d].clone_from(ends);
            }
        }
        let asked = |mut piece: Vec<Range<usize>>| {
            piece[dimension] = before.saturating_sub(1)..before;
            let touched = old.cuts.touching(&piece);
            let found = touched.last().and_then(|i| old.pieces.get(*i));
            found.map_or(Bound::Lossless, |piece| piece.asked)
        };
        let pieces = (0..cuts.count().unwrap_or(0)).map(|i| cuts.piece(i));
        VariablePlan {
            asked: pieces.map(asked).collect(),
            packing: Packing::of(variable).filter(|_| old.packed),
            is_asked_for: old.pieces.iter().any(|p| p.asked != Bound::Lossless),
            entry: Entry {
                cuts,
                pieces: Vec::new(),
                ..old.clone()
            },
        }
    }

    /// An entry with more pieces behind its first `before` places along a dimension: those
    /// of this plan.
    pub(crate) fn added_to(
        &self,
        old: &Entry,
        added: Vec<Piece>,
        dimension: usize,
        before: usize,
    ) -> Entry {
        let mut entry = old.clone();
        let ends = self.entry.cuts.ends[dimension].iter();
        entry.cuts.ends[dimension].extend(ends.map(|end| before + end));
        let (mut old, mut new) = (old.pieces.iter().copied(), added.into_iter());
        let cuts = &entry.cuts;
        let is_new = |i| cuts.piece(i)[dimension].start >= before;
        let next = |i| if is_new(i) { new.next() } else { old.next() };
        let pieces = (0..cuts.count().unwrap_or(0)).filter_map(next);
        entry.pieces = pieces.collect();
        entry
    }
}

/// Cuts where bounds change along a dimension, which they have to cover.
fn cut_at(
    cuts: Cuts,
    dimension: usize,
    runs: &[(usize, Bound)],
    (variable, shape): (&Variable, &[usize]),
) -> Result<Cuts> {
    let ends: Vec<usize> = runs.iter().map(|(end, _)| *end).collect();
    let length = shape.get(dimension).copied().unwrap_or(0);
    let ascend = ends.is_sorted_by(|a, b| a < b) && ends.first() > Some(&0);
    if !ascend || ends.last() != Some(&length) {
        return invalid(format!(
            "bounds of {} along its dimension {dimension} do not cover it",
            variable.name
        ));
    }
    Ok(cuts.cut(dimension, &ends))
}

/// Bytes of a value while it is coded.
pub(crate) fn width(storage: Storage, variable: &Variable) -> usize {
    let width = variable.kind.bytes().unwrap_or(TEXT_BYTES);
    match storage {
        Storage::Blobs | Storage::Floats => width,
        Storage::Integers if width <= 2 => 4,
        Storage::Integers | Storage::Unpacked => 8,
    }
}

/// Pieces that memory has room for.
fn cuts(storage: Storage, variable: &Variable, shape: &[usize]) -> Cuts {
    let bytes = match storage {
        Storage::Blobs => BLOB_BYTES,
        _ => PIECE_BYTES,
    };
    Cuts::fitting(shape, bytes / width(storage, variable))
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
