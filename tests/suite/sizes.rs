//! How long files are.

use crate::common::repository::{code, read, sources};

/// Lines of code of a file, tests and comments not counted.
const MOST: usize = 400;

/// Files that are longer, and why.
const LONGER: [(&str, &str); 1] = [(
    "cli/src/args.rs",
    "the help of all verbs, which is written beside their options",
)];

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
fn no_file_is_long_without_a_reason() {
    let (mut long, mut short) = (Vec::new(), LONGER.map(|(path, _)| path).to_vec());
    for folder in FOLDERS {
        for file in sources(folder) {
            let path = format!("{folder}/{}", file.display());
            let lines = code(&read(&path)).count();
            if lines <= MOST || file.ends_with("tests.rs") {
                continue;
            }
            if short.contains(&path.as_str()) {
                short.retain(|known| *known != path);
            } else {
                long.push((path, lines));
            }
        }
    }
    assert!(long.is_empty(), "more than {MOST} lines of code: {long:?}");
    assert!(short.is_empty(), "these need no exception: {short:?}");
}
