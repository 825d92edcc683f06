//! What predictors need besides their specs, for streams to bring along.

use crate::error::Result;
use crate::registry::Entry;
use crate::spec::Part;

/// The files of something that specs name by its hash, such as a learned model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its name.
    pub name: String,
    /// Its hash.
    pub sha256: String,
    /// Names and contents of the files that decoding needs.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Packs what a predictor needs, and unpacks it elsewhere.
pub trait Supply: Send + Sync {
    /// What the predictor of a settled part needs.
    fn pack(&self, part: &Part) -> Result<Parcel>;

    /// The same predictor with these at hand. Parcels come from streams: nothing about
    /// them is to be trusted.
    fn unpack(&self, parcels: &[Parcel]) -> Result<Entry>;
}
