//! Sums of products, said with letters. One or two tensors; each letter once in each.

use super::matmul::of_stacks;
use super::turn::turned;
use super::{Call, Node, Outputs, Run};
use crate::error::{Problem, stop};
use crate::kernels::rows;
use crate::tensor::Tensor;

/// Letters of the inputs and of the output.
struct Equation {
    inputs: Vec<Vec<char>>,
    output: Vec<char>,
}

fn parse(text: &str) -> Result<Equation, Problem> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.contains('.') {
        stop!("the ellipsis of {text} is not supported: write the axes out");
    }
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left.to_owned(), Some(right.to_owned())),
        None => (text.clone(), None),
    };
    let inputs: Vec<Vec<char>> = left.split(',').map(|s| s.chars().collect()).collect();
    let output: Vec<char> = if let Some(right) = right {
        right.chars().collect()
    } else {
        // The letters that occur once, sorted.
        let all: Vec<char> = inputs.concat();
        let mut single: Vec<char> = all.clone();
        single.retain(|c| all.iter().filter(|d| *d == c).count() == 1);
        single.sort_unstable();
        single
    };
    for letters in inputs.iter().chain([&output]) {
        let twice = |(i, c): (usize, &char)| letters[..i].contains(c);
        if letters.iter().enumerate().any(twice) {
            stop!("a letter of {text} is twice in one tensor");
        }
        if let Some(c) = letters.iter().find(|c| !c.is_ascii_alphabetic()) {
            stop!("{c} in {text} is no letter");
        }
    }
    if let Some(c) = (output.iter()).find(|c| !inputs.iter().any(|i| i.contains(c))) {
        stop!("{c} of the output of {text} is in no input");
    }
    if inputs.len() > 2 {
        stop!(
            "{text} has {} inputs; one or two are supported",
            inputs.len()
        );
    }
    Ok(Equation { inputs, output })
}

pub(super) fn einsum(node: &Node) -> Result<Run, Problem> {
    let equation = parse(node.text("equation", "")?)?;
    if equation.inputs.len() != node.inputs() {
        stop!(
            "{} inputs where the equation has {}",
            node.inputs(),
            equation.inputs.len()
        );
    }
    Ok(Box::new(move |call| equation.run(call)))
}

impl Equation {
    fn run(&self, call: &mut Call) -> Outputs {
        let mut sides = Vec::new();
        for (i, letters) in self.inputs.iter().enumerate() {
            let x = call.inputs.get(i)?.clone();
            if x.dims.len() != letters.len() {
                stop!(
                    "a tensor of {} axes for {} letters",
                    x.dims.len(),
                    letters.len()
                );
            }
            // Letters that nobody else has are summed at once.
            let elsewhere = |c: &char| {
                self.output.contains(c)
                    || (self.inputs.iter().enumerate()).any(|(j, l)| j != i && l.contains(c))
            };
            sides.push(sum_out(call, x, letters, elsewhere)?);
        }
        let (result, letters) = match <[_; 2]>::try_from(sides) {
            Ok([a, b]) => self.multiply(call, a, b)?,
            Err(mut sides) => sides.pop().ok_or("no input")?,
        };
        let order = places(&self.output, &letters)?;
        Ok(vec![turned(call, &result, &order)?])
    }

    /// One batched product: letters of both and the output, then those of one side.
    fn multiply(
        &self,
        call: &mut Call,
        (a, left): (Tensor, Vec<char>),
        (b, right): (Tensor, Vec<char>),
    ) -> Result<(Tensor, Vec<char>), Problem> {
        for (i, c) in left.iter().enumerate() {
            if let Some(j) = right.iter().position(|d| d == c)
                && a.dims[i] != b.dims[j]
            {
                stop!("{c} is both {} and {} long", a.dims[i], b.dims[j]);
            }
        }
        let pick = |from: &[char], test: &dyn Fn(&char) -> bool| -> Vec<char> {
            from.iter().copied().filter(|c| test(c)).collect()
        };
        let shared = pick(&left, &|c| right.contains(c) && self.output.contains(c));
        let summed = pick(&left, &|c| right.contains(c) && !self.output.contains(c));
        let rows = pick(&left, &|c| !right.contains(c));
        let columns = pick(&right, &|c| !left.contains(c));
        let length = |x: &Tensor, letters: &[char], of: &[char]| -> Vec<usize> {
            let at = |c: &char| letters.iter().position(|d| d == c);
            of.iter().filter_map(at).map(|i| x.dims[i]).collect()
        };
        let (batch, m) = (length(&a, &left, &shared), length(&a, &left, &rows));
        let (k, n) = (length(&a, &left, &summed), length(&b, &right, &columns));
        let size = |dims: &[usize]| dims.iter().product::<usize>();
        let order_a = places(&[&shared[..], &rows, &summed].concat(), &left)?;
        let order_b = places(&[&shared[..], &summed, &columns].concat(), &right)?;
        let a = turned(call, &a, &order_a)?.with_dims(vec![size(&batch), size(&m), size(&k)]);
        let b = turned(call, &b, &order_b)?.with_dims(vec![size(&batch), size(&k), size(&n)]);
        let product = of_stacks(call, &a, &b)?.pop().ok_or("no product")?;
        call.memory.release(a);
        call.memory.release(b);
        let dims = [batch, m, n].concat();
        Ok((product.with_dims(dims), [shared, rows, columns].concat()))
    }
}

/// Where each of `wanted` is in `letters`.
fn places(wanted: &[char], letters: &[char]) -> Result<Vec<usize>, Problem> {
    let place = |c: &char| {
        letters
            .iter()
            .position(|d| d == c)
            .ok_or("a letter is missing".into())
    };
    wanted.iter().map(place).collect()
}

/// Sums over the letters that are not needed.
fn sum_out(
    call: &mut Call,
    x: Tensor,
    letters: &[char],
    needed: impl Fn(&char) -> bool,
) -> Result<(Tensor, Vec<char>), Problem> {
    let (kept, gone): (Vec<char>, Vec<char>) = letters.iter().copied().partition(|c| needed(c));
    if gone.is_empty() {
        return Ok((x, letters.to_vec()));
    }
    let order = places(&[&kept[..], &gone].concat(), letters)?;
    let x = turned(call, &x, &order)?;
    let (dims, summed) = x.dims.split_at(kept.len());
    let width: usize = summed.iter().product();
    let number: usize = dims.iter().product();
    let mut out = call.memory.filled(number, 0.0f32)?;
    call.memory.work.each(x.len())?;
    if width > 0 {
        for (o, row) in out.iter_mut().zip(x.of::<f32>()?.chunks_exact(width)) {
            *o = rows::sum(row);
        }
    }
    let dims = dims.to_vec();
    call.memory.release(x);
    Ok((Tensor::unchecked(dims, out), kept))
}
