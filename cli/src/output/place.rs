//! What paths lead to: whether two are one file, and which folders are stores.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::args::is_stdio;
use crate::failure::invalid;

/// What makes a file the same under all its names.
#[derive(PartialEq, Eq)]
enum Identity {
    #[cfg(unix)]
    Node { device: u64, inode: u64 },
    #[cfg(not(unix))]
    Path(PathBuf),
}

#[cfg(unix)]
fn of(about: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity::Node {
        device: about.dev(),
        inode: about.ino(),
    }
}

/// Only files and folders can be lost: devices and pipes are not what they hold.
fn is_lasting(about: &Metadata) -> bool {
    about.is_file() || about.is_dir()
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    let about = std::fs::metadata(path).ok()?;
    is_lasting(&about).then(|| of(&about))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    let about = std::fs::metadata(path).ok()?;
    let path = std::fs::canonicalize(path).ok()?;
    is_lasting(&about).then_some(Identity::Path(path))
}

/// Standard input and output can be files, too.
#[cfg(unix)]
fn standard(stream: std::os::fd::BorrowedFd) -> Option<Identity> {
    let about = File::from(stream.try_clone_to_owned().ok()?)
        .metadata()
        .ok()?;
    about.is_file().then(|| of(&about))
}

#[cfg(unix)]
fn standard_input() -> Option<Identity> {
    use std::os::fd::AsFd;
    standard(std::io::stdin().as_fd())
}

#[cfg(unix)]
fn standard_output() -> Option<Identity> {
    use std::os::fd::AsFd;
    standard(std::io::stdout().as_fd())
}

#[cfg(not(unix))]
fn standard_input() -> Option<Identity> {
    None
}

#[cfg(not(unix))]
fn standard_output() -> Option<Identity> {
    None
}

/// Whether an open file is still the one that a path leads to.
#[cfg(unix)]
pub(super) fn leads_to(path: &Path, file: &File) -> bool {
    let (Ok(here), Ok(open)) = (std::fs::metadata(path), file.metadata()) else {
        return false;
    };
    of(&here) == of(&open)
}

#[cfg(not(unix))]
pub(super) fn leads_to(path: &Path, _: &File) -> bool {
    path.exists()
}

/// Whether a folder is a Zarr store.
pub(crate) fn is_store(path: &Path) -> bool {
    ["zarr.json", ".zgroup", ".zarray", ".zmetadata"]
        .iter()
        .any(|file| path.join(file).is_file())
}

/// Refuses an output that is one of the files that are read, under whatever name, or lies in
/// a store that is read, or is a store that one of them lies in.
pub(crate) fn refuse_inputs(output: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    let there = if is_stdio(output) {
        standard_output()
    } else {
        identity(output)
    };
    for input in inputs {
        let read = if is_stdio(input) {
            standard_input()
        } else {
            identity(input)
        };
        let Some(read) = read else { continue };
        let (output, input) = (name(output, "output"), name(input, "input"));
        if there.as_ref() == Some(&read) {
            return Err(invalid(format!(
                "{output} is the same file as {input}, which is read: write to another one"
            )));
        }
    }
    for input in inputs.iter().filter(|path| !is_stdio(path)) {
        if is_store(input) && !is_stdio(output) && lies_in(output, input) {
            return Err(invalid(format!(
                "{} lies in {}, which is read: write to another folder",
                output.display(),
                input.display()
            )));
        }
        if output.is_dir() && lies_in(input, output) {
            return Err(invalid(format!(
                "{} lies in {}, which would be replaced: write to another folder",
                input.display(),
                output.display()
            )));
        }
    }
    Ok(())
}

fn name(path: &Path, standard: &str) -> String {
    if is_stdio(path) {
        format!("standard {standard}")
    } else {
        path.display().to_string()
    }
}

/// Whether a path, which may not be there yet, leads into a folder.
fn lies_in(path: &Path, folder: &Path) -> bool {
    let Some(folder) = identity(folder) else {
        return false;
    };
    let place = std::fs::canonicalize(path).or_else(|_| std::fs::canonicalize(parent(path)));
    let Ok(place) = place else { return false };
    let mut above = place.ancestors();
    if path.exists() {
        above.next();
    }
    above.any(|above| identity(above).is_some_and(|above| above == folder))
}

/// All files in a folder and in those within it, if it is one.
pub(crate) fn files_in(path: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let here = entries(path);
    let within = here.iter().flat_map(|path| entries(path));
    within
        .chain(here.iter().cloned())
        .filter(|path| path.is_file())
        .collect()
}

/// The folder that something is in.
pub(super) fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// A path with something behind its name.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
