//! Fields for tests. Reference values beside the measures are from `NumPy`, `SciPy` and
//! scikit-image on these very fields.

/// 24 rows of 40 values, and the same with errors of up to 0.05.
pub(super) fn fields() -> (Vec<f64>, Vec<f64>) {
    let place = |k: usize| (k / 40, k % 40);
    let value = |k: usize| {
        let (i, j) = place(k);
        ((i * 7 + j * 13) % 32) as f64 / 4.0 + i as f64 * 0.1 + (j as f64 * 0.2).sin() * 2.0
    };
    let error = |k: usize| {
        let (i, j) = place(k);
        (((i * 5 + j * 3) % 11) as f64 - 5.0) * 0.01
    };
    let x: Vec<f64> = (0..24 * 40).map(value).collect();
    let y = (0..24 * 40).map(|k| x[k] + error(k)).collect();
    (x, y)
}

/// Equal but for rounding.
#[track_caller]
pub(super) fn close(found: f64, expected: f64) {
    let off = (found - expected).abs();
    assert!(
        off <= 1e-10 * expected.abs().max(1e-3),
        "{found} is not {expected}"
    );
}
