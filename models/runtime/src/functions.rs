//! Functions of doubles that give the same bits everywhere, for those who prepare inputs.

use crate::math;

/// Sine; within 1 ulp of one for |x| ≤ 10⁶.
pub fn sin(x: f64) -> f64 {
    math::sin64(x)
}

/// Cosine; within 1 ulp of one for |x| ≤ 10⁶.
pub fn cos(x: f64) -> f64 {
    math::cos64(x)
}

/// Natural logarithm, within 1 ulp.
pub fn ln(x: f64) -> f64 {
    math::log64(x)
}
