//! The walk over a chunk: whole, or frame by frame behind a frame predictor.

use std::borrow::Cow;

use foresz_predictors::{
    Axis, Coder, Error, OnForecast, OnPatches, Pipeline, Plane, Predictor, Recursion, Result, Rows,
    Sample, Scene, Side, Teller,
};

use super::forecaster::{Forecaster, in_time};
use super::switch::{Base, Frame};
use super::{Quantiser, forecasts, simd};
use crate::bytes::{Reader, put_bytes};
use crate::values::rounding::ulp;

/// What there is to learn from, and how it will be coded.
#[derive(Clone, Copy)]
pub(crate) struct Lesson<'a, T> {
    /// The whole chunk, NaN in holes.
    pub(crate) originals: &'a [T],
    pub(crate) quantiser: &'a Quantiser<T>,
    /// Of the originals.
    pub(crate) range: (T, T),
}

impl<T: Sample> Lesson<'_, T> {
    /// The scene as predictors learn in it: values of a lattice that come back exactly were
    /// rounded before, and what is learned of them is noise up to half a step.
    pub(super) fn scene<'s>(&self, scene: &'s Scene) -> Cow<'s, Scene> {
        match self.quantiser {
            Quantiser::Lattice {
                bound: 0.0,
                lattices,
                ..
            } => Cow::Owned(Scene {
                bound: 0.5 * lattices.step(),
                ..scene.clone()
            }),
            _ => Cow::Borrowed(scene),
        }
    }

    /// What differences are measured in: the bound, or the last bit where nothing may be
    /// lost.
    pub(super) fn unit(&self, scene: &Scene) -> f64 {
        let bound = self.scene(scene).bound;
        if bound > 0.0 {
            return bound;
        }
        let (low, high) = (self.range.0.abs(), self.range.1.abs());
        ulp(if high > low { high } else { low })
    }
}

/// Where side information comes from: the originals, or the stream.
pub(crate) enum Sides<'a, T> {
    /// Encoding: predictors learn, and what they learned is collected.
    Learn {
        /// From what.
        lesson: Lesson<'a, T>,
        /// Each side with its length.
        taught: Vec<u8>,
        /// The length without the empty ones at the end.
        telling: usize,
    },
    /// Decoding: what was collected.
    Given {
        reader: Reader<'a>,
        /// Whether to go on where forecasts are not the encoder's.
        anyway: bool,
        /// The first frame of which that was so, and what was wrong.
        differs: Option<(usize, String)>,
    },
}

impl<'a, T: Sample> Sides<'a, T> {
    pub(crate) fn learn(lesson: Lesson<'a, T>) -> Self {
        Sides::Learn {
            lesson,
            taught: Vec::new(),
            telling: 0,
        }
    }

    /// Empty sides at the end are left out.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Sides::Learn {
                mut taught,
                telling,
                ..
            } => {
                taught.truncate(telling);
                taught
            }
            Sides::Given { .. } => Vec::new(),
        }
    }

    /// The first frame of which a forecast was not the encoder's, and what was wrong.
    pub(crate) fn differs(self) -> Option<(usize, String)> {
        match self {
            Sides::Given { differs, .. } => differs,
            Sides::Learn { .. } => None,
        }
    }

    /// Complains if anything is left after the last side.
    pub(crate) fn finish(&self) -> Result<()> {
        match self {
            Sides::Given { reader, .. } if !reader.is_empty() => Err(Error::Side {
                reason: "something is left after the last one".into(),
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn next(
        &mut self,
        learn: impl FnOnce(Lesson<'a, T>) -> Result<Side>,
    ) -> Result<Side> {
        let side = match self {
            Sides::Learn { lesson, .. } => learn(*lesson)?,
            Sides::Given { reader, .. } => take(reader)?,
        };
        self.put(&side);
        Ok(side)
    }

    /// Hands the next side out to a frame predictor.
    pub(super) fn teller<'b>(
        &mut self,
        scene: &'b Scene,
        time: Option<usize>,
    ) -> Result<Teller<'b, T>>
    where
        'a: 'b,
    {
        Ok(match self {
            Sides::Learn { lesson, .. } => Teller::learning(in_time(lesson.originals, scene, time)),
            Sides::Given { reader, anyway, .. } => Teller::given(take(reader)?, *anyway),
        })
    }

    /// Takes note of what a frame predictor said about a frame.
    pub(super) fn told(&mut self, teller: Teller<T>, frame: usize) -> Result<()> {
        let (side, reason) = teller.finish()?;
        self.put(&side);
        if let (Sides::Given { differs, .. }, Some(reason)) = (self, reason) {
            differs.get_or_insert((frame, reason));
        }
        Ok(())
    }

    /// Takes over what was taught on trial.
    pub(super) fn append(&mut self, trial: &[u8]) {
        if trial.is_empty() {
            return;
        }
        if let Sides::Learn {
            taught, telling, ..
        } = self
        {
            taught.extend(trial);
            *telling = taught.len();
        }
    }

    /// Encoders collect what was taught.
    fn put(&mut self, side: &Side) {
        if let Sides::Learn {
            taught, telling, ..
        } = self
        {
            put_bytes(taught, &side.0);
            if !side.0.is_empty() {
                *telling = taught.len();
            }
        }
    }
}

/// After the last side that was told, all are empty.
fn take(reader: &mut Reader) -> Result<Side> {
    if reader.is_empty() {
        return Ok(Side::default());
    }
    let bytes = reader.bytes().map_err(|e| Error::Side {
        reason: e.to_string(),
    })?;
    Ok(Side(bytes.to_vec()))
}

/// What the frame predictors of a pipeline predict at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frames {
    /// One index of this dimension after the other.
    Along(usize),
    /// The whole chunk.
    One,
}

/// The frames that a pipeline walks, if it has predictors of frames that suit the scene.
pub(crate) fn framed<T: Sample>(pipeline: &Pipeline, scene: &Scene) -> Option<Frames> {
    if pipeline.frames.is_empty() {
        return None;
    }
    let looks_at_forecasts = T::point(&*pipeline.point).forecasted(scene).is_some();
    if !pipeline.needs_past() && !looks_at_forecasts {
        return Some(Frames::One);
    }
    let last = scene.shape.len() - 1;
    scene.time.filter(|t| *t < last).map(Frames::Along)
}

/// Codes a chunk with a pipeline; the same on both sides.
pub(crate) fn walk<T: Sample>(
    pipeline: &Pipeline,
    scene: &Scene,
    sides: &mut Sides<T>,
    coder: &mut dyn Coder<T>,
) -> Result<()> {
    let point = T::point(&*pipeline.point);
    let Some(frames) = framed::<T>(pipeline, scene) else {
        let side = sides.next(|lesson| point.learn(lesson.originals, &lesson.scene(scene)))?;
        return point.walk(&side, scene, coder);
    };
    match (frames, point.forecasted(scene)) {
        (Frames::Along(_), Some(beside)) => {
            forecasts::walk(pipeline, scene, (point, beside), sides, coder)
        }
        (Frames::Along(time), None) => {
            let forecaster = Forecaster::new(pipeline, scene, Some(time))?;
            on_top(forecaster, time, point, sides, coder)
        }
        (Frames::One, _) => {
            let mut forecaster = Forecaster::new(pipeline, scene, None)?;
            let base = on_next(&mut forecaster, scene, point, sides, Base::Usual)?;
            base.walk(point, scene, coder)
        }
    }
}

/// Codes what forecasts leave, frame by frame, where they leave less than there was.
fn on_top<T: Sample>(
    mut forecaster: Forecaster<T>,
    time: usize,
    point: &dyn Predictor<T>,
    sides: &mut Sides<T>,
    coder: &mut dyn Coder<T>,
) -> Result<()> {
    let shape = forecaster.shape.clone();
    let inner = Scene {
        shape: shape.clone(),
        time: None,
        ..forecaster.scene.clone()
    };
    let mut base = Base::Usual;
    for index in 0..forecaster.scene.shape[time] {
        let next = on_next(&mut forecaster, &inner, point, sides, base)?;
        base = next.base;
        let mut values = InFrame::new(coder, &shape, time, index);
        next.walk(point, &inner, &mut values)?;
        let canvas = values.canvas;
        forecaster.observe(canvas);
    }
    Ok(())
}

/// How the next frame is coded.
struct Next<'a, T> {
    base: Base,
    forecast: Option<&'a [T]>,
    side: Side,
}

impl<T: Sample> Next<'_, T> {
    fn walk(
        &self,
        point: &dyn Predictor<T>,
        scene: &Scene,
        coder: &mut dyn Coder<T>,
    ) -> Result<()> {
        walk_on(self.forecast, point, &self.side, scene, coder)
    }
}

/// Makes the forecasts of the next frame and settles what it is coded on top of.
fn on_next<'f, T: Sample>(
    forecaster: &'f mut Forecaster<T>,
    scene: &Scene,
    point: &dyn Predictor<T>,
    sides: &mut Sides<T>,
    before: Base,
) -> Result<Next<'f, T>> {
    forecaster.predict(sides)?;
    let forecaster = &*forecaster;
    let forecasts = forecaster.forecasts();
    let frame = Frame {
        scene,
        point,
        forecasts: &forecasts,
    };
    let original = |lesson: Lesson<T>| {
        let originals = in_time(lesson.originals, forecaster.scene, forecaster.time);
        originals.frame(forecaster.index())
    };
    let (mut base, mut forecast) = (before, None);
    if frame.has_choice() {
        let said = sides.next(|lesson| frame.choose(&original(lesson), lesson, before))?;
        base = frame.told(&said, before)?;
        forecast = frame.forecast(base);
    }
    let side =
        sides.next(|lesson| frame.learn(&original(lesson), forecast, &lesson.scene(scene)))?;
    Ok(Next {
        base,
        forecast,
        side,
    })
}

/// Walks on top of a forecast, if there is one.
pub(super) fn walk_on<T: Sample>(
    forecast: Option<&[T]>,
    point: &dyn Predictor<T>,
    side: &Side,
    scene: &Scene,
    coder: &mut dyn Coder<T>,
) -> Result<()> {
    match forecast {
        None => point.walk(side, scene, coder),
        Some(forecast) if forecast.iter().any(|f| f.is_nan()) => {
            let mut patches = OnPatches::new(coder, forecast, point, side, scene)?;
            point.walk(side, scene, &mut patches)
        }
        Some(forecast) => {
            let mut residual = OnForecast::new(coder, forecast, &scene.shape);
            point.walk(side, scene, &mut residual)
        }
    }
}

/// Lets a walk over one frame code into the chunk that holds it.
struct InFrame<'a, T> {
    chunk: &'a mut dyn Coder<T>,
    time: usize,
    index: usize,
    canvas: Vec<T>,
    rows: Rows,
}

impl<'a, T: Sample> InFrame<'a, T> {
    fn new(chunk: &'a mut dyn Coder<T>, shape: &[usize], time: usize, index: usize) -> Self {
        InFrame {
            chunk,
            time,
            index,
            canvas: vec![T::ZERO; shape.iter().product()],
            rows: Rows::new(shape),
        }
    }

    fn keep(&mut self, values: &[T]) {
        // A row of the wrong width has been refused below: it is not kept either.
        if let Some((start, step)) = self.rows.next(values.len()) {
            simd::scatter(values, &mut self.canvas, start, step);
        }
    }
}

impl<T: Sample> Coder<T> for InFrame<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.rows.begin(plane)?;
        let mut whole = plane.clone();
        whole.axes.insert(self.time, Axis::only(self.index));
        self.chunk.begin(&whole)
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
