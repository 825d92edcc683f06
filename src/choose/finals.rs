//! The last round of choosing a predictor: whoever did well on a sample codes the
//! whole chunk.
//!
//! A sample of a series has few frames and many edges, and its statistics are learned
//! from little, so it misjudges by up to a third
//! (docs/project/decisions/0006-mixing.md). The best effort has the time to look, and where a
//! chunk is small there is nothing to be saved by sampling.

use foresz_predictors::Spec;

use super::Entrant;
use crate::chunk::{self, Draft, Encoded};
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::Result;

/// Entrants that would take more than so many times the least are out.
const CLOSE: f64 = 1.25;
/// The most finalists.
const MOST: usize = 4;
/// Finalists that differ by no more than this are coded by the slowest back end too,
/// so many at most, in chunks of up to so many samples.
const TIE: f64 = 1.08;
const MOST_AGAIN: usize = 3;
const SMALL: usize = 1 << 16;
/// Forecasts take many walks, so they come last, and only where they can win: where what
/// looks at them takes, without them, no more than so many times the least, and no more
/// than that part of what it takes without any past. Of 45 cases of series, 23 are
/// left out; one of them is 1.4 % larger for it, and none of the others at all.
const WITHIN_REACH: f64 = 1.05;
const PAST_PAYS: f64 = 0.92;

/// In chunks of up to so many samples, the default's predictors need no sampling.
const TINY: usize = 1 << 16;

/// Whether the finals decide alone, without a ranking by samples.
pub(super) fn decide(effort: Effort, backend: Backend, samples: usize) -> bool {
    effort == Effort::Default && backend == Backend::Context && samples <= TINY
}

/// What is at stake.
pub(super) struct Contest<'a> {
    pub(super) effort: Effort,
    pub(super) backend: Backend,
    /// Of the chunk.
    pub(super) shape: &'a [usize],
}

/// A finalist that has been coded.
struct Coded {
    spec: Spec,
    drafts: Vec<Draft>,
    encoded: Encoded,
}

impl Coded {
    fn size(&self) -> usize {
        self.encoded.bytes.len()
    }
}

impl Contest<'_> {
    /// Codes the chunk with the best of the entrants, which come with the bytes that
    /// they would take judging by a sample, the smallest first.
    pub(super) fn hold(
        &self,
        entrants: &[Entrant],
        draft: impl Fn(&Spec) -> Result<Vec<Draft>>,
    ) -> Result<Option<(Spec, Encoded)>> {
        let finalists = self.finalists(entrants);
        // Contexts cost little and stand in for the back end that costs most.
        let dear = self.backend == Backend::Mixing && finalists.len() > 1;
        let trial = if dear { Backend::Context } else { self.backend };
        let code = |spec: &Spec| {
            let drafts = draft(spec)?;
            Ok(Coded {
                spec: spec.clone(),
                encoded: chunk::write(&drafts, self.shape, trial)?,
                drafts,
            })
        };
        let mut coded: Vec<Coded> = Vec::new();
        let (late, others): (Vec<&Entrant>, Vec<&Entrant>) = finalists
            .into_iter()
            .partition(|e| e.candidate.blind.is_some());
        for entrant in others.into_iter().chain(late) {
            if !self.is_beaten(entrant, &coded) && can_gain(&coded, entrant, code)? {
                coded.push(code(&entrant.spec)?);
            }
        }
        coded.sort_by_key(Coded::size);
        if dear {
            self.write_again(&mut coded)?;
        }
        let first = coded.into_iter().next();
        Ok(first.map(|c| (c.spec, c.encoded)))
    }

    /// Whether the first takes more than the entrant is good for, and there is no time to
    /// be sure.
    fn is_beaten(&self, entrant: &Entrant, coded: &[Coded]) -> bool {
        let (Some(first), Some((bits, _))) = (coded.first(), &entrant.candidate.rough) else {
            return false;
        };
        self.effort == Effort::Default && 8.0 * first.size() as f64 > bits * self.samples() as f64
    }

    /// Writes those that are close to the first with the back end itself.
    fn write_again(&self, coded: &mut Vec<Coded>) -> Result<()> {
        let again = if self.samples() <= SMALL {
            MOST_AGAIN
        } else {
            1
        };
        let most = coded.first().map_or(0.0, |c| TIE * c.size() as f64);
        coded.retain(|c| c.size() as f64 <= most);
        coded.truncate(again);
        for c in coded.iter_mut() {
            c.encoded = chunk::write(&c.drafts, self.shape, self.backend)?;
        }
        coded.sort_by_key(Coded::size);
        Ok(())
    }

    fn samples(&self) -> usize {
        self.shape.iter().product()
    }

    /// The first of each kind, if it is close to the first of all.
    fn finalists<'e>(&self, entrants: &'e [Entrant]) -> Vec<&'e Entrant> {
        let all = self.effort == Effort::Best || decide(self.effort, self.backend, self.samples());
        let most = if all { MOST } else { 1 };
        let mut finalists: Vec<&Entrant> = Vec::new();
        for entrant in entrants {
            let close = entrant.size <= CLOSE * entrants[0].size;
            let kind = |e: &Entrant| -> Vec<String> {
                e.spec.parts.iter().map(|p| p.name.clone()).collect()
            };
            let new = finalists.iter().all(|f| kind(f) != kind(entrant));
            if close && new && finalists.len() < most {
                finalists.push(entrant);
            }
        }
        finalists
    }
}

/// Whether forecasts, if the entrant is late for them, may make what looks at them the first
/// of all.
fn can_gain(
    coded: &[Coded],
    entrant: &Entrant,
    code: impl Fn(&Spec) -> Result<Coded>,
) -> Result<bool> {
    let (Some(blind), Some(looks)) = (&entrant.candidate.blind, entrant.spec.parts.last()) else {
        return Ok(true);
    };
    let looks = |c: &&Coded| matches!(&c.spec.parts[..], [only] if only.name == looks.name);
    let least = coded.iter().map(Coded::size).min().unwrap_or_default();
    let Some(plain) = coded.iter().find(looks).map(Coded::size) else {
        return Ok(false);
    };
    if plain as f64 > WITHIN_REACH * least as f64 {
        return Ok(false);
    }
    Ok(plain as f64 <= PAST_PAYS * code(&blind.parse()?)?.size() as f64)
}

#[cfg(test)]
mod tests {
    use foresz_predictors::Candidate;

    use super::*;

    fn names(effort: Effort, entrants: &[(f64, &str)]) -> Vec<String> {
        let entrants: Vec<_> = entrants
            .iter()
            .map(|(size, spec)| Entrant {
                candidate: Candidate::new(*spec, 1.0),
                spec: spec.parse().unwrap(),
                size: *size,
            })
            .collect();
        let contest = Contest {
            effort,
            backend: effort.backend(),
            shape: &[TINY + 1],
        };
        let finalists = contest.finalists(&entrants);
        finalists.iter().map(|e| e.spec.to_string()).collect()
    }

    #[test]
    fn finalists_are_close_and_of_different_kinds() {
        let entrants = [
            (100.0, "raster"),
            (101.0, "raster:past=1"),
            (110.0, "lorenzo"),
            (111.0, "persistence+lorenzo"),
            (126.0, "zero"),
        ];
        let best = names(Effort::Best, &entrants);
        assert_eq!(best, ["raster", "lorenzo", "persistence+lorenzo"]);
        assert_eq!(names(Effort::Default, &entrants), ["raster"]);
        assert!(names(Effort::Best, &[]).is_empty());
    }
}
