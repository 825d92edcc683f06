//! Images made larger or smaller, by the nearest value or linearly.

use super::{Call, Node, Outputs, Run};
use crate::error::{Problem, stop};
use crate::shape::{axis, count, length};
use crate::tensor::Tensor;

#[derive(Clone, Copy, PartialEq)]
enum Place {
    HalfPixel,
    HalfPixelUnlessOne,
    AlignCorners,
    Asymmetric,
}

#[derive(Clone, Copy)]
enum Nearest {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
}

#[derive(Clone)]
struct Method {
    place: Place,
    nearest: Nearest,
    linear: bool,
    axes: Option<Vec<i64>>,
}

/// Where an output value comes from: two places and the weight of the second.
#[derive(Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

pub(super) fn resize(node: &Node) -> Result<Run, Problem> {
    node.ignore(&["cubic_coeff_a", "extrapolation_value", "exclude_outside"]);
    if node.integer("antialias", 0)? != 0 {
        stop!("antialias is not supported");
    }
    let policy = node.text("keep_aspect_ratio_policy", "stretch")?;
    if policy != "stretch" {
        stop!("keep_aspect_ratio_policy is {policy}; stretch is supported");
    }
    let method = Method {
        place: match node.text("coordinate_transformation_mode", "half_pixel")? {
            "half_pixel" => Place::HalfPixel,
            "pytorch_half_pixel" => Place::HalfPixelUnlessOne,
            "align_corners" => Place::AlignCorners,
            "asymmetric" => Place::Asymmetric,
            other => stop!("coordinate_transformation_mode is {other}"),
        },
        nearest: match node.text("nearest_mode", "round_prefer_floor")? {
            "round_prefer_floor" => Nearest::PreferFloor,
            "round_prefer_ceil" => Nearest::PreferCeil,
            "floor" => Nearest::Floor,
            "ceil" => Nearest::Ceil,
            other => stop!("nearest_mode is {other}"),
        },
        linear: match node.text("mode", "nearest")? {
            "nearest" => false,
            "linear" => true,
            other => stop!("mode is {other}; nearest and linear are supported"),
        },
        axes: node.integers("axes")?.map(<[i64]>::to_vec),
    };
    Ok(Box::new(move |call| method.run(call)))
}

impl Method {
    fn run(&self, call: &mut Call) -> Outputs {
        let mut x = call.inputs.get(0)?.clone();
        let (dims, scales) = self.sizes(call, &x)?;
        for a in 0..dims.len() {
            if dims[a] != x.dims[a] || scales[a] != 1.0 {
                call.memory.room(dims[a].checked_mul(size_of::<Tap>()))?;
                call.memory.work.each(dims[a])?;
                let taps = self.taps(x.dims[a], dims[a], scales[a]);
                let next = along(call, &x, a, &taps)?;
                call.memory.release(x);
                x = next;
            }
        }
        Ok(vec![x])
    }

    /// The lengths of the output and how many times longer they are.
    fn sizes(&self, call: &Call, x: &Tensor) -> Result<(Vec<usize>, Vec<f32>), Problem> {
        let rank = x.dims.len();
        let all: Vec<i64> = (0..rank as i64).collect();
        let list = self.axes.as_ref().unwrap_or(&all);
        let (mut dims, mut scales) = (x.dims.clone(), vec![1.0; rank]);
        let given = |i: usize| call.inputs.optional(i).filter(|t| !t.is_empty());
        let wrong = |n: usize| format!("{n} sizes for {} axes", list.len());
        match (given(2), given(3)) {
            (Some(factors), None) => {
                let factors: &[f32] = factors.of()?;
                if factors.len() != list.len() {
                    return Err(wrong(factors.len()).into());
                }
                for (&a, &factor) in list.iter().zip(factors) {
                    let a = axis(a, rank)?;
                    let longer = (dims[a] as f32 * factor).floor();
                    if !(factor > 0.0 && longer <= u32::MAX as f32) {
                        stop!("an axis of {} scaled by {factor}", dims[a]);
                    }
                    dims[a] = longer as usize;
                    scales[a] = factor;
                }
            }
            (None, Some(sizes)) => {
                let sizes: &[i64] = sizes.of()?;
                if sizes.len() != list.len() {
                    return Err(wrong(sizes.len()).into());
                }
                for (&a, &size) in list.iter().zip(sizes) {
                    let a = axis(a, rank)?;
                    dims[a] = length(size)?;
                    scales[a] = dims[a] as f32 / x.dims[a] as f32;
                }
            }
            _ => stop!("exactly one of scales and sizes is needed"),
        }
        if count(&dims)? > 0 && x.is_empty() {
            stop!("an empty tensor cannot become {dims:?}");
        }
        Ok((dims, scales))
    }

    fn taps(&self, from: usize, to: usize, scale: f32) -> Vec<Tap> {
        let last = from.saturating_sub(1) as f32;
        let at = |i: usize| {
            let i = i as f32;
            match self.place {
                Place::HalfPixelUnlessOne | Place::AlignCorners if to <= 1 => 0.0,
                Place::HalfPixel | Place::HalfPixelUnlessOne => (i + 0.5) / scale - 0.5,
                Place::AlignCorners => i * last / (to - 1) as f32,
                Place::Asymmetric => i / scale,
            }
        };
        let tap = |i: usize| {
            let x = at(i);
            if self.linear {
                let x = if x < 0.0 { 0.0 } else { x };
                let x = if x > last { last } else { x };
                let low = x.floor();
                return Tap {
                    low: low as usize,
                    high: (low as usize + 1).min(from.saturating_sub(1)),
                    weight: x - low,
                };
            }
            let low = (self.round(x) as usize).min(from.saturating_sub(1));
            Tap {
                low,
                high: low,
                weight: 0.0,
            }
        };
        (0..to).map(tap).collect()
    }

    fn round(&self, x: f32) -> f32 {
        let up = match self.nearest {
            Nearest::Floor => return x.floor(),
            Nearest::Ceil => return x.ceil(),
            Nearest::PreferFloor => x - x.floor() > 0.5,
            Nearest::PreferCeil => x - x.floor() >= 0.5,
        };
        if up { x.floor() + 1.0 } else { x.floor() }
    }
}

/// Resizes one axis.
fn along(call: &mut Call, x: &Tensor, axis: usize, taps: &[Tap]) -> Result<Tensor, Problem> {
    let mut dims = x.dims.clone();
    dims[axis] = taps.len();
    let mut out = call.memory.buffer::<f32>(count(&dims)?)?;
    let inner: usize = dims[axis + 1..].iter().product();
    let (values, from) = (x.of::<f32>()?, x.dims[axis] * inner);
    if out.is_empty() {
        return Ok(Tensor::unchecked(dims, out));
    }
    call.threads.stretches(&mut out, inner, |at, part| {
        for (i, row) in part.chunks_exact_mut(inner).enumerate() {
            let place = at / inner + i;
            let (plane, tap) = (
                &values[place / taps.len() * from..],
                &taps[place % taps.len()],
            );
            let low = &plane[tap.low * inner..(tap.low + 1) * inner];
            let high = &plane[tap.high * inner..(tap.high + 1) * inner];
            if tap.weight == 0.0 {
                row.copy_from_slice(low);
                continue;
            }
            for ((o, a), b) in row.iter_mut().zip(low).zip(high) {
                *o = a * (1.0 - tap.weight) + b * tap.weight;
            }
        }
    });
    Ok(Tensor::unchecked(dims, out))
}
