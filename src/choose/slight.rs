//! Chunks of which hardly anything is left, as under loose bounds: what has to be told before
//! the codes takes most of the bytes then.

use foresz_predictors::{Candidate, Judged, Pipeline, Sample, Spec};

use super::{Chunk, Settings, candidates};
use crate::chunk::{self, Draft, Encoded};
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::Result;

/// Values for each byte of such a chunk, at least, and in one with more bytes than what has to be
/// told ever takes.
const VALUES_PER_BYTE: usize = 24;
const VALUES_PER_BYTE_OF_MANY: usize = 96;
const FEW_BYTES: usize = 1 << 12;
/// The slowest back end takes 0.1 µs per value, several times as long as the others, and makes
/// half the bytes of what there is next to nothing of: it is for chunks of few values, and for
/// those with so many values for each byte.
const FEW: usize = 1 << 16;
const VALUES_PER_BYTE_OF_SLOW: usize = 256;
/// Specs that it is tried with, the smallest by the other back ends first.
const MOST_SLOW: usize = 2;

/// What takes fewer bytes than `encoded`, with which a spec coded the chunk: that spec, or one
/// that has nothing to tell, with any back end.
pub(crate) fn smaller<T: Sample>(
    settings: Settings,
    chunk: Chunk<T>,
    (spec, encoded): (&Spec, &Encoded),
    draft: impl Fn(&Pipeline) -> Result<Vec<Draft>>,
) -> Result<Option<(Spec, Encoded)>> {
    let values = chunk.values.len();
    let bytes = encoded.bytes.len();
    let each = if bytes <= FEW_BYTES {
        VALUES_PER_BYTE
    } else {
        VALUES_PER_BYTE_OF_MANY
    };
    if bytes > values / each {
        return Ok(None);
    }
    let mut specs = vec![spec.clone()];
    let others = candidates(settings, chunk, Judged::Slight).into_iter();
    for candidate in others.filter(|candidate| candidate.cost <= Candidate::USUAL) {
        specs.push(candidate.spec.parse()?);
    }
    let (mut best, mut least) = (None, bytes);
    let mut take = |spec: &Spec, drafts: &[Draft], backend| -> Result<usize> {
        let encoded = chunk::write(drafts, &chunk.scene.shape, backend)?;
        let size = encoded.bytes.len();
        if size < least {
            least = size;
            best = Some((spec.clone(), encoded));
        }
        Ok(size)
    };
    let mut tried = Vec::new();
    for spec in specs {
        let drafts = draft(&settings.registry.build(&spec)?)?;
        let huffman = take(&spec, &drafts, Backend::Huffman)?;
        let context = take(&spec, &drafts, Backend::Context)?;
        tried.push((huffman.min(context), spec, drafts));
    }
    let may_be_slow = settings.effort == Effort::Best
        || values <= FEW
        || bytes <= values / VALUES_PER_BYTE_OF_SLOW;
    if may_be_slow {
        tried.sort_by_key(|(size, _, _)| *size);
        for (_, spec, drafts) in tried.iter().take(MOST_SLOW) {
            take(spec, drafts, Backend::Mixing)?;
        }
    }
    Ok(best)
}
