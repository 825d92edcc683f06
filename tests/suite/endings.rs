//! Coding and decoding come to an end, whatever the field: processes of their own go through
//! all predictors, back ends and efforts, and are killed, and the case named, if they get stuck.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::spawn;
use std::time::Duration;

use foresz::predictors::Registry;
use foresz::{Backend, Bound, Effort, Options};
use ndarray::ArrayD;

use crate::common::fields::{formula, noise};
use crate::common::{assert_kept, names, pack, unpack};

/// Tells a process that it is the one to go through the cases.
const CHILD: &str = "FORESZ_TEST_ENDINGS";
/// Comes before the name of a case.
const MARK: &str = "case: ";
/// A case takes milliseconds. This is for machines that have much else to do.
const PATIENCE: Duration = Duration::from_secs(90);

const BOUND: f64 = 0.1;

/// Of one to eight dimensions; some with many small frames, or with many passes of a spline.
const SHAPES: [&[usize]; 20] = [
    &[1],
    &[1, 1, 1],
    &[1, 1, 1, 1, 1, 1, 1, 1],
    &[64],
    &[1, 97],
    &[97, 1, 1],
    &[33, 47],
    &[2, 3, 5],
    &[40, 6, 5],
    &[90, 1, 3, 4],
    &[12, 5, 2, 6, 7],
    &[5, 6, 7, 8, 9],
    &[3, 4, 3, 4, 3, 4],
    &[2, 3, 2, 3, 2, 3, 2],
    &[2, 2, 2, 2, 2, 2, 2, 2],
    &[2, 1, 3, 2, 2, 3, 2, 2],
    &[1, 1, 1, 1, 1, 1, 1, 300],
    &[300, 1, 1, 1, 1, 1, 1, 1],
    &[16, 8, 6, 4],
    &[6, 8, 16, 32],
];

fn fields() -> Vec<(String, ArrayD<f32>)> {
    let mut fields = Vec::new();
    for shape in SHAPES {
        let ramp = |at: &[usize]| {
            at.iter()
                .enumerate()
                .map(|(d, c)| c * (d + 1))
                .sum::<usize>()
        };
        fields.push((format!("noise of {shape:?}"), noise(shape, 7)));
        fields.push((format!("a constant of {shape:?}"), formula(shape, |_| 5.0)));
        fields.push((
            format!("a ramp of {shape:?}"),
            formula(shape, |at| ramp(at) as f64 * 0.3),
        ));
    }
    fields
}

/// All predictors alone, and all frame predictors before some of those.
fn specs() -> Vec<String> {
    let (points, frames) = names(&Registry::default());
    let behind = |frame: &String| ["raster", "spline"].map(|point| format!("{frame}+{point}"));
    let pairs: Vec<String> = frames.iter().flat_map(behind).collect();
    let whole = "climatology+stencil+raster".into();
    points.into_iter().chain(pairs).chain([whole]).collect()
}

/// Goes through cases in another process, which runs the test of that name; in that process
/// it does what there is to do.
fn all_end(test: &str, variants: &[(String, Options)]) {
    if std::env::var_os(CHILD).is_some() {
        return go_through(variants);
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("endings::{test}"), "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (tell, listen) = channel();
    let reader = spawn(move || {
        out.lines()
            .map_while(Result::ok)
            .try_for_each(|line| tell.send(line))
    });
    let (mut last, mut cases) = (String::from("nothing yet"), 0);
    loop {
        match listen.recv_timeout(PATIENCE) {
            Ok(line) => {
                if let Some((_, case)) = line.split_once(MARK) {
                    case.clone_into(&mut last);
                    cases += 1;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{last}: it did not end within {PATIENCE:?} and was killed");
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = reader.join();
    let status = child.wait().unwrap();
    assert!(status.success(), "{last}: {status}");
    assert_eq!(cases, variants.len() * fields().len());
}

fn go_through(variants: &[(String, Options)]) {
    let fields = fields();
    for (variant, options) in variants {
        for (name, field) in &fields {
            let what = format!("{variant}, {name}");
            println!("{MARK}{what}");
            // Frame predictors need a time dimension before the last.
            if variant.contains('+') && field.ndim() < 3 {
                continue;
            }
            let decoded = unpack::<f32>(&pack(field, options).bytes);
            assert_kept(&what, field, &decoded, None, BOUND);
        }
    }
}

fn with(backend: Backend) -> Vec<(String, Options)> {
    let variant = |spec: &String| {
        let options = crate::common::options(Bound::Absolute(BOUND), spec).backend(backend);
        (format!("{spec}, {}", backend.name()), options)
    };
    specs().iter().map(variant).collect()
}

#[test]
fn every_predictor_ends_with_huffman() {
    all_end("every_predictor_ends_with_huffman", &with(Backend::Huffman));
}

#[test]
fn every_predictor_ends_with_contexts() {
    all_end(
        "every_predictor_ends_with_contexts",
        &with(Backend::Context),
    );
}

#[test]
fn every_predictor_ends_with_mixing() {
    all_end("every_predictor_ends_with_mixing", &with(Backend::Mixing));
}

#[test]
fn every_effort_ends() {
    let options = |effort| Options::new(Bound::Absolute(BOUND)).effort(effort);
    let mut variants = Vec::new();
    for effort in Effort::ALL {
        variants.push((format!("effort {}", effort.name()), options(effort)));
        variants.extend(Backend::ALL.map(|backend| {
            let name = format!("effort {}, {}", effort.name(), backend.name());
            (name, options(effort).backend(backend))
        }));
    }
    all_end("every_effort_ends", &variants);
}
