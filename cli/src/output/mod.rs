//! Files that appear whole or not at all, and never in place of something else.

mod interrupt;
mod lock;
mod partial;
mod place;
mod product;
mod target;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::Context;
use tempfile::NamedTempFile;

use super::args::is_stdio;
use super::failure::invalid;
use target::Aim;

pub(crate) use interrupt::{Scratch, pen};
pub(crate) use lock::{hold, is_held};
pub(crate) use partial::{Begun, Growing, Partial, State};
pub(crate) use place::{files_in, is_store, refuse_inputs, with_ending};
pub(crate) use product::Product;
pub(crate) use target::Target;

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
    aim: Aim,
}

impl Output {
    /// Opens an output, and refuses it now rather than after all the work.
    pub(crate) fn open(target: &Target) -> anyhow::Result<Self> {
        let path = target.path();
        if is_stdio(path) {
            if io::stdout().is_terminal() && !target.force() {
                return Err(invalid(
                    "standard output is a terminal: redirect it, or name a file with -o",
                ));
            }
            target.refuse_inputs()?;
            return Ok(Output::Stdout);
        }
        match fs::metadata(path) {
            Ok(there) if !there.is_file() && !there.is_dir() => {
                let device = OpenOptions::new().write(true).open(path);
                let device = device.with_context(|| format!("cannot write {}", path.display()))?;
                Ok(Output::Device(device, path.into()))
            }
            _ => Unfinished::create(target.file()?).map(Output::File),
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
                watched(&mut stdout, "to standard output", content)
            }
            Output::Device(mut file, path) => {
                watched(&mut file, &path.display().to_string(), content)
            }
            Output::File(mut unfinished) => {
                let shown = unfinished.aim.shown();
                watched(unfinished.temporary.as_file_mut(), &shown, content)?;
                unfinished.finish()
            }
        }
    }
}

/// Something that is written to, and whether that failed: else it was not to blame.
struct Watched<'a> {
    sink: &'a mut dyn Write,
    failed: bool,
}

impl Watched<'_> {
    fn note<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.failed |= done.is_err();
        done
    }
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.sink.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.sink.flush();
        self.note(done)
    }
}

/// Writes everything, and says what could not be written if that is what went wrong.
fn watched(
    sink: &mut dyn Write,
    shown: &str,
    content: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut sink = Watched {
        sink,
        failed: false,
    };
    let written = content(&mut sink).and_then(|()| Ok(sink.flush()?));
    match written {
        Err(error) if sink.failed => Err(error.context(format!("cannot write {shown}"))),
        other => other,
    }
}

/// An error without the name of a passing file, which nobody knows.
fn nameless(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    let text = error.to_string();
    let reason = text.split(" at path ").next().unwrap_or_default();
    io::Error::new(error.kind(), reason)
}

impl Unfinished {
    fn create(aim: Aim) -> anyhow::Result<Self> {
        interrupt::watch();
        // Held until the path is noted: an interruption in between would leave the file.
        let mut pen = pen();
        let temporary = builder()
            .tempfile_in(place::parent(aim.path()))
            .map_err(nameless)
            .with_context(|| format!("cannot write {}", aim.shown()))?;
        pen.note(temporary.path());
        Ok(Unfinished { temporary, aim })
    }

    fn finish(self) -> anyhow::Result<()> {
        let Unfinished { temporary, aim } = self;
        // Held across the renaming: an interruption may not remove a finished file.
        let mut pen = pen();
        let passing = temporary.path().to_owned();
        let done = if aim.force() {
            temporary.persist(aim.path())
        } else {
            temporary.persist_noclobber(aim.path())
        };
        pen.forget(&passing);
        match done {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(aim.taken()),
            Err(e) => {
                Err(nameless(e.error)).with_context(|| format!("cannot write {}", aim.shown()))
            }
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
