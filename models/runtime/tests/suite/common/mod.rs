//! Models written by the tests themselves, and numbers that are the same everywhere.

pub(crate) mod networks;

use std::sync::Arc;

use foresz_exact::{Dtype, Element, Error, Model, Options, Session, Tensor};

/// Attributes of a node.
pub(crate) enum Attribute {
    Integer(i64),
    Float(f32),
    Text(&'static str),
    Integers(Vec<i64>),
    Value(Tensor),
}
pub(crate) use Attribute::{Float, Integer, Integers, Text, Value};

pub(crate) type Attributes<'a> = &'a [(&'static str, Attribute)];

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(field: u64, value: i64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value as u64, out);
}

pub(crate) fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

pub(crate) fn type_number(dtype: Dtype) -> i64 {
    match dtype {
        Dtype::F32 => 1,
        Dtype::F64 => 11,
        Dtype::I64 => 7,
        Dtype::Bool => 9,
    }
}

fn raw(tensor: &Tensor) -> Vec<u8> {
    let floats = tensor.values::<f32>().unwrap_or_default();
    let doubles = tensor.values::<f64>().unwrap_or_default();
    let integers = tensor.values::<i64>().unwrap_or_default();
    let bits = tensor.values::<bool>().unwrap_or_default();
    let mut out: Vec<u8> = floats.iter().flat_map(|v| v.to_le_bytes()).collect();
    out.extend(doubles.iter().flat_map(|v| v.to_le_bytes()));
    out.extend(integers.iter().flat_map(|v| v.to_le_bytes()));
    out.extend(bits.iter().map(|&b| u8::from(b)));
    out
}

/// A tensor as a message; `at` puts its bytes into another file.
pub(crate) fn tensor(name: &str, tensor: &Tensor, at: Option<&[(&str, &str)]>) -> Vec<u8> {
    let mut out = Vec::new();
    for &d in tensor.dims() {
        number(1, d as i64, &mut out);
    }
    number(2, type_number(tensor.dtype()), &mut out);
    bytes(8, name.as_bytes(), &mut out);
    match at {
        None => bytes(9, &raw(tensor), &mut out),
        Some(entries) => {
            for (key, value) in entries {
                let mut entry = Vec::new();
                bytes(1, key.as_bytes(), &mut entry);
                bytes(2, value.as_bytes(), &mut entry);
                bytes(13, &entry, &mut out);
            }
            number(14, 1, &mut out);
        }
    }
    out
}

/// A model in the making.
pub(crate) struct Writer {
    pub(crate) graph: Vec<u8>,
    pub(crate) opset: i64,
    names: usize,
    seed: u64,
}

impl Writer {
    pub(crate) fn new(opset: i64) -> Self {
        Self {
            graph: Vec::new(),
            opset,
            names: 0,
            seed: 1,
        }
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// Declares an input; a length of −1 may be any.
    pub(crate) fn input(&mut self, name: &str, dtype: Dtype, dims: &[i64]) {
        let port = port(name, dtype, Some(dims));
        bytes(11, &port, &mut self.graph);
    }

    pub(crate) fn output(&mut self, name: &str, dtype: Dtype) {
        let port = port(name, dtype, None);
        bytes(12, &port, &mut self.graph);
    }

    pub(crate) fn weight(&mut self, value: &Tensor) -> String {
        let name = self.fresh();
        bytes(5, &tensor(&name, value, None), &mut self.graph);
        name
    }

    /// A weight of seeded noise, of the size that keeps signals as they are.
    pub(crate) fn noise(&mut self, dims: &[usize]) -> String {
        self.seed += 1;
        let fan: usize = dims[1..].iter().product();
        let scale = 1.0 / (fan as f32).sqrt();
        let values = noise(self.seed, dims.iter().product());
        let values = values.iter().map(|v| v * scale).collect();
        self.weight(&Tensor::new(dims, values).unwrap())
    }

    pub(crate) fn integers(&mut self, values: &[i64]) -> String {
        self.weight(&Tensor::new(&[values.len()], values.to_vec()).unwrap())
    }

    pub(crate) fn number(&mut self, value: f32) -> String {
        self.weight(&Tensor::new(&[], vec![value]).unwrap())
    }

    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: Attributes,
    ) -> String {
        let output = self.fresh();
        self.named(operator, inputs, &[&output], attributes);
        output
    }

    pub(crate) fn named(
        &mut self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Attributes,
    ) {
        let mut node = Vec::new();
        inputs
            .iter()
            .for_each(|i| bytes(1, i.as_bytes(), &mut node));
        outputs
            .iter()
            .for_each(|o| bytes(2, o.as_bytes(), &mut node));
        bytes(4, operator.as_bytes(), &mut node);
        for (name, value) in attributes {
            bytes(5, &attribute(name, value), &mut node);
        }
        bytes(1, &node, &mut self.graph);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut model = Vec::new();
        number(1, 8, &mut model);
        bytes(7, &self.graph, &mut model);
        let mut opset = Vec::new();
        number(2, self.opset, &mut opset);
        bytes(8, &opset, &mut model);
        model
    }
}

fn attribute(name: &str, value: &Attribute) -> Vec<u8> {
    let mut out = Vec::new();
    bytes(1, name.as_bytes(), &mut out);
    let kind = match value {
        Float(v) => {
            varint(2 << 3 | 5, &mut out);
            out.extend(v.to_le_bytes());
            1
        }
        Integer(v) => {
            number(3, *v, &mut out);
            2
        }
        Text(v) => {
            bytes(4, v.as_bytes(), &mut out);
            3
        }
        Value(v) => {
            bytes(5, &tensor("", v, None), &mut out);
            4
        }
        Integers(v) => {
            v.iter().for_each(|&v| number(8, v, &mut out));
            7
        }
    };
    number(20, kind, &mut out);
    out
}

fn port(name: &str, dtype: Dtype, dims: Option<&[i64]>) -> Vec<u8> {
    let mut kind = Vec::new();
    number(1, type_number(dtype), &mut kind);
    if let Some(dims) = dims {
        let mut shape = Vec::new();
        for &d in dims {
            let mut dim = Vec::new();
            if d >= 0 {
                number(1, d, &mut dim);
            }
            bytes(1, &dim, &mut shape);
        }
        bytes(2, &shape, &mut kind);
    }
    let mut out = Vec::new();
    bytes(1, name.as_bytes(), &mut out);
    let mut wrapped = Vec::new();
    bytes(1, &kind, &mut wrapped);
    bytes(2, &wrapped, &mut out);
    out
}

/// Floats between −1.7 and 1.7 with variance 1, the same everywhere.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<f32> {
    let value = |i: u64| {
        let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(i);
        x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((x ^ x >> 31) >> 40) as f32 / (1u32 << 24) as f32;
        (unit - 0.5) * 3.464
    };
    (0..length as u64).map(value).collect()
}

pub(crate) fn floats(dims: &[usize], seed: u64) -> Tensor {
    Tensor::new(dims, noise(seed, dims.iter().product())).unwrap()
}

pub(crate) fn of<T: Element>(dims: &[usize], values: &[T]) -> Tensor {
    Tensor::new(dims, values.to_vec()).unwrap()
}

pub(crate) fn list(values: &[i64]) -> Tensor {
    of(&[values.len()], values)
}

/// A model of one node. Inputs that are `None` are left out; those marked constant are
/// in the model.
pub(crate) fn single(
    opset: i64,
    (operator, attributes): (&str, Attributes),
    inputs: &[Option<&Tensor>],
    constant: impl Fn(usize) -> bool,
    outputs: usize,
) -> Result<Vec<Tensor>, Error> {
    let mut writer = Writer::new(opset);
    let mut names = Vec::new();
    let mut given = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        names.push(match input {
            None => String::new(),
            Some(value) if constant(i) => writer.weight(value),
            Some(value) => {
                let name = format!("in{i}");
                let dims: Vec<i64> = value.dims().iter().map(|&d| d as i64).collect();
                writer.input(&name, value.dtype(), &dims);
                given.push((name.clone(), (*value).clone()));
                name
            }
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let out_names: Vec<String> = (0..outputs).map(|i| format!("out{i}")).collect();
    let out_names: Vec<&str> = out_names.iter().map(String::as_str).collect();
    writer.named(operator, &names, &out_names, attributes);
    // The declared type of outputs is not checked.
    out_names.iter().for_each(|o| writer.output(o, Dtype::F32));
    let model = Arc::new(Model::from_bytes(&writer.finish(), &Options::default())?);
    let given: Vec<(&str, Tensor)> = given.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
    Session::new(model, &Options::default())?.run(&given)
}

/// The one output of a node at opset 17, the same whether its inputs are constants or
/// not.
pub(crate) fn apply(operator: &str, attributes: Attributes, inputs: &[&Tensor]) -> Tensor {
    apply_at(17, operator, attributes, inputs)
}

pub(crate) fn apply_at(
    opset: i64,
    operator: &str,
    attributes: Attributes,
    inputs: &[&Tensor],
) -> Tensor {
    let inputs: Vec<Option<&Tensor>> = inputs.iter().copied().map(Some).collect();
    let run = |constant: &dyn Fn(usize) -> bool| {
        let made = single(opset, (operator, attributes), &inputs, constant, 1);
        made.unwrap_or_else(|e| panic!("{e}")).remove(0)
    };
    let result = run(&|_| false);
    assert_same(&run(&|_| true), &result, "with constant inputs");
    assert_same(&run(&|i| i > 0), &result, "with constant weights");
    result
}

/// Equal to the bit.
pub(crate) fn assert_same(ours: &Tensor, expected: &Tensor, what: &str) {
    assert_eq!(ours.dims(), expected.dims(), "{what}");
    match (ours.values::<f32>(), expected.values::<f32>()) {
        (Some(a), Some(b)) => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                assert_eq!(
                    a.to_bits(),
                    b.to_bits(),
                    "{what}: {a} instead of {b} at {i}"
                );
            }
        }
        _ => assert_eq!(ours, expected, "{what}"),
    }
}

/// Equal but for rounding.
pub(crate) fn assert_close(ours: &Tensor, dims: &[usize], expected: &[f64]) {
    assert_eq!(ours.dims(), dims);
    let ours = ours.values::<f32>().expect("floats");
    let size = expected.iter().fold(1e-3, |m: f64, v| m.max(v.abs()));
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        let error = (*a as f64 - b).abs();
        assert!(error <= 4e-6 * size, "{a} instead of {b} at {i}");
    }
}

/// All places of a shape in row-major order.
pub(crate) fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![Vec::new()], |places, &n| {
        let longer = |place: Vec<usize>| (0..n).map(move |i| [place.clone(), vec![i]].concat());
        places.into_iter().flat_map(longer).collect()
    })
}

/// The value at a place; axes in front or of length 1 that the tensor lacks repeat it.
pub(crate) fn at(tensor: &Tensor, place: &[usize]) -> f32 {
    let dims = tensor.dims();
    let place = &place[place.len() - dims.len()..];
    let step = |at: usize, (i, d): (&usize, &usize)| at * d + if *d == 1 { 0 } else { *i };
    tensor.values::<f32>().expect("floats")[place.iter().zip(dims).fold(0, step)]
}
