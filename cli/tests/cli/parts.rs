//! Streams that are added to, joined, split, interrupted.

use foresz::files::Values;

use crate::bench::{Bench, npy, wave};
use crate::data::{COLUMNS, ROWS, farthest, load, save, temperature, weather};

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A .npy file.
fn array(frames: usize, rows: usize, columns: usize, data: &[u8]) -> Vec<u8> {
    let shape = format!("({frames}, {rows}, {columns})");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    npy(&header, data)
}

fn bench() -> Bench {
    let bench = Bench::new();
    save(&mut weather(0..30), &bench.path("a.nc"));
    save(&mut weather(30..48), &bench.path("b.nc"));
    save(&mut weather(0..48), &bench.path("all.nc"));
    bench
}

#[test]
fn what_is_added_reads_as_if_it_had_been_there() {
    let bench = bench();
    bench.ok("compress a.nc --all --preset era5 -o s.fsz -q");
    let said = bench.json("append s.fsz b.nc");
    assert_eq!(
        (said["dimension"].as_str(), said["length"].as_u64()),
        (Some("time"), Some(48))
    );
    bench.ok("verify s.fsz all.nc");
    bench.ok("decompress s.fsz -o s.nc -q");
    assert_eq!(
        load(&bench.path("s.nc"), "time"),
        Values::I32((0..48).collect())
    );
    let text = bench.fails(2, "append s.fsz b.nc");
    assert!(
        text.contains("must continue") && text.contains("is as it was"),
        "{text}"
    );
    bench.ok("verify s.fsz all.nc");
}

#[test]
fn other_data_is_not_added() {
    let bench = bench();
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    let before = bench.get("s.fsz");
    let mut other = weather(30..31);
    let rows = Values::F64((0..ROWS).map(|i| i as f64).collect());
    foresz::files::Sink::write(&mut other, 1, std::slice::from_ref(&(0..ROWS)), &rows).unwrap();
    save(&mut other, &bench.path("moved.nc"));
    assert!(bench.fails(2, "append s.fsz moved.nc").contains("latitude"));
    bench.put("x.npy", &array(1, 2, 3, &f32_bytes(&[0.0; 6])));
    assert!(
        bench
            .fails(2, "append s.fsz x.npy")
            .contains("several variables")
    );
    assert_eq!(bench.get("s.fsz"), before);
}

#[test]
fn frames_are_added_to_a_field() {
    let bench = Bench::new();
    let hours = |range: std::ops::Range<usize>| {
        let frame = |t| (0..ROWS * COLUMNS).map(move |k| temperature(t, k / COLUMNS, k % COLUMNS));
        f32_bytes(&range.flat_map(frame).collect::<Vec<f32>>())
    };
    bench.put("a.npy", &array(5, ROWS, COLUMNS, &hours(0..5)));
    bench.put("b.npy", &array(2, ROWS, COLUMNS, &hours(5..7)));
    bench.put("c.f32", &hours(7..8));
    bench.ok("compress a.npy --abs 0.01 -o s.fsz -q");
    bench.ok("append s.fsz b.npy -q");
    bench.ok("append s.fsz c.f32 -q");
    bench.ok("decompress s.fsz -o s.npy -q");
    let values =
        Values::from_le_bytes(foresz::files::Kind::F32, &bench.get("s.npy")[128..]).unwrap();
    let wanted = Values::from_le_bytes(foresz::files::Kind::F32, &hours(0..8)).unwrap();
    assert!(farthest(&values, &wanted) <= 0.01);
}

#[test]
fn an_interrupted_append_leaves_the_stream_as_it_was() {
    let bench = bench();
    bench.ok("compress a.nc --all --abs 0.01 -o s.fsz -q");
    let before = bench.get("s.fsz");
    bench.ok("append s.fsz b.nc -q");
    let after = bench.get("s.fsz");
    assert_eq!(after[..before.len()], before);
    for end in [
        before.len() + 1,
        usize::midpoint(before.len(), after.len()),
        after.len() - 1,
    ] {
        bench.put("torn.fsz", &after[..end]);
        let output = bench.run("verify torn.fsz a.nc");
        assert!(output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("interrupted"), "{text}");
        bench.ok("append torn.fsz b.nc -q");
        assert_eq!(bench.get("torn.fsz"), after);
    }
}

#[test]
fn streams_are_joined_and_split_without_decoding() {
    let bench = bench();
    for name in ["a", "b", "all"] {
        bench.ok(&format!(
            "compress {name}.nc --all --abs 0.01 --keyframe 6 -o {name}.fsz -q"
        ));
    }
    let said = bench.json("cat a.fsz b.fsz -o joined.fsz");
    assert_eq!(said["length"], 48);
    bench.ok("verify joined.fsz all.nc");
    bench.ok("split all.fsz --at 30 -o part -q");
    bench.ok("verify part-000.fsz a.nc");
    bench.ok("verify part-001.fsz b.nc");
    bench.ok("cat part-000.fsz part-001.fsz -o again.fsz -q");
    bench.ok("verify again.fsz all.nc");
    let text = bench.fails(2, "split all.fsz --at 31 -o other");
    assert!(text.contains("6, 12, 18"), "{text}");
    let text = bench.fails(2, "cat b.fsz a.fsz -o wrong.fsz");
    assert!(text.contains("time"), "{text}");
    assert!(!bench.names().contains(&"wrong.fsz".into()));
    bench.ok("split joined.fsz --every 12 -o small -q");
    assert!(bench.names().contains(&"small-003.fsz".into()));
    bench.ok("decompress small-003.fsz -o small.nc -q");
    assert_eq!(
        load(&bench.path("small.nc"), "time"),
        Values::I32((36..48).collect())
    );
}

#[test]
fn fields_are_split_and_joined_too() {
    let bench = Bench::new();
    let values: Vec<f32> = (0..8 * ROWS * COLUMNS)
        .map(|k| (k as f32 * 0.1).sin())
        .collect();
    bench.put("a.npy", &array(8, ROWS, COLUMNS, &f32_bytes(&values)));
    bench.ok("compress a.npy --abs 0.01 --keyframe 2 -o a.fsz -q");
    bench.ok("split a.fsz --every 4 -q");
    bench.ok("decompress a-001.fsz -o back.f32 -q");
    assert_eq!(bench.get("back.f32").len(), values.len() * 2);
    bench.ok("cat a-000.fsz a-001.fsz -o whole.fsz -q");
    bench.ok("decompress whole.fsz -o whole.npy -q");
    bench.ok("decompress a.fsz -o direct.npy -q");
    assert_eq!(bench.get("whole.npy"), bench.get("direct.npy"));
}

#[test]
fn what_resumes_is_what_would_have_been() {
    let bench = bench();
    bench.ok("compress all.nc --all --abs 0.01 -o whole.fsz -q");
    // Nothing was begun: it starts from nothing.
    bench.ok("compress all.nc --all --abs 0.01 --resume -o resumed.fsz -q");
    assert_eq!(bench.get("resumed.fsz"), bench.get("whole.fsz"));
    assert!(!bench.names().contains(&"resumed.fsz.part".into()));
}

#[test]
fn zeros_that_are_kept_are_not_missing() {
    let bench = Bench::new();
    let values: Vec<f32> = (0..4 * ROWS * COLUMNS)
        .map(|k| (k as f32 * 0.1).sin().max(0.0))
        .collect();
    bench.put("a.npy", &array(4, ROWS, COLUMNS, &f32_bytes(&values)));
    bench.ok("compress a.npy --range-rel 0.01 --keep-zeros --non-negative -o a.fsz -q");
    bench.ok("verify a.fsz a.npy");
    bench.ok("decompress a.fsz -o a.nc -q");
    let decoded = load(&bench.path("a.nc"), "data");
    let decoded = decoded.to_f64().unwrap();
    assert!(
        values
            .iter()
            .zip(&decoded)
            .all(|(x, y)| *y >= 0.0 && (*x != 0.0 || *y == 0.0))
    );
    let file = foresz::files::open(&bench.path("a.nc")).unwrap();
    assert!(
        file.dataset().variables[0]
            .attribute("_FillValue")
            .is_none()
    );
}

#[test]
fn streams_in_the_wrong_order_are_not_joined() {
    let bench = Bench::new();
    for (name, hours) in [("a", 0..4), ("b", 4..8), ("c", 8..12)] {
        save(&mut weather(hours), &bench.path(&format!("{name}.nc")));
        bench.ok(&format!(
            "compress {name}.nc --all --abs 0.01 -o {name}.fsz -q"
        ));
    }
    assert!(
        bench
            .fails(2, "cat a.fsz c.fsz b.fsz -o x.fsz")
            .contains("time")
    );
    bench.ok("cat a.fsz b.fsz c.fsz -o x.fsz -q");
}

#[test]
fn what_was_added_to_a_field_can_be_verified() {
    let bench = Bench::new();
    let values: Vec<f32> = (0..6 * ROWS * COLUMNS)
        .map(|k| (k as f32 * 0.1).sin())
        .collect();
    let frame = ROWS * COLUMNS;
    bench.put(
        "a.npy",
        &array(4, ROWS, COLUMNS, &f32_bytes(&values[..4 * frame])),
    );
    bench.put(
        "b.npy",
        &array(2, ROWS, COLUMNS, &f32_bytes(&values[4 * frame..])),
    );
    bench.put("all.npy", &array(6, ROWS, COLUMNS, &f32_bytes(&values)));
    bench.ok("compress a.npy --abs 0.01 -o a.fsz -q");
    bench.ok("append a.fsz b.npy -q");
    bench.ok("verify a.fsz all.npy");
    bench.ok("info a.fsz");
}

#[test]
fn more_of_a_stream_is_of_its_type_whatever_the_file_is_called() {
    let bench = Bench::new();
    let bytes = |from: usize| -> Vec<u8> {
        let values = wave(6 * 20 * 30);
        let half = values[from..from + 3 * 20 * 30].iter();
        half.flat_map(|x| x.to_le_bytes()).collect()
    };
    bench.put("first.bin", &bytes(0));
    bench.put("more.bin", &bytes(3 * 20 * 30));
    bench.ok("compress first.bin --shape 3x20x30 --dtype f64 --abs 0.01 -o s.fsz -q");
    bench.ok("append s.fsz more.bin -q");
    let all = [bytes(0), bytes(3 * 20 * 30)].concat();
    bench.put("all.bin", &all);
    assert!(bench.ok("verify s.fsz all.bin -q").is_empty());
}
