//! The HDF5 plugin: where it is, copies of it, and the numbers that its filter takes. What the
//! filter does is tested with h5py and the tools of HDF5, by `python/tests/test_hdf5.py`.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::process::{Command, Output};

use serde_json::json;

use crate::bench::{Bench, stderr};

/// A program that has nothing beside it but what the bench has.
fn run(bench: &Bench, words: &[&str]) -> Output {
    let program = bench.path(&format!("foresz{EXE_SUFFIX}"));
    if !program.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_foresz"), &program).unwrap();
    }
    Command::new(program).args(words).output().unwrap()
}

#[test]
fn the_plugin_is_found_beside_the_program_or_missed_with_advice() {
    let bench = Bench::new();
    let folder = bench
        .path("to here")
        .into_os_string()
        .into_string()
        .unwrap();
    let install = ["hdf5-plugin", "--install", &folder];
    let missed = run(&bench, &install);
    assert_eq!(missed.status.code(), Some(4));
    assert!(stderr(&missed).contains("cargo build --release -p foresz-hdf5"));
    assert!(!bench.path("to here").exists());

    let name = format!("{DLL_PREFIX}foresz_hdf5{DLL_SUFFIX}");
    bench.put(&name, b"a library");
    let told = run(&bench, &["hdf5-plugin"]);
    let said = String::from_utf8(told.stdout).unwrap();
    assert!(said.starts_with("export HDF5_PLUGIN_PATH="), "{said}");
    assert!(run(&bench, &install).status.success());
    assert_eq!(bench.get(&format!("to here/{name}")), b"a library");
}

#[test]
fn numbers_are_told_as_tools_take_them() {
    let bench = Bench::new();
    let told = bench.json("hdf5-plugin --abs 0.05 --shape 8x90x180");
    let values = json!([1, 262_400, 2_576_980_378_u32, 1_068_079_513, 3, 8, 90, 180]);
    assert_eq!((&told["filter"], &told["values"]), (&json!(62946), &values));
    let text = bench.ok("hdf5-plugin --abs 0.05 --shape 8x90x180");
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "h5repack -l NAME:CHUNK=8x90x180 -f NAME:UD=62946,0,8,1,262400,2576980378,1068079513,3,8,90,180\n\
         nccopy -F NAME,62946,1,262400,2576980378,1068079513,3,8,90,180\n"
    );
    let more =
        "hdf5-plugin --pw-rel 1e-3 --shape 9 --dtype f64 --big-endian --fill -999 --effort fast";
    let more = bench.json(more);
    assert_eq!(more["values"][1], 2 | 8 << 16 | 1 << 24);
    assert_eq!(more["values"].as_array().unwrap().len(), 9);
    for (wrong, why) in [
        ("hdf5-plugin --abs 0.05", "--shape"),
        ("hdf5-plugin --shape 8x9", "--abs"),
        ("hdf5-plugin --abs 0 --shape 8x9", "positive"),
        ("hdf5-plugin --abs 1 --shape 65536x65536", "smaller"),
        ("hdf5-plugin --abs 1 --shape 8x9 --install x", "--install"),
    ] {
        let output = bench.run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(
            stderr(&output).contains(why),
            "{wrong}: {}",
            stderr(&output)
        );
    }
}
