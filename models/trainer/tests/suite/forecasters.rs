//! Forecasters from a series to a folder.

use foresz_forecast::Shelf;
use foresz_train::{Family, Loss, Series, Settings, WeightFormat, train};

/// A pattern that moves east by a cell a frame.
fn moving(frames: usize) -> Series {
    let (rows, columns) = (19, 27);
    let mut values = Vec::new();
    for t in 0..frames {
        for i in 0..rows {
            for j in 0..columns {
                let x = (j + columns * 4 - t) as f32;
                values.push((0.5 * x).sin() * (0.3 * i as f32).cos() + 0.2 * (1.1 * x).cos());
            }
        }
    }
    Series::new(values, vec![frames, rows, columns], &[]).unwrap()
}

fn small(family: Family) -> Settings {
    Settings {
        channels: vec![8],
        blocks: 2,
        epochs: 6,
        batch: 4,
        tile: vec![16, 16],
        range_relative: Some(1e-3),
        ..Settings::new("tiny", family)
    }
}

#[test]
fn what_moves_is_foreseen() {
    for family in [Family::Forecast, Family::Attention] {
        for loss in [Loss::Rough, Loss::Mse] {
            let settings = Settings {
                loss: Some(loss),
                ..small(family)
            };
            let folder = tempfile::tempdir().unwrap();
            let report =
                train(&moving(40), &settings, folder.path(), false, &mut |_, _| {}).unwrap();
            assert!(
                report.difference <= 1e-5,
                "{family:?}: {}",
                report.difference
            );
            // Epoch 0 is persistence.
            let best = report.record.best().unwrap().validation;
            assert!(
                best < 0.3 * report.record.epochs[0].validation,
                "{family:?} {loss:?}: {best}"
            );
            let place = folder.path().display().to_string();
            Shelf::default().named(&place).unwrap();
        }
    }
}

#[test]
fn all_that_is_known_goes_in() {
    let settings = Settings {
        range_relative: None,
        start: Some("2019-03-01T00:00".into()),
        step: Some("1h".into()),
        latitudes: Some([60.0, 50.0]),
        longitudes: Some([-10.0, 3.0]),
        variable: "t2m".into(),
        units: "K".into(),
        weights: WeightFormat::I8,
        epochs: 2,
        ..small(Family::Forecast)
    };
    let folder = tempfile::tempdir().unwrap();
    let report = train(&moving(30), &settings, folder.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.difference <= 1e-5);
    let place = folder.path().display().to_string();
    let model = Shelf::default().named(&place).unwrap();
    assert_eq!(model.contract().inputs[0].channels.len(), 3 + 2 + 4 + 1);
}

#[test]
fn what_cannot_be_foreseen() {
    let refused = |series: &Series, settings: &Settings, words: &str| {
        let folder = tempfile::tempdir().unwrap();
        let result = train(series, settings, folder.path(), false, &mut |_, _| {});
        let error = result.map(|r| r.name).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let forecast = small(Family::Forecast);
    refused(&moving(5), &forecast, "frames in a row");
    let still = Series::new([1.0, 2.0].repeat(30 * 19 * 14), vec![60, 19, 14], &[]).unwrap();
    refused(&still, &forecast, "nothing ever changes");
    let flat = Series::new((0..600).map(|i| i as f32).collect(), vec![20, 30], &[]).unwrap();
    refused(&flat, &forecast, "time, rows and columns");
    let swae = Settings {
        loss: Some(Loss::Swae),
        ..forecast.clone()
    };
    refused(&moving(40), &swae, "mse or rough");
    let start = Settings {
        start: Some("yesterday".into()),
        ..forecast
    };
    refused(&moving(40), &start, "is not a time");
}

#[test]
fn frames_with_nan_are_left_out() {
    let mut values = Vec::new();
    for t in 0..40_u16 {
        for cell in 0..19 * 27_u16 {
            values.push((0.3 * f32::from(t) + 0.2 * f32::from(cell % 27)).sin());
        }
    }
    values[12 * 513 + 5] = f32::NAN;
    let series = Series::new(values, vec![40, 19, 27], &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = train(
        &series,
        &small(Family::Forecast),
        folder.path(),
        false,
        &mut |_, _| {},
    )
    .unwrap();
    assert!(report.loss.is_finite());
}
