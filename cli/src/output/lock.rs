//! Files that are changed have one writer at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::place;

/// Keeps others from changing a file, or refuses if one does. The lock ends with the file's
/// handle, however the process ends.
pub(crate) fn hold(file: &File, path: &Path) -> anyhow::Result<()> {
    match file.try_lock() {
        // Somebody may have put another file in its place before the lock.
        Ok(()) if place::leads_to(path, file) => Ok(()),
        Ok(()) => Err(changed(path)),
        Err(TryLockError::WouldBlock) => Err(busy(file, path)),
        Err(TryLockError::Error(error)) => {
            eprintln!(
                "foresz: warning: {} cannot be locked ({error}): see that nothing else writes to it",
                path.display()
            );
            Ok(())
        }
    }
}

/// Refuses to replace a file that somebody else is changing. As long as the handle is kept,
/// nobody starts to.
pub(super) fn free(path: &Path) -> anyhow::Result<Option<File>> {
    if !path.is_file() {
        return Ok(None);
    }
    // What cannot be read cannot be locked either; replacing it needs neither.
    let Ok(file) = File::open(path) else {
        return Ok(None);
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(busy(&file, path)),
        _ => Ok(Some(file)),
    }
}

/// Whether somebody is changing a file.
pub(crate) fn is_held(path: &Path) -> bool {
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn busy(file: &File, path: &Path) -> anyhow::Error {
    let who = match holder(file) {
        Some(process) => format!("process {process}"),
        None => "another process".into(),
    };
    io::Error::new(
        io::ErrorKind::ResourceBusy,
        format!(
            "{} is being written by {who}: try again when it is done",
            path.display()
        ),
    )
    .into()
}

fn changed(path: &Path) -> anyhow::Error {
    io::Error::new(
        io::ErrorKind::ResourceBusy,
        format!(
            "{} was replaced by another process just now: try again",
            path.display()
        ),
    )
    .into()
}

/// The process that has a lock on a file, where the system tells.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let inode = file.metadata().ok()?.ino().to_string();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4711 08:02:1234 0 EOF`
    let process = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, place, ..] = words[..] else {
            return None;
        };
        let is_it = place.rsplit(':').next() == Some(&inode);
        process.parse().ok().filter(|process| is_it && *process > 0)
    };
    locks.lines().find_map(process)
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<u32> {
    None
}
