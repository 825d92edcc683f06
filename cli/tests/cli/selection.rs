//! Parts by longitude, and chunks that suit no variable.

use foresz::files::{Attribute, Dataset, Dimension, Kind, Memory, Values, Variable};

use crate::bench::Bench;
use crate::data::{load, save, weather};

const COLUMNS: usize = 36;

/// A globe every ten degrees, from a longitude on: values are those of their longitudes in
/// 0 to 360.
fn globe(first: f64) -> Memory {
    let text = |name: &str, text: &str| Attribute {
        name: name.into(),
        value: Values::text(text),
    };
    let longitudes: Vec<f64> = (0..COLUMNS).map(|j| first + 10.0 * j as f64).collect();
    let bounds = longitudes.iter().flat_map(|x| [x - 5.0, x + 5.0]);
    let row = longitudes.iter().map(|x| x.rem_euclid(360.0) as f32);
    let values: Vec<f32> = (0..6).flat_map(|_| row.clone()).collect();
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let variable = |name: &str, kind, dimensions: &[usize], attributes| Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.to_vec(),
        attributes,
    };
    let dataset = Dataset {
        dimensions: vec![
            dimension("time", 2),
            dimension("latitude", 3),
            dimension("longitude", COLUMNS),
            dimension("two", 2),
        ],
        attributes: Vec::new(),
        variables: vec![
            variable(
                "longitude",
                Kind::F64,
                &[2],
                vec![text("units", "degrees_east"), text("bounds", "edges")],
            ),
            variable("edges", Kind::F64, &[2, 3], Vec::new()),
            variable("v", Kind::F32, &[0, 1, 2], vec![text("units", "K")]),
        ],
    };
    let bounds = bounds.collect();
    let values = vec![
        Values::F64(longitudes),
        Values::F64(bounds),
        Values::F32(values),
    ];
    Memory::new(dataset, values).unwrap()
}

fn selected(bench: &Bench, wanted: &str, output: &str) -> (Values, Values, Values) {
    bench.ok(&format!(
        "decompress g.fsz --sel longitude={wanted} -o {output} -q --force"
    ));
    let path = bench.path(output);
    (
        load(&path, "longitude"),
        load(&path, "edges"),
        load(&path, "v"),
    )
}

#[test]
fn longitudes_are_selected_around_the_globe() {
    let bench = Bench::new();
    for first in [0.0, -180.0] {
        save(&mut globe(first), &bench.path("g.nc"));
        bench.ok("compress g.nc --all --lossless -o g.fsz -q --force");
        for (wanted, longitudes) in [
            ("-10/30", vec![-10.0, 0.0, 10.0, 20.0, 30.0]),
            ("350/10", vec![350.0, 360.0, 370.0]),
            ("170/190", vec![170.0, 180.0, 190.0]),
            ("-20/-10", vec![-20.0, -10.0]),
            ("20/30", vec![20.0, 30.0]),
            ("-11", vec![-10.0]),
            ("359", vec![360.0]),
        ] {
            let row: Vec<f32> = longitudes
                .iter()
                .map(|x: &f64| x.rem_euclid(360.0) as f32)
                .collect();
            let edges = longitudes.iter().flat_map(|x| [x - 5.0, x + 5.0]);
            let edges: Vec<f64> = edges.collect();
            for output in ["part.nc", "part.zarr"] {
                let found = selected(&bench, wanted, output);
                assert_eq!(found.0, Values::F64(longitudes.clone()), "{wanted}");
                assert_eq!(found.1, Values::F64(edges.clone()), "{wanted}");
                let all: Vec<f32> = (0..6).flat_map(|_| row.clone()).collect();
                assert_eq!(found.2, Values::F32(all), "{wanted}");
            }
        }
        // Every place once, though both ends are the same.
        let (found, _, _) = selected(&bench, "-180/180", "part.nc");
        let all = (0..36).map(|j| f64::from(j) * 10.0 - 180.0);
        assert_eq!(found, Values::F64(all.collect()));
        bench.ok("decompress g.fsz -v v --sel longitude=-10/0 -o x.npy -q --force");
        assert_eq!(bench.get("x.npy").len(), 128 + 4 * 6 * 2);
    }
}

#[test]
fn what_is_beyond_an_axis_is_told() {
    let bench = Bench::new();
    save(&mut weather(0..4), &bench.path("a.nc"));
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    // Longitudes 0 to 4.75: not the globe.
    let output = bench.run("decompress s.fsz --sel longitude=-10/2 -o x.nc");
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("longitude goes from 0 to 4.75"), "{text}");
    let output = bench.run("decompress s.fsz --sel latitude=58/59 -o y.nc -q");
    assert!(output.status.success() && output.stderr.is_empty());
    let text = bench.fails(2, "decompress s.fsz --sel longitude=359/365 -o z.nc");
    assert!(text.contains("by the numbers of the file"), "{text}");
}

#[test]
fn chunks_suit_the_variables() {
    let bench = Bench::new();
    save(&mut weather(0..4), &bench.path("a.nc"));
    let text = bench.fails(2, "compress a.nc -v t2m --abs 1 --chunk 100x33 -o x.fsz");
    assert!(
        text.contains("--chunk 100x33") && text.contains("t2m has 3 dimensions"),
        "{text}"
    );
    bench.fails(2, "compress a.nc --all --abs 1 --chunk 100x33 -o x.fsz");
    bench.ok("compress a.nc --all --abs 1 --chunk 2x10x20 -o x.fsz -q");
    // One that suits, and one that does not.
    let mut two = globe(0.0);
    save(&mut two, &bench.path("g.nc"));
    let output = bench.run("compress g.nc -v v -v edges --abs 1 --chunk 1x3x36 -o z.fsz");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("note: --chunk 1x3x36 does not suit edges"),
        "{text}"
    );
    let text = bench.fails(2, "compress g.nc -v edges --abs 1 --keyframe 2 -o y.fsz");
    assert!(
        text.contains("--keyframe 2") && text.contains("edges has"),
        "{text}"
    );
}
