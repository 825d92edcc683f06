//! Memory for fields: asked for before there is work done that would be lost without it.

use std::num::NonZero;

use foresz_predictors::Sample;

use crate::error::{Error, Result};

/// So many zeros, if memory has room for them; `else_do` says what may do if not.
pub(crate) fn zeros<T: Sample>(samples: usize, else_do: &str) -> Result<Vec<T>> {
    // Pages are had as they are written to.
    let zeros = bytemuck::allocation::try_zeroed_vec(samples);
    zeros.map_err(|()| Error::Memory {
        bytes: samples.saturating_mul(T::BYTES),
        what: format!("{samples} values; {else_do}"),
    })
}

/// Chunks that are to be coded or decoded.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) chunks: usize,
    /// Of the largest of them.
    pub(crate) samples: usize,
    /// Bytes that are needed for each of these.
    pub(crate) bytes_each: usize,
}

/// As many threads as memory has room for, but no more than asked for, where 0 is as many
/// as there are processors. What is said of memory now may not hold any more when it is
/// used, but as a rule nobody but us uses it meanwhile.
pub(crate) fn threads(asked: usize, work: Work) -> Result<usize> {
    let bytes = work.samples.saturating_mul(work.bytes_each);
    let wanted = match asked {
        _ if work.chunks < 2 => 1,
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        asked => asked,
    };
    let wanted = wanted.min(work.chunks.max(1));
    let halves = std::iter::successors(Some(wanted), |n| Some(n / 2).filter(|n| *n > 0));
    let mut fitting = halves.filter(|n| is_there(n.saturating_mul(bytes)));
    match fitting.next() {
        Some(n) if n == wanted => Ok(asked),
        Some(fewer) => Ok(fewer),
        None => Err(Error::Memory {
            bytes,
            what: format!("work on a chunk of {} values", work.samples),
        }),
    }
}

/// Whether so many bytes can be had, in pieces as they will be wanted.
fn is_there(bytes: usize) -> bool {
    const PIECE: usize = 1 << 24;
    const MOST_PIECES: usize = 64;
    let piece = PIECE.max(bytes / MOST_PIECES);
    let mut left = bytes;
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while left > 0 {
        let mut next = Vec::new();
        if next.try_reserve_exact(piece.min(left)).is_err() {
            return false;
        }
        left -= piece.min(left);
        pieces.push(next);
    }
    // Or the compiler may take it that there is always room for what nobody uses.
    std::hint::black_box(&mut pieces);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_an_error() {
        assert_eq!(zeros::<f32>(5, "").unwrap(), [0.0; 5]);
        let short = zeros::<f64>(isize::MAX as usize / 8, "decode less of it").unwrap_err();
        let said = short.to_string();
        assert!(said.contains("decode less of it"), "{said}");
        assert!(
            said.contains(&(isize::MAX as usize / 8 * 8).to_string()),
            "{said}"
        );
        assert!(zeros::<f64>(usize::MAX, "").is_err());
    }

    #[test]
    fn fewer_threads_need_less() {
        let work = |samples| Work {
            chunks: 20,
            samples,
            bytes_each: 1,
        };
        assert_eq!(threads(12, work(10)).unwrap(), 12);
        assert_eq!(threads(0, work(10)).unwrap(), 0);
        let said = threads(12, work(isize::MAX as usize))
            .unwrap_err()
            .to_string();
        assert!(said.contains("chunk"), "{said}");
        let third = threads(12, work(isize::MAX as usize / 3));
        assert!(third.map_or(true, |n| n <= 3));
    }
}
