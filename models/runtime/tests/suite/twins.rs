//! The fast kernels beside slow and obvious ones. They agree to the bit.

use crate::common::{Integer, Integers, apply, assert_same, at, floats, of, places};
use foresz_exact::Tensor;

/// The sum that the documentation promises: stretches of 256 terms, each from zero and
/// in order, then their sums in order.
fn sum(terms: &[(f32, f32)]) -> f32 {
    let stretch = |terms: &[(f32, f32)]| terms.iter().fold(0.0, |s, (a, b)| s + a * b);
    let sums = terms.chunks(256).map(stretch);
    sums.reduce(|s, next| s + next).unwrap_or(0.0)
}

/// The sum of a row: sixteen lanes, then their tree.
fn lanes(row: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    row.iter().enumerate().for_each(|(i, v)| lanes[i % 16] += v);
    for half in [8, 4, 2, 1] {
        (0..half).for_each(|i| lanes[i] += lanes[i + half]);
    }
    lanes[0]
}

fn matmul_twin(a: &Tensor, b: &Tensor, batch: &[usize]) -> Tensor {
    let (m, k) = (a.dims()[a.dims().len() - 2], a.dims()[a.dims().len() - 1]);
    let n = *b.dims().last().unwrap();
    let dims = [batch, &[m, n]].concat();
    let value = |place: &Vec<usize>| {
        let (outer, last) = place.split_at(batch.len());
        let term = |i: usize| {
            let left = [outer, &[last[0], i]].concat();
            let right = [outer, &[i, last[1]]].concat();
            (at(a, &left), at(b, &right))
        };
        sum(&(0..k).map(term).collect::<Vec<_>>())
    };
    of(&dims, &places(&dims).iter().map(value).collect::<Vec<_>>())
}

#[test]
fn matrix_products() {
    let sizes = [
        (1, 1, 1),
        (1, 7, 3),
        (3, 300, 5),
        (4, 256, 64),
        (5, 257, 65),
        (17, 33, 130),
        (2, 513, 16),
        (64, 64, 64),
        (9, 1, 80),
        (1, 600, 200),
        (7, 40, 600),
    ];
    for (m, k, n) in sizes {
        let (a, b) = (floats(&[m, k], 1), floats(&[k, n], 2));
        assert_same(
            &apply("MatMul", &[], &[&a, &b]),
            &matmul_twin(&a, &b, &[]),
            "MatMul",
        );
    }
}

#[test]
fn stacks_of_matrices() {
    let cases: [(&[usize], &[usize], &[usize]); 5] = [
        (&[3, 5, 20], &[3, 20, 17], &[3]),
        (&[2, 3, 5, 20], &[20, 7], &[2, 3]),
        (&[2, 1, 4, 300], &[5, 300, 70], &[2, 5]),
        (&[4, 9], &[6, 9, 3], &[6]),
        (&[2, 3, 4, 9], &[1, 3, 9, 66], &[2, 3]),
    ];
    for (left, right, batch) in cases {
        let (a, b) = (floats(left, 3), floats(right, 4));
        assert_same(
            &apply("MatMul", &[], &[&a, &b]),
            &matmul_twin(&a, &b, batch),
            "stack",
        );
    }
}

#[test]
fn gemm_reads_either_way() {
    let (m, k, n) = (6, 290, 70);
    let turned = |t: &Tensor| {
        let (rows, columns) = (t.dims()[0], t.dims()[1]);
        let values: Vec<f32> = places(&[columns, rows])
            .iter()
            .map(|p| at(t, &[p[1], p[0]]))
            .collect();
        of(&[columns, rows], &values)
    };
    let (a, b, c) = (floats(&[m, k], 5), floats(&[k, n], 6), floats(&[n], 7));
    let product = matmul_twin(&a, &b, &[]);
    let expected: Vec<f32> = (places(&[m, n]).iter())
        .map(|p| at(&product, p) + at(&c, &p[1..]))
        .collect();
    let expected = of(&[m, n], &expected);
    for (left, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let a = if left == 1 { turned(&a) } else { a.clone() };
        let b = if right == 1 { turned(&b) } else { b.clone() };
        let ways = [("transA", Integer(left)), ("transB", Integer(right))];
        assert_same(&apply("Gemm", &ways, &[&a, &b, &c]), &expected, "Gemm");
    }
}

/// A convolution by its definition, over the last two axes.
struct Convolution {
    stride: [usize; 2],
    pads: [usize; 4],
    dilation: [usize; 2],
    groups: usize,
}

impl Convolution {
    fn twin(&self, x: &Tensor, w: &Tensor, bias: &Tensor) -> Tensor {
        let (xd, wd) = (x.dims(), w.dims());
        let length = |a: usize| {
            let reach = (wd[a + 2] - 1) * self.dilation[a] + 1;
            (xd[a + 2] + self.pads[a] + self.pads[a + 2] - reach) / self.stride[a] + 1
        };
        let dims = [xd[0], wd[0], length(0), length(1)];
        let each = wd[0] / self.groups;
        let value = |p: &Vec<usize>| {
            let terms = places(&wd[1..]).into_iter().map(|t| {
                let source = |a: usize| {
                    let at = p[a + 2] * self.stride[a] + t[a + 1] * self.dilation[a];
                    at.checked_sub(self.pads[a]).filter(|&at| at < xd[a + 2])
                };
                let channel = p[1] / each * wd[1] + t[0];
                let v = match (source(0), source(1)) {
                    (Some(y), Some(z)) => at(x, &[p[0], channel, y, z]),
                    _ => 0.0,
                };
                (at(w, &[p[1], t[0], t[1], t[2]]), v)
            });
            sum(&terms.collect::<Vec<_>>()) + at(bias, &[p[1]])
        };
        of(&dims, &places(&dims).iter().map(value).collect::<Vec<_>>())
    }

    fn check(&self, x: &[usize], w: &[usize]) {
        let (x, w, bias) = (floats(x, 8), floats(w, 9), floats(&[w[0]], 10));
        let integers = |v: &[usize]| Integers(v.iter().map(|&v| v as i64).collect());
        let attributes = [
            ("strides", integers(&self.stride)),
            ("pads", integers(&self.pads)),
            ("dilations", integers(&self.dilation)),
            ("group", Integer(self.groups as i64)),
        ];
        let ours = apply("Conv", &attributes, &[&x, &w, &bias]);
        assert_same(&ours, &self.twin(&x, &w, &bias), "Conv");
    }
}

#[test]
fn convolutions() {
    let plain = Convolution {
        stride: [1, 1],
        pads: [1; 4],
        dilation: [1, 1],
        groups: 1,
    };
    plain.check(&[2, 3, 9, 11], &[5, 3, 3, 3]);
    plain.check(&[1, 40, 5, 70], &[7, 40, 3, 3]);
    plain.check(&[1, 2, 30, 130], &[3, 2, 3, 5]);
    Convolution {
        pads: [0; 4],
        ..plain
    }
    .check(&[1, 6, 4, 33], &[5, 6, 1, 1]);
    Convolution {
        stride: [2, 2],
        ..plain
    }
    .check(&[1, 4, 16, 33], &[6, 4, 3, 3]);
    Convolution {
        stride: [2, 3],
        pads: [0, 2, 1, 3],
        ..plain
    }
    .check(&[2, 3, 12, 14], &[4, 3, 2, 5]);
    Convolution {
        stride: [4, 4],
        pads: [0; 4],
        ..plain
    }
    .check(&[1, 3, 16, 40], &[8, 3, 4, 4]);
    Convolution {
        stride: [2, 2],
        pads: [0; 4],
        ..plain
    }
    .check(&[1, 3, 9, 10], &[4, 3, 1, 1]);
    Convolution {
        dilation: [2, 3],
        pads: [2, 3, 2, 3],
        ..plain
    }
    .check(&[1, 3, 10, 12], &[4, 3, 3, 3]);
    Convolution {
        dilation: [3, 2],
        stride: [2, 4],
        pads: [3, 0, 5, 9],
        ..plain
    }
    .check(&[1, 3, 10, 12], &[4, 3, 3, 3]);
    Convolution { groups: 3, ..plain }.check(&[2, 6, 7, 8], &[9, 2, 3, 3]);
    Convolution {
        groups: 8,
        stride: [1, 2],
        ..plain
    }
    .check(&[1, 8, 7, 20], &[8, 1, 3, 3]);
}

#[test]
fn softmax_and_layers() {
    for width in [1, 2, 15, 16, 17, 64, 100] {
        let x = floats(&[3, width], 11);
        let ours = apply("Softmax", &[], &[&x]);
        let shifted = |row: &[f32]| {
            let top = row.iter().fold(f32::NEG_INFINITY, |m, v| m.max(*v));
            row.iter().map(|v| v - top).collect::<Vec<f32>>()
        };
        let rows = x.values::<f32>().unwrap().chunks(width).flat_map(shifted);
        let exponents = apply("Exp", &[], &[&of(&[3, width], &rows.collect::<Vec<_>>())]);
        let divided = |row: &[f32]| row.iter().map(|v| v / lanes(row)).collect::<Vec<f32>>();
        let rows = exponents
            .values::<f32>()
            .unwrap()
            .chunks(width)
            .flat_map(divided);
        assert_same(
            &ours,
            &of(&[3, width], &rows.collect::<Vec<_>>()),
            "Softmax",
        );

        let (weight, bias) = (floats(&[width], 12), floats(&[width], 13));
        let ours = apply("LayerNormalization", &[], &[&x, &weight, &bias]);
        let normal = |row: &[f32]| {
            let mean = lanes(row) / width as f32;
            let squares: Vec<f32> = row.iter().map(|v| (v - mean) * (v - mean)).collect();
            let scale = 1.0 / (lanes(&squares) / width as f32 + 1e-5).sqrt();
            let one =
                |(i, v): (usize, &f32)| (v - mean) * scale * at(&weight, &[i]) + at(&bias, &[i]);
            row.iter().enumerate().map(one).collect::<Vec<f32>>()
        };
        let rows = x.values::<f32>().unwrap().chunks(width).flat_map(normal);
        assert_same(
            &ours,
            &of(&[3, width], &rows.collect::<Vec<_>>()),
            "LayerNormalization",
        );
    }
}

#[test]
fn transposed_convolutions() {
    let cases = [
        ([1, 1], [0, 0], 1),
        ([2, 2], [1, 1], 1),
        ([3, 2], [0, 1], 2),
    ];
    for (stride, pad, groups) in cases {
        let (x, w) = (floats(&[2, 4, 5, 6], 14), floats(&[4, 3, 3, 4], 15));
        let attributes = [
            ("strides", Integers(stride.map(|s| s as i64).to_vec())),
            (
                "pads",
                Integers([pad, pad].concat().iter().map(|&p| p as i64).collect()),
            ),
            ("group", Integer(groups as i64)),
        ];
        let ours = apply("ConvTranspose", &attributes, &[&x, &w]);
        let inside = 4 / groups;
        let length = |a: usize| (x.dims()[a + 2] - 1) * stride[a] + w.dims()[a + 2] - 2 * pad[a];
        let dims = [2, 3 * groups, length(0), length(1)];
        let value = |p: &Vec<usize>| {
            let (group, channel) = (p[1] / 3, p[1] % 3);
            // One element of the kernel after the other.
            let taps = places(&[3, 4]).into_iter().filter_map(|t| {
                let source = |a: usize| {
                    let ahead = (p[a + 2] + pad[a]).checked_sub(t[a])?;
                    let fits =
                        ahead.is_multiple_of(stride[a]) && ahead / stride[a] < x.dims()[a + 2];
                    fits.then(|| ahead / stride[a])
                };
                let (y, z) = (source(0)?, source(1)?);
                let term = |i: usize| {
                    let i = group * inside + i;
                    (at(&w, &[i, channel, t[0], t[1]]), at(&x, &[p[0], i, y, z]))
                };
                Some(sum(&(0..inside).map(term).collect::<Vec<_>>()))
            });
            taps.fold(0.0, |s, v| s + v)
        };
        let expected: Vec<f32> = places(&dims).iter().map(value).collect();
        assert_same(&ours, &of(&dims, &expected), "ConvTranspose");
    }
}
