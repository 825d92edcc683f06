//! Elements of another type.

use super::elementwise::map;
use super::{Call, Node, Outputs, Run};
use crate::error::{Problem, stop};
use crate::onnx::tensor::dtype;
use crate::tensor::{Dtype, Tensor};

pub(super) fn cast(node: &Node) -> Result<Run, Problem> {
    // Only for 8-bit floats, which we do not have.
    node.ignore(&["saturate"]);
    let Some(number) = node.optional_integer("to")? else {
        stop!("to is missing");
    };
    let target = dtype(number)?;
    Ok(Box::new(move |call| {
        let x = to(call, 0, target)?;
        let out = match number {
            3 => map::<i64, i64>(call, &x, |v| i64::from(v as i8)),
            5 => map::<i64, i64>(call, &x, |v| i64::from(v as i16)),
            6 => map::<i64, i64>(call, &x, |v| i64::from(v as i32)),
            _ => return Ok(vec![x]),
        };
        call.memory.release(x);
        out
    }))
}

/// An input as elements of type `target`. Floats become integers towards zero, those
/// out of range the nearest one and NaN 0.
pub(super) fn to(call: &mut Call, i: usize, target: Dtype) -> Result<Tensor, Problem> {
    let x = call.inputs.get(i)?.clone();
    let made = convert(call, &x, target)?;
    made.into_iter().next().ok_or("no output".into())
}

fn convert(call: &mut Call, x: &Tensor, target: Dtype) -> Outputs {
    use Dtype::{Bool, F32, F64, I64};
    match (x.dtype(), target) {
        (F32, F64) => map::<f32, f64>(call, x, f64::from),
        (F32, I64) => map::<f32, i64>(call, x, |v| v as i64),
        (F32, Bool) => map::<f32, bool>(call, x, |v| v != 0.0),
        (F64, F32) => map::<f64, f32>(call, x, |v| v as f32),
        (F64, I64) => map::<f64, i64>(call, x, |v| v as i64),
        (F64, Bool) => map::<f64, bool>(call, x, |v| v != 0.0),
        (I64, F32) => map::<i64, f32>(call, x, |v| v as f32),
        (I64, F64) => map::<i64, f64>(call, x, |v| v as f64),
        (I64, Bool) => map::<i64, bool>(call, x, |v| v != 0),
        (Bool, F32) => map::<bool, f32>(call, x, |v| f32::from(u8::from(v))),
        (Bool, F64) => map::<bool, f64>(call, x, |v| f64::from(u8::from(v))),
        (Bool, I64) => map::<bool, i64>(call, x, i64::from),
        (F32, F32) | (F64, F64) | (I64, I64) | (Bool, Bool) => Ok(vec![x.clone()]),
    }
}
