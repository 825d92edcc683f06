//! The choice of a predictor for a chunk, among those that the registry's entries offer:
//! by a sample of it, then by coding all of it with those that did well.

mod finals;
mod sample;
mod slight;
mod tiny;

use foresz_predictors::{Candidate, Judged, Occasion, Pipeline, Registry, Sample, Scene, Spec};

use crate::bound::Loss;
use crate::chunk::{self, Draft, Encoded};
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::{Error, Result};
use crate::values::fills::Fills;

use finals::Contest;

pub(crate) use tiny::Tiny;

/// What the choice depends on besides the chunk.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) effort: Effort,
    pub(crate) backend: Backend,
    /// Whether to take what is quick, without any trial.
    pub(crate) hasty: bool,
    /// Whether the chunk is [tiny](Tiny).
    pub(crate) tiny: bool,
}

/// A chunk to choose for.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) fills: &'a Fills,
    pub(crate) scene: &'a Scene,
    pub(crate) loss: Loss,
    /// Whether all values are the same number.
    pub(crate) constant: bool,
}

/// A candidate, and the bytes that it would take judging by a sample.
struct Entrant {
    candidate: Candidate,
    spec: Spec,
    size: f64,
}

/// The spec that takes least of those that are tried, and what it makes of the chunk.
pub(crate) fn best<T: Sample>(
    settings: Settings,
    chunk: Chunk<T>,
    draft: impl Fn(&Pipeline) -> Result<Vec<Draft>>,
) -> Result<(Spec, Encoded)> {
    let contest = Contest {
        effort: settings.effort,
        backend: settings.backend,
        shape: &chunk.scene.shape,
    };
    let entrants = entrants(settings, chunk)?;
    let draft = |spec: &Spec| draft(&settings.registry.build(spec)?);
    let best = if settings.tiny {
        first_of_smallest(&entrants, &contest, draft)?
    } else {
        contest.hold(&entrants, draft)?
    };
    best.ok_or_else(|| Error::Invalid("no predictor is left to choose from".into()))
}

/// Values for each byte above which the default effort may do better than the best one.
const LOOSE: usize = 16;

/// The same, with any back end. Where little is left of a chunk, the best effort takes what the
/// default one makes of it if that is smaller.
pub(crate) fn smallest<T: Sample>(
    settings: Settings,
    chunk: Chunk<T>,
    draft: impl Fn(&Pipeline) -> Result<Vec<Draft>>,
) -> Result<(Spec, Encoded)> {
    let of = |settings| -> Result<(Spec, Encoded)> {
        let (spec, encoded) = best(settings, chunk, &draft)?;
        let smaller = slight::smaller(settings, chunk, (&spec, &encoded), &draft)?;
        Ok(smaller.unwrap_or((spec, encoded)))
    };
    let first = of(settings)?;
    let size = |coded: &(Spec, Encoded)| coded.1.bytes.len();
    let is_loose = size(&first) <= chunk.values.len() / LOOSE;
    if settings.effort != Effort::Best || settings.tiny || !is_loose {
        return Ok(first);
    }
    let second = of(Settings {
        effort: Effort::Default,
        backend: Effort::Default.backend(),
        ..settings
    })?;
    Ok(if size(&second) < size(&first) {
        second
    } else {
        first
    })
}

/// The first of the smallest: a tiny chunk is coded by all.
fn first_of_smallest(
    entrants: &[Entrant],
    contest: &Contest,
    draft: impl Fn(&Spec) -> Result<Vec<Draft>>,
) -> Result<Option<(Spec, Encoded)>> {
    let coded = entrants.iter().map(|entrant| {
        let drafts = draft(&entrant.spec)?;
        let encoded = chunk::write(&drafts, contest.shape, contest.backend)?;
        Ok((entrant.spec.clone(), encoded))
    });
    let coded = coded.collect::<Result<Vec<_>>>()?.into_iter();
    Ok(coded.min_by_key(|(_, encoded)| encoded.bytes.len()))
}

/// The candidates, the smallest by a sample first. Chunks hardly larger than a sample are
/// left to the finals: there all of them take nothing yet.
fn entrants<T: Sample>(settings: Settings, chunk: Chunk<T>) -> Result<Vec<Entrant>> {
    let (effort, backend) = (settings.effort, settings.backend);
    let judged = if settings.hasty || chunk.constant {
        Judged::Unseen
    } else if settings.tiny {
        Judged::Tiny
    } else if finals::decide(effort, backend, chunk.values.len()) {
        Judged::InFull
    } else {
        Judged::BySample
    };
    let mut candidates = candidates(settings, chunk, judged);
    if judged == Judged::Unseen {
        candidates.truncate(1);
    } else if effort != Effort::Best {
        candidates.retain(|candidate| candidate.cost <= Candidate::USUAL);
    }
    let entrants = candidates.into_iter().map(|candidate| {
        Ok(Entrant {
            spec: candidate.spec.parse()?,
            candidate,
            size: 0.0,
        })
    });
    let mut entrants = entrants.collect::<Result<Vec<_>>>()?;
    if judged == Judged::BySample {
        sample::rank(settings, chunk, &mut entrants)?;
    }
    Ok(entrants)
}

/// What the entries of the registry offer for a chunk.
fn candidates<T>(settings: Settings, chunk: Chunk<T>, judged: Judged) -> Vec<Candidate> {
    settings.registry.candidates(&Occasion {
        scene: chunk.scene,
        judged,
        structured: settings.backend != Backend::Huffman,
        constant: chunk.constant,
    })
}
