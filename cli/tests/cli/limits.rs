//! Valid ranges and fill values of files.

use foresz::files::{Attribute, Memory, Source, Values};

use crate::bench::{Bench, stderr};
use crate::data::{load, save, weather};

/// Weather for two days, and a variable of it with one more attribute, scaled somehow.
fn bench(name: &str, attribute: Option<Attribute>, change: impl Fn(f32) -> f32) -> Bench {
    let bench = Bench::new();
    let source = weather(0..48);
    let mut dataset = source.dataset().clone();
    let v = dataset.position(name).unwrap();
    dataset.variables[v].attributes.extend(attribute);
    let values = (0..dataset.variables.len()).map(|v| source.values(v).clone());
    let mut values: Vec<Values> = values.collect();
    if let Values::F32(numbers) = &mut values[v] {
        numbers.iter_mut().for_each(|x| *x = change(*x));
    }
    let mut source = Memory::new(dataset, values).unwrap();
    save(&mut source, &bench.path("era5.nc"));
    bench
}

fn range(value: Values) -> Attribute {
    let name = "valid_range".into();
    Attribute { name, value }
}

#[test]
fn packed_numbers_beside_a_fill_value_get_smaller_as_the_bound_is_loosened() {
    let bench = bench("tp", None, |x| x);
    let mut last = f64::INFINITY;
    for bound in ["0.000002", "0.00001", "0.0001", "0.001", "0.02"] {
        let line = format!("compress era5.nc -v tp --abs {bound} -o s.fsz --force");
        let said = bench.json(&line);
        let bytes = said["variables"][0]["stream_bytes"].as_f64().unwrap();
        assert!(bytes < last, "{bytes} bytes at {bound}, {last} before");
        last = bytes;
        bench.ok("verify s.fsz era5.nc");
        bench.ok("decompress s.fsz --repack -o again.nc --force -q");
        let again = load(&bench.path("again.nc"), "tp").to_f64().unwrap();
        assert!(again.iter().all(|n| *n != -32767.0), "{bound}");
    }
    // Below 300 of some 9600 places: nothing is stored one by one.
    assert!(last < 300.0, "{last}");
}

#[test]
fn suggestions_promise_what_compress_does() {
    let bench = bench("tp", None, |x| x);
    for name in ["tp", "t2m"] {
        let said = bench.json(&format!("suggest era5.nc -v {name}"));
        for rung in &said["rungs"].as_array().unwrap()[..4] {
            let bound = &rung["bound"];
            let line = format!("compress era5.nc -v {name} --abs {bound} -o s.fsz --force");
            let done = &bench.json(&line)["variables"][0];
            assert_eq!(rung["ratio"], done["ratio"], "{name} {bound}");
            assert_eq!(rung["max_error"], done["max_error"], "{name} {bound}");
        }
    }
}

#[test]
fn values_stay_in_the_valid_range() {
    let cover = |x: f32| ((x - 275.0) * 0.1).clamp(0.0, 1.0);
    let bench = bench("t2m", Some(range(Values::F64(vec![0.0, 1.0]))), cover);
    for bound in ["--abs 0.01", "--abs 0.3", "--pw-rel 0.1", "--psnr 40"] {
        bench.ok(&format!(
            "compress era5.nc -v t2m {bound} -o s.fsz --force -q"
        ));
        bench.ok("verify s.fsz era5.nc");
        bench.ok("decompress s.fsz -o again.nc --force -q");
        let again = load(&bench.path("again.nc"), "t2m").to_f64().unwrap();
        let outside = again.iter().filter(|x| !(0.0..=1.0).contains(*x)).count();
        assert_eq!(outside, 0, "{bound}");
    }
}

#[test]
fn a_valid_range_that_is_none_is_said() {
    for (value, wanted) in [
        (Values::text("0 to 400"), "valid_range is not two numbers"),
        (Values::F32(vec![400.0, 0.0]), "leaves no number valid"),
    ] {
        let bench = bench("t2m", Some(range(value)), |x| x);
        let output = bench.run("compress era5.nc -v t2m --abs 0.05 -o s.fsz");
        assert!(output.status.success());
        let said = stderr(&output);
        assert!(
            said.contains("note: t2m: ") && said.contains(wanted),
            "{said}"
        );
        bench.ok("verify s.fsz era5.nc");
        // Nothing is lost: nothing can leave.
        let output = bench.run("compress era5.nc -v t2m --lossless -o s.fsz --force");
        assert!(!stderr(&output).contains("note"));
    }
}
