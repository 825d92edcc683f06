//! Small networks of the kinds that predict fields, with seeded weights.

use foresz_exact::Dtype;

use super::{Float, Integer, Integers, Writer};

/// An autoencoder of matrix products.
pub(crate) fn dense() -> Vec<u8> {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[-1, 200]);
    let mut x = "x".to_owned();
    let sizes = [200, 300, 70, 9, 70, 300, 200];
    for (i, pair) in sizes.windows(2).enumerate() {
        let (matrix, bias) = (w.noise(&[pair[1], pair[0]]), w.noise(&[pair[1]]));
        x = w.node("Gemm", &[&x, &matrix, &bias], &[("transB", Integer(1))]);
        x = match i {
            0 => w.node("LeakyRelu", &[&x], &[("alpha", Float(0.1))]),
            1 => w.node("Tanh", &[&x], &[]),
            2 => w.node("Sigmoid", &[&x], &[]),
            3 | 4 => w.node("Relu", &[&x], &[]),
            _ => x,
        };
    }
    w.named("Identity", &[&x], &["y"], &[]);
    w.output("y", Dtype::F32);
    w.finish()
}

/// Divides, or multiplies, by a norm over the channels.
fn generalised_norm(w: &mut Writer, x: &str, channels: usize, operator: &str) -> String {
    let weights = w.noise(&[channels, channels, 1, 1]);
    let weights = w.node("Mul", &[&weights, &weights], &[]);
    let square = w.node("Mul", &[x, x], &[]);
    let one = w.number(1.0);
    let sum = w.node("Conv", &[&square, &weights], &[]);
    let sum = w.node("Add", &[&sum, &one], &[]);
    let norm = w.node("Sqrt", &[&sum], &[]);
    w.node(operator, &[x, &norm], &[])
}

/// A convolutional autoencoder with generalised normalisation.
pub(crate) fn convolutional() -> Vec<u8> {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 2, -1, -1]);
    let mut x = "x".to_owned();
    let pads = || ("pads", Integers(vec![1; 4]));
    let strides = || ("strides", Integers(vec![2, 2]));
    for (inside, outside) in [(2, 12), (12, 20)] {
        let (kernel, bias) = (w.noise(&[outside, inside, 3, 3]), w.noise(&[outside]));
        x = w.node("Conv", &[&x, &kernel, &bias], &[pads(), strides()]);
        x = generalised_norm(&mut w, &x, outside, "Div");
    }
    for (inside, outside) in [(20, 12), (12, 6)] {
        let (kernel, bias) = (w.noise(&[inside, outside, 4, 4]), w.noise(&[outside]));
        x = w.node("ConvTranspose", &[&x, &kernel, &bias], &[pads(), strides()]);
        x = generalised_norm(&mut w, &x, outside, "Mul");
    }
    let kernel = w.noise(&[2, 6, 3, 3]);
    w.named("Conv", &[&x, &kernel], &["y"], &[pads()]);
    w.output("y", Dtype::F32);
    w.finish()
}

/// Windows of 4 × 4 places of an 8 × 12 image attend within themselves.
pub(crate) fn attention() -> Vec<u8> {
    let (wide, heads, each) = (32, 4, 8);
    let mut w = Writer::new(20);
    w.input("x", Dtype::F32, &[1, 96, wide]);
    let windows = |w: &mut Writer, x: &str, shapes: [&[i64]; 2]| {
        let shape = w.integers(shapes[0]);
        let x = w.node("Reshape", &[x, &shape], &[]);
        let x = w.node(
            "Transpose",
            &[&x],
            &[("perm", Integers(vec![0, 1, 3, 2, 4, 5]))],
        );
        let shape = w.integers(shapes[1]);
        w.node("Reshape", &[&x, &shape], &[])
    };
    let (scale, shift) = (w.noise(&[32]), w.noise(&[32]));
    let y = w.node("LayerNormalization", &["x", &scale, &shift], &[]);
    let y = windows(&mut w, &y, [&[1, 2, 4, 3, 4, wide], &[6, 16, wide]]);
    let matrix = w.noise(&[32, 96]);
    let y = w.node("MatMul", &[&y, &matrix], &[]);
    let shape = w.integers(&[6, 16, 3, heads, each]);
    let y = w.node("Reshape", &[&y, &shape], &[]);
    let y = w.node(
        "Transpose",
        &[&y],
        &[("perm", Integers(vec![2, 0, 3, 1, 4]))],
    );
    w.named(
        "Split",
        &[&y],
        &["q", "k", "v"],
        &[("num_outputs", Integer(3))],
    );
    let axis = w.integers(&[0]);
    let [q, k, v] = ["q", "k", "v"].map(|name| w.node("Squeeze", &[name, &axis], &[]));
    let k = w.node("Transpose", &[&k], &[("perm", Integers(vec![0, 1, 3, 2]))]);
    let scores = w.node("MatMul", &[&q, &k], &[]);
    let bias = w.noise(&[1, 4, 16, 16]);
    let scores = w.node("Add", &[&scores, &bias], &[]);
    let scores = w.node("Softmax", &[&scores], &[]);
    let y = w.node("MatMul", &[&scores, &v], &[]);
    let y = w.node("Transpose", &[&y], &[("perm", Integers(vec![0, 2, 1, 3]))]);
    let y = windows(&mut w, &y, [&[1, 2, 3, 4, 4, wide], &[1, 96, wide]]);
    let x = w.node("Add", &["x", &y], &[]);
    let (up, down) = (w.noise(&[32, 64]), w.noise(&[64, 32]));
    let y = w.node("MatMul", &[&x, &up], &[]);
    let y = w.node("Gelu", &[&y], &[]);
    let y = w.node("MatMul", &[&y, &down], &[]);
    w.named("Add", &[&x, &y], &["y"], &[]);
    w.output("y", Dtype::F32);
    w.finish()
}
