//! Memory that the command takes, and what it says where there is too little. A shell limits
//! the addresses that the process may use.

#![cfg(target_os = "linux")]

use std::process::{Command, Output, Stdio};

use crate::bench::{Bench, npy};

const FRAMES: usize = 32;
const FRAME: usize = 512 * 512;
/// Of the field.
const BYTES: usize = FRAMES * FRAME * 4;
/// What limits are searched in.
const STEP: usize = 8 << 20;
const HOW: &str = "--abs 0.01 --effort fast --chunk 1x512x512 --threads 1 -q --force";

fn samples(frames: usize) -> Vec<u8> {
    let value = |i: usize| (i % 509) as f32 * 0.25 + (i / 4096) as f32 * 0.01;
    let frame: Vec<u8> = (0..FRAME).flat_map(|i| value(i).to_le_bytes()).collect();
    frame.repeat(frames)
}

/// Runs the command with no more addresses than that.
fn within(bench: &Bench, bytes: usize, line: &str) -> Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {} && exec \"$0\" {line}", bytes >> 10))
        .arg(env!("CARGO_BIN_EXE_foresz"))
        .current_dir(bench.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What the command needs for a single frame.
fn least(bench: &Bench) -> usize {
    let line = format!("compress one.f32 --shape 1x512x512 {HOW} -o one.fsz");
    let works = |bytes: &usize| within(bench, *bytes, &line).status.success();
    let limits = (1..64).map(|k| k * STEP);
    limits.into_iter().find(works).unwrap()
}

fn bench() -> (Bench, Vec<(&'static str, String)>) {
    let bench = Bench::new();
    let raw = samples(FRAMES);
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({FRAMES}, 512, 512)}}");
    bench.put("all.npy", &npy(&header, &raw));
    bench.put("all.f32", &raw);
    bench.put("one.f32", &samples(1));
    bench.ok(&format!("compress all.npy {HOW} -o all.fsz"));
    let shape = format!("{FRAMES}x512x512");
    let lines = vec![
        (
            "raw",
            format!("compress all.f32 --shape {shape} {HOW} -o raw.fsz"),
        ),
        ("npy", format!("compress all.npy {HOW} -o npy.fsz")),
        (
            "fsz",
            "decompress all.fsz -o back.f32 --threads 1 -q --force".into(),
        ),
    ];
    (bench, lines)
}

#[test]
fn a_field_is_in_memory_once() {
    let (bench, lines) = bench();
    let enough = least(&bench) + BYTES + BYTES / 2 + STEP;
    for (what, line) in &lines {
        let output = within(&bench, enough, line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{what}: {said}");
    }
    assert_eq!(bench.get("raw.fsz"), bench.get("npy.fsz"));
    assert_eq!(bench.get("back.f32").len(), BYTES);
}

#[test]
fn too_little_memory_is_an_error() {
    let (bench, lines) = bench();
    let few = least(&bench) + BYTES / 2;
    for (what, line) in &lines {
        let output = within(&bench, few, line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(8), "{what}: {said}");
        assert!(said.contains("memory is short"), "{what}: {said}");
        assert!(said.contains(&BYTES.to_string()), "{what}: {said}");
    }
    for name in ["raw.fsz", "npy.fsz", "back.f32"] {
        assert!(!bench.path(name).exists(), "{name}");
    }
}
