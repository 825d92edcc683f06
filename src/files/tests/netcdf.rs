//! `NetCDF` files in and out.

#![cfg(feature = "netcdf")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::ops::Range;
use std::path::Path;

use foresz_files::{Values, netcdf};
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

fn whole(shape: &[usize]) -> Vec<Range<usize>> {
    shape.iter().map(|n| 0..*n).collect()
}

fn write(path: &Path, format: NcWriteFormat) {
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
    let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn every_format_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.nc");
    let formats = [
        (NcWriteFormat::Classic, "NetCDF-3 classic"),
        (NcWriteFormat::Offset64, "NetCDF-3 64-bit offset"),
        (NcWriteFormat::Cdf5, "NetCDF-3 64-bit data"),
        (NcWriteFormat::Nc4, "NetCDF-4"),
        (NcWriteFormat::Nc4Classic, "NetCDF-4 classic model"),
    ];
    for (format, name) in formats {
        write(&path, format);
        let mut file = netcdf::open(&path).unwrap();
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
    }
}
