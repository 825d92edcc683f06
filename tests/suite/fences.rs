//! Least and most values, valid ranges and fill values: no number comes back where it must
//! not be, whatever the type, the bound and the way it is coded.

use crate::common::fields::Random;
use crate::common::{array, bits, pack, unpack};
use foresz::{
    Backend, Bound, Decompressor, Effort, Error, Options, Sample, compress, decompress_region,
};
use ndarray::{ArrayD, Axis, Slice};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

// --- The cases that were found. ---

fn field<T>(values: Vec<T>) -> ArrayD<T> {
    array(&[values.len()], values)
}

#[test]
fn what_a_limit_moves_keeps_the_bound_in_the_type_of_the_field() {
    // In `f32` the limit is further away than the bound.
    let original = field(vec![2426.25f32, 2430.0]);
    let asked = Options::new(Bound::Absolute(0.1225)).least(2426.3725);
    assert!(compress(original.view(), &asked).is_err());
    let asked = Options::new(Bound::Absolute(0.1227)).least(2426.3725);
    let packed = pack(&original, &asked);
    let decoded = unpack::<f32>(&packed.bytes);
    let error = f64::from(decoded[[0]]) - f64::from(original[[0]]);
    assert!(f64::from(decoded[[0]]) >= 2426.3725 && error <= 0.1227);
    assert!(packed.report.max_error >= error, "{:?}", packed.report);
}

/// Noise from 0 on, much of it 0.
fn rain(samples: usize) -> Vec<f64> {
    let mut random = Random(3);
    (0..samples).map(|_| random.unit().max(0.0)).collect()
}

#[test]
fn limits_are_rounded_inwards() {
    for (limit, bound) in [(0.7, 0.1), (0.1, 0.07), (-0.7, 0.03), (1.0 / 3.0, 0.011)] {
        let inside = (limit as f32).next_up();
        let low = field(rain(900).iter().map(|x| inside + *x as f32).collect());
        let asked = || Options::new(Bound::Absolute(bound));
        let decoded = unpack::<f32>(&pack(&low, &asked().least(limit)).bytes);
        assert!(decoded.iter().all(|x| f64::from(*x) >= limit), "{limit}");
        let high = low.mapv(|x| (limit as f32).next_down() - (x - inside));
        let decoded = unpack::<f32>(&pack(&high, &asked().most(limit)).bytes);
        assert!(decoded.iter().all(|x| f64::from(*x) <= limit), "{limit}");
    }
}

#[test]
fn limits_hold_under_relative_bounds() {
    let values = rain(2000).iter().map(|x| 5.0 + x.min(0.5)).collect();
    let original: ArrayD<f64> = array(&[40, 50], values);
    let asked = Options::new(Bound::PointwiseRelative(0.013))
        .least(5.0)
        .most(5.5);
    for asked in [asked.clone(), asked.effort(Effort::Best)] {
        let decoded = unpack::<f64>(&pack(&original, &asked).bytes);
        for (x, y) in original.iter().zip(&decoded) {
            let kept = (5.0..=5.5).contains(y) && (x - y).abs() <= 0.013 * x;
            assert!(kept, "{x} {y}");
        }
    }
}

#[test]
fn numbers_near_a_fill_value_are_not_negative() {
    let original = field(rain(900).iter().map(|x| *x as f32 - 0.04).collect());
    let asked = Options::new(Bound::Absolute(0.1)).least(0.0).fill(0.5);
    let decoded = unpack::<f32>(&pack(&original, &asked).bytes);
    for (x, y) in original.iter().zip(&decoded) {
        assert!(*y >= 0.0 && *y != 0.5 && (x - y).abs() <= 0.1, "{x} {y}");
    }
}

#[test]
fn a_limit_beside_a_fill_value_turns_nothing_into_it() {
    for fill in [0.0f32, -1e-45, 1.0] {
        let values = rain(900).into_iter();
        let values = values.map(|x| fill.next_up() + x as f32);
        let mut original = field(values.collect());
        original[[7]] = fill;
        let fill = f64::from(fill);
        let asked = Options::new(Bound::Absolute(0.1)).least(fill).fill(fill);
        let decoded = unpack::<f32>(&pack(&original, &asked).bytes);
        for (i, y) in decoded.iter().enumerate() {
            let y = f64::from(*y);
            assert!((y == fill) == (i == 7) && y >= fill, "{i} {y} {fill}");
        }
    }
}

#[test]
fn limits_that_a_type_cannot_hold_are_refused() {
    let original = field(vec![1.0f32, 2.0, 3.0]);
    let asked = || Options::new(Bound::Absolute(1e40));
    for asked in [
        asked().least(1e39),
        asked().most(-1e39),
        asked().least(f64::NAN),
        asked().most(f64::INFINITY),
        asked().least(2.0).most(1.0),
        asked().least(2.0).most(2.0).fill(2.0),
        asked().valid(2.0, 1.0),
        asked().valid(f64::NAN, 1.0),
    ] {
        let refused = compress(original.view(), &asked).unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    }
    let decoded = unpack::<f32>(&pack(&original, &asked().least(0.0).most(1e38)).bytes);
    assert!(decoded.iter().all(|x| (0.0..=1e38).contains(x)));
}

#[test]
fn numbers_beyond_a_limit_by_more_than_the_bound_are_refused() {
    let original = field(vec![1.0f64, 2.0, 3.0]);
    for (bound, kept) in [
        (Bound::Absolute(0.5), false),
        (Bound::Absolute(1.0), true),
        (Bound::PointwiseRelative(0.25), false),
        (Bound::Lossless, false),
    ] {
        for asked in [
            Options::new(bound).least(2.0),
            Options::new(bound).most(2.0),
        ] {
            assert_eq!(compress(original.view(), &asked).is_ok(), kept, "{bound:?}");
        }
    }
    // Fill values and those that are kept may lie anywhere.
    let asked = Options::new(Bound::Absolute(0.1)).least(2.0).fill(1.0);
    assert_eq!(unpack::<f64>(&pack(&original, &asked).bytes)[[0]], 1.0);
    let asked = Options::new(Bound::Absolute(0.1)).least(2.0).keep(1.0);
    assert_eq!(unpack::<f64>(&pack(&original, &asked).bytes)[[0]], 1.0);
}

#[test]
fn numbers_stay_on_their_side_of_a_fill_value_among_them() {
    let mut random = Random(11);
    let values: Vec<f32> = (0..6000).map(|_| (8.0 * random.unit()) as f32).collect();
    let mut values: Vec<f32> = values.iter().map(|x| x.round()).collect();
    values[17] = 0.0;
    let original = array(&[60, 100], values);
    for bound in [1.0, 3.0, 20.0] {
        let asked = Options::new(Bound::Absolute(bound)).fill(0.0);
        let packed = pack(&original, &asked);
        let decoded = unpack::<f32>(&packed.bytes);
        for (x, y) in original.iter().zip(&decoded) {
            assert!((*x == 0.0) == (*y == 0.0) && f64::from((x - y).abs()) <= bound);
            assert_eq!(x.partial_cmp(&0.0), y.partial_cmp(&0.0), "{x} {y}");
        }
    }
}

// --- All of it at once. ---

fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::Direct("testdata/regressions/fences.txt");
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(file)),
        ..ProptestConfig::default()
    }
}

/// A field around some places, at some scale, and what is asked of it at those places.
#[derive(Debug, Clone)]
struct Case {
    shape: Vec<usize>,
    scale: f64,
    offset: f64,
    /// Of the values, in scales.
    spread: f64,
    rounded: bool,
    seed: u64,
    specials: Vec<(Index, Place)>,
    bound: Bound,
    least: Option<Place>,
    most: Option<Place>,
    valid: Option<(Place, Place)>,
    fills: Vec<Place>,
    keep: Option<Place>,
    effort: usize,
    backend: Option<usize>,
    spec: usize,
    chunked: bool,
}

/// A value.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The so-manieth value of the field, moved by so many bounds.
    Near(Index, f64),
    /// In scales.
    At(f64),
    /// As it is.
    Exactly(f64),
}

const SPECS: [&str; 6] = ["auto", "auto", "zero", "lorenzo", "spline", "raster"];
const EXTREMES: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -0.0,
    1e-45,
    -5e-324,
    1e-310,
    1e20,
    -32767.0,
    f32::MAX as f64,
    1e39,
    f64::MAX,
    f64::MIN,
];

fn places() -> impl Strategy<Value = Place> {
    let moves = prop_oneof![Just(0.0), -1.2..1.2f64];
    prop_oneof![
        4 => (any::<Index>(), moves).prop_map(|(i, b)| Place::Near(i, b)),
        2 => prop_oneof![Just(0.0), Just(0.1), Just(0.7), -2.0..2.0f64].prop_map(Place::At),
        1 => (0..EXTREMES.len()).prop_map(|i| Place::Exactly(EXTREMES[i])),
    ]
}

fn asked_bounds() -> impl Strategy<Value = Bound> {
    let part = prop_oneof![Just(1e-3), Just(0.1), Just(2.0), Just(1e-8), 1e-5..3.0f64];
    prop_oneof![
        5 => part.prop_map(Bound::Absolute),
        1 => Just(Bound::Absolute(1e40)),
        2 => prop_oneof![Just(1e-3), Just(0.3), Just(1e-7)].prop_map(Bound::RangeRelative),
        3 => prop_oneof![Just(1e-3), Just(0.3), Just(0.9)].prop_map(Bound::PointwiseRelative),
        1 => Just(Bound::Psnr(30.0)),
        1 => Just(Bound::Lossless),
    ]
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn cases() -> impl Strategy<Value = Case> {
    let shapes = prop_oneof![
        prop::collection::vec(1..400usize, 1),
        prop::collection::vec(1..24usize, 2),
        prop::collection::vec(1..9usize, 3),
    ];
    let scales = prop_oneof![
        4 => Just(1.0),
        1 => Just(1e-44),
        1 => Just(1e-38),
        1 => Just(1e37),
        1 => Just(300.0)
    ];
    let offsets = prop_oneof![Just(0.0), Just(1.0), -3.0..3.0f64];
    let spreads = prop_oneof![Just(0.0), Just(1e-3), Just(1.0), Just(40.0)];
    let look = (
        shapes,
        scales,
        offsets,
        spreads,
        any::<bool>(),
        any::<u64>(),
    );
    let asked = (
        asked_bounds(),
        prop::option::of(places()),
        prop::option::of(places()),
        prop::option::of((places(), places())),
        prop::collection::vec(places(), 0..4),
        prop::option::of(places()),
        prop::collection::vec((any::<Index>(), places()), 0..6),
    );
    let how = (
        0..Effort::ALL.len(),
        prop::option::of(0..Backend::ALL.len()),
        0..SPECS.len(),
        any::<bool>(),
    );
    (look, asked, how).prop_map(|(look, asked, how)| {
        let (shape, scale, offset, spread, rounded, seed) = look;
        let (bound, least, most, valid, fills, keep, specials) = asked;
        let (effort, backend, spec, chunked) = how;
        Case {
            shape,
            scale,
            offset,
            spread,
            rounded,
            seed,
            specials,
            bound,
            least,
            most,
            valid,
            fills,
            keep,
            effort,
            backend,
            spec,
            chunked,
        }
    })
}

impl Case {
    /// The bound, at the scale of the field.
    fn bound(&self) -> Bound {
        match self.bound {
            Bound::Absolute(x) if x < 1e30 => Bound::Absolute(x * self.scale),
            other => other,
        }
    }

    fn place<T: Sample>(&self, place: Place, values: &[T]) -> f64 {
        match place {
            Place::Near(i, by) => {
                let x = values[i.index(values.len())].to_f64();
                match self.bound() {
                    Bound::Absolute(bound) if bound < 1e39 => x + by * bound,
                    Bound::PointwiseRelative(part) => x + by * part * x,
                    _ => x + by * 1e-3 * self.scale,
                }
            }
            Place::At(x) => x * self.scale,
            Place::Exactly(x) => x,
        }
    }

    fn cook<T: Sample>(&self) -> ArrayD<T> {
        let mut random = Random(self.seed);
        let n: usize = self.shape.iter().product();
        let mut values: Vec<T> = (0..n)
            .map(|i| {
                let x = self.offset
                    + self.spread * (0.1 * (i as f64 * 0.05).sin() + 0.05 * random.unit());
                let x = if self.rounded {
                    (x * 8.0).round() / 8.0
                } else {
                    x
                };
                T::from_f64(x * self.scale)
            })
            .collect();
        for (at, place) in &self.specials {
            values[at.index(n)] = T::from_f64(self.place(*place, &values));
        }
        array(&self.shape, values)
    }

    fn asked<T: Sample>(&self, values: &[T]) -> Asked {
        let place = |p: Place| self.place(p, values);
        let ends = |(a, b): (Place, Place)| {
            let (a, b) = (place(a), place(b));
            if a > b { (b, a) } else { (a, b) }
        };
        Asked {
            least: self.least.map(place),
            most: self.most.map(place),
            valid: self.valid.map(ends).filter(|(a, b)| a <= b),
            fills: self.fills.iter().copied().map(place).collect(),
            keep: self.keep.map(place),
        }
    }

    fn options(&self, asked: &Asked) -> Options {
        let mut options = Options::new(self.bound())
            .effort(Effort::ALL[self.effort])
            .threads(1);
        // Packing is asked for by the effort.
        if let Some(backend) = self.backend.map(|b| Backend::ALL[b])
            && backend != Backend::Packed
        {
            options = options.backend(backend);
        }
        if self.spec > 0 {
            options = options.predictor(SPECS[self.spec]).unwrap();
        }
        if self.chunked {
            let chunk: Vec<usize> = self.shape.iter().map(|n| n.div_ceil(2)).collect();
            options = options.chunk(chunk);
        }
        asked.of(options)
    }
}

/// What is asked of values, as numbers.
#[derive(Debug)]
struct Asked {
    least: Option<f64>,
    most: Option<f64>,
    valid: Option<(f64, f64)>,
    fills: Vec<f64>,
    keep: Option<f64>,
}

impl Asked {
    fn of(&self, mut options: Options) -> Options {
        options = match self.least {
            Some(least) => options.least(least),
            None => options,
        };
        options = match self.most {
            Some(most) => options.most(most),
            None => options,
        };
        options = match self.valid {
            Some((low, high)) => options.valid(low, high),
            None => options,
        };
        options = match self.keep {
            Some(keep) => options.keep(keep),
            None => options,
        };
        self.fills.iter().copied().fold(options, Options::fill)
    }

    fn is_fill<T: Sample>(&self, x: T) -> bool {
        self.fills.iter().any(|fill| T::from_f64(*fill) == x)
    }

    /// Whether a value has to come back as it is.
    fn is_exact<T: Sample>(&self, x: T) -> bool {
        !x.is_finite() || self.is_fill(x) || self.keep.is_some_and(|keep| T::from_f64(keep) == x)
    }

    /// The nearest number within the limits, if there is any.
    fn aim<T: Sample>(&self, x: T) -> Option<T> {
        let up = |x: T| -(-x).next_down();
        let (mut low, mut high) = (-T::MAX, T::MAX);
        if let Some(least) = self.least {
            let near = T::from_f64(least);
            low = if near.to_f64() < least {
                up(near)
            } else {
                near
            };
            while self.is_fill(low) {
                low = up(low);
            }
        }
        if let Some(most) = self.most {
            let near = T::from_f64(most);
            high = if near.to_f64() > most {
                near.next_down()
            } else {
                near
            };
            while self.is_fill(high) {
                high = high.next_down();
            }
        }
        let limits = low.is_finite() && high.is_finite() && low <= high;
        let aim = if x < low { low } else { x };
        limits.then_some(if aim > high { high } else { aim })
    }

    /// Whether there is good reason to refuse a field.
    fn cannot_be<T: Sample>(&self, values: &[T], bound: f64, relative: f64) -> bool {
        let ends = [self.least, self.most].into_iter().flatten();
        let mut odd = ends.filter(|x| !T::from_f64(*x).is_finite());
        odd.next().is_some()
            || values.iter().filter(|x| !self.is_exact(**x)).any(|x| {
                let aim = self.aim(*x).map_or(f64::INFINITY, Sample::to_f64);
                let off = (x.to_f64() - aim).abs();
                off > if relative > 0.0 {
                    relative * x.to_f64().abs()
                } else {
                    bound
                }
            })
            || self.aim(T::ZERO).is_none()
    }

    fn allows<T: Sample>(&self, x: T, y: T) -> bool {
        let (a, b) = (x.to_f64(), y.to_f64());
        let sides = |end: f64| (b < end, b > end) == (a < end, a > end) || b == end;
        let within = self.valid.is_none_or(|(low, high)| {
            let inside = |x: f64| low <= x && x <= high;
            // Limits come first.
            self.aim(x) != Some(x)
                || inside(a) == inside(b) && (inside(a) || (sides(low) && sides(high)))
        });
        y.is_finite()
            && !self.is_fill(y)
            && self.least.is_none_or(|least| b >= least)
            && self.most.is_none_or(|most| b <= most)
            && within
    }
}

fn assert_all<T: Sample>(case: &Case) -> Result<(), TestCaseError> {
    let field = case.cook::<T>();
    let values: Vec<T> = field.iter().copied().collect();
    let asked = case.asked(&values);
    let options = case.options(&asked);
    let packed = match compress(field.view(), &options) {
        Ok(packed) => packed,
        Err(Error::Invalid(reason)) => {
            let (bound, relative) = match case.bound() {
                Bound::Absolute(bound) => (bound, 0.0),
                Bound::PointwiseRelative(part) => (0.0, part),
                // Those that depend on the field.
                _ => (0.0, 0.0),
            };
            let excused = asked.cannot_be(&values, bound, relative);
            prop_assert!(excused, "{reason}: {asked:?}");
            return Ok(());
        }
        Err(other) => return Err(TestCaseError::fail(other.to_string())),
    };
    let decoded = unpack::<T>(&packed.bytes);
    let mut largest = 0.0f64;
    for (x, y) in values.iter().zip(&decoded) {
        if asked.is_exact(*x) {
            prop_assert_eq!(x.to_bits64(), y.to_bits64());
            continue;
        }
        prop_assert!(asked.allows(*x, *y), "{x:?} became {y:?}: {asked:?}");
        let error = (x.to_f64() - y.to_f64()).abs();
        let bound = match case.bound() {
            Bound::PointwiseRelative(part) => part * x.to_f64().abs(),
            _ => packed.report.bound,
        };
        prop_assert!(error <= bound, "{x:?} became {y:?}");
        largest = largest.max(error);
    }
    prop_assert_eq!(packed.report.max_error, largest);
    assert_parts(&decoded, &packed.bytes)
}

/// Regions and previews are the very values of the whole.
fn assert_parts<T: Sample>(whole: &ArrayD<T>, stream: &[u8]) -> Result<(), TestCaseError> {
    let region: Vec<_> = whole.shape().iter().map(|n| n / 3..n - n / 4).collect();
    let part = decompress_region::<T>(stream, &region).unwrap();
    let mut wanted = whole.clone();
    for (d, range) in region.iter().enumerate() {
        wanted.slice_axis_inplace(Axis(d), Slice::from(range.clone()));
    }
    prop_assert_eq!(bits(&part), bits(&wanted));
    if whole.shape().iter().rev().take(2).all(|n| *n == 1) {
        return Ok(());
    }
    let preview = Decompressor::default().threads(1).preview(1);
    let preview = preview.field::<T>(stream).unwrap();
    let mut wanted = whole.clone();
    let rank = wanted.ndim();
    for d in rank.saturating_sub(2)..rank {
        wanted.slice_axis_inplace(Axis(d), Slice::new(0, None, 2));
    }
    prop_assert_eq!(bits(&preview), bits(&wanted));
    Ok(())
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn numbers_stay_where_they_may_be_in_f32(case in cases()) {
        assert_all::<f32>(&case)?;
    }

    #[test]
    fn numbers_stay_where_they_may_be_in_f64(case in cases()) {
        assert_all::<f64>(&case)?;
    }
}
