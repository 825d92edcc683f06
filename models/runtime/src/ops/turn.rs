use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::transpose;
use crate::shape::{axes, length};
use crate::tensor::{Element, Tensor, for_type};

pub(super) fn transpose(node: &Node) -> Result<Run, Problem> {
    let given = node.integers("perm")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let rank = x.dims.len();
        let order: Vec<usize> = match &given {
            Some(list) => {
                if axes(list, rank)?.len() != rank {
                    stop!("perm {list:?} of a tensor with {rank} axes");
                }
                list.iter().map(|&a| length(a)).collect::<Result<_, _>>()?
            }
            None => (0..rank).rev().collect(),
        };
        Ok(vec![turned(call, &x, &order)?])
    }))
}

/// A tensor with its axes in another order.
pub(super) fn turned(call: &mut Call, x: &Tensor, order: &[usize]) -> Result<Tensor, Problem> {
    let out = for_type!(x.dtype(), T => turned_of::<T>(call, x, order))?;
    out.into_iter().next().ok_or("no output".into())
}

fn turned_of<T: Element>(call: &mut Call, x: &Tensor, order: &[usize]) -> Outputs {
    let dims: Vec<usize> = order.iter().map(|&a| x.dims[a]).collect();
    // Where only axes of length 1 move, the elements stay where they are.
    let moving: Vec<usize> = order.iter().copied().filter(|&a| x.dims[a] != 1).collect();
    if moving.is_sorted() {
        return Ok(vec![x.clone().with_dims(dims)]);
    }
    let mut out = call.memory.buffer::<T>(x.len())?;
    transpose::transpose(x.of::<T>()?, (&x.dims, order), &mut out, call.threads);
    one(dims, out)
}
