//! Frame predictors at work on a series.

use foresz_predictors::{FramePredictor, Originals, Past, Pipeline, Result, Sample, Scene};

use super::frame::Sides;

/// The frame predictors of a pipeline and the frames they have seen.
pub(super) struct Forecaster<'a, T> {
    pub(super) scene: &'a Scene,
    /// Without one, the field is one frame.
    pub(super) time: Option<usize>,
    /// Of a frame.
    pub(super) shape: Vec<usize>,
    pub(super) members: Vec<Member<'a, T>>,
    past: Vec<Vec<T>>,
    index: usize,
}

/// The series that a field is.
pub(super) fn in_time<'a, T>(
    field: &'a [T],
    scene: &'a Scene,
    time: Option<usize>,
) -> Originals<'a, T> {
    Originals {
        field,
        shape: &scene.shape,
        time,
        bound: scene.bound,
    }
}

/// A frame predictor and what it keeps and says.
pub(super) struct Member<'a, T> {
    predictor: &'a dyn FramePredictor<T>,
    memory: Vec<f64>,
    forecast: Vec<T>,
    any: bool,
}

impl<'a, T: Sample> Forecaster<'a, T> {
    pub(super) fn new(pipeline: &'a Pipeline, scene: &'a Scene, time: Option<usize>) -> Self {
        let predictors = pipeline.frames.iter().map(|f| T::frame(&**f));
        Self::of(predictors, scene, time)
    }

    /// The same, having seen nothing.
    pub(super) fn afresh(&self) -> Self {
        let predictors = self.members.iter().map(|m| m.predictor);
        Self::of(predictors, self.scene, self.time)
    }

    fn of(
        predictors: impl Iterator<Item = &'a dyn FramePredictor<T>>,
        scene: &'a Scene,
        time: Option<usize>,
    ) -> Self {
        let mut shape = scene.shape.clone();
        if let Some(time) = time {
            shape.remove(time);
        }
        let size = shape.iter().product();
        let member = |predictor| Member {
            predictor,
            memory: Vec::new(),
            forecast: vec![T::ZERO; size],
            any: false,
        };
        Forecaster {
            scene,
            time,
            shape,
            members: predictors.map(member).collect(),
            past: Vec::new(),
            index: 0,
        }
    }

    /// Makes the forecasts of the next frame.
    pub(super) fn predict(&mut self, sides: &mut Sides<T>) -> Result<()> {
        for member in &mut self.members {
            let known = self.past.len().min(member.predictor.window());
            let past = Past {
                frames: &self.past[..known],
                shape: &self.shape,
                index: self.index,
                scene: self.scene,
            };
            let side = sides.next(|lesson| {
                let originals = in_time(lesson.originals, self.scene, self.time);
                member.predictor.learn(&originals, &past, &member.memory)
            })?;
            let Member {
                memory, forecast, ..
            } = member;
            member.any = match member.predictor.predict(&side, &past, memory, forecast) {
                Err(error) if sides.goes_on(self.index, &error) => {
                    (member.predictor).predict_anyway(&side, &past, memory, forecast)?
                }
                outcome => outcome?,
            };
        }
        Ok(())
    }

    /// Which frame is next.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// What each frame predictor has for the next frame.
    pub(super) fn forecasts(&self) -> Vec<Option<&[T]>> {
        let members = self.members.iter();
        members
            .map(|m| m.any.then_some(m.forecast.as_slice()))
            .collect()
    }

    /// Fills forecasts where they have nothing to say: with the frame before, or with what
    /// they said last.
    pub(super) fn fill(&mut self) {
        for member in self.members.iter_mut().filter(|m| m.any) {
            let found = member.forecast.iter().find(|x| !x.is_nan());
            let mut last = found.copied().unwrap_or_default();
            let newest = self.past.first();
            for (i, x) in member.forecast.iter_mut().enumerate() {
                if x.is_nan() {
                    *x = newest.map_or(last, |frame| frame[i]);
                }
                last = *x;
            }
        }
    }

    /// Takes note of the frame after those seen so far.
    pub(super) fn observe(&mut self, frame: Vec<T>) {
        let windows = self.members.iter().map(|m| m.predictor.window());
        self.past.insert(0, frame);
        self.past.truncate(windows.max().unwrap_or_default().max(1));
        self.index += 1;
    }
}
