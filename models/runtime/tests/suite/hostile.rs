//! Files that are cut, damaged or made to harm: always an error, never a panic, never
//! memory that the file has not earned.

use std::sync::Arc;

use crate::common::{Integer, Integers, Text, Value, Writer, bytes, floats, list, of, single};
use foresz_exact::{Dtype, Error, Model, Options, Session, Tensor};

fn small_options() -> Options {
    Options {
        memory: 1 << 20,
        ..Options::default()
    }
}

/// A model with some of everything.
fn small_model() -> Vec<u8> {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 2, 6, -1]);
    let kernel = w.noise(&[3, 2, 3, 3]);
    let x = w.node("Conv", &["x", &kernel], &[("pads", Integers(vec![1; 4]))]);
    let x = w.node(
        "MaxPool",
        &[&x],
        &[
            ("kernel_shape", Integers(vec![2, 2])),
            ("strides", Integers(vec![2, 2])),
        ],
    );
    let shape = w.integers(&[1, 3, -1]);
    let x = w.node("Reshape", &[&x, &shape], &[]);
    let x = w.node("Transpose", &[&x], &[("perm", Integers(vec![0, 2, 1]))]);
    let matrix = w.noise(&[3, 4]);
    let x = w.node("MatMul", &[&x, &matrix], &[]);
    let pads = w.node(
        "Constant",
        &[],
        &[("value", Value(list(&[0, 1, 0, 0, 0, 1])))],
    );
    let x = w.node("Pad", &[&x, &pads], &[("mode", Text("reflect"))]);
    let x = w.node("Softmax", &[&x], &[("axis", Integer(1))]);
    let places = w.integers(&[2, 0]);
    let x = w.node("Gather", &[&x, &places], &[("axis", Integer(1))]);
    w.named("ReduceMean", &[&x], &["y"], &[("axes", Integers(vec![2]))]);
    w.output("y", Dtype::F32);
    w.finish()
}

/// Loads and runs whatever the bytes are; only the absence of a panic counts.
fn survive(bytes: &[u8]) -> bool {
    let Ok(model) = Model::from_bytes(bytes, &small_options()) else {
        return false;
    };
    let model = Arc::new(model);
    let Ok(mut session) = Session::new(model, &small_options()) else {
        return false;
    };
    session.run(&[("x", floats(&[1, 2, 6, 8], 1))]).is_ok()
}

#[test]
fn every_truncation_is_an_error_or_a_model() {
    let whole = small_model();
    assert!(survive(&whole));
    for length in 0..whole.len() {
        survive(&whole[..length]);
    }
}

#[test]
fn no_damaged_byte_panics() {
    let whole = small_model();
    for at in 0..whole.len() {
        for flip in [
            0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff, whole[at],
        ] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            survive(&damaged);
        }
    }
}

fn message(result: Result<Model, Error>) -> String {
    match result {
        Ok(_) => panic!("the model was accepted"),
        Err(error) => error.to_string(),
    }
}

fn load(writer: Writer) -> Result<Model, Error> {
    Model::from_bytes(&writer.finish(), &small_options())
}

#[test]
fn everything_that_is_missing_is_listed() {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[3]);
    let x = w.node("LSTM", &["x"], &[]);
    let x = w.node("Relu", &[&x], &[]);
    w.named("Loop", &[&x], &["y"], &[]);
    w.output("y", Dtype::F32);
    let said = message(load(w));
    assert!(
        said.contains("LSTM") && said.contains("Loop") && !said.contains("Relu"),
        "{said}"
    );
    for opset in [0, 10, 24, -3] {
        let mut w = Writer::new(opset);
        w.input("x", Dtype::F32, &[3]);
        w.named("Relu", &["x"], &["y"], &[]);
        w.output("y", Dtype::F32);
        let said = message(load(w));
        assert!(said.contains(&format!("opset {opset}")), "{said}");
    }
}

#[test]
fn graphs_have_to_make_sense() {
    let graph = |nodes: &[(&str, &str)]| {
        let mut w = Writer::new(17);
        w.input("x", Dtype::F32, &[3]);
        nodes
            .iter()
            .for_each(|(i, o)| w.named("Relu", &[i], &[o], &[]));
        w.output("y", Dtype::F32);
        message(load(w))
    };
    assert!(graph(&[("z", "y"), ("y", "z")]).contains("cycle"));
    assert!(graph(&[("y", "y")]).contains("cycle"));
    assert!(graph(&[("a", "y")]).contains("nobody makes"));
    assert!(graph(&[("x", "z")]).contains("nobody makes"));
    assert!(graph(&[("x", "y"), ("x", "y")]).contains("twice"));
    assert!(graph(&[("x", "x"), ("x", "y")]).contains("twice"));
    assert!(message(Model::from_bytes(b"", &small_options())).contains("no graph"));
    assert!(
        message(Model::from_bytes(
            b"PK\x03\x04 not a model",
            &small_options()
        ))
        .contains("not a readable")
    );
}

#[test]
fn order_in_the_file_does_not_matter() {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[2]);
    w.named("Neg", &["a"], &["y"], &[]);
    w.named("Abs", &["x"], &["a"], &[]);
    w.output("y", Dtype::F32);
    let model = Arc::new(load(w).unwrap());
    let out = model.run(&[("x", of(&[2], &[-1.0f32, 2.0]))]).unwrap();
    assert_eq!(out[0].values::<f32>().unwrap(), [-1.0, -2.0]);
}

#[test]
fn inputs_have_to_fit() {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[2, -1]);
    w.input("z", Dtype::F32, &[2, 3]);
    w.named("Add", &["x", "z"], &["y"], &[]);
    w.output("y", Dtype::F32);
    let model = Arc::new(load(w).unwrap());
    let fail = |inputs: &[(&str, Tensor)]| match model.run(inputs) {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    };
    let (x, z) = (floats(&[2, 3], 1), floats(&[2, 3], 2));
    assert!(model.run(&[("z", z.clone()), ("x", x.clone())]).is_ok());
    assert!(fail(&[("x", x.clone())]).contains("input z"));
    assert!(fail(&[("x", x.clone()), ("z", z.clone()), ("w", z.clone())]).contains("no input w"));
    assert!(fail(&[("x", x.clone()), ("x", x.clone()), ("z", z.clone())]).contains("once"));
    assert!(fail(&[("x", floats(&[3, 3], 1)), ("z", z.clone())]).contains("shape"));
    assert!(fail(&[("x", list(&[1, 2])), ("z", z.clone())]).contains("F32"));
    assert!(fail(&[("x", floats(&[2, 5], 1)), ("z", z)]).contains("broadcast"));
    assert!(Tensor::new(&[2, 2], vec![1.0f32; 3]).is_err());
    assert!(Tensor::new(&[usize::MAX, 2], vec![1.0f32; 3]).is_err());
}

#[test]
fn nan_weights_come_out_as_one_nan() {
    let odd = [
        f32::from_bits(0xffc0_1234),
        f32::INFINITY,
        f32::from_bits(0x7f80_0001),
    ];
    let weight = of(&[3], &odd);
    let x = of(&[3], &[0.0f32; 3]);
    let run = single(17, ("Mul", &[]), &[Some(&x), Some(&weight)], |i| i == 1, 1).unwrap();
    let bits: Vec<u32> = run[0]
        .values::<f32>()
        .unwrap()
        .iter()
        .map(|v| v.to_bits())
        .collect();
    assert_eq!(bits, [0x7fc0_0000; 3]);
}

/// A model whose weight lies in another file.
fn with_external(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[3]);
    let weight = crate::common::tensor("w", &of(&[3], &[1.0f32, 2.0, 3.0]), Some(entries));
    bytes(5, &weight, &mut w.graph);
    w.named("Mul", &["x", "w"], &["y"], &[]);
    w.output("y", Dtype::F32);
    w.finish()
}

#[test]
fn weights_beside_the_model() {
    let room = std::env::temp_dir().join(format!("foresz-exact-{}", std::process::id()));
    let folder = room.join("model");
    std::fs::create_dir_all(&folder).unwrap();
    let data: Vec<u8> = [9.0f32, 1.0, 2.0, 3.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    std::fs::write(folder.join("w.bin"), &data).unwrap();
    std::fs::write(room.join("outside.bin"), &data).unwrap();
    let run = |entries: &[(&str, &str)]| {
        let path = folder.join("model.onnx");
        std::fs::write(&path, with_external(entries)).unwrap();
        let model = Arc::new(Model::load(&path, &small_options())?);
        model.run(&[("x", of(&[3], &[1.0f32; 3]))])
    };
    let good = run(&[("location", "w.bin"), ("offset", "4"), ("length", "12")]).unwrap();
    assert_eq!(good[0].values::<f32>().unwrap(), [1.0, 2.0, 3.0]);
    let absolute = room.join("outside.bin").display().to_string();
    let bad: [(&[(&str, &str)], &str); 8] = [
        (&[("location", "w.bin"), ("offset", "8")], "ends before"),
        (
            &[("location", "w.bin"), ("offset", "18446744073709551615")],
            "ends before",
        ),
        (&[("location", "w.bin"), ("offset", "-4")], "no number"),
        (&[("location", "w.bin"), ("length", "99")], "99 bytes"),
        (&[("location", "../outside.bin")], "not beside"),
        (&[("location", &absolute)], "not beside"),
        (&[("location", "gone.bin")], "cannot read"),
        (&[("offset", "0")], "without a location"),
    ];
    for (entries, expected) in bad {
        let said = run(entries).expect_err("bad").to_string();
        assert!(said.contains(expected), "{said}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(room.join("outside.bin"), folder.join("link.bin")).unwrap();
        let said = run(&[("location", "link.bin")])
            .expect_err("a link")
            .to_string();
        assert!(said.contains("not beside"), "{said}");
    }
    let said = message(Model::from_bytes(
        &with_external(&[("location", "w.bin")]),
        &small_options(),
    ));
    assert!(said.contains("by its path"), "{said}");
    std::fs::remove_dir_all(&room).unwrap();
}

fn fail(operator: &str, attributes: crate::common::Attributes, inputs: &[&Tensor]) {
    let inputs: Vec<Option<&Tensor>> = inputs.iter().copied().map(Some).collect();
    for constant in [false, true] {
        let result = single(17, (operator, attributes), &inputs, |_| constant, 1);
        assert!(result.is_err(), "{operator} accepted it");
    }
}

#[test]
fn convolutions_check_what_they_get() {
    let image = floats(&[1, 2, 4, 4], 1);
    let weights = floats(&[3, 2, 3, 3], 2);
    fail(
        "Conv",
        &[("strides", Integers(vec![0, 1]))],
        &[&image, &weights],
    );
    fail(
        "Conv",
        &[("strides", Integers(vec![1]))],
        &[&image, &weights],
    );
    fail(
        "Conv",
        &[("dilations", Integers(vec![9, 9]))],
        &[&image, &weights],
    );
    fail(
        "Conv",
        &[("pads", Integers(vec![i64::MAX; 4]))],
        &[&image, &weights],
    );
    fail("Conv", &[("group", Integer(0))], &[&image, &weights]);
    fail("Conv", &[("group", Integer(2))], &[&image, &weights]);
    fail("Conv", &[("surprise", Integer(2))], &[&image, &weights]);
    fail(
        "ConvTranspose",
        &[("strides", Integers(vec![1 << 40, 1]))],
        &[&image, &weights],
    );
}

#[test]
fn operators_check_what_they_get() {
    let image = floats(&[1, 2, 4, 4], 1);
    fail("MatMul", &[], &[&image, &floats(&[3, 3], 1)]);
    fail("Reshape", &[], &[&image, &list(&[5, -1])]);
    fail("Reshape", &[], &[&image, &list(&[-1, -1])]);
    fail("Gather", &[], &[&image, &list(&[1])]);
    fail("Gather", &[], &[&image, &list(&[i64::MIN])]);
    fail("Expand", &[], &[&image, &list(&[3, 3])]);
    fail("Tile", &[], &[&image, &list(&[1, 1, 1, i64::MAX])]);
    fail("Concat", &[("axis", Integer(7))], &[&image, &image]);
    fail(
        "Slice",
        &[],
        &[&image, &list(&[0]), &list(&[1]), &list(&[0]), &list(&[0])],
    );
    fail("Split", &[("axis", Integer(1))], &[&image, &list(&[3])]);
    fail(
        "Pad",
        &[("mode", Text("reflect"))],
        &[&image, &list(&[9, 0, 0, 0, 0, 0, 0, 0])],
    );
    fail(
        "Transpose",
        &[("perm", Integers(vec![0, 0, 1, 2]))],
        &[&image],
    );
    fail("Div", &[], &[&list(&[4]), &list(&[0])]);
    fail(
        "Range",
        &[],
        &[&of(&[], &[0i64]), &of(&[], &[i64::MAX]), &of(&[], &[1i64])],
    );
    fail(
        "Range",
        &[],
        &[&of(&[], &[0i64]), &of(&[], &[5i64]), &of(&[], &[0i64])],
    );
    fail(
        "Einsum",
        &[("equation", Text("ii,ij->j"))],
        &[&floats(&[2, 2], 1), &floats(&[2, 2], 1)],
    );
    fail("DepthToSpace", &[("blocksize", Integer(3))], &[&image]);
    fail(
        "ScatterND",
        &[],
        &[&image, &list(&[5]), &floats(&[2, 4, 4], 1)],
    );
}
