//! An open file.

use std::ops::Range;
use std::path::Path;

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::grib::arrange::{Arranged, Origin, arrange};
use crate::grib::bytes::Bytes;
use crate::grib::field::Field;
use crate::grib::grid::{Grid, Layout};
use crate::grib::scan::{Contents, scan};
use crate::grib::unpack;
use crate::region;
use crate::source::Source;
use crate::values::{Kind, Values};

/// A GRIB file.
pub struct File {
    bytes: Bytes,
    contents: Contents,
    arranged: Arranged,
}

/// Opens a GRIB file: reads the headers of all its messages.
pub fn open(path: impl AsRef<Path>) -> Result<File> {
    let mut bytes = Bytes::open(path.as_ref())?;
    let contents = scan(&mut bytes)?;
    let arranged = arrange(&contents);
    let nothing = !arranged
        .origins
        .iter()
        .any(|o| matches!(o, Origin::Fields(_)));
    if nothing {
        return Err(match arranged.skipped.into_iter().next() {
            Some((what, why)) => Error::Unsupported(format!("{what}: {why}")),
            None => Error::Damaged("this is no GRIB file: it has no message".into()),
        });
    }
    Ok(File {
        bytes,
        contents,
        arranged,
    })
}

impl Source for File {
    fn format(&self) -> String {
        let editions = |e: u8| self.contents.fields.iter().any(|f| f.edition == e);
        match (editions(1), editions(2)) {
            (true, true) => "GRIB editions 1 and 2".into(),
            (false, true) => "GRIB edition 2".into(),
            _ => "GRIB edition 1".into(),
        }
    }

    fn dataset(&self) -> &Dataset {
        &self.arranged.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        let dataset = &self.arranged.dataset;
        let found = dataset.variables.get(variable);
        let found = found.ok_or_else(|| Error::Invalid(format!("no variable {variable}")))?;
        let shape = dataset.shape(found);
        region::check(region, &shape)?;
        match &self.arranged.origins[variable] {
            Origin::Held(values) => values.region(&shape, region),
            Origin::Axis { grid, latitude } => {
                axis(&self.contents.grids[*grid], *latitude, &region[0])
            }
            Origin::Places { grid, latitude } => {
                places(&self.contents.grids[*grid], *latitude, &shape, region)
            }
            Origin::Fields(fields) => {
                let kind = found.kind;
                let fields = chosen(fields, &shape, region, &self.contents)?;
                let mut values = Vec::new();
                for number in fields {
                    let field = &self.contents.fields[number];
                    let grid = &self.contents.grids[field.grid];
                    let inner = &region[region.len() - grid.shape().len()..];
                    values.extend(unpack::read(&mut self.bytes, field, grid, inner)?);
                }
                Ok(match kind {
                    Kind::F64 => Values::F64(values),
                    _ => Values::F32(values.into_iter().map(|x| x as f32).collect()),
                })
            }
        }
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        let dataset = &self.arranged.dataset;
        let Origin::Fields(fields) = &self.arranged.origins[variable] else {
            return None;
        };
        let mut shape = dataset.shape(&dataset.variables[variable]);
        let field: &Field = &self.contents.fields[*fields.first()?];
        let lead = shape.len() - self.contents.grids[field.grid].shape().len();
        shape[..lead].fill(1);
        Some(shape)
    }

    fn skipped(&self) -> &[(String, String)] {
        &self.arranged.skipped
    }
}

/// The fields of the leading part of a region, in its order.
fn chosen(
    fields: &[usize],
    shape: &[usize],
    region: &[Range<usize>],
    contents: &Contents,
) -> Result<Vec<usize>> {
    let inner = fields.first().map_or(0, |f| {
        contents.grids[contents.fields[*f].grid].shape().len()
    });
    let lead = shape.len() - inner;
    let (starts, length) = region::rows(&shape[..lead], &region[..lead])?;
    let rows = starts.iter().flat_map(|s| &fields[*s..*s + length]);
    Ok(rows.copied().collect())
}

/// Latitudes or longitudes that are an axis of a grid.
fn axis(grid: &Grid, latitude: bool, range: &Range<usize>) -> Result<Values> {
    let values = match &grid.layout {
        Layout::Axes { latitude: axis, .. } if latitude => axis.some(range.clone())?,
        Layout::Axes {
            longitude: axis, ..
        } => axis.some(range.clone())?,
        _ => Vec::new(),
    };
    Ok(Values::F64(values))
}

/// Latitudes or longitudes of every point of a region.
fn places(grid: &Grid, latitude: bool, shape: &[usize], region: &[Range<usize>]) -> Result<Values> {
    let (starts, length) = region::rows(shape, region)?;
    let mut values = Vec::new();
    for start in starts {
        let places = grid.places(start..start + length)?;
        values.extend(places.iter().map(|p| p[usize::from(!latitude)]));
    }
    Ok(Values::F64(values))
}
