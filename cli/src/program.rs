//! How this program is started again.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Told by a process that is not the program itself but has it as a part.
static TOLD: OnceLock<Host> = OnceLock::new();

/// What has the command as a part: an interpreter with a package, say.
#[derive(Debug)]
pub struct Host {
    /// The words that start the command anew, its arguments left out.
    pub again: Vec<OsString>,
    /// The file with the code of the command: another one is another version.
    pub code: PathBuf,
}

impl Host {
    /// Remembers it for as long as the process lasts.
    pub(crate) fn tell(self) {
        // A second host would be the first one again.
        let _ = TOLD.set(self);
    }
}

/// This very program, to be given arguments.
pub(crate) fn ourselves() -> std::io::Result<Command> {
    let told = TOLD.get().and_then(|host| host.again.split_first());
    let Some((program, words)) = told else {
        return Ok(Command::new(std::env::current_exe()?));
    };
    let mut command = Command::new(program);
    command.args(words);
    Ok(command)
}

/// The file with its code.
pub(crate) fn file() -> std::io::Result<PathBuf> {
    match TOLD.get() {
        Some(host) => Ok(host.code.clone()),
        None => std::env::current_exe(),
    }
}

/// The bytes of its code.
pub(crate) fn code() -> std::io::Result<Vec<u8>> {
    std::fs::read(file()?)
}
