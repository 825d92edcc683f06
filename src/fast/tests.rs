use proptest::prelude::*;

use super::*;
use crate::error::Section;

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }
}

/// A field of some kind with magnitudes of about `size`.
fn field<T: Sample>(kind: u8, samples: usize, size: f64, seed: u64) -> Vec<T> {
    let mut noise = Noise(seed);
    let mut walk = 0.0;
    let mut value = |i: usize| {
        walk += noise.next();
        match kind {
            0 => (i as f64 * 0.01).sin(),
            1 => noise.next(),
            2 => walk * 0.01,
            3 => 0.75,
            4 if noise.next() > 0.499 => 1.0,
            4 => noise.next() * 1e-3,
            5 => -0.0,
            6 => (i / 37 % 5) as f64 * 0.1 - 0.2,
            _ => (i as f64 * 0.003).cos() + 1e-4 * noise.next(),
        }
    };
    let max = T::MAX.to_f64();
    (0..samples)
        .map(|i| T::from_f64((value(i) * size).clamp(-max, max)))
        .collect()
}

/// Encodes, and checks all that must be true of it.
fn check<T: Sample>(values: &[T], shape: &[usize], bound: f64) -> Option<Vec<u8>> {
    let mut out = vec![7];
    let Some(errors) = encode(values, shape, bound, &mut out) else {
        assert_eq!(out, [7], "what does not suit must leave nothing");
        return None;
    };
    out.push(9);
    let mut reader = Reader::new(&out[1..], Section::Codes);
    let decoded = decode::<T>(&mut reader, shape).unwrap();
    assert_eq!(reader.rest(), [9]);
    let (twin, rest) = twin::decode::<T>(&out[1..], shape);
    assert_eq!(rest, [9]);
    assert!(
        decoded
            .iter()
            .zip(&twin)
            .all(|(a, b)| a.to_bits64() == b.to_bits64())
    );
    for (x, y) in values.iter().zip(&decoded) {
        let off = (x.to_f64() - y.to_f64()).abs();
        assert!(off <= bound, "{x} became {y}, {off} > {bound}");
    }
    let want = crate::check::errors(values, &decoded, bound, 0.0);
    assert!(want.kept && errors.kept);
    assert_eq!(errors.largest, want.largest);
    let room = 1e-5 * want.squares + f64::MIN_POSITIVE;
    assert!(
        (errors.squares - want.squares).abs() <= room,
        "{errors:?} {want:?}"
    );
    Some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_bound_holds_and_the_twin_agrees(
        shape in prop_oneof![
            prop::collection::vec(1usize..=9, 4),
            prop::collection::vec(1usize..=20, 3),
            prop::collection::vec(1usize..=90, 2),
            prop::collection::vec(1usize..=4000, 1),
            Just(vec![1, 1]), Just(vec![3, 300]), Just(vec![3, 2, 257]), Just(vec![1, 1, 1, 512]),
        ],
        kind in 0u8..8,
        exponent in -42.0..38.5f64,
        rel in -7.5..1.5f64,
        seed: u64,
    ) {
        let samples = shape.iter().product();
        let size = 10f64.powf(exponent);
        let bound = size * 10f64.powf(rel);
        check(&field::<f32>(kind, samples, size, seed), &shape, bound);
        check(&field::<f64>(kind, samples, size, seed), &shape, bound);
        check(&field::<f64>(kind, samples, size, seed), &shape, bound * 1e-5);
    }

    #[test]
    fn damaged_bytes_never_do_more_than_fail(
        kind in 0u8..8,
        rel in -6.0..-1.0f64,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let shape = [3, 20, 31];
        let values: Vec<f32> = field(kind, 3 * 20 * 31, 1.0, 5);
        let Some(mut bytes) = check(&values, &shape, 10f64.powf(rel)) else { return Ok(()) };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(decoded) = decode::<f32>(&mut Reader::new(&bytes[1..], Section::Codes), &shape) {
            prop_assert_eq!(decoded.len(), values.len());
        }
    }

    #[test]
    fn no_bytes_at_all_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..4000),
        shape in prop::collection::vec(1usize..=30, 1..=4),
    ) {
        let samples: usize = shape.iter().product();
        if let Ok(decoded) = decode::<f64>(&mut Reader::new(&bytes, Section::Codes), &shape) {
            prop_assert_eq!(decoded.len(), samples);
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let shape = [2, 30, 40];
    let values: Vec<f32> = field(7, 2400, 10.0, 3);
    let bytes = check(&values, &shape, 1e-3).unwrap();
    for length in 0..bytes.len() - 2 {
        let mut reader = Reader::new(&bytes[1..=length], Section::Codes);
        assert!(decode::<f32>(&mut reader, &shape).is_err(), "{length}");
    }
}

#[test]
fn ordinary_fields_suit_at_ordinary_bounds() {
    for shape in [
        vec![721, 144],
        vec![4, 121, 240],
        vec![100_000],
        vec![30, 41, 41],
    ] {
        let samples = shape.iter().product();
        for bound in [1e-2, 1e-3, 1e-4, 1e-5] {
            for kind in [0, 2, 7] {
                let values: Vec<f32> = field(kind, samples, 1.0, 11);
                assert!(
                    check(&values, &shape, bound).is_some(),
                    "{shape:?} {bound} {kind}"
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_done_is_left_to_others() {
    let values: Vec<f32> = field(0, 1000, 300.0, 1);
    assert!(check(&values, &[1000], 0.0).is_none());
    assert!(check(&values, &[1000], 1e-5).is_none());
    assert!(check(&values, &[1000], f64::NAN).is_none());
    assert!(check(&values, &[1000], f64::INFINITY).is_none());
    assert!(check(&[0.0f32; 5], &[5], 0.0).is_none());
    assert!(check(&[0.0f32; 5], &[4], 1.0).is_none());
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in [0, 500, 999] {
            let mut values = values.clone();
            values[at] = bad;
            assert!(check(&values, &[1000], 0.1).is_none());
        }
    }
}

#[test]
fn constants_cost_next_to_nothing_at_any_magnitude() {
    for x in [0.0f32, -0.0, 1.0, -273.15, 1e-45, 1e-38, 3e38] {
        let bound = f64::from(x.abs()) * 1e-4 + 1e-30;
        let bytes = check(&vec![x; 1 << 20], &[1024, 1024], bound).unwrap();
        assert!(bytes.len() < 300, "{x} takes {}", bytes.len());
    }
}

#[test]
fn nothing_breaks_at_the_end_of_the_range() {
    for largest in [f32::MAX, f32::MAX / 2.0, 3.3e38] {
        for bound in [1e31, 1e33, 1e35, 3e38, 1e39, 1e300] {
            let values: Vec<f32> = field(0, 3000, f64::from(largest), 1);
            check(&values, &[3000], bound);
            check(&[largest; 300], &[10, 30], bound);
            check(&[-largest; 300], &[10, 30], bound);
        }
    }
}

#[test]
fn rare_values_beyond_the_scale_are_kept_as_they_are() {
    let mut values: Vec<f32> = field(0, 100_000, 1.0, 1);
    for (k, i) in [3000, 3001, 50_123, 99_999].into_iter().enumerate() {
        values[i] = if k % 2 == 0 { 1e30 } else { -f32::MAX };
    }
    for shape in [vec![100_000], vec![100, 1000], vec![10, 100, 100]] {
        let bytes = check(&values, &shape, 1e-3).unwrap();
        let decoded = decode::<f32>(&mut Reader::new(&bytes[1..], Section::Codes), &shape).unwrap();
        assert_eq!(decoded[3001], -f32::MAX);
    }
    // Too many for exceptions, and too large for a common scale.
    values.iter_mut().step_by(50).for_each(|x| *x = 1e30);
    assert!(check(&values, &[100_000], 1e-3).is_none());
}

#[test]
fn large_values_that_the_first_look_missed_are_no_exceptions() {
    let values: Vec<f32> = (0..65_536)
        .map(|i| {
            if i % 4096 < 64 {
                1e-3
            } else {
                900.0 + (i % 97) as f32
            }
        })
        .collect();
    assert!(check(&values, &[256, 256], 0.01).is_some());
}

#[test]
fn the_worked_example_of_the_format_is_true() {
    let values = [1.0f32, 1.5, 2.0, 2.0, 2.0, 1.0, 1.0, 9.0];
    let bytes = check(&values, &[8], 0.25).unwrap();
    assert_eq!(bytes[1..bytes.len() - 1], EXAMPLE);
}

const EXAMPLE: [u8; 23] = [
    0x8d, 0xff, 0xff, 0x3e, 2, 0, 0, 0, 1, 5, 1, 1, 0x80, 0, 0, 1, 1, 0x20, 1, 1, 6, 4, 0,
];
