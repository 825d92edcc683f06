//! GRIB files, made by `files/make_grib.py`.

#![cfg(feature = "grib")]
use std::path::{Path, PathBuf};

use foresz_files::{Dataset, Error, Kind, Source, Values, grib};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/files")
        .join(name)
}

fn shape(dataset: &Dataset, name: &str) -> Vec<(String, usize)> {
    let variable = &dataset.variables[dataset.position(name).unwrap()];
    let names = dataset.dims(variable).into_iter().map(String::from);
    names.zip(dataset.shape(variable)).collect()
}

fn all(source: &mut impl Source, name: &str) -> Values {
    let dataset = source.dataset();
    let variable = dataset.position(name).unwrap();
    let shape = dataset.shape(&dataset.variables[variable]);
    let whole: Vec<_> = shape.iter().map(|n| 0..*n).collect();
    source.read(variable, &whole).unwrap()
}

fn text(dataset: &Dataset, variable: &str, attribute: &str) -> String {
    let variable = &dataset.variables[dataset.position(variable).unwrap()];
    let value = variable.attribute(attribute).unwrap();
    value.as_text().unwrap().into()
}

#[test]
fn messages_become_a_variable_over_time_and_level() {
    for edition in [1, 2] {
        let mut source = grib::open(file(&format!("levels{edition}.grib"))).unwrap();
        assert_eq!(source.format(), format!("GRIB edition {edition}"));
        let dims = [
            ("time", 2),
            ("isobaricInhPa", 2),
            ("latitude", 5),
            ("longitude", 7),
        ];
        let dims = dims.map(|(name, length)| (name.to_string(), length));
        assert_eq!(shape(source.dataset(), "t"), dims);
        assert_eq!(
            all(&mut source, "isobaricInhPa"),
            Values::F64(vec![850.0, 500.0])
        );
        let midnight = 1_582_934_400;
        let times = Values::I64(vec![midnight, midnight + 12 * 3600]);
        assert_eq!(all(&mut source, "time"), times);
        assert_eq!(all(&mut source, "valid_time"), times);
        assert_eq!(all(&mut source, "step"), Values::F64(vec![0.0]));
        let latitudes = Values::F64(vec![60.0, 59.5, 59.0, 58.5, 58.0]);
        assert_eq!(all(&mut source, "latitude"), latitudes);
        let longitudes = Values::F64(vec![-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]);
        assert_eq!(all(&mut source, "longitude"), longitudes);
        let dataset = source.dataset();
        assert_eq!(text(dataset, "t", "units"), "K");
        assert_eq!(text(dataset, "t", "standard_name"), "air_temperature");
        assert_eq!(text(dataset, "t", "GRIB_gridType"), "regular_ll");
        assert!(source.skipped().is_empty());
    }
}

#[test]
fn parts_are_those_of_the_whole() {
    let mut source = grib::open(file("levels1.grib")).unwrap();
    let variable = source.dataset().position("t").unwrap();
    assert_eq!(source.pieces(variable), Some(vec![1, 1, 5, 7]));
    let Values::F32(whole) = all(&mut source, "t") else {
        panic!("not of single precision");
    };
    // Missing in the bitmap of 850 hPa.
    assert!(whole[3].is_nan() && whole[17].is_nan() && !whole[35 + 3].is_nan());
    let part = source.read(variable, &[1..2, 0..2, 2..4, 4..6]).unwrap();
    let place = |level: usize, y: usize, x: usize| whole[70 + level * 35 + y * 7 + x];
    let expected = [0, 1].map(|l| {
        [
            place(l, 2, 4),
            place(l, 2, 5),
            place(l, 3, 4),
            place(l, 3, 5),
        ]
    });
    assert_eq!(part, Values::F32(expected.concat()));
    assert!(source.read(variable, &[0..1, 0..1, 0..1, 0..8]).is_err());
    assert!(source.read(variable, &[0..1, 0..1]).is_err());
    assert!(source.read(99, &[]).is_err());
}

#[test]
fn overlapping_forecasts_are_one_line_of_time() {
    for edition in [1, 2] {
        let mut source = grib::open(file(&format!("overlapping{edition}.grib"))).unwrap();
        assert_eq!(shape(source.dataset(), "tp")[0], ("valid_time".into(), 5));
        let steps = Values::F64(vec![11.0, 12.0, 1.0, 2.0, 3.0]);
        assert_eq!(all(&mut source, "step"), steps);
        let Values::I64(valid) = all(&mut source, "valid_time") else {
            panic!("not whole seconds");
        };
        assert!(valid.windows(2).all(|w| w[1] - w[0] == 3600));
    }
}

#[test]
fn grids_of_other_kinds() {
    for edition in [1, 2] {
        let mut gaussian = grib::open(file(&format!("regular_gg{edition}.grib"))).unwrap();
        let dims = shape(gaussian.dataset(), "t2m");
        assert_eq!(dims, [("latitude".into(), 64), ("longitude".into(), 128)]);
        let Values::F64(latitudes) = all(&mut gaussian, "latitude") else {
            panic!("not degrees");
        };
        assert!((latitudes[0] - 87.863_798_839).abs() < 1e-9);
        assert!((latitudes[63] + 87.863_798_839).abs() < 1e-9);

        let mut reduced = grib::open(file(&format!("reduced_gg{edition}.grib"))).unwrap();
        let dims = shape(reduced.dataset(), "t2m");
        assert_eq!(dims, [("values".into(), 6114)]);
        let Values::F64(longitudes) = all(&mut reduced, "longitude") else {
            panic!("not degrees");
        };
        assert_eq!(longitudes[..3], [0.0, 18.0, 36.0]);
        assert_eq!(longitudes[6113], 342.0);

        let mut turned = grib::open(file(&format!("rotated_ll{edition}.grib"))).unwrap();
        let dims = shape(turned.dataset(), "t2m");
        assert_eq!(dims, [("y".into(), 31), ("x".into(), 16)]);
        let Values::F64(latitudes) = all(&mut turned, "latitude") else {
            panic!("not degrees");
        };
        // The points of the first row lie beyond the pole.
        assert!((latitudes[0] - 66.5).abs() < 1e-9, "{}", latitudes[0]);

        let plane = grib::open(file(&format!("polar_stereographic{edition}.grib"))).unwrap();
        let dims = shape(plane.dataset(), "t2m");
        assert_eq!(
            dims.iter().map(|d| d.0.as_str()).collect::<Vec<_>>(),
            ["y", "x"]
        );
    }
}

#[test]
fn members_are_a_dimension() {
    for edition in [1, 2] {
        let mut source = grib::open(file(&format!("members{edition}.grib"))).unwrap();
        assert_eq!(shape(source.dataset(), "u10")[0], ("number".into(), 3));
        assert_eq!(all(&mut source, "number"), Values::I64(vec![0, 1, 2]));
    }
}

#[test]
fn variables_keep_their_own_steps() {
    let mut source = grib::open(file("surface1.grib")).unwrap();
    let dataset = source.dataset();
    assert_eq!(shape(dataset, "tp")[0], ("step".into(), 2));
    assert_eq!(shape(dataset, "t2m").len(), 2);
    assert_eq!(
        text(dataset, "t2m", "coordinates").split(' ').next(),
        Some("number")
    );
    let tp = &dataset.variables[dataset.position("tp").unwrap()];
    assert_eq!(tp.kind, Kind::F32);
    assert!(tp.attribute("GRIB_packing_step").is_some());
    let Values::F32(same) = all(&mut source, "t2m") else {
        panic!("not of single precision");
    };
    assert!(same.iter().all(|x| *x == 273.25));
}

#[test]
fn other_packings_are_named_with_a_way_out() {
    let why = grib::open(file("second_order1.grib")).err().unwrap();
    assert!(matches!(why, Error::Unsupported(_)));
    let why = why.to_string();
    assert!(why.contains("second-order"), "{why}");
    assert!(
        why.contains("grib_set -r -s packingType=grid_simple"),
        "{why}"
    );
}

/// Opens and reads everything, whatever the bytes are.
fn survive(bytes: &[u8]) -> Result<(), Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let mut source = grib::open(file.path())?;
    for variable in 0..source.dataset().variables.len() {
        let shape = source
            .dataset()
            .shape(&source.dataset().variables[variable]);
        // A damaged header may claim any size; what is asked for stays small.
        let part: Vec<_> = shape.iter().map(|n| 0..(*n).min(50)).collect();
        source.read(variable, &part)?;
    }
    Ok(())
}

#[test]
fn damage_is_an_error_and_no_more() {
    let mut seed = 7u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for entry in std::fs::read_dir(file("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "grib") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(3) {
                let place = random(bytes.len());
                damaged[place] = random(256) as u8;
            }
            let _ = survive(&damaged);
        }
        for _ in 0..30 {
            let cut = 1 + random(bytes.len() - 1);
            let _ = survive(&bytes[..cut]);
        }
    }
}

#[test]
fn cut_files_and_other_files_say_so() {
    let bytes = std::fs::read(file("levels1.grib")).unwrap();
    let why = survive(&bytes[..bytes.len() - 9]).unwrap_err().to_string();
    assert!(why.contains("cut short"), "{why}");
    let why = survive(b"CDF\x01 something else").unwrap_err().to_string();
    assert!(why.contains("no GRIB file"), "{why}");
    assert!(survive(b"").is_err());
    assert!(grib::open("does/not/exist.grib").is_err());
}

#[test]
fn what_lies_between_messages_does_not_matter() {
    let bytes = std::fs::read(file("members1.grib")).unwrap();
    let length = bytes.len() / 3;
    let mut padded = b"TTAA00 ECMF".to_vec();
    for message in bytes.chunks(length) {
        padded.extend_from_slice(message);
        padded.resize(padded.len() + 100_000, 0);
    }
    assert!(survive(&padded).is_ok());
}

/// Files as users have them, where they are at hand.
#[test]
fn files_of_era5() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/original");
    let Ok(mut source) = grib::open(folder.join("era5-levels-members.grib")) else {
        return;
    };
    let dims = shape(source.dataset(), "z");
    let dims: Vec<_> = dims
        .iter()
        .map(|(name, length)| (name.as_str(), *length))
        .collect();
    let expected = [
        ("number", 10),
        ("time", 4),
        ("isobaricInhPa", 2),
        ("latitude", 61),
        ("longitude", 120),
    ];
    assert_eq!(dims, expected);
    let Values::F32(values) = all(&mut source, "z") else {
        panic!("not of single precision");
    };
    assert_eq!(values[0], 14_201.754);
    let other = grib::open(folder.join("era5-2mt-2019-03-uk.grib")).unwrap();
    assert_eq!(shape(other.dataset(), "t2m")[0], ("time".into(), 744));
}
