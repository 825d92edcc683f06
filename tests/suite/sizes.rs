//! How long files are.

use crate::common::repository::{code, read, sources};

/// Lines of code of a file, tests and comments not counted.
const MOST: usize = 400;

/// Folders of code that are no tests.
const FOLDERS: [&str; 8] = [
    "cli/src",
    "compare/src",
    "files/src",
    "models/forecast/src",
    "models/runtime/src",
    "models/trainer/src",
    "predictors/src",
    "src",
];

#[test]
fn no_file_is_long() {
    let mut long = Vec::new();
    for folder in FOLDERS {
        for file in sources(folder) {
            let path = format!("{folder}/{}", file.display());
            let lines = code(&read(&path)).count();
            if lines > MOST && !file.ends_with("tests.rs") {
                long.push((path, lines));
            }
        }
    }
    assert!(long.is_empty(), "more than {MOST} lines of code: {long:?}");
}
