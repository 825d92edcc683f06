use foresz::predictors::{
    Built, Entry, FramePredictor, FrameWalk, Past, Registry, Result, Sample, Scene, Teller,
};

/// Guesses that the last change goes on: 2·R(t−1) − R(t−2).
struct Trend;

impl<T: Sample> FramePredictor<T> for Trend {
    fn window(&self) -> usize {
        2
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(Trend))
    }
}

impl<T: Sample> FrameWalk<T> for Trend {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let [last, before, ..] = past.frames else {
            return Ok(false);
        };
        for ((guess, &a), &b) in frame.iter_mut().zip(last).zip(before) {
            *guess = a + (a - b);
        }
        Ok(true)
    }
}

pub fn register(registry: &mut Registry) {
    registry.register(Entry::new("trend", "frame: the last change again", |_| {
        Ok(Built::frame(Trend))
    }));
}
