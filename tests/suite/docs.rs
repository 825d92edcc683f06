//! What the documentation says, held against the code: examples compile and run, the
//! text shows them as they are, links lead somewhere, words that are set as code are in the
//! code, and the worked example of `docs/format/format.md` is what the library writes. The
//! example of the README is a test of the library's own documentation.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz --test suite docs` writes the worked example anew.

use std::collections::BTreeSet;
use std::path::PathBuf;

use foresz::{Backend, Bound, Decompressor, Options, compress, decompress};
use ndarray::{Array2, Array3};

use crate::common::repository::{code, read, root, sources};

#[allow(unreachable_pub, reason = "written as a reader would write it")]
#[path = "../../docs/examples/average.rs"]
mod average;
#[allow(unreachable_pub, reason = "written as a reader would write it")]
#[path = "../../docs/examples/library.rs"]
mod library;
#[allow(unreachable_pub, reason = "written as a reader would write it")]
#[path = "../../docs/examples/trend.rs"]
mod trend;

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let after_fences = text.split(&fence).skip(1);
    after_fences
        .map(|rest| rest.split_once("```").map_or(rest, |(block, _)| block))
        .collect()
}

#[test]
fn a_predictor_of_ones_own_keeps_the_bound_and_needs_its_registry() {
    let field = Array2::from_shape_fn((30, 50), |(i, j)| ((i * i + 3 * j) % 97) as f32 * 0.37);
    let options = Options::new(Bound::Absolute(0.01))
        .registry(average::registry())
        .predictor("average")
        .unwrap();
    let stream = compress(field.view().into_dyn(), &options).unwrap().bytes;
    let decoder = Decompressor::default().registry(average::registry());
    let again = decoder.field::<f32>(&stream).unwrap();
    assert!(field.iter().zip(&again).all(|(x, y)| (x - y).abs() <= 0.01));
    assert!(decompress::<f32>(&stream).is_err());
}

#[test]
fn a_frame_predictor_of_ones_own_goes_before_any_other() {
    let mut registry = average::registry();
    trend::register(&mut registry);
    let series = Array3::from_shape_fn((7, 9, 11), |(t, i, j)| (t * 3 + i * j) as f64 * 0.1);
    for spec in ["trend", "trend+average", "trend+lorenzo"] {
        let options = Options::new(Bound::Absolute(0.003))
            .registry(registry.clone())
            .predictor(spec)
            .unwrap();
        let stream = compress(series.view().into_dyn(), &options).unwrap().bytes;
        let decoder = Decompressor::default().registry(registry.clone());
        let again = decoder.field::<f64>(&stream).unwrap();
        assert!(
            series
                .iter()
                .zip(&again)
                .all(|(x, y)| (x - y).abs() <= 0.003)
        );
    }
}

#[test]
fn the_examples_of_the_library_run() {
    library::whole_field().unwrap();
    library::region().unwrap();
    library::into_memory_of_ones_own().unwrap();
    library::preview().unwrap();
    library::what_a_stream_holds().unwrap();
    library::frame_by_frame().unwrap();
    library::data_set().unwrap();
    library::every_option().unwrap();
    library::errors();
}

#[test]
fn pages_show_the_examples_as_they_are() {
    let examples = ["average", "trend", "library", "my_foresz"]
        .map(|n| read(&format!("docs/examples/{n}.rs")));
    for page in ["docs/guide/adding-a-predictor.md", "docs/guide/library.md"] {
        let text = read(page);
        let shown = blocks(&text, "rust");
        assert!(!shown.is_empty(), "{page} shows nothing");
        for block in shown {
            assert!(
                examples.iter().any(|e| e.contains(block)),
                "{page} shows what no file in docs/examples has:\n{block}"
            );
        }
    }
    let page = read("docs/guide/adding-a-predictor.md");
    assert!(page.contains(&examples[0]) && page.contains(&examples[1]));
}

/// Every page.
fn pages() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "models/README.md",
    ]
    .map(|p| root().join(p))
    .into();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 30, "pages are missing");
    found
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.contains(char::is_whitespace) {
                continue;
            }
            let there = page.parent().unwrap().join(file);
            assert!(there.exists(), "{} links to {target}", page.display());
        }
    }
}

/// Names as code has them.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn words_that_are_set_as_code_are_in_the_code() {
    let page = read("docs/reference/terminology.md");
    let mut gone: BTreeSet<&str> = page.split('`').skip(1).step_by(2).flat_map(names).collect();
    assert!(gone.len() > 40, "words are missing");
    for folder in ["cli", "compare", "files", "models", "predictors", "src"] {
        for file in sources(folder) {
            let text = read(&format!("{folder}/{}", file.display()));
            code(&text).flat_map(names).for_each(|name| {
                gone.remove(name);
            });
        }
    }
    assert!(gone.is_empty(), "no code knows {gone:?}");
}

/// The stream of the worked example.
fn example() -> Vec<u8> {
    let field = Array2::from_shape_fn((4, 6), |(i, j)| ((i * i + j) as f32).sqrt());
    let options = Options::new(Bound::Absolute(0.1))
        .predictor("lorenzo")
        .unwrap()
        .backend(Backend::Huffman)
        .periodic(false);
    let stream = compress(field.view().into_dyn(), &options).unwrap();
    assert!(
        decompress::<f32>(&stream.bytes)
            .unwrap()
            .iter()
            .zip(&field)
            .all(|(x, y)| (x - y).abs() <= 0.1)
    );
    stream.bytes
}

/// Bytes of a block whose lines are an offset, bytes in hexadecimal, and a remark after
/// two spaces; checks the offsets.
fn bytes_of(block: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in block.lines() {
        let (offset, rest) = line.split_once("  ").unwrap();
        assert_eq!(
            usize::from_str_radix(offset, 16),
            Ok(bytes.len()),
            "the offset of {line:?}"
        );
        let hex = rest.split("  ").next().unwrap_or_default();
        bytes.extend(
            hex.split_whitespace()
                .map(|b| u8::from_str_radix(b, 16).unwrap()),
        );
    }
    bytes
}

/// The block with other bytes and offsets, line by line as long as before; what is left goes to
/// the last line.
fn blessed(block: &str, bytes: &[u8]) -> String {
    let lines: Vec<&str> = block.lines().collect();
    let (mut at, mut text) = (0, String::new());
    for (i, line) in lines.iter().enumerate() {
        let mut parts = line.splitn(3, "  ");
        let (_, hex) = (parts.next(), parts.next().unwrap_or_default());
        let remark = parts.next().unwrap_or_default().trim_start();
        let wanted = at + hex.split_whitespace().count();
        let end = if i + 1 == lines.len() {
            bytes.len()
        } else {
            wanted.min(bytes.len())
        };
        let hex: Vec<String> = bytes[at..end].iter().map(|b| format!("{b:02x}")).collect();
        text += format!("{at:02x}  {:<35}  {remark}", hex.join(" ")).trim_end();
        text.push('\n');
        at = end;
    }
    text
}

#[test]
fn the_worked_example_is_what_the_library_writes() {
    let page = read("docs/format/format.md");
    let block = blocks(&page, "hex")[0];
    let bytes = example();
    if std::env::var_os("FORESZ_BLESS").is_some() {
        let page = page.replace(block, &blessed(block, &bytes));
        std::fs::write(root().join("docs/format/format.md"), page).unwrap();
        return;
    }
    assert_eq!(
        bytes_of(block),
        bytes,
        "docs/format/format.md is out of date"
    );
}
