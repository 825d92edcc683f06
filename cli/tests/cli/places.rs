//! Nothing that is read is written over, and folders only if they are stores.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::bench::{Bench, f32_bytes, npy, wave};
use crate::data::{load, save, weather};

fn bench() -> Bench {
    let bench = Bench::new();
    save(&mut weather(0..8), &bench.path("era5.nc"));
    bench.ok("compress era5.nc --all --abs 0.01 -o e.fsz -q");
    bench
}

#[test]
fn a_folder_that_is_no_store_is_never_replaced() {
    let bench = bench();
    fs::create_dir(bench.path("D")).unwrap();
    bench.put("D/t", b"thesis");
    fs::create_dir(bench.path("D.zarr")).unwrap();
    bench.put("D.zarr/t", b"thesis");
    let names = bench.names();
    for line in [
        "decompress e.fsz -o D/ --format netcdf --force",
        "decompress e.fsz -o D --format netcdf --force",
        "decompress e.fsz -o D/ --format zarr --force",
        "decompress e.fsz -o D --format zarr --force",
        "decompress e.fsz -o D.zarr --force",
        "decompress e.fsz -o D.zarr// --force",
        "decompress e.fsz -o D/. --format zarr --force",
        "decompress e.fsz -o . --format zarr --force",
        "decompress e.fsz -o .. --format netcdf --force",
        "decompress e.fsz -o / --format zarr --force",
        "decompress e.fsz -v t2m -o D --format npy --force",
        "compress era5.nc --all --abs 1 -o D --force",
        "compress era5.nc --all --abs 1 -o D/ --force --resume",
        "cat e.fsz -o D --force",
    ] {
        let text = bench.fails(2, line);
        assert!(text.contains("a directory"), "{line}: {text}");
        assert_eq!(bench.get("D/t"), b"thesis", "{line}");
        assert_eq!(bench.get("D.zarr/t"), b"thesis", "{line}");
        assert_eq!(bench.names(), names, "{line}");
    }
    // What is not there yet is a file, and cannot be called a folder.
    let text = bench.fails(2, "decompress e.fsz -o new/ --format netcdf");
    assert!(text.contains("like a directory"), "{text}");
    assert_eq!(bench.names(), names);
}

#[test]
fn a_store_is_replaced_when_the_new_one_stands() {
    let bench = bench();
    bench.ok("decompress e.fsz -o s.zarr -q");
    bench.put("s.zarr/old", b"");
    assert!(
        bench
            .fails(2, "decompress e.fsz -o s.zarr")
            .contains("--force")
    );
    // A file does not replace it.
    bench.fails(2, "decompress e.fsz -o s.zarr --format netcdf --force");
    // Neither does what cannot be decoded: the middle of the stream is all pieces.
    let mut torn = bench.get("e.fsz");
    let middle = torn.len() / 2;
    torn[middle..middle + 40].fill(0x55);
    bench.put("torn.fsz", &torn);
    bench.fails(3, "decompress torn.fsz -o s.zarr --force");
    assert!(bench.path("s.zarr/old").exists());
    bench.ok("decompress e.fsz -v t2m -o s.zarr/ --force -q");
    assert!(!bench.path("s.zarr/old").exists());
    load(&bench.path("s.zarr"), "t2m");
    bench.put("f.zarr", b"a file");
    bench.fails(2, "decompress e.fsz -o f.zarr");
    bench.ok("decompress e.fsz -o f.zarr --force -q");
    load(&bench.path("f.zarr"), "t2m");
    bench.ok("decompress e.fsz -o new.zarr/ -q");
    load(&bench.path("new.zarr"), "t2m");
    let passing = |name: &String| name.starts_with(".foresz");
    assert!(!bench.names().iter().any(passing), "{:?}", bench.names());
}

#[test]
fn an_output_is_never_an_input() {
    let bench = bench();
    bench.put("b.toml", b"['*']\nabs = 1\n");
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (30, 40)}";
    bench.put("a.npy", &npy(header, &f32_bytes(&wave(1200))));
    bench.ok("compress a.npy --abs 0.01 -o a.fsz -q");
    fs::copy(bench.path("era5.nc"), bench.path("x.fsz.part")).unwrap();
    fs::copy(bench.path("e.fsz"), bench.path("p-000.fsz")).unwrap();
    fs::hard_link(bench.path("era5.nc"), bench.path("twin.nc")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("era5.nc", bench.path("link.nc")).unwrap();
    #[cfg(not(unix))]
    fs::hard_link(bench.path("era5.nc"), bench.path("link.nc")).unwrap();
    fs::create_dir(bench.path("folder")).unwrap();
    let kept = ["era5.nc", "e.fsz", "b.toml", "in.f32", "a.npy", "a.fsz"];
    let before = kept.map(|name| bench.get(name));
    for line in [
        "compress era5.nc -v t2m --abs 0.05 -o era5.nc --force",
        "compress era5.nc -v t2m --abs 0.05 -o ./folder/../era5.nc --force",
        "compress era5.nc -v t2m --abs 0.05 -o twin.nc --force",
        "compress era5.nc -v t2m --abs 0.05 -o link.nc --force",
        "compress twin.nc -v t2m --abs 0.05 -o era5.nc --force --resume",
        "compress x.fsz.part -v t2m --abs 0.05 -o x.fsz --resume",
        "compress era5.nc -v t2m --bounds b.toml -o b.toml --force",
        "compress in.f32 --shape 30x40 --abs 1 -o in.f32 --force",
        "compress a.npy --abs 1 -o ./a.npy --force",
        "decompress a.fsz -o a.fsz --format raw --force",
        "decompress e.fsz -v t2m -o e.fsz --format npy --force",
        "decompress e.fsz -o ./e.fsz --format netcdf --force",
        "cat e.fsz -o e.fsz --force",
        "split p-000.fsz --every 100 -o p --force",
        "append e.fsz e.fsz",
        "append a.fsz ./a.fsz",
        "compare a.npy --csv a.npy --force",
        "compare a.npy --csv out.csv --report out.csv",
    ] {
        let text = bench.fails(2, line);
        let is_told = text.contains("same file") || text.contains("two results");
        assert!(is_told, "{line}: {text}");
        for (name, bytes) in kept.iter().zip(&before) {
            assert!(bench.get(name) == *bytes, "{line}: {name}");
        }
    }
    let stream = fs::metadata(bench.path("p-000.fsz")).unwrap();
    assert_eq!(stream.len(), before[1].len() as u64);
}

#[cfg(unix)]
#[test]
fn standard_input_and_output_are_files_too() {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(1200)));
    let input = fs::File::open(bench.path("in.f32")).unwrap();
    let mut command = bench.command("compress - --shape 30x40 --abs 1 -o in.f32 --force");
    assert_eq!(command.stdin(input).status().unwrap().code(), Some(2));
    let mut output = fs::OpenOptions::new();
    let output = output.append(true).open(bench.path("in.f32")).unwrap();
    let mut command = bench.command("compress in.f32 --shape 30x40 --abs 1 -o -");
    assert_eq!(command.stdout(output).status().unwrap().code(), Some(2));
    assert_eq!(bench.get("in.f32"), f32_bytes(&wave(1200)));
}

#[test]
fn stores_and_what_lies_in_them_are_not_mixed_up() {
    let bench = bench();
    bench.ok("decompress e.fsz -o s.zarr -q");
    for line in [
        "compress s.zarr --all --abs 1 -o s.zarr/x.fsz",
        "compress s.zarr --all --abs 1 -o s.zarr/t2m/zarr.json --force",
        "compress s.zarr --all --abs 1 -o s.zarr/x.fsz --resume",
    ] {
        let text = bench.fails(2, line);
        assert!(text.contains("lies in s.zarr"), "{line}: {text}");
    }
    fs::copy(bench.path("e.fsz"), bench.path("s.zarr/e.fsz")).unwrap();
    let text = bench.fails(2, "decompress s.zarr/e.fsz -o s.zarr --force");
    assert!(text.contains("would be replaced"), "{text}");
    bench.ok("verify s.zarr/e.fsz era5.nc");
}

#[test]
fn messages_do_not_name_passing_files() {
    let bench = bench();
    for line in [
        "compress era5.nc -v t2m --abs 1 -o none/out.fsz",
        "compress era5.nc -v t2m --abs 1 -o none/out.fsz --resume",
        "decompress e.fsz -o none/out.nc",
        "decompress e.fsz -o none/out.zarr",
        "cat e.fsz -o e.fsz/out.fsz",
    ] {
        let text = bench.fails(4, line);
        assert!(text.contains("/out."), "{line}: {text}");
        assert!(!text.contains(".foresz-"), "{line}: {text}");
    }
}

#[test]
fn what_cannot_be_written_is_to_blame() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let bench = bench();
    for line in [
        "decompress e.fsz -v t2m -o /dev/full --format raw",
        "compress era5.nc -v t2m --abs 1 -o /dev/full",
    ] {
        let text = bench.fails(4, line);
        assert!(text.contains("cannot write /dev/full"), "{line}: {text}");
    }
}

/// Waits until something passing lies in the folder; nothing if the process ends before.
fn begun(bench: &Bench, child: &mut Child) -> bool {
    loop {
        let passing = bench.names().into_iter().find(|n| n.starts_with(".foresz"));
        let inside = passing.map(|name| bench.path(&name).join("s.zarr/data"));
        if inside.is_some_and(|path| path.exists()) {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        sleep(Duration::from_millis(1));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_store_leaves_nothing_behind() {
    let bench = Bench::new();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 300, 500)}";
    bench.put("a.npy", &npy(header, &f32_bytes(&wave(60 * 300 * 500))));
    bench.ok("compress a.npy --abs 0.01 --effort fast -o a.fsz -q");
    for signal in ["-INT", "-TERM"] {
        let mut command = bench.command("decompress a.fsz -o s.zarr --threads 1 -q");
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        if begun(&bench, &mut child) {
            let kill = [signal, &child.id().to_string()];
            Command::new("kill").args(kill).status().unwrap();
        }
        // Signals may be ignored here, or come too late: then it is finished.
        if child.wait().unwrap().success() {
            fs::remove_dir_all(bench.path("s.zarr")).unwrap();
        }
        assert_eq!(bench.names(), ["a.fsz", "a.npy"], "{signal}");
    }
}

#[test]
fn names_of_outputs_keep_what_is_no_ending() {
    let bench = Bench::new();
    save(&mut weather(0..4), &bench.path("a.nc"));
    for year in ["era5.2019", "era5.2020"] {
        bench.ok(&format!("compress a.nc --all --abs 0.01 -o {year}.fsz -q"));
        bench.ok(&format!("decompress {year}.fsz -q"));
    }
    assert!(bench.path("era5.2019.nc").is_file() && bench.path("era5.2020.nc").is_file());
    bench.fails(2, "split era5.2019.fsz --at 2,999");
    bench.put("era5.2019-001.fsz", b"there");
    bench.fails(2, "split era5.2019.fsz --at 2");
    assert!(!bench.names().iter().any(|name| name.contains("-000")));
}

#[test]
fn a_dimension_is_selected_once() {
    let bench = Bench::new();
    save(&mut weather(0..4), &bench.path("a.nc"));
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    for twice in [
        "--region time=0:2,time=1:3",
        "--region time=0:2 --region time=1:3",
    ] {
        let text = bench.fails(2, &format!("decompress s.fsz -o part.nc {twice}"));
        assert!(
            text.contains("time is selected twice") || text.contains("--region"),
            "{text}"
        );
    }
    assert!(!bench.path("part.nc").exists());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_refused_before_the_work() {
    let bench = Bench::new();
    save(&mut weather(0..4), &bench.path("a.nc"));
    std::os::unix::fs::symlink("nowhere.fsz", bench.path("s.fsz")).unwrap();
    for force in ["", " --force"] {
        let text = bench.fails(
            2,
            &format!("compress a.nc --all --abs 0.01 -o s.fsz{force}"),
        );
        assert!(
            text.contains("a link to something that is not there"),
            "{text}"
        );
    }
    assert!(bench.path("s.fsz").is_symlink());
}
