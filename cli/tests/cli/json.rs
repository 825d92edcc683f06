//! The keys of what each verb prints with `--json` are those of `docs/reference/json.md`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, f32_bytes, npy, wave, zip};
use crate::data::{save, weather};

/// Objects that have a page of their own, or names for keys.
const CLOSED: [&str; 3] = ["asked", "models", "fills"];

/// Every place in the JSON, list indices as `[]`.
fn places(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let place = format!("{at}.{name}");
                found.insert(place.trim_start_matches('.').to_owned());
                if !CLOSED.contains(&name.as_str()) {
                    places(member, place.trim_start_matches('.'), found);
                }
            }
        }
        Value::Array(items) => {
            let objects = items.iter().filter(|item| item.is_object());
            objects.for_each(|item| places(item, &format!("{at}[]"), found));
        }
        _ => {}
    }
}

/// The keys that a page lists under the headings of a verb.
fn told<'a>(page: &'a str, verb: &str) -> BTreeSet<&'a str> {
    let is_of = |part: &&str| {
        let heading = part.lines().next().unwrap_or_default();
        heading.split(", ").any(|name| name == verb)
    };
    let rows = page.split("\n## ").filter(is_of).flat_map(str::lines);
    let keys = rows.filter_map(|row| row.strip_prefix("| `")?.split_once("` |"));
    keys.map(|(key, _)| key).collect()
}

fn bench() -> Bench {
    let bench = Bench::new();
    let field = f32_bytes(&wave(1200));
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 20, 20)}";
    bench.put("a.f32", &field);
    bench.put("a.npy", &npy(header, &field));
    let mut other = wave(1200);
    other[45] += 1.0;
    bench.put("other.npy", &npy(header, &f32_bytes(&other)));
    let array = npy(header, &field);
    bench.put("a.npz", &zip(&[("u.npy", &array), ("v.npy", &array)]));
    save(&mut weather(0..4), &bench.path("a.nc"));
    save(&mut weather(4..8), &bench.path("b.nc"));
    for line in [
        "compress a.npy --abs 0.01 --keyframe 1 -o array.fsz",
        "compress a.nc --all --abs 0.01 --keyframe 2 -o set.fsz",
        "compress b.nc --all --abs 0.01 --keyframe 2 -o more.fsz",
    ] {
        bench.ok(&format!("{line} -q"));
    }
    bench
}

#[test]
fn the_page_on_json_has_every_key_and_no_other() {
    let bench = bench();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/json.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (verb, lines) in [
        (
            "compress",
            &[
                "compress a.npy --abs 0.01 -o x",
                "compress a.npz --all --abs 0.01 -o x --force",
                "compress a.nc -v t2m --abs 0.01 -o x --force",
            ][..],
        ),
        (
            "decompress",
            &[
                "decompress array.fsz -o y.npy",
                "decompress set.fsz -o y.nc",
                "decompress set.fsz -v t2m -o z.npy",
            ],
        ),
        (
            "info",
            &["info a.nc", "info a.npy", "info array.fsz", "info set.fsz"],
        ),
        (
            "verify",
            &[
                "verify array.fsz a.npy",
                "verify array.fsz other.npy",
                "verify set.fsz a.nc",
            ],
        ),
        ("append", &["append set.fsz b.nc", "append array.fsz a.npy"]),
        ("cat", &["cat more.fsz -o m"]),
        ("split", &["split more.fsz --every 2 -o s"]),
        ("suggest", &["suggest a.npy", "suggest a.nc -v t2m"]),
        ("predictors", &["predictors"]),
        ("hdf5-plugin", &["hdf5-plugin --abs 0.01 --shape 8x9"]),
        ("model list", &["model list"]),
    ] {
        let mut found = BTreeSet::new();
        for line in lines {
            let output = bench.run(&format!("{line} --json"));
            let object = serde_json::from_slice(&output.stdout).unwrap();
            places(&object, "", &mut found);
            if !["predictors", "hdf5-plugin", "model list"].contains(&verb) {
                assert!(object["variables"].is_array(), "{line}");
            }
        }
        let told = told(&page, verb);
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let missing: Vec<_> = found.difference(&told).collect();
        let gone: Vec<_> = told.difference(&found).collect();
        assert!(
            missing.is_empty() && gone.is_empty(),
            "{verb}: docs/reference/json.md lacks {missing:#?} and has {gone:#?}"
        );
    }
}
