//! Functions that the standard library takes from the system's, whose last bits
//! differ between systems. Ours are plain arithmetic in written-out order; the largest
//! errors stated were measured against `f64` and are held by the tests.

mod double;
mod single;

pub(crate) use double::{cos64, exp64, log64, pow64, sin64};
pub(crate) use single::{cos, erf, exp, gelu, gelu_tanh, log, pow, round_even, sigmoid, sin, tanh};

#[cfg(test)]
mod tests;
