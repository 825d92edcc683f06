//! `foresz train`.

mod args;
#[cfg(feature = "train")]
mod learn;
mod on_the_spot;
#[cfg(not(feature = "train"))]
mod without;

pub(crate) use args::Train;
#[cfg(feature = "train")]
use learn::learn;
#[cfg(feature = "train")]
pub(crate) use learn::run;
pub(crate) use on_the_spot::Trained;
#[cfg(not(feature = "train"))]
use without::learn;
#[cfg(not(feature = "train"))]
pub(crate) use without::run;
