//! Where the plugin is, and a copy of it where HDF5 looks for plugins.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::program;
use crate::talk::Talk;

#[derive(Serialize)]
struct Answer {
    plugin: PathBuf,
    /// What `HDF5_PLUGIN_PATH` is to name.
    folder: PathBuf,
}

pub(super) fn tell(install: Option<&Path>, talk: &Talk) -> anyhow::Result<()> {
    let mut plugin = found()?;
    if let Some(folder) = install {
        plugin = installed(&plugin, folder)
            .with_context(|| format!("cannot install the plugin into {}", folder.display()))?;
    }
    let folder = plugin.parent().map(Path::to_path_buf).unwrap_or_default();
    let text = format!("export HDF5_PLUGIN_PATH={}\n", quoted(&folder));
    talk.answer(&Answer { plugin, folder }, &text)
}

/// The plugin as it comes with the program: beside it, in a folder of plugins, or where
/// libraries are if the program is in `bin`.
fn found() -> anyhow::Result<PathBuf> {
    let name = format!("{DLL_PREFIX}foresz_hdf5{DLL_SUFFIX}");
    let code = program::file().context("cannot find out where this program is")?;
    let folder = code.parent().unwrap_or(Path::new("."));
    let places = [
        folder.join(&name),
        folder.join("plugins").join(&name),
        folder.join("../lib").join(&name),
    ];
    if let Some(there) = places.iter().find(|place| place.is_file()) {
        return Ok(there.clone());
    }
    let why = format!(
        "the HDF5 plugin {name} is not beside this program, in {}; build it from the sources \
         of foresz with `cargo build --release -p foresz-hdf5` and copy it there from target/release",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, why).into())
}

/// Copies to a name that HDF5 does not take for a plugin, and then renames: a program that has
/// the old one open keeps it.
fn installed(plugin: &Path, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let target = folder.join(plugin.file_name().unwrap_or_default());
    if target == plugin.canonicalize()? {
        return Ok(target);
    }
    let part = tempfile::NamedTempFile::with_prefix_in(".foresz-", &folder)?;
    fs::copy(plugin, part.path())?;
    part.persist(&target).map_err(|e| e.error)?;
    Ok(target)
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted(Path::new("/a/b-1.c")), "/a/b-1.c");
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }

    #[test]
    fn a_copy_replaces_what_was_there() {
        let room = tempfile::tempdir().unwrap();
        let (plugin, folder) = (room.path().join("libp.so"), room.path().join("deep/er"));
        for text in ["old", "new"] {
            fs::write(&plugin, text).unwrap();
            let copy = installed(&plugin, &folder).unwrap();
            assert_eq!(fs::read_to_string(copy).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(
            installed(&plugin, room.path()).unwrap(),
            plugin.canonicalize().unwrap()
        );
    }
}
