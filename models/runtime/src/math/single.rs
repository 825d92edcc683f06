use super::double::{cos64, log64, power, sin64};

/// 1.5·2²³: adding it rounds to an integer, half to even, and leaves that integer in
/// the low bits.
const ROUND: f32 = 12_582_912.0;

/// eˣ within 1 ulp, subnormal results too.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is infinite or rounds to zero; NaN passes both.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts: the first has few enough bits for its products to be exact.
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let y = p * (r * r) + r + 1.0;
    // 2ⁿ in two factors, since n may lie outside the exponents of one.
    let n = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .cast_signed();
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127).cast_unsigned()) << 23)
}

/// The natural logarithm within 1 ulp.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    log64(x as f64) as f32
}

/// The error function within 2 ulp.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let t = x.abs();
    let s = x * x;
    let p = -1.728_534_7e-5 * t + 3.831_971_3e-4;
    let q = -3.883_964_4e-3 * t + 2.425_462_2e-2;
    let p = p * s + q;
    let p = p * t + -1.067_778_8e-1;
    let p = p * t + -6.348_467e-1;
    let p = p * t + -1.287_175_1e-1;
    let p = p * t - t;
    let far = (1.0 - exp(p)).copysign(x);
    let p = -5.967_617e-4;
    let p = p * s + 4.991_194_2e-3;
    let p = p * s + -2.676_813_5e-2;
    let p = p * s + 1.128_199_25e-1;
    let p = p * s + -3.761_253_4e-1;
    let p = p * s + 1.283_791_7e-1;
    let near = p * x + x;
    if t > 0.927_734_4 { far } else { near }
}

/// The hyperbolic tangent within 2 ulp.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let t = x.abs();
    let far = (1.0 - 2.0 / (exp(t + t) + 1.0)).copysign(x);
    let z = x * x;
    let p = -5.704_988_7e-3;
    let p = p * z + 2.063_909e-2;
    let p = p * z + -5.373_971_6e-2;
    let p = p * z + 1.333_144_2e-1;
    let p = p * z + -3.333_328e-1;
    let near = p * z * x + x;
    if t > 0.625 { far } else { near }
}

/// 1 / (1 + e⁻ˣ) within 3 ulp, on both sides of zero.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let z = exp(-x.abs());
    let upper = if x < 0.0 { z } else { 1.0 };
    upper / (1.0 + z)
}

/// The Gaussian error linear unit, x·Φ(x).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The same with the approximation by tanh that some networks are trained with.
#[inline(always)]
pub(crate) fn gelu_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    0.5 * x * (1.0 + tanh(inner))
}

/// The sine within 1 ulp of one for |x| up to 10⁶.
#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    sin64(x as f64) as f32
}

/// The cosine within 1 ulp of one for |x| up to 10⁶.
#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    cos64(x as f64) as f32
}

/// xʸ within 1 ulp. The exponents that networks use are plain arithmetic.
#[inline(always)]
pub(crate) fn pow(x: f32, y: f32) -> f32 {
    if y == 2.0 {
        x * x
    } else if y == 0.5 {
        x.sqrt() + 0.0
    } else if y == 1.0 {
        x
    } else if y == -1.0 {
        1.0 / x
    } else if y == 3.0 {
        x * x * x
    } else {
        power(x as f64, y as f64) as f32
    }
}

/// Rounds half to even.
#[inline(always)]
pub(crate) fn round_even(x: f32) -> f32 {
    x.round_ties_even()
}
