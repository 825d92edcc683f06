//! Kernels compiled for AVX2 and those for any CPU write the same bytes.

#![allow(
    clippy::unwrap_used,
    reason = "a suite that cannot go on should say so"
)]

use std::path::Path;
use std::process::Command;

fn packed(effort: &str, field: &Path, into: &Path, portable: bool) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foresz"));
    command
        .arg("compress")
        .arg(field)
        .args(["--range-rel", "1e-4", "--effort", effort, "--no-progress"])
        .arg("-o")
        .arg(into);
    if portable {
        command.env("FORESZ_PORTABLE", "1");
    } else {
        command.env_remove("FORESZ_PORTABLE");
    }
    assert!(command.output().unwrap().status.success());
    std::fs::read(into).unwrap()
}

#[test]
fn any_cpu_writes_the_same_bytes() {
    let room = tempfile::tempdir().unwrap();
    for name in ["t2m", "sst", "precip"] {
        let field = Path::new("testdata/fields")
            .join(name)
            .with_extension("npy");
        for effort in ["fast", "default", "best"] {
            let into = |kind: &str| room.path().join(format!("{name}_{effort}_{kind}.fsz"));
            let wide = packed(effort, &field, &into("wide"), false);
            let portable = packed(effort, &field, &into("portable"), true);
            assert!(wide == portable, "{name}, {effort}");
        }
    }
}
