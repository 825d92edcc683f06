//! Whether a file is still the one that it was.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::args::is_stdio;

/// What tells a file, or all files in a folder, from what they were at another time.
pub(crate) struct Origin {
    path: PathBuf,
    files: u64,
    bytes: u64,
    /// Nanoseconds since 1970 at which the last of them changed.
    changed: u128,
}

impl Origin {
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let mut origin = Origin {
            path: path.into(),
            files: 0,
            bytes: 0,
            changed: 0,
        };
        if is_stdio(path) {
            return Ok(origin);
        }
        let about = fs::metadata(path).map_err(|e| told(&e, path))?;
        origin.count(path, &about).map_err(|e| told(&e, path))?;
        Ok(origin)
    }

    fn count(&mut self, path: &Path, about: &Metadata) -> io::Result<()> {
        if about.is_dir() {
            for entry in fs::read_dir(path)? {
                let path = entry?.path();
                // Links that go round lead nowhere.
                if let Ok(about) = fs::metadata(&path)
                    && !(about.is_dir() && path.is_symlink())
                {
                    self.count(&path, &about)?;
                }
            }
            return Ok(());
        }
        let changed = about.modified().ok();
        let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.files += 1;
        self.bytes += about.len();
        self.changed = self
            .changed
            .max(changed.map_or(0, |since| since.as_nanos()));
        Ok(())
    }

    /// As text, to be compared.
    pub(crate) fn told(&self) -> String {
        format!(
            "{} files, {} bytes, changed at {} ns",
            self.files, self.bytes, self.changed
        )
    }

    /// Fails if it is not what it was any more.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if Origin::of(&self.path)?.told() == self.told() {
            return Ok(());
        }
        let shown = self.path.display();
        let why = format!("{shown} changed while it was read: try again when it is complete");
        Err(io::Error::other(why).into())
    }
}

fn told(error: &io::Error, path: &Path) -> io::Error {
    let text = format!("cannot read {}: {error}", path.display());
    io::Error::new(error.kind(), text)
}
