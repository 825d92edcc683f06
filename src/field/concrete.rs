//! The codec for either type of samples, compiled in this crate. What calls it from others is
//! generic, and they would compile all of it again.

use foresz_predictors::Sample;
use ndarray::{ArrayView, ArrayViewD, IxDyn, ShapeBuilder};

use super::compress::{Compressed, encode};
use super::decompress::Drift;
use super::gather::Order;
use crate::error::{Error, Result};
use crate::options::Options;

#[inline(never)]
fn compress_f32(field: ArrayViewD<f32>, options: &Options) -> Result<Compressed> {
    encode(field, options)
}

#[inline(never)]
fn compress_f64(field: ArrayViewD<f64>, options: &Options) -> Result<Compressed> {
    encode(field, options)
}

#[inline(never)]
fn decode_f32(order: &Order) -> Result<(Vec<f32>, Vec<Drift>)> {
    order.decode()
}

#[inline(never)]
fn decode_f64(order: &Order) -> Result<(Vec<f64>, Vec<Drift>)> {
    order.decode()
}

#[inline(never)]
fn decode_into_f32(order: &Order, out: &mut [f32]) -> Result<Vec<Drift>> {
    order.decode_into(out)
}

#[inline(never)]
fn decode_into_f64(order: &Order, out: &mut [f64]) -> Result<Vec<Drift>> {
    order.decode_into(out)
}

/// Whether samples are of the first of the two types that there are.
fn is_single<T: Sample>() -> bool {
    T::BYTES == f32::BYTES
}

pub(super) fn compress<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Compressed> {
    let lies_forward = field.strides().iter().all(|stride| *stride >= 0);
    if !lies_forward || field.as_slice_memory_order().is_none() {
        let copy = field.as_standard_layout();
        return compress_contiguous(copy.view(), options);
    }
    compress_contiguous(field, options)
}

fn compress_contiguous<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Compressed> {
    let values = field.as_slice_memory_order().unwrap_or_default();
    let strides: Vec<usize> = field.strides().iter().map(|s| *s as usize).collect();
    let layout = || field.raw_dim().strides(IxDyn(&strides));
    let misfit = |e: ndarray::ShapeError| Error::Invalid(e.to_string());
    if is_single::<T>() {
        let field = ArrayView::from_shape(layout(), bytemuck::cast_slice(values));
        compress_f32(field.map_err(misfit)?, options)
    } else {
        let field = ArrayView::from_shape(layout(), bytemuck::cast_slice(values));
        compress_f64(field.map_err(misfit)?, options)
    }
}

pub(super) fn decode<T: Sample>(order: &Order) -> Result<(Vec<T>, Vec<Drift>)> {
    use bytemuck::allocation::cast_vec;
    if is_single::<T>() {
        decode_f32(order).map(|(values, drifts)| (cast_vec(values), drifts))
    } else {
        decode_f64(order).map(|(values, drifts)| (cast_vec(values), drifts))
    }
}

pub(super) fn decode_into<T: Sample>(order: &Order, out: &mut [T]) -> Result<Vec<Drift>> {
    if is_single::<T>() {
        decode_into_f32(order, bytemuck::cast_slice_mut(out))
    } else {
        decode_into_f64(order, bytemuck::cast_slice_mut(out))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, ArrayD, Slice};

    use super::*;
    use crate::bound::Bound;

    #[test]
    fn it_does_not_matter_how_a_field_lies_in_memory() {
        let field: ArrayD<f64> = Array::from_shape_fn((6, 20, 31), |(t, i, j)| {
            ((t + 2 * i) as f64 * 0.3).sin() + j as f64 * 0.1
        })
        .into_dyn();
        let turned = field.t();
        let mut backwards = field.view();
        backwards.invert_axis(ndarray::Axis(1));
        let thinned = field.slice_each_axis(|_| Slice::new(1, None, 2));
        let constant = ndarray::arr0(1.5);
        let broadcast = constant.broadcast(vec![3, 40]).unwrap();
        let options = Options::new(Bound::Absolute(1e-3)).threads(1);
        for view in [field.view(), turned, backwards, thinned, broadcast] {
            let lying = compress(view.view(), &options).unwrap();
            let copy = ArrayD::from_shape_vec(view.shape(), view.iter().copied().collect());
            let standing = compress(copy.unwrap().view(), &options).unwrap();
            assert_eq!(lying.bytes, standing.bytes, "{:?}", view.strides());
        }
    }
}
