//! The plugin, loaded by a program that knows it by the headers of HDF5 only. Where there is
//! no C compiler or no header (Debian: `libhdf5-dev`), the test says so and passes. It looks
//! for headers where `HDF5_INCLUDE` says, too.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only the tests themselves for tests, not what they share"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use foresz::hdf5::{FILTER, Filter};
use foresz::{Bound, DType, Options};

/// Where Debian has the headers.
const SERIAL: &str = "/usr/include/hdf5/serial";

/// The library, which is built along with this test.
fn plugin() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let name = format!(
        "{}foresz_hdf5{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    test.parent().unwrap().join(name)
}

fn compiler(folder: &Path) -> Command {
    let mut cc = Command::new("cc");
    cc.args([
        "-Wall",
        "-Wextra",
        "-Werror",
        "-std=gnu11",
        "-isystem",
        SERIAL,
    ]);
    if let Some(include) = std::env::var_os("HDF5_INCLUDE") {
        cc.arg("-isystem").arg(include);
    }
    cc.current_dir(folder);
    cc
}

#[test]
fn a_program_in_c_sends_a_chunk_there_and_back() {
    let room = tempfile::tempdir().unwrap();
    std::fs::write(room.path().join("probe.c"), "#include <H5PLextern.h>\n").unwrap();
    let probe = compiler(room.path())
        .args(["-fsyntax-only", "probe.c"])
        .output();
    if !probe.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: there is no C compiler, or no header of HDF5");
        return;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugin.c");
    let built = compiler(room.path())
        .arg(source)
        .args(["-o", "plugin", "-ldl", "-lm"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    let options = Options::new(Bound::Absolute(0.05));
    let filter = Filter::new(options, DType::F32, [20, 30]).unwrap();
    let values = filter.values().unwrap();
    let run = Command::new(room.path().join("plugin"))
        .arg(plugin())
        .arg(FILTER.to_string())
        .args(values.iter().map(u32::to_string))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}
