//! One set of taps for a whole series, fitted to its originals.

use super::places::{Extent, Places, TAPS, runs};
use crate::error::{Error, Result};
use crate::least::{Normal, fill_holes, from_fixed, to_fixed};
use crate::predictor::{Originals, Past, Side};
use crate::sample::Sample;

/// The first frame with two before it.
pub(super) const FIRST: usize = 2;
/// Frames to fit on are spread over the series.
const MOST_FRAMES: usize = 32;

/// The taps of the series; nothing if there is too little to go by.
pub(super) fn learn<T: Sample>(originals: &Originals<T>) -> Side {
    let mut shape = originals.shape.to_vec();
    if let Some(time) = originals.time {
        shape.remove(time);
    }
    let extent = Extent::of(&shape);
    let steps = originals.frames().saturating_sub(FIRST);
    let wanted = steps.min(MOST_FRAMES);
    let mut normal = Normal::new(TAPS);
    let mut places = Places::default();
    for pick in 0..wanted {
        let index = FIRST + (2 * pick + 1) * steps / (2 * wanted);
        let [target, newer, older] = [0, 1, 2].map(|back| originals.frame(index - back));
        let (newer, older) = (fill_holes(&newer).0, fill_holes(&older).0);
        let slices = target.chunks_exact(extent.size());
        let befores = newer
            .chunks_exact(extent.size())
            .zip(older.chunks_exact(extent.size()));
        for (target, (newer, older)) in slices.zip(befores) {
            places.load(newer, older, extent);
            add(&places, target, extent, &mut normal);
        }
    }
    let noise = originals.bound * originals.bound / 3.0;
    normal.expect_noise(0..TAPS, noise, true);
    let taps = normal.solve().unwrap_or_default();
    let fixed = taps.into_iter().map(to_fixed);
    Side(fixed.flat_map(i16::to_le_bytes).collect())
}

fn add<T: Sample>(places: &Places<T>, target: &[T], extent: Extent, normal: &mut Normal) {
    let (mut features, mut targets) = (Vec::new(), Vec::new());
    for (row, target) in target.chunks_exact(extent.columns).enumerate() {
        for columns in runs(extent.columns) {
            let run = places.run(row, columns.clone());
            for (k, (target, base)) in target[columns].iter().zip(run.bases).enumerate() {
                let step = target.to_f64() - base;
                if step.is_finite() {
                    features.extend(run.features.iter().map(|x| x[k] as f32));
                    targets.push(step as f32);
                }
            }
        }
    }
    normal.add(&features, &targets, &vec![1.0; targets.len()]);
}

/// The memory holds the taps once they are known.
pub(super) fn predict<T: Sample>(
    side: &Side,
    past: &Past<T>,
    memory: &mut Vec<f64>,
    frame: &mut [T],
) -> Result<bool> {
    if !side.0.is_empty() {
        *memory = read(side)?;
    }
    let Some(taps) = memory.first_chunk().filter(|_| past.frames.len() >= FIRST) else {
        return Ok(false);
    };
    let extent = Extent::of(past.shape);
    for (slice, guess) in frame.chunks_exact_mut(extent.size()).enumerate() {
        let places = Places::of(past, 0, slice, extent);
        for (row, guess) in guess.chunks_exact_mut(extent.columns).enumerate() {
            for columns in runs(extent.columns) {
                let forecasts = places.run(row, columns.clone()).weigh(taps);
                let guess = guess[columns].iter_mut().zip(forecasts);
                guess.for_each(|(g, f)| *g = T::from_f64(f));
            }
        }
    }
    Ok(true)
}

fn read(side: &Side) -> Result<Vec<f64>> {
    let (taps, rest) = side.0.as_chunks::<2>();
    if taps.len() != TAPS || !rest.is_empty() {
        return Err(Error::Side {
            reason: format!(
                "{TAPS} taps of two bytes are expected, not {} bytes",
                side.0.len()
            ),
        });
    }
    let tap = |bytes: &[u8; 2]| from_fixed(i32::from(i16::from_le_bytes(*bytes)));
    Ok(taps.iter().map(tap).collect())
}
