//! The only door between a predictor and the data.

use crate::error::Result;
use crate::plane::Plane;
use crate::sample::Sample;

/// The feedback of a row on itself: sample *j* is predicted as
/// `partial[j] + west·value[j−1] + west2·value[j−2]`, where values before the
/// start of the row count as zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recursion<T> {
    /// Weight of the neighbour just coded.
    pub west: T,
    /// Weight of the one before.
    pub west2: T,
}

/// Trades guesses for the values the decoder will hold.
///
/// A walk announces a plane with [`begin`](Coder::begin), then codes all its rows
/// in order with one of the three row verbs, which differ only in how a
/// sample may depend on samples of its own row. Encoder and decoder run the same
/// walk with different coders.
pub trait Coder<T: Sample> {
    /// Announces the next plane. Fails if it leaves the field, if the one before is
    /// unfinished, or if nobody wants the rest: the walk has to end with that error.
    fn begin(&mut self, plane: &Plane) -> Result<()>;

    /// Codes the next row from predictions that are independent of each other.
    /// In: predictions. Out: the decoder's values.
    fn row(&mut self, values: &mut [T]);

    /// Codes the next row with a two-tap recursion. In: the part of each
    /// prediction that is known before the row starts. Out: the decoder's values.
    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]);

    /// Codes the next row sample by sample: `predict` gets the decoder's values of
    /// the row so far. The slowest of the three verbs and the most general.
    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T);

    /// All values so far, at their places in the field; zero where none is yet.
    fn canvas(&self) -> &[T];
}
