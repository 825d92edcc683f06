//! Streams, and what is held against them.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use foresz::dataset::{DatasetReader, View};
use foresz::files::arrays::{DATA, Layout};
use foresz::files::{Dataset, Source};
use foresz::{FileStore, Store};

use super::args::{LayoutArgs, is_stdio};
use super::failure::invalid;
use super::input::{self, Input, first_bytes, has_names};
use super::output::is_held;
use super::summary;

/// First bytes of streams.
pub(crate) const MAGIC: &[u8] = b"FSZ\x1a";
/// First bytes of archives, which can hold several arrays.
const ARCHIVE: &[u8] = b"PK";

/// Whether a path leads to a stream.
pub(crate) fn is_one(path: &Path) -> bool {
    first_bytes(path).starts_with(MAGIC)
}

/// The bytes of a stream, to be read in parts if they are in a file.
pub(crate) fn store(path: &Path) -> anyhow::Result<Box<dyn Store>> {
    if !is_stdio(path) {
        return Ok(Box::new(file(path)?));
    }
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    read.context("cannot read standard input")?;
    Ok(Box::new(bytes))
}

fn file(path: &Path) -> anyhow::Result<FileStore> {
    let shown = path.display();
    if path.is_dir() {
        return Err(invalid(format!("{shown} is a folder, not a stream")));
    }
    FileStore::open(path).with_context(|| format!("cannot read {shown}"))
}

/// Opens a stream, and says so if something is left of what was interrupted.
pub(crate) fn open<S: Store>(store: S, path: &Path) -> anyhow::Result<DatasetReader<S>> {
    let reader = opened(store, path)?;
    if reader.lost() > 0 && is_held(path) {
        eprintln!(
            "foresz: note: {} is being added to; this reads what was there before",
            path.display()
        );
    } else {
        tell_of_lost(&reader, path);
    }
    Ok(reader)
}

/// The same of a file.
pub(crate) fn open_file(path: &Path) -> anyhow::Result<DatasetReader<FileStore>> {
    if is_stdio(path) {
        return Err(invalid(
            "this reads streams in parts, which standard input cannot give: name a file",
        ));
    }
    open(file(path)?, path)
}

/// The same of a file that this process holds: whoever was adding to it is gone.
pub(crate) fn open_own(path: &Path) -> anyhow::Result<DatasetReader<FileStore>> {
    let reader = opened(FileStore::open(path)?, path)?;
    tell_of_lost(&reader, path);
    Ok(reader)
}

fn opened<S: Store>(store: S, path: &Path) -> anyhow::Result<DatasetReader<S>> {
    DatasetReader::open(store).with_context(|| path.display().to_string())
}

fn tell_of_lost<S: Store>(reader: &DatasetReader<S>, path: &Path) {
    if reader.lost() > 0 {
        eprintln!(
            "foresz: warning: {}: adding to it was interrupted; this reads what was there before, and ignores {} bytes behind it",
            path.display(),
            reader.lost()
        );
    }
}

/// Names of all variables.
pub(crate) fn names<S: Store>(reader: &DatasetReader<S>) -> Vec<String> {
    let variables = reader.dataset(View::Stored).variables;
    variables.into_iter().map(|v| v.name).collect()
}

/// Opens what is to be compared with a stream. An array is described as its variable is, and
/// `array` names the one of an archive.
pub(crate) fn original<S: Store>(
    path: &Path,
    reader: &DatasetReader<S>,
    array: Option<&str>,
) -> anyhow::Result<Input> {
    like(path, reader, array, None)
}

/// Opens more of a stream, which grows along that dimension: raw samples are as many frames as
/// there is room for.
pub(crate) fn more<S: Store>(
    path: &Path,
    reader: &DatasetReader<S>,
    along: Option<&str>,
) -> anyhow::Result<Input> {
    let (name, _) = reader.grows_along(along)?;
    like(path, reader, None, Some(&name))
}

fn like<S: Store>(
    path: &Path,
    reader: &DatasetReader<S>,
    array: Option<&str>,
    grows: Option<&str>,
) -> anyhow::Result<Input> {
    if has_names(path) || is_one(path) {
        return input::open(path, &LayoutArgs::default());
    }
    let ours = reader.dataset(View::Stored);
    if ours.variables.len() > 1 && !first_bytes(path).starts_with(ARCHIVE) {
        return Err(invalid(format!(
            "the stream has several variables, and {} holds one array: name a file with all of them",
            input::name(path)
        )));
    }
    let layout = Layout {
        kind: ours.variables.first().map(|v| v.kind),
        shape: shape(path, &ours, grows)?,
        dims: Vec::new(),
    };
    let mut input = input::open_arrays(path, &layout)?;
    let theirs = input.dataset().clone();
    let (Some(variable), true) = (ours.variables.first(), ours.variables.len() == 1) else {
        return Ok(input);
    };
    let wanted = array.unwrap_or(&variable.name);
    let found = theirs.position(wanted).or_else(|| match array {
        None if theirs.variables.len() == 1 => Some(0),
        None => theirs.position(DATA),
        Some(_) if input::is_nameless(&theirs) && wanted == variable.name => Some(0),
        Some(_) => None,
    });
    let Some(picked) = found else {
        super::choice::find(&theirs, wanted)?;
        return Ok(input);
    };
    let about = &theirs.variables[picked];
    let lengths = theirs.shape(about);
    if lengths.len() != variable.dimensions.len() {
        let (theirs, stream) = (
            summary::shape(&lengths),
            summary::shape(&ours.shape(variable)),
        );
        return Err(invalid(format!(
            "{} has the shape {theirs}, and the stream {stream}: they need the same number of dimensions",
            path.display()
        )));
    }
    let mut described = ours.clone();
    described.variables[0].kind = about.kind;
    for (d, length) in variable.dimensions.iter().zip(lengths) {
        described.dimensions[*d].length = length;
    }
    input.show_as(picked, described);
    Ok(input)
}

/// The shape that raw samples have to have.
fn shape(path: &Path, ours: &Dataset, grows: Option<&str>) -> anyhow::Result<Option<Vec<usize>>> {
    let [variable] = ours.variables.as_slice() else {
        return Ok(None);
    };
    let mut shape = ours.shape(variable);
    let Some(grows) = grows else {
        return Ok(Some(shape));
    };
    if ours.dims(variable).first() != Some(&grows) {
        return Ok(None);
    }
    if is_stdio(path) {
        return Err(invalid(
            "standard input has no size that tells how many frames there are: name a file",
        ));
    }
    let file = std::fs::metadata(path);
    let bytes = file.with_context(|| format!("cannot read {}", path.display()))?;
    let frame: usize = shape[1..].iter().product::<usize>() * variable.kind.bytes().unwrap_or(1);
    shape[0] = bytes.len() as usize / frame.max(1);
    Ok(Some(shape))
}
