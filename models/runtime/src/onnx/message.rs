//! The messages of ONNX that an executor needs, as the file has them. Field numbers
//! are those of `onnx.proto3`; unknown fields are skipped, as protocol buffers ask.

use super::protobuf::{Reader, Room, Value, Wrong};

/// More axes than any operator here is used with.
const MOST_AXES: usize = 16;

/// A node takes two bytes of a file and a hundred times that in memory, so their
/// number is limited; the largest models that people export have some 10⁴.
const MOST_ITEMS: usize = 1 << 18;

/// Bytes that an item of a list may take up, with all that is made of it later.
const ITEM: usize = 1 << 10;

#[derive(Default)]
pub(crate) struct Model<'a> {
    pub(crate) ir_version: i64,
    pub(crate) opsets: Vec<Opset>,
    pub(crate) graph: Graph<'a>,
}

#[derive(Default)]
pub(crate) struct Opset {
    pub(crate) domain: String,
    pub(crate) version: i64,
}

#[derive(Default)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) initializers: Vec<TensorProto<'a>>,
    pub(crate) inputs: Vec<ValueInfo>,
    pub(crate) outputs: Vec<ValueInfo>,
    pub(crate) sparse: bool,
}

#[derive(Default)]
pub(crate) struct Node<'a> {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) domain: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) attributes: Vec<Attribute<'a>>,
}

#[derive(Default)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: String,
    pub(crate) kind: i64,
    pub(crate) float: f32,
    pub(crate) integer: i64,
    pub(crate) text: &'a [u8],
    pub(crate) tensor: Option<TensorProto<'a>>,
    pub(crate) floats: Vec<f32>,
    pub(crate) integers: Vec<i64>,
}

#[derive(Default)]
pub(crate) struct TensorProto<'a> {
    pub(crate) name: String,
    pub(crate) dims: Vec<i64>,
    pub(crate) data_type: i64,
    pub(crate) raw: Option<&'a [u8]>,
    pub(crate) floats: Vec<f32>,
    pub(crate) doubles: Vec<f64>,
    pub(crate) narrow_integers: Vec<i64>,
    pub(crate) integers: Vec<i64>,
    pub(crate) external: Vec<(String, String)>,
    pub(crate) is_external: bool,
    pub(crate) segmented: bool,
}

#[derive(Default)]
pub(crate) struct ValueInfo {
    pub(crate) name: String,
    pub(crate) data_type: i64,
    /// `None` where the model does not say how many axes there are.
    pub(crate) dims: Option<Vec<Dim>>,
}

/// The length of an axis, as a model declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Always this long.
    Fixed(usize),
    /// Any length, the same wherever the name is.
    Named(String),
    /// Any length.
    Any,
}

/// Reads all fields of a message with a function from field number and value.
fn each<'a>(
    bytes: &'a [u8],
    mut read: impl FnMut(u64, Value<'a>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let mut reader = Reader::new(bytes);
    while let Some((number, value)) = reader.field()? {
        read(number, value)?;
    }
    Ok(())
}

fn push<T>(items: &mut Vec<T>, item: T, room: &Room) -> Result<(), Wrong> {
    if items.len() == MOST_ITEMS {
        return Err(format!("a list has more than {MOST_ITEMS} items"));
    }
    room.take(ITEM)?;
    items.push(item);
    Ok(())
}

impl<'a> Model<'a> {
    pub(crate) fn read(bytes: &'a [u8], room: &Room) -> Result<Self, Wrong> {
        let mut model = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => model.ir_version = value.integer()?,
                7 => model.graph = Graph::read(value.bytes()?, room)?,
                8 => push(&mut model.opsets, Opset::read(value.bytes()?)?, room)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(model)
    }
}

impl Opset {
    fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        let mut opset = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => opset.domain = value.text()?,
                2 => opset.version = value.integer()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(opset)
    }
}

impl<'a> Graph<'a> {
    fn read(bytes: &'a [u8], room: &Room) -> Result<Self, Wrong> {
        let mut graph = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => push(&mut graph.nodes, Node::read(value.bytes()?, room)?, room)?,
                5 => {
                    let tensor = TensorProto::read(value.bytes()?, room)?;
                    push(&mut graph.initializers, tensor, room)?;
                }
                11 => push(&mut graph.inputs, ValueInfo::read(value.bytes()?)?, room)?,
                12 => push(&mut graph.outputs, ValueInfo::read(value.bytes()?)?, room)?,
                15 => graph.sparse = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok(graph)
    }
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8], room: &Room) -> Result<Self, Wrong> {
        let mut node = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => push(&mut node.inputs, value.text()?, room)?,
                2 => push(&mut node.outputs, value.text()?, room)?,
                3 => node.name = value.text()?,
                4 => node.operator = value.text()?,
                5 => push(
                    &mut node.attributes,
                    Attribute::read(value.bytes()?, room)?,
                    room,
                )?,
                7 => node.domain = value.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(node)
    }
}

impl<'a> Attribute<'a> {
    fn read(bytes: &'a [u8], room: &Room) -> Result<Self, Wrong> {
        let mut attribute = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => attribute.name = value.text()?,
                2 => attribute.float = value.float()?,
                3 => attribute.integer = value.integer()?,
                4 => attribute.text = value.bytes()?,
                5 => attribute.tensor = Some(TensorProto::read(value.bytes()?, room)?),
                7 => value.floats(&mut attribute.floats, room)?,
                8 => value.integers(&mut attribute.integers, room)?,
                20 => attribute.kind = value.integer()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(attribute)
    }
}

impl<'a> TensorProto<'a> {
    fn read(bytes: &'a [u8], room: &Room) -> Result<Self, Wrong> {
        let mut tensor = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => value.integers(&mut tensor.dims, room)?,
                2 => tensor.data_type = value.integer()?,
                3 => tensor.segmented = true,
                4 => value.floats(&mut tensor.floats, room)?,
                5 => value.integers(&mut tensor.narrow_integers, room)?,
                7 => value.integers(&mut tensor.integers, room)?,
                8 => tensor.name = value.text()?,
                9 => tensor.raw = Some(value.bytes()?),
                10 => value.doubles(&mut tensor.doubles, room)?,
                13 => push(&mut tensor.external, read_entry(value.bytes()?)?, room)?,
                14 => tensor.is_external = value.integer()? == 1,
                _ => {}
            }
            Ok(())
        })?;
        if tensor.dims.len() > MOST_AXES {
            return Err(format!("tensor {} has too many axes", tensor.name));
        }
        Ok(tensor)
    }
}

fn read_entry(bytes: &[u8]) -> Result<(String, String), Wrong> {
    let (mut key, mut text) = (String::new(), String::new());
    each(bytes, |number, value| {
        match number {
            1 => key = value.text()?,
            2 => text = value.text()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, text))
}

impl ValueInfo {
    fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        let mut info = Self::default();
        each(bytes, |number, value| {
            match number {
                1 => info.name = value.text()?,
                2 => info.read_type(value.bytes()?)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(info)
    }

    fn read_type(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        each(bytes, |number, value| {
            if number != 1 {
                return Ok(());
            }
            each(value.bytes()?, |number, value| {
                match number {
                    1 => self.data_type = value.integer()?,
                    2 => self.dims = Some(read_shape(value.bytes()?)?),
                    _ => {}
                }
                Ok(())
            })
        })
    }
}

fn read_shape(bytes: &[u8]) -> Result<Vec<Dim>, Wrong> {
    let mut dims = Vec::new();
    each(bytes, |number, value| {
        if number == 1 && dims.len() == MOST_AXES {
            return Err("an input or output has too many axes".to_owned());
        }
        if number == 1 {
            dims.push(read_dim(value.bytes()?)?);
        }
        Ok(())
    })?;
    Ok(dims)
}

fn read_dim(bytes: &[u8]) -> Result<Dim, Wrong> {
    let mut dim = Dim::Any;
    each(bytes, |number, value| {
        match number {
            1 => {
                // Some exporters write 0 or -1 for an axis of any length.
                let length = value.integer()?;
                if let Ok(length @ 1..) = usize::try_from(length) {
                    dim = Dim::Fixed(length);
                }
            }
            2 => {
                let name = value.text()?;
                if !name.is_empty() {
                    dim = Dim::Named(name);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(dim)
}
