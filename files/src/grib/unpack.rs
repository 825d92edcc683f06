//! Values of a field.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::grib::bytes::Bytes;
use crate::grib::field::{Field, Method};
use crate::grib::grid::Grid;
use crate::grib::packing;
use crate::region;

/// No packing but that of constant fields gets more values into a byte: the coder of CCSDS
/// takes three bits at least for 4096 zeros.
const MOST_PER_BYTE: usize = 1 << 14;

/// Values of a region of the grid of a field; not a number where there is none.
pub(super) fn read(
    bytes: &mut Bytes,
    field: &Field,
    grid: &Grid,
    region: &[Range<usize>],
) -> Result<Vec<f64>> {
    let shape = grid.shape();
    // Nothing in the file backs the size of a field whose values are all the same.
    if field.is_constant() && field.bitmap.is_none() {
        let value = (field.packing.value())(0);
        return Ok(vec![value; region::volume(region)]);
    }
    let points: usize = shape.iter().product();
    let bitmap = match field.bitmap {
        Some(span) => Some(bytes.read(span)?),
        None => None,
    };
    let count = match &bitmap {
        Some(bitmap) => packing::present(bitmap, points)?,
        None => points,
    };
    let data = bytes.read(field.data)?;
    let mut values = match field.method {
        _ if field.is_constant() => vec![(field.packing.value())(0); count],
        _ if count > data.len().saturating_mul(MOST_PER_BYTE) => {
            return Err(Error::Damaged(format!(
                "{} bytes cannot hold {count} values",
                data.len()
            )));
        }
        Method::Simple => packing::simple(&data, &field.packing, count)?,
        Method::Complex(groups) => groups.unpack(&data, &field.packing, count)?,
        Method::Ccsds(coder) => coder.unpack(&data, &field.packing, count)?,
        Method::Ieee => packing::ieee(&data, &field.packing, count)?,
    };
    if let Some(bitmap) = bitmap {
        values = packing::spread(&bitmap, points, &values)?;
    }
    if grid.alternating {
        let length = shape.last().copied().unwrap_or(1).max(1);
        let backwards = values.chunks_mut(length).skip(1).step_by(2);
        backwards.for_each(<[f64]>::reverse);
    }
    let (starts, length) = region::rows(&shape, region)?;
    if starts.len() * length == values.len() {
        return Ok(values);
    }
    let rows = starts.iter().flat_map(|s| &values[*s..*s + length]);
    Ok(rows.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grib::scan::scan;

    /// Values of all fields of a file are those of eccodes, to the last bit.
    fn check(name: &str) {
        let path = format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut bytes = Bytes::open(format!("{path}.grib").as_ref()).unwrap();
        let contents = scan(&mut bytes).unwrap();
        assert!(contents.skipped.is_empty(), "{:?}", contents.skipped);
        let mut found = Vec::new();
        for field in &contents.fields {
            let grid = &contents.grids[field.grid];
            let whole: Vec<_> = grid.shape().iter().map(|n| 0..*n).collect();
            found.extend(read(&mut bytes, field, grid, &whole).unwrap());
        }
        let expected = std::fs::read(format!("{path}.f64")).unwrap();
        let expected = expected
            .as_chunks()
            .0
            .iter()
            .map(|b| f64::from_le_bytes(*b));
        let expected: Vec<f64> = expected.collect();
        assert_eq!(found.len(), expected.len(), "{name}");
        for (place, (a, b)) in found.iter().zip(&expected).enumerate() {
            let equal = a == b || (a.is_nan() && b.is_nan());
            assert!(equal, "{name}, value {place}: {a:?} is not {b:?}");
        }
    }

    #[test]
    fn simple_packing() {
        for edition in [1, 2] {
            for name in ["levels", "surface", "overlapping", "members"] {
                check(&format!("{name}{edition}"));
            }
        }
    }

    #[test]
    fn other_packings() {
        for name in [
            "complex2",
            "differences2",
            "second_differences2",
            "ccsds2",
            "ieee2",
        ] {
            check(name);
        }
    }
}
