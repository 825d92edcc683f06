//! Streams made on one runtime and decoded on another. Tests that need ONNX Runtime or
//! Python say so and pass where there is none.

use std::process::Command;

use crate::common::{assert_kept, bits};
use foresz::forecast::{Engine, Shelf};
use foresz::{Bound, Decompressor, Options, compress, inspect};

use super::fields::flow;

const DEMO: &str = "models/sidecar/foresz_sidecar.py --demo";

fn shelf(engine: Engine) -> Shelf {
    Shelf::default().place("models").engine(engine)
}

fn pack(shelf: Shelf, spec: &str, bound: f64) -> Vec<u8> {
    let options = Options::new(Bound::RangeRelative(bound))
        .registry(foresz::registry(shelf))
        .predictor(spec)
        .unwrap();
    compress(flow(&[56, 16, 32]).view(), &options)
        .unwrap()
        .bytes
}

fn unpack(shelf: Shelf, stream: &[u8]) -> ndarray::ArrayD<f32> {
    let decoder = Decompressor::default().registry(foresz::registry(shelf));
    decoder.field(stream).unwrap()
}

#[test]
fn onnx_runtime_and_the_exact_one_decode_each_other() {
    if let Err(error) = shelf(Engine::Ort).named("flow-filter") {
        println!("skipped: {error}");
        return;
    }
    for bound in [1e-2, 1e-4] {
        for spec in [
            "forecast:model=flow-filter,guard=0",
            "forecast:model=flow-filter,guard=0+raster",
        ] {
            for (here, there) in [(Engine::Ort, Engine::Exact), (Engine::Exact, Engine::Ort)] {
                let stream = pack(shelf(here), spec, bound);
                let decoded = unpack(shelf(here), &stream);
                let kept = inspect(&stream).unwrap().bound;
                assert_kept(spec, &flow(&[56, 16, 32]), &decoded, None, kept);
                let elsewhere = unpack(shelf(there), &stream);
                assert_eq!(bits(&decoded), bits(&elsewhere), "{spec} at {bound}");
            }
        }
    }
    // Without a guard band only the exact runtime is good enough.
    let stream = pack(shelf(Engine::Exact), "forecast:model=flow-filter", 1e-2);
    let decoder = Decompressor::default().registry(foresz::registry(shelf(Engine::Ort)));
    let error = decoder.field::<f32>(&stream).unwrap_err().to_string();
    assert!(error.contains("--runtime exact"), "{error}");
}

#[test]
fn a_program_forecasts_for_both_sides() {
    let python = ["python3", "python"].into_iter().find(|python| {
        let numpy = Command::new(python).args(["-c", "import numpy"]).output();
        numpy.is_ok_and(|output| output.status.success())
    });
    let Some(python) = python else {
        println!("skipped: no Python with numpy");
        return;
    };
    let line = format!("{python} {DEMO}");
    let spec = format!("forecast:process=\"{line}\"+raster");
    let stream = pack(Shelf::default(), &spec, 1e-3);
    let info = inspect(&stream).unwrap();
    assert!(info.models[0].guarded && info.models[0].runtime == "process");
    assert!(
        !info.predictors[0].0.contains("--demo"),
        "{:?}",
        info.predictors
    );
    let other = Shelf::default();
    assert!(
        Decompressor::default()
            .registry(foresz::registry(other))
            .field::<f32>(&stream)
            .is_err()
    );
    let same = Shelf::default();
    same.process(&line).unwrap();
    let decoded = unpack(same, &stream);
    assert_kept("process", &flow(&[56, 16, 32]), &decoded, None, info.bound);
}
