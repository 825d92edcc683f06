//! `foresz train`.

mod args;
#[cfg(feature = "train")]
mod learn;
#[cfg(not(feature = "train"))]
mod without;

pub(crate) use args::Train;
#[cfg(feature = "train")]
pub(crate) use learn::run;
#[cfg(not(feature = "train"))]
pub(crate) use without::run;
