//! Runtimes whose last bits differ, with the guard band and without.

use crate::common::fields::formula;
use crate::common::{array, assert_kept, bits};
use foresz::forecast::{Care, Step};
use foresz::{Bound, Decompressor, Drift, Error, Options, compress};
use ndarray::ArrayD;

use super::stub::{Rule, registry};

/// Waves that pass, with a period that no formula below knows.
fn series(frames: usize) -> ArrayD<f32> {
    formula(&[frames, 18, 24], |at| {
        let (t, i, j) = (at[0] as f64, at[1] as f64, at[2] as f64);
        10.0 + 4.0 * (0.4 * j - 0.21 * t).sin() + 2.0 * (0.5 * i + 0.17 * t).cos()
    })
}

/// The last change again, which any error of it makes grow.
fn again(_: Step, x: &[f32]) -> Vec<f32> {
    x[x.len() / 2..]
        .iter()
        .map(|change| change * 0.999)
        .collect()
}

/// The same on a machine that rounds otherwise.
fn elsewhere(step: Step, x: &[f32]) -> Vec<f32> {
    let wobble = |(i, y): (usize, f32)| {
        y * if (i + step.index).is_multiple_of(3) {
            1.000_000_2
        } else {
            0.999_999_7
        }
    };
    again(step, x).into_iter().enumerate().map(wobble).collect()
}

/// On a machine that computes something else.
fn wrong(step: Step, x: &[f32]) -> Vec<f32> {
    again(step, x).iter().map(|y| y * 1.05).collect()
}

fn broken(step: Step, x: &[f32]) -> Vec<f32> {
    let spoil = |(i, y): (usize, f32)| match (i + step.index) % 5 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::MAX,
        _ => y,
    };
    again(step, x).into_iter().enumerate().map(spoil).collect()
}

const GUARDED: Care = Care::Guarded(None);

fn pack(care: Care, here: Rule, otherwise: Option<Rule>, spec: &str, bound: f64) -> Vec<u8> {
    let bound = if bound > 0.0 {
        Bound::Absolute(bound)
    } else {
        Bound::Lossless
    };
    let asked = Options::new(bound)
        .registry(registry(care, here, otherwise))
        .predictor(spec)
        .unwrap();
    compress(series(64).view(), &asked).unwrap().bytes
}

fn unpack(care: Care, here: Rule, stream: &[u8]) -> foresz::Result<ArrayD<f32>> {
    let decoder = Decompressor::default().registry(registry(care, here, None));
    decoder.field(stream)
}

#[test]
fn what_is_made_here_decodes_elsewhere_to_the_same_bits() {
    for spec in [
        "stub",
        "stub+lorenzo",
        "stub+spline",
        "stub+raster",
        "stub+pyramid",
    ] {
        for bound in [0.2, 0.02, 0.002, 0.0] {
            let stream = pack(GUARDED, again, Some(elsewhere), spec, bound);
            let here = unpack(GUARDED, again, &stream).unwrap();
            assert_kept(spec, &series(64), &here, None, bound);
            let there = unpack(GUARDED, elsewhere, &stream).unwrap();
            assert_eq!(bits(&here), bits(&there), "{spec} at {bound}");
        }
    }
}

#[test]
fn without_the_guard_band_it_drifts_and_is_refused() {
    let stream = pack(Care::Exact, again, None, "stub", 0.002);
    assert!(unpack(Care::Exact, again, &stream).is_ok());
    let outcome = unpack(Care::Exact, elsewhere, &stream);
    assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
}

#[test]
fn another_model_in_disguise_is_named() {
    for spec in ["stub", "stub+raster"] {
        let stream = pack(GUARDED, again, Some(elsewhere), spec, 0.02);
        let Err(error) = unpack(GUARDED, wrong, &stream) else {
            panic!("{spec} decoded");
        };
        let text = error.to_string();
        for part in ["frame 2", "model stub", "a stub of the tests", "guard band"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn the_band_grows_with_what_runs_differ_by() {
    let narrow = pack(GUARDED, again, Some(again), "stub", 0.002).len();
    let wide = pack(GUARDED, again, Some(wrong), "stub", 0.002).len();
    assert!(narrow < wide, "{narrow} and {wide} bytes");
    let stream = pack(GUARDED, again, Some(wrong), "stub+raster", 0.2);
    let here = unpack(GUARDED, again, &stream).unwrap();
    let there = unpack(GUARDED, wrong, &stream).unwrap();
    assert_eq!(bits(&here), bits(&there));
}

#[test]
fn models_that_return_nonsense_do_no_harm() {
    for spec in ["stub", "stub+spline", "stub+raster"] {
        for bound in [0.02, 0.0] {
            let stream = pack(GUARDED, broken, None, spec, bound);
            let decoded = unpack(GUARDED, broken, &stream).unwrap();
            assert_kept(spec, &series(64), &decoded, None, bound);
        }
    }
}

/// On a machine where something is wrong from the tenth frame on.
fn late(step: Step, x: &[f32]) -> Vec<f32> {
    if step.index < 10 {
        elsewhere(step, x)
    } else {
        wrong(step, x)
    }
}

/// A series with holes, in runs of 32 frames.
fn pack_runs(spec: &str, bound: f64) -> (ArrayD<f32>, Vec<u8>) {
    let mut field = series(64);
    field
        .iter_mut()
        .skip(7)
        .step_by(101)
        .for_each(|x| *x = 1e20);
    let bound = if bound > 0.0 {
        Bound::Absolute(bound)
    } else {
        Bound::Lossless
    };
    let asked = Options::new(bound)
        .registry(registry(GUARDED, again, Some(elsewhere)))
        .predictor(spec)
        .unwrap()
        .fill(1e20)
        .keyframe(32);
    let stream = compress(field.view(), &asked).unwrap().bytes;
    (field, stream)
}

#[test]
fn best_effort_says_what_it_cannot_vouch_for() {
    let mut seen = 0;
    for spec in ["stub", "stub+spline", "stub+raster", "stub+pyramid"] {
        for bound in [0.2, 0.002, 0.0] {
            let (field, stream) = pack_runs(spec, bound);
            let good = unpack(GUARDED, again, &stream).unwrap();
            let decoder = Decompressor::default()
                .registry(registry(GUARDED, late, None))
                .best_effort(true);
            let decoded = decoder.decode::<f32>(&stream, None).unwrap();
            // Such a decoder cannot say so.
            assert!(decoder.field::<f32>(&stream).is_err());
            assert!(unpack(GUARDED, late, &stream).is_err());
            if decoded.drifts.is_empty() {
                // All frames do without their forecasts.
                assert_eq!(bits(&decoded.field), bits(&good), "{spec} at {bound}");
                continue;
            }
            seen += 1;
            let frames: Vec<_> = decoded.drifts.iter().map(|d| d.frames.clone()).collect();
            assert_eq!(frames, [10..32, 42..64], "{spec} at {bound}");
            assert!(decoded.drifts[0].reason.contains("frame 10"));
            assert_drift(spec, &field, &good, &decoded.field, &decoded.drifts);
        }
    }
    assert!(seen >= 4, "{seen}");
}

/// What did not drift is as good as ever, the rest keeps the bound that is stated.
fn assert_drift(
    what: &str,
    field: &ArrayD<f32>,
    good: &ArrayD<f32>,
    found: &ArrayD<f32>,
    drifts: &[Drift],
) {
    let size = 18 * 24;
    let mut worst = vec![0.0f64; drifts.len()];
    for (i, ((x, y), z)) in field.iter().zip(good).zip(found).enumerate() {
        let drift = drifts.iter().position(|d| d.frames.contains(&(i / size)));
        match drift {
            Some(_) if *x == 1e20 => assert_eq!(z.to_bits(), x.to_bits(), "{what} at {i}"),
            Some(k) => worst[k] = worst[k].max(f64::from((x - z).abs())),
            None => assert_eq!(z.to_bits(), y.to_bits(), "{what} at {i}"),
        }
    }
    for (drift, worst) in drifts.iter().zip(worst) {
        assert!(worst > 0.0 && worst <= drift.bound, "{worst} of {drift:?}");
        // Waves of ±6.
        assert!(drift.bound <= 12.1, "{drift:?}");
    }
}

#[test]
fn regions_beside_a_drift_are_whole() {
    let (_, stream) = pack_runs("stub", 0.02);
    let good = unpack(GUARDED, again, &stream).unwrap();
    let decoder = Decompressor::default()
        .registry(registry(GUARDED, late, None))
        .best_effort(true);
    let region = |frames: std::ops::Range<usize>| {
        let start = frames.start * 18 * 24;
        let decoded = decoder
            .decode::<f32>(&stream, Some(&[frames, 0..18, 0..24]))
            .unwrap();
        let same = good.iter().skip(start).zip(&decoded.field);
        (
            same.clone().all(|(x, y)| x.to_bits() == y.to_bits()),
            decoded.drifts,
        )
    };
    assert_eq!(region(0..10), (true, Vec::new()));
    assert_eq!(region(32..42), (true, Vec::new()));
    let (same, drifts) = region(12..40);
    assert!(!same && drifts.len() == 1 && drifts[0].frames == (12..32));
    let fine = Decompressor::default()
        .registry(registry(GUARDED, elsewhere, None))
        .best_effort(true);
    let decoded = fine.decode::<f32>(&stream, None).unwrap();
    assert_eq!(decoded.drifts, []);
    assert_eq!(bits(&decoded.field), bits(&good));
}

#[test]
fn best_effort_is_no_excuse_for_damage() {
    let (_, stream) = pack_runs("stub+lorenzo", 0.02);
    let decoder = Decompressor::default()
        .registry(registry(GUARDED, late, None))
        .best_effort(true);
    for at in (5..stream.len()).step_by(37) {
        let mut bad = stream.clone();
        bad[at] ^= 0x20;
        assert!(decoder.decode::<f32>(&bad, None).is_err(), "byte {at}");
    }
}

#[test]
fn damage_to_what_the_guard_tells_is_found() {
    let stream = pack(GUARDED, again, Some(elsewhere), "stub+lorenzo", 0.02);
    let good = unpack(GUARDED, again, &stream).unwrap();
    for at in (0..stream.len()).step_by(7) {
        let mut bad = stream.clone();
        bad[at] ^= 0x10;
        if let Ok(decoded) = unpack(GUARDED, again, &bad) {
            assert_eq!(bits(&decoded), bits(&good), "byte {at}");
        }
    }
}

#[test]
fn holes_and_constant_frames_pass_through_models() {
    let mut values: Vec<f32> = series(12).into_iter().collect();
    values[100..140].fill(f32::NAN);
    values[5 * 18 * 24..6 * 18 * 24].fill(3.0);
    let field = array(&[12, 18, 24], values);
    for spec in ["stub+zero", "stub+raster"] {
        let asked = Options::new(Bound::Absolute(0.01))
            .registry(registry(GUARDED, again, Some(elsewhere)))
            .predictor(spec)
            .unwrap();
        let stream = compress(field.view(), &asked).unwrap().bytes;
        let decoded = unpack(GUARDED, elsewhere, &stream).unwrap();
        assert_kept(spec, &field, &decoded, None, 0.01);
    }
}
