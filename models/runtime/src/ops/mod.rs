//! The operators, one file for each family, and what they get to see.

mod activation;
mod arithmetic;
mod blocks;
mod compare;
mod constant;
mod convert;
mod convolution;
mod einsum;
mod elementwise;
mod gather;
mod join;
mod matmul;
mod node;
mod normalise;
mod pad;
mod pooling;
mod reduce;
mod reshape;
mod resize;
mod scatter;
mod slice;
mod table;
mod transposed;
mod turn;
mod variadic;

pub(crate) use node::Node;
pub(crate) use table::find;

use crate::error::{Problem, stop};
use crate::kernels::product::Product;
use crate::memory::Memory;
use crate::tensor::{Element, Tensor};
use crate::threads::Threads;

/// An operator with its attributes read and its constant weights packed.
pub(crate) type Run = Box<dyn Fn(&mut Call) -> Outputs + Send + Sync>;

pub(crate) type Outputs = Result<Vec<Tensor>, Problem>;

/// What makes a [`Run`] of a node, or says why it cannot.
pub(crate) type Build = fn(&Node) -> Result<Run, Problem>;

/// One use of an operator.
pub(crate) struct Call<'a> {
    pub(crate) inputs: Inputs,
    pub(crate) memory: &'a mut Memory,
    pub(crate) threads: &'a Threads,
    /// Outputs that the graph uses or names.
    pub(crate) outputs: usize,
}

/// The inputs of a node; optional ones may be absent.
pub(crate) struct Inputs(pub(crate) Vec<Option<Tensor>>);

impl Inputs {
    pub(crate) fn get(&self, i: usize) -> Result<&Tensor, Problem> {
        match self.optional(i) {
            Some(tensor) => Ok(tensor),
            None => stop!("input {i} is missing"),
        }
    }

    pub(crate) fn optional(&self, i: usize) -> Option<&Tensor> {
        self.0.get(i).and_then(Option::as_ref)
    }

    /// The input itself, so that its elements may be changed where nobody else needs
    /// them.
    pub(crate) fn take(&mut self, i: usize) -> Result<Tensor, Problem> {
        match self.0.get_mut(i).and_then(Option::take) {
            Some(tensor) => Ok(tensor),
            None => stop!("input {i} is missing"),
        }
    }

    /// A list of integers, as shapes and axes are given.
    pub(crate) fn integers(&self, i: usize) -> Result<&[i64], Problem> {
        self.get(i)?.of::<i64>()
    }

    /// The only element of an input, if it is there.
    pub(crate) fn scalar<T: Element>(&self, i: usize) -> Result<Option<T>, Problem> {
        let Some(tensor) = self.optional(i) else {
            return Ok(None);
        };
        match tensor.of::<T>()? {
            [value] => Ok(Some(*value)),
            values => stop!("input {i} has {} values instead of one", values.len()),
        }
    }
}

/// Writes the products, if there is room for what they are divided into.
pub(crate) fn multiply(call: &mut Call, product: &Product, out: &mut [f32]) -> Result<(), Problem> {
    call.memory.work.sums(&product.sums())?;
    call.memory.room(product.division(call.threads))?;
    product.write(out, call.threads);
    Ok(())
}

/// The one output of an operator.
pub(crate) fn one<T: Element>(dims: Vec<usize>, values: Vec<T>) -> Outputs {
    Ok(vec![Tensor::unchecked(dims, values)])
}
