//! Each operator beside its definition, in doubles and one element at a time, or beside
//! numbers that ONNX Runtime gave.

use crate::common::{
    Integer, Integers, Text, apply, apply_at, assert_close, assert_same, at, floats, list, of,
    places,
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
        // Positive, so that nothing cancels.
        let x = apply("Exp", &[], &[&floats(&dims, seed)]);
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
    let wide = list(&[(1 << 16) + 300, -129]);
    let cast = |to| apply("Cast", &[("to", Integer(to))], &[&wide]);
    assert_eq!((cast(3), cast(5)), (list(&[44, 127]), list(&[300, -129])));
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
