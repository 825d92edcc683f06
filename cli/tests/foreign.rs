//! Models that come with streams and mean harm: they get the memory and the work that the
//! field is worth, and no more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

#[path = "../../tests/suite/common/mod.rs"]
mod common;
#[path = "../../tests/counting/mod.rs"]
mod counting;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::fields::formula;
use common::stream::{Parts, bytes, number};
use counting::{peak, turn};
use foresz::forecast::{Shelf, contract};
use foresz::predictors::Error as Fault;
use foresz::{Bound, Decompressor, Error, Limits, Options, Section, compress, inspect};
use tempfile::TempDir;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/flow-filter");
const SHAPE: [usize; 3] = [24, 16, 32];
const VALUES: usize = 24 * 16 * 32;
/// What models of this field may use, and some for unpacking them.
const MOST: usize = (64 << 20) + VALUES * 4096 + (32 << 20);

/// A field of an ONNX message.
fn put(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    number(out, field << 3 | 2);
    bytes(out, content);
}

fn port(name: &str) -> Vec<u8> {
    let mut tensor = vec![1 << 3, 1];
    put(&mut tensor, 2, &[]);
    let (mut kind, mut out) = (Vec::new(), Vec::new());
    put(&mut kind, 1, &[1 << 3, 1]);
    put(&mut out, 1, name.as_bytes());
    put(&mut out, 2, &kind);
    out
}

/// A graph in the making, from x to y.
struct Graph(Vec<u8>);

impl Graph {
    fn new() -> Self {
        let mut graph = Vec::new();
        put(&mut graph, 11, &port("x"));
        put(&mut graph, 12, &port("y"));
        Graph(graph)
    }

    fn node(mut self, operator: &str, inputs: &[&str], output: &str) -> Self {
        let mut node = Vec::new();
        inputs.iter().for_each(|i| put(&mut node, 1, i.as_bytes()));
        put(&mut node, 2, output.as_bytes());
        put(&mut node, 4, operator.as_bytes());
        put(&mut self.0, 1, &node);
        self
    }

    /// A list of integers.
    fn list(mut self, name: &str, values: &[i64]) -> Self {
        let mut tensor = vec![1 << 3, values.len() as u8, 2 << 3, 7];
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        put(&mut tensor, 8, name.as_bytes());
        put(&mut tensor, 9, &raw);
        put(&mut self.0, 5, &tensor);
        self
    }

    /// Ends with a y of the right shape, made of x and of what `name` comes to.
    fn finish(self, name: &str) -> Vec<u8> {
        let graph = self
            .list("first", &[0])
            .list("second", &[1])
            .list("channel", &[1])
            .node("ReduceMax", &[name], "peak")
            .node("Slice", &["x", "first", "second", "channel"], "own")
            .node("Add", &["own", "peak"], "y");
        let mut model = vec![1 << 3, 8];
        put(&mut model, 7, &graph.0);
        put(&mut model, 8, &[2 << 3, 17]);
        model
    }
}

/// The model folder with another network, under a name that nobody knows.
fn folder(room: &Path, network: &[u8]) -> PathBuf {
    let folder = room.join("own-filter");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("model.onnx"), network).unwrap();
    std::fs::write(folder.join("model.toml"), contract_of(network)).unwrap();
    folder
}

fn contract_of(network: &[u8]) -> String {
    let text = std::fs::read_to_string(format!("{MODEL}/model.toml")).unwrap();
    let own = std::fs::read(format!("{MODEL}/model.onnx")).unwrap();
    text.replace("flow-filter", "own-filter")
        .replace(&contract::sha256(&own), &contract::sha256(network))
}

fn field() -> ndarray::ArrayD<f32> {
    formula(&SHAPE, |at| {
        let (t, i, j) = (at[0] as f64, at[1] as f64, at[2] as f64);
        4e-5 * (0.3 * j - 0.11 * t).sin() * (0.25 * i).cos()
    })
}

fn asked(folder: &Path) -> Options {
    Options::new(Bound::RangeRelative(1e-2))
        .registry(foresz::registry(Shelf::default().place(folder)))
        .predictor("forecast:model=own-filter+raster")
        .unwrap()
}

/// A stream that holds this model instead of the one it was made with.
fn stream_with(network: &[u8], text: &str) -> Vec<u8> {
    let room = TempDir::new().unwrap();
    let good = std::fs::read(format!("{MODEL}/model.onnx")).unwrap();
    let options = asked(&folder(room.path(), &good)).store_models(true);
    let stream = compress(field().view(), &options).unwrap().bytes;
    let mut parts = Parts::of(&stream);
    let stored = inspect(&stream).unwrap().models[0].stored_bytes as usize;
    let start = parts.body.len() - stored;
    let sum = crc32fast::hash(&parts.body[start..]);
    parts.body.truncate(start);
    let mut row = vec![1, 0];
    number(&mut row, stored as u64);
    row.extend(sum.to_le_bytes());
    assert!(parts.index.ends_with(&row));
    parts.index.truncate(parts.index.len() - row.len());
    let packed = packed(&[("model.toml", text.as_bytes()), ("model.onnx", network)]);
    parts.index.extend([1, 0]);
    number(&mut parts.index, packed.len() as u64);
    parts.index.extend(crc32fast::hash(&packed).to_le_bytes());
    parts.body.extend(packed);
    let (old, new) = (
        contract::sha256(contract_of(&good).as_bytes()),
        contract::sha256(text.as_bytes()),
    );
    let at = parts.index.windows(64).position(|w| w == old.as_bytes());
    let at = at.expect("the index names the model by its hash");
    parts.index[at..at + 64].copy_from_slice(new.as_bytes());
    parts.join()
}

/// Files as streams hold them.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, files.len() as u64);
    for (name, content) in files {
        bytes(&mut out, name.as_bytes());
        number(&mut out, content.len() as u64);
        out.push(1);
        let small = zstd::bulk::compress(content, 19).unwrap();
        bytes(&mut out, &[&[1], &small[..]].concat());
    }
    out
}

/// Decodes a stream, which must not take more memory than the field is worth.
fn decode(stream: &[u8]) -> Result<(), Error> {
    let decoder = Decompressor::default().threads(1);
    let (outcome, peak) = peak(|| decoder.field::<f32>(stream));
    assert!(peak < MOST, "{} bytes took {peak}", stream.len());
    outcome.map(|_| ())
}

/// Decodes a stream whose model is beyond its limits; the message has these in it.
fn refused(network: &[u8], parts: &[&str]) {
    let stream = stream_with(network, &contract_of(network));
    match decode(&stream) {
        Err(Error::Predictor(Fault::Limit { reason })) => {
            for part in parts {
                assert!(reason.contains(part), "{reason}");
            }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn harmless_models_run() {
    let _turn = turn();
    let network = Graph::new().node("Relu", &["x"], "a").finish("a");
    let stream = stream_with(&network, &contract_of(&network));
    decode(&stream).unwrap();
}

/// Constants of 64 MiB each, made by nodes of a few bytes.
fn large_constants(number: usize) -> Vec<u8> {
    let mut graph = Graph::new().list("shape", &[4096, 4096]);
    let mut sum = "x".to_owned();
    for i in 0..number {
        let (constant, with_x, most, next) = (
            format!("c{i}"),
            format!("w{i}"),
            format!("m{i}"),
            format!("s{i}"),
        );
        graph = graph
            .node("ConstantOfShape", &["shape"], &constant)
            .node("ReduceMax", &[&constant], &most)
            .node("Reshape", &[&most, "one"], &with_x)
            .node("Add", &[&sum, &with_x], &next);
        sum = next;
    }
    graph.list("one", &[1]).finish(&sum)
}

#[test]
fn constants_do_not_add_up_to_all_memory() {
    let _turn = turn();
    refused(&large_constants(60), &["multiply-adds", "--limit-work"]);
}

#[test]
fn values_of_a_run_do_not_take_all_memory() {
    let _turn = turn();
    let network = Graph::new()
        .list("wide", &[1, 1 << 12, 16, 32])
        .list("flat", &[1])
        .node("ReduceMax", &["x"], "most")
        .node("Reshape", &["most", "flat"], "one")
        .list("shape", &[1 << 26])
        .node("Expand", &["one", "shape"], "large")
        .finish("large");
    refused(&network, &["268435456", "--limit-memory"]);
}

#[test]
fn work_is_limited_by_the_field_and_the_model() {
    let _turn = turn();
    let mut graph = Graph::new()
        .list("shape", &[2048, 2048])
        .list("flat", &[1, 1])
        .node("ReduceMax", &["x"], "most")
        .node("Reshape", &["most", "flat"], "one")
        .node("Expand", &["one", "shape"], "m0");
    for i in 0..40 {
        let (now, next) = (format!("m{i}"), format!("m{}", i + 1));
        graph = graph.node("MatMul", &[&now, "m0"], &next);
    }
    // 2048³ for each product.
    refused(&graph.finish("m40"), &["8589934592", "--limit-work"]);
}

#[test]
fn files_that_hold_nothing_are_not_unpacked() {
    let _turn = turn();
    let mut network = Graph::new().node("Relu", &["x"], "a").finish("a");
    // An unknown field, full of zeros.
    put(&mut network, 99, &vec![0; 200 << 20]);
    let stream = stream_with(&network, &contract_of(&network));
    assert!(stream.len() < 40_000, "{}", stream.len());
    drop(network);
    let outcome = decode(&stream);
    let at_models = |e: &Error| {
        matches!(
            e,
            Error::Corrupt {
                at: Section::Models,
                ..
            }
        )
    };
    assert!(outcome.as_ref().is_err_and(at_models), "{outcome:?}");
}

#[test]
fn contracts_cannot_ask_for_more_than_there_is() {
    let _turn = turn();
    let mut graph = Graph::new();
    let mut inputs = String::new();
    let steps = "-1,".repeat(4000);
    for i in 0..40 {
        put(&mut graph.0, 11, &port(&format!("x{i}")));
        writeln!(
            inputs,
            "[[inputs]]\ntensor = \"x{i}\"\nchannels = [{{ variable = \"vorticity\", steps = [{steps}] }}]"
        )
        .unwrap();
    }
    let network = graph.node("Relu", &["x"], "a").finish("a");
    let text = contract_of(&network).replace("[[outputs]]", &format!("{inputs}[[outputs]]"));
    let stream = stream_with(&network, &text);
    match decode(&stream) {
        Err(Error::Predictor(Fault::Limit { reason })) => {
            assert!(reason.contains("inputs"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_can_be_moved() {
    let _turn = turn();
    let room = TempDir::new().unwrap();
    let good = std::fs::read(format!("{MODEL}/model.onnx")).unwrap();
    let options = asked(&folder(room.path(), &good)).store_models(true);
    let stream = compress(field().view(), &options).unwrap().bytes;
    let decode = |limits| Decompressor::default().limits(limits).field::<f32>(&stream);
    assert!(decode(Limits::default()).is_ok());
    let outcome = decode(Limits::default().memory(1000));
    assert!(matches!(
        outcome,
        Err(Error::Predictor(Fault::Limit { .. }))
    ));

    let network = large_constants(8);
    let heavy = stream_with(&network, &contract_of(&network));
    let decode = |limits| Decompressor::default().limits(limits).field::<f32>(&heavy);
    assert!(matches!(
        decode(Limits::default()),
        Err(Error::Predictor(Fault::Limit { .. }))
    ));
    let outcome = decode(Limits::default().memory(1 << 30).work(1 << 24));
    assert!(outcome.is_ok(), "{outcome:?}");
}

fn foresz(line: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foresz"));
    command
        .args(line)
        .env_remove("FORESZ_MODELS")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_command_line_has_the_limits() {
    let _turn = turn();
    let room = TempDir::new().unwrap();
    let network = large_constants(8);
    let stream = room.path().join("bad.fsz");
    std::fs::write(&stream, stream_with(&network, &contract_of(&network))).unwrap();
    let stream = stream.to_str().unwrap();
    let out = room.path().join("out.f32");
    let out = out.to_str().unwrap();
    let plain = foresz(&["decompress", stream, "-o", out]);
    assert_eq!(plain.status.code(), Some(8), "{}", said(&plain));
    assert!(said(&plain).contains("--limit-work"), "{}", said(&plain));
    assert!(!Path::new(out).exists());
    let limited = ["--limit-work", "16M", "--limit-memory", "1K"];
    let limited = foresz(&[&["decompress", stream, "-o", out][..], &limited].concat());
    assert_eq!(limited.status.code(), Some(8), "{}", said(&limited));
    assert!(
        said(&limited).contains("--limit-memory"),
        "{}",
        said(&limited)
    );
    let enough = ["--limit-work", "16M", "--limit-memory", "1G"];
    let enough = foresz(&[&["decompress", stream, "-o", out][..], &enough].concat());
    assert_eq!(enough.status.code(), Some(0), "{}", said(&enough));
    let field = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testdata/fields/vorticity.npy"
    );
    let verified = foresz(&["verify", stream, field, "--limit-work", "twelve"]);
    assert_eq!(verified.status.code(), Some(2));
    // Models at hand have the limits that are asked for.
    for (limit, amount) in [("--limit-work", "10"), ("--limit-memory", "1K")] {
        let check = foresz(&["model", "check", "flow-filter", limit, amount]);
        assert_eq!(check.status.code(), Some(8), "{}", said(&check));
        assert!(said(&check).contains(limit), "{}", said(&check));
    }
}

#[test]
fn models_that_decoders_would_refuse_are_not_stored() {
    let _turn = turn();
    let room = TempDir::new().unwrap();
    let options = asked(&folder(room.path(), &large_constants(8)));
    let field = field();
    let apart = compress(field.view(), &options).unwrap();
    assert!(inspect(&apart.bytes).is_ok());
    let within = compress(field.view(), &options.store_models(true));
    match within.map(|stream| stream.bytes.len()) {
        Err(Error::Predictor(Fault::Limit { reason })) => {
            assert!(reason.contains("stored"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}
