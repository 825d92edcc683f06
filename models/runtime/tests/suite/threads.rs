//! Tensors large enough to be divided give the same bits on any number of threads.

use std::sync::Arc;

use crate::common::{Integers, Text, Writer, assert_same, floats};
use foresz_exact::{Dtype, Model, Options, Session};

/// Adds a node and gives the name of its output.
type Add<'a> = &'a dyn Fn(&mut Writer) -> String;

fn on_threads(what: &str, dims: &[usize], add: Add) {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &vec![-1; dims.len()]);
    let y = add(&mut w);
    w.named("Identity", &[&y], &["y"], &[]);
    w.output("y", Dtype::F32);
    let bytes = w.finish();
    let run = |threads| {
        let options = Options {
            threads,
            ..Options::default()
        };
        let model = Arc::new(Model::from_bytes(&bytes, &options).unwrap());
        let mut session = Session::new(model, &options).unwrap();
        session.run(&[("x", floats(dims, 5))]).unwrap().remove(0)
    };
    let expected = run(1);
    assert!(
        expected.len() > 100_000,
        "{what} is too small to be divided"
    );
    for threads in [2, 3, 7] {
        assert_same(&run(threads), &expected, what);
    }
}

#[test]
fn axes_in_another_order() {
    for order in [
        vec![0, 1, 3, 2],
        vec![3, 2, 1, 0],
        vec![0, 2, 1, 3],
        vec![2, 0, 1, 3],
        vec![1, 0, 3, 2],
    ] {
        let what = format!("Transpose {order:?}");
        on_threads(&what, &[3, 37, 41, 29], &|w| {
            w.node("Transpose", &["x"], &[("perm", Integers(order.clone()))])
        });
    }
    on_threads("one plane", &[401, 503], &|w| {
        w.node("Transpose", &["x"], &[])
    });
}

#[test]
fn values_that_repeat() {
    for dims in [[1, 37, 1, 1], [3, 1, 41, 1], [1, 1, 1, 29], [3, 37, 1, 29]] {
        let what = format!("Add {dims:?}");
        on_threads(&what, &[3, 37, 41, 29], &|w| {
            let weight = w.noise(&dims);
            w.node("Add", &["x", &weight], &[])
        });
        on_threads(&what, &[3, 37, 41, 29], &|w| {
            let weight = w.noise(&dims);
            // Needed twice, so that it cannot be overwritten.
            let sum = w.node("Sub", &[&weight, "x"], &[]);
            w.node("Mul", &["x", &sum], &[])
        });
    }
}

#[test]
fn pieces() {
    on_threads("Slice", &[3, 37, 41, 61], &|w| {
        let [start, end, axes, steps] =
            [&[1, 5], &[36, 60], &[1, 3], &[1, 2]].map(|list: &[i64; 2]| w.integers(list));
        w.node("Slice", &["x", &start, &end, &axes, &steps], &[])
    });
    on_threads("Expand", &[1, 37, 1, 29], &|w| {
        let shape = w.integers(&[5, 37, 41, 29]);
        w.node("Expand", &["x", &shape], &[])
    });
    on_threads("Tile", &[3, 7, 41, 29], &|w| {
        let times = w.integers(&[1, 3, 2, 2]);
        w.node("Tile", &["x", &times], &[])
    });
    for mode in ["nearest", "linear"] {
        on_threads(mode, &[2, 5, 41, 29], &|w| {
            let sizes = w.integers(&[2, 5, 150, 101]);
            let mode = [("mode", Text(mode))];
            w.node("Resize", &["x", "", "", &sizes], &mode)
        });
    }
}

#[test]
fn convolutions() {
    on_threads("Conv", &[2, 6, 120, 130], &|w| {
        let (kernel, bias) = (w.noise(&[9, 6, 3, 3]), w.noise(&[9]));
        let pads = [("pads", Integers(vec![1; 4]))];
        w.node("Conv", &["x", &kernel, &bias], &pads)
    });
    on_threads("Conv of small images", &[40, 6, 11, 9], &|w| {
        let (kernel, bias) = (w.noise(&[46, 3, 3, 3]), w.noise(&[46]));
        let group = ("group", crate::common::Integer(2));
        let pads = ("pads", Integers(vec![1; 4]));
        w.node("Conv", &["x", &kernel, &bias], &[pads, group])
    });
    on_threads("ConvTranspose", &[2, 6, 61, 67], &|w| {
        let (kernel, bias) = (w.noise(&[6, 5, 4, 4]), w.noise(&[10]));
        let group = ("group", crate::common::Integer(2));
        let strides = ("strides", Integers(vec![2, 2]));
        w.node("ConvTranspose", &["x", &kernel, &bias], &[strides, group])
    });
}
