//! Files that grow: streams that are added to, and those that stay under a name of their own
//! until they are finished.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use foresz::FileStore;
use foresz::dataset::Checkpoint;
use tempfile::TempPath;

use super::target::{Aim, refuse_stdio};
use super::{Target, lock, place, watched};
use crate::failure::invalid;

/// What is done of a file is in `OUT.part`, and what is known of it in `OUT.part.state`.
const PART: &str = ".part";
const STATE: &str = ".state";
/// A state on its way to its name.
const NEW: &str = ".new";

/// A file that stays under a name of its own if it is not finished. Nobody else goes on with
/// it as long as this is there.
pub(crate) struct Partial {
    part: PathBuf,
    state: State,
    begun: Option<Begun>,
    aim: Aim,
    file: Growing,
}

/// Where a checkpoint is kept.
#[derive(Clone)]
pub(crate) struct State(PathBuf);

/// A checkpoint, and what was said of the source.
pub(crate) struct Begun {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) origin: String,
}

impl Partial {
    /// Opens what there is of a file, or begins it. What somebody else keeps under that name
    /// is left alone.
    pub(crate) fn open(target: &Target) -> anyhow::Result<Self> {
        refuse_stdio(
            target.path(),
            "--resume needs a file to continue: name one with -o",
        )?;
        let aim = target.file()?;
        let part = place::with_ending(aim.path(), PART);
        let state = State(place::with_ending(&part, STATE));
        for path in [&part, &state.0] {
            target.beside(path).refuse_inputs()?;
            if path.exists() && !path.is_file() {
                return Err(foreign(path));
            }
        }
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let file = options.open(&part);
        let file = file.with_context(|| format!("cannot write {}", part.display()))?;
        lock::hold(&file, &part)?;
        let is_empty = file.metadata()?.len() == 0;
        match begun(&part, &state, is_empty) {
            Ok(begun) => Ok(Partial {
                part,
                state,
                begun,
                aim,
                file: Growing(file),
            }),
            Err(error) => {
                if is_empty {
                    let _ = fs::remove_file(&part);
                }
                Err(error)
            }
        }
    }

    /// What can be gone on with, if anything.
    pub(crate) fn begun(&mut self) -> Option<Begun> {
        self.begun.take()
    }

    pub(crate) fn shown(&self) -> String {
        self.part.display().to_string()
    }

    pub(crate) fn state(&self) -> State {
        self.state.clone()
    }

    /// Writes everything, behind what is there, and gives the file its name.
    pub(crate) fn write(
        self,
        content: impl FnOnce(&mut Growing) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Partial {
            part,
            state,
            aim,
            mut file,
            ..
        } = self;
        let written = content(&mut file);
        if written.is_err() && !state.holds_anything() {
            state.remove();
            let _ = fs::remove_file(&part);
        }
        written?;
        let shown = || format!("cannot write {}", aim.shown());
        file.0.sync_all().with_context(shown)?;
        if aim.force() {
            fs::rename(&part, aim.path()).with_context(shown)?;
        } else if let Err(error) = TempPath::try_from_path(&part)?.persist_noclobber(aim.path()) {
            // What is done stays done.
            let _ = error.path.keep();
            return Err(if error.error.kind() == io::ErrorKind::AlreadyExists {
                aim.taken()
            } else {
                anyhow::Error::from(error.error).context(shown())
            });
        }
        state.remove();
        Ok(())
    }
}

impl State {
    /// Keeps a checkpoint, in place of the one before.
    pub(crate) fn keep(&self, checkpoint: &Checkpoint, origin: &str) -> io::Result<()> {
        let new = place::with_ending(&self.0, NEW);
        let keep = || {
            let mut file = File::create(&new)?;
            file.write_all(&checkpoint.to_bytes(origin))?;
            file.sync_all()?;
            fs::rename(&new, &self.0)
        };
        keep().map_err(|e| {
            let shown = self.0.display();
            io::Error::new(e.kind(), format!("cannot write {shown}: {e}"))
        })
    }

    /// Whether there is more to go on with than the beginning of a file.
    fn holds_anything(&self) -> bool {
        let bytes = fs::read(&self.0).unwrap_or_default();
        let known = Checkpoint::from_bytes(&bytes);
        known.is_ok_and(|(checkpoint, _)| checkpoint.has_pieces())
    }

    fn remove(&self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_file(place::with_ending(&self.0, NEW));
    }
}

/// What there is of a file. Fails if it is not what it should be.
fn begun(part: &Path, state: &State, is_empty: bool) -> anyhow::Result<Option<Begun>> {
    let shown = state.0.display();
    let bytes = match fs::read(&state.0) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(e).with_context(|| format!("cannot read {shown}"));
        }
        Err(_) if is_empty => return Ok(None),
        Err(_) => return Err(foreign(part)),
    };
    let Ok((checkpoint, origin)) = Checkpoint::from_bytes(&bytes) else {
        return Err(foreign(&state.0));
    };
    if is_empty {
        // What is left of a run that was finished.
        return Ok(None);
    }
    if !checkpoint.is_of(&FileStore::open(part)?)? {
        return Err(foreign(part));
    }
    Ok(Some(Begun { checkpoint, origin }))
}

fn foreign(path: &Path) -> anyhow::Error {
    invalid(format!(
        "{} is not what foresz keeps of an interrupted run: move it away, or delete it",
        path.display()
    ))
}

/// A file that is being added to. Nobody else adds to it as long as this is there.
pub(crate) struct Growing(File);

impl Growing {
    /// A file to add to.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().write(true).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        lock::hold(&file, path)?;
        Ok(Growing(file))
    }

    /// Adds something, and says what could not be written if that is what went wrong.
    pub(crate) fn add(
        &mut self,
        shown: &str,
        content: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        watched(self, shown, content)
    }

    /// Forgets what lies behind, and goes on from there.
    pub(crate) fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)?;
        self.0.seek(io::SeekFrom::Start(bytes))?;
        Ok(())
    }

    /// Waits until everything is where no power failure reaches it.
    pub(crate) fn settle(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}
