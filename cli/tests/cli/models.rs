//! Models on disk, and the commands that use them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/flow-filter");
const FIELD: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testdata/fields/vorticity.npy"
);

/// Runs the command in the root of the repository.
fn foresz(line: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foresz"))
        .args(line)
        .env_remove("FORESZ_MODELS")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]]
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .concat()
}

/// A copy of the model, its contract changed.
fn copy(room: &Path, name: &str, change: impl Fn(String) -> String) -> PathBuf {
    let folder = room.join(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(format!("{MODEL}/model.onnx"), folder.join("model.onnx")).unwrap();
    let contract = std::fs::read_to_string(format!("{MODEL}/model.toml")).unwrap();
    std::fs::write(folder.join("model.toml"), change(contract)).unwrap();
    folder
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn a_stream_needs_the_model_it_was_made_with() {
    let room = TempDir::new().unwrap();
    let models = room.path().join("models");
    std::fs::create_dir(&models).unwrap();
    let own = copy(&models, "own", |t| t.replace("flow-filter", "own-filter"));
    let (own, models) = (own.to_str().unwrap(), models.to_str().unwrap());
    let stream = room.path().join("v.fsz");
    let (stream, back) = (stream.to_str().unwrap(), room.path().join("v.npy"));
    let spec = format!("forecast:model={own}+raster");
    let made = foresz(&[
        "compress",
        FIELD,
        "--range-rel",
        "1e-2",
        "--predictor",
        &spec,
        "-o",
        stream,
    ]);
    assert!(made.status.success(), "{}", text(&made));
    let back = back.to_str().unwrap();
    let without = foresz(&["decompress", stream, "-o", back]);
    assert_eq!(without.status.code(), Some(5), "{}", text(&without));
    for part in ["--model", "flow-filter in foresz itself"] {
        assert!(text(&without).contains(part), "{}", text(&without));
    }
    assert!(!Path::new(back).exists());

    let other = copy(room.path(), "other", |t| {
        t.replace("flow-filter", "own-filter")
            .replace("fitted", "fit")
    });
    let other = foresz(&[
        "decompress",
        stream,
        "-o",
        back,
        "--model",
        other.to_str().unwrap(),
    ]);
    assert_eq!(other.status.code(), Some(5));
    assert!(text(&other).contains("was changed"), "{}", text(&other));

    for place in [own, models] {
        let with = foresz(&[
            "decompress",
            stream,
            "-o",
            back,
            "--force",
            "--model",
            place,
        ]);
        assert!(with.status.success(), "{}", text(&with));
        let kept = foresz(&["verify", stream, FIELD, "--model", place]);
        assert!(kept.status.success(), "{}", text(&kept));
    }
    let named = Command::new(env!("CARGO_BIN_EXE_foresz"))
        .args(["verify", stream, FIELD])
        .env("FORESZ_MODELS", models)
        .status()
        .unwrap();
    assert!(named.success());
    let info = foresz(&["info", stream]);
    for part in [
        "own-filter, 904 B",
        "sha256 ",
        "not needed",
        "with the weights",
    ] {
        assert!(text(&info).contains(part), "{}", text(&info));
    }
    let json = foresz(&["info", stream, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["models"][0]["bytes"], 904);
    assert!(json["ratio_with_models"].as_f64() < json["ratio"].as_f64());
}

#[test]
fn models_that_are_part_of_the_program_are_at_hand_anywhere() {
    let room = TempDir::new().unwrap();
    let field = std::fs::canonicalize(FIELD).unwrap();
    let field = field.to_str().unwrap();
    let run = |line: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_foresz"))
            .args(line)
            .current_dir(room.path())
            .env_remove("FORESZ_MODELS")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        output
    };
    let spec = "forecast:model=flow-filter+raster";
    run(&[
        "compress",
        field,
        "--range-rel",
        "1e-2",
        "--predictor",
        spec,
        "-o",
        "v.fsz",
    ]);
    run(&["verify", "v.fsz", field]);
    run(&["model", "check", "flow-filter"]);
    run(&[
        "compress",
        field,
        "--range-rel",
        "1e-2",
        "--model",
        "flow-filter",
        "-o",
        "a.fsz",
    ]);
    run(&["verify", "a.fsz", field]);
    let listed = text(&run(&["model", "list"]));
    for part in ["flow-filter", "forecast, 904 B", "sha256 ", "foresz itself"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let own = copy(room.path(), "own", |t| {
        t.replace("flow-filter", "own-filter")
    });
    let listed = run(&["model", "list", "--json", "--model", own.to_str().unwrap()]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let models = listed["models"].as_array().unwrap();
    assert_eq!(models[0]["name"], "own-filter");
    assert!(models.iter().any(|m| m["name"] == "flow-filter"));
    let nowhere = foresz(&["compress", field, "--abs", "1", "--model", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn models_are_checked_before_they_are_used() {
    let good = foresz(&["model", "check", MODEL]);
    assert!(good.status.success(), "{}", text(&good));
    for part in [
        "flow-filter",
        "vorticity",
        "same bits everywhere",
        "904 B",
        "normalised changes",
    ] {
        assert!(text(&good).contains(part), "{part}: {}", text(&good));
    }
    let json = foresz(&["model", "check", MODEL, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["history"], 3);
    assert_eq!(json["inputs"][0]["shape"][1], 3);

    let room = TempDir::new().unwrap();
    let cases: [(&str, &str, &str, &str); 12] = [
        ("format", "format = 1", "format = 9", "format 1"),
        ("syntax", "[time]", "[time", "line"),
        (
            "unknown",
            "history = 3",
            "history = 3\nhistry = 3",
            "histry",
        ),
        ("history", "history = 3", "history = 0", "time.history"),
        (
            "steps",
            "steps = [-1]",
            "steps = [-9]",
            "inputs[0].channels[1].steps",
        ),
        (
            "hash",
            "sha256 = \"8d",
            "sha256 = \"8e",
            "changed or damaged",
        ),
        ("short", "sha256 = \"8d", "sha256 = \"", "weights.sha256"),
        (
            "outside",
            "file = \"model.onnx\"",
            "file = \"../model.onnx\"",
            "weights.file",
        ),
        ("std", "\nstd = 3", "\nstd = -3", "variables[0].std"),
        (
            "scale",
            "increment_std = 2.32614731e-06",
            "",
            "increment_std",
        ),
        ("tensor", "tensor = \"x\"", "tensor = \"z\"", "takes x"),
        (
            "variable",
            "channels = [{ variable = \"vorticity\" }]",
            "channels = [{ variable = \"u\" }]",
            "outputs[0].channels[0].variable",
        ),
    ];
    for (name, from, to, part) in cases {
        let folder = copy(room.path(), name, |t| {
            assert!(t.contains(from), "{name}");
            t.replace(from, to)
        });
        let output = foresz(&["model", "check", folder.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output));
        assert!(text(&output).contains(part), "{name}: {}", text(&output));
    }

    let folder = copy(room.path(), "damaged", |t| t);
    let onnx = std::fs::read(folder.join("model.onnx")).unwrap();
    std::fs::write(folder.join("model.onnx"), &onnx[..200]).unwrap();
    assert_eq!(
        foresz(&["model", "check", folder.to_str().unwrap()])
            .status
            .code(),
        Some(2)
    );
    std::fs::remove_file(folder.join("model.onnx")).unwrap();
    let gone = foresz(&["model", "check", folder.to_str().unwrap()]);
    assert!(text(&gone).contains("model.onnx"), "{}", text(&gone));
    assert_eq!(
        foresz(&["model", "check", "nowhere"]).status.code(),
        Some(2)
    );
}

#[test]
fn auto_takes_a_model_that_is_named_if_it_pays() {
    let room = TempDir::new().unwrap();
    let stream = room.path().join("v.fsz");
    let made = foresz(&[
        "compress",
        FIELD,
        "--range-rel",
        "1e-2",
        "--model",
        MODEL,
        "--json",
        "-o",
        stream.to_str().unwrap(),
    ]);
    assert!(made.status.success(), "{}", text(&made));
    let without = foresz(&[
        "compress",
        FIELD,
        "--range-rel",
        "1e-2",
        "--json",
        "-o",
        "-",
    ]);
    let size = |output: &Output| {
        let bytes = if output.stdout.starts_with(b"{") {
            &output.stdout
        } else {
            &output.stderr
        };
        let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        json["output_bytes"].as_u64().unwrap()
    };
    assert!(size(&made) <= size(&without));
}

#[test]
fn the_cost_of_a_guard_band_is_told() {
    let room = TempDir::new().unwrap();
    let stream = room.path().join("v.fsz");
    let stream = stream.to_str().unwrap();
    let spec = format!("forecast:model={MODEL},guard=1e-4+lorenzo");
    let made = foresz(&[
        "compress",
        FIELD,
        "--range-rel",
        "1e-3",
        "--predictor",
        &spec,
        "-o",
        stream,
    ]);
    assert!(made.status.success(), "{}", text(&made));
    let json = foresz(&["info", stream, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["models"][0]["guarded"], true);
    assert!(json["guard_bytes"].as_u64().unwrap() > 3 * 4);
}

/// A stream says which model it needs, never what to open or run.
#[test]
fn streams_open_no_files_and_start_no_programs() {
    let registry = foresz::registry(foresz::forecast::Shelf::default());
    for spec in [
        "forecast:process=\"touch started-by-a-stream\"+zero",
        "forecast:model=models/flow-filter+zero",
    ] {
        assert!(registry.build(&spec.parse().unwrap()).is_err(), "{spec}");
    }
    assert!(!Path::new("started-by-a-stream").exists());
}

#[test]
fn one_step_can_be_looked_at() {
    let room = TempDir::new().unwrap();
    let out = room.path().join("next.npy");
    let out = out.to_str().unwrap();
    let ran = foresz(&[
        "model", "run", MODEL, FIELD, "-o", out, "--frame", "4", "--json",
    ]);
    assert!(ran.status.success(), "{}", text(&ran));
    let json: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(json["shape"], serde_json::json!([48, 96]));
    assert_eq!(std::fs::metadata(out).unwrap().len(), 128 + 4 * 48 * 96);
    for wrong in ["2", "7"] {
        let again = foresz(&[
            "model", "run", MODEL, FIELD, "-o", out, "--force", "--frame", wrong,
        ]);
        assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    }
    assert_eq!(
        foresz(&["model", "run", MODEL, FIELD]).status.code(),
        Some(2)
    );
}

#[test]
fn without_onnx_runtime_it_says_how_to_get_it() {
    let compared = foresz(&["model", "compare", MODEL, "--onnxruntime", "nowhere"]);
    assert_eq!(compared.status.code(), Some(2), "{}", text(&compared));
    let said = text(&compared);
    assert!(
        said.contains("pip install") || said.contains("--runtime exact"),
        "{said}"
    );
}
