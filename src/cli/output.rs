//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
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
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = io::stdout().lock();
                content(&mut stdout)
                    .and_then(|()| stdout.flush())
                    .context("cannot write to standard output")
            }
            Output::Device(mut file, path) => {
                content(&mut file).with_context(|| format!("cannot write {}", path.display()))
            }
            Output::File(mut unfinished) => {
                let written = content(unfinished.temporary.as_file_mut());
                written.with_context(|| format!("cannot write {}", unfinished.target.display()))?;
                unfinished.finish()
            }
        }
    }
}

impl Unfinished {
    fn create(target: PathBuf, force: bool) -> anyhow::Result<Self> {
        let folder = target
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        remove_if_interrupted();
        // Held until the path is noted: an interruption in between would leave the file.
        let mut noted = temporary();
        let temporary = builder()
            .tempfile_in(folder)
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
            let _ = fs::remove_file(path);
        }
        std::process::exit(INTERRUPTED);
    });
}
