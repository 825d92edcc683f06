//! Weights that lie in files beside the model.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// The bytes of a tensor kept in another file: `entries` as in the model, `expected`
/// what its shape asks for.
pub(crate) fn read(
    folder: Option<&Path>,
    entries: &[(String, String)],
    expected: usize,
) -> Result<Vec<u8>, String> {
    let entry = |key: &str| {
        let found = entries.iter().find(|(k, _)| k == key);
        found.map(|(_, value)| value.as_str())
    };
    let number = |key: &str| -> Result<Option<u64>, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("the {key} of external data is no number: {text}"))
        };
        entry(key).map(parse).transpose()
    };
    let location = entry("location").ok_or("external data without a location")?;
    let offset = number("offset")?.unwrap_or(0);
    if let Some(length) = number("length")?
        && length != expected as u64
    {
        return Err(format!(
            "external data has {length} bytes where the shape asks for {expected}"
        ));
    }
    let folder = folder
        .ok_or("the model keeps weights in other files: load it by its path, not as bytes")?;
    let path = inside(folder, location)?;
    let fail = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
    let mut file = File::open(&path).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    if offset
        .checked_add(expected as u64)
        .is_none_or(|end| end > length)
    {
        return Err(format!(
            "{} ends before the {expected} bytes at {offset} that the model needs",
            path.display()
        ));
    }
    file.seek(SeekFrom::Start(offset)).map_err(fail)?;
    let mut bytes = vec![0; expected];
    file.read_exact(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Where `location` lies, if it lies under `folder`: a model must not read any file of
/// the machine, neither by `..` nor by an absolute path nor through a link.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let location = Path::new(location);
    let plain = |c: Component| matches!(c, Component::Normal(_) | Component::CurDir);
    let outside = || {
        format!(
            "external data at {}, which is not beside the model",
            location.display()
        )
    };
    if !location.components().all(plain) {
        return Err(outside());
    }
    let fail = |e: std::io::Error| format!("cannot read {}: {e}", location.display());
    let root = folder.canonicalize().map_err(fail)?;
    let path = root.join(location).canonicalize().map_err(fail)?;
    if !path.starts_with(&root) {
        return Err(outside());
    }
    Ok(path)
}
