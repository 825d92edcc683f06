//! Learned models that are part of the program.

use std::sync::LazyLock;

use foresz_forecast::{Found, Shelf, Source};

/// Names of files and what is in them.
type Files = &'static [(&'static str, &'static [u8])];

/// Files of a folder in `models`.
macro_rules! folder {
    ($folder:literal: $($file:literal),+) => {{
        const FILES: Files =
            &[$(($file, include_bytes!(concat!("../models/", $folder, "/", $file)))),+];
        FILES
    }};
}

/// Every model in `models`, a line each.
const SHIPPED: [Files; 4] = [
    folder!("flow-filter": "model.toml", "model.onnx"),
    folder!("flow-net": "model.toml", "model.onnx"),
    folder!("scattering": "model.toml", "encoder.onnx", "decoder.onnx"),
    folder!("uk-t2m": "model.toml", "model.onnx"),
];

/// Where messages say they are.
const PLACE: &str = "foresz itself";

static FOUND: LazyLock<Vec<Found>> = LazyLock::new(|| {
    let held = |files: &Files| {
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), (*bytes).into()));
        // All of them can be opened, or the test below fails.
        Found::open(Source::held(PLACE, files)).ok()
    };
    SHIPPED.iter().filter_map(held).collect()
});

/// A shelf with the learned models that are part of this program, behind those in folders.
///
/// ```
/// use foresz::forecast::Shelf;
///
/// let shelf = foresz::stocked(Shelf::default());
/// assert_eq!(shelf.find("flow-filter")?.kind(), "forecast");
/// # Ok::<(), foresz::forecast::Error>(())
/// ```
pub fn stocked(shelf: Shelf) -> Shelf {
    FOUND.iter().cloned().fold(shelf, Shelf::hold)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models");

    #[test]
    fn every_model_of_the_repository_is_shipped_as_it_is() {
        let entries = std::fs::read_dir(FOLDERS).unwrap();
        let folders = entries.map(|e| e.unwrap().path());
        let mut models = 0;
        for folder in folders.filter(|f| f.join("model.toml").is_file()) {
            models += 1;
            let there = Found::open(folder.as_path().into()).unwrap();
            let here = FOUND.iter().find(|held| held.hash() == there.hash());
            let here = here.unwrap_or_else(|| {
                panic!("{} is not in the table, or has changed", folder.display())
            });
            assert_eq!(here.files(), there.files());
            for listed in here.files() {
                let bytes = here.read(&listed.file, &listed.sha256, u64::MAX).unwrap();
                assert!(bytes.len() < 4 << 20, "{}", listed.file);
            }
        }
        assert_eq!((SHIPPED.len(), FOUND.len()), (models, models));
    }
}
