//! What the verbs say when all is well, and verification when it is not.

use serde_json::{Value, json};

use crate::bench::{Bench, f32_bytes, f64_bytes, stderr, wave};

#[test]
fn the_report_has_what_harnesses_read() {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    let packed =
        bench.json("compress in.f32 --shape 30x40 --dtype f32 --abs 0.01 --threads 1 -o out.fsz");
    let unpacked = bench.json("decompress out.fsz -o back.f32 --threads 1");
    for object in [&packed, &unpacked] {
        for key in [
            "input_bytes",
            "output_bytes",
            "ratio",
            "bits_per_value",
            "bound",
            "max_error",
            "cpu_seconds",
            "wall_seconds",
        ] {
            assert!(object[key].is_number(), "{key}: {object}");
        }
        for key in ["predictor", "backend", "input", "output", "dtype"] {
            assert!(object[key].is_string(), "{key}: {object}");
        }
    }
    assert_eq!(
        (&packed["input_bytes"], &unpacked["output_bytes"]),
        (&json!(4800), &json!(4800))
    );
    assert_eq!(packed["output_bytes"], bench.get("out.fsz").len());
    assert_eq!(packed["bound"], 0.01);
    assert_eq!(packed["shape"], json!([30, 40]));
}

#[test]
fn the_summary_is_a_line_on_standard_error() {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    let output = bench.run("compress in.f32 --shape 30x40 --abs 0.01 --backend huffman -o out.fsz");
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert_eq!(text.lines().count(), 1);
    for part in [
        "in.f32 → out.fsz",
        "4.8 kB",
        "ratio",
        "bits/value",
        "of 0.01",
        "huffman",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        stderr(&bench.run("compress in.f32 --shape 30x40 --abs 0.01 -o quiet.fsz -q")),
        ""
    );
}

#[test]
fn info_tells_everything() {
    let bench = Bench::new();
    bench.put("in.f64", &f64_bytes(&wave(2400)));
    bench.ok(
        "compress in.f64 --shape 6x20x20 --dims time,lat,lon --abs 0.01 --fill -999 --fill 1e20 \
         --attr name=t2m --attr units=K --chunk 3x20x20 --predictor persistence+spline -o out.fsz",
    );
    let text = String::from_utf8(bench.ok("info out.fsz")).unwrap();
    for part in [
        "f64 6x20x20",
        "time 6 is time",
        "2 of 3x20x20",
        "absolute 0.01",
        "persistence+spline",
        "-999",
        "name = t2m",
        "units = K",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let object = bench.json("info out.fsz");
    assert_eq!(object["shape"], json!([6, 20, 20]));
    assert_eq!(object["dims"], json!(["time", "lat", "lon"]));
    assert_eq!(
        object["attributes"],
        json!([["name", "t2m"], ["units", "K"]])
    );
    assert_eq!(object["stream_bytes"], bench.get("out.fsz").len());
}

#[test]
fn predictors_are_listed() {
    let bench = Bench::new();
    let text = String::from_utf8(bench.ok("predictors")).unwrap();
    let object = bench.json("predictors");
    for name in ["auto", "zero", "lorenzo", "spline", "persistence"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
        assert!(
            object["predictors"]
                .as_array()
                .unwrap()
                .iter()
                .any(|p| p["name"] == name)
        );
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let bench = Bench::new();
    assert!(
        String::from_utf8(bench.ok("--help"))
            .unwrap()
            .contains("Exit codes")
    );
    for verb in ["compress", "decompress", "info", "verify", "predictors"] {
        assert!(
            String::from_utf8(bench.ok(&format!("{verb} --help")))
                .unwrap()
                .contains("Examples")
        );
    }
    assert!(
        String::from_utf8(bench.ok("--version"))
            .unwrap()
            .starts_with("foresz ")
    );
    bench.fails(2, "nonsense");
}

/// A field with all that is awkward, and the fill value -999.
fn awkward() -> Vec<f64> {
    let mut field = wave(1200);
    for (i, x) in [
        (0, f64::NAN),
        (77, f64::INFINITY),
        (78, f64::NEG_INFINITY),
        (500, -999.0),
        (501, 0.0),
    ] {
        field[i] = x;
    }
    field
}

fn verdict(bench: &Bench, code: i32, original: &str) -> Value {
    let output = bench.run(&format!("verify out.fsz {original} --json"));
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_kind_of_bound_is_kept() {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&awkward()));
    bench.put("in.f64", &f64_bytes(&awkward()));
    for bound in [
        "--abs 0.01",
        "--range-rel 1e-3",
        "--pw-rel 0.01",
        "--psnr 60",
        "--lossless",
    ] {
        for input in ["in.f32", "in.f64"] {
            bench.ok(&format!(
                "compress {input} --shape 3x20x20 {bound} --fill -999 -o out.fsz --force"
            ));
            let object = verdict(&bench, 0, input);
            assert_eq!(
                (&object["kept"], &object["specials"]),
                (&json!(true), &json!(4)),
                "{bound}: {object}"
            );
        }
    }
}

/// Compresses a field, changes one value of the original and verifies.
fn altered(bound: &str, position: usize, value: f32) -> Value {
    let bench = Bench::new();
    let mut original = f32_bytes(&awkward());
    bench.put("in.f32", &original);
    bench.ok(&format!(
        "compress in.f32 --shape 3x20x20 {bound} --fill -999 -o out.fsz"
    ));
    original[4 * position..4 * position + 4].copy_from_slice(&value.to_le_bytes());
    bench.put("altered.f32", &original);
    let object = verdict(&bench, 1, "altered.f32");
    assert_eq!(object["kept"], false);
    object
}

#[test]
fn a_broken_bound_is_found_and_shown() {
    for bound in [
        "--abs 0.01",
        "--range-rel 1e-3",
        "--pw-rel 0.01",
        "--lossless",
    ] {
        let object = altered(bound, 825, 5.5);
        assert_eq!(object["worst"]["index"], json!([2, 1, 5]), "{bound}");
        assert_eq!(object["worst"]["original"], 5.5);
        assert_eq!(object["values_broken"], 1);
    }
    let object = altered("--psnr 60", 825, 15.0);
    assert!(object["psnr"].as_f64().unwrap() < 60.0);
}

#[test]
fn a_special_value_that_changed_breaks_any_bound() {
    for (position, value) in [
        (0, f32::from_bits(0x7fc0_0001)),
        (77, f32::MAX),
        (500, -998.0),
        (10, f32::NAN),
    ] {
        let object = altered("--abs 0.01", position, value);
        assert_eq!(
            object["worst"]["index"],
            json!([position / 400, position / 20 % 20, position % 20])
        );
    }
    assert_eq!(altered("--abs 0.01", 10, f32::NAN)["specials_changed"], 1);
}

#[test]
fn a_zero_that_lost_its_sign_is_not_lossless() {
    assert_eq!(altered("--lossless", 501, -0.0)["values_broken"], 1);
}

#[test]
fn verification_prints_the_worst_value() {
    let bench = Bench::new();
    let mut field = wave(1200);
    bench.put("in.f32", &f32_bytes(&field));
    bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz");
    let kept = bench.ok("verify out.fsz in.f32");
    assert!(String::from_utf8(kept).unwrap().starts_with("kept"));
    field[45] += 1.0;
    bench.put("in.f32", &f32_bytes(&field));
    let output = bench.run("verify out.fsz in.f32");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.starts_with("BROKEN") && text.contains("at [1, 5]"),
        "{text}"
    );
}
