//! Files that are changed: by one process at a time, and in steps that can be gone on with.

use std::fs::{self, File, OpenOptions};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::bench::{Bench, f32_bytes, stderr, wave};
use crate::data::{save, weather};

fn bench() -> Bench {
    let bench = Bench::new();
    save(&mut weather(0..30), &bench.path("a.nc"));
    save(&mut weather(30..48), &bench.path("b.nc"));
    save(&mut weather(0..48), &bench.path("all.nc"));
    bench
}

#[test]
fn a_file_that_somebody_writes_is_left_alone() {
    let bench = bench();
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    bench.put("x.fsz.part", b"");
    let before = bench.get("s.fsz");
    let held = |name: &str| {
        let file = OpenOptions::new().write(true).open(bench.path(name));
        let file: File = file.unwrap();
        file.lock().unwrap();
        file
    };
    let locks = [held("s.fsz"), held("x.fsz.part")];
    for line in [
        "append s.fsz b.nc",
        "compress a.nc --all --abs 1 -o s.fsz --force",
        "cat s.fsz -o s.fsz --force",
        "compress a.nc --all --abs 1 -o x.fsz --resume",
    ] {
        let code = if line.starts_with("cat") { 2 } else { 4 };
        let text = bench.fails(code, line);
        if code == 4 {
            assert!(text.contains("is being written by"), "{line}: {text}");
        }
        #[cfg(target_os = "linux")]
        if code == 4 {
            // This one.
            let who = format!("process {}", std::process::id());
            assert!(text.contains(&who), "{line}: {text}");
        }
    }
    assert_eq!(bench.get("s.fsz"), before);
    // Reading it is fine.
    bench.ok("verify s.fsz a.nc");
    drop(locks);
    bench.ok("append s.fsz b.nc -q");
    bench.ok("verify s.fsz all.nc");
}

#[test]
fn two_appends_at_once_do_not_meet() {
    let bench = bench();
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    let spawn = || {
        let mut command = bench.command("append s.fsz b.nc --effort best -q");
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [spawn(), spawn()];
    let outputs = children.map(|child| child.wait_with_output().unwrap());
    // One of them, as the other finds it locked, or with these hours in it already.
    let done = outputs.iter().filter(|o| o.status.success()).count();
    assert_eq!(done, 1);
    for output in outputs.iter().filter(|o| !o.status.success()) {
        let text = stderr(output);
        let told = text.contains("is being written") || text.contains("has to go on");
        assert!(told, "{text}");
    }
    bench.ok("verify s.fsz all.nc");
}

/// A store one of whose variables, the last one, cannot be read: compressing it fails when all
/// others are done. Returns how to heal it, at the time at which it was whole.
fn broken_store(bench: &Bench) -> impl Fn() {
    bench.ok("compress all.nc --all --lossless -o whole.fsz -q");
    bench.ok("decompress whole.fsz --repack -o s.zarr -q");
    bench.ok("compress s.zarr --all --abs 0.01 -o wanted.fsz -q");
    let chunk = bench.path("s.zarr/tp/c/0/0/0");
    let (bytes, time) = (
        fs::read(&chunk).unwrap(),
        fs::metadata(&chunk).unwrap().modified().unwrap(),
    );
    let put = move |bytes: &[u8]| {
        fs::write(&chunk, bytes).unwrap();
        let file = OpenOptions::new().write(true).open(&chunk).unwrap();
        file.set_modified(time).unwrap();
    };
    put(&vec![0x55; bytes.len()]);
    let text = bench.fails(4, "compress s.zarr --all --abs 0.01 --resume -o r.fsz");
    assert!(text.contains("s.zarr") && text.contains("tp"), "{text}");
    assert!(bench.path("r.fsz.part").exists() && bench.path("r.fsz.part.state").exists());
    move || put(&bytes)
}

#[test]
fn what_goes_on_is_what_would_have_been() {
    let bench = bench();
    let heal = broken_store(&bench);
    heal();
    let output = bench.run("compress s.zarr --all --abs 0.01 --resume -o r.fsz");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("continuing after"),
        "{}",
        stderr(&output)
    );
    assert_eq!(bench.get("r.fsz"), bench.get("wanted.fsz"));
    let left = |name: &String| name.starts_with("r.fsz.");
    assert!(!bench.names().iter().any(left), "{:?}", bench.names());
}

#[test]
fn nothing_goes_on_with_another_input() {
    let bench = bench();
    let heal = broken_store(&bench);
    heal();
    let part = bench.get("r.fsz.part");
    let refused = |line: &str, why: &str| {
        let text = bench.fails(2, line);
        assert!(text.contains(why) && text.contains("--force"), "{text}");
        assert_eq!(bench.get("r.fsz.part"), part, "{line}");
    };
    let line = "compress s.zarr --all --abs 0.01 --resume -o r.fsz";
    refused(
        "compress s.zarr --all --abs 0.02 --resume -o r.fsz",
        "options",
    );
    refused(
        "compress s.zarr -v t2m --abs 0.01 --resume -o r.fsz",
        "variables",
    );
    refused(
        "compress all.nc --all --abs 0.01 --resume -o r.fsz",
        "input",
    );
    // Another value, as long as it was and at the same time.
    let chunk = bench.path("s.zarr/t2m/c/0/0/0");
    let before = (
        fs::read(&chunk).unwrap(),
        fs::metadata(&chunk).unwrap().modified().unwrap(),
    );
    let put = |bytes: &[u8], time: SystemTime| {
        fs::write(&chunk, bytes).unwrap();
        let file = OpenOptions::new().write(true).open(&chunk).unwrap();
        file.set_modified(time).unwrap();
    };
    let other = fs::read(bench.path("s.zarr/oddity/c/0/0/0")).unwrap();
    let mut longest = other.clone();
    longest.resize(before.0.len().max(other.len()), 0);
    if longest.len() == before.0.len() {
        // Behind a frame of zstd there can be another that is skipped.
        let room = longest.len() - other.len();
        if room >= 8 {
            longest.truncate(other.len());
            longest.extend(b"\x50\x2a\x4d\x18");
            longest.extend((room as u32 - 8).to_le_bytes());
            longest.resize(before.0.len(), 0);
            put(&longest, before.1);
            refused(line, "values of t2m");
        }
    }
    // The same values at another time.
    put(&before.0, before.1 + Duration::from_secs(9));
    refused(line, "input has changed");
    let output = bench.run(&format!("{line} --force"));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("starts again"),
        "{}",
        stderr(&output)
    );
    assert_eq!(bench.get("r.fsz"), bench.get("wanted.fsz"));
}

#[test]
fn what_is_not_ours_is_not_gone_on_with() {
    let bench = bench();
    let line = "compress a.nc --all --abs 0.01 --resume -o r.fsz";
    for (name, bytes) in [
        ("r.fsz.part", &b"my notes"[..]),
        ("r.fsz.part", b"FSZ\x1a\x01 and then the power failed"),
        ("r.fsz.part.state", b"my notes"),
    ] {
        bench.put(name, bytes);
        for line in [line, &format!("{line} --force")] {
            let text = bench.fails(2, line);
            assert!(text.contains(name), "{text}");
            assert_eq!(bench.get(name), bytes);
        }
        fs::remove_file(bench.path(name)).unwrap();
        assert_eq!(bench.names(), ["a.nc", "all.nc", "b.nc"]);
    }
    let _heal = broken_store(&bench);
    let mut part = bench.get("r.fsz.part");
    part[9] ^= 1;
    bench.put("r.fsz.part", &part);
    let line = "compress s.zarr --all --abs 0.01 --resume -o r.fsz --force";
    assert!(bench.fails(2, line).contains("r.fsz.part"));
    assert_eq!(bench.get("r.fsz.part"), part);
}

#[test]
fn a_failure_at_the_beginning_leaves_nothing() {
    let bench = bench();
    bench.fails(2, "compress a.nc -v none --abs 0.01 --resume -o r.fsz");
    bench.fails(2, "compress a.nc -v t2m --abs -1 --resume -o r.fsz");
    assert_eq!(bench.names(), ["a.nc", "all.nc", "b.nc"]);
}

#[cfg(unix)]
#[test]
fn what_was_killed_goes_on() {
    let bench = Bench::new();
    // Variables of some megabytes: each takes longer than there is between two checkpoints.
    let mut many = weather(0..1500);
    save(&mut many, &bench.path("many.nc"));
    bench.ok("compress many.nc --all --abs 0.001 --effort best --keyframe 8 -o wanted.fsz -q");
    let line = "compress many.nc --all --abs 0.001 --effort best --keyframe 8 --resume -o r.fsz";
    let mut child = bench.command(line).stderr(Stdio::null()).spawn().unwrap();
    // The first checkpoint has no values, so a state that grew has some.
    let mut first = None;
    while child.try_wait().unwrap().is_none() {
        let state = fs::read(bench.path("r.fsz.part.state")).unwrap_or_default();
        let first = first.get_or_insert_with(|| state.clone());
        if first.is_empty() {
            first.clone_from(&state);
        } else if !state.is_empty() && state != *first {
            child.kill().unwrap();
        }
        sleep(Duration::from_millis(2));
    }
    if bench.path("r.fsz.part").exists() {
        let output = bench.run(line);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("continuing after"),
            "{}",
            stderr(&output)
        );
    }
    assert_eq!(bench.get("r.fsz"), bench.get("wanted.fsz"));
}

#[test]
fn samples_can_be_resumed_but_not_from_standard_input() {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    bench.ok("compress in.f32 --shape 3x20x20 --abs 0.01 --resume -o x.fsz -q");
    bench.ok("verify x.fsz in.f32");
    assert_eq!(bench.names(), ["in.f32", "x.fsz"]);
    let line = "compress - --shape 3x20x20 --abs 1 --resume -o y.fsz";
    assert!(bench.fails(2, line).contains("--resume"));
}
