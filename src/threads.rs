//! How many threads work.

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Does `work` for 0 … n with that many threads (0: as many as there are processors);
/// the results are in order.
pub(crate) fn map<R: Send>(
    threads: usize,
    n: usize,
    work: impl Fn(usize) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    if threads == 1 || n < 2 {
        // Starting a pool costs as much as coding a small field.
        return (0..n).map(work).collect();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool =
        pool.map_err(|e| Error::Invalid(format!("{threads} threads cannot be started: {e}")))?;
    pool.install(|| (0..n).into_par_iter().map(work).collect())
}
