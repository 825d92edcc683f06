//! The row kernels, compiled twice: for every CPU of the architecture, and for
//! those with AVX2. Both do the same operations in the same order; only their
//! number at a time differs, so the results are the same to the bit.

use foresz_predictors::{Recursion, Sample};

use super::quantiser::Kernel;
use crate::entropy::ESCAPE;

foresz_predictors::widest! {
    // In: originals, predictions in `values`. Out: values, codes. Says whether any
    // sample has to be stored literally.
    fn encode_row<T: Sample, Q: Kernel<T>>(quantiser: &Q, originals: &[T], values: &mut [T], codes: &mut [i32]) -> bool {
        let mut escaped = false;
        for ((x, v), c) in originals.iter().zip(values).zip(codes) {
            let (code, value) = quantiser.encode(*x, *v);
            (*c, *v) = (code, value);
            escaped |= code == ESCAPE;
        }
        escaped
    }

    fn decode_row<T: Sample, Q: Kernel<T>>(quantiser: &Q, codes: &[i32], values: &mut [T]) -> bool {
        let mut escaped = false;
        for (c, v) in codes.iter().zip(values) {
            *v = quantiser.decode(*c, *v);
            escaped |= *c == ESCAPE;
        }
        escaped
    }

    fn encode_recursion<T: Sample, Q: Kernel<T>>(quantiser: &Q, taps: Recursion<T>, originals: &[T], values: &mut [T], codes: &mut [i32]) -> bool {
        let mut escaped = false;
        let (mut west, mut west2) = (T::ZERO, T::ZERO);
        for ((x, v), c) in originals.iter().zip(values).zip(codes) {
            let (code, value) = quantiser.encode_next(*x, *v + taps.west2 * west2, taps.west, west);
            (*c, *v) = (code, value);
            escaped |= code == ESCAPE;
            (west, west2) = (value, west);
        }
        escaped
    }

    // `literals` holds at least as many values as there are escapes in `codes`.
    fn decode_recursion<T: Sample, Q: Kernel<T>>(quantiser: &Q, taps: Recursion<T>, codes: &[i32], literals: &mut std::slice::Iter<T>, values: &mut [T]) {
        let (mut west, mut west2) = (T::ZERO, T::ZERO);
        for (c, v) in codes.iter().zip(values) {
            let prediction = (*v + taps.west2 * west2) + taps.west * west;
            let mut value = quantiser.decode(*c, prediction);
            if *c == ESCAPE {
                value = literals.next().copied().unwrap_or_default();
            }
            *v = value;
            (west, west2) = (value, west);
        }
    }
}

#[inline(always)]
pub(super) fn gather<T: Sample>(from: &[T], start: usize, step: usize, out: &mut [T]) {
    match step {
        1 => out.copy_from_slice(&from[start..start + out.len()]),
        2 => {
            // The last one may lack its odd neighbour.
            let (pairs, last) = out.split_at_mut(out.len() - 1);
            let source = &from[start..=start + 2 * pairs.len()];
            for (o, pair) in pairs.iter_mut().zip(source.chunks_exact(2)) {
                *o = pair[0];
            }
            last[0] = source[source.len() - 1];
        }
        _ => {
            for (o, x) in out.iter_mut().zip(from[start..].iter().step_by(step)) {
                *o = *x;
            }
        }
    }
}

#[inline(always)]
pub(super) fn scatter<T: Sample>(values: &[T], to: &mut [T], start: usize, step: usize) {
    if step == 1 {
        to[start..start + values.len()].copy_from_slice(values);
    } else {
        for (v, place) in values.iter().zip(to[start..].iter_mut().step_by(step)) {
            *place = *v;
        }
    }
}
