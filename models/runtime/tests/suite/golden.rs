//! Hashes of the outputs of three small models. They are the same on every CPU, with
//! and without wide instructions, in every build, on any number of threads.

use std::sync::Arc;

use crate::common::floats;
use foresz_exact::{Model, Options, Session};

/// FNV-1a over the little-endian bytes.
fn hash(values: &[f32]) -> u64 {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A changed hash is a change of every stream that was made with this runtime.
#[test]
fn outputs_never_change() {
    let cases = [
        (
            "dense",
            crate::common::networks::dense(),
            vec![3, 200],
            DENSE,
        ),
        (
            "convolutional",
            crate::common::networks::convolutional(),
            vec![1, 2, 24, 40],
            CONVOLUTIONAL,
        ),
        (
            "attention",
            crate::common::networks::attention(),
            vec![1, 96, 32],
            ATTENTION,
        ),
    ];
    for (name, bytes, dims, expected) in cases {
        let input = floats(&dims, 77);
        for threads in 1..=4 {
            let options = Options {
                threads,
                ..Options::default()
            };
            let model = Arc::new(Model::from_bytes(&bytes, &options).unwrap());
            let mut session = Session::new(model, &options).unwrap();
            for _ in 0..2 {
                let out = session.run(&[("x", input.clone())]).unwrap();
                let values = out[0].values::<f32>().unwrap();
                assert!(values.iter().all(|v| v.is_finite()));
                let found = hash(values);
                assert_eq!(
                    found, expected,
                    "{name} gives {found:#018x} on {threads} threads"
                );
            }
        }
    }
}

/// The same in a process that may not use AVX-512, and in one that may not use AVX2.
#[test]
fn narrow_cpus_agree() {
    for portable in ["avx2", "1"] {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["outputs_never_change", "--exact"])
            .env("FORESZ_PORTABLE", portable)
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stdout)
        );
    }
}

const DENSE: u64 = 0xa592_19df_8431_b6f6;
const CONVOLUTIONAL: u64 = 0x4a70_aede_92c4_43b2;
const ATTENTION: u64 = 0x9636_2ba0_b400_19ff;
