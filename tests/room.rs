//! Memory that decoding takes, and what happens where there is none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

mod counting;

use counting::{peak, turn, within};
use foresz::{Bound, Decompressor, Error, Options, Sample, compress};
use ndarray::{ArrayD, s};

const SHAPE: [usize; 3] = [32, 96, 128];
const SAMPLES: usize = 32 * 96 * 128;
const CHUNK: usize = 4 * 96 * 128;

fn field<T: Sample>() -> ArrayD<T> {
    ArrayD::from_shape_fn(&SHAPE[..], |at| {
        let (t, i, j) = (at[0] as f64, at[1] as f64, at[2] as f64);
        let noise = ((at[0] * 7919 + at[1] * 104_729 + at[2] * 1_299_709) % 1009) as f64;
        T::from_f64((t * 0.1 + i * 0.05).sin() * (j * 0.07).cos() * 20.0 + noise * 1e-3)
    })
}

fn stream<T: Sample>(spec: &str, bound: Bound, chunk: [usize; 3]) -> Vec<u8> {
    let options = Options::new(bound).predictor(spec).unwrap().chunk(chunk);
    compress(field::<T>().view(), &options).unwrap().bytes
}

const FRAMES: [usize; 3] = [4, 96, 128];
const TILES: [usize; 3] = [16, 48, 64];

fn decoder(threads: usize) -> Decompressor {
    Decompressor::default().threads(threads)
}

#[test]
fn decoding_takes_the_field_and_a_chunk_for_each_thread() {
    let _turn = turn();
    for spec in [
        "auto",
        "lorenzo",
        "spline",
        "pyramid",
        "raster",
        "persistence+spline",
        "stencil+raster",
        "linear+lorenzo",
        "climatology+pyramid",
    ] {
        for bound in [Bound::Absolute(0.01), Bound::PointwiseRelative(0.01)] {
            for chunk in [FRAMES, TILES] {
                let stream = stream::<f32>(spec, bound, chunk);
                for threads in [1, 2] {
                    let run = || decoder(threads).field::<f32>(&stream).unwrap();
                    let (_, peak) = peak(run);
                    let scratch = (peak - SAMPLES * 4) / threads / CHUNK;
                    // What room is looked for, and tables beside it.
                    assert!(scratch < 60, "{spec} {bound:?} {threads}: {scratch}");
                }
            }
        }
    }
}

fn assert_short(outcome: Result<ArrayD<f32>, Error>, bytes: usize) {
    match outcome {
        Err(error @ Error::Memory { .. }) => {
            let said = error.to_string();
            assert!(said.contains(&bytes.to_string()), "{said}");
        }
        other => panic!("{:?}", other.map(|field| field.len())),
    }
}

#[test]
fn a_field_that_does_not_fit_is_an_error_before_anything_is_decoded() {
    let _turn = turn();
    for chunk in [FRAMES, TILES] {
        let stream = stream::<f32>("spline", Bound::Absolute(0.01), chunk);
        for threads in [1, 2] {
            let outcome = within(SAMPLES * 4 - 1, || decoder(threads).field(&stream));
            assert_short(outcome, SAMPLES * 4);
            // The field fits, and no chunk beside it.
            let outcome = within(SAMPLES * 4 + CHUNK, || decoder(threads).field(&stream));
            assert_short(outcome, CHUNK * 52);
            let enough = SAMPLES * 4 + CHUNK * 60 + (8 << 20);
            let outcome = within(enough, || decoder(threads).field::<f32>(&stream));
            assert_eq!(outcome.unwrap().len(), SAMPLES);
        }
    }
    let one = stream::<f32>("lorenzo", Bound::Absolute(0.01), SHAPE);
    let outcome = within(SAMPLES * 4, || decoder(1).field(&one));
    assert_short(outcome, SAMPLES * 52);
}

#[test]
fn values_go_where_the_caller_wants_them() {
    let _turn = turn();
    for chunk in [FRAMES, TILES, SHAPE] {
        let stream = stream::<f64>("spline", Bound::Absolute(0.01), chunk);
        let whole = decoder(2).field::<f64>(&stream).unwrap();
        let mut out = vec![0.0; SAMPLES];
        let (filled, peak) = peak(|| decoder(1).decode_into(&stream, None, &mut out).unwrap());
        assert!(peak < CHUNK * 8 * 8 || chunk == SHAPE, "{peak}");
        assert_eq!(filled.report.output_bytes, SAMPLES as u64 * 8);
        assert_eq!(whole.as_slice().unwrap(), out);

        let region = [3..21, 10..90, 60..61];
        let shape = decoder(2).shape(&stream, Some(&region)).unwrap();
        assert_eq!(shape, [18, 80, 1]);
        let mut part = vec![0.0; 18 * 80];
        decoder(2)
            .decode_into(&stream, Some(&region), &mut part)
            .unwrap();
        let same = whole.slice(s![3..21, 10..90, 60..61]);
        assert!(same.iter().eq(&part));

        let preview = decoder(2).preview(3);
        let shape = preview.shape(&stream, None).unwrap();
        assert_eq!(shape, [32, 12, 16]);
        let mut small = vec![0.0; 32 * 12 * 16];
        preview.decode_into(&stream, None, &mut small).unwrap();
        assert!(whole.slice(s![.., ..;8, ..;8]).iter().eq(&small));

        for wrong in [0, SAMPLES - 1, SAMPLES + 1] {
            let outcome = decoder(1).decode_into(&stream, None, &mut vec![0.0f64; wrong]);
            assert!(matches!(outcome, Err(Error::Invalid(_))));
        }
        let outcome = decoder(1).decode_into(&stream, None, &mut vec![0.0f32; SAMPLES]);
        assert!(matches!(outcome, Err(Error::Invalid(_))));
    }
}
