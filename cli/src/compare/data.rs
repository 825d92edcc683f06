//! Which fields there are, and one of them at a time in memory. Whatever is to be read from
//! other kinds of files goes through [`load`].

use std::path::{Path, PathBuf};

use anyhow::Context;

use foresz::files::Source as _;
use foresz::files::arrays::DATA;
use foresz::{AnyField, DType, Sample};
use ndarray::ArrayD;

use super::super::args::{LayoutArgs, Shape};
use super::super::failure::invalid;
use super::super::input;
use super::super::output::is_store;
use super::super::{choice, samples};
use super::args::Compare;

const EXTENSIONS: [&str; 4] = ["f32", "f64", "npy", "npz"];

/// Where a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Which array of an archive.
    variable: Option<String>,
    shape: Option<Vec<usize>>,
}

impl Source {
    /// Its name, or that of the variable in its file.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.variable.as_deref().unwrap_or(DATA) == name
    }
}

/// A field as every contender gets it.
pub(super) struct Subject {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// Little-endian samples in C order.
    pub(super) bytes: Vec<u8>,
}

/// Every field that was asked for, in the order of the command line, folders by name.
pub(super) fn find(args: &Compare) -> anyhow::Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in &args.data {
        if path.is_dir() && !is_store(path) {
            for file in in_folder(path)? {
                found.extend(in_file(&file, args)?);
            }
        } else {
            found.extend(in_file(path, args)?);
        }
    }
    if !args.variables.names.is_empty() {
        for name in &args.variables.names {
            if !found.iter().any(|source| source.is_called(name)) {
                let names: Vec<&str> = found.iter().map(|s| s.name.as_str()).collect();
                let names = names.join(", ");
                return Err(invalid(format!(
                    "no field is called {name}; there are {names}"
                )));
            }
        }
        found.retain(|source| {
            args.variables
                .names
                .iter()
                .any(|name| source.is_called(name))
        });
    }
    for (i, source) in found.iter().enumerate() {
        if found[..i].iter().any(|other| other.name == source.name) {
            let name = &source.name;
            return Err(invalid(format!("two fields are called {name}; rename one")));
        }
    }
    if found.is_empty() {
        return Err(invalid(format!(
            "there is nothing to compare: no file is NetCDF, GRIB or Zarr, or ends in {}",
            EXTENSIONS.map(|e| format!(".{e}")).join(", ")
        )));
    }
    Ok(found)
}

/// What is read of a folder, by name.
fn in_folder(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path);
    let entries = entries.with_context(|| format!("cannot read {}", path.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| (has_extension(file) && file.is_file()) || is_named(file));
    files.sort();
    Ok(files)
}

/// All that is read.
pub(super) fn files(args: &Compare) -> Vec<PathBuf> {
    let plain = |path: &&PathBuf| path.is_dir() && !is_store(path);
    // What cannot be read is told when it is read.
    let folders = args.data.iter().filter(plain);
    let within = folders.flat_map(|path| in_folder(path).unwrap_or_default());
    within.chain(args.data.iter().cloned()).collect()
}

/// Whether a path leads to variables with names.
fn is_named(path: &Path) -> bool {
    is_store(path) || (path.is_file() && input::has_names(path))
}

fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.contains(&e))
}

fn in_file(path: &Path, args: &Compare) -> anyhow::Result<Vec<Source>> {
    let stem = path
        .file_stem()
        .map_or_else(String::new, |s| s.to_string_lossy().into());
    let named = is_named(path);
    if named || path.extension().is_some_and(|e| e == "npz") {
        let layout = if named {
            LayoutArgs::default()
        } else {
            args.layout.clone()
        };
        let source = input::open(path, &layout)?;
        let dataset = source.dataset();
        let each = choice::data(dataset).into_iter().map(|v| {
            let variable = dataset.variables[v].name.clone();
            Source {
                name: if named {
                    format!("{stem}__{variable}")
                } else {
                    variable.clone()
                },
                path: path.into(),
                variable: Some(variable),
                shape: None,
            }
        });
        return Ok(each.collect());
    }
    let (name, told) = shape_in_name(&stem);
    let raw = path.extension().is_none_or(|e| e != "npy");
    Ok(vec![Source {
        name: name.into(),
        path: path.into(),
        variable: None,
        shape: args.layout.layout().shape.or(told.filter(|_| raw)),
    }])
}

/// `t2m__721x1440` as a name and a shape.
fn shape_in_name(stem: &str) -> (&str, Option<Vec<usize>>) {
    let parts = stem.rsplit_once("__");
    let named = parts.and_then(|(name, shape)| Some((name, shape.parse::<Shape>().ok()?)));
    match named {
        Some((name, shape)) => (name, Some(shape.0)),
        None => (stem, None),
    }
}

/// Reads a field.
pub(super) fn load(source: &Source, args: &Compare) -> anyhow::Result<Subject> {
    let layout = if is_named(&source.path) {
        LayoutArgs::default()
    } else {
        args.layout.with_shape(source.shape.clone())
    };
    match input::whole(&source.path, &layout, source.variable.as_slice())?.0 {
        AnyField::F32(field) => subject(DType::F32, &field),
        AnyField::F64(field) => subject(DType::F64, &field),
    }
}

fn subject<T: Sample>(dtype: DType, field: &ArrayD<T>) -> anyhow::Result<Subject> {
    let mut bytes = Vec::new();
    samples::write(field.as_slice().unwrap_or_default(), &mut bytes)?;
    Ok(Subject {
        dtype,
        shape: field.shape().to_vec(),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_shapes() {
        let told = shape_in_name("a__t2m__3x4");
        assert_eq!(told, ("a__t2m", Some(vec![3, 4])));
        assert_eq!(shape_in_name("t2m_large"), ("t2m_large", None));
        assert_eq!(shape_in_name("a__b"), ("a__b", None));
    }
}
