//! Values that lie on a lattice `x = origin + n·step`, as packed archives leave them.
//!
//! GRIB and 16-bit packing round every value of a field to a grid; unpacked, the grid
//! is still there, apart from the rounding of the stored type. Where it is found,
//! codes count its steps.

use foresz_predictors::Sample;

use super::fills::Fills;
use super::rounding::ulp;
use super::sweeps;

/// A lattice found in a chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lattice {
    pub(crate) origin: f64,
    pub(crate) step: f64,
    /// Whether every value looked at is a point of the lattice to the bit.
    pub(crate) exact: bool,
}

/// Values looked at.
const SAMPLES: usize = 2048;
/// Values looked at first.
const FEW: usize = 256;
/// A step must be this many times the rounding of values, or any values would fit.
const LEAST_STEP: f64 = 12.0;
/// More points than this between the ends cannot be told from chance.
const MOST_POINTS: f64 = (1u64 << 40) as f64;

/// The lattice that values lie on; NaN is passed over.
pub(crate) fn find<T: Sample>(values: &[T], largest: T) -> Option<Lattice> {
    let mut seen: Vec<f64> = Vec::with_capacity(2 * SAMPLES);
    // Runs of neighbours, whose differences are small multiples of the step.
    let runs = SAMPLES / 16;
    let stride = (values.len() / runs).max(16);
    for run in values.chunks(stride) {
        seen.extend(
            run.iter()
                .take(16)
                .filter(|x| x.is_finite())
                .map(|x| x.to_f64()),
        );
    }
    let blur = ulp(largest);
    // Most fields show in few values that there is none.
    common_step(
        &steps_between(&mut seen[..FEW.min(seen.len())].to_vec()),
        blur,
    )?;
    let step = common_step(&steps_between(&mut seen), blur)?;
    let (origin, step) = refine(&seen, step, blur)?;
    let point = |x: f64| origin + ((x - origin) / step).round() * step;
    let exact = seen.iter().all(|x| T::from_f64(point(*x)).to_f64() == *x);
    Some(Lattice {
        origin,
        step,
        exact,
    })
}

/// The step of the lattice that a field lies on, as packed archives leave it; nothing if
/// there is none. Fill values are passed over.
pub fn lattice_step<T: Sample>(values: &[T], fills: &[f64]) -> Option<f64> {
    let fills = Fills::new::<T>(fills, &[]);
    let is_number = |x: &T| x.is_finite() && !fills.contains(x);
    let numbers: Vec<T> = values.iter().copied().filter(is_number).collect();
    let largest = sweeps::farthest(sweeps::range(&numbers)?);
    find(&numbers, largest).map(|lattice| lattice.step)
}

/// Sorts values; the steps from each to the next, and no value twice.
fn steps_between(values: &mut Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    values.windows(2).map(|w| w[1] - w[0]).collect()
}

/// A divisor of all differences, up to blur: Euclid's algorithm with tolerance.
fn common_step(differences: &[f64], blur: f64) -> Option<f64> {
    let mut step = differences
        .iter()
        .copied()
        .filter(|d| *d > LEAST_STEP * blur)
        .fold(f64::INFINITY, f64::min);
    // Each round at least halves the step.
    for _ in 0..64 {
        if step <= LEAST_STEP * blur || !step.is_finite() {
            return None;
        }
        // A blurred step says nothing of differences many times its size.
        let near = differences.iter().filter(|d| **d < 64.0 * step);
        let rest = near.map(|d| (d - (d / step).round() * step).abs());
        let worst = rest.fold(0.0, f64::max);
        if worst <= 0.25 * step && worst <= 66.0 * blur {
            return Some(step);
        }
        step = worst;
    }
    None
}

/// Makes the step exact by following the lattice outwards from its lowest point.
fn refine(seen: &[f64], mut step: f64, blur: f64) -> Option<(f64, f64)> {
    let origin = *seen.first()?;
    for x in &seen[1..] {
        let n = ((x - origin) / step).round();
        let off = (x - origin - n * step).abs();
        if !(1.0..=MOST_POINTS).contains(&n) || off > 0.25 * step {
            return None;
        }
        step = (x - origin) / n;
    }
    let farthest = seen.last()? - origin;
    // Packing to a power of two is the rule in GRIB.
    let power = nearest_power_of_two(step);
    if (power - step).abs() * (farthest / step) <= blur {
        step = power;
    }
    let off = |x: &f64| (x - origin - ((x - origin) / step).round() * step).abs();
    seen.iter()
        .all(|x| off(x) <= 1.5 * blur)
        .then_some((origin, step))
}

fn nearest_power_of_two(x: f64) -> f64 {
    let below = f64::from_bits(x.to_bits() & (0x7ff << 52));
    if x / below > 1.5 { 2.0 * below } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wavy(n: usize, step: f64, origin: f64) -> Vec<f32> {
        (0..n)
            .map(|i| (origin + ((i * i) % 997 + i % 31) as f64 * step) as f32)
            .collect()
    }

    fn found(values: &[f32]) -> Option<Lattice> {
        let largest = values.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        find(values, largest)
    }

    #[test]
    fn steps_of_archives_are_found() {
        for (step, origin) in [
            (1.0 / 512.0, 250.0),
            (0.824_931, 76_293.9),
            (3.9654e-7, 0.0),
            (1.0, 0.0),
        ] {
            let lattice = found(&wavy(20_000, step, origin)).unwrap();
            assert!(
                (lattice.step / step - 1.0).abs() < 1e-4,
                "{step} {lattice:?}"
            );
        }
        let lattice = found(&wavy(20_000, 1.0 / 512.0, 250.0)).unwrap();
        assert_eq!((lattice.step, lattice.exact), (1.0 / 512.0, true));
    }

    #[test]
    fn rough_and_constant_values_have_none() {
        let mut state = 1u64;
        let noise: Vec<f32> = (0..5000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as f32 * 1e-9
            })
            .collect();
        assert_eq!(found(&noise), None);
        assert_eq!(found(&[3.0; 100]), None);
        assert_eq!(found(&[f32::NAN; 100]), None);
        assert_eq!(found(&[1.0]), None);
    }
}
