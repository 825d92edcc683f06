//! Is the bound kept?

use foresz::check::Verdict;
use serde::{Deserialize, Serialize};

/// How many values of a field are as promised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Numbers.
    pub numbers: usize,
    /// Numbers that are further off than the bound, or none any more.
    pub broken: usize,
    /// NaN, infinities and fill values.
    pub specials: usize,
    /// Specials that did not come back bit for bit.
    pub changed: usize,
}

impl Kept {
    /// Whether all is as promised.
    pub fn all(&self) -> bool {
        self.broken == 0 && self.changed == 0
    }
}

impl From<Verdict> for Kept {
    fn from(verdict: Verdict) -> Self {
        Kept {
            numbers: verdict.numbers,
            broken: verdict.broken,
            specials: verdict.specials,
            changed: verdict.changed,
        }
    }
}
