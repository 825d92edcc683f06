//! What an output may replace, and what it must not.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::lock;
use super::place;
use crate::args::is_stdio;
use crate::failure::invalid;

/// Where to write, in whose stead, and what is read meanwhile.
#[derive(Clone)]
pub(crate) struct Target {
    path: PathBuf,
    force: bool,
    inputs: Vec<PathBuf>,
}

impl Target {
    /// A path, and whether what is there may be replaced.
    pub(crate) fn new(path: &Path, force: bool) -> Self {
        Target {
            path: path.into(),
            force,
            inputs: Vec::new(),
        }
    }

    /// What must not be replaced, as it is read.
    pub(crate) fn reading<P: AsRef<Path>>(mut self, inputs: impl IntoIterator<Item = P>) -> Self {
        let inputs = inputs.into_iter().map(|path| path.as_ref().to_owned());
        self.inputs.extend(inputs);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn force(&self) -> bool {
        self.force
    }

    /// The same for something else that is written.
    pub(super) fn beside(&self, path: &Path) -> Self {
        Target {
            path: path.into(),
            ..self.clone()
        }
    }

    pub(super) fn refuse_inputs(&self) -> anyhow::Result<()> {
        let inputs: Vec<&Path> = self.inputs.iter().map(PathBuf::as_path).collect();
        place::refuse_inputs(&self.path, &inputs)
    }

    /// Where a file is to be: not where a folder is.
    pub(super) fn file(&self) -> anyhow::Result<Aim> {
        let shown = self.path.display();
        if self.path.is_dir() {
            return Err(invalid(format!("{shown} is a directory; name a file")));
        }
        if ends_with_slash(&self.path) {
            return Err(invalid(format!(
                "{shown} ends like a directory; name a file"
            )));
        }
        self.aim()
    }

    /// Where a folder is to be: only a store may be there, or a file.
    pub(super) fn folder(&self) -> anyhow::Result<Aim> {
        let shown = self.path.display();
        if self.path.is_dir() && !place::is_store(&self.path) {
            return Err(invalid(format!(
                "{shown} is a directory but not a Zarr store, so it is not replaced: name another one"
            )));
        }
        if self.path.is_file() && ends_with_slash(&self.path) {
            return Err(invalid(format!("{shown} is a file")));
        }
        let whole = without_slashes(&self.path);
        self.beside(&whole).aim()
    }

    fn aim(&self) -> anyhow::Result<Aim> {
        self.refuse_inputs()?;
        let shown = self.path.display();
        if self.path.exists() && !self.force {
            return Err(invalid(format!(
                "{shown} exists already; use --force to replace it"
            )));
        }
        if self.path.is_symlink() && !self.path.exists() {
            return Err(invalid(format!(
                "{shown} is a link to something that is not there: name what it should lead to"
            )));
        }
        // Through a symbolic link: what it leads to is replaced, not the link.
        let path = if self.path.exists() {
            fs::canonicalize(&self.path).with_context(|| format!("cannot write {shown}"))?
        } else {
            self.path.clone()
        };
        if path.file_name().is_none() {
            return Err(invalid(format!("{shown} has no name to write under")));
        }
        Ok(Aim {
            lock: lock::free(&path)?,
            path,
            shown: self.path.clone(),
            force: self.force,
        })
    }
}

/// Where something is going to be; until then nobody changes what is there.
pub(super) struct Aim {
    path: PathBuf,
    /// As it was asked for.
    shown: PathBuf,
    force: bool,
    #[expect(dead_code, reason = "held, not looked at")]
    lock: Option<File>,
}

impl Aim {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn shown(&self) -> String {
        self.shown.display().to_string()
    }

    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    pub(super) fn force(&self) -> bool {
        self.force
    }

    /// Something has come where nothing was.
    pub(super) fn taken(&self) -> anyhow::Error {
        invalid(format!(
            "{} has appeared meanwhile; use --force to replace it",
            self.shown()
        ))
    }
}

fn ends_with_slash(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator)
}

/// The same folder without what may follow its name.
fn without_slashes(path: &Path) -> PathBuf {
    // Components know no slashes at the end.
    path.components().collect()
}

/// Refuses an output that is standard output.
pub(super) fn refuse_stdio(path: &Path, why: &str) -> anyhow::Result<()> {
    if is_stdio(path) {
        return Err(invalid(why));
    }
    Ok(())
}
