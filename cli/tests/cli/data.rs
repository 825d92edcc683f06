//! Files with several variables: in, out, and what is asked of them.

use std::ops::Range;
use std::path::Path;

use foresz::files::{
    self, Attribute, Dataset, Dimension, Kind, Memory, Sink, Source, Values, Variable,
};

use crate::bench::Bench;

pub(crate) const ROWS: usize = 10;
pub(crate) const COLUMNS: usize = 20;

pub(crate) fn attribute(name: &str, text: &str) -> Attribute {
    Attribute {
        name: name.into(),
        value: Values::text(text),
    }
}

fn variable(name: &str, kind: Kind, dimensions: &[usize], units: &str) -> Variable {
    Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.to_vec(),
        attributes: vec![attribute("units", units)],
    }
}

pub(crate) fn temperature(hour: usize, i: usize, j: usize) -> f32 {
    let (t, y, x) = (hour as f32, i as f32, j as f32);
    280.0
        + 9.0 * (0.4 * y).sin()
        + 2.0 * (0.3 * x + 0.2 * t).cos()
        + 0.01 * (7.0 * t + 3.0 * x).sin()
}

/// A file of some hours of weather: `t2m`, packed `tp`, and something that no table knows.
pub(crate) fn weather(hours: Range<usize>) -> Memory {
    let dimension = |name: &str, length, unlimited| Dimension {
        name: name.into(),
        length,
        unlimited,
    };
    let mut rain = variable("tp", Kind::I16, &[0, 1, 2], "m");
    rain.attributes.extend([
        Attribute {
            name: "scale_factor".into(),
            value: Values::F64(vec![1e-6]),
        },
        Attribute {
            name: "add_offset".into(),
            value: Values::F64(vec![0.032_766]),
        },
        Attribute {
            name: "_FillValue".into(),
            value: Values::I16(vec![-32767]),
        },
    ]);
    let places = || {
        let hours = hours.clone();
        hours.flat_map(|t| (0..ROWS * COLUMNS).map(move |k| (t, k / COLUMNS, k % COLUMNS)))
    };
    let rained = |(t, i, j): (usize, usize, usize)| match temperature(t, i, j) - 285.0 {
        rain if rain > 0.0 => (rain * 2000.0) as i16 - 32766,
        _ => -32766,
    };
    let values = vec![
        Values::I32(hours.clone().map(|h| h as i32).collect()),
        Values::F64((0..ROWS).map(|i| 60.0 - 0.25 * i as f64).collect()),
        Values::F64((0..COLUMNS).map(|j| 0.25 * j as f64).collect()),
        Values::F32(places().map(|(t, i, j)| temperature(t, i, j)).collect()),
        Values::I16(places().map(rained).collect()),
        Values::F32(places().map(|(t, i, j)| (t * i + j) as f32).collect()),
    ];
    let dataset = Dataset {
        dimensions: vec![
            dimension("time", hours.len(), true),
            dimension("latitude", ROWS, false),
            dimension("longitude", COLUMNS, false),
        ],
        attributes: vec![attribute("title", "made up")],
        variables: vec![
            variable("time", Kind::I32, &[0], "hours since 2020-01-01 00:00:00"),
            variable("latitude", Kind::F64, &[1], "degrees_north"),
            variable("longitude", Kind::F64, &[2], "degrees_east"),
            variable("t2m", Kind::F32, &[0, 1, 2], "K"),
            rain,
            variable("oddity", Kind::F32, &[0, 1, 2], "furlongs"),
        ],
    };
    Memory::new(dataset, values).unwrap()
}

/// Writes a data set to a file of the kind that its name tells.
pub(crate) fn save(memory: &mut Memory, path: &Path) {
    let dataset = memory.dataset().clone();
    let mut sink: Box<dyn Sink> = files::create(path, &dataset).unwrap();
    for (v, variable) in dataset.variables.iter().enumerate() {
        let region: Vec<Range<usize>> = dataset.shape(variable).iter().map(|n| 0..*n).collect();
        sink.write(v, &region, memory.values(v)).unwrap();
    }
    sink.finish().unwrap();
}

/// All of a variable of a file.
pub(crate) fn load(path: &Path, name: &str) -> Values {
    let mut source = files::open(path).unwrap();
    let dataset = source.dataset().clone();
    let v = dataset.position(name).unwrap();
    let region: Vec<Range<usize>> = dataset
        .shape(&dataset.variables[v])
        .iter()
        .map(|n| 0..*n)
        .collect();
    source.read(v, &region).unwrap()
}

pub(crate) fn farthest(a: &Values, b: &Values) -> f64 {
    let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(&b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f64::max)
}

fn bench() -> Bench {
    let bench = Bench::new();
    save(&mut weather(0..48), &bench.path("era5.nc"));
    bench
}

#[test]
fn a_variable_of_a_file_goes_there_and_back() {
    let bench = bench();
    let said = bench.json("compress era5.nc -v t2m --abs 0.05");
    assert_eq!(said["output"], "era5.nc.fsz");
    assert_eq!(said["variables"][0]["name"], "t2m");
    assert!(said["variables"][0]["max_error"].as_f64().unwrap() <= 0.05);
    bench.ok("verify era5.nc.fsz era5.nc");
    std::fs::rename(bench.path("era5.nc"), bench.path("before.nc")).unwrap();
    bench.ok("decompress era5.nc.fsz -q");
    let (before, after) = (bench.path("before.nc"), bench.path("era5.nc"));
    assert!(farthest(&load(&before, "t2m"), &load(&after, "t2m")) <= 0.05);
    for name in ["time", "latitude", "longitude"] {
        assert_eq!(load(&before, name), load(&after, name));
    }
    let file = files::open(&after).unwrap();
    let dataset = file.dataset();
    assert!(dataset.dimensions[0].unlimited);
    assert!(dataset.position("tp").is_none());
    let t2m = &dataset.variables[dataset.position("t2m").unwrap()];
    assert_eq!(t2m.attribute("units").unwrap().as_text(), Some("K"));
    assert_eq!(
        t2m.attribute("foresz_bound").unwrap().as_text(),
        Some("absolute 0.05")
    );
    assert!(
        t2m.attribute("foresz_max_error")
            .unwrap()
            .as_number()
            .unwrap()
            <= 0.05
    );
    assert_eq!(bench.names(), ["before.nc", "era5.nc", "era5.nc.fsz"]);
}

#[test]
fn presets_know_variables_and_say_which_they_do_not() {
    let bench = bench();
    let output = bench.run("compress era5.nc --all --preset era5 --json");
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("does not know oddity"), "{notes}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let asked = |v: usize| said["variables"][v]["asked"][0]["asked"].as_f64();
    assert_eq!(
        (asked(0), asked(1), asked(2)),
        (Some(0.05), Some(1e-5), None)
    );
    bench.ok("verify era5.nc.fsz era5.nc");
    bench.ok("decompress era5.nc.fsz -o rain.npy -v tp -q");
    let rain = bench.get("rain.npy");
    let values = Values::from_le_bytes(Kind::F64, &rain[128..])
        .unwrap()
        .to_f64()
        .unwrap();
    assert!(values.iter().all(|x| *x >= 0.0) && values.contains(&0.0));
    bench.put("bounds.toml", b"[tp]\nlossless = true\n[oddity]\nabs = 2\n");
    let said = bench.json("compress era5.nc --all --preset era5 --bounds bounds.toml --force");
    assert_eq!(said["variables"][1]["max_error"], 0.0);
    assert_eq!(said["variables"][2]["asked"][0]["asked"], 2.0);
}

#[test]
fn packed_numbers_can_be_packed_again() {
    let bench = bench();
    bench.ok("compress era5.nc -v tp --abs 3.2e-6 --keep-zeros --non-negative -q");
    bench.ok("decompress era5.nc.fsz -o packed.nc --repack -q");
    let (before, after) = (
        load(&bench.path("era5.nc"), "tp"),
        load(&bench.path("packed.nc"), "tp"),
    );
    assert_eq!(before.kind(), after.kind());
    assert!(farthest(&before, &after) <= 3.0);
    bench.ok("compress era5.nc -v tp --lossless --force -q");
    bench.ok("decompress era5.nc.fsz -o packed.nc --repack --force --no-provenance -q");
    assert_eq!(load(&bench.path("packed.nc"), "tp"), before);
    bench.ok("compress era5.nc -v tp --pw-rel 0.01 --force -q");
    let text = bench.fails(2, "decompress era5.nc.fsz -o packed.nc --repack --force");
    assert!(text.contains("relative"), "{text}");
}

#[test]
fn zarr_in_and_out() {
    let bench = bench();
    bench.ok("compress era5.nc --all --abs 0.01 -o all.fsz -q");
    bench.ok("decompress all.fsz -o all.zarr -q");
    bench.ok("compress all.zarr -v t2m --abs 0.02 -o again.fsz -q");
    bench.ok("decompress again.fsz -o again.nc -q");
    let (before, after) = (
        load(&bench.path("era5.nc"), "t2m"),
        load(&bench.path("again.nc"), "t2m"),
    );
    assert!(farthest(&before, &after) <= 0.03);
    let output = bench.run("compress all.zarr -v t2m --abs 0.02 -o twice.fsz");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("lossy compressor before"), "{warning}");
}

#[test]
fn parts_by_index_and_by_coordinate_are_the_same() {
    let bench = bench();
    bench.ok("compress era5.nc -v t2m --abs 0.05 -o s.fsz -q");
    bench.ok("decompress s.fsz -o a.nc --region 6:12,0:5,4: -q");
    bench.ok("decompress s.fsz -o b.nc --region time=6:12,latitude=0:5,longitude=4: -q");
    bench.ok(
        "decompress s.fsz -o c.nc --sel time=2020-01-01T06:00/2020-01-01T11:30,latitude=60:59 --sel longitude=1/99 -q",
    );
    let a = load(&bench.path("a.nc"), "t2m");
    assert_eq!(a.len(), 6 * 5 * 16);
    assert_eq!(load(&bench.path("b.nc"), "t2m"), a);
    assert_eq!(load(&bench.path("c.nc"), "t2m"), a);
    assert_eq!(
        load(&bench.path("c.nc"), "time"),
        Values::I32((6..12).collect())
    );
    bench.ok("decompress s.fsz -o day.npy --sel time=2020-01-02/2020-01-02 -q");
    assert_eq!(bench.get("day.npy").len(), 128 + 24 * ROWS * COLUMNS * 4);
    for (wrong, wanted) in [
        (
            "--sel time=2021-01-01/2022-01-01",
            "go from 2020-01-01T00:00:00 to 2020-01-02T23:00:00",
        ),
        ("--sel latitude=10", "go from 60 to 57.75"),
        (
            "--sel height=10",
            "no dimension height; the stream has time, latitude, longitude",
        ),
        ("--sel time=noon", "noon"),
        ("--region time=3:100", "length 48"),
        ("--region 1:2", "3 dimensions"),
    ] {
        let text = bench.fails(2, &format!("decompress s.fsz -o x.nc {wrong}"));
        assert!(text.contains(wanted), "{wrong}: {text}");
    }
}

#[test]
fn info_lists_what_files_and_streams_hold() {
    let bench = bench();
    let said = bench.json("info era5.nc");
    assert!(said["format"].as_str().unwrap().starts_with("NetCDF-4"));
    let find = |name: &str| {
        said["variables"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["name"] == name)
            .unwrap()
    };
    assert_eq!(find("t2m")["shape"], serde_json::json!([48, ROWS, COLUMNS]));
    assert_eq!(find("tp")["step"], 1e-6);
    assert_eq!(find("time")["role"], "companion");
    bench.ok("compress era5.nc --all --abs 0.05 -o s.fsz -q");
    let text = String::from_utf8(bench.ok("info s.fsz")).unwrap();
    assert!(
        text.contains("time 48 unlimited") && text.contains("t2m"),
        "{text}"
    );
    assert_eq!(bench.json("info s.fsz")["lost_bytes"], 0);
}

#[test]
fn suggestions_are_one_of_the_rungs() {
    let bench = bench();
    let said = bench.json("suggest era5.nc -v t2m");
    assert_eq!(said["suggested"], 0.05);
    assert!(said["rungs"].as_array().unwrap().len() > 5);
    let said = bench.json("suggest era5.nc -v tp");
    assert_eq!(said["step"], 1e-6);
    let said = bench.json("suggest era5.nc -v oddity");
    assert!(said["suggested"].as_f64().is_some());
    assert!(
        bench
            .fails(2, "suggest era5.nc")
            .contains("t2m, tp, oddity")
    );
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let bench = bench();
    for (line, wanted) in [
        ("compress era5.nc -v t2n --abs 1", "did you mean t2m?"),
        (
            "compress era5.nc --abs 1",
            "-v, or take --all: t2m, tp, oddity",
        ),
        ("compress era5.nc --abs 1 --all --shape 3x4", "--shape"),
        ("compress era5.nc -v t2m", "--abs"),
        (
            "compress era5.nc -v t2m --abs 1 --preset era5",
            "cannot be used",
        ),
        ("compress era5.nc -v t2m --preset era6", "era5-loose"),
        ("compress era5.nc -v t2m --bounds none.toml", "none.toml"),
        (
            "compress era5.nc -v oddity --non-negative --abs 1 --attr a=b",
            "--attr",
        ),
    ] {
        let output = bench.run(line);
        assert!(!output.status.success(), "{line}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(wanted), "{line}: {text}");
    }
    bench.ok("compress era5.nc -v t2m --abs 1 -o s.fsz -q");
    assert!(
        bench
            .fails(2, "compress s.fsz --abs 1")
            .contains("a stream already")
    );
    let bytes = bench.get("era5.nc");
    bench.put("cut.nc", &bytes[..bytes.len() / 2]);
    bench.put("no.nc", b"this is no NetCDF at all");
    std::fs::create_dir(bench.path("folder")).unwrap();
    for name in ["cut.nc", "no.nc", "folder", "missing.nc"] {
        let output = bench.run(&format!("compress {name} --all --abs 1 -o x.fsz"));
        assert!(!output.status.success(), "{name}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(name), "{text}");
    }
    assert!(
        !bench
            .names()
            .iter()
            .any(|name| name.starts_with('.') || name == "x.fsz")
    );
}

#[test]
fn times_that_go_backwards_are_told() {
    let bench = Bench::new();
    let mut memory = weather(0..6);
    let back = Values::I32(vec![0, 1, 2, 1, 4, 9]);
    memory
        .write(0, std::slice::from_ref(&(0..6)), &back)
        .unwrap();
    save(&mut memory, &bench.path("back.nc"));
    let output = bench.run("compress back.nc -v t2m --abs 1");
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("time does not go forward"), "{text}");
}
