//! Arrays that the Python package writes, read here, and the other way round: the arrays in
//! `fixtures` are read by `python/tests/test_zarrs.py`, too.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz-zarrs` writes `fixtures/rust.zarr`.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only the tests themselves for tests, not what they share"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foresz_zarrs::{Config, ForeszCodec};
use serde_json::{Value, json};
use zarrs::array::codec::ShardingCodecBuilder;
use zarrs::array::{Array, ArrayBuilder, ArrayMetadataOptions, ZARR_NAN_F32, data_type};
use zarrs::filesystem::FilesystemStore;

#[allow(unreachable_pub, reason = "written as a reader would write it")]
#[path = "../../docs/examples/zarrs.rs"]
mod example;

const SHAPE: [u64; 3] = [6, 20, 30];
const CHUNK: [u64; 3] = [4, 20, 30];
const BOUND: f32 = 0.05;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What `python.py` makes.
fn field() -> Vec<f32> {
    let mut field = Vec::new();
    for t in 0..6 {
        for i in 0..20 {
            for j in 0..30 {
                let k = 7 * t + 3 * i + j;
                field.push((280.0 + f64::from(k * k % 101) / 7.0) as f32);
            }
        }
    }
    field[600 + 2 * 30 + 3] = f32::NAN;
    field
}

fn codec(configuration: Value) -> Arc<ForeszCodec> {
    let config: Config = serde_json::from_value(configuration).unwrap();
    Arc::new(ForeszCodec::new(config).unwrap())
}

fn usual() -> Arc<ForeszCodec> {
    codec(json!({"bound": 0.05, "chunk": [2, 20, 30], "keep": [280.0]}))
}

fn store(path: &Path) -> Arc<FilesystemStore> {
    Arc::new(FilesystemStore::new(path).unwrap())
}

fn write(path: &Path, codec: Arc<ForeszCodec>) -> Array<FilesystemStore> {
    let mut builder = ArrayBuilder::new(SHAPE, CHUNK, data_type::float32(), ZARR_NAN_F32);
    builder.array_to_bytes_codec(codec);
    let array = builder.build(store(path), "/").unwrap();
    let options = ArrayMetadataOptions::default().with_include_zarrs_metadata(false);
    array.store_metadata_opt(&options).unwrap();
    array
        .store_array_subset(&array.subset_all(), field())
        .unwrap();
    array
}

/// Every file by its path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

fn check(values: &[f32]) {
    assert_eq!(values.len(), field().len());
    for (x, y) in field().iter().zip(values) {
        assert_eq!(x.is_nan(), y.is_nan());
        assert!(x.is_nan() || (x - y).abs() <= BOUND, "{x} {y}");
        assert!(*x != 280.0 || *y == 280.0, "{y}");
    }
}

#[test]
fn arrays_of_python_are_read_and_written() {
    let path = fixtures().join("python.zarr");
    let array = Array::open(store(&path), "/").unwrap();
    let values: Vec<f32> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    check(&values);
    let room = tempfile::tempdir().unwrap();
    write(room.path(), usual());
    let (mut ours, mut theirs) = (files(room.path()), files(&path));
    let name = Path::new("zarr.json");
    let metadata = [&mut ours, &mut theirs]
        .map(|files| -> Value { serde_json::from_slice(&files.remove(name).unwrap()).unwrap() });
    assert!(
        ours == theirs,
        "chunks differ; python.py writes the fixture again"
    );
    let [ours, theirs] = metadata.map(|metadata| metadata["codecs"][0].clone());
    assert_eq!(ours, theirs);
}

#[test]
fn what_python_reads_is_what_is_written() {
    let path = fixtures().join("rust.zarr");
    let room = tempfile::tempdir().unwrap();
    write(room.path(), usual());
    if std::env::var_os("FORESZ_BLESS").is_some() {
        for (name, bytes) in files(room.path()) {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
    }
    assert!(
        files(room.path()) == files(&path),
        "FORESZ_BLESS=1 writes it again"
    );
}

#[test]
fn parts_are_those_of_the_whole() {
    let room = tempfile::tempdir().unwrap();
    let array = write(room.path(), usual());
    let whole: Vec<f32> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    let part: Vec<f32> = array.retrieve_array_subset(&[3..5, 4..6, 29..30]).unwrap();
    let at = |t: usize, i: usize| whole[(t * 20 + i) * 30 + 29].to_bits();
    let expected = [at(3, 4), at(3, 5), at(4, 4), at(4, 5)];
    assert_eq!(
        part.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
        expected
    );

    // The second part of the first chunk is damaged: the first is decoded alone.
    let chunk = room.path().join("c/0/0/0");
    let mut stream = std::fs::read(&chunk).unwrap();
    let info = foresz::inspect(stream.as_slice()).unwrap();
    assert_eq!(info.chunks, 2);
    let middle = stream.len() / 2;
    stream[middle] ^= 1;
    std::fs::write(&chunk, stream).unwrap();
    let read = |frames| array.retrieve_array_subset::<Vec<f32>>(&[frames, 0..20, 0..30]);
    let halves = [read(0..2), read(2..4)];
    assert_eq!(halves.iter().filter(|half| half.is_err()).count(), 1);
    assert!(read(4..6).is_ok());
}

#[test]
fn shards_have_streams() {
    let room = tempfile::tempdir().unwrap();
    let inner = [2, 10, 30].map(|n: u64| n.try_into().unwrap());
    let mut sharding = ShardingCodecBuilder::new(inner.to_vec(), &data_type::float32());
    sharding.array_to_bytes_codec(codec(json!({"bound": 0.05, "mode": "abs", "keep": 280})));
    let mut builder = ArrayBuilder::new(SHAPE, CHUNK, data_type::float32(), ZARR_NAN_F32);
    builder.array_to_bytes_codec(sharding.build_arc());
    let array = builder.build(store(room.path()), "/").unwrap();
    array.store_metadata().unwrap();
    array
        .store_array_subset(&array.subset_all(), field())
        .unwrap();
    let again = Array::open(store(room.path()), "/").unwrap();
    check(
        &again
            .retrieve_array_subset::<Vec<f32>>(&again.subset_all())
            .unwrap(),
    );
}

#[test]
fn what_means_nothing_is_refused() {
    for wrong in [
        json!({}),
        json!({"bound": -1.0}),
        json!({"bound": 1.0, "mode": "lossless"}),
        json!({"bound": 1.0, "mode": "relative"}),
        json!({"bound": 1.0, "effort": "most"}),
        json!({"bound": 1.0, "backend": "zip"}),
    ] {
        let config: Result<Config, _> = serde_json::from_value(wrong.clone());
        assert!(
            config.map_or(true, |c| ForeszCodec::new(c).is_err()),
            "{wrong}"
        );
    }
    assert!(serde_json::from_value::<Config>(json!({"bounds": 1.0})).is_err());
    // Such arrays are read, and not written by what cannot keep the promise.
    let rewritable = codec(json!({"bound": 0.05, "rewritable": true}));
    let room = tempfile::tempdir().unwrap();
    let mut builder = ArrayBuilder::new([9], [9], data_type::float32(), ZARR_NAN_F32);
    builder.array_to_bytes_codec(rewritable);
    let array = builder.build(store(room.path()), "/").unwrap();
    let written = array.store_array_subset(&array.subset_all(), vec![5.0_f32; 9]);
    assert!(written.is_err());
    let room = tempfile::tempdir().unwrap();
    let mut builder = ArrayBuilder::new([9], [9], data_type::int32(), 0);
    builder.array_to_bytes_codec(usual());
    let refused = match builder.build(store(room.path()), "/") {
        Ok(array) => array
            .store_array_subset(&array.subset_all(), vec![5; 9])
            .is_err(),
        Err(_) => true,
    };
    assert!(refused);
}

#[test]
fn a_stream_of_another_chunk_is_refused() {
    let room = tempfile::tempdir().unwrap();
    let array = write(room.path(), usual());
    let other = ndarray::Array::zeros([4, 20, 31]).into_dyn();
    let options = foresz::Options::new(foresz::Bound::Absolute(0.05));
    let stream = foresz::compress::<f32>(other.view(), &options)
        .unwrap()
        .bytes;
    std::fs::write(room.path().join("c/0/0/0"), stream).unwrap();
    let read = array.retrieve_array_subset::<Vec<f32>>(&array.subset_all());
    let said = read.unwrap_err().to_string();
    assert!(said.contains("is expected"), "{said}");
}

#[test]
fn the_example_of_the_guide_runs() {
    let room = tempfile::tempdir().unwrap();
    example::write_and_read(room.path()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = std::fs::read_to_string(root.join("guide/zarrs.md")).unwrap();
    let shown = std::fs::read_to_string(root.join("examples/zarrs.rs")).unwrap();
    assert!(
        page.contains(&shown),
        "docs/guide/zarrs.md shows another example"
    );
}
