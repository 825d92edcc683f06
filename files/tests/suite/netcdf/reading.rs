//! Files that others wrote.

use std::fs;
use std::path::Path;

use foresz_files::{Error, Values, netcdf, open};
use hdf5_reader::checksum::jenkins_lookup3;
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

use super::common::{dimension, everything, read, values, variable, whole, write as write_ours};

pub(super) const FORMATS: [(NcWriteFormat, &str); 5] = [
    (NcWriteFormat::Classic, "NetCDF-3 classic"),
    (NcWriteFormat::Offset64, "NetCDF-3 64-bit offset"),
    (NcWriteFormat::Cdf5, "NetCDF-3 64-bit data"),
    (NcWriteFormat::Nc4, "NetCDF-4"),
    (NcWriteFormat::Nc4Classic, "NetCDF-4 classic model"),
];

pub(super) fn write(path: &Path, format: NcWriteFormat) {
    let mut file = NcFileBuilder::new();
    let time = file.add_unlimited_dimension("time").unwrap();
    let x = file.add_dimension("x", 3).unwrap();
    let title = NcAttrValue::Chars("a title".into());
    file.add_attribute("title", title).unwrap();
    let hours = file.add_variable::<f64>("time", &[time]).unwrap();
    file.write_variable(hours, &[0.0, 6.0]).unwrap();
    let packed = file.add_variable::<i16>("packed", &[time, x]).unwrap();
    let scale = NcAttrValue::Floats(vec![0.5]);
    file.add_variable_attribute(packed, "scale_factor", scale)
        .unwrap();
    let values: [i16; 6] = [1, -2, 3, -4, 5, -6];
    file.write_variable(packed, &values).unwrap();
    let fixed = file.add_variable::<i32>("fixed", &[x]).unwrap();
    file.write_variable(fixed, &[7, 8, 9]).unwrap();
    let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn every_format_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    for (format, name) in FORMATS {
        write(&path, format);
        let mut file = open(&path).unwrap();
        assert_eq!(file.format(), name);
        let dataset = file.dataset().clone();
        assert_eq!(dataset.attributes[0].value, Values::text("a title"));
        let packed = dataset.position("packed").unwrap();
        let variable = &dataset.variables[packed];
        assert_eq!(dataset.dims(variable), ["time", "x"], "{name}");
        assert_eq!(dataset.shape(variable), [2, 3], "{name}");
        assert!(dataset.dimensions[variable.dimensions[0]].unlimited);
        let scale = variable.attribute("scale_factor");
        assert_eq!(scale, Some(&Values::F32(vec![0.5])), "{name}");
        let part = file.read(packed, &[0..2, 1..3]).unwrap();
        assert_eq!(part, Values::I16(vec![-2, 3, 5, -6]), "{name}");
        let time = dataset.position("time").unwrap();
        let times = file.read(time, &whole(&[2])).unwrap();
        assert_eq!(times, Values::F64(vec![0.0, 6.0]), "{name}");
        let fixed = dataset.position("fixed").unwrap();
        let values = file.read(fixed, &whole(&[3])).unwrap();
        assert_eq!(values, Values::I32(vec![7, 8, 9]), "{name}");
    }
}

#[test]
fn parts_are_parts_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for format in [NcWriteFormat::Classic, NcWriteFormat::Nc4] {
        for grows in [false, true] {
            let path = folder.path().join("file.nc");
            let mut file = NcFileBuilder::new();
            let first = if grows {
                file.add_unlimited_dimension("a")
            } else {
                file.add_dimension("a", 3)
            };
            let all = [
                first.unwrap(),
                file.add_dimension("b", 4).unwrap(),
                file.add_dimension("c", 5).unwrap(),
            ];
            // Another one, so that records of the first do not follow each other.
            let other = file.add_variable::<i16>("other", &all[..1]).unwrap();
            file.write_variable(other, &[1_i16, 2, 3]).unwrap();
            let id = file.add_variable::<i32>("v", &all).unwrap();
            let numbers: Vec<i32> = (0..60).collect();
            file.write_variable(id, &numbers).unwrap();
            let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
            fs::write(&path, bytes).unwrap();
            let mut file = open(&path).unwrap();
            let v = file.dataset().position("v").unwrap();
            for (a, b, c) in [
                (0..3, 0..4, 0..5),
                (1..2, 0..4, 0..5),
                (1..3, 2..4, 0..5),
                (0..3, 1..2, 3..5),
                (2..3, 3..4, 4..5),
            ] {
                let inside = |n: &i32| {
                    let n = *n as usize;
                    a.contains(&(n / 20)) && b.contains(&(n / 5 % 4)) && c.contains(&(n % 5))
                };
                let wanted = numbers.iter().copied().filter(inside).collect();
                let region = [a.clone(), b.clone(), c.clone()];
                let found = file.read(v, &region).unwrap();
                assert_eq!(found, Values::I32(wanted), "{region:?}");
            }
            assert!(matches!(
                file.read(v, &[0..3, 0..4, 0..6]),
                Err(Error::Invalid(_))
            ));
        }
    }
}

/// Makes the header around a place valid again.
fn seal(bytes: &mut [u8], at: usize) {
    let header = bytes[..at].windows(4).rposition(|w| w == b"OHDR").unwrap();
    let size = u32::from_le_bytes(bytes[header + 6..header + 10].try_into().unwrap());
    let end = header + 10 + size as usize;
    let sum = jenkins_lookup3(&bytes[header..end]);
    bytes[end..end + 4].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn groups_that_contain_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let (dataset, all) = everything();
    write_ours(&path, &dataset, &all);
    let mut bytes = fs::read(&path).unwrap();
    let root: [u8; 8] = bytes[36..44].try_into().unwrap();
    let link = b"\x05\0inner";
    let at = bytes.windows(link.len()).position(|w| w == link).unwrap() + link.len();
    bytes[at..at + 8].copy_from_slice(&root);
    seal(&mut bytes, at);
    fs::write(&path, bytes).unwrap();
    let why = open(&path).err().unwrap().to_string();
    assert!(why.contains("contain themselves"), "{why}");
}

#[test]
fn a_filter_that_is_unknown_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let dataset = foresz_files::Dataset {
        dimensions: vec![dimension("x", 1 << 16, false)],
        variables: vec![variable("v", foresz_files::Kind::I16, &[0])],
        ..Default::default()
    };
    let settings = netcdf::Settings { deflate: Some(1) };
    let sink = netcdf::create_with(&path, &dataset, settings).unwrap();
    let all = [values(foresz_files::Kind::I16, 1 << 16)];
    super::common::fill(sink, &dataset, &all).unwrap();
    // Two filters: a shuffle of values of two bytes, and deflate.
    let pipeline = [
        2, 2, 2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0,
    ];
    let mut bytes = fs::read(&path).unwrap();
    let places = bytes.windows(pipeline.len());
    let at = places.clone().position(|w| w == pipeline).unwrap();
    bytes[at + 2..at + 4].copy_from_slice(&307u16.to_le_bytes());
    // A filter of that number has the length of a name, none here, before its flags.
    bytes[at + 4..at + 8].copy_from_slice(&[0, 0, 0, 0]);
    bytes[at + 8..at + 10].copy_from_slice(&[1, 0]);
    bytes[at + 10..at + 14].copy_from_slice(&[0; 4]);
    bytes[at + 14..at + 22].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
    seal(&mut bytes, at);
    fs::write(&path, bytes).unwrap();
    // It is left out, and all else is there.
    let file = open(&path).unwrap();
    assert!(file.dataset().variables.is_empty());
    let [(name, why)] = file.skipped() else {
        panic!("{:?}", file.skipped());
    };
    assert_eq!(name, "v");
    assert!(
        why.contains("307 (bzip2)") && why.contains("nccopy"),
        "{why}"
    );
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    for bytes in [
        &b""[..],
        b"CDF",
        b"CDF\x04aaaaaaaaaa",
        b"something else altogether",
    ] {
        fs::write(&path, bytes).unwrap();
        assert!(open(&path).is_err(), "{bytes:?}");
    }
}

#[test]
fn what_was_read_can_be_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    for (format, name) in FORMATS {
        write(&path, format);
        let mut file = open(&path).unwrap();
        let dataset = file.dataset().clone();
        let all = read(file.as_mut()).unwrap();
        write_ours(&path, &dataset, &all);
        let mut file = open(&path).unwrap();
        assert_eq!(*file.dataset(), dataset, "{name}");
        assert_eq!(read(file.as_mut()).unwrap(), all, "{name}");
    }
}
