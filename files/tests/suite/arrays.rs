//! Raw samples, `.npy` files and `.npz` archives.

use std::io::Cursor;
use std::path::Path;

use foresz_files::arrays::{self, Layout, npy};
use foresz_files::{Kind, Source, Values, open};

/// A file of 24 numbers.
fn file(kind: Kind, values: &Values) -> Vec<u8> {
    let mut bytes = Vec::new();
    npy::write_header(kind, &[2, 3, 4], &mut bytes).unwrap();
    values.write_le_bytes(&mut bytes).unwrap();
    bytes
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn an_array_is_a_variable_whether_it_is_in_a_file_or_comes_along() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout {
        dims: ["time", "y", "x"].map(String::from).into(),
        ..Layout::default()
    };
    for values in [
        Values::I16((0..24).collect()),
        Values::U64((0..24).map(|k| k << 40).collect()),
        Values::F64((0..24).map(|k| f64::from(k) * 0.1).collect()),
    ] {
        let bytes = file(values.kind(), &values);
        let path = save(folder.path(), "a.npy", &bytes);
        let reader = Box::new(Cursor::new(bytes));
        for mut source in [
            arrays::open(&path, &layout).unwrap(),
            arrays::read(reader, &layout, Kind::F32).unwrap(),
        ] {
            let dataset = source.dataset().clone();
            assert_eq!(dataset.variables[0].name, arrays::DATA);
            assert_eq!(dataset.dims(&dataset.variables[0]), ["time", "y", "x"]);
            let region = [1..2, 0..3, 2..4];
            let part = source.read(0, &region).unwrap();
            assert_eq!(part, values.region(&[2, 3, 4], &region).unwrap());
            assert!(source.read(0, &[0..2, 0..3, 0..5]).is_err());
            assert_eq!(Box::new(source).take(0).unwrap(), values);
        }
        assert_eq!(open(&path).unwrap().take(0).unwrap(), values);
    }
}

#[test]
fn raw_samples_are_what_the_layout_says() {
    let folder = tempfile::tempdir().unwrap();
    let values = Values::F64((0..24).map(f64::from).collect());
    let path = save(folder.path(), "a.f64", &values.to_le_bytes().unwrap());
    let shape = |shape: &[usize]| Layout {
        shape: Some(shape.into()),
        ..Layout::default()
    };
    let source = arrays::open(&path, &shape(&[4, 6])).unwrap();
    assert_eq!(source.dataset().dimensions[1].name, "dim_1");
    assert_eq!(Box::new(source).take(0).unwrap(), values);
    for (layout, wanted) in [
        (Layout::default(), "--shape"),
        (shape(&[4, 7]), "takes 224 bytes, but there are 192"),
        (shape(&[usize::MAX, 7]), "no memory"),
    ] {
        let told = arrays::open(&path, &layout).err().unwrap().to_string();
        assert!(told.contains(wanted), "{told}");
    }
}
