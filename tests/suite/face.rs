//! Everything that users of the library can name, listed in `docs/reference/api.txt`, so that
//! a change of the public face is seen when it is made.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz --test suite face` writes the listing anew.

use std::fmt::Write as _;

use crate::common::repository::{assert_listing, read, sources};

const LISTING: &str = "docs/reference/api.txt";

/// What can be public, as it begins. The lint `unreachable_pub` sees to it that nothing is
/// called `pub` that is not.
const BEGINNINGS: [&str; 9] = [
    "pub fn ",
    "pub const ",
    "pub enum ",
    "pub mod ",
    "pub struct ",
    "pub trait ",
    "pub type ",
    "pub use ",
    "impl",
];

/// The declarations of a file in one line each; what an `impl` holds is indented below it.
fn declarations(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
    let mut found: Vec<String> = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let is_field = indent == 4 && trimmed.starts_with("pub ") && trimmed.ends_with(',');
        if !is_field && !BEGINNINGS.iter().any(|b| trimmed.starts_with(b)) {
            continue;
        }
        let mut declaration = trimmed.to_owned();
        while !is_field && !declaration.ends_with(['{', ';', '}']) {
            let Some(more) = lines.next() else { break };
            declaration.push(' ');
            declaration.push_str(more.trim());
        }
        let end = declaration
            .find(" {")
            .filter(|_| !declaration.starts_with("pub use"));
        declaration.truncate(end.unwrap_or(declaration.len()));
        found.push(format!("{}{declaration}", " ".repeat(indent)));
    }
    // An `impl` that holds nothing public is of no interest here.
    let holds = |i: usize| {
        found
            .get(i + 1)
            .is_some_and(|next| next.starts_with("    "))
    };
    let kept = (0..found.len()).filter(|i| !found[*i].starts_with("impl") || holds(*i));
    kept.map(|i| found[i].clone()).collect()
}

#[test]
fn the_public_face_is_as_listed() {
    let mut listing = String::from("What is public in the crate foresz, file by file.\n");
    for file in sources("src") {
        let found = declarations(&read(&format!("src/{}", file.display())));
        if !found.is_empty() {
            let _ = writeln!(listing, "\nsrc/{}\n{}", file.display(), found.join("\n"));
        }
    }
    assert_listing(LISTING, &listing);
}
