//! Numbers and reports in words.

use foresz::Bound;
use foresz::predictors::Spec;

/// `721x1440`.
pub(crate) fn shape(shape: &[usize]) -> String {
    shape
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("x")
}

/// `4.15 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut amount = bytes as f64;
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB"] {
        // 999.5 and more would be shown as 1000.
        if amount < 999.5 {
            break;
        }
        (amount, unit) = (amount / 1000.0, larger);
    }
    format!("{} {unit}", number(amount))
}

/// Three significant digits.
pub(crate) fn number(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let exponent = x.abs().log10().floor();
    if !(-4.0..6.0).contains(&exponent) {
        return format!("{x:.2e}");
    }
    let digits = (2.0 - exponent).max(0.0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

/// The bound as it was asked for.
pub(crate) fn bound(asked: Bound) -> String {
    asked.to_string()
}

/// A spec without what only machines want to know of learned models.
pub(crate) fn spec(text: &str) -> String {
    let short = |text: &str| {
        let mut spec: Spec = text.parse().ok()?;
        for part in &mut spec.parts {
            if part.params.iter().any(|(key, _)| key == "sha256") {
                part.params
                    .retain(|(key, _)| key == "model" || key == "guard");
            }
        }
        Some(spec.to_string())
    };
    let specs = text.split(" | ");
    let shown: Vec<String> = specs
        .map(|spec| short(spec).unwrap_or_else(|| spec.into()))
        .collect();
    shown.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        let shown = [
            0.0, 40.71, 0.786_2, 0.005, 4.152, 102.4, 999.9, 123_456.0, 1e-9, -2.5e12,
        ];
        let wanted = [
            "0", "40.7", "0.786", "0.005", "4.15", "102", "1000", "123456", "1.00e-9", "-2.50e12",
        ];
        assert_eq!(shown.map(number), wanted);
    }

    #[test]
    fn sizes_for_people() {
        assert_eq!(
            [0, 999, 1000, 102_400, 4_152_960, 999_999_999].map(bytes),
            ["0 B", "999 B", "1 kB", "102 kB", "4.15 MB", "1 GB"]
        );
    }
}
