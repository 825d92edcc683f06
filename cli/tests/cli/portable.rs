//! Kernels compiled for AVX2 and those for any CPU write the same bytes.

#![allow(
    clippy::unwrap_used,
    reason = "a suite that cannot go on should say so"
)]

use std::path::Path;
use std::process::Command;

/// One of the committed fields.
fn field(name: &str) -> String {
    format!(
        "{}/../testdata/fields/{name}.npy",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// What the command writes to a file, with kernels for AVX2 or without.
fn written(portable: bool, args: &[&str], into: &Path) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foresz"));
    command.args(args).args(["--no-progress", "--force", "-o"]);
    command.arg(into);
    if portable {
        command.env("FORESZ_PORTABLE", "1");
    } else {
        command.env_remove("FORESZ_PORTABLE");
    }
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    std::fs::read(into).unwrap()
}

/// Fails unless both write the same, which is left in `into`.
fn assert_same(args: &[&str], into: &Path) {
    let wide = written(false, args, into);
    assert!(wide == written(true, args, into), "{args:?}");
}

/// Fails unless streams, and what is made of them, are the same.
fn assert_portable(name: &str, region: &str, asked: &[&str]) {
    let room = tempfile::tempdir().unwrap();
    let field = field(name);
    let stream = room.path().join("stream.fsz");
    let compress = ["compress", &field, "--range-rel", "1e-4"];
    assert_same(&[&compress, asked].concat(), &stream);
    let stream = stream.to_str().unwrap();
    for part in [
        &[][..],
        &["--preview", "2"],
        &["--region", region],
        &["--region", region, "--preview", "1"],
    ] {
        let decompress = ["decompress", stream];
        let values = room.path().join("values.npy");
        assert_same(&[&decompress, part].concat(), &values);
    }
}

const SERIES: &str = "1:4,5:30,7:";

#[test]
fn any_cpu_writes_and_reads_the_same_with_every_effort() {
    for effort in ["fast", "default", "best"] {
        for field in ["t2m", "sst", "precip"] {
            assert_portable(field, SERIES, &["--effort", effort]);
        }
        let fill = ["--effort", effort, "--fill", "1e20"];
        assert_portable("tracer_fill", SERIES, &fill);
        // Of f64, in four dimensions.
        assert_portable("geopotential", "1:3,:,5:30,7:", &["--effort", effort]);
        assert_portable("t2m_large", "5:130,7:", &["--effort", effort]);
    }
}

#[test]
fn any_cpu_writes_and_reads_the_same_with_every_predictor_and_back_end() {
    let specs = [
        "zero",
        "lorenzo",
        "spline",
        "pyramid",
        "raster",
        "persistence+spline",
    ];
    for spec in specs {
        for backend in ["huffman", "context", "mixing"] {
            let asked = ["--predictor", spec, "--backend", backend];
            assert_portable("t2m", SERIES, &asked);
            assert_portable("sst", SERIES, &asked);
        }
    }
}

#[test]
fn any_cpu_writes_and_reads_the_same_under_every_bound() {
    let room = tempfile::tempdir().unwrap();
    for bound in [
        &["--lossless"][..],
        &["--pw-rel", "1e-3"],
        &["--psnr", "80"],
    ] {
        for effort in ["fast", "default", "best"] {
            let stream = room.path().join("stream.fsz");
            let compress = ["compress", &field("vorticity"), "--effort", effort];
            assert_same(&[&compress, bound].concat(), &stream);
            let values = room.path().join("values.npy");
            assert_same(&["decompress", stream.to_str().unwrap()], &values);
        }
    }
}
