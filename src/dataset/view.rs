//! A data set as it was stored, or with packed numbers unpacked.

use foresz_files::{Attribute, Dataset, Kind, Values, Variable};

use super::packing::{self, Packing, missing_values};
use super::valid;
use crate::error::Result;

/// How packed variables are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// As numbers that mean something, missing ones as NaN.
    #[default]
    Unpacked,
    /// As the integers that the source had.
    Stored,
}

/// Attributes that only make sense beside packed numbers.
const OF_PACKING: [&str; 5] = [
    "scale_factor",
    "add_offset",
    "_FillValue",
    "missing_value",
    "_Unsigned",
];

impl View {
    /// A data set as it is shown. Of variables that are packed it has to be known whether
    /// what is next to zero is shown as zero.
    pub(crate) fn of(self, dataset: &Dataset, zeros: impl Fn(usize) -> Option<bool>) -> Dataset {
        let mut shown = dataset.clone();
        if self == View::Unpacked {
            for (v, variable) in shown.variables.iter_mut().enumerate() {
                if let Some(zeros) = zeros(v) {
                    unpack(variable, zeros);
                }
            }
        }
        shown
    }
}

/// What a packed variable says of itself when it is unpacked.
fn unpack(variable: &mut Variable, zeros: bool) {
    let Some(packing) = Packing::of(variable) else {
        return;
    };
    let number = |x: f64| match packing.to {
        Kind::F32 => Values::F32(vec![x as f32]),
        _ => Values::F64(vec![x]),
    };
    let missing = !missing_values(variable).is_empty();
    variable.kind = packing.to;
    let kept = |a: &Attribute| !OF_PACKING.contains(&a.name.as_str());
    variable.attributes.retain(kept);
    for Attribute { name, value } in &mut variable.attributes {
        if valid::NAMES.contains(&name.as_str()) && valid::is_packed(value) {
            (*name, *value) = valid::unpacked(name, value, &packing, zeros);
        }
    }
    if missing {
        variable.attributes.push(Attribute {
            name: "_FillValue".into(),
            value: number(f64::NAN),
        });
    }
}

/// Values of a packed variable as they are shown. With zeros, the packed number that is next
/// to zero stands for zero: rounding leaves it a little off.
pub(crate) fn show(variable: &Variable, stored: Values, zeros: bool) -> Result<Values> {
    let Some(packing) = Packing::of(variable) else {
        return Ok(stored);
    };
    let mut shown = packing::unpack(&stored, &packing, &missing_values(variable))?;
    if zeros {
        settle_zeros(&mut shown, &packing);
    }
    Ok(shown)
}

/// Makes unpacked numbers zero that are meant to be.
fn settle_zeros(unpacked: &mut Values, packing: &Packing) {
    match unpacked {
        Values::F32(v) => {
            let zeros = v.iter_mut().filter(|x| packing.is_zero(f64::from(**x)));
            zeros.for_each(|x| *x = 0.0);
        }
        Values::F64(v) => {
            let zeros = v.iter_mut().filter(|x| packing.is_zero(**x));
            zeros.for_each(|x| *x = 0.0);
        }
        _ => {}
    }
}
