//! Matrix products.

use std::sync::Arc;

use super::elementwise::zip_into;
use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::pack::{Grid, Left, PackedColumns, Right, padded};
use crate::kernels::product::Product;
use crate::kernels::transpose::copy_strided;
use crate::shape::{broadcast, count, repeated};
use crate::tensor::Tensor;

/// Rows and columns of the last two axes, and the steps between matrices.
struct Stack<'a> {
    values: &'a [f32],
    steps: Vec<usize>,
    columns: usize,
}

/// A tensor of at least two axes; a vector is a matrix of one row or column.
fn as_matrices(dims: &[usize], is_left: bool) -> Result<Vec<usize>, Problem> {
    match dims {
        [] => stop!("a single number is no matrix"),
        &[n] if is_left => Ok(vec![1, n]),
        &[n] => Ok(vec![n, 1]),
        dims => Ok(dims.to_vec()),
    }
}

/// A constant right matrix.
fn packed(node: &Node, transposed: bool) -> Option<(Vec<usize>, Arc<PackedColumns>)> {
    let constant = node.constant(1)?;
    let (&[rows, columns], Some(data)) = (constant.dims.as_slice(), constant.values()) else {
        return None;
    };
    let (k, n) = if transposed {
        (columns, rows)
    } else {
        (rows, columns)
    };
    let bytes = k.saturating_mul(padded(n)).saturating_mul(size_of::<f32>());
    if !node.reserve(bytes) {
        return None;
    }
    let packed = PackedColumns::new(&matrix(data, columns, transposed), k, n);
    node.absorb(1);
    Some((vec![k, n], Arc::new(packed)))
}

/// A matrix stored with `columns` columns, maybe to be read the other way.
fn matrix(data: &[f32], columns: usize, transposed: bool) -> Grid<'_> {
    let (row_step, column_step) = if transposed {
        (1, columns)
    } else {
        (columns, 1)
    };
    Grid {
        data,
        row_step,
        column_step,
    }
}

pub(super) fn matmul(node: &Node) -> Result<Run, Problem> {
    let constant = packed(node, false);
    Ok(Box::new(move |call| {
        let a = call.inputs.get(0)?.clone();
        match &constant {
            Some((dims, packed)) => {
                let (rank, k) = (a.dims.len(), dims[0]);
                if a.dims.last() != Some(&k) {
                    stop!("shapes {:?} and {dims:?} cannot be multiplied", a.dims);
                }
                let m = a.dims[..rank - 1].iter().product();
                let mut out_dims = a.dims[..rank - 1].to_vec();
                out_dims.push(dims[1]);
                let left = matrix(a.of()?, k, false);
                let right = |_: usize| Right::Packed(packed);
                multiply(
                    call,
                    (m, k, dims[1]),
                    &|_| Left::Grid(left),
                    &right,
                    out_dims,
                )
            }
            None => {
                let b = call.inputs.get(1)?.clone();
                of_stacks(call, &a, &b)
            }
        }
    }))
}

fn multiply<'a>(
    call: &mut Call,
    (m, k, n): (usize, usize, usize),
    left: &'a (dyn Fn(usize) -> Left<'a> + Sync),
    right: &'a (dyn Fn(usize) -> Right<'a> + Sync),
    dims: Vec<usize>,
) -> Outputs {
    let length = count(&dims)?;
    let batches = length.checked_div(m * n).unwrap_or(0);
    let mut out = call.memory.buffer(length)?;
    let product = Product {
        batches,
        m,
        k,
        n,
        left,
        right,
        row_bias: &|_| None,
    };
    super::multiply(call, &product, &mut out)?;
    one(dims, out)
}

/// The products of two stacks of matrices whose other axes broadcast.
pub(super) fn of_stacks(call: &mut Call, a: &Tensor, b: &Tensor) -> Outputs {
    let (left_dims, right_dims) = (as_matrices(&a.dims, true)?, as_matrices(&b.dims, false)?);
    let (batch_a, [m, k]) = split(&left_dims)?;
    let (batch_b, [rows, n]) = split(&right_dims)?;
    if k != rows {
        stop!("shapes {:?} and {:?} cannot be multiplied", a.dims, b.dims);
    }
    let batch = broadcast(&[batch_a, batch_b])?;
    let mut dims = batch.clone();
    if a.dims.len() > 1 {
        dims.push(m);
    }
    if b.dims.len() > 1 {
        dims.push(n);
    }
    if batch_b.iter().all(|&d| d == 1) && batch.as_slice() == batch_a {
        // One right matrix for all: the left ones are one tall matrix.
        let m = m * batch_a.iter().product::<usize>();
        let (left, right) = (matrix(a.of()?, k, false), matrix(b.of()?, n, false));
        return multiply(
            call,
            (m, k, n),
            &|_| Left::Grid(left),
            &|_| Right::Grid(right),
            dims,
        );
    }
    let left = Stack::new(call, a, (&batch, batch_a), [m, k])?;
    let right = Stack::new(call, b, (&batch, batch_b), [k, n])?;
    let get_left = |i: usize| Left::Grid(left.matrix(i));
    let get_right = |i: usize| Right::Grid(right.matrix(i));
    multiply(call, (m, k, n), &get_left, &get_right, dims)
}

fn split(dims: &[usize]) -> Result<(&[usize], [usize; 2]), Problem> {
    match dims.split_last_chunk() {
        Some((batch, last)) => Ok((batch, *last)),
        None => stop!("a matrix has two axes"),
    }
}

impl<'a> Stack<'a> {
    fn new(
        call: &mut Call,
        tensor: &'a Tensor,
        (batch, own): (&[usize], &[usize]),
        [rows, columns]: [usize; 2],
    ) -> Result<Self, Problem> {
        // Where each of the products finds its matrix.
        let (number, matrices) = (count(batch)?, count(own)?);
        call.memory
            .room((number + matrices).checked_mul(size_of::<usize>()))?;
        call.memory.work.each(number + matrices)?;
        let mut at = vec![0; number];
        let all: Vec<usize> = (0..matrices).map(|i| i * rows * columns).collect();
        let steps = repeated(own, batch);
        copy_strided(&all, (batch, &steps), &mut at, call.threads);
        Ok(Self {
            values: tensor.of()?,
            steps: at,
            columns,
        })
    }

    fn matrix(&self, batch: usize) -> Grid<'a> {
        matrix(&self.values[self.steps[batch]..], self.columns, false)
    }
}

pub(super) fn gemm(node: &Node) -> Result<Run, Problem> {
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let turn_a = node.integer("transA", 0)? != 0;
    let turn_b = node.integer("transB", 0)? != 0;
    let constant = packed(node, turn_b);
    Ok(Box::new(move |call| {
        let a = call.inputs.get(0)?.clone();
        let &[rows, columns] = a.dims.as_slice() else {
            stop!("Gemm of a tensor of {} axes instead of two", a.dims.len());
        };
        let (m, k) = if turn_a {
            (columns, rows)
        } else {
            (rows, columns)
        };
        let left = matrix(a.of()?, columns, turn_a);
        let given;
        let (size, right) = match &constant {
            Some((dims, packed)) => ([dims[0], dims[1]], Right::Packed(packed)),
            None => {
                given = call.inputs.get(1)?.clone();
                let &[rows, columns] = given.dims.as_slice() else {
                    stop!(
                        "Gemm by a tensor of {} axes instead of two",
                        given.dims.len()
                    );
                };
                let size = if turn_b {
                    [columns, rows]
                } else {
                    [rows, columns]
                };
                (size, Right::Grid(matrix(given.of()?, columns, turn_b)))
            }
        };
        if size[0] != k {
            stop!("a {m}×{k} by a {}×{} matrix", size[0], size[1]);
        }
        let get_right = |_: usize| right;
        let dims = vec![m, size[1]];
        let mut out = multiply(
            call,
            (m, k, size[1]),
            &|_| Left::Grid(left),
            &get_right,
            dims,
        )?;
        scale_and_add(call, &mut out, alpha, beta)?;
        Ok(out)
    }))
}

/// α times the product plus β times the third input.
fn scale_and_add(
    call: &mut Call,
    out: &mut Vec<Tensor>,
    alpha: f32,
    beta: f32,
) -> Result<(), Problem> {
    let Some(mut sum) = out.pop() else {
        return Ok(());
    };
    if alpha != 1.0 {
        let factor = Tensor::unchecked(Vec::new(), vec![alpha]);
        sum = zip_into::<f32>(call, sum, &factor, |a, b| a * b)?;
    }
    if let Some(c) = call.inputs.optional(2).cloned() {
        if broadcast(&[&sum.dims, &c.dims])? != sum.dims {
            stop!(
                "a {:?} tensor cannot be added to one of {:?}",
                c.dims,
                sum.dims
            );
        }
        sum = zip_into::<f32>(call, sum, &c, |a, b| a + beta * b)?;
    }
    out.push(sum);
    Ok(())
}
