//! Files that we wrote.

use foresz_files::{Dataset, Error, Kind, Values, create, netcdf, open};

use super::common::{attribute, dimension, everything, fill, read, values, variable, whole, write};

#[test]
fn everything_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let (dataset, all) = everything();
    write(&path, &dataset, &all);
    let mut file = open(&path).unwrap();
    assert_eq!(file.format(), "NetCDF-4");
    assert!(file.skipped().is_empty());
    let found = file.dataset().clone();
    assert_eq!(found.dimensions, dataset.dimensions);
    let mut names: Vec<_> = dataset.attributes.iter().collect();
    names.sort_by_key(|a| a.name.contains('/'));
    assert_eq!(found.attributes.iter().collect::<Vec<_>>(), names);
    for (variable, values) in dataset.variables.iter().zip(&all) {
        let id = found.position(&variable.name).unwrap();
        assert_eq!(&found.variables[id], variable);
        let shape = found.shape(variable);
        if !shape.contains(&0) {
            let read = file.read(id, &whole(&shape)).unwrap();
            assert_eq!(&read, values, "{}", variable.name);
        }
    }
    assert_eq!(found.variables.len(), dataset.variables.len());
}

#[test]
fn parts_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, all) = everything();
    let paths = ["whole.nc", "parts.nc"].map(|name| folder.path().join(name));
    write(&paths[0], &dataset, &all);
    let mut file = open(&paths[0]).unwrap();
    let dataset = file.dataset().clone();
    let mut sink = create(&paths[1], &dataset).unwrap();
    for (id, variable) in dataset.variables.iter().enumerate() {
        let mut region = whole(&dataset.shape(variable));
        if region.iter().any(std::ops::Range::is_empty) {
            continue;
        }
        for row in 0..region.first().map_or(1, std::ops::Range::len) {
            if let Some(first) = region.first_mut() {
                *first = row..row + 1;
            }
            let part = file.read(id, &region).unwrap();
            sink.write(id, &region, &part).unwrap();
        }
    }
    sink.finish().unwrap();
    let mut parts = open(&paths[1]).unwrap();
    assert_eq!(*parts.dataset(), dataset);
    assert_eq!(read(parts.as_mut()).unwrap(), read(file.as_mut()).unwrap());
}

#[test]
fn many_chunks_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    // Chunks of one row, and more of them than a node of their index has.
    let row = 1 << 20;
    let dataset = Dataset {
        dimensions: vec![dimension("t", 70, true), dimension("x", row, false)],
        variables: vec![variable("v", Kind::U8, &[0, 1])],
        ..Dataset::default()
    };
    let all = [values(Kind::U8, 70 * row)];
    for deflate in [None, Some(1)] {
        let settings = netcdf::Settings { deflate };
        let sink = netcdf::create_with(&path, &dataset, settings).unwrap();
        fill(sink, &dataset, &all).unwrap();
        let mut file = open(&path).unwrap();
        assert_eq!(file.pieces(0), Some(vec![1, row]));
        assert!(read(file.as_mut()).unwrap() == all);
    }
}

#[test]
fn compression_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    for kind in [Kind::I8, Kind::I16, Kind::F32, Kind::F64, Kind::Char] {
        let dataset = Dataset {
            // Prime, so that no chunk divides it.
            dimensions: vec![dimension("t", 7, false), dimension("x", 200_003, false)],
            variables: vec![variable("v", kind, &[0, 1])],
            ..Dataset::default()
        };
        let all = [values(kind, 7 * 200_003)];
        let settings = netcdf::Settings { deflate: Some(1) };
        let sink = netcdf::create_with(&path, &dataset, settings).unwrap();
        fill(sink, &dataset, &all).unwrap();
        let mut file = open(&path).unwrap();
        assert!(read(file.as_mut()).unwrap() == all, "{}", kind.name());
    }
}

#[test]
fn attributes_have_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let large = || {
        vec![
            attribute("units", Values::text("K")),
            attribute("history", Values::Char(vec![b'h'; 70_000])),
            attribute("numbers", values(Kind::F64, 100_000)),
            attribute("texts", values(Kind::Text, 5_000)),
            attribute("_FillValue", Values::F32(vec![-1.0])),
            attribute("nothing", Values::Char(Vec::new())),
            // As much as a header has room for, and one byte more.
            attribute("most", Values::Char(vec![b'm'; 65_535 - 26])),
            attribute("more", Values::Char(vec![b'm'; 65_535 - 25])),
        ]
    };
    let with = |name: &str, dimensions: &[usize]| {
        let mut variable = variable(name, Kind::F32, dimensions);
        variable.attributes = large();
        variable
    };
    let mut attributes = large();
    attributes.remove(4);
    attributes.extend((0..600).map(|n| attribute(&format!("a{n}"), Values::I32(vec![n]))));
    attributes.extend([
        attribute("g/history", Values::Char(vec![b'g'; 1 << 20])),
        attribute("g/x", Values::U8(vec![1])),
    ]);
    let dataset = Dataset {
        dimensions: vec![dimension("t", 3, true), dimension("x", 4, false)],
        variables: vec![with("t", &[0]), with("v", &[0, 1]), with("g/s", &[])],
        attributes,
    };
    let all = [3, 12, 1].map(|count| values(Kind::F32, count));
    write(&path, &dataset, &all);
    let mut file = open(&path).unwrap();
    assert!(*file.dataset() == dataset);
    assert!(file.skipped().is_empty());
    assert_eq!(read(file.as_mut()).unwrap(), all);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let x = || vec![dimension("x", 2, false)];
    let with = |name: &str, value: Values| Dataset {
        attributes: vec![attribute(name, value)],
        ..Dataset::default()
    };
    let v = variable("v", Kind::I8, &[0]);
    let twice = Dataset {
        dimensions: x(),
        variables: vec![v.clone(), v.clone()],
        ..Dataset::default()
    };
    let in_itself = Dataset {
        dimensions: x(),
        variables: vec![v.clone(), variable("v/w", Kind::I8, &[0])],
        ..Dataset::default()
    };
    for dataset in [
        twice,
        in_itself,
        with("zero", Values::Text(vec!["a\0b".into()])),
        with("_NCProperties", Values::text("a")),
        with("", Values::text("a")),
        with(&"n".repeat(1 << 16), Values::text("a")),
    ] {
        assert!(create(&path, &dataset).is_err(), "{dataset:?}");
        assert!(!path.exists());
    }
    assert!(create(&folder.path().join("file.txt"), &Dataset::default()).is_err());
}

#[test]
fn a_file_that_is_not_finished_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let dataset = Dataset {
        dimensions: vec![dimension("x", 2, false), dimension("y", 3, false)],
        variables: vec![variable("v", Kind::I8, &[0, 1])],
        ..Dataset::default()
    };
    let mut sink = create(&path, &dataset).unwrap();
    let mut refused = |region: &[_], values: &Values| {
        let done = sink.write(0, region, values);
        assert!(matches!(done, Err(Error::Invalid(_))), "{region:?}");
    };
    refused(&[1..2, 0..3], &Values::I8(vec![1, 2, 3]));
    refused(&[0..1, 0..2], &Values::I8(vec![1, 2]));
    refused(&[0..1, 0..3], &Values::I8(vec![1, 2]));
    refused(&[0..1, 0..3], &Values::U8(vec![1, 2, 3]));
    refused(&[0..3, 0..3], &Values::I8(vec![1; 9]));
    sink.write(0, &[0..1, 0..3], &Values::I8(vec![1, 2, 3]))
        .unwrap();
    assert!(matches!(sink.finish(), Err(Error::Invalid(_))));
    assert!(!path.exists());
}
