//! Groups and arrays of a store, by their metadata.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::dataset::Attribute;
use crate::error::{Error, Result};
use crate::zarr::array::Array;
use crate::zarr::{attributes, json, second, third};

/// What lies in a folder.
pub(super) struct Store {
    pub(super) version: u8,
    /// Arrays by name, `group/name` below the first group.
    pub(super) arrays: BTreeMap<String, Array>,
    /// Attributes of groups, `group/name` below the first.
    pub(super) attributes: Vec<Attribute>,
    /// What was left out, and why.
    pub(super) skipped: Vec<(String, String)>,
    groups: Vec<String>,
}

/// Groups within groups, at most.
const DEEPEST: usize = 16;

impl Store {
    /// Reads the metadata of all that is there.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut store = Store {
            version: 3,
            arrays: BTreeMap::new(),
            attributes: Vec::new(),
            skipped: Vec::new(),
            groups: Vec::new(),
        };
        if let Some(root) = file(&path.join("zarr.json"))? {
            store.third(path, &root)?;
        } else if let Some(array) = file(&path.join(".zarray"))? {
            store.version = 2;
            let attributes = file(&path.join(".zattrs"))?.unwrap_or_default();
            let array = second::read(&array, &attributes, path);
            store.only(path, array)?;
        } else if let Some(all) = file(&path.join(".zmetadata"))? {
            store.version = 2;
            store.consolidated_second(path, &all)?;
        } else if file(&path.join(".zgroup"))?.is_some() {
            store.version = 2;
            store.group("", file(&path.join(".zattrs"))?.as_ref());
            store.walk(path, "", 0)?;
        } else {
            return Err(Error::Damaged(format!(
                "{} is no Zarr store: it has neither zarr.json nor .zgroup, .zarray or .zmetadata",
                path.display()
            )));
        }
        store.skip_empty_groups();
        Ok(store)
    }

    fn third(&mut self, path: &Path, root: &Value) -> Result<()> {
        if root["node_type"] == "array" {
            return self.only(path, third::read(root, path));
        }
        self.group("", root.get("attributes"));
        let consolidated = &root["consolidated_metadata"]["metadata"];
        match consolidated.as_object() {
            Some(all) => {
                for (name, metadata) in all {
                    if metadata["node_type"] == "array" {
                        let folder = inside(path, name)?;
                        self.add(name, third::read(metadata, &folder))?;
                    } else {
                        self.group(&format!("{name}/"), metadata.get("attributes"));
                    }
                }
                Ok(())
            }
            None => self.walk(path, "", 0),
        }
    }

    fn consolidated_second(&mut self, path: &Path, all: &Value) -> Result<()> {
        let all = json::object(json::member(all, "metadata")?, "consolidated metadata")?;
        self.group("", all.get(".zattrs"));
        for (key, metadata) in all {
            if let Some(group) = key.strip_suffix(".zgroup").filter(|g| !g.is_empty()) {
                self.group(group, all.get(&format!("{group}.zattrs")));
            }
            if let Some(name) = key.strip_suffix("/.zarray") {
                let attributes = all.get(&format!("{name}/.zattrs"));
                let folder = inside(path, name)?;
                let array = second::read(metadata, attributes.unwrap_or(&Value::Null), &folder);
                self.add(name, array)?;
            }
        }
        Ok(())
    }

    /// A store that is an array and no group: it has the name of its folder.
    fn only(&mut self, path: &Path, array: Result<Array>) -> Result<()> {
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned());
        self.add(&name.unwrap_or_else(|| "array".into()), array)
    }

    /// Looks for arrays in the folders of a group.
    fn walk(&mut self, folder: &Path, group: &str, depth: usize) -> Result<()> {
        let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let here = entry.path();
            if !here.is_dir() {
                continue;
            }
            let name = format!("{group}{}", entry.file_name().to_string_lossy());
            if depth > DEEPEST {
                let why = format!("groups are nested deeper than {DEEPEST}");
                self.skipped.push((name, why));
                continue;
            }
            if let Some(metadata) = file(&here.join("zarr.json"))? {
                if metadata["node_type"] == "array" {
                    self.add(&name, third::read(&metadata, &here))?;
                } else {
                    self.group(&format!("{name}/"), metadata.get("attributes"));
                    self.walk(&here, &format!("{name}/"), depth + 1)?;
                }
            } else if let Some(metadata) = file(&here.join(".zarray"))? {
                let attributes = file(&here.join(".zattrs"))?.unwrap_or_default();
                self.add(&name, second::read(&metadata, &attributes, &here))?;
            } else if file(&here.join(".zgroup"))?.is_some() {
                let found = file(&here.join(".zattrs"))?;
                self.group(&format!("{name}/"), found.as_ref());
                self.walk(&here, &format!("{name}/"), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Notes a group, whose name ends with a slash if it is not the first one.
    fn group(&mut self, prefix: &str, found: Option<&Value>) {
        let object = found.and_then(Value::as_object);
        let found = object.map(attributes::read).unwrap_or_default();
        let named = found.into_iter().map(|a| Attribute {
            name: format!("{prefix}{}", a.name),
            ..a
        });
        self.attributes.extend(named);
        self.groups.push(prefix.into());
    }

    /// Groups that hold nothing that a data set could.
    fn skip_empty_groups(&mut self) {
        for group in std::mem::take(&mut self.groups) {
            let inside = |name: &str| name.starts_with(&group);
            let known = self.arrays.keys().any(|name| inside(name))
                || self.attributes.iter().any(|a| inside(&a.name))
                || self.skipped.iter().any(|(name, _)| inside(name));
            if !known && !group.is_empty() {
                let why = "a group with nothing in it".into();
                self.skipped.push((group.trim_end_matches('/').into(), why));
            }
        }
    }

    /// Adds an array, or notes why it cannot be read.
    fn add(&mut self, name: &str, array: Result<Array>) -> Result<()> {
        match array {
            Ok(array) => {
                self.arrays.insert(name.into(), array);
                Ok(())
            }
            Err(Error::Unsupported(why)) => {
                self.skipped.push((name.into(), why));
                Ok(())
            }
            Err(Error::Damaged(why)) => Err(Error::Damaged(format!("array {name}: {why}"))),
            Err(other) => Err(other),
        }
    }
}

/// The folder of an array, which metadata must not put elsewhere.
fn inside(path: &Path, name: &str) -> Result<PathBuf> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if name.split('/').all(plain) && !name.contains('\\') {
        Ok(path.join(name))
    } else {
        Err(Error::Damaged(format!("{name:?} is no name of an array")))
    }
}

/// The JSON of a file, if there is one.
fn file(path: &Path) -> Result<Option<Value>> {
    match std::fs::read(path) {
        Ok(bytes) => match json::parse(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(e) => Err(Error::Damaged(format!("{}: {e}", path.display()))),
        },
        // On the way to a file there may be one that is no folder.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => Ok(None),
        Err(e) => Err(e.into()),
    }
}
