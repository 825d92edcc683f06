//! Objects of HDF5 as bytes: headers, and the messages that they are made of.

use hdf5_reader::checksum::jenkins_lookup3;

use super::dense;
use crate::error::{Error, Result};
use crate::values::Kind;

/// Where nothing is.
pub(super) const NOWHERE: u64 = u64::MAX;
/// Bytes of the superblock, with which a file begins.
pub(super) const SUPERBLOCK: u64 = 48;
/// Bytes of a text of any length: how long it is, and where.
pub(super) const TEXT: usize = 16;

const DATASPACE: u8 = 0x01;
const LINKS: u8 = 0x02;
const DATATYPE: u8 = 0x03;
const FILL: u8 = 0x05;
const LINK: u8 = 0x06;
const LAYOUT: u8 = 0x08;
const GROUP: u8 = 0x0a;
const FILTERS: u8 = 0x0b;
const ATTRIBUTE: u8 = 0x0c;
const ATTRIBUTES: u8 = 0x15;

/// Flags of a header whose attributes have an order, and of one that says where it is listed.
const TRACKS_ATTRIBUTES: u8 = 0x04;
const LISTS_ATTRIBUTES: u8 = 0x0c;

/// Bytes of a message in a header, at most.
const LARGEST_MESSAGE: usize = u16::MAX as usize;

/// A message in the header of an object.
pub(super) struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Message {
    /// The name of an attribute, which follows three lengths and ends with a zero.
    fn name(&self) -> &[u8] {
        let text = self.body.get(9..).unwrap_or_default();
        text.split(|b| *b == 0).next().unwrap_or_default()
    }
}

/// What the values of a dataset or an attribute are.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Values(Kind),
    /// A text of so many bytes, whether they are UTF-8.
    Characters(u32, bool),
    /// Lists of datasets.
    References,
    /// A dataset and a number.
    Referrer,
}

/// How the values of a dataset or an attribute are arranged.
pub(super) enum Space<'a> {
    Nothing,
    Single,
    Shaped(&'a [usize], Option<&'a [bool]>),
}

/// Where the values of a dataset are.
pub(super) enum Layout<'a> {
    Block {
        address: u64,
        bytes: u64,
    },
    Chunks {
        index: u64,
        shape: &'a [usize],
        value: usize,
    },
}

/// Values that are not there.
pub(super) const EMPTY: Layout<'static> = Layout::Block {
    address: NOWHERE,
    bytes: 0,
};

pub(super) fn superblock(root: u64, end: u64) -> Vec<u8> {
    let mut bytes = b"\x89HDF\r\n\x1a\n".to_vec();
    bytes.extend([2, 8, 8, 0]);
    for address in [0, NOWHERE, end, root] {
        bytes.extend(address.to_le_bytes());
    }
    sealed(bytes)
}

/// An object for a place in the file: its header, with the attributes in the order that they
/// have here. If one of them does not fit a header, all of them follow behind it.
pub(super) fn object(messages: Vec<Message>, address: u64) -> Result<Vec<u8>> {
    let is_attribute = |m: &Message| m.kind == ATTRIBUTE;
    let (attributes, mut messages): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_attribute);
    let count = u16::try_from(attributes.len()).map_err(|_| {
        Error::Unsupported(format!(
            "there is no room for {} attributes of one variable or group in NetCDF; write Zarr",
            attributes.len()
        ))
    })?;
    if attributes.iter().all(|a| a.body.len() <= LARGEST_MESSAGE) {
        messages.extend(attributes);
        messages.extend((count > 0).then(|| told(count, &[NOWHERE; 2])));
        return header(&messages, TRACKS_ATTRIBUTES);
    }
    messages.push(told(count, &[NOWHERE; 3]));
    let size = header(&messages, LISTS_ATTRIBUTES)?
        .len()
        .next_multiple_of(8);
    let named: Vec<dense::Attribute> = attributes.iter().map(|a| (a.name(), &*a.body)).collect();
    let (behind, places) = dense::store(&named, address.wrapping_add(size as u64));
    messages.pop();
    messages.push(told(count, &places));
    let mut bytes = header(&messages, LISTS_ATTRIBUTES)?;
    bytes.resize(size, 0);
    bytes.extend(behind);
    Ok(bytes)
}

/// Says how many attributes there are, and where if they are not in the header: the heap, the
/// tree of names and, if there is one, that of their order.
fn told(count: u16, places: &[u64]) -> Message {
    const TRACKED: u8 = 1;
    const LISTED: u8 = 2;
    let listed = if places.len() > 2 { LISTED } else { 0 };
    let mut body = vec![0, TRACKED | listed];
    body.extend(count.to_le_bytes());
    places
        .iter()
        .for_each(|place| body.extend(place.to_le_bytes()));
    Message {
        kind: ATTRIBUTES,
        body,
    }
}

fn header(messages: &[Message], order: u8) -> Result<Vec<u8>> {
    const FOUR_BYTES_OF_SIZE: u8 = 0x02;
    let mut body = Vec::new();
    let mut number = 0u16;
    for message in messages {
        let size = u16::try_from(message.body.len()).map_err(|_| too_long())?;
        body.push(message.kind);
        body.extend(size.to_le_bytes());
        body.push(0);
        if message.kind == ATTRIBUTE {
            body.extend(number.to_le_bytes());
            number = number.wrapping_add(1);
        } else {
            body.extend([0; 2]);
        }
        body.extend(&message.body);
    }
    let size = u32::try_from(body.len()).map_err(|_| too_long())?;
    let mut bytes = b"OHDR".to_vec();
    bytes.extend([2, order | FOUR_BYTES_OF_SIZE]);
    bytes.extend(size.to_le_bytes());
    bytes.extend(body);
    Ok(sealed(bytes))
}

pub(super) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = jenkins_lookup3(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

fn too_long() -> Error {
    Error::Unsupported(
        "a name, or what a group says of its members, is too long for NetCDF; write Zarr".into(),
    )
}

/// What makes an object a group with so many members, in the order that they have.
pub(super) fn group(members: usize) -> Vec<Message> {
    let mut links = vec![0, 1];
    links.extend((members as u64).to_le_bytes());
    links.extend([NOWHERE.to_le_bytes(); 2].concat());
    vec![
        Message {
            kind: LINKS,
            body: links,
        },
        Message {
            kind: GROUP,
            body: vec![0, 0],
        },
    ]
}

pub(super) fn link(name: &str, order: usize, address: u64) -> Result<Message> {
    const TWO_BYTES_OF_LENGTH: u8 = 0x01;
    const ORDERED: u8 = 0x04;
    const ENCODED: u8 = 0x10;
    let length = u16::try_from(name.len()).map_err(|_| too_long())?;
    let mut body = vec![1, TWO_BYTES_OF_LENGTH | ORDERED | ENCODED];
    body.extend((order as u64).to_le_bytes());
    body.push(1);
    body.extend(length.to_le_bytes());
    body.extend(name.as_bytes());
    body.extend(address.to_le_bytes());
    Ok(Message { kind: LINK, body })
}

/// What makes an object a dataset. The filters are a shuffle, and deflate of that level.
pub(super) fn dataset(
    stored: Type,
    space: &Space,
    layout: &Layout,
    fill: Option<&[u8]>,
    deflate: Option<u8>,
) -> Vec<Message> {
    let mut messages = vec![
        Message {
            kind: DATASPACE,
            body: dataspace(space),
        },
        Message {
            kind: DATATYPE,
            body: datatype(stored),
        },
        Message {
            kind: FILL,
            body: filling(layout, fill),
        },
    ];
    if let (Some(level), Layout::Chunks { value, .. }) = (deflate, layout) {
        messages.push(Message {
            kind: FILTERS,
            body: filters(level, *value),
        });
    }
    messages.push(Message {
        kind: LAYOUT,
        body: place(layout),
    });
    messages
}

pub(super) fn attribute(name: &str, stored: Type, space: &Space, data: &[u8]) -> Message {
    let (stored, space) = (datatype(stored), dataspace(space));
    let mut body = vec![3, 0];
    for length in [name.len() + 1, stored.len(), space.len()] {
        body.extend((length as u16).to_le_bytes());
    }
    body.push(u8::from(!name.is_ascii()));
    body.extend(name.as_bytes());
    body.push(0);
    body.extend(stored);
    body.extend(space);
    body.extend(data);
    Message {
        kind: ATTRIBUTE,
        body,
    }
}

fn dataspace(space: &Space) -> Vec<u8> {
    let (shape, unlimited) = match space {
        Space::Nothing => return vec![2, 0, 0, 2],
        Space::Single => return vec![2, 0, 0, 0],
        Space::Shaped(shape, unlimited) => (shape, unlimited),
    };
    let mut bytes = vec![2, shape.len() as u8, u8::from(unlimited.is_some()), 1];
    for length in *shape {
        bytes.extend((*length as u64).to_le_bytes());
    }
    for (length, unlimited) in shape.iter().zip(unlimited.unwrap_or_default()) {
        let most = if *unlimited { u64::MAX } else { *length as u64 };
        bytes.extend(most.to_le_bytes());
    }
    bytes
}

fn datatype(stored: Type) -> Vec<u8> {
    const SIGNED: u8 = 0x08;
    // A class and its version, bits of the class, and the size of a value.
    let head = |class: u8, bits: [u8; 2], size: u32| {
        let mut bytes = vec![class, bits[0], bits[1], 0];
        bytes.extend(size.to_le_bytes());
        bytes
    };
    let integer = |size: u8, signed: u8| {
        let mut bytes = head(0x10, [signed, 0], size.into());
        bytes.extend([0, 0, size * 8, 0]);
        bytes
    };
    // Places and sizes of exponent and fraction, and what is added to the exponent.
    let float = |size: u8, parts: [u8; 4], bias: u32| {
        let mut bytes = head(0x11, [0x20, size * 8 - 1], size.into());
        bytes.extend([0, 0, size * 8, 0]);
        bytes.extend(parts);
        bytes.extend(bias.to_le_bytes());
        bytes
    };
    let reference = || head(0x17, [0, 0], 8);
    match stored {
        Type::Values(Kind::I8) => integer(1, SIGNED),
        Type::Values(Kind::U8) => integer(1, 0),
        Type::Values(Kind::I16) => integer(2, SIGNED),
        Type::Values(Kind::U16) => integer(2, 0),
        Type::Values(Kind::I32) => integer(4, SIGNED),
        Type::Values(Kind::U32) => integer(4, 0),
        Type::Values(Kind::I64) => integer(8, SIGNED),
        Type::Values(Kind::U64) => integer(8, 0),
        Type::Values(Kind::F32) => float(4, [23, 8, 0, 23], 127),
        Type::Values(Kind::F64) => float(8, [52, 11, 0, 52], 1023),
        Type::Values(Kind::Char) => head(0x13, [0, 0], 1),
        Type::Values(Kind::Text) => {
            let mut bytes = head(0x19, [1, 1], TEXT as u32);
            bytes.extend(integer(1, 0));
            bytes
        }
        Type::Characters(length, utf8) => head(0x13, [u8::from(utf8) << 4, 0], length),
        Type::References => {
            let mut bytes = head(0x19, [0, 0], TEXT as u32);
            bytes.extend(reference());
            bytes
        }
        Type::Referrer => {
            let mut bytes = head(0x36, [2, 0], 16);
            bytes.extend(b"dataset\0\x00");
            bytes.extend(reference());
            bytes.extend(b"dimension\0\x08");
            bytes.extend(integer(4, SIGNED));
            bytes
        }
    }
}

fn filling(layout: &Layout, fill: Option<&[u8]>) -> Vec<u8> {
    const IF_SET: u8 = 0x08;
    const DEFINED: u8 = 0x20;
    // When space is taken: late for a block, as they come for chunks.
    let taken = match layout {
        Layout::Block { .. } => 2,
        Layout::Chunks { .. } => 3,
    };
    let Some(fill) = fill else {
        return vec![3, taken | IF_SET];
    };
    let mut bytes = vec![3, taken | IF_SET | DEFINED];
    bytes.extend((fill.len() as u32).to_le_bytes());
    bytes.extend(fill);
    bytes
}

fn filters(level: u8, value: usize) -> Vec<u8> {
    let mut bytes = vec![2, 2];
    for (id, parameter) in [(2u16, value as u32), (1, level.into())] {
        bytes.extend(id.to_le_bytes());
        bytes.extend([0, 0, 1, 0]);
        bytes.extend(parameter.to_le_bytes());
    }
    bytes
}

fn place(layout: &Layout) -> Vec<u8> {
    match layout {
        Layout::Block { address, bytes } => {
            let mut message = vec![3, 1];
            message.extend(address.to_le_bytes());
            message.extend(bytes.to_le_bytes());
            message
        }
        Layout::Chunks {
            index,
            shape,
            value,
        } => {
            let mut message = vec![3, 2, shape.len() as u8 + 1];
            message.extend(index.to_le_bytes());
            for length in shape.iter().chain([value]) {
                message.extend((*length as u32).to_le_bytes());
            }
            message
        }
    }
}
