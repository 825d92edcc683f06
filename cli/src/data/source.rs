//! Files that hold data sets.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use foresz::dataset::{DatasetReader, View};
use foresz::files::{self, Dataset, Kind, Memory, Source, Values};
use foresz::{DType, Error, FileStore, Section, Store};

use super::choice;
use crate::args::is_stdio;
use crate::failure::invalid;
use crate::input::{self, Expected, Field};
use crate::output::is_held;

/// First bytes of files, and of streams.
const OF_DATA_SETS: [&[u8]; 3] = [b"CDF", b"\x89HDF", b"GRIB"];
const OF_STREAMS: &[u8] = b"FSZ\x1a";
/// GRIB files can start with something else.
const EXTENSIONS: [&str; 10] = [
    "nc", "nc4", "cdf", "h5", "hdf5", "grib", "grb", "grib1", "grib2", "zarr",
];

fn first_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What cannot be read now will be read, and reported, later.
        let _ = file.take(8).read_to_end(&mut bytes);
    }
    bytes
}

/// Whether a path leads to a file, or a folder, of variables with names.
pub(crate) fn is_data_set(path: &Path) -> bool {
    if is_stdio(path) {
        return false;
    }
    let bytes = first_bytes(path);
    is_named_like_data(path)
        || path.is_dir()
        || OF_DATA_SETS.iter().any(|magic| bytes.starts_with(magic))
}

/// Whether the ending of a name is that of a file of variables.
pub(super) fn is_named_like_data(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// Whether a path leads to a stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    !is_stdio(path) && first_bytes(path).starts_with(OF_STREAMS)
}

/// Whether a path leads to the stream of a data set, and not of a single field.
pub(crate) fn is_data_set_stream(path: &Path) -> bool {
    is_stream(path) && FileStore::open(path).is_ok_and(|store| holds_data_set(&store))
}

/// Whether a stream is that of a data set, and not of a single field.
pub(super) fn holds_data_set(stream: &dyn Store) -> bool {
    match DatasetReader::open(stream) {
        Ok(reader) => !reader.is_single_field(),
        // Only data sets have directories. Else, whatever is wrong is said when it is decoded.
        Err(error) => matches!(
            error,
            Error::Corrupt {
                at: Section::Directory,
                ..
            }
        ),
    }
}

/// Opens a file of variables.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn Source>> {
    let source = files::open(path).map_err(Error::from);
    let source = source.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(Named {
        source,
        path: path.into(),
    }))
}

/// The variables that are asked for. Those that cannot be read are refused with the reason.
pub(super) fn wanted(
    source: &dyn Source,
    named: &[String],
    all: bool,
) -> anyhow::Result<Vec<usize>> {
    refuse_skipped(source, named)?;
    let dataset = source.dataset();
    choice::wanted(dataset, named, all).map_err(|error| match source.skipped() {
        [(name, why), ..] if choice::data(dataset).is_empty() => {
            Error::Unsupported(format!("nothing of it can be read; {name}: {why}")).into()
        }
        _ => error,
    })
}

/// Refuses what a file has and cannot be read.
pub(super) fn refuse_skipped(source: &dyn Source, named: &[String]) -> anyhow::Result<()> {
    let mut skipped = source.skipped().iter();
    match skipped.find(|(name, _)| named.contains(name)) {
        Some((name, why)) => {
            Err(Error::Unsupported(format!("{name} cannot be read: {why}")).into())
        }
        None => Ok(()),
    }
}

/// A file that says which one it is if it cannot be read.
struct Named {
    source: Box<dyn Source>,
    path: PathBuf,
}

impl Source for Named {
    fn format(&self) -> String {
        self.source.format()
    }

    fn dataset(&self) -> &Dataset {
        self.source.dataset()
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> files::Result<Values> {
        let shown = self.path.display();
        self.source.read(variable, region).map_err(|e| match e {
            files::Error::Io(e) => {
                let text = match e.kind() {
                    ErrorKind::UnexpectedEof => {
                        format!("{shown} is shorter than when it was opened")
                    }
                    _ => format!("cannot read {shown}: {e}"),
                };
                files::Error::Io(io::Error::new(e.kind(), text))
            }
            files::Error::Damaged(why) => {
                files::Error::Damaged(format!("cannot read {shown}: {why}"))
            }
            other => other,
        })
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        self.source.pieces(variable)
    }

    fn skipped(&self) -> &[(String, String)] {
        self.source.skipped()
    }
}

/// Opens a stream, and says so if something is left of what was interrupted.
pub(crate) fn open_stream(path: &Path) -> anyhow::Result<DatasetReader<FileStore>> {
    opened(FileStore::open(path).and_then(DatasetReader::open), path)
}

/// The same of a stream that this process holds: whoever was adding to it is gone.
pub(super) fn open_own_stream(path: &Path) -> anyhow::Result<DatasetReader<FileStore>> {
    let reader = FileStore::open(path).and_then(DatasetReader::open);
    let reader = reader.with_context(|| path.display().to_string())?;
    tell_of_lost(&reader, path);
    Ok(reader)
}

fn tell_of_lost<S: Store>(reader: &DatasetReader<S>, path: &Path) {
    if reader.lost() > 0 {
        eprintln!(
            "foresz: warning: {}: adding to it was interrupted; what was there before is read, and {} bytes behind it are not",
            path.display(),
            reader.lost()
        );
    }
}

/// A stream that was opened, or not.
pub(super) fn opened<S: Store>(
    opened: foresz::Result<DatasetReader<S>>,
    path: &Path,
) -> anyhow::Result<DatasetReader<S>> {
    let reader = opened.with_context(|| path.display().to_string())?;
    if reader.lost() > 0 && is_held(path) {
        eprintln!(
            "foresz: note: {} is being added to; what was there before is read",
            path.display()
        );
    } else {
        tell_of_lost(&reader, path);
    }
    Ok(reader)
}

/// A file of variables, or samples of the only variable of a stream, as many frames as there
/// are.
pub(super) fn open_like(
    path: &Path,
    stream: &DatasetReader<FileStore>,
) -> anyhow::Result<Box<dyn Source>> {
    if is_data_set(path) {
        return open(path);
    }
    let mut dataset = stream.dataset(View::Stored);
    let [variable] = dataset.variables.as_slice() else {
        return Err(invalid(
            "the stream has several variables, and samples are of one: name a NetCDF or GRIB file or a Zarr store",
        ));
    };
    let (variable, shape) = (variable.clone(), dataset.shape(variable));
    let (name, _) = stream.grows_along(None)?;
    let along = dataset
        .dimensions
        .iter()
        .position(|d| d.name == name)
        .unwrap_or(0);
    let d = variable
        .dimensions
        .iter()
        .position(|other| *other == along)
        .unwrap_or(0);
    let shape = raw_shape(path, &shape, d, variable.kind.bytes().unwrap_or(4))?;
    let dtype = match variable.kind {
        Kind::F32 => Some(DType::F32),
        Kind::F64 => Some(DType::F64),
        _ => None,
    };
    let expected = Expected {
        // What brings a shape along brings a type, too.
        dtype: dtype.filter(|_| shape.is_some()),
        shape,
        variable: None,
    };
    let (shape, values) = match input::read_field(path, &expected)? {
        Field::F32(field) => (
            field.shape().to_vec(),
            Values::F32(field.into_iter().collect()),
        ),
        Field::F64(field) => (
            field.shape().to_vec(),
            Values::F64(field.into_iter().collect()),
        ),
    };
    if shape.len() != variable.dimensions.len() {
        return Err(invalid(format!(
            "{} has {} dimensions, the stream {}",
            path.display(),
            shape.len(),
            variable.dimensions.len()
        )));
    }
    for (dimension, length) in variable.dimensions.iter().zip(shape) {
        dataset.dimensions[*dimension].length = length;
    }
    let memory = Memory::new(dataset, vec![values]).map_err(Error::from)?;
    Ok(Box::new(memory))
}

/// Raw samples are as many frames as there is room for.
fn raw_shape(
    path: &Path,
    shape: &[usize],
    d: usize,
    width: usize,
) -> anyhow::Result<Option<Vec<usize>>> {
    let tells = path.extension().is_some_and(|e| e == "npy" || e == "npz");
    if tells || d > 0 {
        return Ok(None);
    }
    let bytes =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    let frame: usize = shape[1..].iter().product::<usize>() * width;
    let mut shape = shape.to_vec();
    shape[0] = bytes.len() as usize / frame.max(1);
    Ok(Some(shape))
}

/// Names of the variables of data in a file.
pub(crate) fn variables(path: &Path) -> anyhow::Result<Vec<String>> {
    let source = open(path)?;
    let dataset = source.dataset();
    let data = choice::data(dataset).into_iter();
    Ok(data.map(|v| dataset.variables[v].name.clone()).collect())
}

/// All of a variable and its shape: unpacked, missing values as NaN.
pub(crate) fn whole(path: &Path, name: &str) -> anyhow::Result<(Vec<usize>, Values)> {
    let mut source = open(path)?;
    let dataset = source.dataset().clone();
    refuse_skipped(&*source, &[name.into()])?;
    let v = choice::find(&dataset, name)?;
    let variable = &dataset.variables[v];
    let shape = dataset.shape(variable);
    if shape.contains(&0) {
        return Err(invalid(format!("{name} holds nothing")));
    }
    let region: Vec<_> = shape.iter().map(|n| 0..*n).collect();
    let values = source.read(v, &region).map_err(Error::from)?;
    let missing = foresz::dataset::missing_values(variable);
    let mut values = foresz::dataset::unpacked(variable, values)?;
    match &mut values {
        Values::F32(v) => {
            let gone = v.iter_mut().filter(|x| missing.contains(&f64::from(**x)));
            gone.for_each(|x| *x = f32::NAN);
        }
        Values::F64(v) => {
            let gone = v.iter_mut().filter(|x| missing.contains(x));
            gone.for_each(|x| *x = f64::NAN);
        }
        _ => {
            return Err(invalid(format!(
                "{name} holds whole numbers, which lose nothing"
            )));
        }
    }
    Ok((shape, values))
}

#[cfg(test)]
mod tests {
    use foresz::files::{Dimension, Kind, Variable};

    use super::*;

    /// A file with one variable of 64 kB.
    fn save(path: &Path) {
        let count = 1 << 14;
        let dataset = Dataset {
            dimensions: vec![Dimension {
                name: "x".into(),
                length: count,
                unlimited: false,
            }],
            attributes: Vec::new(),
            variables: vec![Variable {
                name: "v".into(),
                kind: Kind::F32,
                dimensions: vec![0],
                attributes: Vec::new(),
            }],
        };
        let values = (0..count).map(|i| (i * i % 9973) as f32).collect();
        let mut sink = files::create(path, &dataset).unwrap();
        sink.write(0, std::slice::from_ref(&(0..count)), &Values::F32(values))
            .unwrap();
        sink.finish().unwrap();
    }

    #[test]
    fn what_shrinks_while_it_is_read_is_to_blame() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.nc");
        save(&path);
        let mut source = open(&path).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(4000).unwrap();
        let whole = 0..1 << 14;
        let error = source.read(0, std::slice::from_ref(&whole)).unwrap_err();
        let text = Error::from(error).to_string();
        assert!(
            text.contains("file.nc is shorter than when it was opened"),
            "{text}"
        );
    }
}
