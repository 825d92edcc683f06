//! Predictors of samples. Those of frames are in [`frame`](crate::frame).

use std::sync::Arc;

use crate::coder::Coder;
use crate::error::Result;
use crate::sample::Sample;

/// What both sides know before the walk starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Shape of the field, slowest dimension first; no dimension is zero.
    pub shape: Vec<usize>,
    /// Which dimension is time, if any.
    pub time: Option<usize>,
    /// Whether the last dimension closes on itself (global longitude).
    pub periodic: bool,
    /// The absolute bound; 0 is lossless.
    pub bound: f64,
    /// The part of a field that this is a sample of, 1 for all of it: what
    /// [`Predictor::learn`] spends on side information weighs only so much.
    pub share: f64,
    /// Which field it is.
    pub place: Place,
}

/// What a stream says of the field that a scene is part of: for models that depend on
/// time, place and meaning of the values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the part starts in the field, per dimension; empty at its start.
    pub origin: Vec<usize>,
    /// Names of the dimensions, empty where they have none.
    pub dims: Arc<[String]>,
    /// Keys and values kept with the field.
    pub attributes: Arc<[(String, String)]>,
}

impl Place {
    /// The value kept under a key.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        let mut found = self.attributes.iter().filter(|(k, _)| k == key);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// What [`Predictor::learn`] found in the originals, as the bytes that travel in
/// the stream. The walk gets nothing else of it, on either side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side(pub Vec<u8>);

/// Predicts sample by sample: Lorenzo, spline, zero.
///
/// To add one: a file with this trait, a line in the registry. The walk must visit
/// every sample exactly once and must be deterministic: plain arithmetic in a fixed
/// order, no fused multiply-add, no `exp` or `sin` (they differ between machines).
pub trait Predictor<T: Sample>: Send + Sync {
    /// Looks at the originals, on the encoder only. Not finite samples are NaN here.
    fn learn(&self, originals: &[T], scene: &Scene) -> Result<Side> {
        let _ = (originals, scene);
        Ok(Side::default())
    }

    /// Visits the whole field. Side information comes from an untrusted stream:
    /// refuse what [`learn`](Predictor::learn) cannot have written.
    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()>;

    /// Whether it looks at neighbours: smooth fields then cost it little, large as their
    /// values may be.
    fn looks_around(&self) -> bool {
        true
    }

    /// The same with forecasts of frames to look at, if it can use such for this scene.
    /// Behind a frame predictor all others code what its forecasts leave.
    fn forecasted(&self, scene: &Scene) -> Option<&dyn Forecasted<T>> {
        let _ = scene;
        None
    }

    /// The most times that every other row and column can be left out such that the walk
    /// codes exactly the samples that stay before any other. Previews up to that level
    /// cost in proportion.
    fn levels(&self, scene: &Scene) -> usize {
        let _ = scene;
        0
    }
}

/// Predicts sample by sample, with forecasts of every frame beside what is coded
/// already.
pub trait Forecasted<T: Sample> {
    /// As [`Predictor::learn`], from what forecasts and reconstructions will be like.
    fn learn(&self, originals: &[T], rehearsal: &Rehearsal<T>, scene: &Scene) -> Result<Side>;

    /// As [`Predictor::walk`], one time after the other. Takes side information of
    /// [`Predictor::learn`] too, which has no use for forecasts.
    fn walk(
        &self,
        side: &Side,
        scene: &Scene,
        forecasts: &mut dyn Forecasts<T>,
        coder: &mut dyn Coder<T>,
    ) -> Result<()>;
}

/// Forecasts as a walk asks for them.
pub trait Forecasts<T> {
    /// How many forecasters there are.
    fn count(&self) -> usize;

    /// What each forecaster has for the next time, once all before it is in `canvas`.
    fn next(&mut self, canvas: &[T]) -> Result<Vec<Option<&[T]>>>;
}

/// A walk on trial, on the encoder.
#[derive(Debug, Clone)]
pub struct Rehearsal<'a, T> {
    /// The forecasts of each time: one place per forecaster.
    pub forecasts: Vec<Vec<Option<&'a [T]>>>,
    /// What was decoded of the field.
    pub canvas: &'a [T],
}
