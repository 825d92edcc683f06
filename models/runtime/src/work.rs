//! A limit on work. Unlike a clock it says the same on every machine: operators count
//! what they are about to do from the shapes they were given, before they do it.

use crate::error::Problem;

/// What making one element costs, as so many multiply-adds.
const ELEMENT: u64 = 8;
/// What running a node costs whatever its shapes are.
const NODE: u64 = 1 << 10;

/// Multiply-adds that were done, and what costs as much as they do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    limit: u64,
    done: u64,
}

impl Work {
    pub(crate) fn new(limit: Option<u64>) -> Self {
        Self {
            limit: limit.unwrap_or(u64::MAX),
            done: 0,
        }
    }

    pub(crate) fn done(self) -> u64 {
        self.done
    }

    /// Counts multiply-adds, given as factors of their number.
    pub(crate) fn sums(&mut self, factors: &[usize]) -> Result<(), Problem> {
        let product = |n: u64, d: &usize| n.saturating_mul(*d as u64);
        self.spend(factors.iter().fold(1, product))
    }

    /// Counts elements that are made or looked at.
    pub(crate) fn each(&mut self, elements: usize) -> Result<(), Problem> {
        self.spend((elements as u64).saturating_mul(ELEMENT))
    }

    /// Counts a node.
    pub(crate) fn node(&mut self) -> Result<(), Problem> {
        self.spend(NODE)
    }

    fn spend(&mut self, needed: u64) -> Result<(), Problem> {
        let done = self.done.saturating_add(needed);
        if done > self.limit {
            return Err(Problem::Work {
                needed,
                done: self.done,
                limit: self.limit,
            });
        }
        self.done = done;
        Ok(())
    }
}
