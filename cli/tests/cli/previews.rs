//! `decompress --preview`: the very values of the whole field, only fewer.

use serde_json::json;

use crate::bench::{Bench, f32_bytes, f32_values, stderr, wave};

/// A stream of two frames of 17 × 40, and all its values.
fn bench_with_stream(options: &str) -> (Bench, Vec<f64>) {
    let bench = Bench::new();
    bench.put("in.f32", &f32_bytes(&wave(2 * 17 * 40)));
    bench.ok(&format!(
        "compress in.f32 --shape 2x17x40 --abs 0.01 {options} -o out.fsz"
    ));
    bench.ok("decompress out.fsz -o all.f32");
    let field = f32_values(&bench.get("all.f32"));
    (bench, field)
}

/// Rows and columns that are multiples of `step`.
fn thinned(field: &[f64], step: usize) -> Vec<f64> {
    let place = |i: &usize| (i / 40 % 17).is_multiple_of(step) && (i % 40).is_multiple_of(step);
    (0..field.len()).filter(place).map(|i| field[i]).collect()
}

#[test]
fn a_preview_is_the_field_at_fewer_places() {
    for options in [
        "--predictor pyramid",
        "--predictor spline --chunk 1x5x13",
        "--predictor persistence+spline --fill 10",
        "--effort fast",
    ] {
        let (bench, field) = bench_with_stream(options);
        for level in 0..=6 {
            let outcome = bench.json(&format!(
                "decompress out.fsz -o part.f32 --force --preview {level}"
            ));
            let wanted = thinned(&field, 1 << level);
            assert_eq!(f32_values(&bench.get("part.f32")), wanted, "{options}");
            let rows = 17usize.div_ceil(1 << level);
            let columns = 40usize.div_ceil(1 << level);
            assert_eq!(outcome["shape"], json!([2, rows, columns]));
            assert_eq!(outcome["preview"], level);
            assert_eq!(outcome["output_bytes"], wanted.len() * 4);
            assert_eq!(outcome["bound"], 0.01);
            assert!(outcome["max_error"].as_f64().unwrap() <= 0.01);
        }
    }
}

#[test]
fn a_preview_of_a_region_keeps_the_rows_and_columns_of_the_whole() {
    let (bench, field) = bench_with_stream("--predictor pyramid");
    bench.ok("decompress out.fsz -o part.npy --preview 2 --region 1,3:14,:-4");
    let npy = bench.get("part.npy");
    let header = String::from_utf8_lossy(&npy[..128]).into_owned();
    assert!(header.contains("(1, 3, 9)"), "{header}");
    let place = |r: usize, c: usize| field[(17 + r) * 40 + c];
    let wanted: Vec<f64> = [4, 8, 12]
        .into_iter()
        .flat_map(|r| (0..36).step_by(4).map(move |c| place(r, c)))
        .collect();
    assert_eq!(f32_values(&npy[128..]), wanted);
    let text = bench.fails(
        2,
        "decompress out.fsz -o x.f32 --preview 3 --region :,:,1:7",
    );
    assert!(text.contains("multiples of 8"), "{text}");
}

#[test]
fn the_summary_says_that_it_is_a_preview() {
    let (bench, _) = bench_with_stream("--predictor pyramid");
    let text = stderr(&bench.run("decompress out.fsz -o part.f32 --preview 3"));
    assert!(
        text.contains("of 0.01") && text.contains("preview of level 3: 2x3x5"),
        "{text}"
    );
}

#[test]
fn levels_that_leave_nothing_are_refused() {
    let (bench, _) = bench_with_stream("--predictor pyramid");
    let text = bench.fails(2, "decompress out.fsz -o x.f32 --preview 7");
    assert!(text.contains("level 6 leaves one sample"), "{text}");
    bench.fails(2, "decompress out.fsz -o x.f32 --preview 255");
    bench.fails(2, "decompress out.fsz -o x.f32 --preview 256");
    bench.fails(2, "decompress out.fsz -o x.f32 --preview=-1");
}

#[test]
fn info_says_what_previews_cost() {
    let (bench, _) = bench_with_stream("--predictor pyramid");
    let text = String::from_utf8(bench.ok("info out.fsz")).unwrap();
    assert!(text.contains("up to level 3"), "{text}");
    assert_eq!(bench.json("info out.fsz")["preview_levels"], 3);
    let (bench, _) = bench_with_stream("--effort fast");
    let text = String::from_utf8(bench.ok("info out.fsz")).unwrap();
    assert!(text.contains("as long as the whole field"), "{text}");
}
