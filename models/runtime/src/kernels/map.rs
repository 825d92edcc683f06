//! Functions of one or two values, applied to many.

use crate::cpu::widest;

widest! {
    pub(crate) fn each[F: Fn(f32) -> f32][F](values: &mut [f32], f: &F) {
        for value in values {
            *value = f(*value);
        }
    }

    pub(crate) fn copy_each[F: Fn(f32) -> f32][F](values: &[f32], out: &mut [f32], f: &F) {
        for (o, value) in out.iter_mut().zip(values) {
            *o = f(*value);
        }
    }
}
