//! The two kinds of predictor.

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
pub struct Rehearsal<T> {
    /// The forecasts of each time: one place per forecaster.
    pub forecasts: Vec<Vec<Option<Vec<T>>>>,
    /// What was decoded of the field.
    pub canvas: Vec<T>,
}

/// Reconstructed frames before the one to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a, T> {
    /// Newest first; empty before the first frame.
    pub frames: &'a [Vec<T>],
    /// Shape of one frame.
    pub shape: &'a [usize],
    /// Index of the frame to be predicted, counted from the last key frame.
    pub index: usize,
    /// The series they are of; it has a time, unless frames need no past.
    pub scene: &'a Scene,
}

/// The originals of a series, on the encoder.
#[derive(Debug, Clone, Copy)]
pub struct Originals<'a, T> {
    /// All frames, NaN in holes.
    pub field: &'a [T],
    /// Shape of the field, time included.
    pub shape: &'a [usize],
    /// Which dimension is time; without one, all is one frame.
    pub time: Option<usize>,
    /// The absolute bound; 0 is lossless.
    pub bound: f64,
}

impl<T: Sample> Originals<'_, T> {
    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.time.map_or(1, |time| self.shape[time])
    }

    /// The samples of one frame, in raster order.
    pub fn frame(&self, index: usize) -> Vec<T> {
        let after = self.time.map_or(0, |time| time + 1);
        let inner: usize = self.shape[after..].iter().product();
        self.field
            .chunks_exact(inner * self.frames())
            .flat_map(|outer| &outer[index * inner..(index + 1) * inner])
            .copied()
            .collect()
    }
}

/// Predicts a whole frame before any of it is coded: persistence, a forecast, an
/// autoencoder.
pub trait FramePredictor<T: Sample>: Send + Sync {
    /// How many past frames it looks at.
    fn window(&self) -> usize;

    /// Whether it predicts frames from frames before them. If not, a field needs no time:
    /// a chunk may be one frame. A forecast is NaN where it has nothing to say.
    fn needs_past(&self) -> bool {
        true
    }

    /// Looks at the originals, on the encoder only, before frame `past.index` is
    /// predicted. What holds for all frames can be told with the first and kept in
    /// the memory by [`predict`](FramePredictor::predict), which is shown here too.
    fn learn(&self, originals: &Originals<T>, past: &Past<T>, memory: &[f64]) -> Result<Side> {
        let _ = (originals, past, memory);
        Ok(Side::default())
    }

    /// Paints its guess into `frame` and says `true`, or says `false` when it has
    /// none (no past yet); the frame then stands alone.
    ///
    /// It is called once for every frame in turn. `memory` is empty before the first
    /// and then as the call before left it: sums, fits, whatever is not worth
    /// computing anew. Like everything else it can only hold what the decoder knows.
    fn predict(
        &self,
        side: &Side,
        past: &Past<T>,
        memory: &mut Vec<f64>,
        frame: &mut [T],
    ) -> Result<bool>;

    /// Whether the decoder's forecasts may turn out to differ from the encoder's:
    /// [`predict`](FramePredictor::predict) then fails with [`Error::Differs`].
    ///
    /// [`Error::Differs`]: crate::Error::Differs
    fn may_differ(&self) -> bool {
        false
    }

    /// Paints its guess after [`predict`](FramePredictor::predict) has failed so, for
    /// decoders that go on without what the encoder had.
    fn predict_anyway(
        &self,
        side: &Side,
        past: &Past<T>,
        memory: &mut Vec<f64>,
        frame: &mut [T],
    ) -> Result<bool> {
        self.predict(side, past, memory, frame)
    }
}
