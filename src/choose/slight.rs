//! Chunks of which hardly anything is left, as under loose bounds: what has to be told before
//! the codes takes most of the bytes then.

use foresz_predictors::{Judged, Pipeline, Sample, Spec};

use super::{Chunk, Settings, candidates};
use crate::chunk::{self, Draft, Encoded};
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::Result;

/// Values for each byte of such a chunk, at least.
const VALUES_PER_BYTE: usize = 32;
/// Values up to which the slowest back end is not missed in the time that all else takes.
const FEW: usize = 1 << 16;

/// What takes fewer bytes than `encoded`, with which a spec coded the chunk: that spec, or one
/// that has nothing to tell, with any back end.
pub(crate) fn smaller<T: Sample>(
    settings: Settings,
    chunk: Chunk<T>,
    (spec, encoded): (&Spec, &Encoded),
    draft: impl Fn(&Pipeline) -> Result<Vec<Draft>>,
) -> Result<Option<(Spec, Encoded)>> {
    let values = chunk.values.len();
    if encoded.bytes.len() * VALUES_PER_BYTE > values {
        return Ok(None);
    }
    let mut specs = vec![spec.clone()];
    for candidate in candidates(settings, chunk, Judged::Slight) {
        specs.push(candidate.spec.parse()?);
    }
    let may_be_slow = settings.effort == Effort::Best || values <= FEW;
    let slow = may_be_slow.then_some(Backend::Mixing);
    let backends = [Backend::Huffman, Backend::Context].into_iter().chain(slow);
    let (mut best, mut least) = (None, encoded.bytes.len());
    for spec in specs {
        let drafts = draft(&settings.registry.build(&spec)?)?;
        for backend in backends.clone() {
            let encoded = chunk::write(&drafts, &chunk.scene.shape, backend)?;
            if encoded.bytes.len() < least {
                least = encoded.bytes.len();
                best = Some((spec.clone(), encoded));
            }
        }
    }
    Ok(best)
}
