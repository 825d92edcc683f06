//! How chunks are coded that are so small that nothing pays that has to be told first.
//!
//! Taps and histograms take some hundred bytes, which is what such a chunk has, and to look for
//! the best of many predictors takes longer than to code it. Of 288 cases of 64 to 1024 values cut
//! out of real fields and coded under two bounds and without loss, with what is here the default
//! effort takes 18 % and the best one 5 % less than with what larger chunks are offered.

use crate::effort::Effort;
use crate::entropy::Backend;
use crate::options::{Choose, Options};

/// Samples of the largest tiny chunk.
const MOST: usize = 1024;

/// How a tiny chunk is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tiny {
    pub(crate) backend: Backend,
    /// Whether integers are packed wherever a chunk suits, or only if that is smaller.
    pub(crate) prefers_packed: bool,
}

impl Tiny {
    /// None where a chunk is not tiny, or something else was asked for.
    pub(crate) fn of(options: &Options, samples: usize) -> Option<Tiny> {
        let free = options.choose == Choose::Auto && options.backend.is_none();
        if !free || samples > MOST {
            return None;
        }
        match options.effort {
            Effort::Fast => None,
            Effort::Default => Some(Tiny {
                backend: Backend::Huffman,
                prefers_packed: true,
            }),
            Effort::Best => Some(Tiny {
                backend: Backend::Mixing,
                prefers_packed: false,
            }),
        }
    }
}
