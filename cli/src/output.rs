//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tempfile::NamedTempFile;

use super::args::is_stdio;
use super::failure::invalid;

/// Where a result goes.
pub(crate) enum Output {
    /// Standard output.
    Stdout,
    /// Something that cannot be replaced: a device or a pipe.
    Device(File, PathBuf),
    /// A file, not there yet under its name.
    File(Unfinished),
}

/// A file under a passing name.
pub(crate) struct Unfinished {
    temporary: NamedTempFile,
    target: PathBuf,
    force: bool,
}

/// The temporary file to remove if we are interrupted: destructors do not run then.
static TEMPORARY: Mutex<Option<PathBuf>> = Mutex::new(None);
/// What shells report of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

fn temporary() -> MutexGuard<'static, Option<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Output {
    /// Opens an output, and refuses it now rather than after all the work.
    pub(crate) fn open(path: &Path, force: bool) -> anyhow::Result<Self> {
        if is_stdio(path) {
            if io::stdout().is_terminal() && !force {
                return Err(invalid(
                    "standard output is a terminal: redirect it, or name a file with -o",
                ));
            }
            return Ok(Output::Stdout);
        }
        let shown = path.display();
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => {
                Err(invalid(format!("{shown} is a directory; name a file")))
            }
            Ok(there) if !there.is_file() => {
                let device = OpenOptions::new().write(true).open(path);
                Ok(Output::Device(
                    device.with_context(|| format!("cannot write {shown}"))?,
                    path.into(),
                ))
            }
            Ok(_) if !force => Err(invalid(format!(
                "{shown} exists already; use --force to replace it"
            ))),
            Ok(_) => {
                // Through a symbolic link: the file it leads to is replaced, not the link.
                let target =
                    fs::canonicalize(path).with_context(|| format!("cannot write {shown}"))?;
                Unfinished::create(target, force).map(Output::File)
            }
            Err(_) => Unfinished::create(path.into(), force).map(Output::File),
        }
    }

    /// Writes everything and gives the file its name.
    pub(crate) fn write(
        self,
        content: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = io::stdout().lock();
                let written = content(&mut stdout).and_then(|()| Ok(stdout.flush()?));
                written.map_err(|e| on_writing(e, "to standard output"))
            }
            Output::Device(mut file, path) => {
                content(&mut file).map_err(|e| on_writing(e, &path.display().to_string()))
            }
            Output::File(mut unfinished) => {
                let written = content(unfinished.temporary.as_file_mut());
                let target = unfinished.target.display().to_string();
                written.map_err(|e| on_writing(e, &target))?;
                unfinished.finish()
            }
        }
    }
}

/// Says what could not be written, if that is what went wrong.
fn on_writing(error: anyhow::Error, what: &str) -> anyhow::Error {
    let is_io =
        error.is::<io::Error>() || matches!(error.downcast_ref(), Some(foresz::Error::Io(_)));
    if is_io {
        error.context(format!("cannot write {what}"))
    } else {
        error
    }
}

/// A file or a folder that something else writes, by its path.
pub(crate) struct Product {
    room: tempfile::TempDir,
    target: PathBuf,
    force: bool,
}

impl Product {
    /// Refuses now rather than after all the work what cannot be written.
    pub(crate) fn open(target: &Path, force: bool) -> anyhow::Result<Self> {
        if is_stdio(target) {
            return Err(invalid(
                "standard output takes samples only: name a file with -o, or --format npy or raw",
            ));
        }
        if target.exists() && !force {
            return Err(invalid(format!(
                "{} exists already; use --force to replace it",
                target.display()
            )));
        }
        remove_if_interrupted();
        let mut noted = temporary();
        let room = tempfile::Builder::new()
            .prefix(".foresz-")
            .tempdir_in(folder(target))
            .with_context(|| format!("cannot write {}", target.display()))?;
        *noted = Some(room.path().into());
        Ok(Product {
            room,
            target: target.into(),
            force,
        })
    }

    /// Where it is to be written.
    pub(crate) fn path(&self) -> PathBuf {
        let name = self.target.file_name().unwrap_or_default();
        self.room.path().join(name)
    }

    /// Gives it its name.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let mut noted = temporary();
        let Product {
            room,
            target,
            force,
        } = &self;
        let moved = || {
            if *force && target.is_dir() {
                // Kept until the new one is in its place.
                fs::rename(target, room.path().join(".replaced"))?;
            }
            fs::rename(self.path(), target)
        };
        moved().with_context(|| format!("cannot write {}", target.display()))?;
        *noted = None;
        Ok(())
    }
}

/// The folder that something is in.
fn folder(path: &Path) -> &Path {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// A file that stays under a name of its own if it is not finished.
pub(crate) struct Partial {
    part: PathBuf,
    target: PathBuf,
}

impl Partial {
    /// What a file is called before it is finished.
    pub(crate) fn open(target: &Path, force: bool) -> anyhow::Result<Self> {
        if target.exists() && !force {
            return Err(invalid(format!(
                "{} exists already; use --force to replace it",
                target.display()
            )));
        }
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        Ok(Partial {
            part: part.into(),
            target: target.into(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.part
    }

    /// Writes everything, behind what is there, and gives the file its name.
    pub(crate) fn write(
        self,
        content: impl FnOnce(&mut Growing) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let shown = self.part.display().to_string();
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let file = options.open(&self.part);
        let mut file = Growing(file.with_context(|| format!("cannot write {shown}"))?);
        content(&mut file).map_err(|e| on_writing(e, &shown))?;
        let target = &self.target;
        let named = file
            .0
            .sync_all()
            .and_then(|()| fs::rename(&self.part, target));
        named.with_context(|| format!("cannot write {}", target.display()))
    }
}

/// A file that is being added to.
pub(crate) struct Growing(File);

impl Growing {
    /// A file to add to.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().write(true).open(path);
        Ok(Growing(file.with_context(|| {
            format!("cannot write {}", path.display())
        })?))
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

impl Unfinished {
    fn create(target: PathBuf, force: bool) -> anyhow::Result<Self> {
        remove_if_interrupted();
        // Held until the path is noted: an interruption in between would leave the file.
        let mut noted = temporary();
        let temporary = builder()
            .tempfile_in(folder(&target))
            .with_context(|| format!("cannot write {}", target.display()))?;
        *noted = Some(temporary.path().into());
        Ok(Unfinished {
            temporary,
            target,
            force,
        })
    }

    fn finish(self) -> anyhow::Result<()> {
        let Unfinished {
            temporary: file,
            target,
            force,
        } = self;
        // Held across the renaming: an interruption may not remove a finished file.
        let mut noted = temporary();
        let done = if force {
            file.persist(&target)
        } else {
            file.persist_noclobber(&target)
        };
        *noted = None;
        match done {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(invalid(format!(
                "{} has come into being meanwhile; use --force to replace it",
                target.display()
            ))),
            Err(e) => Err(e.error).with_context(|| format!("cannot write {}", target.display())),
        }
    }
}

/// Temporary files are private by default; ours become ordinary ones.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".foresz-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn remove_if_interrupted() {
    // Whoever starts us with signals ignored (nohup) wants them ignored: then this
    // fails, and shall.
    let _ = ctrlc::try_set_handler(|| {
        // Never released, so that no file can come after this one.
        let noted = temporary();
        if let Some(path) = noted.as_ref() {
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        }
        std::process::exit(INTERRUPTED);
    });
}
