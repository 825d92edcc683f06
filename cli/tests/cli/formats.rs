//! Raw files, `.npy` files and pipes.

use crate::bench::{
    Bench, assert_close, f32_bytes, f32_values, f64_bytes, f64_values, npy, stderr, wave, zip,
};

#[test]
fn raw_f32_goes_there_and_back() {
    let (bench, field) = (Bench::new(), wave(1200));
    bench.put("in.f32", &f32_bytes(&field));
    bench.ok("compress in.f32 --shape 30x40 --abs 0.01 -o out.fsz");
    bench.ok("decompress out.fsz -o back.f32");
    bench.ok("verify out.fsz in.f32");
    assert_close(&f32_values(&bench.get("back.f32")), &field, 0.01);
    assert!(bench.get("out.fsz").len() < 1200);
}

#[test]
fn raw_f64_is_known_by_its_extension_or_by_dtype() {
    let (bench, field) = (Bench::new(), wave(600));
    bench.put("in.f64", &f64_bytes(&field));
    bench.put("in.bin", &f64_bytes(&field));
    bench.ok("compress in.f64 --shape 5,10,12 --range-rel 1e-4 -o a.fsz");
    bench.ok("compress in.bin --shape 5,10,12 --range-rel 1e-4 -o b.fsz --dtype f64");
    assert_eq!(bench.get("a.fsz"), bench.get("b.fsz"));
    bench.ok("decompress a.fsz -o back.f64");
    bench.ok("verify a.fsz in.f64");
    let range = field.iter().copied().fold(f64::MIN, f64::max)
        - field.iter().copied().fold(f64::MAX, f64::min);
    assert_close(&f64_values(&bench.get("back.f64")), &field, range * 1e-4);
}

#[test]
fn npy_goes_there_and_back() {
    let (bench, field) = (Bench::new(), wave(600));
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (20, 30), }\n";
    bench.put("in.npy", &npy(header, &f64_bytes(&field)));
    bench.ok("compress in.npy --lossless -o out.fsz");
    bench.ok("decompress out.fsz -o back.npy");
    bench.ok("decompress out.fsz -o back.raw");
    bench.ok("verify out.fsz in.npy");
    bench.ok("verify out.fsz back.npy");
    assert_eq!(bench.get("back.raw"), f64_bytes(&field));
    let back = bench.get("back.npy");
    assert!(back.starts_with(b"\x93NUMPY\x01\x00"));
    assert_eq!((back.len() - 4800) % 64, 0);
    assert_eq!(back[back.len() - 4800..], f64_bytes(&field));
    let header = String::from_utf8_lossy(&back[10..128]).into_owned();
    assert!(
        header.starts_with("{'descr': '<f8', 'fortran_order': False, 'shape': (20, 30), }"),
        "{header}"
    );
}

#[test]
fn arrays_of_an_npz_file_are_fields() {
    let (bench, field) = (Bench::new(), wave(600));
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (20, 30), }\n";
    let data = npy(header, &f64_bytes(&field));
    let names = npy(
        "{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }\n",
        &[0; 16],
    );
    bench.put("in.npy", &data);
    bench.ok("compress in.npy --lossless -o plain.fsz");
    let same = |file: &str, line: &str| {
        bench.ok(&format!(
            "compress {file} --lossless --force -o out.fsz{line}"
        ));
        assert_eq!(bench.get("out.fsz"), bench.get("plain.fsz"), "{file}{line}");
    };
    bench.put(
        "baler.npz",
        &zip(&[("names.npy", &names), ("data.npy", &data)]),
    );
    same("baler.npz", "");
    same("baler.npz", " -v data");
    let noted = bench.run("compress baler.npz --lossless --force -o out.fsz");
    assert!(
        stderr(&noted).contains("data is taken, names left out"),
        "{}",
        stderr(&noted)
    );
    bench.put("one.npz", &zip(&[("t2m.npy", &data)]));
    same("one.npz", "");
    bench.ok("verify plain.fsz one.npz -v t2m");
    bench.put("two.npz", &zip(&[("u.npy", &names), ("v.npy", &data)]));
    same("two.npz", " --variable v");
    for (line, part) in [
        (
            "three.npz",
            "there are several variables; name those you want with -v, or take --all: v, w",
        ),
        (
            "two.npz -v nope",
            "there is no variable nope; the file has v",
        ),
        ("in.npy -v u", "there is no variable u; the file has data"),
        ("none.npz", "no arrays"),
        ("text.npz", "no array"),
        ("cut.npz", "damaged"),
    ] {
        bench.put("three.npz", &zip(&[("v.npy", &data), ("w.npy", &data)]));
        bench.put("none.npz", &[b"PK\x03\x04", &zip(&[])[..]].concat());
        bench.put("text.npz", &zip(&[("a.npy", b"text")]));
        bench.put("cut.npz", &bench.get("two.npz")[..3000]);
        let output = bench.run(&format!("compress {line} --lossless --force -o out.fsz"));
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(
            stderr(&output).contains(part),
            "{line}: {}",
            stderr(&output)
        );
    }
    let text = bench.fails(5, "compress two.npz -v u --lossless --force -o out.fsz");
    assert!(text.contains("<U4"), "{text}");
}

#[test]
fn fortran_order_is_the_same_field() {
    let bench = Bench::new();
    // [[1, 2, 3], [4, 5, 6]], column by column.
    let columns = f32_bytes(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    bench.put(
        "in.npy",
        &npy(
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",
            &columns,
        ),
    );
    bench.ok("compress in.npy --lossless -o out.fsz");
    bench.ok("decompress out.fsz -o back.f32");
    assert_eq!(
        f32_values(&bench.get("back.f32")),
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    );
    bench.ok("verify out.fsz in.npy");
}

#[test]
fn integers_lose_nothing_and_come_back_as_they_were() {
    let bench = Bench::new();
    for (kind, width) in [("<i2", 2), ("|u1", 1), (">i4", 4), ("<u8", 8)] {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (5, 7)}}");
        let bytes: Vec<u8> = (0..35 * width).map(|k| (k * 29 % 251) as u8).collect();
        bench.put("i.npy", &npy(&header, &bytes));
        bench.ok("compress i.npy --abs 3 -o i.fsz -q --force");
        bench.ok("verify i.fsz i.npy -q");
        bench.ok("decompress i.fsz -o back.npy -q --force");
        bench.ok("verify i.fsz back.npy -q");
        if !kind.starts_with('>') {
            assert!(bench.get("back.npy").ends_with(&bytes), "{kind}");
        }
    }
}

#[test]
fn all_arrays_of_an_npz_file_make_a_data_set() {
    let (bench, field) = (Bench::new(), wave(600));
    let array = |shape: &str, values: &[f64]| {
        let header = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {shape}}}");
        npy(&header, &f32_bytes(values))
    };
    let (u, v) = (
        array("(5, 10, 12)", &field),
        array("(20, 15)", &field[300..]),
    );
    bench.put("a.npz", &zip(&[("u.npy", &u), ("v.npy", &v)]));
    let said = bench.json("compress a.npz --all --abs 0.01 --attr units=K --keyframe 2 -o a.fsz");
    assert_eq!(said["variables"][0]["dims"][0], "time");
    assert_eq!(said["variables"][1]["units"], "K");
    bench.ok("verify a.fsz a.npz");
    bench.put("u.npz", &zip(&[("u.npy", &u)]));
    bench.ok("compress u.npz --abs 0.01 --resume -o u.fsz -q");
    bench.ok("verify u.fsz a.npz -v u");
    bench.fails(2, "verify u.fsz a.npz -v w");
    // A preview has the values of the whole at its places.
    bench.ok("decompress u.fsz -o all.f32 -q");
    bench.ok("decompress u.fsz -o part.f32 --preview 1 -q");
    let all = f32_values(&bench.get("all.f32"));
    let place = |i: &usize| (i / 12 % 10).is_multiple_of(2) && (i % 12).is_multiple_of(2);
    let part: Vec<f64> = (0..600).filter(place).map(|i| all[i]).collect();
    assert_eq!(f32_values(&bench.get("part.f32")), part);
}

#[test]
fn big_endian_is_the_same_field() {
    let bench = Bench::new();
    let (single, double) = (
        [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0],
        [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
    );
    bench.put(
        "s.npy",
        &npy(
            "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}",
            &single,
        ),
    );
    bench.put(
        "d.npy",
        &npy(
            "{'descr': '>f8', 'fortran_order': False, 'shape': (2,)}",
            &double,
        ),
    );
    for name in ["s", "d"] {
        bench.ok(&format!("compress {name}.npy --lossless"));
        bench.ok(&format!("decompress {name}.npy.fsz -o {name}.raw"));
    }
    assert_eq!(f32_values(&bench.get("s.raw")), [1.5, -2.0]);
    assert_eq!(f64_values(&bench.get("d.raw")), [1.5, -2.0]);
}

#[test]
fn pipes_carry_streams_and_nothing_else() {
    let (bench, field) = (Bench::new(), wave(1200));
    let line = "compress - --shape 30x40 --abs 0.01 -o -";
    let stream = bench.run_with_input(line, &f32_bytes(&field));
    assert!(stream.stdout.starts_with(b"FSZ\x1a"));
    assert!(stderr(&stream).contains("ratio"), "{}", stderr(&stream));

    let with_json = bench.run_with_input(&format!("{line} --json"), &f32_bytes(&field));
    assert_eq!(with_json.stdout, stream.stdout);
    let object: serde_json::Value = serde_json::from_slice(&with_json.stderr).unwrap();
    assert_eq!(object["output_bytes"], stream.stdout.len());

    let back = bench.run_with_input("decompress - -o - -q", &stream.stdout);
    assert_close(&f32_values(&back.stdout), &field, 0.01);
    assert_eq!(stderr(&back), "");

    let info = bench.run_with_input("info -", &stream.stdout);
    assert!(String::from_utf8_lossy(&info.stdout).contains("30x40"));
}

#[test]
fn npy_is_known_by_its_first_bytes() {
    let bench = Bench::new();
    let file = npy(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
        &f32_bytes(&[1.0, 2.0, 3.0]),
    );
    let stream = bench
        .run_with_input("compress - --lossless -o -", &file)
        .stdout;
    let back = bench
        .run_with_input("decompress - -o - --format npy", &stream)
        .stdout;
    assert!(back.starts_with(b"\x93NUMPY"));
    assert!(back.ends_with(&f32_bytes(&[1.0, 2.0, 3.0])));
}

#[test]
fn sdr_dims_are_the_shape_backwards() {
    let bench = Bench::new();
    bench.put("in.dat", &f32_bytes(&wave(1200)));
    bench.ok("compress in.dat --shape 2,30,20 --abs 0.01 -o a.fsz");
    bench.ok("compress in.dat --sdr-dims 20,30,2 --abs 0.01 -o b.fsz");
    assert_eq!(bench.get("a.fsz"), bench.get("b.fsz"));
    bench.fails(
        2,
        "compress in.dat --shape 2,30,20 --sdr-dims 20,30,2 --abs 0.01 -o c.fsz",
    );
}

#[test]
fn regions_are_parts_of_the_field() {
    let bench = Bench::new();
    let field: Vec<f64> = (0..6 * 10 * 10).map(f64::from).collect();
    bench.put("in.f32", &f32_bytes(&field));
    bench.ok(
        "compress in.f32 --shape 6x10x10 --chunk 2x5x10 --dims time,lat,lon --lossless -o out.fsz",
    );
    let object = bench.json("decompress out.fsz -o part.f32 --region -1,3:5,:2");
    assert_eq!(object["shape"], serde_json::json!([1, 2, 2]));
    assert_eq!(
        f32_values(&bench.get("part.f32")),
        [530.0, 531.0, 540.0, 541.0]
    );
    let text = bench.fails(2, "decompress out.fsz -o other.f32 --region :,0:11,:");
    assert!(text.contains("dimension 1 (lat) has length 10"), "{text}");
    assert!(
        bench
            .fails(2, "decompress out.fsz -o other.f32 --region :")
            .contains("6x10x10")
    );
}
