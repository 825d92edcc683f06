//! Zarr stores: those that `files/make_zarr.py` made, and our own.

#![cfg(feature = "zarr")]
use std::ops::Range;
use std::path::{Path, PathBuf};

use foresz_files::zarr::{self, Settings};
use foresz_files::{Attribute, Dataset, Dimension, Error, Kind, Source, Values, Variable};

fn store(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/files")
        .join(name)
}

fn whole(dataset: &Dataset, variable: usize) -> Vec<Range<usize>> {
    let shape = dataset.shape(&dataset.variables[variable]);
    shape.iter().map(|n| 0..*n).collect()
}

fn squares(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(|i| (i * i % 251) as f64)
}

#[test]
fn every_codec_gives_the_same_values() {
    for (name, arrays) in [("second.zarr", 13), ("third.zarr", 13)] {
        let mut source = zarr::open(store(name)).unwrap();
        let dataset = source.dataset().clone();
        assert_eq!(dataset.variables.len(), arrays);
        for (number, variable) in dataset.variables.iter().enumerate() {
            let values = source.read(number, &whole(&dataset, number)).unwrap();
            let Some(found) = values.to_f64() else {
                let texts = ["", "été", "long enough"].map(String::from).to_vec();
                assert_eq!(values, Values::Text(texts));
                continue;
            };
            for (place, (found, square)) in found.iter().zip(squares(found.len())).enumerate() {
                let expected = match variable.name.as_str() {
                    "holes" if place >= 3 * 12 => f64::NAN,
                    "truths" => f64::from(u8::from(square != 0.0)),
                    _ => square,
                };
                let equal =
                    found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
                assert!(equal, "{name}/{} at {place}: {found}", variable.name);
            }
        }
    }
}

#[test]
fn parts_are_those_of_the_whole() {
    let mut source = zarr::open(store("third.zarr")).unwrap();
    let dataset = source.dataset().clone();
    for (number, variable) in dataset.variables.iter().enumerate() {
        let shape = dataset.shape(variable);
        let all = source.read(number, &whole(&dataset, number)).unwrap();
        let part: Vec<_> = shape.iter().map(|n| n / 4..n - n / 5).collect();
        let found = source.read(number, &part).unwrap();
        assert_eq!(
            found,
            all.region(&shape, &part).unwrap(),
            "{}",
            variable.name
        );
    }
    assert!(source.read(0, &[0..6, 0..1]).is_err());
    assert!(source.read(0, &[0..5, 3..3]).is_err());
}

#[test]
fn what_is_not_readable_is_named() {
    let source = zarr::open(store("second.zarr")).unwrap();
    let [(name, why)] = source.skipped() else {
        panic!("{:?}", source.skipped());
    };
    assert_eq!(name, "unreadable");
    assert!(why.contains("bz2"), "{why}");
}

#[test]
fn groups_arrays_and_lists_of_their_own() {
    let array = zarr::open(store("third.zarr/plain")).unwrap();
    assert_eq!(array.dataset().variables[0].name, "plain");
    let array = zarr::open(store("second.zarr/plain")).unwrap();
    assert_eq!(
        array.dataset().dims(&array.dataset().variables[0]),
        ["time", "x"]
    );
    // Without the list of all arrays, their folders are searched.
    let folder = tempfile::tempdir().unwrap();
    copy(&store("second.zarr"), folder.path());
    std::fs::remove_file(folder.path().join(".zmetadata")).unwrap();
    let found = zarr::open(folder.path()).unwrap();
    let listed = zarr::open(store("second.zarr")).unwrap();
    // Not a number is not equal to itself.
    let told = |source: &dyn Source| format!("{:?}", source.dataset());
    assert_eq!(told(&found), told(&listed));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn attribute(name: &str, value: Values) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

/// A variable of every type, a scalar and one in a group.
fn sample() -> (Dataset, Vec<Values>) {
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let mut dataset = Dataset {
        dimensions: vec![dimension("time", 7), dimension("x", 5)],
        attributes: vec![
            attribute("title", Values::text("été")),
            attribute("version", Values::F64(vec![1.5])),
        ],
        variables: Vec::new(),
    };
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let mut values = Values::zeros(kind, 35);
        match &mut values {
            Values::F32(v) => v
                .iter_mut()
                .zip(0u8..)
                .for_each(|(x, i)| *x = f32::from(i) / 3.0),
            Values::U64(v) => v[3] = u64::MAX,
            Values::Char(v) => v.fill(b'q'),
            Values::Text(v) => v[2] = "ça".into(),
            _ => {}
        }
        let mut attributes = vec![attribute("units", Values::text("K"))];
        match kind {
            Kind::F32 => attributes.push(attribute("_FillValue", Values::F32(vec![f32::MAX]))),
            Kind::I16 => attributes.push(attribute("_FillValue", Values::I16(vec![-999]))),
            _ => {}
        }
        dataset.variables.push(Variable {
            name: kind.name().into(),
            kind,
            dimensions: vec![0, 1],
            attributes,
        });
        all.push(values);
    }
    for (name, value) in [("scalar", 0.5), ("inner/deeper/scalar", -0.5)] {
        dataset.variables.push(Variable {
            name: name.into(),
            kind: Kind::F64,
            dimensions: Vec::new(),
            attributes: Vec::new(),
        });
        all.push(Values::F64(vec![value]));
    }
    (dataset, all)
}

/// Writes in parts of two rows.
fn write(path: &Path, dataset: &Dataset, all: &[Values], version: u8) {
    let mut sink = zarr::create_with(path, dataset, Settings { version }).unwrap();
    for (number, values) in all.iter().enumerate() {
        let shape = dataset.shape(&dataset.variables[number]);
        let Some(rows) = shape.first() else {
            sink.write(number, &[], values).unwrap();
            continue;
        };
        for start in (0..*rows).step_by(2) {
            let mut part = whole(dataset, number);
            part[0] = start..(start + 2).min(*rows);
            let values = values.region(&shape, &part).unwrap();
            sink.write(number, &part, &values).unwrap();
        }
    }
    sink.finish().unwrap();
}

#[test]
fn what_is_written_is_read_again() {
    let (dataset, all) = sample();
    for version in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.zarr");
        write(&path, &dataset, &all, version);
        let mut source = zarr::open(&path).unwrap();
        assert_eq!(source.format(), format!("Zarr version {version}"));
        let found = source.dataset().clone();
        assert_eq!(found.attributes, dataset.attributes);
        assert_eq!(found.variables.len(), dataset.variables.len());
        for (number, variable) in dataset.variables.iter().enumerate() {
            let place = found.position(&variable.name).unwrap();
            let again = &found.variables[place];
            assert_eq!(again.kind, variable.kind);
            assert_eq!(found.dims(again), dataset.dims(variable));
            for attribute in &variable.attributes {
                assert_eq!(again.attribute(&attribute.name), Some(&attribute.value));
            }
            assert_eq!(again.attributes.len(), variable.attributes.len());
            let values = source.read(place, &whole(&found, place)).unwrap();
            assert_eq!(values, all[number], "{}", variable.name);
        }
    }
}

#[test]
fn sinks_refuse_what_makes_no_sense() {
    let (dataset, all) = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.zarr");
    let mut sink = zarr::create(&path, &dataset).unwrap();
    assert!(sink.write(0, &[0..8, 0..5], &all[0]).is_err(), "outside");
    assert!(
        sink.write(0, &[0..7, 0..5], &all[1]).is_err(),
        "another type"
    );
    assert!(sink.write(99, &[], &all[0]).is_err(), "no such variable");
    sink.write(0, &[0..1, 0..5], &Values::I8(vec![0; 5]))
        .unwrap();
    assert!(sink.finish().is_err(), "a part is missing");
    assert!(zarr::open(&path).is_err(), "never finished");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let why = zarr::create(folder.path(), &dataset)
        .err()
        .unwrap()
        .to_string();
    assert!(why.contains("folder of its own"), "{why}");
    assert!(zarr::create_with(&path, &dataset, Settings { version: 4 }).is_err());
}

#[test]
fn damage_is_an_error_and_no_more() {
    let mut seed = 11u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for name in ["second.zarr", "third.zarr"] {
        let folder = tempfile::tempdir().unwrap();
        copy(&store(name), folder.path());
        let mut files = Vec::new();
        list(folder.path(), &mut files);
        for file in &files {
            let bytes = std::fs::read(file).unwrap();
            for _ in 0..12 {
                let mut damaged = bytes.clone();
                match random(3) {
                    0 => damaged.truncate(random(bytes.len())),
                    _ => damaged[random(bytes.len())] = random(256) as u8,
                }
                std::fs::write(file, damaged).unwrap();
                let _ = survive(folder.path());
            }
            std::fs::write(file, bytes).unwrap();
        }
        survive(folder.path()).unwrap();
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn survive(path: &Path) -> Result<(), Error> {
    let mut source = zarr::open(path)?;
    let dataset = source.dataset().clone();
    for (number, variable) in dataset.variables.iter().enumerate() {
        // Damaged metadata may claim any size; what is asked for stays small.
        let part = dataset.shape(variable).into_iter().map(|n| 0..n.min(300));
        let part: Vec<_> = part.collect();
        if part.iter().all(|r| !r.is_empty()) {
            source.read(number, &part)?;
        }
    }
    Ok(())
}

#[test]
fn what_is_no_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let why = zarr::open(folder.path()).err().unwrap().to_string();
    assert!(why.contains("no Zarr store"), "{why}");
    assert!(zarr::open(folder.path().join("nothing")).is_err());
    copy(&store("third.zarr/plain"), folder.path());
    let chunk = folder.path().join("c/0/0");
    std::fs::write(&chunk, [1, 2, 3]).unwrap();
    let mut source = zarr::open(folder.path()).unwrap();
    let why = source.read(0, &[0..1, 0..1]).unwrap_err().to_string();
    assert!(why.contains("3 bytes instead of 144"), "{why}");
}
