//! Limits on memory and time, which files cannot talk their way around.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Text, Writer, floats, of};
use foresz_exact::{Dtype, Error, Model, Options, Session, Tensor};

fn small_options() -> Options {
    Options {
        memory: 1 << 20,
        ..Options::default()
    }
}

fn load(w: Writer) -> Result<Model, Error> {
    Model::from_bytes(&w.finish(), &small_options())
}

fn run(w: Writer, x: Tensor) -> Result<Vec<Tensor>, Error> {
    Session::new(Arc::new(load(w)?), &small_options())?.run(&[("x", x)])
}

#[test]
fn memory_is_limited() {
    let bomb = |shape: &[i64]| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[-1]);
        let shape = w.integers(shape);
        let big = w.node("ConstantOfShape", &[&shape], &[]);
        w.named("Add", &["x", &big], &["y"], &[]);
        w.output("y", Dtype::F32);
        let model = load(w)?;
        Session::new(Arc::new(model), &small_options())?.run(&[("x", floats(&[1], 1))])
    };
    assert!(bomb(&[10, 10]).is_ok());
    for shape in [
        [1 << 20, 4],
        [1 << 31, 1 << 31],
        [i64::MAX, i64::MAX],
        [-1, 4],
    ] {
        let said = bomb(&shape).expect_err("a bomb").to_string();
        let clear = ["memory", "too large", "length"]
            .iter()
            .any(|w| said.contains(w));
        assert!(clear, "{said}");
    }
    // A chain of values needs the room of two of them, not of all.
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[-1]);
    let mut name = "x".to_owned();
    for _ in 0..40 {
        name = w.node("Exp", &[&name], &[]);
    }
    w.named("Neg", &[&name], &["y"], &[]);
    w.output("y", Dtype::F32);
    let model = Arc::new(load(w).unwrap());
    let mut session = Session::new(model, &small_options()).unwrap();
    for _ in 0..3 {
        session
            .run(&[("x", of(&[100_000], &vec![-1.0f32; 100_000]))])
            .unwrap();
    }
    let large = of(&[300_000], &vec![0.0f32; 300_000]);
    let said = session.run(&[("x", large)]).unwrap_err().to_string();
    assert!(said.contains("Options::memory"), "{said}");
}

/// Nothing is in these tensors, but each place of a long axis takes a list.
#[test]
fn lists_beside_the_values_count_as_memory() {
    let pad = |places: i64| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[0, 1]);
        let pads = w.integers(&[0, 0, 0, places]);
        w.named("Pad", &["x", &pads], &["y"], &[]);
        w.output("y", Dtype::F32);
        run(w, floats(&[0, 1], 1))
    };
    let resize = |places: i64| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[0, 1]);
        let sizes = w.integers(&[0, places]);
        let mode = [("mode", Text("nearest"))];
        w.named("Resize", &["x", "", "", &sizes], &["y"], &mode);
        w.output("y", Dtype::F32);
        run(w, floats(&[0, 1], 1))
    };
    for operator in [&pad as &dyn Fn(i64) -> _, &resize] {
        assert!(operator(1000).unwrap()[0].is_empty());
        for places in [1 << 20, 1 << 31] {
            let said = operator(places).unwrap_err().to_string();
            assert!(said.contains("Options::memory"), "{said}");
        }
    }
}

#[test]
fn the_parts_of_a_product_count_as_memory() {
    // 2^15 products of 1 × 1 matrices: a few bytes each, and a part for each.
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[-1, 1, 1]);
    w.named("MatMul", &["x", "x"], &["y"], &[]);
    w.output("y", Dtype::F32);
    let options = Options {
        memory: 1 << 20,
        ..Options::default()
    };
    let mut session = Session::new(Arc::new(load(w).unwrap()), &options).unwrap();
    session.run(&[("x", floats(&[1 << 9, 1, 1], 1))]).unwrap();
    let many = session.run(&[("x", floats(&[1 << 15, 1, 1], 1))]);
    assert!(many.unwrap_err().to_string().contains("Options::memory"));
}

#[test]
fn the_parts_of_a_convolution_count_as_memory() {
    // Every plane of one place is a part.
    let convolve = |deep: usize| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[1, 1, -1, 1, 1]);
        let kernel = w.noise(&[1, 1, 3, 1, 1]);
        w.named("Conv", &["x", &kernel], &["y"], &[]);
        w.output("y", Dtype::F32);
        run(w, floats(&[1, 1, deep, 1, 1], 1))
    };
    convolve(1 << 10).unwrap();
    let said = convolve(1 << 15).unwrap_err().to_string();
    assert!(said.contains("Options::memory"), "{said}");
}

#[test]
fn time_is_limited() {
    let chain = |constant: bool| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[-1]);
        let mut name = if constant { w.number(1.0) } else { "x".into() };
        for _ in 0..10 {
            name = w.node("Exp", &[&name], &[]);
        }
        w.named("Add", &["x", &name], &["y"], &[]);
        w.output("y", Dtype::F32);
        w.finish()
    };
    let options = |time| Options {
        time: Some(time),
        ..Options::default()
    };
    let (none, ample) = (options(Duration::ZERO), options(Duration::from_secs(600)));
    let input = || [("x", floats(&[1000], 1))];
    let run = |options: &Options| {
        let model = Arc::new(Model::from_bytes(&chain(false), &ample).unwrap());
        Session::new(model, options).unwrap().run(&input())
    };
    let freely = run(&Options::default()).unwrap();
    assert_eq!(run(&ample).unwrap(), freely);
    let said = run(&none).unwrap_err().to_string();
    assert!(said.contains("Options::time"), "{said}");
    assert!(Model::from_bytes(&chain(true), &ample).is_ok());
    let loaded = Model::from_bytes(&chain(true), &none);
    assert!(matches!(loaded, Err(Error::Time { .. })));
}
