//! Operators that move elements, beside what they should move.

use crate::common::{
    Integer, Integers, Text, Value, apply, apply_at, assert_same, at, floats, list, of, places,
    single,
};
use foresz_exact::Tensor;

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
        ("Split", &axis),
        &[Some(&all), Some(&list(&[3, 5]))],
        |i| i == 1,
        2,
    )
    .unwrap();
    assert_same(&parts[0], &a, "Split");
    assert_same(&parts[1], &b, "Split");
    let even = [("axis", Integer(1)), ("num_outputs", Integer(3))];
    let parts = single(18, ("Split", &even), &[Some(&all)], |_| false, 3).unwrap();
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
