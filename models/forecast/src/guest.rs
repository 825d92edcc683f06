//! Frame predictors of the program that uses foresz, such as objects of Python.
//!
//! What they say goes through the guard band, as what a process says does: a stream decodes
//! to the same bits as long as predictions differ by less than the band, and not at all
//! otherwise. Side information is that of [`forecast`](crate::forecast), with the band in the
//! units of the field.

use std::sync::Arc;

use foresz_predictors::{FramePredictor, FrameWalk, Originals, Past, Sample, Scene, Teller};

use crate::calendar;
use crate::contract;
use crate::error::{Error, Result};
use crate::forecast::said;
use crate::snap::{Guard, LEAST_BAND, LEAST_GRID, SAFETY};
use crate::told::Told;

/// A frame predictor that is part of the program which uses foresz.
pub trait Guest: Send + Sync {
    /// Its name in specs and streams: letters, digits, `-`, `_` and `.`.
    fn name(&self) -> &str;

    /// What it is written in, such as `python`.
    fn language(&self) -> &str;

    /// Another one may say something else.
    fn version(&self) -> &str;

    /// How many past frames it needs, at least one.
    fn history(&self) -> usize;

    /// Bytes of what it has learned, which whoever decodes has to have too.
    fn bytes(&self) -> u64 {
        0
    }

    /// Foresees a frame, from nothing but what it is given: calls come in any order. Where
    /// it gives no number, nothing changes.
    ///
    /// # Errors
    /// If it cannot, with the reason.
    fn foresee(&self, glimpse: &Glimpse) -> std::result::Result<Foreseen, String>;
}

/// What a guest is given.
#[derive(Debug, Clone)]
pub struct Glimpse<'a> {
    /// The last frames as they were decoded, the newest at the end.
    pub past: Vec<f64>,
    /// Shape of a frame.
    pub shape: &'a [usize],
    /// Which frame of the field is to be predicted.
    pub index: usize,
    /// When the first frame of the field is valid, in seconds since 1970 in UTC, and the
    /// seconds from frame to frame.
    pub clock: Option<(i64, i64)>,
    /// What is known of the field.
    pub scene: &'a Scene,
}

/// What a guest says.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// The next frame.
    pub values: Vec<f64>,
    /// Relative precision of the numbers that it came as, such as [`f32::EPSILON`].
    pub precision: f64,
}

/// What streams know a guest by.
pub(crate) fn hash(guest: &dyn Guest) -> String {
    let identity =
        [guest.language(), guest.name(), guest.version()].map(|text| format!("{text:?}"));
    let identity = format!("guest\n{}\n{}\n", identity.join("\n"), guest.history());
    contract::sha256(identity.as_bytes())
}

/// The part of its identity that is for people.
pub(crate) fn about(guest: &dyn Guest) -> String {
    format!("{} version {}", guest.language(), guest.version())
}

/// A guest as a frame predictor.
pub(crate) struct Hosted {
    pub(crate) guest: Arc<dyn Guest>,
    /// In standard deviations of a chunk; measured if not said.
    pub(crate) guard: Option<f64>,
}

impl<T: Sample> FramePredictor<T> for Hosted {
    fn window(&self) -> usize {
        self.guest.history()
    }

    fn start<'a>(
        &'a self,
        scene: &'a Scene,
    ) -> foresz_predictors::Result<Box<dyn FrameWalk<T> + 'a>> {
        let hosting = Hosting::new(self, scene).map_err(|reason| self.unfit(reason));
        Ok(Box::new(hosting.map_err(said)?))
    }

    fn may_differ(&self) -> bool {
        true
    }
}

impl Hosted {
    fn unfit(&self, reason: impl Into<String>) -> Error {
        Error::Unfit {
            model: self.guest.name().into(),
            reason: reason.into(),
        }
    }
}

/// A guest on its way through a chunk.
struct Hosting<'a> {
    hosted: &'a Hosted,
    scene: &'a Scene,
    /// Of the first frame of the chunk.
    index: usize,
    clock: Option<(i64, i64)>,
    told: Told,
}

impl<'a> Hosting<'a> {
    fn new(hosted: &'a Hosted, scene: &'a Scene) -> Result<Self, String> {
        let time = scene.time.ok_or("the field has no time")?;
        let origin = |d: usize| scene.place.origin.get(d).copied().unwrap_or(0);
        if (0..scene.shape.len()).any(|d| d != time && origin(d) > 0) {
            return Err("it needs whole frames: let chunks divide time alone".into());
        }
        let attribute = |key| scene.place.attribute(key);
        let start = attribute("start").map(calendar::time).transpose()?;
        let step = attribute("step").map(calendar::duration).transpose()?;
        Ok(Hosting {
            hosted,
            scene,
            index: origin(time),
            clock: start.zip(step),
            told: Told::default(),
        })
    }

    fn foresee<T: Sample>(&self, past: &Past<T>) -> Result<Foreseen> {
        let guest = &self.hosted.guest;
        let frames = past.frames[..guest.history()].iter().rev().flatten();
        let glimpse = Glimpse {
            past: frames.map(|x| x.to_f64()).collect(),
            shape: past.shape,
            index: self.index + past.index,
            clock: self.clock,
            scene: self.scene,
        };
        let mut foreseen = guest
            .foresee(&glimpse)
            .map_err(|reason| self.hosted.unfit(reason))?;
        let newest = &past.frames[0];
        if foreseen.values.len() != newest.len() {
            return Err(self.hosted.unfit(format!(
                "it gave {} values for a frame of {}",
                foreseen.values.len(),
                newest.len()
            )));
        }
        for (value, last) in foreseen.values.iter_mut().zip(newest) {
            *value = if value.is_finite() {
                *value
            } else {
                last.to_f64()
            };
        }
        Ok(foreseen)
    }

    /// How wide the band has to be: as wide as was asked for, or else some more than two
    /// calls differ by, and than numbers of that precision can differ by.
    fn measured<T: Sample>(
        &self,
        past: &Past<T>,
        foreseen: &Foreseen,
        originals: &Originals<T>,
    ) -> Result<f64> {
        let (spread, largest) = scale(originals.field);
        if let Some(guard) = self.hosted.guard {
            return Ok(guard * spread);
        }
        let again = self.foresee(past)?;
        let pairs = foreseen.values.iter().zip(&again.values);
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if SAFETY * LEAST_GRID * apart > spread {
            return Err(self.hosted.unfit(format!(
                "two calls with the same past differ by up to {apart:.3e}, where values vary by {spread:.3e}: \
                 it has to say the same each time (torch: model.eval())"
            )));
        }
        let least = [LEAST_BAND * spread, SAFETY * foreseen.precision * largest];
        Ok(least.into_iter().fold(SAFETY * apart, f64::max))
    }

    fn guarded(&self, band: f64, values: &[f64]) -> Vec<(f64, Guard)> {
        let guard = Guard::new(self.scene.bound, band);
        values.iter().map(|p| (*p, guard)).collect()
    }

    fn differs(&self, frame: usize, band: f64) -> String {
        let guest = &*self.hosted.guest;
        format!(
            "frame {frame} of this chunk: predictor {} ({}) predicts something else here than where the stream was made, by more than the guard band of {band:.1e}. It was changed without a new version, depends on more than what it is given, or computes less precisely than the band allows (guard)",
            guest.name(),
            about(guest),
        )
    }
}

impl<T: Sample> FrameWalk<T> for Hosting<'_> {
    fn next(
        &mut self,
        past: &Past<T>,
        teller: &mut Teller<T>,
        frame: &mut [T],
    ) -> foresz_predictors::Result<bool> {
        if past.frames.len() < self.hosted.guest.history() {
            return Ok(false);
        }
        let foreseen = self.foresee(past).map_err(said)?;
        let guarded = |band| self.guarded(band, &foreseen.values);
        let side = teller.side(|originals| {
            let measure = || self.measured(past, &foreseen, originals);
            self.told.tell(measure, guarded).map_err(said)
        })?;
        let settled = self.told.settle(&side, f64::is_finite, guarded)?;
        if !settled.same {
            teller.differs(self.differs(past.index, settled.band))?;
        }
        for (guess, value) in frame.iter_mut().zip(settled.values) {
            *guess = T::from_f64(value);
        }
        Ok(true)
    }
}

/// Standard deviation and largest magnitude of numbers, neither of them 0.
fn scale<T: Sample>(field: &[T]) -> (f64, f64) {
    let numbers = || field.iter().map(|x| x.to_f64()).filter(|x| x.is_finite());
    let count = numbers().count().max(1) as f64;
    let mean = numbers().map(|x| x / count).sum::<f64>();
    let square = numbers()
        .map(|x| (x - mean) * (x - mean) / count)
        .sum::<f64>();
    let largest = numbers().fold(0.0, |m, x| f64::max(m, x.abs()));
    let positive = |x: f64, or: f64| if x > 0.0 && x.is_finite() { x } else { or };
    let largest = positive(largest, 1.0);
    (positive(square.sqrt(), largest), largest)
}
