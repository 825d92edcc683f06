use super::*;

/// The largest error of `ours` against `exact` in units of the last place, or of one
/// where `absolute`, over a dense sample of floats between two.
fn worst(ours: fn(f32) -> f32, exact: fn(f64) -> f64, range: (f32, f32), absolute: bool) -> f64 {
    let mut worst = 0.0f64;
    let steps = 400_000;
    for i in 0..=steps {
        let x = range.0 + (range.1 - range.0) * (i as f32 / steps as f32);
        let y = exact(x as f64);
        let unit = if absolute {
            f32::EPSILON as f64
        } else {
            let near = (y.abs() as f32).max(f32::MIN_POSITIVE);
            (f32::from_bits(near.to_bits() + 1) - near) as f64
        };
        worst = worst.max((ours(x) as f64 - y).abs() / unit);
    }
    worst
}

/// erf by its series and its continued fraction, to 1e-14.
fn erf64(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            term *= -x * x / n as f64;
            sum += term / (2 * n + 1) as f64;
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let t = x.abs();
    let tail = (1..60).rev().fold(t, |f, n| t + n as f64 / 2.0 / f);
    let rest = (-t * t).exp() / tail / std::f64::consts::PI.sqrt();
    (1.0 - rest).copysign(x)
}

#[test]
fn errors_are_as_stated() {
    let check = |name: &str, error: f64, limit: f64| {
        println!("{name}: {error:.3} of {limit}");
        assert!(error <= limit, "{name}: {error} ulp instead of {limit}");
    };
    check("exp", worst(exp, f64::exp, (-87.0, 88.7), false), 1.0);
    check("small exp", worst(exp, f64::exp, (-1.0, 1.0), false), 1.0);
    check(
        "tiny exp",
        worst(exp, f64::exp, (-104.0, -87.0), false),
        1.0,
    );
    check("log", worst(log, f64::ln, (1e-30, 100.0), false), 1.0);
    check("log", worst(log, f64::ln, (0.5, 2.0), false), 1.0);
    check("erf", worst(erf, erf64, (-6.0, 6.0), false), 2.0);
    check("small erf", worst(erf, erf64, (-1e-3, 1e-3), false), 2.0);
    check("tanh", worst(tanh, f64::tanh, (-12.0, 12.0), false), 2.0);
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    check(
        "sigmoid",
        worst(sigmoid, logistic, (-80.0, 20.0), false),
        3.0,
    );
    check("sin", worst(sin, f64::sin, (-10.0, 10.0), true), 1.0);
    check("sin far", worst(sin, f64::sin, (-1e6, 1e6), true), 1.0);
    check("cos", worst(cos, f64::cos, (-10.0, 10.0), true), 1.0);
    check("cos far", worst(cos, f64::cos, (-1e6, 1e6), true), 1.0);
    for y in [-2.5f32, -0.5, 0.3, 1.5, 7.0] {
        for i in 1..20_000 {
            let x = i as f32 * 1e-3;
            let exact = (x as f64).powf(y as f64);
            let error = (pow(x, y) as f64 - exact).abs() / exact / f32::EPSILON as f64;
            assert!(error <= 1.0, "{x}^{y}: {error} ulp");
        }
    }
}

#[test]
fn doubles_are_right() {
    for i in 1..200_000 {
        let x = i as f64 * 1e-3;
        let close = |ours: f64, exact: f64| (ours - exact).abs() <= 4e-16 * exact.abs().max(1.0);
        assert!(close(exp64(-x), (-x).exp()) && close(log64(x), x.ln()));
        assert!((exp64(x) / x.exp() - 1.0).abs() < 4e-16);
        assert!((sin64(x) - x.sin()).abs() < 1e-15 && (cos64(-x) - x.cos()).abs() < 1e-15);
        assert!((pow64(x, 1.7) / x.powf(1.7) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn special_values_stay_special() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    assert_eq!(
        [exp(0.0), exp(inf), exp(-inf), exp(90.0), exp(-110.0)],
        [1.0, inf, 0.0, inf, 0.0]
    );
    assert_eq!([log(0.0), log(1.0), log(inf)], [-inf, 0.0, inf]);
    assert!(log(-1.0).is_nan() && pow(-2.0, 0.7).is_nan());
    assert_eq!(
        [erf(inf), erf(-inf), erf(0.0), erf(1e20)],
        [1.0, -1.0, 0.0, 1.0]
    );
    assert_eq!([tanh(inf), tanh(-inf), tanh(0.0)], [1.0, -1.0, 0.0]);
    assert_eq!([sigmoid(inf), sigmoid(-inf), sigmoid(0.0)], [1.0, 0.0, 0.5]);
    assert_eq!(
        [
            pow(-2.0, 5.0),
            pow(0.0, 4.0),
            pow(5.0, 0.0),
            pow(0.0, -3.0),
            pow(-2.0, 4.0)
        ],
        [-32.0, 0.0, 1.0, inf, 16.0]
    );
    assert_eq!(log(f32::from_bits(1)), -103.278_93);
    for f in [exp, log, erf, tanh, sigmoid, sin, cos, gelu, gelu_tanh] {
        assert!(f(nan).is_nan());
    }
    assert!(sin(inf).is_nan() && cos(inf).is_nan());
    assert_eq!(round_even(2.5), 2.0);
}
