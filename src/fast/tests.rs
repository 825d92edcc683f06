use super::*;
use crate::error::Section;

fn load(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(format!("/work/shared/data/{name}.f32")).unwrap();
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect()
}

#[test]
#[ignore = "timing"]
fn timing() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, shape) in [
        ("climet-lab-demo__t2m__721x1440", vec![721usize, 1440]),
        ("EBCC__temperature__721x1440", vec![721, 1440]),
        ("falwa__u__37x121x240", vec![37, 121, 240]),
        ("falwa__t__37x121x240", vec![37, 121, 240]),
        ("iris-test__tcco2__31x161x320", vec![31, 161, 320]),
        ("xarray-data__2t__744x33x49", vec![744, 33, 49]),
        (
            "WAM2layers__20220831ml_q__24x22x41x41",
            vec![24, 22, 41, 41],
        ),
        ("heatedCylinder__nrrd__10x256x128", vec![10, 256, 128]),
        (
            "SPERR__vorticity.128_128_41__41x128x128",
            vec![41, 128, 128],
        ),
    ] {
        if !name.contains(&only) {
            continue;
        }
        let x = load(name);
        let (lo, hi) = crate::sweeps::range(&x).unwrap();
        for rel in [1e-2, 1e-3, 1e-4, 1e-5] {
            if std::env::var("REL").is_ok_and(|r| r.parse() != Ok(rel)) {
                continue;
            }
            let bound = rel * (f64::from(hi) - f64::from(lo));
            let mut out = Vec::new();
            let mut enc = f64::MAX;
            let mut dec = f64::MAX;
            let errors = encode(&x, &shape, bound, &mut out);
            if errors.is_none() {
                println!("{name:40} {rel:e} none");
                continue;
            }
            let mut y = Vec::new();
            for _ in 0..40 {
                out.clear();
                let t = std::time::Instant::now();
                encode(&x, &shape, bound, &mut out).unwrap();
                enc = enc.min(t.elapsed().as_secs_f64());
                drop(y);
                let t = std::time::Instant::now();
                y = decode::<f32>(&mut Reader::new(&out, Section::Codes), &shape).unwrap();
                dec = dec.min(t.elapsed().as_secs_f64());
            }
            let e = crate::sweeps::errors(&x, &y, bound, 0.0);
            let errors = errors.unwrap();
            assert!(
                e.kept
                    && e.largest == errors.largest
                    && (e.squares / errors.squares - 1.0).abs() < 1e-4,
                "{e:?} {errors:?}"
            );
            let size = x.len() as f64 * 4.0;
            println!(
                "{:30} {rel:e} ratio {:8.3} bits {:6.3} enc {:5.2} GB/s dec {:5.2} GB/s",
                &name[..name.len().min(30)],
                size / out.len() as f64,
                32.0 * out.len() as f64 / size,
                size / enc / 1e9,
                size / dec / 1e9
            );
        }
    }
}
