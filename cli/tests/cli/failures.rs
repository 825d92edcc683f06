//! Every way to fail: the message, the exit code and the JSON.

use serde_json::Value;

use crate::bench::{Bench, f32_bytes, npy, wave};

fn bench_with_stream() -> Bench {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz --predictor zero -q");
    bench
}

/// The kind that `--json` gives a failure, which has to have that exit code.
fn kind(bench: &Bench, code: i32, line: &str) -> String {
    let output = bench.run(&format!("{line} --json"));
    assert_eq!(output.status.code(), Some(code), "foresz {line}");
    assert!(!output.stderr.is_empty());
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!object["error"].as_str().unwrap().is_empty());
    object["kind"].as_str().unwrap().into()
}

#[test]
fn wrong_sizes_are_told_in_bytes() {
    let bench = bench_with_stream();
    let text = bench.fails(2, "compress in.f32 --shape 31x40 --abs 1 -o x.fsz");
    assert!(
        text.contains("in.f32") && text.contains("4960") && text.contains("4800"),
        "{text}"
    );
    let text = bench.fails(
        2,
        "compress in.f32 --shape 15x40 --abs 1 -o x.fsz --dtype f32",
    );
    assert!(text.contains("as f64 it would fit"), "{text}");
    let text = bench.fails(
        2,
        "compress in.f32 --shape 30x40 --abs 1 -o x.fsz --dtype f64",
    );
    assert!(text.contains("as f32 it would fit"), "{text}");
    bench.fails(
        2,
        "compress in.f32 --shape 4294967296x4294967296x4294967296 --abs 1 -o x.fsz",
    );
    assert!(
        bench
            .fails(2, "compress in.f32 --abs 1 -o x.fsz")
            .contains("--shape")
    );
    assert!(
        bench
            .fails(2, "compress in.f32 --shape 30x --abs 1 -o x.fsz")
            .contains("721x1440")
    );
}

#[test]
fn a_npy_file_that_says_otherwise_is_believed() {
    let bench = bench_with_stream();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
    bench.put("in.npy", &npy(header, &f32_bytes(&wave(6))));
    assert!(
        bench
            .fails(2, "compress in.npy --shape 3x2 --abs 1 -o x.fsz")
            .contains("the shape 2x3, not 3x2")
    );
    assert!(
        bench
            .fails(2, "compress in.npy --dtype f64 --abs 1 -o x.fsz")
            .contains("holds f32, not f64")
    );
    assert!(bench.fails(2, "verify out.fsz in.npy").contains("2x3"));
    bench.put("cut.npy", &npy(header, &f32_bytes(&wave(5))));
    assert!(
        bench
            .fails(2, "compress cut.npy --abs 1 -o x.fsz")
            .contains("24 bytes, but there are 20")
    );
    bench.put(
        "complex.npy",
        &npy(&header.replace("f4", "c8"), &f32_bytes(&wave(12))),
    );
    assert!(
        bench
            .fails(2, "compress complex.npy --abs 1 -o x.fsz")
            .contains("astype")
    );
}

#[test]
fn empty_files() {
    let bench = bench_with_stream();
    bench.put("empty", b"");
    assert!(
        bench
            .fails(2, "compress empty --shape 3 --abs 1 -o x.fsz")
            .contains("there are 0")
    );
    bench.fails(2, "compress empty --shape 0 --abs 1 -o x.fsz");
    bench.fails(3, "decompress empty -o x.f32");
    bench.fails(3, "info empty");
}

#[test]
fn bounds_make_sense_or_are_refused() {
    let bench = bench_with_stream();
    let text = bench.fails(2, "compress in.f32 --shape 30x40 -o x.fsz");
    for option in ["--abs", "--range-rel", "--pw-rel", "--psnr", "--lossless"] {
        assert!(text.contains(option), "{text}");
    }
    bench.fails(
        2,
        "compress in.f32 --shape 30x40 --abs 1 --psnr 40 -o x.fsz",
    );
    for bound in [
        "--abs -1",
        "--abs nan",
        "--abs 0",
        "--range-rel inf",
        "--pw-rel 2",
        "--psnr -3",
    ] {
        bench.fails(
            2,
            &format!("compress in.f32 --shape 30x40 {bound} -o x.fsz"),
        );
    }
}

#[test]
fn a_wrong_choice_lists_what_there_is() {
    let bench = bench_with_stream();
    let line = "compress in.f32 --shape 30x40 --abs 1 -o x.fsz";
    assert!(
        bench
            .fails(2, &format!("{line} --predictor nope"))
            .contains("lorenzo")
    );
    assert!(
        bench
            .fails(2, &format!("{line} --predictor lorenzo:nope=1"))
            .contains("order")
    );
    assert!(
        bench
            .fails(2, &format!("{line} --predictor lorenzo:"))
            .contains("key=value")
    );
    assert!(
        bench
            .fails(2, &format!("{line} --predictor persistence"))
            .contains("time")
    );
    assert!(
        bench
            .fails(2, &format!("{line} --backend nope"))
            .contains("huffman")
    );
    assert!(
        bench
            .fails(2, &format!("{line} --attr nope"))
            .contains("key=value")
    );
    bench.fails(2, &format!("{line} --chunk 30x40x2"));
    bench.fails(2, &format!("{line} --dims lat"));
    bench.fails(2, &format!("{line} --threads 100000"));
}

#[test]
fn damaged_streams_are_refused() {
    let bench = bench_with_stream();
    let stream = bench.get("out.fsz");
    for length in [0, 3, 5, 16, stream.len() / 2, stream.len() - 1] {
        bench.put("bad.fsz", &stream[..length]);
        bench.fails(3, "decompress bad.fsz -o x.f32");
        bench.fails(3, "info bad.fsz");
        bench.fails(3, "verify bad.fsz in.f32");
    }
    for position in [
        0,
        6,
        stream.len() / 2,
        stream.len() - 20,
        stream.len() - 8,
        stream.len() - 1,
    ] {
        let mut flipped = stream.clone();
        flipped[position] ^= 0x10;
        bench.put("bad.fsz", &flipped);
        bench.fails(3, "decompress bad.fsz -o x.f32");
    }
    assert!(
        bench
            .fails(3, "info in.f32")
            .contains("not a foresz stream")
    );
    assert!(!bench.path("x.f32").exists());
}

#[test]
fn newer_streams_are_told_from_damaged_ones() {
    let bench = bench_with_stream();
    let mut stream = bench.get("out.fsz");
    stream[4] += 1;
    bench.put("newer.fsz", &stream);
    for line in [
        "info newer.fsz",
        "decompress newer.fsz -o x.f32",
        "verify newer.fsz in.f32",
    ] {
        assert!(bench.fails(5, line).contains("newer"));
    }
    assert_eq!(kind(&bench, 5, "info newer.fsz"), "unsupported");
}

#[test]
fn a_predictor_that_this_build_lacks_is_unsupported() {
    let bench = bench_with_stream();
    let mut stream = bench.get("out.fsz");
    let end = stream.len() - 12;
    let length = u32::from_le_bytes(stream[end..end + 4].try_into().unwrap()) as usize;
    let index = &mut stream[end - length..end];
    let at = index.windows(4).position(|w| w == b"zero").unwrap();
    index[at..at + 4].copy_from_slice(b"nova");
    let sum = crc32fast::hash(index);
    stream[end + 4..end + 8].copy_from_slice(&sum.to_le_bytes());
    bench.put("nova.fsz", &stream);
    assert!(String::from_utf8_lossy(&bench.ok("info nova.fsz")).contains("nova"));
    assert!(
        bench
            .fails(5, "decompress nova.fsz -o x.f32")
            .contains("nova")
    );
    assert!(bench.fails(5, "verify nova.fsz in.f32").contains("nova"));
}

#[test]
fn missing_files_are_named() {
    let bench = bench_with_stream();
    for line in [
        "compress missing.f32 --shape 3 --abs 1 -o x.fsz",
        "decompress missing.f32 -o x.f32",
        "info missing.f32",
        "verify out.fsz missing.f32",
    ] {
        assert!(bench.fails(4, line).contains("missing.f32"));
    }
}

#[test]
fn json_tells_kinds_apart() {
    let bench = bench_with_stream();
    let line = "compress in.f32 --shape 30x40 -o x.fsz";
    assert_eq!(kind(&bench, 2, line), "invalid");
    assert_eq!(kind(&bench, 2, &format!("{line} --abs -1")), "invalid");
    assert_eq!(
        kind(&bench, 2, &format!("{line} --abs 1 --predictor nope")),
        "predictor"
    );
    assert_eq!(kind(&bench, 3, "decompress in.f32 -o x.f32"), "corrupt");
    assert_eq!(kind(&bench, 4, "info missing.fsz"), "io");
}

#[test]
fn standard_output_stays_clean_when_it_carries_a_stream() {
    let bench = bench_with_stream();
    let output = bench.run("decompress in.f32 -o - --json");
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
}
