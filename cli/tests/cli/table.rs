//! Verbs × inputs × options: each ends in success, or in a reason and exit code 2, and leaves
//! nothing behind that nobody asked for.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz-cli --test cli table` writes `docs/reference/table.md`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::bench::{Bench, f32_bytes, npy, stderr, wave, zip};
use crate::data::{save, weather};

const PAGE: &str = "docs/reference/table.md";

const ROWS: usize = 10;
const COLUMNS: usize = 20;

/// Whatever can be read. Standard input has a file to be fed with.
struct Input {
    name: &'static str,
    /// As the command line has it, with what else has to be said.
    words: &'static str,
    file: &'static str,
    /// Which variable it has.
    variable: &'static str,
}

const fn input(
    name: &'static str,
    words: &'static str,
    file: &'static str,
    variable: &'static str,
) -> Input {
    Input {
        name,
        words,
        file,
        variable,
    }
}

const INPUTS: [Input; 10] = [
    input("raw", "a.f32 --shape 4x10x20", "a.f32", "data"),
    input("npy", "a.npy", "a.npy", "data"),
    input("integers", "i.npy", "i.npy", "data"),
    input("npz", "a.npz", "a.npz", "t2m"),
    input("NetCDF", "a.nc", "a.nc", "t2m"),
    input("GRIB", "a.grib", "a.grib", "t"),
    input("Zarr", "a.zarr", "a.zarr", "t2m"),
    input("pipe", "- --shape 4x10x20", "a.f32", "data"),
    input("array stream", "array.fsz", "array.fsz", "data"),
    input("data set stream", "set.fsz", "set.fsz", "t2m"),
];

/// Lines with `IN` for an input, `FILE` for its file alone and `V` for its variable.
const LINES: [&str; 58] = [
    "compress IN -v V --abs 0.01 -o out",
    "compress IN --all --abs 0.01 -o out",
    "compress IN --all --skip-unreadable --abs 0.01 -o out",
    "compress IN -v V,V --abs 0.01 -o out",
    "compress IN -v nope --abs 0.01 -o out",
    "compress IN -v V --range-rel 1e-3 -o out",
    "compress IN -v V --pw-rel 1e-3 -o out",
    "compress IN -v V --psnr 60 -o out",
    "compress IN -v V --lossless -o out",
    "compress IN -v V --abs 0.01 --keep-zeros --non-negative -o out",
    "compress IN -v V --preset era5 -o out",
    "compress IN -v V --bounds b.toml -o out",
    "compress IN -v V --abs 0.01 --resume -o out",
    "compress IN -v V --abs 0.01 --dims time,lat,lon -o out",
    "compress IN -v V --abs 0.01 --fill -999 -o out",
    "compress IN -v V --abs 0.01 --attr units=K -o out",
    "compress IN -v V --abs 0.01 --periodic=false -o out",
    "compress IN -v V --abs 0.01 --keyframe 2 -o out",
    "compress IN -v V --abs 0.01 --chunk 2x10x20 -o out",
    "compress IN -v V --abs 0.01 --predictor lorenzo --backend huffman -o out",
    "compress IN -v V --abs 0.01 --effort best -o out",
    "compress IN -v V --abs 0.01 --model flow-filter --store-model -o out",
    "compress IN -v V --abs 0.01 --train=--family=dense -o out",
    "compress IN -v V --abs 0.01 --threads 1 -q --no-progress --json -o out",
    "compress IN -v V --abs 0.01 -o -",
    "decompress FILE -o out.nc",
    "decompress FILE -o out.zarr",
    "decompress FILE -v V -o out.npy",
    "decompress FILE -v V -o out.raw",
    "decompress FILE -v V,V -o out.nc",
    "decompress FILE -v V --region 1:3,:,2: -o out.npy",
    "decompress FILE -v V --region time=1:3 -o out.npy",
    "decompress FILE -v V --sel time=2020-01-01T01:00/2020-01-01T02:00 -o out.npy",
    "decompress FILE --repack --no-provenance -o out.nc",
    "decompress FILE -v V --preview 1 -o out.npy",
    "decompress FILE --preview 1 -o out.nc",
    "decompress FILE -v V --best-effort -o out.npy",
    "decompress FILE -v V -o -",
    "info IN",
    "info IN --json",
    "verify array.fsz FILE",
    "verify set.fsz FILE",
    "verify array.fsz FILE -v V",
    "verify set.fsz FILE -v V --json",
    "append grown.fsz FILE",
    "append grown-set.fsz FILE",
    "append grown.fsz FILE --along nope",
    "cat FILE FILE -o out",
    "cat FILE -o out --json",
    "split FILE --every 2 -o out",
    "split FILE --at 2 -o out --json",
    "suggest IN -v V",
    "suggest IN --json",
    "suggest IN -v V,V --effort fast",
    "model run flow-filter IN -v V -o out.npy",
    "model run flow-filter IN --frame 2 -v nope -o out.npy",
    "compare IN -v V -p lorenzo --range-rel 1e-2 -q",
    "compare IN -p lorenzo --abs 0.1 -q --json",
];

fn bench() -> Bench {
    let bench = Bench::new();
    let field = f32_bytes(&wave(4 * ROWS * COLUMNS));
    let header = |kind: &str, frames: usize| {
        format!(
            "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({frames}, {ROWS}, {COLUMNS})}}"
        )
    };
    let array = npy(&header("<f4", 4), &field);
    bench.put("a.f32", &field);
    bench.put("a.npy", &array);
    let integers = (0..4 * ROWS * COLUMNS).flat_map(|k| (k as i16).to_le_bytes());
    bench.put(
        "i.npy",
        &npy(&header("<i2", 4), &integers.collect::<Vec<u8>>()),
    );
    bench.put("a.npz", &zip(&[("t2m.npy", &array), ("u.npy", &array)]));
    save(&mut weather(0..4), &bench.path("a.nc"));
    save(&mut weather(0..4), &bench.path("a.zarr"));
    let grib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/files/levels2.grib");
    std::fs::copy(grib, bench.path("a.grib")).unwrap();
    bench.put("b.toml", b"['*']\nabs = 0.01\n");
    bench.ok("compress a.npy --abs 0.01 --keyframe 2 -o array.fsz -q");
    bench.ok("compress a.nc --all --abs 0.01 --keyframe 2 -o set.fsz -q");
    bench
}

fn run(bench: &Bench, input: &Input, line: &str) -> Output {
    let line = line
        .replace("IN", input.words)
        .replace("FILE", input.words.split(' ').next().unwrap())
        .replace('V', input.variable);
    let mut command = bench.command(&line);
    if input.name == "pipe" {
        command.stdin(std::fs::File::open(bench.path(input.file)).unwrap());
    }
    command.stdout(Stdio::piped()).output().unwrap()
}

/// What a run ended in: nothing if well, else the reason.
fn reason(output: &Output, line: &str, name: &str) -> Option<String> {
    let told = stderr(output);
    let case = format!("foresz {line}, {name}: {told}");
    assert!(!told.contains("panicked"), "{case}");
    let code = output.status.code();
    // What verify finds is an answer, too.
    let found = line.starts_with("verify") && matches!(code, Some(1 | 7));
    if code == Some(0) || found {
        return None;
    }
    // What is no stream, what cannot be read at all, and what this build lacks.
    assert!(matches!(code, Some(2..=5)), "{case}");
    let usage = told.starts_with("error: ");
    let mut lines = told.lines().filter(|line| {
        !line.starts_with("foresz: note: ") && !line.starts_with("foresz: warning: ")
    });
    let first = lines.next().unwrap_or_default();
    assert!(usage || lines.next().is_none(), "more than a line: {case}");
    let first = first
        .trim_start_matches("error: ")
        .trim_start_matches("foresz: ");
    assert!(first.len() > 10, "{case}");
    Some(first.into())
}

/// Removes what a run made; after a failure there must be nothing.
fn clear(bench: &Bench, before: &BTreeSet<String>, failed: bool, line: &str) {
    for name in bench
        .names()
        .into_iter()
        .filter(|name| !before.contains(name))
    {
        let is_output = name.starts_with("out");
        let passing = name.contains(".part") || name.starts_with('.');
        assert!(!failed && is_output && !passing, "{line} leaves {name}");
        let path = bench.path(&name);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// What a case ended in, as a cell: a number counts reasons.
fn cell(bench: &Bench, input: &Input, line: &str, reasons: &mut Vec<String>) -> String {
    for (from, to) in [("array.fsz", "grown.fsz"), ("set.fsz", "grown-set.fsz")] {
        std::fs::copy(bench.path(from), bench.path(to)).unwrap();
    }
    let before: BTreeSet<String> = bench.names().into_iter().collect();
    let output = run(bench, input, line);
    let why = reason(&output, line, input.name);
    clear(bench, &before, why.is_some(), line);
    let Some(why) = why else { return "yes".into() };
    let known = reasons.iter().position(|known| *known == why);
    let number = known.unwrap_or(reasons.len());
    if number == reasons.len() {
        reasons.push(why);
    }
    (number + 1).to_string()
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

const HEAD: &str = "# Verbs and inputs

What works on what, as the tests have seen it. A number is a reason below. `V` is the name of a variable, and `pipe` is raw
samples on standard input.

";

#[test]
fn every_verb_and_option_works_on_every_input_or_says_why_not() {
    let bench = bench();
    let mut reasons = Vec::new();
    let names = INPUTS.iter().map(|input| input.name.to_owned());
    let mut rows = vec![
        row(std::iter::once("command".into()).chain(names)),
        row(vec!["---".into(); INPUTS.len() + 1]),
    ];
    for line in LINES {
        let cells = INPUTS
            .iter()
            .map(|input| cell(&bench, input, line, &mut reasons));
        rows.push(row(std::iter::once(format!("`{line}`")).chain(cells)));
    }
    let reasons = reasons.iter().enumerate();
    let list: Vec<String> = reasons
        .map(|(k, why)| format!("{}. {why}\n", k + 1))
        .collect();
    let page = format!("{HEAD}{}\n{}", rows.concat(), list.concat());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    if std::env::var_os("FORESZ_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
        return;
    }
    let told = std::fs::read_to_string(path).unwrap_or_default();
    assert!(told == page, "{PAGE} is out of date; it should be:\n{page}");
}
