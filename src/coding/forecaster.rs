//! Frame predictors at work on a series.

use foresz_predictors::{FrameWalk, Originals, Past, Pipeline, Result, Sample, Scene};

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
    /// How many past frames any of them looks at.
    window: usize,
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

/// A frame predictor on its way and what it says.
pub(super) struct Member<'a, T> {
    walk: Box<dyn FrameWalk<T> + 'a>,
    window: usize,
    forecast: Vec<T>,
    any: bool,
}

impl<'a, T: Sample> Forecaster<'a, T> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        scene: &'a Scene,
        time: Option<usize>,
    ) -> Result<Self> {
        let mut shape = scene.shape.clone();
        if let Some(time) = time {
            shape.remove(time);
        }
        let size = shape.iter().product();
        let predictors = pipeline.frames.iter().map(|f| T::frame(&**f));
        let members = predictors.map(|predictor| {
            Ok(Member {
                walk: predictor.start(scene)?,
                window: predictor.window(),
                forecast: vec![T::ZERO; size],
                any: false,
            })
        });
        let members = members.collect::<Result<Vec<_>>>()?;
        Ok(Forecaster {
            scene,
            time,
            shape,
            window: members.iter().map(|m| m.window).max().unwrap_or_default(),
            members,
            past: Vec::new(),
            index: 0,
        })
    }

    /// Makes the forecasts of the next frame.
    pub(super) fn predict(&mut self, sides: &mut Sides<T>) -> Result<()> {
        for member in &mut self.members {
            let known = self.past.len().min(member.window);
            let past = Past {
                frames: &self.past[..known],
                shape: &self.shape,
                index: self.index,
            };
            let mut teller = sides.teller(self.scene, self.time)?;
            member.any = member.walk.next(&past, &mut teller, &mut member.forecast)?;
            sides.told(teller, self.index)?;
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
        self.past.insert(0, frame);
        self.past.truncate(self.window.max(1));
        self.index += 1;
    }
}
