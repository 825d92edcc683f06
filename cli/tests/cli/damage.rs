//! What damage to streams and files is told as, and with which code.

use std::fs;
use std::path::Path;

use foresz::files::{Memory, Source, Values};

use crate::bench::Bench;
use crate::data::{save, weather};

/// Files of GRIB and Zarr of the crate that reads them.
fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../files/tests/files")
        .join(name)
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

#[test]
fn a_damaged_directory_is_no_interrupted_append() {
    let bench = Bench::new();
    save(&mut weather(0..8), &bench.path("a.nc"));
    save(&mut weather(8..12), &bench.path("b.nc"));
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    let before = bench.get("s.fsz");
    bench.ok("append s.fsz b.nc -q");
    let after = bench.get("s.fsz");
    let length = u32::from_le_bytes(after[after.len() - 12..after.len() - 8].try_into().unwrap());
    let start = after.len() - 12 - length as usize;
    for place in [
        start,
        start + 1,
        start + length as usize / 2,
        after.len() - 12,
        after.len() - 6,
        after.len() - 2,
    ] {
        let mut flipped = after.clone();
        flipped[place] ^= 4;
        bench.put("bad.fsz", &flipped);
        for line in [
            "append bad.fsz b.nc",
            "verify bad.fsz a.nc",
            "info bad.fsz",
            "decompress bad.fsz -o x.nc",
            "decompress bad.fsz -o x.f32",
            "split bad.fsz --every 4 -o x",
            "cat bad.fsz -o x.fsz",
        ] {
            let text = bench.fails(3, line);
            let told = format!("head -c {}", before.len());
            assert!(text.contains(&told), "byte {place}, {line}: {text}");
        }
        assert_eq!(bench.get("bad.fsz"), flipped, "byte {place}");
    }
    // The way out that is told.
    bench.put("old.fsz", &after[..before.len()]);
    bench.ok("verify old.fsz a.nc");
}

#[test]
fn a_field_that_was_added_to_is_told_the_same() {
    let bench = Bench::new();
    let values = |hours: std::ops::Range<usize>| -> Vec<u8> {
        let values = hours.flat_map(|t| (0..200).map(move |k| (t * k) as f32));
        values.flat_map(f32::to_le_bytes).collect()
    };
    bench.put("a.f32", &values(0..4));
    bench.put("b.f32", &values(4..6));
    bench.ok("compress a.f32 --shape 4x10x20 --abs 0.01 -o s.fsz -q");
    let before = bench.get("s.fsz").len();
    bench.ok("append s.fsz b.f32 -q");
    let mut stream = bench.get("s.fsz");
    let place = stream.len() - 20;
    stream[place] ^= 1;
    bench.put("bad.fsz", &stream);
    for line in [
        "append bad.fsz b.f32",
        "decompress bad.fsz -o x.f32",
        "info bad.fsz",
        "verify bad.fsz a.f32",
    ] {
        let text = bench.fails(3, line);
        assert!(
            text.contains(&format!("head -c {before}")),
            "{line}: {text}"
        );
    }
}

#[test]
fn files_that_are_cut_off_cannot_be_read() {
    let bench = Bench::new();
    save(&mut weather(0..8), &bench.path("a.nc"));
    let whole = bench.get("a.nc");
    bench.put("cut.nc", &whole[..whole.len() / 2]);
    let grib = fs::read(file("levels2.grib")).unwrap();
    bench.put("cut.grib", &grib[..grib.len() - 9]);
    bench.put("other.nc", b"something else altogether");
    for name in ["cut.nc", "cut.grib", "other.nc"] {
        for line in [
            format!("compress {name} --all --abs 1 -o x.fsz"),
            format!("info {name}"),
            format!("suggest {name}"),
        ] {
            assert!(bench.fails(4, &line).contains(name), "{line}");
        }
    }
}

#[test]
fn what_is_not_supported_has_a_code_of_its_own() {
    let bench = Bench::new();
    copy(&file("second_order1.grib"), &bench.path("packed.grib"));
    copy(&file("second.zarr"), &bench.path("s.zarr"));
    for (line, why) in [
        (
            "compress packed.grib --all --abs 1 -o x.fsz",
            "second-order",
        ),
        ("info packed.grib", "second-order"),
        ("compress s.zarr -v unreadable --abs 1 -o x.fsz", "codec"),
        ("suggest s.zarr -v unreadable", "codec"),
    ] {
        let text = bench.fails(5, line);
        assert!(text.contains(why), "{line}: {text}");
    }
}

#[test]
fn an_array_that_cannot_be_read_is_left_out() {
    let bench = Bench::new();
    copy(&file("second.zarr"), &bench.path("s.zarr"));
    fs::remove_file(bench.path("s.zarr/.zmetadata")).unwrap();
    let array = bench.path("s.zarr/blosc_lz4/.zarray");
    let text = fs::read_to_string(&array).unwrap();
    fs::write(&array, text.replace("\"lz4\"", "\"snappy\"")).unwrap();
    let said = bench.json("info s.zarr");
    let skipped = said["skipped"].as_array().unwrap();
    let named = |name: &str| skipped.iter().any(|pair| pair[0] == name);
    assert!(named("blosc_lz4") && named("unreadable"), "{skipped:?}");
    bench.ok("compress s.zarr -v blosc_zstd --abs 1 -o x.fsz -q");
    let text = bench.fails(5, "compress s.zarr -v blosc_lz4 --abs 1 -o y.fsz");
    assert!(text.contains("blosc with snappy"), "{text}");
}

#[test]
fn other_attributes_do_not_break_a_bound() {
    let bench = Bench::new();
    save(&mut weather(0..8), &bench.path("a.nc"));
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    let weather = weather(0..8);
    let mut dataset = weather.dataset().clone();
    dataset.attributes[0].value = Values::text("made anew");
    let units = &mut dataset.variables[5].attributes[0];
    units.value = Values::text("fathoms");
    let values = (0..dataset.variables.len()).map(|v| weather.values(v).clone());
    let mut other = Memory::new(dataset.clone(), values.collect()).unwrap();
    save(&mut other, &bench.path("b.nc"));
    let output = bench.run("verify s.fsz b.nc");
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("bounds kept, attributes differ") && !text.contains("BROKEN"),
        "{text}"
    );
    assert!(text.contains("title") && text.contains("units"), "{text}");
    let output = bench.run("verify s.fsz b.nc --json");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["kept"], true);
    assert_eq!(said["attributes_changed"][0], "title");
    let odd = &said["variables"][5];
    assert_eq!(
        (&odd["kept"], &odd["attributes_changed"][0]),
        (&true.into(), &"units".into())
    );
}

#[test]
fn mistakes_in_files_of_bounds_are_told_without_rust() {
    let bench = Bench::new();
    save(&mut weather(0..2), &bench.path("a.nc"));
    for text in ["t2m = 3", "[t2m]\nabs = 'x'", "[t2m]\nlossless = 1", "[t2m"] {
        bench.put("b.toml", text.as_bytes());
        let told = bench.fails(2, "compress a.nc -v t2m --bounds b.toml -o x.fsz");
        assert!(told.contains("b.toml"), "{told}");
        for leak in ["struct", "Section", "f64"] {
            assert!(!told.contains(leak), "{told}");
        }
    }
}
