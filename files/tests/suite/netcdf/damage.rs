//! Damaged files: an error or other values, never a panic.

use std::fs;
use std::path::Path;

use foresz_files::open;

use super::common::{everything, whole, write};
use super::reading;

/// Reads whatever can be read of a file.
fn try_all(path: &Path) {
    let Ok(mut file) = open(path) else {
        return;
    };
    let dataset = file.dataset().clone();
    for (id, variable) in dataset.variables.iter().enumerate() {
        let shape = dataset.shape(variable);
        let size = shape.iter().try_fold(1usize, |n, l| n.checked_mul(*l));
        // A length may be damaged, and what was never written be as long as that.
        if size.is_some_and(|n| (1..1 << 24).contains(&n)) {
            let _ = file.read(id, &whole(&shape));
            let first: Vec<_> = shape.iter().map(|_| 0..1).collect();
            let _ = file.read(id, &first);
        }
        let _ = file.pieces(id);
    }
}

/// Small files of every format.
fn files() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let mut files = Vec::new();
    for (format, _) in reading::FORMATS {
        reading::write(&path, format);
        files.push(fs::read(&path).unwrap());
    }
    let (dataset, all) = everything();
    write(&path, &dataset, &all);
    files.push(fs::read(&path).unwrap());
    files
}

fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as usize
}

#[test]
fn cut_files_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    for bytes in files() {
        for cut in 0..60 {
            let end = bytes.len() * cut / 60;
            fs::write(&path, &bytes[..end]).unwrap();
            try_all(&path);
        }
    }
}

#[test]
fn flipped_bits_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let mut state = 20_240_607;
    for bytes in files() {
        for _ in 0..400 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(&mut state) % 3 {
                let at = random(&mut state) % damaged.len();
                damaged[at] ^= 1 << (random(&mut state) % 8);
            }
            fs::write(&path, &damaged).unwrap();
            try_all(&path);
        }
    }
}
