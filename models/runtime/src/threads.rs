//! Work on independent parts of an output, on one thread or several. Which thread
//! computes a part changes no bit of it.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::error::Error;

pub(crate) struct Threads {
    pool: Option<rayon::ThreadPool>,
}

impl Threads {
    pub(crate) fn new(number: usize) -> Result<Self, Error> {
        if number <= 1 {
            return Ok(Self { pool: None });
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(number).build();
        let pool = pool.map_err(|_| Error::Threads(number))?;
        Ok(Self { pool: Some(pool) })
    }

    pub(crate) fn number(&self) -> usize {
        (self.pool.as_ref()).map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Does `work` on each part; every thread makes itself a workplace first.
    pub(crate) fn each<P: Send, W>(
        &self,
        parts: Vec<P>,
        workplace: impl Fn() -> W + Sync + Send,
        work: impl Fn(&mut W, P) + Sync + Send,
    ) {
        match &self.pool {
            Some(pool) if parts.len() > 1 => {
                pool.install(|| parts.into_par_iter().for_each_init(workplace, work));
            }
            _ => {
                let mut place = workplace();
                parts.into_iter().for_each(|part| work(&mut place, part));
            }
        }
    }

    /// Does `work` on stretches of `out` that are multiples of `unit` long, with the
    /// place where each starts.
    pub(crate) fn stretches<T: Send>(
        &self,
        out: &mut [T],
        unit: usize,
        work: impl Fn(usize, &mut [T]) + Sync + Send,
    ) {
        /// Waking a thread costs about as much as this many simple operations.
        const WORTH_SPLITTING: usize = 1 << 14;
        let unit = unit.max(1);
        let share = out.len().div_ceil(self.number() * 2).max(WORTH_SPLITTING);
        let length = share.div_ceil(unit) * unit;
        let parts: Vec<(usize, &mut [T])> = out.chunks_mut(length).enumerate().collect();
        self.each(parts, || (), |(), (i, part)| work(i * length, part));
    }
}
