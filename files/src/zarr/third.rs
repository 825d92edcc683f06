//! Metadata of version 3.

use std::path::Path;

use serde_json::Value;

use crate::dataset::Attribute;
use crate::error::{Error, Result};
use crate::values::{Kind, Values};
use crate::zarr::array::{Array, Keys, Shards};
use crate::zarr::codec::Codec;
use crate::zarr::item::Item;
use crate::zarr::json::{lengths, member};
use crate::zarr::{attributes, base64};

/// Reads an array from what its `zarr.json` says.
pub(super) fn read(metadata: &Value, folder: &Path) -> Result<Array> {
    let shape = lengths(metadata, "shape")?;
    let grid = member(metadata, "chunk_grid")?;
    if grid["name"] != "regular" {
        return Err(unsupported("the chunk grid", &grid["name"]));
    }
    let mut chunks = lengths(member(grid, "configuration")?, "chunk_shape")?;
    let mut item = Item::third(member(metadata, "data_type")?)?;
    let mut order: Vec<usize> = (0..shape.len()).collect();
    let mut undo = Vec::new();
    let mut shards = None;
    let mut codecs = list(metadata, "codecs")?;
    if let [only] = codecs
        && only["name"] == "sharding_indexed"
    {
        let settings = member(only, "configuration")?;
        shards = Some(shard(settings, std::mem::take(&mut chunks))?);
        chunks = lengths(settings, "chunk_shape")?;
        codecs = list(settings, "codecs")?;
    }
    for codec in codecs {
        let settings = &codec["configuration"];
        match codec["name"].as_str().unwrap_or_default() {
            "bytes" => item.big_endian = settings["endian"] == "big",
            "vlen-utf8" => {}
            "transpose" => {
                let next = lengths(settings, "order")?;
                if order.is_sorted() && next.len() == order.len() {
                    order = next;
                } else {
                    return Err(unsupported("one transposition after another", codec));
                }
            }
            "sharding_indexed" => return Err(unsupported("sharding behind a codec", codec)),
            name => undo.insert(0, Codec::find(name, settings)?),
        }
    }
    let fill = item.fill(metadata.get("fill_value").unwrap_or(&Value::Null))?;
    let array = Array {
        folder: folder.to_path_buf(),
        names: names(metadata, shape.len())?,
        attributes: variable_attributes(metadata, &item),
        shape,
        chunks,
        item,
        fill,
        order,
        undo,
        keys: keys(metadata)?,
        shards,
    };
    array.check()
}

fn shard(settings: &Value, shape: Vec<usize>) -> Result<Shards> {
    let mut undo_index = Vec::new();
    for codec in list(settings, "index_codecs")? {
        match codec["name"].as_str().unwrap_or_default() {
            "bytes" if codec["configuration"]["endian"] != "big" => {}
            "crc32c" => undo_index.insert(0, Codec::Crc32c),
            _ => return Err(unsupported("an index of shards packed by", codec)),
        }
    }
    Ok(Shards {
        shape,
        index_at_end: settings["index_location"] != "start",
        undo_index,
    })
}

fn keys(metadata: &Value) -> Result<Keys> {
    let encoding = member(metadata, "chunk_key_encoding")?;
    let separator = encoding["configuration"]["separator"].as_str();
    let (prefixed, usual) = match encoding["name"].as_str() {
        Some("default") => (true, "/"),
        Some("v2") => (false, "."),
        _ => return Err(unsupported("the encoding of keys", &encoding["name"])),
    };
    Keys::new(prefixed, separator.unwrap_or(usual))
}

fn names(metadata: &Value, count: usize) -> Result<Vec<Option<String>>> {
    let Some(names) = metadata.get("dimension_names").filter(|n| !n.is_null()) else {
        return Ok(vec![None; count]);
    };
    let name = |n: &Value| n.as_str().map(String::from);
    let names = names.as_array();
    let names = names.map(|all| all.iter().map(name).collect());
    names.ok_or_else(|| Error::Damaged("dimension_names is no list".into()))
}

fn variable_attributes(metadata: &Value, item: &Item) -> Vec<Attribute> {
    let object = metadata.get("attributes").and_then(Value::as_object);
    let mut all = object.map(attributes::read).unwrap_or_default();
    for attribute in &mut all {
        if attribute.name == "_FillValue"
            && let Some(value) = fill_attribute(&attribute.value, item)
        {
            attribute.value = value;
        }
    }
    item.note_truth(&mut all);
    all
}

/// A fill value as xarray has it: of floats, a double in base 64.
fn fill_attribute(value: &Values, item: &Item) -> Option<Values> {
    let number = match value.as_text() {
        Some(text) => f64::from_le_bytes(base64::decode(text)?.try_into().ok()?),
        None => value.as_number()?,
    };
    match item.kind() {
        Kind::F32 => Some(Values::F32(vec![number as f32])),
        Kind::F64 => Some(Values::F64(vec![number])),
        _ => item.fill(&attributes::write(value)).ok(),
    }
}

fn list<'a>(metadata: &'a Value, name: &str) -> Result<&'a [Value]> {
    let list = member(metadata, name)?.as_array();
    let list = list.ok_or_else(|| Error::Damaged(format!("{name} is no list")))?;
    Ok(list)
}

fn unsupported(what: &str, name: &Value) -> Error {
    Error::Unsupported(format!("{what} {name} is not supported"))
}
