//! Copies a data set from one file to another, of any formats: `copy from.nc to.zarr`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use foresz_files::{Error, Result, create, open};

/// Values that are read at once, about.
const PART: usize = 1 << 22;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let done = match paths.as_slice() {
        [from, to] => copy(from, to),
        _ => Err(Error::Invalid("copy <from> <to>".into())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut source = open(from)?;
    for (name, why) in source.skipped() {
        eprintln!("left out {name}: {why}");
    }
    let dataset = source.dataset().clone();
    let mut sink = create(to, &dataset)?;
    for (id, variable) in dataset.variables.iter().enumerate() {
        let shape = dataset.shape(variable);
        if shape.contains(&0) {
            continue;
        }
        let mut region: Vec<_> = shape.iter().map(|n| 0..*n).collect();
        let rows = shape.first().copied().unwrap_or(1);
        let row: usize = shape.iter().skip(1).product();
        let piece = source
            .pieces(id)
            .map_or(1, |p| p.first().copied().unwrap_or(1));
        let part = (PART / row).max(1).next_multiple_of(piece.max(1));
        for start in (0..rows).step_by(part) {
            if let Some(first) = region.first_mut() {
                *first = start..rows.min(start + part);
            }
            sink.write(id, &region, &source.read(id, &region)?)?;
        }
    }
    sink.finish()
}
