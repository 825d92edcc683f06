use std::sync::Arc;

use crate::error::{Error, Problem, stop};
use crate::memory::Memory;
use crate::shape::count;

/// The type of the elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
    /// 64-bit integers; narrower ones of a model are held in them too.
    I64,
    /// Truth values.
    Bool,
}

impl Dtype {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 | Self::I64 => 8,
            Self::Bool => 1,
        }
    }
}

/// Elements in row-major order. Cloning one is cheap: the elements are shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub(crate) dims: Vec<usize>,
    pub(crate) data: Data,
}

#[derive(Clone, Debug, PartialEq)]
#[doc(hidden)]
pub enum Data {
    F32(Arc<Vec<f32>>),
    F64(Arc<Vec<f64>>),
    I64(Arc<Vec<i64>>),
    Bool(Arc<Vec<bool>>),
}

/// A type that a tensor can have.
pub trait Element: sealed::Sealed + Copy + Default + PartialEq + Send + Sync + 'static {
    /// Its name.
    const DTYPE: Dtype;
}

pub(crate) mod sealed {
    use super::{Arc, Data};

    use crate::memory::Memory;

    pub trait Sealed: Sized {
        /// A buffer of an earlier tensor, if one is kept for this type.
        fn recycled(_memory: &mut Memory, _length: usize) -> Option<Vec<Self>> {
            None
        }
        fn wrap(values: Vec<Self>) -> Data;
        fn view(data: &Data) -> Option<&Arc<Vec<Self>>>;
        fn open(data: Data) -> Option<Arc<Vec<Self>>>;
        fn share(values: Arc<Vec<Self>>) -> Data;
    }
}

macro_rules! element {
    ($($ty:ty: $name:ident $({ $($more:item)* })?),*) => {$(
        impl Element for $ty {
            const DTYPE: Dtype = Dtype::$name;
        }

        impl sealed::Sealed for $ty {
            $($($more)*)?

            fn wrap(values: Vec<Self>) -> Data {
                Data::$name(Arc::new(values))
            }

            fn view(data: &Data) -> Option<&Arc<Vec<Self>>> {
                match data {
                    Data::$name(values) => Some(values),
                    _ => None,
                }
            }

            fn share(values: Arc<Vec<Self>>) -> Data {
                Data::$name(values)
            }

            fn open(data: Data) -> Option<Arc<Vec<Self>>> {
                match data {
                    Data::$name(values) => Some(values),
                    _ => None,
                }
            }
        }
    )*};
}
element!(
    f32: F32 {
        fn recycled(memory: &mut Memory, length: usize) -> Option<Vec<f32>> {
            memory.recycled(length)
        }
    },
    f64: F64,
    i64: I64,
    bool: Bool
);

impl Tensor {
    /// A tensor of `dims` with `values` in row-major order.
    ///
    /// # Errors
    /// If there are not as many values as `dims` say.
    pub fn new<T: Element>(dims: &[usize], values: Vec<T>) -> Result<Self, Error> {
        if count(dims) != Ok(values.len()) {
            return Err(Error::Input(format!(
                "{} values do not fill the shape {dims:?}",
                values.len()
            )));
        }
        Ok(Self::unchecked(dims.to_vec(), values))
    }

    pub(crate) fn unchecked<T: Element>(dims: Vec<usize>, values: Vec<T>) -> Self {
        debug_assert_eq!(count(&dims), Ok(values.len()));
        Self {
            dims,
            data: T::wrap(values),
        }
    }

    /// The lengths of the axes.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The type of the elements.
    pub fn dtype(&self) -> Dtype {
        match self.data {
            Data::F32(_) => Dtype::F32,
            Data::F64(_) => Dtype::F64,
            Data::I64(_) => Dtype::I64,
            Data::Bool(_) => Dtype::Bool,
        }
    }

    /// The elements, if they are of type `T`.
    pub fn values<T: Element>(&self) -> Option<&[T]> {
        T::view(&self.data).map(|values| values.as_slice())
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::F32(values) => values.len(),
            Data::F64(values) => values.len(),
            Data::I64(values) => values.len(),
            Data::Bool(values) => values.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() * self.dtype().bytes()
    }

    /// Where the elements lie.
    pub(crate) fn address(&self) -> usize {
        match &self.data {
            Data::F32(values) => values.as_ptr() as usize,
            Data::F64(values) => values.as_ptr() as usize,
            Data::I64(values) => values.as_ptr() as usize,
            Data::Bool(values) => values.as_ptr() as usize,
        }
    }

    /// Whether others have the same elements.
    pub(crate) fn is_shared(&self) -> bool {
        let holders = match &self.data {
            Data::F32(values) => Arc::strong_count(values),
            Data::F64(values) => Arc::strong_count(values),
            Data::I64(values) => Arc::strong_count(values),
            Data::Bool(values) => Arc::strong_count(values),
        };
        holders > 1
    }

    /// The elements, or a complaint that they are of another type.
    pub(crate) fn of<T: Element>(&self) -> Result<&[T], Problem> {
        match self.values() {
            Some(values) => Ok(values),
            None => stop!(
                "elements are {:?} where {:?} is needed",
                self.dtype(),
                T::DTYPE
            ),
        }
    }

    /// The same elements under other axes, whose product the caller vouches for.
    pub(crate) fn with_dims(mut self, dims: Vec<usize>) -> Self {
        debug_assert_eq!(count(&dims), Ok(self.len()));
        self.dims = dims;
        self
    }
}

/// Runs the same code on the elements of a tensor whatever their type is.
macro_rules! for_type {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            crate::tensor::Dtype::F32 => {
                type $t = f32;
                $body
            }
            crate::tensor::Dtype::F64 => {
                type $t = f64;
                $body
            }
            crate::tensor::Dtype::I64 => {
                type $t = i64;
                $body
            }
            crate::tensor::Dtype::Bool => {
                type $t = bool;
                $body
            }
        }
    };
}
pub(crate) use for_type;
