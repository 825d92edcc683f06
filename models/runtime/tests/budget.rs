//! Small files that ask for much: what they get is what was allowed, counted by the
//! allocator, and what they may do is known before it is done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

#[allow(dead_code, reason = "not every suite uses all of it")]
#[path = "suite/common/mod.rs"]
mod common;
#[path = "../../../tests/counting/mod.rs"]
mod counting;

use std::sync::Arc;

use common::{Integers, Writer, bytes, floats};
use counting::{peak, turn};
use foresz_exact::{Dtype, Error, Model, Options, Session, Tensor};

const LIMIT: usize = 32 << 20;

fn options() -> Options {
    Options {
        memory: LIMIT,
        work: Some(1 << 32),
        ..Options::default()
    }
}

/// Loads and runs a model, and fails if that took more than was allowed.
fn run(file: &[u8]) -> Result<Vec<Tensor>, Error> {
    let (outcome, peak) = peak(|| {
        let model = Arc::new(Model::from_bytes(file, &options())?);
        Session::new(model, &options())?.run(&[("x", floats(&[1, 1, 1, 1], 1))])
    });
    // Lists of a few entries for each node are not counted.
    assert!(peak < LIMIT + LIMIT / 4, "{peak} bytes");
    outcome
}

/// A constant of so many floats, made by a node of a few bytes.
fn made(w: &mut Writer, shape: &[i64]) -> String {
    let shape = w.integers(shape);
    w.node("ConstantOfShape", &[&shape], &[])
}

#[test]
fn constants_that_nodes_make_count_together() {
    let _turn = turn();
    let many = |number: usize| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[1, 1, 1, 1]);
        let mut sum = "x".to_owned();
        for _ in 0..number {
            let constant = made(&mut w, &[1 << 20]);
            let least = w.node("ReduceMax", &[&constant, ""], &[]);
            // It is needed by every run, so it cannot be let go.
            let whole = w.node("Add", &[&constant, "x"], &[]);
            let part = w.node("ReduceMax", &[&whole], &[]);
            let both = w.node("Add", &[&least, &part], &[]);
            sum = w.node("Add", &[&sum, &both], &[]);
        }
        w.named("Identity", &[&sum], &["y"], &[]);
        w.output("y", Dtype::F32);
        run(&w.finish())
    };
    many(1).unwrap();
    // Sixty constants of 4 MiB: those beyond the limit are made by every run anew.
    many(60).unwrap();
}

#[test]
fn packed_weights_count() {
    let _turn = turn();
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 1, 1, 1]);
    let weights = made(&mut w, &[1 << 10, 1 << 11, 1, 1]);
    let wide = w.integers(&[1, 1 << 11, 1, 1]);
    let x = w.node("Expand", &["x", &wide], &[]);
    let mut sum = "x".to_owned();
    for _ in 0..40 {
        let y = w.node("Conv", &[&x, &weights], &[]);
        let y = w.node("ReduceMax", &[&y], &[]);
        sum = w.node("Add", &[&sum, &y], &[]);
    }
    w.named("Identity", &[&sum], &["y"], &[]);
    w.output("y", Dtype::F32);
    run(&w.finish()).unwrap();
}

#[test]
fn what_is_read_counts() {
    let _turn = turn();
    // Attributes of no byte, a hundred times as large in memory.
    let node: Vec<u8> = [5 << 3 | 2, 0].repeat(200_000);
    let mut w = Writer::new(17);
    bytes(1, &node, &mut w.graph);
    bytes(1, &node, &mut w.graph);
    let said = run(&w.finish()).unwrap_err().to_string();
    assert!(said.contains("Options::memory"), "{said}");
    // A tensor of integers of one byte each.
    let mut tensor = Vec::new();
    bytes(7, &vec![1; 6 << 20], &mut tensor);
    let mut w = Writer::new(17);
    bytes(5, &tensor, &mut w.graph);
    let said = run(&w.finish()).unwrap_err().to_string();
    assert!(said.contains("Options::memory"), "{said}");
}

#[test]
fn outputs_count() {
    let _turn = turn();
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 1, 1, 1]);
    let shape = w.integers(&[1 << 20]);
    let zero = w.number(0.0);
    let x = w.node("Div", &["x", &zero], &[]);
    let x = w.node("Sub", &[&x, &x], &[]);
    let flat = w.integers(&[1]);
    let x = w.node("Reshape", &[&x, &flat], &[]);
    let wide = w.node("Expand", &[&x, &shape], &[]);
    for i in 0..100 {
        let name = format!("y{i}");
        w.named("Identity", &[&wide], &[&name], &[]);
        w.output(&name, Dtype::F32);
    }
    assert!(matches!(run(&w.finish()), Err(Error::Memory { .. })));
}

/// A model of one operator on x and how many multiply-adds it says it did.
fn work(w: Writer, dims: &[usize], limit: Option<u64>) -> Result<u64, Error> {
    let model = Arc::new(Model::from_bytes(&w.finish(), &Options::default())?);
    let mut session = Session::new(model, &Options::default())?;
    session.limit_work(limit);
    session.run(&[("x", floats(dims, 1))])?;
    Ok(session.work())
}

fn product(k: usize, n: usize) -> Writer {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[-1, k as i64]);
    let weights = w.noise(&[k, n]);
    w.named("MatMul", &["x", &weights], &["y"], &[]);
    w.output("y", Dtype::F32);
    w
}

#[test]
fn work_is_counted_and_refused_before_it_is_done() {
    let _turn = turn();
    let of = |limit| work(product(64, 32), &[100, 64], limit);
    let all = of(None).unwrap();
    let sums = 100 * 64 * 32;
    assert!(all >= sums && all < 2 * sums, "{all}");
    assert_eq!(of(Some(all)).unwrap(), all);
    let said = of(Some(all - 1)).unwrap_err().to_string();
    for part in [sums.to_string(), (all - 1).to_string()] {
        assert!(said.contains(&part), "{said} without {part}");
    }
}

#[test]
fn operators_that_make_little_of_much_count_what_they_look_at() {
    let _turn = turn();
    let of = |operator, inputs: &[&str], attributes| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[1, 1, 64, 64]);
        w.named(operator, inputs, &["y"], attributes);
        w.output("y", Dtype::F32);
        work(w, &[1, 1, 64, 64], None).unwrap()
    };
    let kernel = &[("kernel_shape", Integers(vec![64, 64]))];
    let reduced = of("ReduceMax", &["x"], &[]);
    let pooled = of("MaxPool", &["x"], kernel);
    let mean = of("GlobalAveragePool", &["x"], &[]);
    for work in [reduced, pooled, mean, of("Relu", &["x"], &[])] {
        assert!((64 * 64..1 << 18).contains(&work), "{work}");
    }
}

#[test]
fn loading_may_not_work_more_than_runs_may() {
    let _turn = turn();
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 1, 1, 1]);
    let large = made(&mut w, &[2048, 2048]);
    let mut product = large.clone();
    for _ in 0..8 {
        product = w.node("MatMul", &[&product, &large], &[]);
    }
    let least = w.node("ReduceMax", &[&product], &[]);
    w.named("Add", &["x", &least], &["y"], &[]);
    w.output("y", Dtype::F32);
    let file = w.finish();
    let limited = Options {
        work: Some(1 << 30),
        ..Options::default()
    };
    let outcome = Model::from_bytes(&file, &limited);
    assert!(matches!(outcome, Err(Error::Work { .. })));
}
