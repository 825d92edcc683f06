//! Predictors of whole frames.

use crate::error::{Error, Result};
use crate::predictor::{Scene, Side};
use crate::sample::Sample;

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

    /// Begins with a chunk. The scene has a time, unless frames need no past.
    fn start<'a>(&'a self, scene: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>>;

    /// Whether the decoder's forecasts may turn out to differ from the encoder's:
    /// a walk then says so with [`Teller::differs`].
    fn may_differ(&self) -> bool {
        false
    }
}

/// A frame predictor on its way through a chunk. Sums, fits, whatever is not worth
/// computing anew stay in it; they may depend on nothing but what the decoder knows.
pub trait FrameWalk<T: Sample> {
    /// Paints its guess into `frame` and says `true`, or says `false` when it has
    /// none (no past yet); the frame then stands alone.
    ///
    /// It is called once for every frame in turn, on both sides. What only originals can
    /// tell comes from the teller.
    fn next(&mut self, past: &Past<T>, teller: &mut Teller<T>, frame: &mut [T]) -> Result<bool>;
}

/// Hands out the side information of a frame: learned from originals on the encoder, read
/// from the stream on the decoder.
pub struct Teller<'a, T> {
    /// Only encoders have them.
    originals: Option<Originals<'a, T>>,
    side: Side,
    asked: bool,
    anyway: bool,
    differs: Option<String>,
}

impl<'a, T> Teller<'a, T> {
    /// The encoder's.
    pub fn learning(originals: Originals<'a, T>) -> Self {
        Teller {
            originals: Some(originals),
            ..Self::given(Side::default(), false)
        }
    }

    /// The decoder's, going on `anyway` or not where forecasts are not the encoder's.
    pub fn given(side: Side, anyway: bool) -> Self {
        Teller {
            originals: None,
            side,
            asked: false,
            anyway,
            differs: None,
        }
    }

    /// The side information of this frame, as it travels. To learn, the encoder looks at
    /// the originals; all that is learned has to be in the bytes. What holds for all
    /// frames is told with the first that needs it.
    pub fn side(&mut self, learn: impl FnOnce(&Originals<'a, T>) -> Result<Side>) -> Result<Side> {
        self.asked = true;
        if let Some(originals) = &self.originals {
            self.side = learn(originals)?;
        }
        Ok(self.side.clone())
    }

    /// Says that the forecast is not the encoder's. It is an error, unless decoders are to
    /// go on without what the encoder had.
    pub fn differs(&mut self, reason: String) -> Result<()> {
        if !self.anyway {
            return Err(Error::Differs { reason });
        }
        self.differs.get_or_insert(reason);
        Ok(())
    }

    /// What was told, and what was wrong with the forecast. Complains of side information
    /// that nobody asked for.
    pub fn finish(self) -> Result<(Side, Option<String>)> {
        if !self.asked && !self.side.0.is_empty() {
            return Err(Error::Side {
                reason: "the frame predictor has no use for it".into(),
            });
        }
        Ok((self.side, self.differs))
    }
}
