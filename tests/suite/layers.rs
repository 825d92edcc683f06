//! Which folder of `src` imports which: layers without circles.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz --test suite layers` writes the listing anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::common::repository::{assert_listing, code, read, sources};

const LISTING: &str = "docs/project/layers.txt";
const MOST_LAYERS: usize = 10;

type Imports = BTreeMap<String, BTreeSet<String>>;

/// The folder of a file in `src`, or its own name if it lies at the top.
fn room(path: &Path) -> String {
    let first = path.components().next().unwrap();
    let name = Path::new(first.as_os_str()).with_extension("");
    name.to_str().unwrap().into()
}

/// First names behind `crate::` in the code of a file, tests and comments left out.
fn names(text: &str) -> Vec<String> {
    let code = code(text).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let group = part.strip_prefix('{');
        let list = group.map_or(part, |g| g.split("};").next().unwrap());
        let ends = |c: char| !(c.is_alphanumeric() || c == '_');
        match group {
            None => found.push(list.split(ends).next().unwrap().to_owned()),
            Some(_) => found.extend(list.split(',').map(|item| {
                let item = item.trim();
                item.split(ends).next().unwrap().to_owned()
            })),
        }
    }
    found
}

fn imports() -> Imports {
    let files: Vec<PathBuf> = sources("src");
    let rooms: BTreeSet<String> = files.iter().map(|f| room(f)).collect();
    let mut imports: Imports = rooms.iter().map(|r| (r.clone(), BTreeSet::new())).collect();
    for file in &files {
        let here = room(file);
        for name in names(&read(&format!("src/{}", file.display()))) {
            // Whatever is no module is one of the names that lib.rs gives away.
            if name != here && rooms.contains(&name) {
                imports.get_mut(&here).unwrap().insert(name);
            }
        }
    }
    imports.remove("lib");
    imports
}

/// Rooms by layer, lowest first: each sees only layers below its own. What is left over goes
/// round in circles.
fn layers(imports: &Imports) -> (Vec<Vec<&str>>, Vec<&str>) {
    let mut layers: Vec<Vec<&str>> = Vec::new();
    let mut left: BTreeSet<&str> = imports.keys().map(String::as_str).collect();
    loop {
        let is_free = |room: &&str| imports[*room].iter().all(|r| !left.contains(r.as_str()));
        let free: Vec<&str> = left.iter().copied().filter(is_free).collect();
        if free.is_empty() {
            return (layers, left.into_iter().collect());
        }
        left.retain(|room| !free.contains(room));
        layers.push(free);
    }
}

#[test]
fn no_folder_imports_in_a_circle() {
    let imports = imports();
    let (layers, circles) = layers(&imports);
    assert!(
        circles.is_empty(),
        "circles between {circles:?}: {imports:#?}"
    );
    assert!(
        layers.len() <= MOST_LAYERS,
        "{} layers: {layers:#?}",
        layers.len()
    );
    let mut listing = String::from("Folders and files of src, each above all that it imports.\n");
    for layer in layers.iter().rev() {
        listing.push('\n');
        for room in layer {
            let seen: Vec<&str> = imports[*room].iter().map(String::as_str).collect();
            writeln!(listing, "{room:<12} {}", seen.join(" ")).unwrap();
        }
    }
    assert_listing(LISTING, &listing);
}
