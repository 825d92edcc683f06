//! A model's folder: its files, and whether they say what was trained.

use std::path::Path;
use std::sync::Arc;

use foresz_exact::{Model, Options, Session, Tensor};
use foresz_forecast::contract::FILE_NAME;
use serde::Serialize;

use crate::error::{Error, Result};

/// A file to be written.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Writes all files; the contract, which makes a folder a model, last.
pub(crate) fn write(folder: &Path, files: &[File]) -> Result<()> {
    for file in files {
        let path = folder.join(file.name);
        put(&path, &file.bytes)?;
    }
    Ok(())
}

/// Writes a file beside its place and then puts it there.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let failed = |source| Error::Write {
        path: path.into(),
        source,
    };
    std::fs::write(&new, bytes).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}

/// Bytes of all ONNX files.
pub(crate) fn model_bytes(files: &[File]) -> usize {
    let models = files.iter().filter(|f| f.name != FILE_NAME);
    models.map(|f| f.bytes.len()).sum()
}

/// What the exact runtime makes of an input.
pub(crate) fn run(file: &File, name: &str, input: Tensor) -> Result<Vec<f32>> {
    let options = Options::default();
    let model = Arc::new(Model::from_bytes(&file.bytes, &options)?);
    let outputs = Session::new(model, &options)?.run(&[(name, input)])?;
    let values = outputs.first().and_then(Tensor::values::<f32>);
    Ok(values.map(<[f32]>::to_vec).unwrap_or_default())
}

/// The largest difference, relative to the largest value where that is above 1;
/// infinite where the lists do not go together.
pub(crate) fn distance(found: &[f32], wanted: &[f32]) -> f64 {
    if found.len() != wanted.len() {
        return f64::INFINITY;
    }
    let largest = wanted.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
    let pairs = found.iter().zip(wanted);
    let far = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    far.fold(0.0, f64::max) / f64::from(largest)
}

/// A contract as text, and the last file of its folder.
pub(crate) fn contract(of: &impl Serialize) -> Result<File> {
    let text = toml::to_string(of).map_err(|e| Error::Settings(e.to_string()))?;
    Ok(File {
        name: FILE_NAME,
        bytes: text.into_bytes(),
    })
}
