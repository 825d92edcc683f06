//! `--all` is all, and what a stream lacks is told.

use std::ops::Range;
use std::path::Path;

use foresz::files::{self, Attribute, Dataset, Dimension, Kind, Memory, Source, Values, Variable};

use crate::bench::{Bench, stderr};
use crate::data::farthest;

fn attribute(name: &str, value: Values) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

fn variable(name: &str, kind: Kind, dimensions: &[usize]) -> Variable {
    Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.into(),
        attributes: vec![attribute("of", Values::text(name))],
    }
}

fn texts(texts: &[&str]) -> Values {
    Values::Text(texts.iter().map(|t| (*t).into()).collect())
}

/// A file with whatever nothing else refers to.
fn odds_and_ends() -> Memory {
    let dimension = |(name, length): (&str, usize)| Dimension {
        name: name.into(),
        length,
        unlimited: name == "time" || name == "obs",
    };
    let dimensions = [
        ("time", 4),
        ("y", 3),
        ("x", 5),
        ("station", 2),
        ("strlen", 6),
        ("lev", 3),
        ("spare", 7),
        ("obs", 0),
        ("none", 0),
        ("g/k", 2),
        // As long as that of the parent, and not the same.
        ("g/y", 3),
    ];
    let all = [
        (variable("t2m", Kind::F32, &[0, 1, 2]), field(60)),
        (
            variable("y", Kind::F64, &[1]),
            Values::F64(vec![1.0, 2.0, 4.0]),
        ),
        (
            variable("station_name", Kind::Char, &[3, 4]),
            Values::Char(b"Wien\0\0Aberda".to_vec()),
        ),
        (variable("lev", Kind::I16, &[5]), Values::I16(vec![3, 2, 1])),
        (variable("words", Kind::Text, &[3]), texts(&["", "zwölf"])),
        (variable("title", Kind::Text, &[]), texts(&["one"])),
        (variable("crs", Kind::I32, &[]), Values::I32(vec![4326])),
        (
            variable("height", Kind::F32, &[]),
            Values::F32(vec![f32::NAN]),
        ),
        (variable("seen", Kind::F32, &[7]), Values::F32(Vec::new())),
        (
            variable("never", Kind::F64, &[1, 8]),
            Values::F64(Vec::new()),
        ),
        (variable("g/v", Kind::F32, &[9, 1]), field(6)),
        (variable("g/w", Kind::I8, &[10]), Values::I8(vec![1, 2, 3])),
        (
            variable("g/text", Kind::Char, &[4]),
            Values::Char(b"abcdef".to_vec()),
        ),
    ];
    let dataset = Dataset {
        dimensions: dimensions.map(dimension).into(),
        attributes: vec![
            attribute("history", Values::Char(vec![b'h'; 70_000])),
            attribute("versions", Values::I16(vec![1, 2, 3])),
            attribute("empty", Values::Char(Vec::new())),
            attribute("g/note", Values::text("of a group")),
            attribute("h/note", Values::text("of a group without variables")),
        ],
        variables: all.iter().map(|(variable, _)| variable.clone()).collect(),
    };
    Memory::new(dataset, all.into_iter().map(|(_, values)| values).collect()).unwrap()
}

fn field(count: usize) -> Values {
    Values::F32((0..count).map(|k| 280.0 + (k as f32 * 0.3).sin()).collect())
}

fn save(memory: &Memory, path: &Path) {
    let dataset = memory.dataset().clone();
    let mut sink = files::create(path, &dataset).unwrap();
    for (v, variable) in dataset.variables.iter().enumerate() {
        let region: Vec<Range<usize>> = dataset.shape(variable).iter().map(|n| 0..*n).collect();
        if !region.iter().any(Range::is_empty) {
            sink.write(v, &region, memory.values(v)).unwrap();
        }
    }
    sink.finish().unwrap();
}

/// Everything that is in a file.
fn contents(path: &Path) -> (Dataset, Vec<Values>) {
    let mut source = files::open(path).unwrap();
    assert!(source.skipped().is_empty());
    let dataset = source.dataset().clone();
    let mut all = Vec::new();
    for (v, variable) in dataset.variables.iter().enumerate() {
        let region: Vec<Range<usize>> = dataset.shape(variable).iter().map(|n| 0..*n).collect();
        all.push(if region.iter().any(Range::is_empty) {
            Values::zeros(variable.kind, 0)
        } else {
            source.read(v, &region).unwrap()
        });
    }
    (dataset, all)
}

#[test]
fn all_is_all() {
    let bench = Bench::new();
    save(&odds_and_ends(), &bench.path("all.nc"));
    let (dataset, values) = contents(&bench.path("all.nc"));
    assert_eq!(dataset.variables.len(), 13);
    assert_eq!(dataset.dimensions.len(), 11);
    for (asked, bound) in [("--lossless", 0.0), ("--abs 0.01", 0.01)] {
        bench.ok(&format!(
            "compress all.nc --all {asked} -o s.fsz --force -q"
        ));
        bench.ok("decompress s.fsz -o back.nc --no-provenance --force -q");
        let (found, back) = contents(&bench.path("back.nc"));
        assert!(found == dataset, "{asked}: {found:?}");
        for ((variable, before), after) in dataset.variables.iter().zip(&values).zip(&back) {
            if ["t2m", "g/v"].contains(&variable.name.as_str()) {
                assert!(
                    farthest(before, after) <= bound,
                    "{asked}: {}",
                    variable.name
                );
            } else {
                assert_eq!(before.differing(after), 0, "{asked}: {}", variable.name);
            }
        }
        let said = bench.json("verify s.fsz all.nc");
        assert_eq!(said["kept"], true);
        let lacking = &said["lacking"];
        for what in ["variables", "dimensions", "attributes", "unreadable"] {
            assert_eq!(lacking[what], serde_json::json!([]), "{asked}");
        }
    }
}

#[test]
fn all_of_a_zarr_store_is_all() {
    let bench = Bench::new();
    save(&odds_and_ends(), &bench.path("all.nc"));
    bench.ok("compress all.nc --all --lossless -o s.fsz -q");
    let output = bench.run("decompress s.fsz -o all.zarr -q");
    assert!(output.status.success());
    let warning = stderr(&output);
    assert!(
        warning.contains("without arrays, such as spare"),
        "{warning}"
    );
    let (dataset, values) = contents(&bench.path("all.zarr"));
    assert_eq!(dataset.variables.len(), 13);
    assert!(dataset.attributes.iter().any(|a| a.name == "g/note"));
    assert!(dataset.attributes.iter().any(|a| a.name == "h/note"));
    for format in ["zarr", "nc"] {
        bench.ok("compress all.zarr --all --lossless -o z.fsz --force -q");
        bench.ok(&format!("decompress z.fsz -o back.{format} -q"));
        let (found, back) = contents(&bench.path(&format!("back.{format}")));
        assert_eq!(found.variables.len(), dataset.variables.len(), "{format}");
        for (variable, before) in dataset.variables.iter().zip(&values) {
            // Groups come last in NetCDF.
            let v = found.position(&variable.name).unwrap();
            let other = &found.variables[v];
            assert_eq!(found.dims(other), dataset.dims(variable), "{format}");
            assert_eq!(other.attributes, variable.attributes, "{format}");
            assert_eq!(back[v].differing(before), 0, "{format}");
        }
        let said = bench.json(&format!("verify z.fsz back.{format}"));
        assert_eq!(said["lacking"]["variables"], serde_json::json!([]));
    }
}

#[test]
fn what_a_stream_lacks_is_told() {
    let bench = Bench::new();
    save(&odds_and_ends(), &bench.path("all.nc"));
    bench.ok("compress all.nc -v t2m --abs 0.01 -o s.fsz -q");
    let said = bench.json("verify s.fsz all.nc");
    assert_eq!(said["kept"], true);
    let names = |what: &str| -> Vec<String> {
        serde_json::from_value(said["lacking"][what].clone()).unwrap()
    };
    let wanted = [
        "station_name",
        "lev",
        "words",
        "seen",
        "never",
        "g/v",
        "g/w",
        "g/text",
    ];
    assert_eq!(names("variables"), wanted);
    assert!(names("dimensions").contains(&"spare".into()));
    let text = String::from_utf8(bench.ok("verify s.fsz all.nc")).unwrap();
    assert!(
        text.contains("the stream lacks of the original: variables station_name, lev"),
        "{text}"
    );
    // Of a part that is asked for nothing is lacking.
    let said = bench.json("verify s.fsz all.nc -v t2m");
    assert_eq!(said["lacking"]["variables"], serde_json::json!([]));
}

/// A store with two arrays, one of a type that nobody reads, and an empty group.
fn half_readable(bench: &Bench) {
    let array = |data_type: &str| {
        format!(
            r#"{{"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "{data_type}",
            "chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [2]}}}},
            "chunk_key_encoding": {{"name": "default", "configuration": {{"separator": "/"}}}},
            "fill_value": 0, "codecs": [{{"name": "bytes", "configuration": {{"endian": "little"}}}}],
            "dimension_names": ["x"], "attributes": {{}}}}"#
        )
    };
    let group = r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#;
    for (name, json) in [
        ("s.zarr", group.into()),
        ("s.zarr/bare", group.into()),
        ("s.zarr/half", array("float16")),
        ("s.zarr/single", array("float32")),
    ] {
        std::fs::create_dir_all(bench.path(name)).unwrap();
        bench.put(&format!("{name}/zarr.json"), json.as_bytes());
    }
}

#[test]
fn what_cannot_be_kept_is_an_error_or_left_out_on_demand() {
    let bench = Bench::new();
    half_readable(&bench);
    let text = bench.fails(2, "compress s.zarr --all --lossless -o s.fsz");
    assert!(
        text.contains("half: values of the type \"float16\""),
        "{text}"
    );
    assert!(text.contains("bare: a group with nothing in it"), "{text}");
    assert!(text.contains("--skip-unreadable"), "{text}");
    let text = bench.fails(5, "compress s.zarr -v half --lossless -o s.fsz");
    assert!(text.contains("half cannot be read"), "{text}");
    let output = bench.run("compress s.zarr --all --skip-unreadable --lossless -o s.fsz --json");
    assert!(
        stderr(&output).contains("half is left out"),
        "{}",
        stderr(&output)
    );
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["left_out"].as_array().unwrap().len(), 2);
    assert_eq!(said["left_out"][0][0], "half");
    let said = bench.json("verify s.fsz s.zarr");
    assert_eq!(
        (&said["kept"], &said["lacking"]["unreadable"][0][0]),
        (&true.into(), &"half".into())
    );
    bench.fails(
        2,
        "compress s.zarr -v single --skip-unreadable --lossless -o t.fsz",
    );
}

#[test]
fn a_file_with_a_single_variable_is_taken_whole() {
    let bench = Bench::new();
    let memory = odds_and_ends();
    let dataset = memory.dataset();
    let keep = [0, 1, 2, 3];
    let part = Memory::new(
        Dataset {
            variables: keep.map(|v| dataset.variables[v].clone()).into(),
            ..dataset.clone()
        },
        keep.map(|v| memory.values(v).clone()).into(),
    );
    save(&part.unwrap(), &bench.path("one.nc"));
    bench.ok("compress one.nc --abs 0.01 -q");
    let said = bench.json("verify one.nc.fsz one.nc");
    assert_eq!(said["lacking"]["variables"], serde_json::json!([]));
    assert_eq!(said["lacking"]["dimensions"], serde_json::json!([]));
    // Whatever is in it can be put together, too.
    bench.ok("split one.nc.fsz --along time --every 4 -o part -q");
    bench.ok("decompress part-000.fsz -o back.nc -q");
    assert_eq!(
        contents(&bench.path("back.nc")).0.dimensions,
        dataset.dimensions
    );
}

#[test]
fn a_file_of_coordinates_alone_can_be_kept() {
    let bench = Bench::new();
    let memory = odds_and_ends();
    let dataset = memory.dataset();
    let part = Memory::new(
        Dataset {
            variables: vec![dataset.variables[3].clone()],
            ..dataset.clone()
        },
        vec![memory.values(3).clone()],
    );
    save(&part.unwrap(), &bench.path("axis.nc"));
    bench.ok("compress axis.nc --all --abs 1 -q");
    bench.ok("decompress axis.nc.fsz -o back.nc -q");
    assert_eq!(
        contents(&bench.path("back.nc")),
        contents(&bench.path("axis.nc"))
    );
    assert!(
        bench
            .fails(2, "compress axis.nc --abs 1 -o x.fsz")
            .contains("nothing to compress")
    );
}
