//! A program with a predictor of its own.

use std::process::Command;

use crate::bench::{Bench, stderr, wave};

/// The program of `docs/examples/my_foresz.rs`, which lies beside the tests.
fn mine(bench: &Bench, line: &str) -> String {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples/my-foresz");
    assert!(
        program
            .with_extension(std::env::consts::EXE_EXTENSION)
            .exists(),
        "build the program first: cargo build -p foresz-cli --example my-foresz"
    );
    let mut command = Command::new(program);
    let output = command
        .args(line.split(' '))
        .current_dir(bench.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_predictor_from_outside_is_one_like_all_others() {
    let bench = Bench::new();
    let values: Vec<u8> = wave(60 * 90)
        .iter()
        .flat_map(|x| (*x as f32).to_le_bytes())
        .collect();
    bench.put("w__60x90.f32", &values);
    assert!(mine(&bench, "predictors").contains("average"));
    let asked = "compress w__60x90.f32 --shape 60x90 --abs 0.01 -p average -o w.fsz";
    mine(&bench, asked);
    mine(&bench, "decompress w.fsz -o back.f32");
    mine(&bench, "verify w.fsz w__60x90.f32");
    let refused = bench.fails(5, "decompress w.fsz -o other.f32");
    assert!(refused.contains("average"), "{refused}");
    let compared = mine(
        &bench,
        "compare w__60x90.f32 -p average,auto --range-rel 1e-2 --results c.json -q",
    );
    let told = String::from_utf8(bench.get("c.json")).unwrap();
    assert!(
        told.contains("\"predictor\": \"average\""),
        "{compared}{told}"
    );
}
