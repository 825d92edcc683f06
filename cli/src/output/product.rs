//! A file or a folder that something else writes, by its path.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use tempfile::{TempDir, TempPath};

use super::target::{Aim, refuse_stdio};
use super::{Target, interrupt, nameless, pen, place};

/// A file or a folder under a passing name.
pub(crate) struct Product {
    room: TempDir,
    aim: Aim,
}

/// What is replaced, until the new one is in its place.
const REPLACED: &str = ".replaced";

impl Product {
    /// A file. Refuses now rather than after all the work what cannot be written.
    pub(crate) fn file(target: &Target) -> anyhow::Result<Self> {
        refuse(target)?;
        Product::create(target.file()?)
    }

    /// The same for a folder.
    pub(crate) fn folder(target: &Target) -> anyhow::Result<Self> {
        refuse(target)?;
        Product::create(target.folder()?)
    }

    fn create(aim: Aim) -> anyhow::Result<Self> {
        interrupt::watch();
        let mut pen = pen();
        let room = tempfile::Builder::new()
            .prefix(".foresz-")
            .tempdir_in(place::parent(aim.path()))
            .map_err(nameless)
            .with_context(|| format!("cannot write {}", aim.shown()))?;
        pen.note(room.path());
        Ok(Product { room, aim })
    }

    /// Where it is to be written, [pen] in hand.
    pub(crate) fn path(&self) -> PathBuf {
        self.room.path().join(self.aim.name())
    }

    /// Gives it its name. What is there is moved aside, and back again if that fails.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let mut pen = pen();
        let named = self.put();
        let Product { room, aim } = self;
        let passing = room.path().to_owned();
        let aside = passing.join(REPLACED);
        if named.is_err() && aside.exists() {
            // It could be put neither there nor back: it must not go.
            let kept = room.keep().join(REPLACED);
            eprintln!(
                "foresz: warning: what was {} is now {}",
                aim.shown(),
                kept.display()
            );
        } else {
            // What was replaced goes with it.
            drop(room);
        }
        pen.forget(&passing);
        match named {
            Ok(()) => Ok(()),
            Err(e) if !aim.force() && e.kind() == io::ErrorKind::AlreadyExists => Err(aim.taken()),
            Err(e) => Err(nameless(e)).with_context(|| format!("cannot write {}", aim.shown())),
        }
    }

    fn put(&self) -> io::Result<()> {
        let (new, target) = (self.path(), self.aim.path());
        if !self.aim.force() && new.is_file() {
            // Nothing that came into being meanwhile is replaced.
            let new = TempPath::try_from_path(new)?;
            return new.persist_noclobber(target).map_err(|e| e.error);
        }
        if !target.exists() {
            return fs::rename(new, target);
        }
        if !self.aim.force() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if new.is_file() && target.is_file() {
            return fs::rename(new, target);
        }
        if target.is_dir() && !(new.is_dir() && place::is_store(target)) {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "a directory has appeared there",
            ));
        }
        let aside = self.room.path().join(REPLACED);
        fs::rename(target, &aside)?;
        fs::rename(new, target).inspect_err(|_| {
            let _ = fs::rename(&aside, target);
        })
    }
}

fn refuse(target: &Target) -> anyhow::Result<()> {
    refuse_stdio(
        target.path(),
        "standard output takes samples only: name a file with -o, or --format npy or raw",
    )
}
