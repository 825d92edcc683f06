//! Outputs appear whole or not at all, and never by surprise.

use crate::bench::{Bench, f32_bytes, wave};

fn bench_with_input() -> Bench {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    bench
}

#[test]
fn an_output_that_exists_is_left_alone_without_force() {
    let bench = bench_with_input();
    bench.put("out.fsz", b"precious");
    let text = bench.fails(2, "compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz");
    assert!(text.contains("--force"), "{text}");
    // Refused before any work: the shape, wrong as it is, is not looked at.
    assert!(
        bench
            .fails(2, "compress in.f32 --shape 7 --abs 0.01 -o out.fsz")
            .contains("--force")
    );
    assert_eq!(bench.get("out.fsz"), b"precious");
    bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz --force");
    assert!(bench.get("out.fsz").starts_with(b"FSZ\x1a"));

    bench.put("back.f32", b"precious");
    assert!(
        bench
            .fails(2, "decompress out.fsz -o back.f32")
            .contains("--force")
    );
    bench.ok("decompress out.fsz -o back.f32 --force");
    assert_eq!(bench.get("back.f32").len(), 4800);
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let bench = bench_with_input();
    bench.fails(2, "compress in.f32 --shape 7 --abs 0.01 -o out.fsz");
    bench.fails(2, "compress in.f32 --shape 30x40 --abs -1 -o out.fsz");
    bench.fails(4, "compress missing.f32 --shape 30x40 --abs 1 -o out.fsz");
    bench.fails(3, "decompress in.f32 -o back.f32");
    assert_eq!(bench.names(), ["in.f32"]);
}

#[test]
fn a_failure_with_force_keeps_the_old_file() {
    let bench = bench_with_input();
    bench.put("out.fsz", b"precious");
    bench.fails(2, "compress in.f32 --shape 7 --abs 0.01 -o out.fsz --force");
    assert_eq!(bench.get("out.fsz"), b"precious");
    assert_eq!(bench.names(), ["in.f32", "out.fsz"]);
}

#[test]
fn names_follow_from_the_input() {
    let bench = bench_with_input();
    bench.ok("compress in.f32 --shape 30x40 --abs 0.01");
    std::fs::rename(bench.path("in.f32"), bench.path("original.f32")).unwrap();
    bench.ok("decompress in.f32.fsz");
    assert_eq!(bench.names(), ["in.f32", "in.f32.fsz", "original.f32"]);

    std::fs::rename(bench.path("in.f32.fsz"), bench.path("stream")).unwrap();
    assert!(bench.fails(2, "decompress stream").contains("-o"));
    assert!(
        bench
            .fails(2, "compress - --shape 3 --abs 1")
            .contains("-o")
    );
}

#[test]
fn folders_and_places_that_cannot_be_written_are_named() {
    let bench = bench_with_input();
    std::fs::create_dir(bench.path("folder")).unwrap();
    assert!(
        bench
            .fails(2, "compress in.f32 --shape 30x40 --abs 1 -o folder --force")
            .contains("folder is a directory")
    );
    assert!(
        bench
            .fails(4, "compress in.f32 --shape 30x40 --abs 1 -o none/out.fsz")
            .contains("none/out.fsz")
    );
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::Duration;

    use super::bench_with_input;

    #[test]
    fn outputs_have_the_permissions_of_ordinary_files() {
        let bench = bench_with_input();
        bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz");
        let mode = |name| bench.path(name).metadata().unwrap().mode();
        // The input was written by the test itself, under the same umask.
        assert_eq!(mode("out.fsz"), mode("in.f32"));
    }

    #[test]
    fn devices_and_links_stay_what_they_are() {
        let bench = bench_with_input();
        bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o /dev/null --force");
        bench.put("target.fsz", b"old");
        symlink("target.fsz", bench.path("link.fsz")).unwrap();
        bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o link.fsz --force");
        assert!(
            bench
                .path("link.fsz")
                .symlink_metadata()
                .unwrap()
                .is_symlink()
        );
        assert!(bench.get("target.fsz").starts_with(b"FSZ\x1a"));
    }

    /// Whether signals reach children at all: `nohup` and some CI systems ignore them.
    fn interrupts_are_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask
            .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
            .unwrap_or(0);
        // SIGHUP, SIGINT and SIGTERM.
        ignored & (1 | 1 << 1 | 1 << 14) != 0
    }

    #[test]
    fn an_interruption_leaves_nothing_behind() {
        if interrupts_are_ignored() {
            return;
        }
        let bench = bench_with_input();
        let mut command = bench.command("compress - --shape 30x40 --abs 0.01 -o out.fsz");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // Held open, as `wait` would close it: the child waits with its temporary file in place.
        let input = child.stdin.take();
        while bench.names().len() == 1 && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(5));
        }
        assert_eq!(bench.names().len(), 2);
        assert!(
            Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(130));
        drop(input);
        assert_eq!(bench.names(), ["in.f32"]);
    }
}
