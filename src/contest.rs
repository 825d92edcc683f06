//! The last round of choosing a predictor: whoever did well on a sample codes the
//! whole chunk.
//!
//! A sample of a series has few frames and many edges, and its statistics are learned
//! from little, so it misjudges by up to a third
//! (docs/decisions/0006-mixing.md). The best effort has the time to look, and where a
//! chunk is small there is nothing to be saved by sampling.

use foresz_predictors::Spec;

use crate::auto;
use crate::chunk::Encoded;
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::{Error, Result};

/// Entrants that would take more than so many times the least are out.
const CLOSE: f64 = 1.25;
/// The most finalists.
const MOST: usize = 4;
/// Finalists that differ by no more than this are coded by the slowest back end too,
/// so many at most, in chunks of up to so many samples.
const TIE: f64 = 1.08;
const MOST_AGAIN: usize = 3;
const SMALL: usize = 1 << 16;

/// In chunks of up to so many samples, the default's predictors need no sampling.
const TINY: usize = 1 << 16;

/// Whether the contest decides alone, without a ranking by samples.
pub(crate) fn decides(effort: Effort, backend: Backend, samples: usize) -> bool {
    effort == Effort::Default && backend == Backend::Context && samples <= TINY
}

/// What is at stake.
pub(crate) struct Contest {
    pub(crate) effort: Effort,
    pub(crate) backend: Backend,
    /// Of the chunk.
    pub(crate) samples: usize,
}

impl Contest {
    /// Codes the chunk with the best of the entrants, which come with the bytes that
    /// they would take judging by a sample, the smallest first.
    pub(crate) fn hold(
        &self,
        entrants: &[(f64, Spec)],
        code: impl Fn(&Spec, Backend) -> Result<Encoded>,
    ) -> Result<(Spec, Encoded)> {
        let finalists = self.finalists(entrants);
        let Some((first, others)) = finalists.split_first() else {
            return Err(Error::Invalid("there is no predictor to choose".into()));
        };
        // Contexts cost little and stand in for the back end that costs most.
        let dear = self.backend == Backend::Mixing && !others.is_empty();
        let trial = if dear { Backend::Context } else { self.backend };
        let mut coded = vec![(*first, code(first, trial)?)];
        for spec in others {
            // Here raster, which comes first, has always won.
            let rough = 8.0 * coded[0].1.bytes.len() as f64 > auto::ROUGH * self.samples as f64;
            if self.effort == Effort::Default && rough {
                break;
            }
            coded.push((spec, code(spec, trial)?));
        }
        coded.sort_by_key(|(_, encoded)| encoded.bytes.len());
        if dear {
            let again = if self.samples <= SMALL { MOST_AGAIN } else { 1 };
            let most = TIE * coded[0].1.bytes.len() as f64;
            coded.retain(|(_, encoded)| encoded.bytes.len() as f64 <= most);
            coded.truncate(again);
            for (spec, encoded) in &mut coded {
                *encoded = code(spec, self.backend)?;
            }
            coded.sort_by_key(|(_, encoded)| encoded.bytes.len());
        }
        let (spec, encoded) = coded.swap_remove(0);
        Ok((spec.clone(), encoded))
    }

    /// The first of each kind, if it is close to the first of all.
    fn finalists<'a>(&self, entrants: &'a [(f64, Spec)]) -> Vec<&'a Spec> {
        let all = self.effort == Effort::Best || decides(self.effort, self.backend, self.samples);
        let most = if all { MOST } else { 1 };
        let mut finalists: Vec<&Spec> = Vec::new();
        for (size, spec) in entrants {
            let close = *size <= CLOSE * entrants[0].0;
            let kind = |spec: &Spec| {
                spec.parts
                    .iter()
                    .map(|p| p.name.clone())
                    .collect::<Vec<_>>()
            };
            let new = finalists.iter().all(|f| kind(f) != kind(spec));
            if close && new && finalists.len() < most {
                finalists.push(spec);
            }
        }
        finalists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(effort: Effort, entrants: &[(f64, &str)]) -> Vec<String> {
        let entrants: Vec<_> = entrants
            .iter()
            .map(|(size, spec)| (*size, spec.parse().unwrap()))
            .collect();
        let contest = Contest {
            effort,
            backend: effort.backend(),
            samples: TINY + 1,
        };
        let finalists = contest.finalists(&entrants);
        finalists.iter().map(ToString::to_string).collect()
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
