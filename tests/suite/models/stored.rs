//! Models that travel in streams.

use std::path::{Path, PathBuf};

use crate::common::stream::{Parts, bytes, number};
use crate::common::{assert_kept, bits};
use foresz::forecast::Shelf;
use foresz::{
    Bound, Decompressor, Error, Options, Section, Writer, compress, decompress, decompress_region,
    inspect,
};
use ndarray::{Array3, Axis, concatenate};
use tempfile::TempDir;

use super::fields::flow;

const MODEL: &str = "models/flow-filter";

/// A copy of the model under a name that nobody knows.
fn own(room: &Path) -> PathBuf {
    let folder = room.join("own-filter");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(format!("{MODEL}/model.onnx"), folder.join("model.onnx")).unwrap();
    let contract = std::fs::read_to_string(format!("{MODEL}/model.toml")).unwrap();
    let contract = contract.replace("flow-filter", "own-filter");
    std::fs::write(folder.join("model.toml"), contract).unwrap();
    folder
}

fn asked(room: &Path) -> Options {
    Options::new(Bound::RangeRelative(1e-2))
        .registry(foresz::registry(Shelf::default().place(own(room))))
        .store_models(true)
}

/// A stream with a model inside, and the files of the model.
fn made() -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
    let room = TempDir::new().unwrap();
    let options = asked(room.path())
        .predictor("forecast:model=own-filter+raster")
        .unwrap();
    let stream = compress(flow(&[24, 16, 32]).view(), &options)
        .unwrap()
        .bytes;
    let file = |name: &str| {
        let path = room.path().join("own-filter").join(name);
        (name.to_owned(), std::fs::read(path).unwrap())
    };
    (stream, ["model.toml", "model.onnx"].map(file).to_vec())
}

#[test]
fn a_stream_with_its_model_needs_nothing_else() {
    let room = TempDir::new().unwrap();
    let field = flow(&[60, 16, 32]);
    let options = asked(room.path())
        .predictor("forecast:model=own-filter+raster")
        .unwrap()
        .keyframe(20);
    let apart = compress(field.view(), &options.clone().store_models(false)).unwrap();
    let packed = compress(field.view(), &options).unwrap();
    drop(room);

    assert!(matches!(
        decompress::<f32>(&apart.bytes),
        Err(Error::Unsupported(_))
    ));
    let decoded = decompress::<f32>(&packed.bytes).unwrap();
    let info = inspect(&packed.bytes).unwrap();
    assert_kept("stored", &field, &decoded, None, info.bound);
    let region = |frames| decompress_region::<f32>(&packed.bytes, &[frames, 0..16, 0..32]).unwrap();
    let parts = [region(0..7), region(7..31), region(31..60)];
    let parts = concatenate(Axis(0), &parts.each_ref().map(|p| p.view())).unwrap();
    assert_eq!(bits(&parts), bits(&decoded));

    let model = &info.models[0];
    assert_eq!((model.name.as_str(), model.bytes), ("own-filter", 904));
    assert!(model.stored_bytes > 904 && model.stored_bytes < 1800);
    let more = packed.bytes.len() - apart.bytes.len();
    assert!(more as u64 >= model.stored_bytes && more as u64 <= model.stored_bytes + 10);
    let all = info.raw_bytes as f64;
    assert_eq!(info.ratio, all / packed.bytes.len() as f64);
    assert_eq!(info.ratio_with_models, info.ratio);
    let without = packed.bytes.len() as u64 - model.stored_bytes;
    assert_eq!(info.ratio_without_models, all / without as f64);
    assert_eq!(packed.report.ratio, info.ratio);
    assert_eq!(packed.report.models, info.models);
    assert_eq!(
        inspect(&apart.bytes).unwrap().ratio_without_models,
        apart.report.ratio
    );
}

/// Six frames that the model foresees well, several times.
fn vorticity(times: usize) -> Array3<f32> {
    let file = std::fs::read("testdata/fields/vorticity.npy").unwrap();
    let samples = file[file.len() - 6 * 48 * 96 * 4..].chunks_exact(4);
    let samples: Vec<f32> = samples
        .map(|x| f32::from_le_bytes(x.try_into().unwrap()))
        .collect();
    Array3::from_shape_vec((6 * times, 48, 96), samples.repeat(times)).unwrap()
}

#[test]
fn series_written_frame_by_frame_store_models_too() {
    const SPEC: &str = "forecast:model=own-filter+raster";
    let room = TempDir::new().unwrap();
    let registry = foresz::registry(Shelf::default().place(own(room.path())));
    let options = Options::new(Bound::Absolute(3e-8))
        .registry(registry)
        .keyframe(6)
        .store_models(true);
    let fixed = options.clone().predictor(SPEC).unwrap();
    let offered = options.offer(SPEC).unwrap();
    // On offer, the model pays only after some chunks.
    for (options, times, stored) in [(fixed, 1, 1), (offered.clone(), 1, 0), (offered, 5, 1)] {
        let field = vorticity(times);
        let at_once = compress(field.view().into_dyn(), &options).unwrap();
        assert_eq!(at_once.report.models.len(), stored, "{times}");
        let mut writer = Writer::new(Vec::new(), &[48, 96], options.threads(1)).unwrap();
        for frame in field.axis_iter(Axis(0)) {
            writer.push(frame.into_dyn()).unwrap();
        }
        let (written, report) = writer.finish().unwrap();
        assert_eq!(report.output_bytes, written.len() as u64);
        assert_eq!(written, at_once.bytes, "{times}");
    }
}

#[test]
fn models_that_do_not_pay_are_not_stored() {
    let room = TempDir::new().unwrap();
    let options = asked(room.path());
    let offered = options
        .clone()
        .offer("forecast:model=own-filter+raster")
        .unwrap();
    let field = flow(&[12, 16, 32]);
    let plain = compress(field.view(), &options).unwrap();
    let packed = compress(field.view(), &offered).unwrap();
    assert_eq!(packed.bytes, plain.bytes);
    assert!(packed.report.models.is_empty());
}

#[test]
fn streams_without_models_stay_as_they_are() {
    let field = flow(&[6, 16, 32]);
    let plain = Options::new(Bound::Absolute(1e-6))
        .predictor("raster")
        .unwrap();
    let one = compress(field.view(), &plain).unwrap().bytes;
    let two = compress(field.view(), &plain.store_models(true)).unwrap();
    assert_eq!(one, two.bytes);
}

/// The stream with other bytes in place of its model.
fn with(stream: &[u8], model: &[u8]) -> Vec<u8> {
    let mut parts = Parts::of(stream);
    let stored = inspect(stream).unwrap().models[0].stored_bytes as usize;
    let start = parts.body.len() - stored;
    let sum = crc32fast::hash(&parts.body[start..]);
    parts.body.truncate(start);
    parts.body.extend_from_slice(model);
    let mut row = vec![1, 0];
    number(&mut row, stored as u64);
    row.extend(sum.to_le_bytes());
    assert!(parts.index.ends_with(&row));
    parts.index.truncate(parts.index.len() - row.len());
    parts.index.extend([1, 0]);
    number(&mut parts.index, model.len() as u64);
    parts.index.extend(crc32fast::hash(model).to_le_bytes());
    parts.join()
}

/// Files as streams hold them, without zstd.
fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, files.len() as u64);
    for (name, content) in files {
        bytes(&mut out, name.as_bytes());
        number(&mut out, content.len() as u64);
        out.push(1);
        bytes(&mut out, &[&[0], &content[..]].concat());
    }
    out
}

fn refusal(stream: &[u8]) -> String {
    match decompress::<f32>(stream) {
        Err(Error::Corrupt { at, reason }) => {
            assert_eq!(at, Section::Models, "{reason}");
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn stored_models_are_what_they_say() {
    let (stream, files) = made();
    let good = decompress::<f32>(&stream).unwrap();
    let again = with(&stream, &packed(&files));
    assert_eq!(decompress::<f32>(&again).unwrap(), good);

    let change = |change: fn(&mut Vec<(String, Vec<u8>)>)| {
        let mut files = files.clone();
        change(&mut files);
        refusal(&with(&stream, &packed(&files)))
    };
    let contract = change(|files| files[0].1.push(b'\n'));
    assert!(contract.contains("SHA-256"), "{contract}");
    let weights = change(|files| files[1].1[300] ^= 1);
    assert!(weights.contains("model.onnx"), "{weights}");
    for more in [
        "../model.onnx",
        "a/b",
        "/etc/passwd",
        "model.onnx",
        "model.toml",
        "",
        "other",
    ] {
        let mut files = files.clone();
        files.push((more.into(), b"abc".to_vec()));
        refusal(&with(&stream, &packed(&files)));
    }
    change(|files| files.swap(0, 1));
    change(|files| files[1].0 = "sub/model.onnx".into());
    change(|files| drop(files.pop()));
    change(Vec::clear);
}

#[test]
fn damage_to_stored_models_is_found() {
    let (stream, files) = made();
    let good = packed(&files);
    for end in 0..good.len() {
        refusal(&with(&stream, &good[..end]));
    }
    refusal(&with(&stream, &[&good[..], &[0]].concat()));
    // A length that nothing stands behind, and more files than there can be.
    let mut long = vec![1];
    bytes(&mut long, b"model.toml");
    for length in [1 << 27, 1 << 29, u64::MAX] {
        let mut long = long.clone();
        number(&mut long, length);
        long.push(1);
        bytes(&mut long, &[0, 1, 2]);
        refusal(&with(&stream, &long));
    }
    refusal(&with(&stream, &[0xff, 0xff, 0xff, 0xff, 0x7f]));

    let parts = Parts::of(&stream);
    let stored = inspect(&stream).unwrap().models[0].stored_bytes as usize;
    let start = 5 + parts.body.len() - stored;
    for at in (start..start + stored).step_by(11) {
        let mut bad = stream.clone();
        bad[at] ^= 4;
        assert!(refusal(&bad).contains("checksum"), "byte {at}");
    }
}

#[test]
fn an_index_stores_models_that_chunks_need_once() {
    let (stream, _) = made();
    let parts = Parts::of(&stream);
    let stored = inspect(&stream).unwrap().models[0].stored_bytes;
    let sum = &parts.index[parts.index.len() - 4..];
    let mut row = Vec::new();
    number(&mut row, stored);
    row.extend(sum);
    let before = parts.index.len() - row.len() - 2;
    let rows = |rows: &[u8]| {
        let mut parts = parts.clone();
        parts.index.truncate(before);
        parts.index.extend_from_slice(rows);
        decompress::<f32>(&parts.join())
    };
    assert!(rows(&[&[1, 0], &row[..]].concat()).is_ok());
    let empty = [0, 0, 0, 0, 0];
    for bad in [
        vec![0],
        [&[1, 1], &row[..]].concat(),
        [&[1, 200, 1], &row[..]].concat(),
        [&[2, 0], &row[..], &[0], &empty].concat(),
        [&[2, 0], &row[..], &[1], &empty].concat(),
        [&[255, 255, 3, 0], &row[..]].concat(),
    ] {
        let outcome = rows(&bad);
        assert!(
            matches!(
                outcome,
                Err(Error::Corrupt {
                    at: Section::Index,
                    ..
                })
            ),
            "{bad:?}: {outcome:?}"
        );
    }
    // Cut short or with the wrong flag, it is no index at all.
    for end in before..parts.index.len() {
        let mut parts = parts.clone();
        parts.index.truncate(end);
        assert!(decompress::<f32>(&parts.join()).is_err());
    }
}

#[test]
fn what_a_stream_holds_is_told_without_its_model() {
    let (stream, files) = made();
    let damaged = with(&stream, &packed(&files)[..10]);
    // The index says what is stored, whatever it is worth.
    assert_eq!(inspect(&damaged).unwrap().models[0].stored_bytes, 10);
    let other = Decompressor::default().registry(foresz::predictors::Registry::default());
    assert!(matches!(
        other.field::<f32>(&stream),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn a_model_named_by_its_path_alone_is_stored() {
    let room = TempDir::new().unwrap();
    let spec = format!("forecast:model={}+raster", own(room.path()).display());
    let options = Options::new(Bound::RangeRelative(1e-2)).store_models(true);
    let field = flow(&[24, 16, 32]);
    let stream = compress(field.view(), &options.predictor(&spec).unwrap()).unwrap();
    drop(room);
    assert_eq!(decompress::<f32>(&stream.bytes).unwrap().dim(), field.dim());
}
