//! One set of taps for a whole series, fitted to its originals.

use super::places::{Extent, Places, TAPS, runs};
use crate::error::{Error, Result};
use crate::frame::{FrameWalk, Originals, Past, Teller};
use crate::least::{Normal, fill_holes, from_fixed, to_fixed};
use crate::predictor::Side;
use crate::sample::Sample;

/// The first frame with two before it.
const FIRST: usize = 2;
/// Frames to fit on are spread over the series.
const MOST_FRAMES: usize = 32;

/// The taps of the series; nothing if there is too little to go by.
fn learn<T: Sample>(originals: &Originals<T>) -> Side {
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

/// The taps, once they are known.
#[derive(Default)]
pub(super) struct Stored(Option<[f64; TAPS]>);

impl<T: Sample> FrameWalk<T> for Stored {
    fn next(&mut self, past: &Past<T>, teller: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        if past.index == FIRST {
            // All there is to tell is told when it can first be used.
            self.0 = read(&teller.side(|originals| Ok(learn(originals)))?)?;
        }
        let Some(taps) = self.0.as_ref() else {
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
}

fn read(side: &Side) -> Result<Option<[f64; TAPS]>> {
    let tap = |bytes: &[u8; 2]| from_fixed(i32::from(i16::from_le_bytes(*bytes)));
    let (taps, rest) = side.0.as_chunks::<2>();
    match <&[[u8; 2]; TAPS]>::try_from(taps) {
        Ok(taps) if rest.is_empty() => Ok(Some(taps.each_ref().map(tap))),
        _ if side.0.is_empty() => Ok(None),
        _ => Err(Error::Side {
            reason: format!(
                "{TAPS} taps of two bytes are expected, not {} bytes",
                side.0.len()
            ),
        }),
    }
}
