//! Chunks of HDF5 as streams: what the filter does, without HDF5.
//!
//! The crate `foresz-hdf5` is the plugin that HDF5 loads, and `docs/reference/hdf5.md` is the
//! authority on the numbers that it is configured with.

mod chunk;
#[cfg(feature = "files")]
mod files;
mod values;

use foresz_predictors::Sample;
use ndarray::{ArrayViewD, IxDyn};

use crate::bound::Bound;
use crate::dtype::DType;
use crate::error::{Result, invalid};
use crate::field::compress::compress;
use crate::options::Options;
pub use chunk::Chunk;
#[cfg(feature = "files")]
pub use files::register;

/// The number of the filter, in the range that is private.
pub const FILTER: u16 = 62946;

/// The most bytes that HDF5 allows a chunk.
const MOST_BYTES: usize = u32::MAX as usize;
/// The most dimensions of a field.
const MOST_DIMS: usize = 8;
/// The attribute of a stream whose values were of the other byte order, and its value.
const ORDER: (&str, &str) = ("hdf5-byte-order", "big-endian");

/// How chunks of one dataset of HDF5 are encoded.
///
/// ```
/// use foresz::hdf5::{Chunk, Filter};
/// use foresz::{Bound, DType, Options};
///
/// let filter = Filter::new(Options::new(Bound::Absolute(0.5)), DType::F32, [10, 20])?;
/// let again = Filter::from_values(&filter.values()?)?;
/// let stream = again.encode(&[0; 800])?;
/// assert_eq!(Chunk::open(&stream)?.bytes(), 800);
/// # Ok::<(), foresz::Error>(())
/// ```
#[derive(Clone)]
pub struct Filter {
    options: Options,
    dtype: DType,
    big_endian: bool,
    shape: Vec<usize>,
}

impl Filter {
    /// For chunks of that type and shape. One thread does it all: HDF5 may unload a plugin at
    /// any time, and threads of it would be left without code.
    pub fn new(options: Options, dtype: DType, shape: impl Into<Vec<usize>>) -> Result<Self> {
        let shape = shape.into();
        let times = |n: usize, length: &usize| n.checked_mul(*length);
        let bytes = shape.iter().try_fold(dtype.bytes(), times);
        if shape.is_empty() || shape.len() > MOST_DIMS || shape.contains(&0) {
            return invalid(format!(
                "a chunk of the shape {shape:?} cannot be coded: it must have 1 to {MOST_DIMS} dimensions, none of them 0 long"
            ));
        }
        if bytes.is_none_or(|bytes| bytes > MOST_BYTES) {
            return invalid(format!(
                "a chunk of the shape {shape:?} has 4 GiB or more, which HDF5 does not take; make chunks smaller"
            ));
        }
        options.bound.check()?;
        Ok(Filter {
            options: options.threads(1),
            dtype,
            big_endian: false,
            shape,
        })
    }

    /// Whether the file has its values with the highest byte first.
    #[must_use]
    pub fn big_endian(mut self, big_endian: bool) -> Self {
        self.big_endian = big_endian;
        self
    }

    /// The stream of a chunk.
    pub fn encode(&self, chunk: &[u8]) -> Result<Vec<u8>> {
        match self.dtype {
            DType::F32 => self.encode_as::<f32>(chunk),
            DType::F64 => self.encode_as::<f64>(chunk),
        }
    }

    fn encode_as<T: Sample>(&self, chunk: &[u8]) -> Result<Vec<u8>> {
        let samples: usize = self.shape.iter().product();
        if chunk.len() != samples * T::BYTES {
            return invalid(format!(
                "the chunk has {} bytes, and one of {} with the shape {:?} has {}",
                chunk.len(),
                T::NAME,
                self.shape,
                samples * T::BYTES
            ));
        }
        let swapped;
        let values: &[T] = match bytemuck::try_cast_slice(chunk) {
            Ok(values) if self.big_endian == cfg!(target_endian = "big") => values,
            _ => {
                swapped = numbers::<T>(chunk, self.big_endian);
                &swapped
            }
        };
        let mut options = self.options.clone();
        if look_like_integers(values) {
            options = Options::new(Bound::Lossless).threads(1);
        }
        if self.big_endian {
            options = options.attribute(ORDER.0, ORDER.1);
        }
        let field = ArrayViewD::from_shape(IxDyn(&self.shape), values);
        let field = field.or_else(|e| invalid(e.to_string()))?;
        Ok(compress(field, &options)?.bytes)
    }
}

/// HDF5 does not tell filters of which type values are. Integers that are taken for
/// floating-point numbers are zeros, numbers too small to be normal, and NaN, as long as they
/// are below 2²³, or 2⁵² if they have eight bytes. Any bound would make them all zero.
fn look_like_integers<T: Sample>(values: &[T]) -> bool {
    let normal = if T::BYTES == f32::BYTES {
        f64::from(f32::MIN_POSITIVE)
    } else {
        f64::MIN_POSITIVE
    };
    let size = |x: &T| x.to_f64().abs();
    let small = |x: &T| *x != T::ZERO && size(x) < normal;
    values.iter().all(|x| x.is_nan() || size(x) < normal) && values.iter().any(small)
}

/// Numbers from bytes that lie anyhow, in either order.
fn numbers<T: Sample>(bytes: &[u8], big_endian: bool) -> Vec<T> {
    let mut values: Vec<T> = bytemuck::allocation::pod_collect_to_vec(bytes);
    order::<T>(bytemuck::cast_slice_mut(&mut values), big_endian);
    values
}

/// Turns values of the machine into those of the file, and back.
fn order<T: Sample>(bytes: &mut [u8], big_endian: bool) {
    if big_endian != cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(T::BYTES).for_each(<[u8]>::reverse);
    }
}

#[cfg(test)]
mod tests;
