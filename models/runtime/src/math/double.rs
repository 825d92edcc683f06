//! The same for doubles, after the reductions and polynomials of Sun's fdlibm.

/// 1.5·2⁵²: adding it rounds to an integer, half to even, and leaves that integer in
/// the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// eˣ within 1 ulp, 2 where the result is subnormal.
#[inline(always)]
pub(crate) fn exp64(x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let high = x - n * LN2_HIGH;
    let low = n * LN2_LOW;
    let r = high - low;
    let t = r * r;
    let p = 4.138_136_797_057_238_5e-8;
    let p = p * t + -1.653_390_220_546_525_2e-6;
    let p = p * t + 6.613_756_321_437_934e-5;
    let p = p * t + -2.777_777_777_701_559_3e-3;
    let p = p * t + 1.666_666_666_666_660_2e-1;
    let c = r - t * p;
    let y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    let n = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .cast_signed() as i32;
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f64 {
    f64::from_bits((i64::from(n).wrapping_add(1023).cast_unsigned()) << 52)
}

/// The natural logarithm within 1 ulp.
#[inline(always)]
pub(crate) fn log64(x: f64) -> f64 {
    // Subnormal numbers have no exponent of their own: they borrow one.
    let tiny = x < f64::MIN_POSITIVE;
    let scaled = if tiny {
        x * 18_014_398_509_481_984.0
    } else {
        x
    };
    // Shifted so that the mantissa comes to lie between √½ and √2.
    let bits = scaled
        .to_bits()
        .wrapping_add(0x3ff0_0000_0000_0000 - 0x3fe6_a09e_0000_0000);
    // The exponent as a double without an integer conversion, which few CPUs have in
    // vectors.
    let exponent = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - 4_503_599_627_370_496.0;
    let k = exponent - if tiny { 1077.0 } else { 1023.0 };
    let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_0000_0000));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (3.999_999_999_940_942e-1
            + w * (2.222_219_843_214_978_4e-1 + w * 1.531_383_769_920_937_3e-1));
    let odd = z
        * (6.666_666_666_666_735e-1
            + w * (2.857_142_874_366_239e-1
                + w * (1.818_357_216_161_805e-1 + w * 1.479_819_860_511_658_6e-1)));
    let half = 0.5 * f * f;
    let y = k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f);
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x >= 0.0 { y } else { f64::NAN }
}

/// The quarter turn that x lies in and what is left of x, between −π/4 and π/4.
#[inline(always)]
fn quarter(x: f64) -> (u64, f64) {
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = shifted - ROUND;
    // π/2 in three parts of 33 bits.
    let r = x - n * 1.570_796_326_734_125_6;
    let r = r - n * 6.077_100_506_303_966e-11;
    let r = r - n * 2.022_266_248_795_950_6e-21;
    (shifted.to_bits() & 3, r)
}

#[inline(always)]
fn sine(r: f64) -> f64 {
    let z = r * r;
    let p = 1.589_690_995_211_55e-10;
    let p = p * z + -2.505_076_025_340_686_3e-8;
    let p = p * z + 2.755_731_370_707_006_8e-6;
    let p = p * z + -1.984_126_982_985_795e-4;
    let p = p * z + 8.333_333_333_322_49e-3;
    let p = p * z + -1.666_666_666_666_663_2e-1;
    r + r * z * p
}

#[inline(always)]
fn cosine(r: f64) -> f64 {
    let z = r * r;
    let p = -1.135_964_755_778_819_5e-11;
    let p = p * z + 2.087_572_321_298_175e-9;
    let p = p * z + -2.755_731_435_139_066_3e-7;
    let p = p * z + 2.480_158_728_947_673e-5;
    let p = p * z + -1.388_888_888_887_411e-3;
    let p = p * z + 4.166_666_666_666_66e-2;
    1.0 - (0.5 * z - z * z * p)
}

/// The sine within 1e-15 for |x| up to 10⁶.
#[inline(always)]
pub(crate) fn sin64(x: f64) -> f64 {
    let (turn, r) = quarter(x);
    let y = if turn & 1 == 0 { sine(r) } else { cosine(r) };
    if turn & 2 == 0 { y } else { -y }
}

/// The cosine within 1e-15 for |x| up to 10⁶.
#[inline(always)]
pub(crate) fn cos64(x: f64) -> f64 {
    let (turn, r) = quarter(x);
    let y = if turn & 1 == 0 { cosine(r) } else { sine(r) };
    if turn.wrapping_add(1) & 2 == 0 { y } else { -y }
}

/// xʸ by way of the logarithm: the error is about |y ln x| ulp of a double.
#[inline(always)]
pub(crate) fn power(x: f64, y: f64) -> f64 {
    let size = exp64(y * log64(x.abs()));
    let whole = y.trunc() == y;
    // Above 2⁵³ every double is even.
    let odd = whole && y.abs() < 9_007_199_254_740_992.0 && (y.abs() as u64) & 1 == 1;
    let signed = if odd { size.copysign(x) } else { size };
    let real = if whole || x >= 0.0 || x == f64::NEG_INFINITY {
        signed
    } else {
        f64::NAN
    };
    if y == 0.0 || x == 1.0 { 1.0 } else { real }
}

/// xʸ within 1 ulp for y of 1, 2, 3, ½ and −1, else as [`power`].
pub(crate) fn pow64(x: f64, y: f64) -> f64 {
    match y {
        2.0 => x * x,
        0.5 => x.sqrt() + 0.0,
        1.0 => x,
        -1.0 => 1.0 / x,
        3.0 => x * x * x,
        _ => power(x, y),
    }
}
