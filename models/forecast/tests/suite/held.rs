//! Models in memory do what they do in a folder.

use std::path::Path;
use std::sync::Arc;

use foresz_forecast::{Error, Found, Shelf, Source};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../flow-filter");

/// The same model in memory, its contract changed.
fn held(change: impl Fn(String) -> String) -> Source {
    let read = |file: &str| std::fs::read(Path::new(FOLDER).join(file)).unwrap();
    let contract = String::from_utf8(read("model.toml")).unwrap();
    let files = [
        (
            "model.toml".to_owned(),
            change(contract).into_bytes().into(),
        ),
        ("model.onnx".to_owned(), read("model.onnx").into()),
    ];
    Source::held("in memory", files)
}

#[test]
fn a_model_in_memory_is_the_one_in_the_folder() {
    let there = Found::open(Path::new(FOLDER).into()).unwrap();
    let here = Found::open(held(|text| text)).unwrap();
    assert_eq!(here.hash(), there.hash());
    assert_eq!(here.bytes().unwrap(), there.bytes().unwrap());

    let shelf = Shelf::default().hold(here.clone()).hold(here.clone());
    assert_eq!(shelf.all().len(), 1);
    let model = shelf.named("flow-filter").unwrap();
    let same = shelf.hashed("any name", here.hash()).unwrap();
    assert!(Arc::ptr_eq(&model, &same));

    let other = Shelf::default().open(&there).unwrap();
    let inputs = model.trial_inputs().unwrap();
    let (ours, theirs) = (model.run_once(&inputs), other.run_once(&inputs));
    assert_eq!(ours.unwrap(), theirs.unwrap());
}

#[test]
fn what_is_in_memory_is_checked_too() {
    let other = held(|text| text.replace("sha256 = \"8d", "sha256 = \"8e"));
    let shelf = Shelf::default().hold(Found::open(other).unwrap());
    let Err(Error::Changed { path, .. }) = shelf.named("flow-filter") else {
        panic!("another file was taken");
    };
    assert_eq!(path, Path::new("in memory/model.onnx"));
    let lacking = held(|text| text.replace("model.onnx", "weights.onnx"));
    let shelf = Shelf::default().hold(Found::open(lacking).unwrap());
    assert!(matches!(
        shelf.named("flow-filter"),
        Err(Error::Read { .. })
    ));
    let kind = held(|text| format!("kind = \"autoencoder\"\n{text}"));
    let shelf = Shelf::default().hold(Found::open(kind).unwrap());
    let Err(error) = shelf.named("flow-filter") else {
        panic!("another kind was taken");
    };
    assert!(error.to_string().contains("autoencoder:model="), "{error}");
}
