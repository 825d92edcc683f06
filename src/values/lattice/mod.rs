//! Values that lie on a lattice `x = origin + n·step`, as packed archives leave them.
//!
//! GRIB and 16-bit packing round every value of a field to a grid; unpacked, the grid
//! is still there, apart from the rounding of the stored type. Where it is found,
//! codes count its steps.

mod amend;
mod line;
mod many;
mod step;

use foresz_predictors::Sample;

use super::fills::Fills;
use super::rounding::ulp;
use super::sweeps;
use line::Point;

pub(crate) use amend::Amendments;
pub(crate) use many::Lattices;

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
/// Neighbours looked at together: their differences are small multiples of the step.
const RUN: usize = 16;
/// Values looked at first.
const FEW: usize = 256;
/// More points than this between the ends cannot be told from chance.
const MOST_POINTS: f64 = (1u64 << 40) as f64;
/// How many of the values have to lie on a lattice.
const SHARE: f64 = 0.98;
/// How far from it they can be, in roundings of the largest.
pub(crate) const SLACK: f64 = 1.5;
/// Attempts at a lattice that has all values, and values that each adds to what it has to have.
const ROUNDS: usize = 16;
const MOST_MISFITS: usize = 512;

/// The lattice that values lie on, if one with its step is of use; NaN is passed over.
pub(crate) fn find<T: Sample>(
    values: &[T],
    largest: T,
    is_of_use: impl Fn(f64) -> bool,
) -> Option<Lattice> {
    let mut seen: Vec<f64> = Vec::with_capacity(2 * SAMPLES);
    let stride = (values.len() / (SAMPLES / RUN)).max(RUN);
    for run in values.chunks(stride) {
        let run = run.iter().take(RUN).filter(|x| x.is_finite());
        seen.extend(run.map(|x| x.to_f64()));
    }
    let blur = ulp(largest);
    // Most fields show in few values that there is none.
    step::divisor(&seen[..FEW.min(seen.len())], blur)?;
    let step = step::divisor(&seen, blur)?;
    seen.sort_unstable_by(f64::total_cmp);
    seen.dedup();
    let step = far(&seen, step, blur)?;
    is_of_use(step).then(|| through::<T>(&seen, step, blur))?
}

/// A step that was found in neighbours, made exact by pairs ever farther apart.
fn far(ascending: &[f64], mut step: f64, blur: f64) -> Option<f64> {
    let mut apart = 1;
    loop {
        let (mut products, mut squares, mut pairs) = (0.0, 0.0, 0);
        for (a, b) in ascending
            .iter()
            .zip(&ascending[apart.min(ascending.len())..])
        {
            let difference = b - a;
            let n = (difference / step).round_to_code().0;
            if n >= 1.0 && (difference - n * step).abs() <= (4.0 * blur).max(0.25 * step) {
                products += n * (difference - n * step);
                squares += n * n;
                pairs += 1;
            }
        }
        if squares == 0.0 || pairs * 10 < (ascending.len() - apart) * 8 {
            return None;
        }
        step += products / squares;
        if apart >= ascending.len() / 2 {
            return Some(step);
        }
        apart = (apart * 4).min(ascending.len() / 2);
    }
}

/// The lattice of about this step that nearly all values lie on.
fn through<T: Sample>(ascending: &[f64], step: f64, blur: f64) -> Option<Lattice> {
    let least = SHARE * ascending.len() as f64;
    // An anchor may lie beside the lattice.
    let anchors = [0, ascending.len() / 2, ascending.len() / 4];
    let rough = anchors.iter().find_map(|place| {
        let rough = Lattice {
            origin: *ascending.get(*place)?,
            step,
            exact: false,
        };
        let near = (2.0 * SLACK * blur).max(0.1 * step);
        let on = ascending.iter().filter(|x| rough.off(**x) <= near);
        (on.clone().count() as f64 >= least).then(|| {
            // Values beside the lattice must not draw it to them.
            let mut rests: Vec<f64> = on.map(|x| x - rough.point(*x)).collect();
            let middle = rests.len() / 2;
            let middle = *rests.select_nth_unstable_by(middle, f64::total_cmp).1;
            let rough = Lattice {
                origin: rough.origin + middle,
                ..rough
            };
            let on = ascending
                .iter()
                .filter(|x| rough.off(**x) <= 2.0 * SLACK * blur);
            let points: Vec<Point> = on.map(|x| rough.mark(T::from_f64(*x))).collect();
            rough.along(&points, blur).map(|(lattice, _)| lattice)
        })
    })??;
    let on = ascending.iter().filter(|x| rough.off(**x) <= SLACK * blur);
    let exact = |x: &f64| rough.nearest(T::from_f64(*x)).to_f64() == *x;
    (on.count() as f64 >= least).then_some(Lattice {
        exact: ascending.iter().all(exact),
        ..rough
    })
}

impl Lattice {
    /// The number of the point nearest to a value.
    pub(crate) fn number(&self, x: f64) -> f64 {
        ((x - self.origin) * (1.0 / self.step)).round_to_code().0
    }

    /// The point nearest to a value.
    fn point(&self, x: f64) -> f64 {
        self.origin + self.number(x) * self.step
    }

    /// The same, rounded to the type.
    fn nearest<T: Sample>(&self, x: T) -> T {
        T::from_f64(self.point(x.to_f64()))
    }

    /// How far a value is from it.
    fn off(&self, x: f64) -> f64 {
        let n = (x - self.origin) / self.step;
        if n.abs() <= MOST_POINTS {
            (self.point(x) - x).abs()
        } else {
            f64::INFINITY
        }
    }

    /// The lattice through points that are numbered as those of this one, and whether there is
    /// one through all of them.
    fn along(self, points: &[Point], blur: f64) -> Option<(Self, bool)> {
        let ends = points
            .iter()
            .fold((0.0f64, 0.0f64), |(a, b), p| (a.min(p.n), b.max(p.n)));
        let span = ends.1 - ends.0;
        if span < 1.0 {
            return None;
        }
        // Of doubles, a step itself has no more bits than they have.
        let doubt = (4.0 * blur / span).max(8.0 * f64::EPSILON * self.step);
        // Packing to a power of two is the rule in GRIB.
        let power = nearest_power_of_two(self.step);
        let (room, origin) = line::room(points, power);
        let (origin, step, all) = if (power - self.step).abs() <= doubt && room >= 0.0 {
            (origin, power, true)
        } else {
            line::through(points, self.step, doubt)
        };
        let exact = false;
        Some((
            Lattice {
                origin,
                step,
                exact,
            },
            all,
        ))
    }

    /// A lattice like this with which more of the values, or all, are points to the bit.
    fn polished<T: Sample>(self, values: &[T]) -> Self {
        let numbers = || values.iter().filter(|x| x.is_finite());
        let blur = sweeps::range(values).map_or(0.0, |range| ulp(sweeps::farthest(range)));
        let sample = numbers().step_by((values.len() / SAMPLES).max(1));
        let sample = sample.filter(|x| self.off(x.to_f64()) <= SLACK * blur);
        let mut points: Vec<Point> = sample.map(|x| self.mark(*x)).collect();
        let (mut best, mut fewest) = (self, usize::MAX);
        let mut tried = Some((self, true));
        for _ in 0..ROUNDS {
            let Some((lattice, fits)) = tried else {
                break;
            };
            let off = || numbers().filter(|x| lattice.nearest(**x) != **x);
            let misfits = || off().filter(|x| lattice.off(x.to_f64()) <= SLACK * blur);
            let (all, count) = (off().count(), misfits().count());
            if all < fewest {
                (best, fewest) = (lattice, all);
            }
            if count == 0 || !fits {
                break;
            }
            let more = misfits().step_by((count / MOST_MISFITS).max(1));
            points.extend(more.map(|x| self.mark(*x)));
            tried = self.along(&points, blur);
        }
        let exact = numbers().all(|x| best.nearest(*x) == *x);
        Lattice { exact, ..best }
    }

    fn mark<T: Sample>(&self, x: T) -> Point {
        Point::new(self.number(x.to_f64()), x)
    }
}
/// The step of the lattice that a field lies on, as packed archives leave it; nothing if
/// there is none. Fill values are passed over.
pub fn lattice_step<T: Sample>(values: &[T], fills: &[f64]) -> Option<f64> {
    let fills = Fills::new::<T>(fills, &[]);
    let is_number = |x: &T| x.is_finite() && !fills.contains(x);
    let numbers: Vec<T> = values.iter().copied().filter(is_number).collect();
    let largest = sweeps::farthest(sweeps::range(&numbers)?);
    find(&numbers, largest, |_| true).map(|lattice| lattice.step)
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
        find(values, largest, |_| true)
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

    fn to_the_bit(values: &[f32], slice: Option<usize>) -> Option<(Lattices, Vec<f32>)> {
        let largest = values.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let (lattices, points) =
            Lattices::find(values, largest, slice, |_| true)?.to_the_bit(values);
        let mut decoded = points.unwrap_or_else(|| values.to_vec());
        for (places, lattice) in lattices.parts(values.len()) {
            lattices.amendments.apply(&mut decoded[places], lattice);
        }
        Some((lattices, decoded))
    }

    /// Numbers of points that wander about.
    fn numbers(n: usize, most: i64) -> Vec<i64> {
        let mut at = 0;
        (0..n as i64)
            .map(|i| {
                at = (at + (i * i) % 397 - 150 + i % 91).rem_euclid(most);
                at
            })
            .collect()
    }

    #[test]
    fn unpacked_values_come_back_to_the_bit() {
        for (step, offset, most) in [
            (0.002_891_363_2, 7.3, 65_536),
            (0.001_160_668, 250.0, 65_536),
            (1e-4, 0.0, 40_000),
            (3.965_4e-7, 0.007, 65_536),
            (0.019_3, -1200.0, 130_000),
        ] {
            let unpack = |n: i64| ((n - 30_000) as f64 * step + offset) as f32;
            let mut values: Vec<f32> = numbers(60_000, most).into_iter().map(unpack).collect();
            values[17] = f32::NAN;
            let (lattices, _) = to_the_bit(&values, None).unwrap();
            assert!(lattices.exact(), "{step} {offset} {lattices:?}");
            assert!((lattices.step() / step - 1.0).abs() < 1e-6, "{step}");
            assert!(lattices.amendments.ulps.is_empty());
        }
    }

    #[test]
    fn values_unpacked_in_their_own_type_are_amended() {
        let unpack = |n: i64| (n - 30_000) as f32 * 0.001_16f32 + 250.0f32;
        let values: Vec<f32> = numbers(60_000, 65_000).into_iter().map(unpack).collect();
        let (lattices, decoded) = to_the_bit(&values, None).unwrap();
        assert!(!lattices.exact() && lattices.amendments.ulps.contains(&1));
        assert_eq!(decoded, values);
    }

    #[test]
    fn one_point_stands_for_one_value() {
        let unpack = |n: i64| (n - 30_000) as f32 * 0.001_16f32 + 250.0f32;
        let mut values: Vec<f32> = numbers(60_000, 65_000).into_iter().map(unpack).collect();
        // Two values for one point: neither is lost.
        values[100] = values[100].next_up();
        values[2000] = values[2000].next_down();
        assert_eq!(to_the_bit(&values, None).unwrap().1, values);
    }

    #[test]
    fn slices_can_have_lattices_of_their_own() {
        let mut values = Vec::new();
        for (slice, n) in numbers(12 * 500, 4000).chunks(500).enumerate() {
            let step = 0.001 * f64::from(1 << (slice % 4)) + 1e-6 * slice as f64;
            values.extend(n.iter().map(|n| (*n as f64 * step + slice as f64) as f32));
        }
        assert_eq!(to_the_bit(&values, None), None);
        let (lattices, _) = to_the_bit(&values, Some(500)).unwrap();
        assert!(lattices.exact() && lattices.each.len() == 12);
        // Slices of one value, and one without any, wherever it is looked first.
        values[..500].fill(0.0);
        for slice in [2, 4, 8] {
            values[slice * 500..(slice + 1) * 500].fill(3.25);
        }
        values[3000..3500].fill(f32::NAN);
        assert!(to_the_bit(&values, Some(500)).unwrap().0.exact());
        // A slice that is rough.
        let rough = numbers(500, 1 << 24);
        values[4500..5000]
            .copy_from_slice(&rough.iter().map(|n| *n as f32 * 1e-4).collect::<Vec<_>>());
        assert_eq!(to_the_bit(&values, Some(500)), None);
    }

    #[test]
    fn few_values_beside_a_lattice_do_not_move_it() {
        for step in [0.002_891_363_2, 1e-4] {
            let unpack = |n: i64| ((n - 30_000) as f64 * step + 7.3) as f32;
            let mut values: Vec<f32> = numbers(120_000, 65_000).into_iter().map(unpack).collect();
            for i in 0..100 {
                values[i * 1171 + 40] += (0.05 + 0.004 * i as f64) as f32 * step as f32;
            }
            let (lattices, decoded) = to_the_bit(&values, None).unwrap();
            assert_eq!(decoded, values);
            let beside = values
                .iter()
                .filter(|x| lattices.each[0].nearest(**x) != **x);
            assert!(beside.count() <= 100, "{step}");
        }
    }

    #[test]
    fn decimals_are_found_in_doubles() {
        for scale in [1.0, 7.0, 30.0, 90.0] {
            let whole = numbers(40_000, 60_000)
                .into_iter()
                .map(|n| n as f64 * scale / 60.0);
            let values: Vec<f64> = whole.map(|n| n.round() / 1000.0).collect();
            assert!(find(&values, scale, |_| true).is_some(), "{scale}");
        }
    }

    #[test]
    fn distances_beyond_the_numbers_are_none() {
        let mut values: Vec<f64> = (0..4000).map(|k| f64::from(k % 90) * 20.0 - 9.0).collect();
        values[100] = 0.99;
        let lattices = Lattices::find(&values, 1800.0, None, |_| true);
        assert!(lattices.is_some());
        lattices.unwrap().to_the_bit(&values);
    }

    #[test]
    fn extreme_values_come_back() {
        let few = f32::from_bits(1);
        for values in [
            [f32::MAX, 0.0, 0.0, 0.0],
            [-f32::MAX, 0.0, f32::MAX, 0.0],
            [few, 0.0, 3.0 * few, -0.0],
            [f32::MIN_POSITIVE, f32::MAX, 1.0, -1.0],
            [f32::INFINITY, 1.0, 3.0, f32::NEG_INFINITY],
        ] {
            let Some((lattices, decoded)) = to_the_bit(&values, None) else {
                continue;
            };
            let finite = lattices
                .each
                .iter()
                .all(|l| l.origin.is_finite() && l.step.is_finite());
            assert!(finite, "{values:?} {lattices:?}");
            let same = decoded.iter().zip(&values).all(|(a, b)| a == b);
            assert!(same, "{values:?} {decoded:?} {lattices:?}");
        }
    }

    #[test]
    fn any_values_end_the_search() {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        for case in 0..3000 {
            let (many, levels) = (3 + next() % 600, 2 + next() % (1 << (1 + case % 20)));
            let scale = 1.0 + (next() % 1000) as f32 * 1e-3;
            let values: Vec<f32> = (0..many)
                .map(|_| (next() % levels) as f32 * scale)
                .collect();
            found(&values);
        }
    }

    #[test]
    fn steps_near_the_rounding_are_none() {
        let unpack = |n: i64| (250.0 + n as f64 * 4.0 * f64::from(f32::EPSILON) * 128.0) as f32;
        let values: Vec<f32> = numbers(60_000, 60_000).into_iter().map(unpack).collect();
        assert_eq!(found(&values), None);
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
