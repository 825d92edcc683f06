//! An open store.

use std::ops::Range;
use std::path::Path;

use crate::dataset::{Dataset, Dimension, Variable};
use crate::error::{Error, Result};
use crate::region;
use crate::source::Source;
use crate::values::Values;
use crate::zarr::array::Array;
use crate::zarr::chunks;
use crate::zarr::store::Store;

/// A Zarr store that is a folder.
pub struct Folder {
    version: u8,
    dataset: Dataset,
    arrays: Vec<Array>,
    skipped: Vec<(String, String)>,
}

/// Opens a Zarr store, version 2 or 3: a group or an array.
pub fn open(path: impl AsRef<Path>) -> Result<Folder> {
    let path = path.as_ref();
    let store = Store::open(path)?;
    if store.arrays.is_empty()
        && let Some((name, why)) = store.skipped.first()
    {
        return Err(Error::Unsupported(format!("{name}: {why}")));
    }
    let mut folder = Folder {
        version: store.version,
        dataset: Dataset {
            attributes: store.attributes,
            ..Dataset::default()
        },
        arrays: Vec::new(),
        skipped: store.skipped,
    };
    for (name, array) in store.arrays {
        folder.add(name, array)?;
    }
    Ok(folder)
}

impl Folder {
    fn add(&mut self, name: String, array: Array) -> Result<()> {
        let group = name.rsplit_once('/').map(|(group, _)| group);
        let dimensions = array.shape.iter().zip(&array.names).enumerate();
        let dimensions = dimensions.map(|(place, (length, plain))| {
            let plain = plain.clone().unwrap_or_else(|| format!("{name}_{place}"));
            self.dimension(&plain, group, *length)
        });
        let dimensions = dimensions.collect::<Result<Vec<usize>>>();
        let dimensions = dimensions.map_err(|e| Error::Damaged(format!("array {name}: {e}")))?;
        self.dataset.variables.push(Variable {
            name,
            kind: array.item.kind(),
            dimensions,
            attributes: array.attributes.clone(),
        });
        self.arrays.push(array);
        Ok(())
    }

    /// A dimension of that name and length; groups may have their own of other lengths.
    fn dimension(&mut self, plain: &str, group: Option<&str>, length: usize) -> Result<usize> {
        let own = group.map(|group| format!("{group}/{plain}"));
        let names = std::iter::once(plain.to_string()).chain(own);
        for name in names {
            let known = self.dataset.dimensions.iter().position(|d| d.name == name);
            match known {
                None => {
                    self.dataset.dimensions.push(Dimension {
                        name,
                        length,
                        unlimited: false,
                    });
                    return Ok(self.dataset.dimensions.len() - 1);
                }
                Some(known) if self.dataset.dimensions[known].length == length => return Ok(known),
                Some(_) => {}
            }
        }
        Err(Error::Damaged(format!(
            "the dimension {plain} has the length {length} here and another one elsewhere"
        )))
    }
}

impl Source for Folder {
    fn format(&self) -> String {
        format!("Zarr version {}", self.version)
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        let array = self.arrays.get(variable);
        let array = array.ok_or_else(|| Error::Invalid(format!("no variable {variable}")))?;
        region::check(region, &array.shape)?;
        let shape: Vec<usize> = region.iter().map(Range::len).collect();
        let mut out = array.fill.repeated(region::volume(region));
        for place in chunks::places(region, &array.chunks) {
            let Some(chunk) = array.chunk(&place)? else {
                continue;
            };
            let overlap = chunks::overlap(region, &array.chunks, &place);
            let part = chunk.region(&array.chunks, &overlap.chunk)?;
            out.place(&shape, &overlap.region, &part)?;
        }
        Ok(out)
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        let array = self.arrays.get(variable)?;
        let inside = array.chunks.iter().zip(&array.shape);
        Some(inside.map(|(chunk, length)| *chunk.min(length)).collect())
    }

    fn skipped(&self) -> &[(String, String)] {
        &self.skipped
    }
}
