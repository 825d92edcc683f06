//! Metadata of version 2.

use std::path::Path;

use serde_json::Value;

use crate::dataset::Attribute;
use crate::error::{Error, Result};
use crate::zarr::array::{Array, Keys};
use crate::zarr::attributes;
use crate::zarr::codec::Codec;
use crate::zarr::item::Item;
use crate::zarr::json::{lengths, member};

/// What xarray calls the names of dimensions.
pub(super) const DIMENSIONS: &str = "_ARRAY_DIMENSIONS";

/// Reads an array from what its `.zarray` and its `.zattrs` say.
pub(super) fn read(metadata: &Value, attributes: &Value, folder: &Path) -> Result<Array> {
    let shape = lengths(metadata, "shape")?;
    let mut undo = Vec::new();
    let mut texts = false;
    for codec in steps(metadata) {
        match codec["id"].as_str().unwrap_or_default() {
            "vlen-utf8" => texts = true,
            name => undo.insert(0, Codec::find(name, codec)?),
        }
    }
    let item = Item::second(member(metadata, "dtype")?, texts)?;
    let fill = metadata.get("fill_value").unwrap_or(&Value::Null);
    let separator = metadata["dimension_separator"].as_str();
    let mut order: Vec<usize> = (0..shape.len()).collect();
    match metadata["order"].as_str() {
        Some("F") => order.reverse(),
        Some("C") | None => {}
        Some(other) => return Err(Error::Damaged(format!("there is no order {other:?}"))),
    }
    let array = Array {
        folder: folder.to_path_buf(),
        names: names(attributes, shape.len()),
        attributes: variable_attributes(attributes, fill, &item)?,
        chunks: lengths(metadata, "chunks")?,
        fill: item.fill(fill)?,
        shape,
        item,
        order,
        undo,
        keys: Keys::new(false, separator.unwrap_or("."))?,
        shards: None,
    };
    array.check()
}

/// Filters, then the compressor: the order in which they were applied.
fn steps(metadata: &Value) -> impl Iterator<Item = &Value> {
    let filters = metadata["filters"].as_array().into_iter().flatten();
    filters.chain(metadata.get("compressor").filter(|c| !c.is_null()))
}

fn names(attributes: &Value, count: usize) -> Vec<Option<String>> {
    let name = |n: &Value| n.as_str().map(String::from);
    let names = attributes[DIMENSIONS].as_array();
    let names: Option<Vec<_>> = names.map(|all| all.iter().map(name).collect());
    names.unwrap_or_else(|| vec![None; count])
}

fn variable_attributes(attributes: &Value, fill: &Value, item: &Item) -> Result<Vec<Attribute>> {
    let object = attributes.as_object();
    let mut all = object.map(attributes::read).unwrap_or_default();
    all.retain(|a| a.name != DIMENSIONS);
    // In this version the fill value of the array says which values are missing.
    if !fill.is_null()
        && item.kind().bytes().is_some()
        && !all.iter().any(|a| a.name == "_FillValue")
    {
        all.push(Attribute {
            name: "_FillValue".into(),
            value: item.fill(fill)?,
        });
    }
    item.note_truth(&mut all);
    Ok(all)
}
