//! Doubles of the coder: predictors are watched through them, without a codec.

use foresz_predictors::{Coder, Error, Place, Plane, Recursion, Result, RowOffsets, Sample, Scene};

/// What the decoder will hold for an original, given a prediction and how many
/// times the bound is tightened.
pub(crate) type Rule<T> = fn(T, T, f64) -> T;

/// A field of that shape by itself, without time.
pub(crate) fn scene(shape: &[usize]) -> Scene {
    Scene {
        shape: shape.to_vec(),
        time: None,
        periodic: false,
        bound: 0.125,
        share: 1.0,
        place: Place::default(),
    }
}

/// Gives back the originals.
pub(crate) fn echo<T: Sample>(original: T, _: T, _: f64) -> T {
    original
}

/// Gives back the predictions.
pub(crate) fn trust<T: Sample>(_: T, prediction: T, _: f64) -> T {
    prediction
}

/// Bins of a quarter around the prediction; the original where they do not reach.
pub(crate) fn quantise<T: Sample>(original: T, prediction: T, tighten: f64) -> T {
    let step = T::from_f64(0.25 / tighten);
    let scaled = (original - prediction) / step;
    let (rounded, _) = scaled.round_to_code();
    if scaled.abs() <= T::CODE_LIMIT {
        prediction + rounded * step
    } else {
        original
    }
}

/// A coder that holds all originals and counts how often each was coded.
pub(crate) struct Double<T> {
    /// Values coded so far.
    pub(crate) canvas: Vec<T>,
    /// How often each place was coded.
    pub(crate) times: Vec<u32>,
    /// The planes announced.
    pub(crate) planes: Vec<Plane>,
    originals: Vec<T>,
    shape: Vec<usize>,
    rule: Rule<T>,
    rows: Option<RowOffsets>,
    left: usize,
}

impl<T: Sample> Double<T> {
    pub(crate) fn new(shape: &[usize], originals: &[T], rule: Rule<T>) -> Self {
        assert_eq!(originals.len(), shape.iter().product::<usize>());
        Double {
            canvas: vec![T::ZERO; originals.len()],
            times: vec![0; originals.len()],
            planes: Vec::new(),
            originals: originals.to_vec(),
            shape: shape.to_vec(),
            rule,
            rows: None,
            left: 0,
        }
    }

    /// Shows `value` wherever nothing is coded yet.
    pub(crate) fn unseen(mut self, value: T) -> Self {
        self.canvas.fill(value);
        self
    }

    /// Codes one sample.
    pub(crate) fn sample(&mut self, at: usize, prediction: T, tighten: f64) -> T {
        let value = (self.rule)(self.originals[at], prediction, tighten);
        self.times[at] += 1;
        self.canvas[at] = value;
        value
    }

    /// Fails unless all samples were coded once, in whole planes.
    pub(crate) fn assert_complete(&self, what: &str) {
        assert_eq!(self.left, 0, "{what}: rows of the last plane are missing");
        for (at, times) in self.times.iter().enumerate() {
            assert_eq!(*times, 1, "{what}: sample {at} was coded {times} times");
        }
    }

    fn next_row(&mut self, width: usize) -> (usize, usize, f64) {
        let plane = self.planes.last().expect("a row before any plane");
        let (columns, step, tighten) = (plane.columns(), plane.row_step(), plane.tighten);
        assert_eq!(width, columns, "a row of another width than announced");
        let start = self.rows.as_mut().and_then(Iterator::next);
        self.left -= 1;
        (start.expect("a row more than announced"), step, tighten)
    }
}

impl<T: Sample> Coder<T> for Double<T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        if self.left > 0 || !plane.fits(&self.shape) || plane.tighten < 1.0 {
            return Err(Error::Walk {
                reason: format!("{plane:?} in {:?}, {} rows missing", self.shape, self.left),
            });
        }
        self.rows = Some(plane.row_offsets(&self.shape));
        self.left = if plane.is_empty() { 0 } else { plane.rows() };
        self.planes.push(plane.clone());
        Ok(())
    }

    fn row(&mut self, values: &mut [T]) {
        let (start, step, tighten) = self.next_row(values.len());
        for (j, v) in values.iter_mut().enumerate() {
            *v = self.sample(start + j * step, *v, tighten);
        }
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        let (start, step, tighten) = self.next_row(values.len());
        let (mut west, mut west2) = (T::ZERO, T::ZERO);
        for (j, v) in values.iter_mut().enumerate() {
            let prediction = (*v + taps.west2 * west2) + taps.west * west;
            *v = self.sample(start + j * step, prediction, tighten);
            (west, west2) = (*v, west);
        }
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        let (start, step, tighten) = self.next_row(values.len());
        for j in 0..values.len() {
            let prediction = predict(&values[..j]);
            values[j] = self.sample(start + j * step, prediction, tighten);
        }
    }

    fn canvas(&self) -> &[T] {
        &self.canvas
    }
}

/// Turns the fast row verbs into the slow one.
pub(crate) struct OneByOne<'a, T>(pub(crate) &'a mut dyn Coder<T>);

impl<T: Sample> Coder<T> for OneByOne<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.0.begin(plane)
    }

    fn row(&mut self, values: &mut [T]) {
        let predictions = values.to_vec();
        self.0.each(values, &mut |before| predictions[before.len()]);
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        let partial = values.to_vec();
        self.0.each(values, &mut |before| {
            let back = |k: usize| before.len().checked_sub(k).map_or(T::ZERO, |i| before[i]);
            (partial[before.len()] + taps.west2 * back(2)) + taps.west * back(1)
        });
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.0.each(values, predict);
    }

    fn canvas(&self) -> &[T] {
        self.0.canvas()
    }
}
