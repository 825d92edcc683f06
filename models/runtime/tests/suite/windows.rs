//! Poolings, normalisations and resizing beside their definitions in doubles, or
//! beside numbers that ONNX Runtime gave.

use crate::common::{
    Float, Integer, Integers, Text, apply, apply_at, assert_close, assert_same, at, floats, list,
    of, places,
};
use foresz_exact::Tensor;

fn doubles(t: &Tensor) -> Vec<f64> {
    t.values::<f32>()
        .unwrap()
        .iter()
        .map(|&v| v as f64)
        .collect()
}

#[test]
fn pooling() {
    let x = floats(&[1, 2, 7, 6], 10);
    let list_of = |v: &[i64]| Integers(v.to_vec());
    for (include, up) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let shape = || {
            [
                ("kernel_shape", list_of(&[3, 2])),
                ("strides", list_of(&[2, 2])),
                ("pads", list_of(&[1, 0, 1, 1])),
                ("ceil_mode", Integer(up)),
            ]
        };
        let [kernel, strides, pads, ceil] = shape();
        let count = ("count_include_pad", Integer(include));
        let means = apply("AveragePool", &[kernel, strides, pads, ceil, count], &[&x]);
        let most = apply("MaxPool", &shape(), &[&x]);
        assert_eq!(means.dims(), most.dims());
        let under = |p: &Vec<usize>| {
            let (mut values, mut padded) = (Vec::new(), 0);
            for tap in places(&[3, 2]) {
                let (y, z) = (p[2] * 2 + tap[0], p[3] * 2 + tap[1]);
                padded += usize::from(y < 9 && z < 7);
                if (1..8).contains(&y) && z < 6 {
                    values.push(at(&x, &[p[0], p[1], y - 1, z]) as f64);
                }
            }
            (values, padded)
        };
        let all = places(means.dims());
        let mean = |p: &Vec<usize>| {
            let (values, padded) = under(p);
            let number = if include == 1 { padded } else { values.len() };
            values.iter().sum::<f64>() / number as f64
        };
        let expected: Vec<f64> = all.iter().map(mean).collect();
        assert_close(&means, most.dims(), &expected);
        let top = |p: &Vec<usize>| under(p).0.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let expected: Vec<f64> = all.iter().map(top).collect();
        assert_close(&most, means.dims(), &expected);
    }
    let global = apply("GlobalAveragePool", &[], &[&x]);
    let expected: Vec<f64> = doubles(&x)
        .chunks(42)
        .map(|c| c.iter().sum::<f64>() / 42.0)
        .collect();
    assert_close(&global, &[1, 2, 1, 1], &expected);
}

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    (mean, 1.0 / (squares / values.len() as f64 + 1e-5).sqrt())
}

#[test]
fn normalisations() {
    let x = floats(&[2, 6, 3, 5], 11);
    let (scale, shift) = (floats(&[6], 12), floats(&[6], 13));
    let (w, b) = (doubles(&scale), doubles(&shift));
    let normal = |groups: usize, affine: &dyn Fn(usize) -> (f64, f64)| -> Vec<f64> {
        let each = 6 / groups * 15;
        let rows = doubles(&x);
        let rows = rows.chunks(each).enumerate().flat_map(|(g, row)| {
            let (mean, by) = moments(row);
            let one = |(i, v): (usize, &f64)| {
                let (w, b) = affine((g % groups) * (6 / groups) + i / 15);
                (v - mean) * by * w + b
            };
            row.iter().enumerate().map(one).collect::<Vec<_>>()
        });
        rows.collect()
    };
    let ours = apply("InstanceNormalization", &[], &[&x, &scale, &shift]);
    assert_close(&ours, x.dims(), &normal(6, &|c| (w[c], b[c])));
    let groups = [("num_groups", Integer(3))];
    let ours = apply_at(21, "GroupNormalization", &groups, &[&x, &scale, &shift]);
    assert_close(&ours, x.dims(), &normal(3, &|c| (w[c], b[c])));
    let ours = apply_at(
        18,
        "GroupNormalization",
        &groups,
        &[&x, &floats(&[3], 12), &floats(&[3], 13)],
    );
    let (v, a) = (doubles(&floats(&[3], 12)), doubles(&floats(&[3], 13)));
    assert_close(&ours, x.dims(), &normal(3, &|c| (v[c / 2], a[c / 2])));
    let variance = apply("Abs", &[], &[&floats(&[6], 14)]);
    let mean = floats(&[6], 15);
    let ours = apply(
        "BatchNormalization",
        &[("epsilon", Float(1e-3))],
        &[&x, &scale, &shift, &mean, &variance],
    );
    let (m, s) = (doubles(&mean), doubles(&variance));
    let one = |(i, v): (usize, &f64)| {
        let c = i / 15 % 6;
        (v - m[c]) / (s[c] + 1e-3).sqrt() * w[c] + b[c]
    };
    let expected: Vec<f64> = doubles(&x).iter().enumerate().map(one).collect();
    assert_close(&ours, x.dims(), &expected);
    let ours = apply("Softmax", &[("axis", Integer(1))], &[&x]);
    let sum = apply("ReduceSum", &[], &[&ours, &list(&[1])]);
    assert_close(&sum, &[2, 1, 3, 5], &[1.0; 30]);
    let flat = apply_at(11, "Softmax", &[], &[&x]);
    let rows = apply("Softmax", &[], &[&of(&[2, 90], x.values::<f32>().unwrap())]);
    assert_eq!(flat.values::<f32>(), rows.values::<f32>());
}

/// Numbers from ONNX Runtime 1.31.
#[test]
fn resizing() {
    let x = of(&[1, 1, 2, 3], &[1.0f32, 2.0, 4.0, 8.0, 16.0, 32.0]);
    let none = of::<f32>(&[0], &[]);
    let to = |mode, place, sizes: &[i64]| {
        let attributes = [
            ("mode", Text(mode)),
            ("coordinate_transformation_mode", Text(place)),
        ];
        apply("Resize", &attributes, &[&x, &none, &none, &list(sizes)])
    };
    let nearest = to("nearest", "asymmetric", &[1, 1, 4, 6]);
    let value = |p: &Vec<usize>| at(&x, &[0, 0, p[2] / 2, p[3] / 2]) as f64;
    let expected: Vec<f64> = places(&[1, 1, 4, 6]).iter().map(value).collect();
    // Half a place is rounded down unless the model says otherwise.
    assert_close(&nearest, &[1, 1, 4, 6], &expected);
    let half = [1.0, 1.4, 2.0, 3.2, 4.0, 8.0, 11.2, 16.0, 25.6, 32.0];
    assert_close(
        &to("linear", "half_pixel", &[1, 1, 2, 5]),
        &[1, 1, 2, 5],
        &half,
    );
    let corners = [1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0];
    assert_close(
        &to("linear", "align_corners", &[1, 1, 2, 5]),
        &[1, 1, 2, 5],
        &corners,
    );
    let scales = of(&[4], &[1.0f32, 1.0, 2.0, 1.0]);
    let tall = apply("Resize", &[("mode", Text("linear"))], &[&x, &none, &scales]);
    assert_eq!(tall.dims(), [1, 1, 4, 3]);
    let column: Vec<f32> = (0..4).map(|y| at(&tall, &[0, 0, y, 0])).collect();
    assert_eq!(column, [1.0, 2.75, 6.25, 8.0]);
}

/// One and three axes are the same kernels as two.
#[test]
fn other_axes() {
    let (x, w) = (floats(&[2, 3, 17], 20), floats(&[4, 3, 5], 21));
    let pads = [("pads", Integers(vec![2, 2]))];
    let line = apply("Conv", &pads, &[&x, &w]);
    let flat = |t: &Tensor| {
        let mut dims = t.dims().to_vec();
        dims.insert(2, 1);
        of(&dims, t.values::<f32>().unwrap())
    };
    let plane = apply(
        "Conv",
        &[("pads", Integers(vec![0, 2, 0, 2]))],
        &[&flat(&x), &flat(&w)],
    );
    assert_eq!(line.values::<f32>(), plane.values::<f32>());
    let same = apply("Conv", &[("auto_pad", Text("SAME_UPPER"))], &[&x, &w]);
    assert_same(&same, &line, "SAME_UPPER");
    let (x, w) = (floats(&[1, 2, 5, 6, 7], 22), floats(&[3, 2, 2, 3, 3], 23));
    let strides = [
        ("strides", Integers(vec![2, 1, 2])),
        ("pads", Integers(vec![1, 0, 1, 0, 1, 1])),
    ];
    let solid = apply("Conv", &strides, &[&x, &w]);
    let value = |p: &Vec<usize>| {
        let term = |t: &Vec<usize>| {
            let z = (p[2] * 2 + t[1]).checked_sub(1).filter(|&z| z < 5);
            let y = Some(p[3] + t[2]).filter(|&y| y < 6);
            let q = (p[4] * 2 + t[3]).checked_sub(1).filter(|&q| q < 7);
            let (Some(z), Some(y), Some(q)) = (z, y, q) else {
                return 0.0;
            };
            let tap = [p[1], t[0], t[1], t[2], t[3]];
            at(&x, &[0, t[0], z, y, q]) as f64 * at(&w, &tap) as f64
        };
        places(&[2, 2, 3, 3]).iter().map(term).sum()
    };
    let expected: Vec<f64> = places(solid.dims()).iter().map(value).collect();
    assert_eq!(solid.dims(), [1, 3, 3, 5, 4]);
    assert_close(&solid, &[1, 3, 3, 5, 4], &expected);
}
