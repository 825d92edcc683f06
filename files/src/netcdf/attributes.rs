//! Attributes of HDF5 as those of a data set.

use hdf5_reader::error::{Error as Hdf5Error, Result as Hdf5Result};
use hdf5_reader::{Attribute as Stored, Datatype, StringSize, VarLenKind};
use netcdf_reader::nc4::attributes::is_internal_attribute;

use crate::dataset::Attribute;
use crate::values::Values;

/// Attributes without those that `NetCDF` keeps for itself, and names and reasons of those that
/// cannot be told.
pub(super) fn attributes(stored: &[Stored]) -> (Vec<Attribute>, Vec<(String, String)>) {
    let (mut known, mut skipped) = (Vec::new(), Vec::new());
    for attribute in stored.iter().filter(|a| !is_internal_attribute(&a.name)) {
        let name = attribute.name.clone();
        match values(attribute, &attribute.datatype) {
            Ok(value) => known.push(Attribute { name, value }),
            Err(why) => skipped.push((name, why.to_string())),
        }
    }
    (known, skipped)
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
