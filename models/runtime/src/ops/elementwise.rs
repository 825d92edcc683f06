//! Functions of two values, repeated along the axes that one of them lacks.

use std::sync::Arc;

use super::{Call, Outputs, one};
use crate::cpu::widest;
use crate::error::Problem;
use crate::shape::{broadcast, joined, repeated, walk};
use crate::tensor::{Element, Tensor};

/// How the two sides step along the innermost axis.
#[derive(Clone, Copy)]
enum Inner {
    Both,
    Left,
    Right,
    Other(usize, usize),
}

impl Inner {
    fn of(left: usize, right: usize) -> Self {
        match (left, right) {
            (1, 1) => Self::Both,
            (1, 0) => Self::Left,
            (0, 1) => Self::Right,
            steps => Self::Other(steps.0, steps.1),
        }
    }
}

widest! {
    fn run[A: Element, O: Element, F: Fn(A, A) -> O][A, O, F](
        inner: Inner, a: &[A], b: &[A], out: &mut [O], f: &F,
    ) {
        let n = out.len();
        match inner {
            Inner::Both => {
                for ((o, a), b) in out.iter_mut().zip(&a[..n]).zip(&b[..n]) {
                    *o = f(*a, *b);
                }
            }
            Inner::Left => {
                let b = b[0];
                for (o, a) in out.iter_mut().zip(&a[..n]) {
                    *o = f(*a, b);
                }
            }
            Inner::Right => {
                let a = a[0];
                for (o, b) in out.iter_mut().zip(&b[..n]) {
                    *o = f(a, *b);
                }
            }
            Inner::Other(left, right) => {
                for (i, o) in out.iter_mut().enumerate() {
                    *o = f(a[i * left], b[i * right]);
                }
            }
        }
    }

    /// The same where the left side is overwritten with the result.
    fn run_on[A: Element, F: Fn(A, A) -> A][A, F](own: &mut [A], b: &[A], step: usize, f: &F) {
        if step == 0 {
            let b = b[0];
            for a in own {
                *a = f(*a, b);
            }
        } else {
            for (a, b) in own.iter_mut().zip(b.iter().step_by(step)) {
                *a = f(*a, *b);
            }
        }
    }
}

/// `f` of each pair of elements.
pub(super) fn zip<A: Element, O: Element>(
    call: &mut Call,
    (a, b): (&Tensor, &Tensor),
    f: impl Fn(A, A) -> O + Sync,
) -> Result<Tensor, Problem> {
    let dims = broadcast(&[&a.dims, &b.dims])?;
    let length = crate::shape::count(&dims)?;
    let mut out = call.memory.buffer::<O>(length)?;
    let (left, right) = (a.of::<A>()?, b.of::<A>()?);
    let steps = [repeated(&a.dims, &dims), repeated(&b.dims, &dims)];
    let (axes, [u, v]) = joined(&dims, [&steps[0], &steps[1]]);
    let last = axes.len() - 1;
    let inner = Inner::of(u[last], v[last]);
    if axes.len() == 1 {
        (call.threads).stretches(&mut out, 1, |at, part| {
            run(inner, &left[at * u[0]..], &right[at * v[0]..], part, &f);
        });
        return Ok(Tensor::unchecked(dims, out));
    }
    let wide = axes[last].max(1);
    (call.threads).stretches(&mut out, wide, |at, part| {
        let number = part.len() / wide;
        let mut rows = part.chunks_exact_mut(wide);
        walk(&axes, [&u, &v], (at / wide, number), |[i, j]| {
            if let Some(row) = rows.next() {
                run(inner, &left[i..], &right[j..], row, &f);
            }
        });
    });
    Ok(Tensor::unchecked(dims, out))
}

/// `f` of each pair, written over the first tensor where nobody else needs it.
pub(super) fn zip_into<A: Element>(
    call: &mut Call,
    mut a: Tensor,
    b: &Tensor,
    f: impl Fn(A, A) -> A + Sync,
) -> Result<Tensor, Problem> {
    if broadcast(&[&a.dims, &b.dims])? != a.dims || a.is_empty() {
        let out = zip(call, (&a, b), f);
        call.memory.release(a);
        return out;
    }
    let steps = repeated(&b.dims, &a.dims);
    let own_steps = repeated(&a.dims, &a.dims);
    let other = b.of::<A>()?;
    let dims = std::mem::take(&mut a.dims);
    let Some(mut values) = A::open(a.data) else {
        return Err("the two inputs are of different types".into());
    };
    let Some(own) = Arc::get_mut(&mut values) else {
        let data = A::share(values);
        return zip(call, (&Tensor { dims, data }, b), f);
    };
    call.memory.work.each(own.len())?;
    over(call, own, (&dims, &own_steps, &steps), other, &f);
    let data = A::share(values);
    Ok(Tensor { dims, data })
}

fn over<A: Element>(
    call: &Call,
    own: &mut [A],
    (dims, own_steps, steps): (&[usize], &[usize], &[usize]),
    other: &[A],
    f: &(impl Fn(A, A) -> A + Sync),
) {
    let (axes, [_, v]) = joined(dims, [own_steps, steps]);
    let last = axes.len() - 1;
    if axes.len() == 1 {
        (call.threads).stretches(own, 1, |at, part| {
            run_on(part, &other[at * v[0]..], v[0], f);
        });
        return;
    }
    let wide = axes[last];
    (call.threads).stretches(own, wide, |at, part| {
        let number = part.len() / wide;
        let mut rows = part.chunks_exact_mut(wide);
        walk(&axes, [&v], (at / wide, number), |[j]| {
            if let Some(row) = rows.next() {
                run_on(row, &other[j..], v[last], f);
            }
        });
    });
}

/// The whole of an operator of two inputs of one type and an output of the same. The
/// side that is as large as the output is overwritten where nobody else needs it.
pub(super) fn same<A: Element>(call: &mut Call, f: impl Fn(A, A) -> A + Sync) -> Outputs {
    let (a, b) = (call.inputs.take(0)?, call.inputs.take(1)?);
    let out = if a.len() >= b.len() {
        let out = zip_into(call, a, &b, f)?;
        call.memory.release(b);
        out
    } else {
        let out = zip_into(call, b, &a, |b, a| f(a, b))?;
        call.memory.release(a);
        out
    };
    Ok(vec![out])
}

/// The same with an output of another type.
pub(super) fn judge<A: Element>(call: &mut Call, f: fn(A, A) -> bool) -> Outputs {
    let (a, b) = (call.inputs.get(0)?.clone(), call.inputs.get(1)?.clone());
    Ok(vec![zip(call, (&a, &b), f)?])
}

/// `f` of each element.
pub(super) fn map<A: Element, O: Element>(
    call: &mut Call,
    x: &Tensor,
    f: impl Fn(A) -> O,
) -> Outputs {
    let mut out = call.memory.buffer::<O>(x.len())?;
    let values = x.of::<A>()?;
    out.iter_mut().zip(values).for_each(|(o, &v)| *o = f(v));
    one(x.dims.clone(), out)
}
