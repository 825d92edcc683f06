//! Attributes of HDF5 as those of a data set.

use hdf5_reader::error::{Error as Hdf5Error, Result as Hdf5Result};
use hdf5_reader::{Attribute as Stored, Datatype, StringSize, VarLenKind};
use netcdf_reader::nc4::attributes::is_internal_attribute;

use crate::dataset::Attribute;
use crate::values::Values;

/// What dimension scales say of themselves. Elsewhere others may mean something by it.
const OF_SCALES: [&str; 2] = ["CLASS", "NAME"];

/// Attributes without those that `NetCDF` keeps for itself, and names and reasons of those that
/// cannot be told.
pub(super) fn attributes(stored: &[Stored]) -> (Vec<Attribute>, Vec<(String, String)>) {
    let (mut known, mut skipped) = (Vec::new(), Vec::new());
    let is_scale = stored.iter().any(is_class_of_scales);
    for attribute in stored {
        let name = attribute.name.clone();
        if OF_SCALES.contains(&name.as_str()) && !is_scale {
            let why = "NetCDF keeps this name for itself".into();
            skipped.push((name, why));
            continue;
        }
        if is_internal_attribute(&name) {
            continue;
        }
        match values(attribute, &attribute.datatype) {
            Ok(value) => known.push(Attribute { name, value }),
            Err(why) => skipped.push((name, why.to_string())),
        }
    }
    (known, skipped)
}

fn is_class_of_scales(attribute: &Stored) -> bool {
    let class = || attribute.read_string().unwrap_or_default();
    attribute.name == "CLASS" && class() == "DIMENSION_SCALE"
}

fn values(attribute: &Stored, datatype: &Datatype) -> Hdf5Result<Values> {
    Ok(match datatype {
        Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
            (1, true) => Values::I8(attribute.read_1d()?),
            (1, false) => Values::U8(attribute.read_1d()?),
            (2, true) => Values::I16(attribute.read_1d()?),
            (2, false) => Values::U16(attribute.read_1d()?),
            (4, true) => Values::I32(attribute.read_1d()?),
            (4, false) => Values::U32(attribute.read_1d()?),
            (8, true) => Values::I64(attribute.read_1d()?),
            (8, false) => Values::U64(attribute.read_1d()?),
            _ => return Err(unsupported(datatype)),
        },
        Datatype::FloatingPoint { size, .. } => match size {
            4 => Values::F32(attribute.read_1d()?),
            8 => Values::F64(attribute.read_1d()?),
            _ => return Err(unsupported(datatype)),
        },
        Datatype::String {
            size: StringSize::Fixed(_),
            ..
        } if matches!(attribute.shape.as_slice(), [] | [0]) => Values::Char(characters(attribute)),
        Datatype::String { .. }
        | Datatype::VarLen {
            kind: VarLenKind::String,
            ..
        } => Values::Text(attribute.read_strings()?),
        Datatype::Enum { base, .. } => {
            let integers = Stored {
                datatype: (**base).clone(),
                ..attribute.clone()
            };
            values(&integers, base)?
        }
        _ => return Err(unsupported(datatype)),
    })
}

/// Bytes without the padding, which `NetCDF` does not write and others do.
fn characters(attribute: &Stored) -> Vec<u8> {
    let bytes = &attribute.raw_data;
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    bytes[..end].to_vec()
}

fn unsupported(datatype: &Datatype) -> Hdf5Error {
    Hdf5Error::UnsupportedEncoding(format!("its type is {datatype:?}"))
}

#[cfg(test)]
mod tests {
    use hdf5_reader::{StringEncoding, StringPadding};

    use super::*;

    fn text(name: &str, text: &str) -> Stored {
        Stored {
            name: name.into(),
            datatype: Datatype::String {
                size: StringSize::Fixed(text.len() as u32),
                encoding: StringEncoding::Ascii,
                padding: StringPadding::NullPad,
            },
            shape: Vec::new(),
            raw_data: text.into(),
            decoded_strings: None,
        }
    }

    #[test]
    fn names_of_scales_are_theirs_alone() {
        let scale = [
            text("CLASS", "DIMENSION_SCALE"),
            text("NAME", "x"),
            text("a", "b"),
        ];
        let (known, skipped) = attributes(&scale);
        assert_eq!((known.len(), skipped.len()), (1, 0));
        let (known, skipped) = attributes(&[text("CLASS", "TABLE"), text("NAME", "x")]);
        assert!(known.is_empty());
        let names: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["CLASS", "NAME"]);
    }
}
