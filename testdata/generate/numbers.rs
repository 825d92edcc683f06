//! Arithmetic that gives the same bits on every machine.
//!
//! Library `sin`, `exp` and friends differ between platforms in their last
//! bit, and a chaotic flow model turns one bit into a different forecast. All
//! that is used here is `+ - * /`, `sqrt`, `floor` and integers, which IEEE 754
//! fixes completely.

const HALF_STEPS_PER_SERIES: u32 = 9;

/// The smaller of two numbers.
///
/// `f64::min` may return either zero of `-0.0` and `0.0`; a comparison may not.
pub(crate) fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger of two numbers; see [`lesser`] for why this is not `f64::max`.
pub(crate) fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// `x` where it is above zero, and `+0.0` (never `-0.0`) elsewhere.
pub(crate) fn positive(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}

/// `x` held between two bounds.
pub(crate) fn within(x: f64, low: f64, high: f64) -> f64 {
    lesser(greater(x, low), high)
}

/// Cosine of an angle given in turns, so that `1.0` is a full circle.
pub(crate) fn cos_turns(turns: f64) -> f64 {
    let from_half = (turns - turns.floor() - 0.5).abs();
    let radians = |t: f64| t * std::f64::consts::TAU;
    // Folding into an eighth of a turn keeps the series short and accurate.
    if from_half <= 0.125 {
        -cos_series(radians(from_half))
    } else if from_half <= 0.375 {
        -sin_series(radians(0.25 - from_half))
    } else {
        cos_series(radians(0.5 - from_half))
    }
}

/// Sine of an angle given in turns.
pub(crate) fn sin_turns(turns: f64) -> f64 {
    cos_turns(turns - 0.25)
}

fn cos_series(x: f64) -> f64 {
    (1..=HALF_STEPS_PER_SERIES).rev().fold(1.0, |tail, half| {
        let n = f64::from(2 * half);
        1.0 - x * x / ((n - 1.0) * n) * tail
    })
}

fn sin_series(x: f64) -> f64 {
    x * (1..=HALF_STEPS_PER_SERIES).rev().fold(1.0, |tail, half| {
        let n = f64::from(2 * half);
        1.0 - x * x / (n * (n + 1.0)) * tail
    })
}

/// A stand-in for `exp` over `-8 < x < 4`: positive, growing, `1` at `0`.
///
/// Only the shape matters to its users, not the value of e.
pub(crate) fn growth(x: f64) -> f64 {
    let once = positive(1.0 + x / 8.0);
    let twice = once * once;
    let fourth = twice * twice;
    fourth * fourth
}

/// A hump of height one at `0` that falls smoothly to zero at `-1` and `1`.
pub(crate) fn hump(x: f64) -> f64 {
    let inside = positive(1.0 - x * x);
    inside * inside * inside
}

/// Weights of four equally spaced neighbours for Catmull-Rom interpolation at
/// `fraction` of the way from the second to the third.
pub(crate) fn cubic_weights(fraction: f64) -> [f64; 4] {
    let f = fraction;
    [
        f * (-0.5 + f * (1.0 - 0.5 * f)),
        1.0 + f * f * (-2.5 + 1.5 * f),
        f * (0.5 + f * (2.0 - 1.5 * f)),
        f * f * (-0.5 + 0.5 * f),
    ]
}

/// The finaliser of `SplitMix64`: scatters the bits of one integer.
pub(crate) fn scatter(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

/// Maps the bits of an integer to `0 <= x < 1`.
pub(crate) fn to_unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The `SplitMix64` generator.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

    /// Starts an independent stream of the numbers of one seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let state = scatter(seed.wrapping_mul(Self::STRIDE)) ^ scatter(stream.wrapping_add(1));
        Self { state }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(Self::STRIDE);
        scatter(self.state)
    }

    /// A nearly normal number: the usual recipes need `ln` and `cos`, a sum of
    /// twelve uniform numbers does not.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).fold(-6.0, |sum, _| sum + to_unit(self.bits()))
    }
}
