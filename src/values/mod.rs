//! What can be said of values before any of them is predicted.

pub(crate) mod blocks;
pub(crate) mod fills;
pub(crate) mod lattice;
pub(crate) mod mask;
pub(crate) mod rounding;
pub(crate) mod sweeps;
