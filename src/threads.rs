//! How many threads work, and on what.

use std::cell::Cell;

use rayon::prelude::*;

use crate::error::{Error, Result};

thread_local! {
    /// Whether this thread is one of a pool of ours.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// As many threads as are asked for, where 0 is as many as there are processors.
pub(crate) fn count(asked: usize) -> usize {
    match asked {
        0 => rayon::current_num_threads(),
        some => some,
    }
}

/// Does `work` for 0 … n with that many threads (0: as many as there are processors);
/// the results are in order. Work that has parts of its own can call this again: all parts
/// of all work then share the threads.
pub(crate) fn map<R: Send>(
    threads: usize,
    n: usize,
    work: impl Fn(usize) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    if threads == 1 || n < 2 {
        // Starting a pool costs as much as coding a small field.
        return (0..n).map(work).collect();
    }
    if OURS.get() {
        return (0..n).into_par_iter().map(work).collect();
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .start_handler(|_| OURS.set(true))
        .build();
    let pool =
        pool.map_err(|e| Error::Invalid(format!("{threads} threads cannot be started: {e}")))?;
    pool.install(|| (0..n).into_par_iter().map(work).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn parts_of_work_share_its_threads() {
        let seen = map(3, 4, |i| {
            map(3, 5, |k| Ok((10 * i + k, thread::current().id())))
        });
        let seen: Vec<_> = seen.unwrap().concat();
        let order: Vec<usize> = seen.iter().map(|(at, _)| *at).collect();
        assert!(order.is_sorted() && order.len() == 20);
        let threads: HashSet<_> = seen.iter().map(|(_, thread)| *thread).collect();
        assert!(threads.len() <= 3 && !threads.contains(&thread::current().id()));
    }
}
