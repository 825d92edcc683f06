//! The two kinds of predictor.

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

    /// The most times that every other row and column can be left out such that the walk
    /// codes exactly the samples that stay before any other. Previews up to that level
    /// cost in proportion.
    fn levels(&self, scene: &Scene) -> usize {
        let _ = scene;
        0
    }
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
}

/// Predicts a whole frame before any of it is coded: persistence, a forecast, an
/// autoencoder.
pub trait FramePredictor<T: Sample>: Send + Sync {
    /// How many past frames it looks at.
    fn window(&self) -> usize;

    /// Looks at the original of the frame to come, on the encoder only.
    fn learn(&self, original: &[T], past: &Past<T>) -> Result<Side> {
        let _ = (original, past);
        Ok(Side::default())
    }

    /// Paints its guess into `frame` and says `true`, or says `false` when it has
    /// none (no past yet); the frame then stands alone.
    fn predict(&self, side: &Side, past: &Past<T>, frame: &mut [T]) -> Result<bool>;
}
