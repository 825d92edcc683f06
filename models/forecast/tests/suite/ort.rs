//! ONNX Runtime beside our own executor. Where its library is not installed these tests
//! say so and pass.

#![cfg(feature = "ort")]
#[allow(dead_code, reason = "not every suite uses all of it")]
#[path = "../../../runtime/tests/suite/common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};

use common::noise;
use foresz_exact::Dtype;
use foresz_forecast::{
    Array, Error, Exact, Optimisation, Ort, OrtOptions, Result, Runtime, Session, Source, Step,
};
use tempfile::TempDir;

const STEP: Step = Step {
    index: 0,
    time: None,
    values: 1,
};

/// A model in a file of its own.
struct Model {
    _folder: TempDir,
    path: PathBuf,
    shape: Vec<usize>,
}

impl Model {
    fn new(bytes: &[u8], shape: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        std::fs::write(&path, bytes).unwrap();
        Self {
            _folder: folder,
            path,
            shape: shape.to_vec(),
        }
    }

    fn dense() -> Self {
        Self::new(&common::networks::dense(), &[3, 200])
    }

    fn all() -> [Self; 3] {
        [
            Self::dense(),
            Self::new(&common::networks::convolutional(), &[1, 2, 24, 40]),
            Self::new(&common::networks::attention(), &[1, 96, 32]),
        ]
    }

    fn input(&self, seed: u64) -> Array {
        let values = noise(seed, self.shape.iter().product());
        Array::new(&self.shape, values).unwrap()
    }

    fn ort(&self, options: OrtOptions) -> Result<Ort> {
        Ort::load(&self.path, options)
    }
}

/// Whether the library is here.
fn installed() -> bool {
    match Model::dense().ort(OrtOptions::default()) {
        Ok(_) => true,
        Err(absent) => {
            let said = absent.to_string();
            assert!(said.contains("pip install"), "{said}");
            println!("skipped: {said}");
            false
        }
    }
}

fn run(session: &mut dyn Session, input: &Array) -> Vec<(String, Array)> {
    session.run(STEP, &[("x", input.clone())]).unwrap()
}

fn said<T>(result: Result<T>) -> String {
    match result {
        Err(Error::Runtime { runtime, reason }) => {
            assert_eq!(runtime, "ONNX Runtime");
            reason
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it worked"),
    }
}

/// The largest difference, in standard deviations of the second.
fn difference(a: &Array, b: &Array) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let n = b.values().len() as f64;
    let values = || b.values().iter().map(|&v| f64::from(v));
    let mean = values().sum::<f64>() / n;
    let variance = values().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let pairs = a.values().iter().zip(b.values());
    let largest = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    largest.fold(0.0, f64::max) / variance.sqrt()
}

#[test]
fn it_agrees_with_the_exact_runtime() {
    if !installed() {
        return;
    }
    for model in Model::all() {
        let exact = Exact::load(&model.path, foresz_exact::Options::default()).unwrap();
        let input = model.input(77);
        let expected = run(&mut *exact.start().unwrap(), &input);
        for optimisation in [
            Optimisation::None,
            Optimisation::Basic,
            Optimisation::Extended,
            Optimisation::All,
        ] {
            for threads in [1, 2] {
                let options = OrtOptions {
                    threads,
                    optimisation,
                    ..OrtOptions::default()
                };
                let ort = model.ort(options).unwrap();
                let found = run(&mut *ort.start().unwrap(), &input);
                assert_eq!(found.len(), expected.len());
                for ((name, a), (other, b)) in found.iter().zip(&expected) {
                    assert_eq!(name, other);
                    let difference = difference(a, b);
                    assert!(difference < 1e-5, "{difference} with {}", ort.about());
                }
            }
        }
    }
}

#[test]
fn sessions_work_side_by_side_and_repeat_themselves() {
    if !installed() {
        return;
    }
    let mut largest = 0.0;
    for model in Model::all() {
        let ort = model.ort(OrtOptions::default()).unwrap();
        let (mut first, mut second) = (ort.start().unwrap(), ort.start().unwrap());
        let (a, b) = (model.input(1), model.input(2));
        let expected = run(&mut *first, &a);
        run(&mut *first, &b);
        assert_eq!(run(&mut *first, &a), expected);
        assert_eq!(run(&mut *second, &a), expected);
        let mut otherwise = ort.start_otherwise().unwrap().unwrap();
        let drift = difference(&run(&mut *otherwise, &a)[0].1, &expected[0].1);
        assert!(drift < 1e-5, "{drift}");
        largest = f64::max(largest, drift);
    }
    assert!(largest > 0.0, "other settings are the same");
}

#[test]
fn a_model_in_memory_gives_the_same() {
    if !installed() {
        return;
    }
    for model in Model::all() {
        let bytes = std::fs::read(&model.path).unwrap();
        let held = Source::held("here", [("x.onnx".to_owned(), bytes.into())]);
        let ort = Ort::load(held.onnx("x.onnx"), OrtOptions::default()).unwrap();
        let input = model.input(5);
        let expected = run(&mut *load(&model).start().unwrap(), &input);
        assert_eq!(run(&mut *ort.start().unwrap(), &input), expected);
        // The first session is gone; this one is loaded anew.
        assert_eq!(run(&mut *ort.start().unwrap(), &input), expected);
    }
    let held = Source::held("here", [("x.onnx".to_owned(), b"text"[..].into())]);
    let bad = Ort::load(held.onnx("x.onnx"), OrtOptions::default());
    assert!(said(bad).contains("here/x.onnx"));
}

fn load(model: &Model) -> Ort {
    model.ort(OrtOptions::default()).unwrap()
}

#[test]
fn it_says_what_it_is_and_what_the_model_needs() {
    if !installed() {
        return;
    }
    let model = Model::new(&common::networks::convolutional(), &[1, 2, 24, 40]);
    let ort = model.ort(OrtOptions::default()).unwrap();
    let about = ort.about();
    assert!(about.starts_with("onnxruntime 1."), "{about}");
    assert!(
        about.ends_with(", cpu, 1 thread, optimisation all"),
        "{about}"
    );
    assert_eq!((ort.name(), ort.is_exact()), ("ort", false));
    let input = &ort.inputs()[0];
    assert_eq!((input.name.as_str(), input.is_f32), ("x", true));
    assert_eq!(input.shape, Some(vec![Some(1), Some(2), None, None]));
    assert_eq!(ort.outputs()[0].name, "y");
}

#[test]
fn bad_models_and_inputs_are_errors() {
    if !installed() {
        return;
    }
    let load = |path: &Path| Ort::load(path, OrtOptions::default());
    let model = Model::dense();
    let nowhere = model.path.with_file_name("nothing.onnx");
    assert!(said(load(&nowhere)).contains("nothing.onnx"));
    for bytes in [&b""[..], b"text", &common::networks::dense()[..1000]] {
        let bad = Model::new(bytes, &[]);
        assert!(said(load(&bad.path)).contains("cannot use"));
    }
    let mut session = load(&model.path).unwrap().start().unwrap();
    let input = model.input(1);
    let wide = Array::new(&[1, 201], vec![0.0; 201]).unwrap();
    let empty = Array::new(&[0, 200], Vec::new()).unwrap();
    said(session.run(STEP, &[]));
    said(session.run(STEP, &[("other", input.clone())]));
    said(session.run(STEP, &[("x", wide)]));
    said(session.run(STEP, &[("x", input.clone()), ("z", input.clone())]));
    // An empty input is an error or has an empty output, as the version likes.
    let _ = session.run(STEP, &[("x", empty)]);
    session.run(STEP, &[("x", input)]).unwrap();
}

#[test]
fn other_types_are_errors() {
    if !installed() {
        return;
    }
    let mut writer = common::Writer::new(17);
    writer.input("x", Dtype::F32, &[4]);
    let to = [("to", common::Integer(11))];
    writer.named("Cast", &["x"], &["y"], &to);
    writer.output("y", Dtype::F64);
    let model = Model::new(&writer.finish(), &[4]);
    let ort = model.ort(OrtOptions::default()).unwrap();
    assert!(!ort.outputs()[0].is_f32);
    let mut session = ort.start().unwrap();
    let result = session.run(STEP, &[("x", model.input(1))]);
    assert!(said(result).contains("output y is not f32"));
}

#[test]
fn a_library_that_is_none_is_named() {
    let model = Model::dense();
    for library in [model.path.clone(), model.path.with_file_name("nothing")] {
        let options = OrtOptions {
            library: Some(library.clone()),
            ..OrtOptions::default()
        };
        let said = said(model.ort(options));
        assert!(said.contains(library.to_str().unwrap()), "{said}");
    }
}

#[test]
fn cuda_works_or_says_what_it_needs() {
    if !installed() {
        return;
    }
    let model = Model::dense();
    let options = OrtOptions {
        cuda: true,
        ..OrtOptions::default()
    };
    match model.ort(options) {
        Ok(ort) => {
            let about = ort.about();
            assert!(about.contains("cuda"), "{about}");
            run(&mut *ort.start().unwrap(), &model.input(1));
        }
        problem => assert!(said(problem).contains("onnxruntime-gpu")),
    }
}
