//! Chunks of a field, coded as its plan says.

use std::borrow::Cow;

use foresz_predictors::{Pipeline, Sample};
use ndarray::{ArrayViewD, Slice};

use super::coded::CodedChunk;
use super::plan::Plan;
use crate::bound::Loss;
use crate::choose::{self, Tiny};
use crate::chunk::{self, Drafter, Prediction, relative};
use crate::container::grid::Grid;
use crate::error::Result;
use crate::threads;

/// What streams call the predictor of packed chunks: they have none.
const PACKED: &str = "lorenzo";

/// The values of one chunk and their shape.
struct Part<'a, T: Clone> {
    values: Cow<'a, [T]>,
    shape: Vec<usize>,
    /// Where it starts in the field.
    origin: Vec<usize>,
    /// Whether all values are the same number.
    constant: bool,
    tiny: Option<Tiny>,
}

impl<T: Sample> Plan<T> {
    /// Codes frames that follow `before` others: all their chunks, on all threads.
    pub(super) fn code(&self, frames: &ArrayViewD<T>, before: usize) -> Result<Vec<CodedChunk>> {
        let grid = Grid::new(frames.shape(), &self.chunk);
        threads::map(self.threads(grid.len())?, grid.len(), |i| {
            self.chunk(&self.part(frames, &grid, i, before))
        })
    }

    /// Chunk `i` of some frames.
    fn part<'a>(
        &self,
        frames: &'a ArrayViewD<T>,
        grid: &Grid,
        i: usize,
        before: usize,
    ) -> Part<'a, T> {
        let part = grid.part(i);
        // Frames that lie one behind the other are used where they are.
        let (run, frame) = (&part[0], frames.len() / frames.shape()[0]);
        let mut rest = part[1..].iter().zip(&frames.shape()[1..]);
        let whole = rest.all(|(p, n)| *p == (0..*n));
        let values = match frames.to_slice().filter(|_| whole) {
            Some(all) => Cow::Borrowed(&all[run.start * frame..run.end * frame]),
            None => {
                let range = |d: usize| Slice::from(part[d].clone());
                let view = frames.slice_each_axis(|axis| range(axis.axis.index()));
                Cow::Owned(view.iter().copied().collect())
            }
        };
        let mut origin: Vec<usize> = part.iter().map(|range| range.start).collect();
        origin[0] += before;
        Part {
            constant: is_constant(&values),
            tiny: Tiny::of(&self.options, values.len()),
            values,
            shape: part.iter().map(ExactSizeIterator::len).collect(),
            origin,
        }
    }

    /// Codes one chunk, choosing its predictor if that was left to us.
    fn chunk(&self, part: &Part<T>) -> Result<CodedChunk> {
        let held = self.fences.held(&part.values, &self.fills, self.loss)?;
        let prefers_packed = part
            .tiny
            .is_none_or(|tiny| tiny.prefers_packed && self.offers.is_empty());
        let chosen = match self.pack(part)? {
            Some(packed) if prefers_packed => packed,
            packed => self.predict(part, &held, packed)?,
        };
        // Numbers outside of their limits cannot stay as they are.
        let chosen = if matches!(held, Cow::Borrowed(_)) {
            chosen.or_stored(&part.values)
        } else {
            chosen
        };
        // Better said now than when all is coded.
        self.check_models(&chosen.spec)?;
        if let Some(progress) = &self.options.progress {
            progress(part.values.len());
        }
        Ok(chosen)
    }

    /// Integers packed, if that is an option and the chunk suits.
    fn pack(&self, part: &Part<T>) -> Result<Option<CodedChunk>> {
        let wanted = self.options.is_fast() || part.tiny.is_some();
        if !wanted || part.constant {
            return Ok(None);
        }
        let packed = chunk::pack(&part.values, self.terms(), &part.shape)?;
        let coded = |packed| Ok(CodedChunk::new(&PACKED.parse()?, packed));
        packed.map(coded).transpose()
    }

    /// `packed` is what there is already.
    fn predict(
        &self,
        part: &Part<T>,
        held: &[T],
        packed: Option<CodedChunk>,
    ) -> Result<CodedChunk> {
        let (options, shape) = (&self.options, &part.shape);
        let scene = self.scene(shape, &part.origin);
        let backend = options.chosen_backend();
        let logs = match self.loss {
            Loss::Absolute(_) => Vec::new(),
            Loss::Relative(_) => relative::split(&part.values, &self.fills),
        };
        let source = Drafter::new(&part.values, held, self.terms(), &logs, shape);
        let draft = |pipeline: &Pipeline| {
            source.drafts(Prediction {
                pipeline,
                scene: &scene,
            })
        };
        if let Some((spec, pipeline)) = &self.fixed {
            let encoded = chunk::write(&draft(pipeline)?, shape, backend)?;
            return Ok(CodedChunk::new(spec, encoded));
        }
        let tiny = part.tiny.filter(|_| !part.constant);
        let settings = choose::Settings {
            registry: &options.registry,
            effort: options.effort,
            backend: tiny.map_or(backend, |tiny| tiny.backend),
            hasty: options.is_fast(),
            tiny: tiny.is_some(),
        };
        let chunk = choose::Chunk {
            values: &part.values,
            fills: &self.fills,
            scene: &scene,
            loss: self.loss,
            constant: part.constant,
        };
        let is_free = options.backend.is_none() && !options.is_fast() && !part.constant;
        let (spec, encoded) = if is_free {
            choose::smallest(settings, chunk, draft)?
        } else {
            choose::best(settings, chunk, draft)?
        };
        let coded = CodedChunk::new(&spec, encoded);
        let mut best = match packed {
            Some(packed) => packed.or_smaller(coded),
            None => coded,
        };
        for (rival, pipeline) in &self.rivals {
            let encoded = chunk::write(&draft(pipeline)?, shape, backend)?;
            best = best.or_smaller(CodedChunk::new(rival, encoded));
        }
        for (offer, pipeline) in &self.offers {
            let encoded = chunk::write(&draft(pipeline)?, shape, backend)?;
            best = best.or_offered(CodedChunk::new(offer, encoded));
        }
        Ok(best)
    }
}

/// Whether all values are the same number.
fn is_constant<T: Sample>(values: &[T]) -> bool {
    let (first, middle) = (values[0], values[values.len() / 2]);
    // Most chunks are found out by the second value looked at.
    first == middle && values.iter().all(|x| *x == first)
}
