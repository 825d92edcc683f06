//! A store that is being written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::dataset::{Attribute, Dataset, Variable};
use crate::error::{Error, Result};
use crate::region;
use crate::sink::Sink;
use crate::values::{Kind, Values};
use crate::zarr::array::Keys;
use crate::zarr::item::{Item, to_bytes, write_fill};
use crate::zarr::second::DIMENSIONS;
use crate::zarr::{attributes, base64, chunks, json};

/// Bytes of a chunk, about.
const CHUNK: usize = 8 << 20;
/// Level of zstd. On three ERA5 fields level 1 makes them 1.3 to 1.7 times smaller at 250 to
/// 660 MB/s, level 3 makes them 1.5 to 1.9 times smaller at a third of that speed.
const LEVEL: i32 = 1;

/// How a store is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Version of Zarr: 2 or 3.
    pub version: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { version: 3 }
    }
}

/// Starts a store of version 3 in a folder that is not there yet, or is empty.
pub fn create(path: impl AsRef<Path>, dataset: &Dataset) -> Result<Box<dyn Sink>> {
    create_with(path, dataset, Settings::default())
}

/// The same in another way.
pub fn create_with(
    path: impl AsRef<Path>,
    dataset: &Dataset,
    settings: Settings,
) -> Result<Box<dyn Sink>> {
    if !matches!(settings.version, 2 | 3) {
        return Err(Error::Invalid(format!(
            "there is no version {} of Zarr; 2 and 3 can be written",
            settings.version
        )));
    }
    let path = path.as_ref();
    std::fs::create_dir_all(path)?;
    if std::fs::read_dir(path)?.next().is_some() {
        return Err(Error::Invalid(format!(
            "{} holds something already; a store starts in a folder of its own",
            path.display()
        )));
    }
    let outputs = dataset
        .variables
        .iter()
        .map(|v| Output::new(path, dataset, v, settings));
    Ok(Box::new(Store {
        path: path.to_path_buf(),
        settings,
        attributes: dataset.attributes.clone(),
        outputs: outputs.collect::<Result<_>>()?,
    }))
}

struct Store {
    path: PathBuf,
    settings: Settings,
    attributes: Vec<Attribute>,
    outputs: Vec<Output>,
}

/// A variable on its way into chunks.
struct Output {
    name: String,
    folder: PathBuf,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    kind: Kind,
    /// The value that stands for none.
    missing: Option<Values>,
    keys: Keys,
    names: Vec<String>,
    attributes: Vec<Attribute>,
    /// Chunks that have some of their values, and how many.
    begun: BTreeMap<Vec<usize>, (Values, usize)>,
}

impl Sink for Store {
    fn write(&mut self, variable: usize, region: &[Range<usize>], values: &Values) -> Result<()> {
        let output = self.outputs.get_mut(variable);
        let output = output.ok_or_else(|| Error::Invalid(format!("no variable {variable}")))?;
        output.write(region, values)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        if let Some(output) = self.outputs.iter().find(|o| !o.begun.is_empty()) {
            return Err(Error::Invalid(format!(
                "not all values of {} were written",
                output.name
            )));
        }
        match self.settings.version {
            3 => self.finish_third(),
            _ => self.finish_second(),
        }
    }
}

impl Store {
    fn finish_third(&self) -> Result<()> {
        let mut all = Map::new();
        for group in self.groups() {
            let attributes = self.attributes_of(&group);
            let metadata = json!({
                "zarr_format": 3,
                "node_type": "group",
                "attributes": attributes,
            });
            save(&self.path.join(&group), "zarr.json", &metadata)?;
            all.insert(group, metadata);
        }
        for output in &self.outputs {
            let metadata = output.third();
            save(&output.folder, "zarr.json", &metadata)?;
            all.insert(output.name.clone(), metadata);
        }
        let root = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": self.attributes_of(""),
            "consolidated_metadata": {
                "kind": "inline",
                "must_understand": false,
                "metadata": all,
            },
        });
        save(&self.path, "zarr.json", &root)
    }

    fn finish_second(&self) -> Result<()> {
        let group = json!({"zarr_format": 2});
        let mut all = Map::new();
        for name in self.groups() {
            let attributes = self.attributes_of(&name);
            save(&self.path.join(&name), ".zgroup", &group)?;
            save(&self.path.join(&name), ".zattrs", &attributes)?;
            all.insert(format!("{name}/.zgroup"), group.clone());
            all.insert(format!("{name}/.zattrs"), attributes);
        }
        for output in &self.outputs {
            let (array, attributes) = (output.second(), output.second_attributes());
            save(&output.folder, ".zarray", &array)?;
            save(&output.folder, ".zattrs", &attributes)?;
            all.insert(format!("{}/.zarray", output.name), array);
            all.insert(format!("{}/.zattrs", output.name), attributes);
        }
        let attributes = self.attributes_of("");
        save(&self.path, ".zattrs", &attributes)?;
        all.insert(".zattrs".into(), attributes);
        all.insert(".zgroup".into(), group.clone());
        let all = json!({"zarr_consolidated_format": 1, "metadata": all});
        save(&self.path, ".zmetadata", &all)?;
        save(&self.path, ".zgroup", &group)
    }

    /// Groups that variables or attributes are in.
    fn groups(&self) -> BTreeSet<String> {
        let of_arrays = self.outputs.iter().map(|o| split(&o.name).0);
        let of_attributes = self.attributes.iter().map(|a| self.place(&a.name).0);
        let mut groups = BTreeSet::new();
        for mut group in of_arrays.chain(of_attributes) {
            while !group.is_empty() && groups.insert(group.to_string()) {
                group = split(group).0;
            }
        }
        groups
    }

    /// The group that an attribute is in, and its name there. What has a slash and cannot be
    /// in a group stays as it is.
    fn place<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        let (group, leaf) = split(name);
        let is_array = |path: &str| self.outputs.iter().any(|o| o.name == path);
        let mut above = group;
        while !above.is_empty() {
            if is_array(above) {
                return ("", name);
            }
            above = split(above).0;
        }
        if is_path(group) {
            (group, leaf)
        } else {
            ("", name)
        }
    }

    /// The attributes of a group, by the names that they have in it.
    fn attributes_of(&self, group: &str) -> Value {
        let named = self.attributes.iter().filter_map(|a| {
            let (of, name) = self.place(&a.name);
            (of == group).then(|| (name.to_string(), attributes::write(&a.value)))
        });
        Value::Object(named.collect())
    }
}

impl Output {
    fn new(
        path: &Path,
        dataset: &Dataset,
        variable: &Variable,
        settings: Settings,
    ) -> Result<Self> {
        if !is_path(&variable.name) {
            return Err(Error::Invalid(format!(
                "{:?} is no name for an array",
                variable.name
            )));
        }
        let shape = dataset.shape(variable);
        let given = variable.attribute("_FillValue").map(attributes::write);
        let missing = given.and_then(|v| Item::ours(variable.kind).fill(&v).ok());
        let others = variable
            .attributes
            .iter()
            .filter(|a| a.name != "_FillValue");
        let third = settings.version == 3;
        Ok(Output {
            name: variable.name.clone(),
            folder: path.join(&variable.name),
            chunks: lengths(&shape, variable.kind.bytes().unwrap_or(32)),
            shape,
            kind: variable.kind,
            missing,
            keys: Keys::new(third, if third { "/" } else { "." })?,
            names: dataset
                .dims(variable)
                .into_iter()
                .map(String::from)
                .collect(),
            attributes: others.cloned().collect(),
            begun: BTreeMap::new(),
        })
    }

    /// Puts a part into the chunks it is for, and packs those that are full.
    fn write(&mut self, region: &[Range<usize>], values: &Values) -> Result<()> {
        region::check(region, &self.shape)?;
        let shape: Vec<usize> = region.iter().map(Range::len).collect();
        if values.kind() != self.kind || values.len() != region::volume(region) {
            return Err(Error::Invalid(format!(
                "{} values of type {} are no part of {}",
                values.len(),
                values.kind().name(),
                self.name
            )));
        }
        for place in chunks::places(region, &self.chunks) {
            let overlap = chunks::overlap(region, &self.chunks, &place);
            let part = values.region(&shape, &overlap.region)?;
            if !self.begun.contains_key(&place) {
                let blank = self.fill().repeated(self.chunks.iter().product());
                self.begun.insert(place.clone(), (blank, 0));
            }
            let Some(begun) = self.begun.get_mut(&place) else {
                continue;
            };
            begun.0.place(&self.chunks, &overlap.chunk, &part)?;
            begun.1 += part.len();
            let inside = self.shape.iter().zip(&self.chunks).zip(&place);
            let whole: usize = inside.map(|((n, c), p)| (*c).min(n - p * c)).product();
            if begun.1 >= whole
                && let Some((chunk, _)) = self.begun.remove(&place)
            {
                self.save(&place, &chunk)?;
            }
        }
        Ok(())
    }

    fn save(&self, place: &[usize], chunk: &Values) -> Result<()> {
        let path = self.keys.path(&self.folder, place);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let packed = zstd::bulk::compress(&to_bytes(chunk), LEVEL)?;
        Ok(std::fs::write(path, packed)?)
    }

    fn third(&self) -> Value {
        let bytes = match self.kind {
            Kind::Text => json!({"name": "vlen-utf8"}),
            Kind::Char | Kind::I8 | Kind::U8 => json!({"name": "bytes"}),
            _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
        };
        let mut attributes = object(&self.attributes);
        if let (Some(missing), Some(all)) = (&self.missing, attributes.as_object_mut()) {
            all.insert("_FillValue".into(), encoded(missing));
        }
        json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": self.shape,
            "data_type": Item::third_name(self.kind),
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": self.chunks},
            },
            "chunk_key_encoding": {
                "name": "default",
                "configuration": {"separator": "/"},
            },
            "fill_value": write_fill(&self.fill()),
            "codecs": [
                bytes,
                {"name": "zstd", "configuration": {"level": LEVEL, "checksum": false}},
            ],
            "dimension_names": self.names,
            "attributes": attributes,
            "storage_transformers": [],
        })
    }

    /// What chunks have where nothing was written.
    fn fill(&self) -> Values {
        let missing = self.missing.clone();
        missing.unwrap_or_else(|| Values::zeros(self.kind, 1))
    }

    fn second(&self) -> Value {
        let texts = self.kind == Kind::Text;
        json!({
            "zarr_format": 2,
            "shape": self.shape,
            "chunks": self.chunks,
            "dtype": Item::second_name(self.kind),
            "compressor": {"id": "zstd", "level": LEVEL},
            "fill_value": self.missing.as_ref().map_or(Value::Null, write_fill),
            "order": "C",
            "filters": if texts { json!([{"id": "vlen-utf8"}]) } else { Value::Null },
            "dimension_separator": ".",
        })
    }

    fn second_attributes(&self) -> Value {
        let mut attributes = object(&self.attributes);
        if let Some(all) = attributes.as_object_mut() {
            all.insert(DIMENSIONS.into(), json!(self.names));
        }
        attributes
    }
}

/// A fill value as xarray has it among the attributes: of floats, a double in base 64.
fn encoded(fill: &Values) -> Value {
    match fill {
        Values::F32(_) | Values::F64(_) => {
            let number = fill.as_number().unwrap_or(f64::NAN);
            base64::encode(&number.to_le_bytes()).into()
        }
        Values::Char(v) => base64::encode(v).into(),
        other => attributes::write(other),
    }
}

/// Lengths of chunks: whole along the last dimensions, as far as the bytes go.
fn lengths(shape: &[usize], bytes: usize) -> Vec<usize> {
    let mut left = (CHUNK / bytes).max(1);
    let mut lengths = vec![1; shape.len()];
    for (length, whole) in lengths.iter_mut().zip(shape).rev() {
        *length = left.clamp(1, (*whole).max(1));
        left /= (*whole).max(1);
    }
    lengths
}

/// A group and a name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether parts between slashes can be folders.
fn is_path(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.');
    name.split('/').all(plain)
}

fn object(attributes: &[Attribute]) -> Value {
    let member = |a: &Attribute| (a.name.clone(), attributes::write(&a.value));
    Value::Object(attributes.iter().map(member).collect())
}

fn save(folder: &Path, name: &str, metadata: &Value) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(folder.join(name), json::write(metadata))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_whole_frames() {
        assert_eq!(lengths(&[744, 721, 1440], 4), [2, 721, 1440]);
        assert_eq!(lengths(&[744, 33, 49], 4), [744, 33, 49]);
        assert_eq!(lengths(&[8, 37, 721, 1440], 4), [1, 2, 721, 1440]);
        assert_eq!(lengths(&[5, 3601, 1801], 4), [1, 1164, 1801]);
        assert_eq!(lengths(&[], 8), [0usize; 0]);
        assert_eq!(lengths(&[0, 4], 8), [1, 4]);
    }
}
