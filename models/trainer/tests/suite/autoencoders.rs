//! Autoencoders from a series to a folder, and what cannot be learned from.

use std::path::Path;

use foresz_forecast::autoencoder::Contract;
use foresz_train::{Epoch, Family, Loss, Report, Scaling, Series, Settings, WeightFormat, train};

/// Waves that move on, so that tiles look alike but are not equal.
fn waves(shape: [usize; 3]) -> Vec<f32> {
    let [frames, rows, columns] = shape;
    let mut values = Vec::new();
    for t in 0..frames {
        for i in 0..rows {
            for j in 0..columns {
                let (t, i, j) = (t as f32, i as f32, j as f32);
                let wave = (0.4 * i + 0.2 * t).sin() * (0.3 * j - 0.1 * t).cos();
                values.push(280.0 + 5.0 * wave + 0.01 * i);
            }
        }
    }
    values
}

fn series() -> Series {
    Series::new(waves([24, 20, 24]), vec![24, 20, 24], &[]).unwrap()
}

fn small(family: Family) -> Settings {
    Settings {
        tile: vec![8, 8],
        layers: vec![24],
        channels: vec![6, 8],
        latents: 6,
        epochs: 8,
        batch: 32,
        rate: Some(5e-3),
        ..Settings::new("tiny", family)
    }
}

fn run(settings: &Settings, folder: &Path) -> Report {
    train(&series(), settings, folder, false, &mut |_, _| {}).unwrap()
}

/// Trains, and checks what holds for every model.
fn check(settings: &Settings) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let report = run(settings, folder.path());
    assert!(
        report.difference <= 1e-5,
        "{settings:?}: {}",
        report.difference
    );
    let (first, best) = (&report.record.epochs[0], report.record.best().unwrap());
    assert!(
        best.validation < 0.7 * first.validation,
        "{settings:?}: nothing learned"
    );
    for file in [
        "encoder.onnx",
        "decoder.onnx",
        "model.toml",
        "training.json",
        "training.svg",
    ] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    assert!(!folder.path().join("checkpoint.safetensors").exists());
    assert!(report.ratio > report.ratio_with_model && report.bits > 0.0);
    let path = folder.path().join("model.toml");
    let contract = Contract::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
    assert_eq!(contract.tile, settings.tile);
    report
}

#[test]
fn dense_ones_under_every_normalisation() {
    for normalise in [Scaling::Field, Scaling::Tile, Scaling::Fixed] {
        check(&Settings {
            normalise,
            ..small(Family::Dense)
        });
    }
}

#[test]
fn convolutions_in_two_and_three_dimensions() {
    for gdn in [false, true] {
        for tile in [vec![8, 8], vec![2, 8, 4], vec![4, 4, 8]] {
            let channels = if tile.contains(&2) {
                vec![6]
            } else {
                vec![6, 8]
            };
            check(&Settings {
                gdn,
                tile,
                channels,
                ..small(Family::Conv)
            });
        }
    }
}

#[test]
fn every_loss() {
    for loss in [Loss::Mse, Loss::Swae, Loss::L1, Loss::Rough] {
        check(&Settings {
            loss: Some(loss),
            ..small(Family::Dense)
        });
    }
}

#[test]
fn sparse_latents_and_sparse_differences() {
    for differences in [false, true] {
        check(&Settings {
            differences,
            layers: vec![64],
            latents: 128,
            ..small(Family::Sparse)
        });
    }
}

#[test]
fn weights_in_fewer_bytes() {
    let full = check(&small(Family::Dense));
    let two = check(&Settings {
        weights: WeightFormat::I16,
        ..small(Family::Dense)
    });
    let one = check(&Settings {
        weights: WeightFormat::I8,
        ..small(Family::Dense)
    });
    assert!(two.model_bytes < full.model_bytes && one.model_bytes < two.model_bytes);
    assert!((two.loss_as_stored / full.loss - 1.0).abs() < 0.01);
    assert!(one.loss_as_stored < 2.0 * full.loss);
}

#[test]
fn a_seed_is_a_model() {
    let settings = small(Family::Dense);
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(&settings, first.path());
    run(&settings, second.path());
    let read = |folder: &Path| std::fs::read(folder.join("decoder.onnx")).unwrap();
    assert_eq!(read(first.path()), read(second.path()));
    let other = Settings {
        seed: 2,
        ..settings
    };
    run(&other, second.path());
    assert_ne!(read(first.path()), read(second.path()));
}

/// Everything but the clock.
fn losses(report: &Report) -> Vec<[f64; 4]> {
    let of = |e: &Epoch| [e.rate, e.loss, e.validation, e.bits];
    report.record.epochs.iter().map(of).collect()
}

#[test]
fn a_training_that_was_killed_goes_on_as_if_nothing_had_happened() {
    let settings = Settings {
        epochs: 6,
        ..small(Family::Dense)
    };
    let whole = tempfile::tempdir().unwrap();
    let report = run(&settings, whole.path());
    let cut = tempfile::tempdir().unwrap();
    let killed = std::panic::catch_unwind(|| {
        let mut watch = |epoch: &Epoch, _: f64| {
            // The first checkpoint is due after five seconds.
            if epoch.epoch == 2 {
                std::thread::sleep(std::time::Duration::from_secs(6));
            }
            assert!(epoch.epoch < 4, "killed");
        };
        train(&series(), &settings, cut.path(), false, &mut watch)
    });
    assert!(killed.is_err());
    assert!(cut.path().join("checkpoint.safetensors").is_file());
    let resumed = train(&series(), &settings, cut.path(), true, &mut |_, _| {}).unwrap();
    assert_eq!(losses(&report), losses(&resumed));
    let read = |folder: &Path| std::fs::read(folder.join("decoder.onnx")).unwrap();
    assert_eq!(read(whole.path()), read(cut.path()));
}

fn refused(series: &Series, settings: &Settings, words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let result = train(series, settings, folder.path(), false, &mut |_, _| {});
    let error = result.map(|r| r.name).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn what_cannot_be_learned_from() {
    let dense = small(Family::Dense);
    let of = |values: Vec<f32>, shape: &[usize]| Series::new(values, shape.to_vec(), &[]).unwrap();
    refused(
        &of(vec![1.0; 4 * 20 * 24], &[4, 20, 24]),
        &dense,
        "every value is 1",
    );
    refused(
        &of(vec![f32::NAN; 4 * 20 * 24], &[4, 20, 24]),
        &dense,
        "NaN",
    );
    refused(
        &of(waves([1, 20, 24]), &[1, 20, 24]),
        &dense,
        "to validate on",
    );
    refused(&of(waves([8, 6, 24]), &[8, 6, 24]), &dense, "--tile");
    let mut holed = waves([8, 20, 24]);
    holed[..7 * 480].fill(f32::NAN);
    refused(&of(holed, &[8, 20, 24]), &dense, "free of NaN");
    let mut flat = waves([8, 20, 24]);
    flat[..7 * 480].fill(3.0);
    refused(&of(flat, &[8, 20, 24]), &dense, "two different values");
    let to = Settings {
        validation: 1.5,
        ..dense.clone()
    };
    refused(&series(), &to, "validation");
    let rate = Settings {
        rate: Some(-1.0),
        ..dense.clone()
    };
    refused(&series(), &rate, "rate");
    let channels = Settings {
        channels: vec![4; 4],
        ..small(Family::Conv)
    };
    refused(&series(), &channels, "multiples of 16");
    let none = tempfile::tempdir().unwrap();
    let resumed = train(&series(), &dense, none.path(), true, &mut |_, _| {});
    assert!(resumed.unwrap_err().to_string().contains("no checkpoint"));
}

#[test]
fn nan_in_some_frames_is_left_out() {
    let mut values = waves([24, 20, 24]);
    values[3 * 480 + 17] = f32::NAN;
    values[20 * 480..21 * 480].fill(f32::INFINITY);
    let series = Series::new(values, vec![24, 20, 24], &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = train(
        &series,
        &small(Family::Dense),
        folder.path(),
        false,
        &mut |_, _| {},
    )
    .unwrap();
    assert!(report.loss.is_finite() && report.bits.is_finite());
}

#[test]
fn a_rate_far_too_high_ends_with_what_was_good_or_says_what_to_do() {
    let wild = Settings {
        rate: Some(1e30),
        ..small(Family::Dense)
    };
    let folder = tempfile::tempdir().unwrap();
    let error = train(&series(), &wild, folder.path(), false, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("lower --rate"), "{error}");
}
