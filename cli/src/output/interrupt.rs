//! What an interruption leaves: nothing. Destructors do not run then.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tempfile::TempDir;

use super::nameless;

/// What to remove: files and folders under passing names.
static PASSING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// What shells report of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// As long as this is held nothing is removed. An interruption takes it for good, so whoever
/// asks for it afterwards waits until the process is gone.
pub(crate) struct Pen(MutexGuard<'static, Vec<PathBuf>>);

/// Waits for an interruption that is being dealt with.
pub(crate) fn pen() -> Pen {
    Pen(PASSING.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Pen {
    /// Has something removed if there is an interruption.
    pub(super) fn note(&mut self, path: &Path) {
        self.0.push(path.into());
    }

    /// Lets something stay: it has got its name, or is gone.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.retain(|noted| noted != path);
    }
}

/// Has interruptions remove what was noted.
pub(super) fn watch() {
    // Whoever starts us with signals ignored (nohup) wants them ignored: then this
    // fails, and shall.
    let _ = ctrlc::try_set_handler(|| {
        // Never released: nothing is written, and nobody leaves, while this clears up.
        let noted = pen();
        for path in noted.0.iter() {
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        }
        std::process::exit(INTERRUPTED);
    });
}

/// A folder for scratch that goes away with this, or with an interruption.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> anyhow::Result<Self> {
        watch();
        let mut pen = pen();
        let room = TempDir::new().map_err(nameless);
        let room = room.with_context(|| {
            let place = std::env::temp_dir();
            format!("cannot write to {}", place.display())
        })?;
        pen.note(room.path());
        Ok(Scratch(room))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Noted until it is gone; the folder itself removes nothing then.
        let mut pen = pen();
        let _ = fs::remove_dir_all(self.0.path());
        pen.forget(self.0.path());
    }
}
