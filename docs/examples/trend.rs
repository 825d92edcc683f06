use foresz::predictors::{Built, Entry, FramePredictor, Past, Registry, Result, Sample, Side};

/// Guesses that the last change goes on: 2·R(t−1) − R(t−2).
struct Trend;

impl<T: Sample> FramePredictor<T> for Trend {
    fn window(&self) -> usize {
        2
    }

    fn predict(&self, _: &Side, past: &Past<T>, _: &mut Vec<f64>, frame: &mut [T]) -> Result<bool> {
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
