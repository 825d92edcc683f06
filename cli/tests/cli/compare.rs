//! `foresz compare` from end to end: what it writes, what it refuses, what it survives.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, f32_bytes, wave};

/// A bench with a field, a constant one and one without numbers in a folder.
fn bench() -> Bench {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("in")).unwrap();
    bench.put("in/wave__3x24x40.f32", &f32_bytes(&wave(3 * 24 * 40)));
    bench.put("in/flat__10x20.f32", &f32_bytes(&[2.5; 200]));
    bench.put("in/nothing__10x20.f32", &f32_bytes(&[f64::NAN; 200]));
    bench
}

const TWO: &str = "compare in -p spline,lorenzo --backend huffman,context --range-rel 1e-2,1e-3";

fn read(bench: &Bench, name: &str) -> Value {
    serde_json::from_slice(&bench.get(name)).unwrap()
}

/// A program to take for Python: a shell script.
fn fake_python(bench: &Bench, script: &str) {
    bench.put("python", format!("#!/bin/sh\n{script}\n").as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(bench.path("python"), mode).unwrap();
    }
}

fn text(bench: &Bench, name: &str) -> String {
    String::from_utf8(bench.get(name)).unwrap()
}

#[test]
fn everything_that_was_asked_for_is_written() {
    let bench = bench();
    let outputs = "--report a.html --results a.json --csv a.csv --latex a.tex --markdown a.md";
    let out = String::from_utf8(bench.ok(&format!("{TWO} {outputs}"))).unwrap();
    assert!(out.contains("lorenzo × context") && out.contains("within its bound"));

    let json = read(&bench, "a.json");
    assert_eq!(json["rows"].as_array().unwrap().len(), 8);
    for row in json["rows"].as_array().unwrap() {
        assert_eq!(row["status"], "kept");
        let measured = &row["measured"];
        assert!(measured["quality"]["max_over_bound"].as_f64().unwrap() <= 1.0);
        let bytes = &measured["why"]["bytes"];
        let parts = ["codes", "side", "holes", "literals", "rest"];
        let sum: u64 = parts.iter().map(|part| bytes[part].as_u64().unwrap()).sum();
        assert_eq!(sum, measured["stored_bytes"].as_u64().unwrap());
    }
    let left_out: Vec<&str> = json["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["field"].as_str().unwrap())
        .collect();
    assert_eq!(left_out, ["flat", "nothing"]);

    let page = text(&bench, "a.html");
    assert!(page.contains("<svg") && page.contains("data:image/png;base64,"));
    assert!(page.len() < 5_000_000);
    for outside in ["src=\"http", "href=\"http", "@import", "url(http", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let csv = text(&bench, "a.csv");
    let commas = |line: &str| line.matches(',').count();
    assert_eq!(csv.lines().count(), 9);
    assert!(
        csv.lines()
            .all(|line| commas(line) == commas(csv.lines().next().unwrap()))
    );
    assert!(text(&bench, "a.tex").contains("\\toprule"));
    assert!(text(&bench, "a.md").contains("| spline × huffman |"));
}

#[test]
fn what_cannot_be_written_is_refused_before_the_work() {
    let bench = bench();
    bench.fails(4, &format!("{TWO} --report no/such/folder/a.html"));
    bench.put("a.html", b"mine");
    let said = bench.fails(2, &format!("{TWO} --results a.json --report a.html"));
    assert!(said.contains("--force"), "{said}");
    assert_eq!(bench.names(), ["a.html", "in"]);
}

#[test]
fn bad_requests_say_what_is_wrong() {
    let bench = bench();
    for (line, wanted) in [
        ("compare in -p nonsense", "nonsense"),
        ("compare in --peers sz9", "sz3"),
        ("compare in -v waves", "wave"),
        ("compare in -p spline,spline", "twice"),
        ("compare in/wave__3x24x40.f32 --shape 2x2 -p spline", "wave"),
        ("compare", "DATA"),
    ] {
        let output = bench.run(line);
        let said = crate::bench::stderr(&output);
        let answered = String::from_utf8_lossy(&output.stdout).into_owned() + &said;
        assert!(answered.contains(wanted), "{line}: {answered}");
    }
    bench.put("empty.json", b"{}");
    bench.fails(2, "compare --from empty.json");
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let bench = bench();
    bench.ok(&format!("{TWO} --report a.html --results a.json"));
    let cases = text(&bench, "a.html.cases.jsonl");
    let lines: Vec<&str> = cases.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 8);
    // Two cases are lost, one of them within a line.
    let kept = lines[..7].join("\n");
    bench.put("a.html.cases.jsonl", &kept.as_bytes()[..kept.len() - 10]);
    let before = read(&bench, "a.json");
    bench.ok(&format!("{TWO} --report a.html --results a.json --force"));
    let after = read(&bench, "a.json");
    let times = |json: &Value| -> Vec<f64> {
        let rows = json["rows"].as_array().unwrap();
        rows.iter()
            .map(|row| row["measured"]["encode_seconds"].as_f64().unwrap())
            .collect()
    };
    // Times are never the same twice: whatever has the same was not measured again.
    assert_eq!(times(&before)[..6], times(&after)[..6]);
    assert_ne!(times(&before)[6..], times(&after)[6..]);
}

#[test]
fn results_make_another_page_without_measuring() {
    let bench = bench();
    bench.ok(&format!("{TWO} --results a.json"));
    bench.ok("compare --from a.json --report b.html --results b.json");
    assert_eq!(bench.get("a.json"), bench.get("b.json"));
    assert!(text(&bench, "b.html").contains("lorenzo × context"));
}

#[test]
fn a_peer_that_is_not_here_is_said_to_be_absent() {
    let bench = bench();
    bench.ok(
        "compare in -p spline --peers zfp,zstd --python ./no-python --results a.json --range-rel 1e-2",
    );
    let json = read(&bench, "a.json");
    let peers = json["contenders"].as_array().unwrap();
    assert!(peers[1]["absent"].as_str().unwrap().contains("no-python"));
    let statuses: Vec<&str> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["kept", "absent", "kept"]);
}

#[cfg(unix)]
#[test]
fn whatever_happens_to_a_peer_happens_to_it_alone() {
    let version = "for last; do :; done; if [ \"$last\" = --version ]; then echo 1; exit; fi";
    let answer = |decoded: &str| {
        format!(
            "{version}\njob=$(cat)\nout=$(echo \"$job\" | sed 's/.*\"decoded\":\"\\([^\"]*\\)\".*/\\1/')\n{decoded}\n\
             echo '{{\"stored_bytes\": 9, \"encode_seconds\": [1.0], \"decode_seconds\": [1.0], \"peak_bytes\": null}}'"
        )
    };
    for (script, status) in [
        (format!("{version}\nkill -SEGV $$"), "crashed"),
        (format!("{version}\necho nonsense"), "crashed"),
        (
            format!("{version}\necho '{{\"refused\": \"no\"}}'"),
            "refused",
        ),
        (format!("{version}\nsleep 60"), "timed-out"),
        (answer(": > \"$out\""), "crashed"),
        (answer("head -c 11520 /dev/zero > \"$out\""), "broken"),
    ] {
        let bench = bench();
        fake_python(&bench, &script);
        bench.ok("compare in -p spline --peers zfp --python ./python --results a.json --range-rel 1e-2 --timeout 1");
        let json = read(&bench, "a.json");
        assert_eq!(json["rows"][0]["status"], "kept");
        assert_eq!(json["rows"][1]["status"], status, "{script}");
    }
}

#[test]
fn archives_give_every_array_and_components_a_wind() {
    let bench = bench();
    for (name, turn) in [("u", 0.0), ("v", 1.5)] {
        let values: Vec<f64> = wave(960).iter().map(|x| x * (0.5 + turn)).collect();
        bench.put(&format!("in/{name}10__24x40.f32"), &f32_bytes(&values));
    }
    bench.ok("compare in -v u10,v10 -p lorenzo --abs 0.1,0.2 --results a.json --latitudes 60:30");
    let json = read(&bench, "a.json");
    let winds = json["winds"].as_array().unwrap();
    assert_eq!(winds.len(), 2);
    let largest = winds[0]["max_error"].as_f64().unwrap();
    assert!(largest > 0.0 && largest <= 0.1 * 2f64.sqrt() + 1e-6);
    assert_eq!(json["made"]["bounds"], "absolute");
}

/// Every place in the JSON with the kinds of what is there, list indices as `[]`; names of
/// dimensions as `*`.
fn places(value: &Value, at: &str, found: &mut BTreeMap<String, Vec<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(items) => {
            items
                .iter()
                .for_each(|item| places(item, &format!("{at}[]"), found));
            return;
        }
        Value::Object(members) => {
            for (name, member) in members {
                let free = at.ends_with("autocorrelation");
                let name = if free { "*" } else { name };
                places(
                    member,
                    format!("{at}.{name}").trim_start_matches('.'),
                    found,
                );
            }
            return;
        }
    };
    let kinds = found.entry(at.into()).or_default();
    if !kinds.contains(&kind) {
        kinds.push(kind);
        kinds.sort_unstable();
    }
}

#[test]
fn the_page_on_the_json_has_every_place_of_it_and_no_other() {
    let bench = bench();
    let holes: Vec<f64> = wave(24 * 40)
        .into_iter()
        .enumerate()
        .map(|(i, x)| if i == 99 { f64::NAN } else { x })
        .collect();
    bench.put("in/u__24x40.f32", &f32_bytes(&holes));
    bench.put("in/v__24x40.f32", &f32_bytes(&holes));
    bench.put("in/tiny__9x5.f32", &f32_bytes(&wave(45)));
    let vorticity = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/fields/vorticity.npy");
    std::fs::copy(vorticity, bench.path("in/vorticity.npy")).unwrap();
    let contenders = "-p auto,pyramid,forecast:model=flow-filter+raster --effort fast";
    let attributes = "--attr vorticity/variable=vorticity";
    let peers = "--peers zstd,pco --python ./no-python";
    bench.ok(&format!(
        "compare in {contenders} {attributes} {peers} --results a.json"
    ));
    let mut found = BTreeMap::new();
    places(&read(&bench, "a.json"), "", &mut found);
    let page = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/compare.md"),
    )
    .unwrap();
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let told: Vec<&str> = rows
        .map(|(place, _)| place)
        .filter(|place| !place.starts_with('-'))
        .collect();
    let missing: Vec<&String> = found
        .keys()
        .filter(|place| !told.contains(&place.as_str()))
        .collect();
    let gone: Vec<&&str> = told
        .iter()
        .filter(|place| !found.contains_key(**place))
        .collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "docs/guide/compare.md lacks {missing:#?} and has {gone:#?}"
    );
}
