//! The walk over a chunk: whole, or frame by frame behind a frame predictor.

use foresz_predictors::{
    Axis, Coder, Error, OnForecast, Past, Pipeline, Plane, Recursion, Result, RowOffsets, Sample,
    Scene, Side,
};

use super::simd;
use crate::container::bytes::{Reader, put_bytes};

/// Where side information comes from: the originals, or the stream.
pub(crate) enum Sides<'a, T> {
    /// Encoding: predictors learn, and what they learned is collected.
    Learn {
        /// The whole chunk, NaN in holes.
        originals: &'a [T],
        /// Each side with its length.
        taught: Vec<u8>,
        /// Whether any of them says anything.
        any: bool,
    },
    /// Decoding: what was collected.
    Given(Reader<'a>),
}

impl<'a, T: Sample> Sides<'a, T> {
    pub(crate) fn learn(originals: &'a [T]) -> Self {
        Sides::Learn {
            originals,
            taught: Vec::new(),
            any: false,
        }
    }

    /// No bytes at all stand for sides that are all empty.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Sides::Learn {
                taught, any: true, ..
            } => taught,
            _ => Vec::new(),
        }
    }

    /// Complains if anything is left after the last side.
    pub(crate) fn finish(&self) -> Result<()> {
        match self {
            Sides::Given(reader) if !reader.is_empty() => Err(Error::Side {
                reason: "something is left after the last one".into(),
            }),
            _ => Ok(()),
        }
    }

    fn next(&mut self, learn: impl FnOnce(&'a [T]) -> Result<Side>) -> Result<Side> {
        match self {
            Sides::Learn {
                originals,
                taught,
                any,
            } => {
                let side = learn(originals)?;
                *any |= !side.0.is_empty();
                put_bytes(taught, &side.0);
                Ok(side)
            }
            Sides::Given(reader) if reader.is_empty() => Ok(Side::default()),
            Sides::Given(reader) => {
                let bytes = reader.bytes().map_err(|e| Error::Side {
                    reason: e.to_string(),
                })?;
                Ok(Side(bytes.to_vec()))
            }
        }
    }
}

/// The dimension whose frames a pipeline walks one by one, if it does.
pub(crate) fn framed(pipeline: &Pipeline, scene: &Scene) -> Option<usize> {
    let last = scene.shape.len() - 1;
    scene.time.filter(|t| pipeline.frame.is_some() && *t < last)
}

/// Codes a chunk with a pipeline; the same on both sides.
pub(crate) fn walk<T: Sample>(
    pipeline: &Pipeline,
    scene: &Scene,
    sides: &mut Sides<T>,
    coder: &mut dyn Coder<T>,
) -> Result<()> {
    match framed(pipeline, scene) {
        Some(time) => by_frame(pipeline, scene, time, sides, coder),
        None => {
            let point = T::point(&*pipeline.point);
            let side = sides.next(|originals| point.learn(originals, scene))?;
            point.walk(&side, scene, coder)
        }
    }
}

fn by_frame<T: Sample>(
    pipeline: &Pipeline,
    scene: &Scene,
    time: usize,
    sides: &mut Sides<T>,
    coder: &mut dyn Coder<T>,
) -> Result<()> {
    let Some(frame) = pipeline.frame.as_deref().map(T::frame) else {
        return Ok(());
    };
    let point = T::point(&*pipeline.point);
    let mut shape = scene.shape.clone();
    let frames = shape.remove(time);
    let inner = Scene {
        shape: shape.clone(),
        time: None,
        ..scene.clone()
    };
    let mut past: Vec<Vec<T>> = Vec::new();
    let mut forecast = vec![T::ZERO; shape.iter().product()];
    for index in 0..frames {
        let seen = Past {
            frames: &past,
            shape: &shape,
            index,
        };
        let side = sides
            .next(|originals| frame.learn(&cut(originals, &scene.shape, time, index), &seen))?;
        let any = frame.predict(&side, &seen, &mut forecast)?;
        let side = sides.next(|originals| {
            let mut original = cut(originals, &scene.shape, time, index);
            if any {
                original
                    .iter_mut()
                    .zip(&forecast)
                    .for_each(|(x, &f)| *x = *x - f);
            }
            point.learn(&original, &inner)
        })?;
        let mut values = InFrame::new(coder, &shape, time, index);
        if any {
            point.walk(
                &side,
                &inner,
                &mut OnForecast::new(&mut values, &forecast, &shape),
            )?;
        } else {
            point.walk(&side, &inner, &mut values)?;
        }
        past.insert(0, values.canvas);
        past.truncate(frame.window());
    }
    Ok(())
}

/// The samples of one frame, in raster order.
fn cut<T: Sample>(field: &[T], shape: &[usize], time: usize, index: usize) -> Vec<T> {
    let inner: usize = shape[time + 1..].iter().product();
    let per_step = inner * shape[time];
    field
        .chunks_exact(per_step)
        .flat_map(|outer| &outer[index * inner..(index + 1) * inner])
        .copied()
        .collect()
}

/// Lets a walk over one frame code into the chunk that holds it.
struct InFrame<'a, T> {
    chunk: &'a mut dyn Coder<T>,
    shape: &'a [usize],
    time: usize,
    index: usize,
    canvas: Vec<T>,
    rows: Option<(RowOffsets, usize, usize)>,
}

impl<'a, T: Sample> InFrame<'a, T> {
    fn new(chunk: &'a mut dyn Coder<T>, shape: &'a [usize], time: usize, index: usize) -> Self {
        InFrame {
            chunk,
            shape,
            time,
            index,
            canvas: vec![T::ZERO; shape.iter().product()],
            rows: None,
        }
    }

    fn keep(&mut self, values: &[T]) {
        // A row of the wrong width has been refused below: it is not kept either.
        if let Some((offsets, step, columns)) = self.rows.as_mut()
            && values.len() == *columns
            && let Some(start) = offsets.next()
        {
            simd::scatter(values, &mut self.canvas, start, *step);
        }
    }
}

impl<T: Sample> Coder<T> for InFrame<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        if !plane.fits(self.shape) {
            return Err(Error::Walk {
                reason: format!("the plane {plane:?} leaves the frame {:?}", self.shape),
            });
        }
        let mut whole = plane.clone();
        whole.axes.insert(self.time, Axis::only(self.index));
        self.chunk.begin(&whole)?;
        self.rows = Some((
            plane.row_offsets(self.shape),
            plane.row_step(),
            plane.columns(),
        ));
        Ok(())
    }

    fn row(&mut self, values: &mut [T]) {
        self.chunk.row(values);
        self.keep(values);
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        self.chunk.recur(taps, values);
        self.keep(values);
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.chunk.each(values, predict);
        self.keep(values);
    }

    fn canvas(&self) -> &[T] {
        &self.canvas
    }
}
