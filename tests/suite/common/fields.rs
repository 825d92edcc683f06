//! Fields on which compressors break.

use foresz::{Options, Sample};
use ndarray::ArrayD;

use super::array;

/// A field and what has to be known about it.
pub(crate) struct Case<T> {
    pub(crate) name: &'static str,
    pub(crate) field: ArrayD<T>,
    /// A value that is declared to mean "nothing here".
    pub(crate) fill: Option<f64>,
}

impl<T: Sample> Case<T> {
    /// Largest distance between values that are numbers, or their magnitude if
    /// that overflows; 1 if there is none.
    pub(crate) fn span(&self) -> f64 {
        let fill = self.fill.map(T::from_f64);
        let numbers = self
            .field
            .iter()
            .filter(|x| x.is_finite() && Some(**x) != fill)
            .map(|x| x.to_f64());
        let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let span = high - low;
        if span > 0.0 && span.is_finite() {
            span
        } else if high.is_finite() && high.abs().max(low.abs()) > 0.0 {
            high.abs().max(low.abs())
        } else {
            1.0
        }
    }

    /// Adds what the case declares.
    pub(crate) fn declare(&self, options: Options) -> Options {
        match self.fill {
            Some(fill) => options.fill(fill),
            None => options,
        }
    }
}

/// Pseudo-random numbers, the same everywhere.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// From 0 to `n` − 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// From −1 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// A field given by a formula of its coordinates.
pub(crate) fn formula<T: Sample>(shape: &[usize], f: impl Fn(&[usize]) -> f64) -> ArrayD<T> {
    ArrayD::from_shape_fn(shape, |at| {
        let at: Vec<usize> = (0..shape.len()).map(|d| at[d]).collect();
        T::from_f64(f(&at))
    })
}

/// Waves that move along the first dimension.
pub(crate) fn smooth<T: Sample>(shape: &[usize]) -> ArrayD<T> {
    formula(shape, |at| {
        let phase = at
            .iter()
            .enumerate()
            .map(|(d, &c)| c as f64 * (0.11 + 0.07 * d as f64))
            .sum::<f64>();
        280.0 + 20.0 * phase.sin() + 5.0 * (2.3 * phase).cos()
    })
}

/// White noise.
pub(crate) fn noise<T: Sample>(shape: &[usize], seed: u64) -> ArrayD<T> {
    let mut random = Random(seed);
    let n: usize = shape.iter().product();
    array(shape, (0..n).map(|_| T::from_f64(random.unit())).collect())
}

/// Puts `value` wherever `place` says so.
pub(crate) fn with<T: Sample>(
    mut field: ArrayD<T>,
    value: T,
    place: impl Fn(usize) -> bool,
) -> ArrayD<T> {
    field
        .iter_mut()
        .enumerate()
        .filter(|(i, _)| place(*i))
        .for_each(|(_, x)| *x = value);
    field
}

/// All of them.
pub(crate) fn awkward<T: Sample>() -> Vec<Case<T>> {
    let mut cases = shapes();
    cases.extend(values());
    cases.extend(holes());
    cases
}

fn case<T: Sample>(name: &'static str, field: ArrayD<T>) -> Case<T> {
    Case {
        name,
        field,
        fill: None,
    }
}

/// Odd shapes, with ordinary values.
fn shapes<T: Sample>() -> Vec<Case<T>> {
    vec![
        case("one sample", smooth(&[1])),
        case("1 x 1", smooth(&[1, 1])),
        case("1 x N", smooth(&[1, 57])),
        case("N x 1", smooth(&[57, 1])),
        case("3 x 3", smooth(&[3, 3])),
        case("2 x 3 x 5", smooth(&[2, 3, 5])),
        case("7 x 1 x 9", smooth(&[7, 1, 9])),
        case("1-D", smooth(&[300])),
        case("primes", smooth(&[31, 37])),
        case("primes in 3-D", smooth(&[7, 11, 13])),
        case("4-D", smooth(&[3, 4, 9, 10])),
        case("5-D", smooth(&[2, 3, 4, 5, 6])),
        case("8-D", smooth(&[2, 1, 3, 2, 2, 3, 2, 2])),
        case("long and thin", smooth(&[2, 900])),
        case("thin and long", smooth(&[900, 2])),
        case("powers of two", smooth(&[4, 16, 16])),
        case("one more than powers of two", smooth(&[5, 17, 17])),
    ]
}

/// Odd values.
fn values<T: Sample>() -> Vec<Case<T>> {
    let shape = [4, 9, 14];
    let near_max = |at: &[usize]| {
        let sign = if at[1].is_multiple_of(3) { -1.0 } else { 1.0 };
        sign * T::MAX.to_f64() * (1.0 - at[2] as f64 / 100.0)
    };
    let least = T::from_bits64(1).to_f64();
    let alternating = |at: &[usize]| {
        let sum: usize = at.iter().sum();
        if sum.is_multiple_of(2) { 1.5 } else { -1.5 }
    };
    vec![
        case("constant", formula(&shape, |_| 273.15)),
        case("zeros", formula(&shape, |_| 0.0)),
        case("minus zeros", formula(&shape, |_| -0.0)),
        case(
            "both zeros",
            formula(&shape, |at| if at[2] % 2 == 0 { 0.0 } else { -0.0 }),
        ),
        case(
            "ramp",
            formula(&shape, |at| (at[0] * 100 + at[1] * 10 + at[2]) as f64),
        ),
        case("noise", noise(&shape, 1)),
        case("noise on an offset", {
            noise::<T>(&shape, 2).mapv(|x| x + T::from_f64(1e5))
        }),
        case(
            "spikes",
            with(smooth(&shape), T::from_f64(1e30), |i| i % 97 == 13),
        ),
        case("near the largest", formula(&shape, near_max)),
        case(
            "subnormal",
            formula(&shape, |at| least * (at[1] * at[2]) as f64),
        ),
        case("alternating", formula(&shape, alternating)),
        case(
            "many magnitudes",
            formula(&shape, |at| {
                (at[1] as f64 - 4.0) * 10f64.powi(3 * at[2] as i32 - 20)
            }),
        ),
        case(
            "lattice",
            formula(&shape, |at| {
                280.0 + ((at[0] * 7 + at[1] * at[2] * 3) % 61) as f64 / 512.0
            }),
        ),
        case(
            "steps",
            formula(&shape, |at| if at[2] > 6 { 1e4 } else { -3.0 }),
        ),
    ]
}

/// What is no number, or is declared to be none.
fn holes<T: Sample>() -> Vec<Case<T>> {
    let shape = [4, 9, 14];
    let nan = T::from_f64(f64::NAN);
    let (inf, minus) = (T::from_f64(f64::INFINITY), T::from_f64(f64::NEG_INFINITY));
    let land = |i: usize| (i % 126 / 14) * 3 + i % 14 > 22;
    let filled = |name, fill: f64, place: &dyn Fn(usize) -> bool| Case {
        name,
        field: with(smooth(&shape), T::from_f64(fill), place),
        fill: Some(fill),
    };
    vec![
        case("all NaN", formula(&shape, |_| f64::NAN)),
        case("one NaN", with(smooth(&[1]), nan, |_| true)),
        case("sparse NaN", with(smooth(&shape), nan, |i| i % 53 == 7)),
        case("the first is NaN", with(smooth(&shape), nan, |i| i == 0)),
        case("a number in NaN", with(smooth(&shape), nan, |i| i != 250)),
        case("land", with(smooth(&shape), nan, land)),
        case(
            "land in primes",
            with(smooth(&[23, 29]), nan, |i| i * 7 % 29 > 17),
        ),
        case(
            "infinities",
            with(with(smooth(&shape), inf, |i| i % 31 == 0), minus, |i| {
                i % 37 == 5
            }),
        ),
        case(
            "every kind",
            with(
                with(noise(&shape, 5), inf, |i| i % 41 == 0),
                T::from_bits64(nan.to_bits64() | 0x1234),
                |i| i % 5 == 2,
            ),
        ),
        filled("1e20 on land", 1e20, &land),
        filled("fill -999", -999.0, &|i| i % 11 == 3),
        filled("fill 0", 0.0, &|i| i % 7 == 3),
        filled("all filled", 1e20, &|_| true),
    ]
}
