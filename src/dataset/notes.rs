//! What people should know of their data before they lose any of it.

use foresz_files::{Source, Values, Variable};

use super::places::own_axis;
use super::recipe::Recipe;
use crate::bound::Bound;

/// Attributes that say that numbers were rounded before: by us, by the conventions of
/// climate files, by the NetCDF library, by its Python interface.
const LOSSY: [&str; 6] = [
    "foresz_bound",
    "quantization",
    "_QuantizeBitGroomNumberOfSignificantDigits",
    "_QuantizeGranularBitRoundNumberOfSignificantDigits",
    "_QuantizeBitRoundNumberOfSignificantBits",
    "least_significant_digit",
];

/// Whether a variable went through a lossy compressor already.
pub fn lossy_before(variable: &Variable, recipe: &Recipe) -> Option<String> {
    if recipe.bounds.all().iter().all(|b| *b == Bound::Lossless) {
        return None;
    }
    let name = LOSSY
        .iter()
        .find(|name| variable.attribute(name).is_some())?;
    let value = variable.attribute(name)?;
    let said = match (value.as_text(), value.as_number()) {
        (Some(text), _) => text.to_owned(),
        (_, Some(number)) => number.to_string(),
        _ => String::new(),
    };
    Some(format!(
        "it went through a lossy compressor before ({name} = {said}): errors of both passes add up"
    ))
}

/// Whether the axis of a dimension is time.
fn is_time(axis: &Variable) -> bool {
    let text = |name| axis.attribute(name).and_then(Values::as_text);
    text("units").is_some_and(|units| units.contains(" since "))
        || text("standard_name") == Some("time")
}

/// What is odd about the time axes of some variables: that they go backwards, or have
/// gaps. Nothing of it keeps them from being compressed.
pub fn odd_times(source: &mut dyn Source, variables: &[usize]) -> Vec<String> {
    let dataset = source.dataset().clone();
    let mut dimensions: Vec<usize> = variables
        .iter()
        .flat_map(|v| dataset.variables[*v].dimensions.clone())
        .collect();
    dimensions.sort_unstable();
    dimensions.dedup();
    let mut odd = Vec::new();
    for d in dimensions {
        let name = &dataset.dimensions[d].name;
        let about = dataset.position(name).map(|p| &dataset.variables[p]);
        if about.is_some_and(is_time)
            && let Some(times) = own_axis(source, &dataset, d)
        {
            odd.extend(oddity(&times).map(|oddity| format!("{name} {oddity}")));
        }
    }
    odd
}

fn oddity(times: &[f64]) -> Option<String> {
    let mut steps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    if let Some(back) = steps.iter().position(|step| *step <= 0.0) {
        return Some(format!(
            "does not go forward from step {back} to {}: frames are predicted from those before them in the file",
            back + 1
        ));
    }
    let first_gap = {
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied()?;
        // Months are not all as long as each other.
        let gap = |step: &f64| *step > 1.5 * usual;
        let first = steps.iter().position(gap)?;
        steps.retain(gap);
        first
    };
    Some(format!(
        "has {} gaps, the first after step {first_gap}: frames behind a gap are predicted less well",
        steps.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_go_back_or_leave_out() {
        let hours = |n: usize| (0..n).map(|h| h as f64).collect::<Vec<_>>();
        assert_eq!(oddity(&hours(10)), None);
        assert_eq!(oddity(&[5.0]), None);
        assert!(
            oddity(&[0.0, 1.0, 1.0, 2.0])
                .unwrap()
                .contains("from step 1 to 2")
        );
        assert!(oddity(&[3.0, 2.0]).unwrap().contains("forward"));
        let mut gap = hours(10);
        gap.extend([30.0, 31.0, 60.0]);
        assert!(
            oddity(&gap)
                .unwrap()
                .contains("2 gaps, the first after step 9")
        );
        assert_eq!(oddity(&[0.0, 31.0, 59.0, 90.0, 120.0]), None, "months");
    }
}
