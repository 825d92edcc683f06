//! The repository as tests of it see it.

use std::path::{Path, PathBuf};

/// Its folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

/// A file of it.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Lines of code of a file: no comments, no empty ones, no tests.
pub(crate) fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let lines = code.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//"))
}

/// All Rust files below a folder, by their path in it, sorted.
pub(crate) fn sources(folder: &str) -> Vec<PathBuf> {
    let top = root().join(folder);
    let (mut found, mut folders) = (Vec::new(), vec![top.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path.strip_prefix(&top).unwrap().into());
            }
        }
    }
    found.sort();
    found
}

/// Fails unless a listing that is kept in the repository is the one found.
/// `FORESZ_BLESS` writes it anew.
pub(crate) fn assert_listing(path: &str, found: &str) {
    if std::env::var_os("FORESZ_BLESS").is_some() {
        std::fs::write(root().join(path), found).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let differs = |text: &str, other: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| !other.lines().any(|o| o == *line));
        lines.map(str::to_owned).collect()
    };
    assert!(
        kept == found,
        "{path} is out of date; FORESZ_BLESS=1 writes it anew. New: {:#?}; gone: {:#?}",
        differs(found, &kept),
        differs(&kept, found)
    );
}
