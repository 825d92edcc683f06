//! ONNX files, as little of them as it takes: protobuf is fields with a number and a
//! type, nested by length.

use candle_core::Tensor;

use crate::error::Result;
use crate::layer::{Parameter, Value};
use crate::quantise::{self, Quantised};
use crate::settings::WeightFormat;

/// Versions that old runtimes take, too.
const OPSET: u64 = 17;
const IR_VERSION: u64 = 8;

/// Numbers of element types.
const FLOAT: u64 = 1;
const INT8: u64 = 3;
const INT16: u64 = 5;
const INT64: u64 = 7;

/// An attribute of a node.
#[derive(Clone)]
pub(crate) enum Attribute {
    Integer(i64),
    Integers(Vec<i64>),
    Float(f32),
    Text(&'static str),
}

impl Attribute {
    /// `n` a few times.
    pub(crate) fn same(n: usize, times: usize) -> Self {
        Attribute::Integers(vec![n as i64; times])
    }

    fn encode(&self, name: &str) -> Vec<u8> {
        let mut out = message(1, name.as_bytes());
        let kind = match self {
            Attribute::Float(x) => {
                out.extend(varint(2 << 3 | 5));
                out.extend(x.to_le_bytes());
                1
            }
            Attribute::Integer(n) => {
                out.extend(number(3, *n as u64));
                2
            }
            Attribute::Text(text) => {
                out.extend(message(4, text.as_bytes()));
                3
            }
            Attribute::Integers(all) => {
                all.iter().for_each(|n| out.extend(number(8, *n as u64)));
                7
            }
        };
        out.extend(number(20, kind));
        out
    }
}

impl From<f32> for Attribute {
    fn from(x: f32) -> Self {
        Attribute::Float(x)
    }
}

/// A length of a tensor that goes in or comes out.
#[derive(Clone, Copy)]
pub(crate) enum Length<'a> {
    Is(usize),
    Any(&'a str),
}

/// A graph while it is put together.
pub(crate) struct Graph {
    nodes: Vec<u8>,
    initialisers: Vec<u8>,
    names: usize,
    format: WeightFormat,
}

impl Graph {
    pub(crate) fn new(format: WeightFormat) -> Self {
        Graph {
            nodes: Vec::new(),
            initialisers: Vec::new(),
            names: 0,
            format,
        }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// Adds a node with one output and returns that.
    pub(crate) fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        let output = self.name();
        self.node_named(kind, inputs, attributes, &output);
        output
    }

    fn node_named(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
        output: &str,
    ) {
        let mut node = Vec::new();
        inputs
            .iter()
            .for_each(|i| node.extend(message(1, i.as_bytes())));
        node.extend(message(2, output.as_bytes()));
        node.extend(message(4, kind.as_bytes()));
        for (name, attribute) in attributes {
            node.extend(message(5, &attribute.encode(name)));
        }
        self.nodes.extend(message(1, &node));
    }

    fn initialiser(&mut self, name: String, dims: &[usize], kind: u64, raw: &[u8]) -> String {
        let mut tensor = Vec::new();
        dims.iter()
            .for_each(|d| tensor.extend(number(1, *d as u64)));
        tensor.extend(number(2, kind));
        tensor.extend(message(8, name.as_bytes()));
        tensor.extend(message(9, raw));
        self.initialisers.extend(message(5, &tensor));
        name
    }

    pub(crate) fn integers(&mut self, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|n| n.to_le_bytes()).collect();
        let name = self.name();
        self.initialiser(name, &[values.len()], INT64, &raw)
    }

    pub(crate) fn floats(&mut self, values: &[f32]) -> String {
        let name = self.name();
        self.shaped(name, &[values.len()], values)
    }

    fn shaped(&mut self, name: String, dims: &[usize], values: &[f32]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.initialiser(name, dims, FLOAT, &raw)
    }

    /// A parameter with its dimensions in another order, in the format of the model.
    pub(crate) fn weights(&mut self, parameter: &Parameter, order: &[usize]) -> Result<String> {
        let turn = |tensor: &Tensor| -> Result<Vec<f32>> {
            Ok(tensor.permute(order)?.flatten_all()?.to_vec1()?)
        };
        let tensor = parameter.var.as_tensor();
        let old = tensor.dims();
        let dims: Vec<usize> = order.iter().map(|d| old[*d]).collect();
        let Some(Quantised { levels, scales }) = quantise::quantise(parameter, self.format)? else {
            return Ok(self.shaped(parameter.name.clone(), &dims, &turn(tensor)?));
        };
        let levels = turn(&Tensor::from_vec(levels, old, tensor.device())?)?;
        let (kind, raw): (u64, Vec<u8>) = if self.format == WeightFormat::I8 {
            (INT8, levels.iter().map(|n| *n as i8 as u8).collect())
        } else {
            let two = |n: &f32| (*n as i16).to_le_bytes();
            (INT16, levels.iter().flat_map(two).collect())
        };
        let small = self.initialiser(parameter.name.clone(), &dims, kind, &raw);
        let to = ("to", Attribute::Integer(FLOAT as i64));
        let cast = self.node("Cast", &[&small], &[to]);
        let of_outputs = |d: &usize| if *d + 1 == old.len() { scales.len() } else { 1 };
        let across: Vec<usize> = order.iter().map(of_outputs).collect();
        let scales = self.shaped(format!("{}.scale", parameter.name), &across, &scales);
        Ok(self.node("Mul", &[&cast, &scales], &[]))
    }

    /// Repeats the cells at the borders `reach` times.
    pub(crate) fn pad_edges(&mut self, input: &str, dims: usize, reach: usize) -> String {
        let side = [0, 0]
            .into_iter()
            .chain(std::iter::repeat_n(reach as i64, dims));
        let pads: Vec<i64> = side.clone().chain(side).collect();
        let pads = self.integers(&pads);
        self.node("Pad", &[input, &pads], &[("mode", Attribute::Text("edge"))])
    }

    /// `[samples, channels, lengths…]` to `[samples, lengths…, channels]`.
    pub(crate) fn channels_last(&mut self, value: &Value) -> String {
        let dims = value.lengths.len();
        if value.channels == 1 || dims == 0 {
            // The same values in the same order, and all that follows asks for no more.
            return value.name.clone();
        }
        let order: Vec<i64> = [0]
            .into_iter()
            .chain(2..2 + dims as i64)
            .chain([1])
            .collect();
        self.node(
            "Transpose",
            &[&value.name],
            &[("perm", Attribute::Integers(order))],
        )
    }

    /// And back.
    pub(crate) fn channels_first(&mut self, name: &str, dims: usize) -> String {
        let order: Vec<i64> = [0, dims as i64 + 1]
            .into_iter()
            .chain(1..=dims as i64)
            .collect();
        self.node(
            "Transpose",
            &[name],
            &[("perm", Attribute::Integers(order))],
        )
    }

    /// The file: `output` of the graph is called `as_name` outside.
    pub(crate) fn file(
        mut self,
        input: (&str, &[Length]),
        output: (&str, &[Length]),
        made: &str,
    ) -> Vec<u8> {
        self.node_named("Identity", &[made], &[], output.0);
        let mut graph = self.nodes;
        graph.extend(message(2, b"foresz"));
        graph.extend(self.initialisers);
        graph.extend(message(11, &value(input.0, input.1)));
        graph.extend(message(12, &value(output.0, output.1)));
        let mut model = number(1, IR_VERSION);
        model.extend(message(2, b"foresz train"));
        model.extend(message(7, &graph));
        model.extend(message(8, &number(2, OPSET)));
        model
    }
}

/// What goes in or comes out: a name, a type and lengths.
fn value(name: &str, lengths: &[Length]) -> Vec<u8> {
    let mut shape = Vec::new();
    for length in lengths {
        let axis = match length {
            Length::Is(n) => number(1, *n as u64),
            Length::Any(name) => message(2, name.as_bytes()),
        };
        shape.extend(message(1, &axis));
    }
    let mut tensor = number(1, FLOAT);
    tensor.extend(message(2, &shape));
    let mut out = message(1, name.as_bytes());
    out.extend(message(2, &message(1, &tensor)));
    out
}

fn varint(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 128 {
        out.push((n & 127 | 128) as u8);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

fn number(field: u64, n: u64) -> Vec<u8> {
    let mut out = varint(field << 3);
    out.extend(varint(n));
    out
}

fn message(field: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(field << 3 | 2);
    out.extend(varint(bytes.len() as u64));
    out.extend_from_slice(bytes);
    out
}
