//! Each operator beside its definition, in doubles and one element at a time, or beside
//! numbers that ONNX Runtime gave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

#[allow(dead_code, reason = "not every suite uses all of it")]
mod common;

use common::{
    Float, Integer, Integers, Text, Value, apply, apply_at, assert_close, assert_same, at, floats,
    list, of, places, single,
};
use foresz_exact::Tensor;
use proptest::prelude::*;

type Exact = fn(f64) -> f64;
type Joined = fn(f32, f32) -> f32;

fn doubles(t: &Tensor) -> Vec<f64> {
    t.values::<f32>()
        .unwrap()
        .iter()
        .map(|&v| v as f64)
        .collect()
}

#[test]
fn functions_of_one_value() {
    let x = floats(&[3, 7, 5], 1);
    let positive = apply("Exp", &[], &[&x]);
    let logistic = |v: f64| 1.0 / (1.0 + (-v).exp());
    let cases: [(&str, &Tensor, Exact); 18] = [
        ("Abs", &x, f64::abs),
        ("Neg", &x, |v| -v),
        ("Exp", &x, f64::exp),
        ("Log", &positive, f64::ln),
        ("Sqrt", &positive, f64::sqrt),
        ("Reciprocal", &positive, |v| 1.0 / v),
        ("Sin", &x, f64::sin),
        ("Cos", &x, f64::cos),
        ("Tanh", &x, f64::tanh),
        ("Sigmoid", &x, logistic),
        ("Relu", &x, |v| v.max(0.0)),
        ("LeakyRelu", &x, |v| if v < 0.0 { 0.01 * v } else { v }),
        ("Floor", &x, f64::floor),
        ("Ceil", &x, f64::ceil),
        ("Round", &x, f64::round_ties_even),
        ("Identity", &x, |v| v),
        ("Dropout", &x, |v| v),
        ("Clip", &x, |v| v),
    ];
    for (operator, x, f) in cases {
        let expected: Vec<f64> = doubles(x).into_iter().map(f).collect();
        assert_close(&apply(operator, &[], &[x]), x.dims(), &expected);
    }
    let (low, high) = (of(&[], &[-0.5f32]), of(&[], &[0.75f32]));
    let expected: Vec<f64> = doubles(&x).iter().map(|v| v.clamp(-0.5, 0.75)).collect();
    assert_close(&apply("Clip", &[], &[&x, &low, &high]), x.dims(), &expected);
    let halves = of(&[6], &[-2.5f32, -1.5, -0.5, 0.5, 1.5, 2.5]);
    let rounded = apply("Round", &[], &[&halves]);
    assert_eq!(
        rounded.values::<f32>().unwrap(),
        [-2.0, -2.0, 0.0, 0.0, 2.0, 2.0]
    );
}

/// Numbers from ONNX Runtime 1.31.
#[test]
fn error_functions() {
    let x = of(&[5], &[-2.0f32, -0.7, 0.0, 0.3, 1.5]);
    let erf = [
        -0.995_322_265,
        -0.677_801_194,
        0.0,
        0.328_626_759,
        0.966_105_146,
    ];
    assert_close(&apply("Erf", &[], &[&x]), &[5], &erf);
    let gelu = [
        -0.045_500_264,
        -0.169_374_570,
        0.0,
        0.185_373_380,
        1.399_789_198,
    ];
    assert_close(&apply_at(20, "Gelu", &[], &[&x]), &[5], &gelu);
    let approximate = [
        -0.045_402_348,
        -0.169_429_84,
        0.0,
        0.185_370_92,
        1.399_571_5,
    ];
    let tanh = [("approximate", Text("tanh"))];
    assert_close(&apply_at(20, "Gelu", &tanh, &[&x]), &[5], &approximate);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_values_broadcast(
        dims in prop::collection::vec(1usize..5, 0..5),
        ones in prop::collection::vec((any::<bool>(), any::<bool>()), 5),
        cut in (0usize..3, 0usize..3),
        seed in any::<u64>(),
    ) {
        let side = |which: fn(&(bool, bool)) -> bool, cut: usize| -> Vec<usize> {
            let keep = |(i, d): (usize, &usize)| if which(&ones[i]) { 1 } else { *d };
            let all: Vec<usize> = dims.iter().enumerate().map(keep).collect();
            all[cut.min(all.len())..].to_vec()
        };
        // Only one side may lack axes, or the result is of lower rank.
        let (left, right) = (side(|o| o.0 && !o.1, 0), side(|o| o.1, cut.1.max(cut.0)));
        let (a, b) = (floats(&left, seed), floats(&right, seed ^ 1));
        let cases: [(&str, Joined); 6] = [
            ("Add", |a, b| a + b),
            ("Sub", |a, b| a - b),
            ("Mul", |a, b| a * b),
            ("Div", |a, b| a / b),
            ("Max", f32::max),
            ("Min", f32::min),
        ];
        for (operator, f) in cases {
            for swap in [false, true] {
                let (a, b) = if swap { (&b, &a) } else { (&a, &b) };
                let ours = apply(operator, &[], &[a, b]);
                let value = |p: &Vec<usize>| f(at(a, p), at(b, p));
                let expected: Vec<f32> = places(ours.dims()).iter().map(value).collect();
                assert_same(&ours, &of(ours.dims(), &expected), operator);
            }
        }
        let less = apply("Less", &[], &[&a, &b]);
        let chosen = apply("Where", &[], &[&less, &a, &b]);
        assert_same(&chosen, &apply("Min", &[], &[&a, &b]), "Where");
    }

    #[test]
    fn transposing_back_is_identity(
        dims in prop::collection::vec(0usize..20, 1..5),
        order in Just(vec![0i64, 1, 2, 3]).prop_shuffle(),
        seed in any::<u64>(),
    ) {
        let order: Vec<i64> = order.into_iter().filter(|&a| (a as usize) < dims.len()).collect();
        let x = floats(&dims, seed);
        let turned = apply("Transpose", &[("perm", Integers(order.clone()))], &[&x]);
        let value = |p: &Vec<usize>| {
            let mut source = vec![0; p.len()];
            order.iter().zip(p).for_each(|(&a, &i)| source[a as usize] = i);
            at(&x, &source)
        };
        let expected: Vec<f32> = places(turned.dims()).iter().map(value).collect();
        assert_same(&turned, &of(turned.dims(), &expected), "Transpose");
    }

    #[test]
    fn slices_are_what_numpy_cuts(
        n in 1usize..12, start in -15i64..15, end in -15i64..15,
        step in prop_oneof![-4i64..0, 1i64..5], seed in any::<u64>(),
    ) {
        let x = floats(&[2, n, 3], seed);
        let ours = apply("Slice", &[], &[&x, &list(&[start]), &list(&[end]), &list(&[1]), &list(&[step])]);
        let length = n as i64;
        let clip = |i: i64, low: i64, high: i64| (if i < 0 { i + length } else { i }).clamp(low, high);
        let mut rows = Vec::new();
        if step > 0 {
            let (mut i, end) = (clip(start, 0, length), clip(end, 0, length));
            while i < end { rows.push(i as usize); i += step; }
        } else {
            let (mut i, end) = (clip(start, 0, length - 1), clip(end, -1, length - 1));
            while i > end { rows.push(i as usize); i += step; }
        }
        let dims = [2, rows.len(), 3];
        let value = |p: &Vec<usize>| at(&x, &[p[0], rows[p[1]], p[2]]);
        let expected: Vec<f32> = places(&dims).iter().map(value).collect();
        assert_same(&ours, &of(&dims, &expected), "Slice");
    }

    #[test]
    fn reductions(
        // Few enough terms for their rounding to stay within what is allowed.
        dims in prop::collection::vec(1usize..5, 1..4),
        chosen in prop::collection::vec(any::<bool>(), 4),
        keep in 0i64..2, seed in any::<u64>(),
    ) {
        let x = floats(&dims, seed);
        let axes: Vec<i64> = (0..dims.len() as i64).filter(|&a| chosen[a as usize]).collect();
        let reduced = |a: usize| axes.is_empty() || axes.contains(&(a as i64));
        let kept: Vec<usize> = (0..dims.len()).map(|a| if reduced(a) { 1 } else { dims[a] }).collect();
        let mut groups = vec![Vec::new(); kept.iter().product()];
        for p in places(&dims) {
            let step = |at: usize, a: usize| at * kept[a] + if reduced(a) { 0 } else { p[a] };
            groups[(0..dims.len()).fold(0, step)].push(at(&x, &p) as f64);
        }
        let out_dims: Vec<usize> = (0..dims.len()).filter(|&a| keep == 1 || !reduced(a)).map(|a| kept[a]).collect();
        let sum = |g: &Vec<f64>| g.iter().sum::<f64>();
        let squares = |g: &Vec<f64>| g.iter().map(|v| v * v).sum::<f64>();
        let check = |operator: &str, f: &dyn Fn(&Vec<f64>) -> f64| {
            let expected: Vec<f64> = groups.iter().map(f).collect();
            let keepdims = || ("keepdims", Integer(keep));
            let ours = if axes.is_empty() {
                apply_at(18, operator, &[keepdims()], &[&x])
            } else {
                let old = apply_at(11, operator, &[keepdims(), ("axes", Integers(axes.clone()))], &[&x]);
                let new = apply_at(18, operator, &[keepdims()], &[&x, &list(&axes)]);
                assert_same(&old, &new, operator);
                new
            };
            assert_close(&ours, &out_dims, &expected);
        };
        check("ReduceSum", &sum);
        check("ReduceMean", &|g| sum(g) / g.len() as f64);
        check("ReduceProd", &|g| g.iter().product());
        check("ReduceMax", &|g| g.iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v)));
        check("ReduceMin", &|g| g.iter().fold(f64::INFINITY, |m, v| m.min(*v)));
        check("ReduceSumSquare", &squares);
        check("ReduceL2", &|g| squares(g).sqrt());
    }
}

#[test]
fn powers_and_remainders() {
    let x = apply("Abs", &[], &[&floats(&[20], 2)]);
    for y in [2.0f32, 3.0, 0.5, -1.0, 1.7, 0.0] {
        let expected: Vec<f64> = doubles(&x).iter().map(|v| v.powf(y as f64)).collect();
        assert_close(&apply("Pow", &[], &[&x, &of(&[], &[y])]), &[20], &expected);
    }
    let squares = apply("Pow", &[], &[&x, &of(&[], &[2i64])]);
    assert_same(
        &squares,
        &apply("Mul", &[], &[&x, &x]),
        "an integer as exponent",
    );
    let (a, b) = (list(&[7, -7, 7, -7]), list(&[3, 3, -3, -3]));
    let rest = |fmod| apply("Mod", &[("fmod", Integer(fmod))], &[&a, &b]);
    assert_eq!(rest(0), list(&[1, 2, -2, -1]));
    assert_eq!(rest(1), list(&[1, -1, 1, -1]));
    assert_eq!(apply("Div", &[], &[&a, &b]), list(&[2, -2, -2, 2]));
}

#[test]
fn logic() {
    let (a, b) = (
        of(&[4], &[true, true, false, false]),
        of(&[4], &[true, false, true, false]),
    );
    let truth = |operator, expected: [bool; 4]| {
        assert_eq!(
            apply(operator, &[], &[&a, &b]),
            of(&[4], &expected),
            "{operator}"
        );
    };
    truth("And", [true, false, false, false]);
    truth("Or", [true, true, true, false]);
    truth("Xor", [false, true, true, false]);
    truth("Equal", [true, false, false, true]);
    assert_eq!(
        apply("Not", &[], &[&a]),
        of(&[4], &[false, false, true, true])
    );
    let (x, y) = (list(&[1, 2, 3]), list(&[2, 2, 2]));
    let compare = |operator, expected: [bool; 3]| {
        assert_eq!(
            apply(operator, &[], &[&x, &y]),
            of(&[3], &expected),
            "{operator}"
        );
    };
    compare("Less", [true, false, false]);
    compare("LessOrEqual", [true, true, false]);
    compare("Greater", [false, false, true]);
    compare("GreaterOrEqual", [false, true, true]);
}

#[test]
fn casts() {
    let x = of(&[5], &[-1.9f32, 0.0, 2.5, f32::NAN, 1e20]);
    let cast = |to| apply("Cast", &[("to", Integer(to))], &[&x]);
    assert_eq!(cast(7), list(&[-1, 0, 2, 0, i64::MAX]));
    assert_eq!(cast(9), of(&[5], &[true, false, true, true, true]));
    let wide = apply("Cast", &[("to", Integer(11))], &[&of(&[1], &[-1.9f32])]);
    assert_eq!(wide, of(&[1], &[-1.9f32 as f64]));
    let wide = list(&[(1 << 32) + 5, -1]);
    assert_eq!(
        apply("Cast", &[("to", Integer(6))], &[&wide]),
        list(&[5, -1])
    );
}

#[test]
fn shapes() {
    let x = floats(&[2, 3, 1, 4], 3);
    let dims = |t: Tensor| t.dims().to_vec();
    assert_eq!(
        dims(apply("Reshape", &[], &[&x, &list(&[0, -1, 2])])),
        [2, 6, 2]
    );
    assert_eq!(
        dims(apply("Flatten", &[("axis", Integer(2))], &[&x])),
        [6, 4]
    );
    assert_eq!(
        dims(apply("Flatten", &[("axis", Integer(-1))], &[&x])),
        [6, 4]
    );
    assert_eq!(dims(apply("Squeeze", &[], &[&x])), [2, 3, 4]);
    assert_eq!(dims(apply("Squeeze", &[], &[&x, &list(&[-2])])), [2, 3, 4]);
    assert_eq!(
        dims(apply_at(
            11,
            "Squeeze",
            &[("axes", Integers(vec![2]))],
            &[&x]
        )),
        [2, 3, 4]
    );
    assert_eq!(
        dims(apply("Unsqueeze", &[], &[&x, &list(&[0, -1])])),
        [1, 2, 3, 1, 4, 1]
    );
    assert_eq!(apply("Shape", &[], &[&x]), list(&[2, 3, 1, 4]));
    assert_eq!(
        apply(
            "Shape",
            &[("start", Integer(1)), ("end", Integer(-1))],
            &[&x]
        ),
        list(&[3, 1])
    );
    let filled = apply(
        "ConstantOfShape",
        &[("value", Value(list(&[7])))],
        &[&list(&[2, 1])],
    );
    assert_eq!(filled, of(&[2, 1], &[7i64, 7]));
    let range = |a: i64, b: i64, c: i64| {
        apply(
            "Range",
            &[],
            &[&of(&[], &[a]), &of(&[], &[b]), &of(&[], &[c])],
        )
    };
    assert_eq!(range(3, 9, 3), list(&[3, 6]));
    assert_eq!(range(10, 4, -2), list(&[10, 8, 6]));
    assert_eq!(range(1, 0, 1), list(&[]));
}

#[test]
fn joining_and_cutting() {
    let (a, b) = (floats(&[2, 3, 4], 4), floats(&[2, 5, 4], 5));
    let all = apply("Concat", &[("axis", Integer(-2))], &[&a, &b]);
    let value = |p: &Vec<usize>| {
        if p[1] < 3 {
            at(&a, p)
        } else {
            at(&b, &[p[0], p[1] - 3, p[2]])
        }
    };
    let expected: Vec<f32> = places(&[2, 8, 4]).iter().map(value).collect();
    assert_same(&all, &of(&[2, 8, 4], &expected), "Concat");
    let axis = [("axis", Integer(1))];
    let parts = single(
        17,
        "Split",
        &axis,
        &[Some(&all), Some(&list(&[3, 5]))],
        |i| i == 1,
        2,
    )
    .unwrap();
    assert_same(&parts[0], &a, "Split");
    assert_same(&parts[1], &b, "Split");
    let even = [("axis", Integer(1)), ("num_outputs", Integer(3))];
    let parts = single(18, "Split", &even, &[Some(&all)], |_| false, 3).unwrap();
    let lengths: Vec<usize> = parts.iter().map(|p| p.dims()[1]).collect();
    assert_eq!(lengths, [3, 3, 2]);
    let tiled = apply("Tile", &[], &[&a, &list(&[2, 1, 3])]);
    let value = |p: &Vec<usize>| at(&a, &[p[0] % 2, p[1], p[2] % 4]);
    let expected: Vec<f32> = places(&[4, 3, 12]).iter().map(value).collect();
    assert_same(&tiled, &of(&[4, 3, 12], &expected), "Tile");
    let wide = apply("Expand", &[], &[&floats(&[3, 1], 6), &list(&[2, 1, 5])]);
    assert_eq!(wide.dims(), [2, 3, 5]);
}

#[test]
fn picking_and_putting() {
    let x = floats(&[3, 4, 5], 7);
    let picked = apply(
        "Gather",
        &[("axis", Integer(1))],
        &[&x, &of(&[2, 2], &[0i64, -1, 2, 2])],
    );
    let rows = [[0, 3], [2, 2]];
    let value = |p: &Vec<usize>| at(&x, &[p[0], rows[p[1]][p[2]], p[3]]);
    let expected: Vec<f32> = places(&[3, 2, 2, 5]).iter().map(value).collect();
    assert_same(&picked, &of(&[3, 2, 2, 5], &expected), "Gather");
    let where_to = of(&[3, 2], &[0i64, 1, 2, -1, 0, 1]);
    let picked = apply("GatherND", &[], &[&x, &where_to]);
    let value = |p: &Vec<usize>| {
        at(
            &x,
            &[[0, 1], [2, 3], [0, 1]][p[0]]
                .iter()
                .copied()
                .chain([p[1]])
                .collect::<Vec<_>>(),
        )
    };
    let expected: Vec<f32> = places(&[3, 5]).iter().map(value).collect();
    assert_same(&picked, &of(&[3, 5], &expected), "GatherND");
    let batched = apply(
        "GatherND",
        &[("batch_dims", Integer(1))],
        &[&x, &of(&[3, 1], &[1i64, 0, 3])],
    );
    let value = |p: &Vec<usize>| at(&x, &[p[0], [1, 0, 3][p[0]], p[1]]);
    let expected: Vec<f32> = places(&[3, 5]).iter().map(value).collect();
    assert_same(&batched, &of(&[3, 5], &expected), "GatherND with batches");
    let updates = floats(&[3, 5], 8);
    for (reduction, adds) in [("none", false), ("add", true)] {
        let ours = apply_at(
            18,
            "ScatterND",
            &[("reduction", Text(reduction))],
            &[&x, &where_to, &updates],
        );
        let mut expected = x.values::<f32>().unwrap().to_vec();
        for (i, (z, y)) in [(0, 1), (2, 3), (0, 1)].into_iter().enumerate() {
            for k in 0..5 {
                let v = at(&updates, &[i, k]);
                let o = &mut expected[(z * 4 + y) * 5 + k];
                *o = if adds { *o + v } else { v };
            }
        }
        assert_same(&ours, &of(&[3, 4, 5], &expected), reduction);
    }
}

#[test]
fn padding() {
    let x = floats(&[2, 4], 9);
    let pads = list(&[1, 2, 0, 3]);
    for (mode, source) in [
        ("constant", None),
        ("edge", Some([0usize, 0, 0, 1, 2, 3, 3, 3, 3])),
        ("reflect", Some([2, 1, 0, 1, 2, 3, 2, 1, 0])),
    ] {
        let nine = of(&[], &[9.0f32]);
        let ours = apply("Pad", &[("mode", Text(mode))], &[&x, &pads, &nine]);
        let value = |p: &Vec<usize>| match source {
            None if p[0] == 0 || !(2..6).contains(&p[1]) => 9.0,
            None => at(&x, &[p[0] - 1, p[1] - 2]),
            Some(columns) => {
                let row = if p[0] > 0 {
                    p[0] - 1
                } else {
                    usize::from(mode == "reflect")
                };
                at(&x, &[row, columns[p[1]]])
            }
        };
        let expected: Vec<f32> = places(&[3, 9]).iter().map(value).collect();
        assert_same(&ours, &of(&[3, 9], &expected), mode);
    }
    let less = apply_at(
        18,
        "Pad",
        &[],
        &[&x, &list(&[-1, -2]), &of(&[], &[0.0f32]), &list(&[-1])],
    );
    assert_eq!(
        less.values::<f32>().unwrap(),
        [at(&x, &[0, 1]), at(&x, &[1, 1])]
    );
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

#[test]
fn letters() {
    let cases: [(&str, &[usize], &[usize]); 6] = [
        ("bij,bjk->bik", &[2, 3, 4], &[2, 4, 5]),
        ("bhid,bhjd->bhij", &[2, 2, 3, 4], &[2, 2, 5, 4]),
        ("ij,jk", &[3, 4], &[4, 2]),
        ("i,j->ij", &[3], &[4]),
        ("abc,bd->dca", &[2, 3, 4], &[3, 5]),
        ("abc,cb->a", &[2, 3, 4], &[4, 3]),
    ];
    for (equation, left, right) in cases {
        let (a, b) = (floats(left, 16), floats(right, 17));
        let ours = apply("Einsum", &[("equation", Text(equation))], &[&a, &b]);
        let (inputs, output) = equation.split_once("->").unwrap_or((equation, "ik"));
        let (l, r) = inputs.split_once(',').unwrap();
        let mut letters: Vec<char> = output.chars().collect();
        letters.extend(l.chars().chain(r.chars()).filter(|c| !output.contains(*c)));
        letters.dedup();
        letters.sort_unstable_by_key(|c| (!output.contains(*c), output.find(*c), *c));
        letters.dedup();
        let length = |c: &char| {
            l.find(*c)
                .map_or_else(|| right[r.find(*c).unwrap()], |i| left[i])
        };
        let dims: Vec<usize> = letters.iter().map(length).collect();
        let mut expected = vec![0.0; ours.len()];
        for (i, p) in places(&dims).iter().enumerate() {
            let of_side = |side: &str| -> Vec<usize> {
                side.chars()
                    .map(|c| p[letters.iter().position(|d| *d == c).unwrap()])
                    .collect()
            };
            let inner: usize = dims[output.len()..].iter().product();
            expected[i / inner] += at(&a, &of_side(l)) as f64 * at(&b, &of_side(r)) as f64;
        }
        let out_dims = &dims[..output.len()];
        assert_close(&ours, out_dims, &expected);
    }
    let x = floats(&[3, 4], 18);
    let sums = apply("Einsum", &[("equation", Text("ij->j"))], &[&x]);
    let expected: Vec<f64> = (0..4)
        .map(|j| (0..3).map(|i| at(&x, &[i, j]) as f64).sum())
        .collect();
    assert_close(&sums, &[4], &expected);
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

#[test]
fn blocks() {
    let x = floats(&[2, 12, 3, 5], 19);
    let side = || ("blocksize", Integer(2));
    let deep = apply("DepthToSpace", &[side()], &[&x]);
    let value = |p: &Vec<usize>| {
        let block = p[2] % 2 * 2 + p[3] % 2;
        at(&x, &[p[0], block * 3 + p[1], p[2] / 2, p[3] / 2])
    };
    let expected: Vec<f32> = places(&[2, 3, 6, 10]).iter().map(value).collect();
    assert_same(&deep, &of(&[2, 3, 6, 10], &expected), "DepthToSpace");
    assert_same(
        &apply("SpaceToDepth", &[side()], &[&deep]),
        &x,
        "SpaceToDepth",
    );
    let columns = apply("DepthToSpace", &[side(), ("mode", Text("CRD"))], &[&x]);
    assert_eq!(at(&columns, &[1, 2, 3, 4]), at(&x, &[1, 2 * 4 + 2, 1, 2]));
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
