//! Whole numbers as differences from their neighbours, and back.

use foresz_predictors::widest;

/// From what the numbers of a frame are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode(pub(super) u8);

impl Mode {
    pub(super) const LEFT: u8 = 1;
    pub(super) const ABOVE: u8 = 2;
    pub(super) const PAST: u8 = 4;
    pub(super) const ALL: u8 = Self::LEFT | Self::ABOVE | Self::PAST;

    #[inline(always)]
    pub(super) fn has(self, part: u8) -> bool {
        self.0 & part != 0
    }
}

/// The numbers around a run of at most a row.
pub(super) struct Around<'a> {
    pub(super) mode: Mode,
    /// Taken off first where the frame before is not.
    pub(super) base: i32,
    /// The same run in the frame before, or empty; becomes this one.
    pub(super) past: &'a mut [i32],
    /// What is left of the run above once its past is taken off; becomes this one's.
    pub(super) above: &'a mut [i32],
    /// What is left of the number before the run; becomes that of its last.
    pub(super) left: &'a mut i32,
}

widest! {
    /// Differences of a run of numbers, which are used up.
    fn take_off<>(numbers: &mut [i32], around: Around, out: &mut [i32]) {
        let mode = around.mode;
        if mode.has(Mode::PAST) {
            for (x, past) in numbers.iter_mut().zip(around.past) {
                let number = *x;
                *x = number.wrapping_sub(*past);
                *past = number;
            }
        } else {
            for (past, x) in around.past.iter_mut().zip(&*numbers) {
                *past = *x;
            }
            for x in numbers.iter_mut() {
                *x = x.wrapping_sub(around.base);
            }
        }
        if mode.has(Mode::ABOVE) {
            for (x, above) in numbers.iter_mut().zip(around.above) {
                let number = *x;
                *x = number.wrapping_sub(*above);
                *above = number;
            }
        }
        if !mode.has(Mode::LEFT) {
            out.copy_from_slice(numbers);
        } else if let (Some(first), [one, .., last] | [one @ last]) = (out.first_mut(), &*numbers) {
            *first = one.wrapping_sub(*around.left);
            *around.left = *last;
            for (out, pair) in out[1..].iter_mut().zip(numbers.windows(2)) {
                *out = pair[1].wrapping_sub(pair[0]);
            }
        }
    }

    /// Inverse of [`take_off`], in place.
    fn put_on<>(numbers: &mut [i32], around: Around) {
        let mode = around.mode;
        if mode.has(Mode::LEFT) {
            let mut sum = *around.left;
            for x in numbers.iter_mut() {
                sum = sum.wrapping_add(*x);
                *x = sum;
            }
            *around.left = sum;
        }
        if mode.has(Mode::ABOVE) {
            for (x, above) in numbers.iter_mut().zip(around.above) {
                *x = x.wrapping_add(*above);
                *above = *x;
            }
        }
        if mode.has(Mode::PAST) {
            for (x, past) in numbers.iter_mut().zip(around.past) {
                *x = x.wrapping_add(*past);
                *past = *x;
            }
        } else {
            for x in numbers.iter_mut() {
                *x = x.wrapping_add(around.base);
            }
            for (past, x) in around.past.iter_mut().zip(&*numbers) {
                *past = *x;
            }
        }
    }
}
