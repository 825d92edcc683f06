//! What the axes of a file tell learned models.

use std::ops::Range;

use foresz::files::{Dataset, Dimension, Kind, Memory, Sink, Source, Values, Variable};

use crate::bench::Bench;
use crate::data::{attribute, farthest, load, save, temperature, weather};

const SPEC: &str = "-p forecast:model=flow-filter+raster";

fn hour_axis(memory: &mut Memory, hours: Vec<i32>) {
    let region: Range<usize> = 0..hours.len();
    memory
        .write(0, std::slice::from_ref(&region), &Values::I32(hours))
        .unwrap();
}

#[test]
fn a_forecast_goes_by_the_time_axis_of_a_file() {
    let bench = Bench::new();
    save(&mut weather(0..24), &bench.path("a.nc"));
    let said = bench.json(&format!("compress a.nc -v t2m --abs 0.05 {SPEC} -o s.fsz"));
    let predictor = said["variables"][0]["predictors"][0].to_string();
    assert!(predictor.contains("flow-filter"), "{predictor}");
    bench.ok("verify s.fsz a.nc");
    std::fs::rename(bench.path("a.nc"), bench.path("moved")).unwrap();
    bench.ok("decompress s.fsz -o back.nc -q");
    let before = weather(0..24);
    let v = before.dataset().position("t2m").unwrap();
    assert!(farthest(before.values(v), &load(&bench.path("back.nc"), "t2m")) <= 0.05);
    // More of it starts later, and goes by its own axis.
    save(&mut weather(24..36), &bench.path("b.nc"));
    bench.ok(&format!("append s.fsz b.nc {SPEC} -q"));
    save(&mut weather(0..36), &bench.path("c.nc"));
    bench.ok("verify s.fsz c.nc");
}

#[test]
fn a_gap_on_the_time_axis_is_told_to_who_asks_for_a_forecast() {
    let bench = Bench::new();
    let mut memory = weather(0..6);
    hour_axis(&mut memory, vec![0, 1, 2, 5, 6, 7]);
    save(&mut memory, &bench.path("gap.nc"));
    let text = bench.fails(2, &format!("compress gap.nc -v t2m --abs 0.05 {SPEC}"));
    assert!(
        text.contains("time advances by 3h from 2020-01-01T02:00:00 to 2020-01-01T05:00:00"),
        "{text}"
    );
    bench.ok("compress gap.nc -v t2m --abs 0.05 -q");
    // And steps that the model does not know.
    hour_axis(&mut memory, vec![0, 6, 12, 18, 24, 30]);
    save(&mut memory, &bench.path("six.nc"));
    let output = bench.run(&format!("compress six.nc -v t2m --abs 0.05 {SPEC}"));
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("21600 s"), "{text}");
}

/// A model that has to know hours and longitudes, on a file that says both.
#[test]
fn a_model_that_wants_to_know_the_hour_is_told_it() {
    const SHAPE: [usize; 3] = [5, 33, 49];
    let dimension = |(name, length): (&str, usize)| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let variable = |name: &str, kind, dimensions: &[usize], units: &str| Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.into(),
        attributes: vec![attribute("units", units)],
    };
    let mut time = variable("valid_time", Kind::I64, &[0], "hours since 2019-01-30");
    time.attributes.push(attribute("calendar", "360_day"));
    let dataset = Dataset {
        dimensions: [("valid_time", 5), ("latitude", 33), ("longitude", 49)]
            .map(dimension)
            .into(),
        attributes: Vec::new(),
        variables: vec![
            time,
            variable("longitude", Kind::F64, &[2], "degrees_east"),
            variable("t2m", Kind::F32, &[0, 1, 2], "K"),
        ],
    };
    let [frames, rows, columns] = SHAPE;
    let places = (0..frames * rows * columns)
        .map(|k| (k / columns / rows, k / columns % rows, k % columns))
        .map(|(t, i, j)| temperature(t, i, j));
    let values = vec![
        Values::I64((0..5).collect()),
        Values::F64((0..49).map(|j| 0.25 * f64::from(j) - 8.0).collect()),
        Values::F32(places.collect()),
    ];
    let bench = Bench::new();
    save(
        &mut Memory::new(dataset, values).unwrap(),
        &bench.path("uk.nc"),
    );
    bench.ok("compress uk.nc -v t2m --abs 0.5 -p forecast:model=uk-t2m+raster -q");
    bench.ok("verify uk.nc.fsz uk.nc");
}
