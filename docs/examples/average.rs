use foresz::predictors::{
    Built, Candidate, Coder, Entry, Params, Plane, Predictor, Recursion, Registry, Result, Sample,
    Scene, Side,
};

/// Guesses the mean of the western and the northern neighbour.
struct Average;

impl<T: Sample> Predictor<T> for Average {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let plane = Plane::whole(&scene.shape);
        coder.begin(&plane)?;
        let half = T::from_f64(0.5);
        let taps = Recursion {
            west: half,
            west2: T::ZERO,
        };
        let mut row = vec![T::ZERO; plane.columns()];
        for _ in 0..plane.rows() {
            // `row` holds the values of the row above, as the decoder has them.
            let edge = row[0] * half;
            row.iter_mut().for_each(|x| *x = *x * half);
            // There is nothing to the west of the first sample: north counts twice.
            row[0] = row[0] + edge;
            coder.recur(taps, &mut row);
        }
        Ok(())
    }
}

pub fn entry() -> Entry {
    let summary = "the mean of the western and the northern neighbour";
    let entry = Entry::new("average", summary, |part| {
        Params::new(part).finish(&[])?;
        Ok(Built::point(Average))
    });
    entry.tried(|_| vec![Candidate::new("average", 3.0)])
}

pub fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.register(entry());
    registry
}
