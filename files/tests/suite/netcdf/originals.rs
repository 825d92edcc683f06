//! Files of others, where they are at hand.

use std::path::{Path, PathBuf};

use foresz_files::open;

use super::common::{read, same, write};

fn originals() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/original");
    let Ok(entries) = folder.read_dir() else {
        eprintln!("passed without {}", folder.display());
        return Vec::new();
    };
    let paths = entries.map(|e| e.unwrap().path());
    paths
        .filter(|p| p.extension().is_some_and(|e| e == "nc"))
        .collect()
}

#[test]
fn originals_can_be_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.nc");
    for path in originals() {
        let mut file = open(&path).unwrap();
        let dataset = file.dataset().clone();
        let all = read(file.as_mut()).unwrap();
        write(&copy, &dataset, &all);
        let mut file = open(&copy).unwrap();
        // As text, in which NaN is the same as NaN.
        let texts = [file.dataset(), &dataset].map(|d| format!("{d:?}"));
        assert_eq!(texts[0], texts[1], "{}", path.display());
        let found = read(file.as_mut()).unwrap();
        assert!(same(&found, &all), "{}", path.display());
    }
}
