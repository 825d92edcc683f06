//! What groups of HDF5 are as one data set.

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset as Stored, Datatype, Hdf5File};
use netcdf_reader::nc4::groups::build_root_group;
use netcdf_reader::nc4::types::hdf5_to_nc_type;
use netcdf_reader::{NcDimension, NcGroup, NcMetadataMode, NcType};

use super::attributes::attributes;
use crate::dataset::{Attribute, Dataset, Dimension, Variable};
use crate::error::{Error, Result};
use crate::values::Kind;

/// Variables that share the name of a dimension without describing it are stored so.
pub(super) const NOT_A_COORDINATE: &str = "_nc4_non_coord_";

/// More groups than this are links that go round.
const MOST_GROUPS: usize = 4096;

/// A data set, and where in the file its variables are.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) dataset: Dataset,
    pub(super) paths: Vec<String>,
    pub(super) skipped: Vec<(String, String)>,
}

impl Contents {
    pub(super) fn of(file: &Hdf5File) -> Result<Self> {
        check_groups(&file.root_group()?, &mut Vec::new(), &mut 0)?;
        // HDF5 that NetCDF did not write lacks dimensions, or has types that NetCDF has not:
        // the former are made up then, and variables of the latter left out.
        let root = build_root_group(file, NcMetadataMode::Strict)
            .or_else(|_| build_root_group(file, NcMetadataMode::Lossy))?;
        let mut contents = Contents::default();
        contents.add_group(&root, &file.root_group()?, "")?;
        Ok(contents)
    }

    fn add_group(&mut self, group: &NcGroup, stored: &Group, prefix: &str) -> Result<()> {
        let before = self.count();
        let (known, skipped) = attributes(&stored.attributes()?);
        self.skip_attributes(prefix.trim_end_matches('/'), skipped);
        let named = known.into_iter().map(|a| Attribute {
            name: format!("{prefix}{}", a.name),
            ..a
        });
        self.dataset.attributes.extend(named);
        let datasets = stored.datasets()?;
        for dimension in &group.dimensions {
            // One of its own may have the name and the length of one of a parent.
            if !prefix.is_empty() && datasets.iter().any(|d| is_scale(d, &dimension.name)) {
                self.own_dimension(dimension, prefix)?;
            } else {
                self.dimension(dimension, prefix)?;
            }
        }
        for dataset in datasets {
            let name = dataset.name();
            if let Some(variable) = group.variables.iter().find(|v| v.name == name) {
                let kind = match kind(&variable.dtype) {
                    Ok(kind) => kind,
                    Err(why) => {
                        self.skipped.push((format!("{prefix}{name}"), why.into()));
                        continue;
                    }
                };
                let (known, skipped) = attributes(&dataset.attributes());
                let shown = name.strip_prefix(NOT_A_COORDINATE).unwrap_or(name);
                let shown = format!("{prefix}{shown}");
                self.skip_attributes(&shown, skipped);
                let place = |d| self.dimension(d, prefix);
                let dimensions = variable.dimensions.iter().map(place);
                let dimensions = dimensions.collect::<Result<_>>()?;
                self.dataset.variables.push(Variable {
                    name: shown,
                    kind,
                    dimensions,
                    attributes: known,
                });
                self.paths.push(format!("{prefix}{name}"));
            } else if let Err(why) = hdf5_to_nc_type(dataset.dtype()) {
                let why = match dataset.dtype() {
                    Datatype::FloatingPoint { size, .. } => {
                        format!("floating-point numbers of {size} bytes")
                    }
                    _ => why.to_string(),
                };
                self.skipped.push((format!("{prefix}{name}"), why));
            }
        }
        for (group, stored) in group.groups.iter().zip(stored.groups()?) {
            self.add_group(group, &stored, &format!("{prefix}{}/", group.name))?;
        }
        if self.count() == before && !prefix.is_empty() {
            let why = "a group with nothing in it".into();
            self.skipped
                .push((prefix.trim_end_matches('/').into(), why));
        }
        Ok(())
    }

    /// Things that are known so far, whether they can be read or not.
    fn count(&self) -> usize {
        let Dataset {
            dimensions,
            attributes,
            variables,
        } = &self.dataset;
        dimensions.len() + attributes.len() + variables.len() + self.skipped.len()
    }

    /// In the notation of CDL: `variable:attribute`.
    fn skip_attributes(&mut self, of: &str, skipped: Vec<(String, String)>) {
        let named = skipped
            .into_iter()
            .map(|(a, why)| (format!("{of}:{a}"), why));
        self.skipped.extend(named);
    }

    /// Where a dimension is that is seen from a group, which inherits those of its parents.
    fn dimension(&mut self, seen: &NcDimension, prefix: &str) -> Result<usize> {
        let length = usize::try_from(seen.size).map_err(|_| too_long(seen))?;
        let mut scope = prefix;
        loop {
            let name = format!("{scope}{}", seen.name);
            let known = &mut self.dataset.dimensions;
            if let Some(i) = known
                .iter()
                .position(|d| d.name == name && d.length == length)
            {
                known[i].unlimited |= seen.is_unlimited;
                return Ok(i);
            }
            let Some(parent) = scope.strip_suffix('/') else {
                break;
            };
            scope = &scope[..parent.rfind('/').map_or(0, |slash| slash + 1)];
        }
        self.own_dimension(seen, prefix)
    }

    /// A dimension of a group itself.
    fn own_dimension(&mut self, seen: &NcDimension, prefix: &str) -> Result<usize> {
        let length = usize::try_from(seen.size).map_err(|_| too_long(seen))?;
        self.dataset.dimensions.push(Dimension {
            name: self.unused(&format!("{prefix}{}", seen.name)),
            length,
            unlimited: seen.is_unlimited,
        });
        Ok(self.dataset.dimensions.len() - 1)
    }

    fn unused(&self, name: &str) -> String {
        let taken = |name: &str| self.dataset.dimensions.iter().any(|d| d.name == name);
        let mut unused = name.to_string();
        let mut count = 1;
        while taken(&unused) {
            count += 1;
            unused = format!("{name}_{count}");
        }
        unused
    }
}

/// Whether a dataset is the scale of a dimension of that name.
fn is_scale(dataset: &Stored, name: &str) -> bool {
    dataset.name() == name && dataset.attribute("CLASS").is_ok()
}

/// Refuses groups that contain themselves: what follows would not end.
fn check_groups(group: &Group, parents: &mut Vec<u64>, count: &mut usize) -> Result<()> {
    *count += 1;
    if parents.contains(&group.address()) || *count > MOST_GROUPS || parents.len() > 64 {
        return Err(Error::Unsupported(format!(
            "groups that contain themselves, are nested deeper than 64, or are more than {MOST_GROUPS}"
        )));
    }
    parents.push(group.address());
    for child in group.groups()? {
        check_groups(&child, parents, count)?;
    }
    parents.pop();
    Ok(())
}

fn too_long(dimension: &NcDimension) -> Error {
    Error::Damaged(format!(
        "dimension {} has the impossible length {}",
        dimension.name, dimension.size
    ))
}

fn kind(stored: &NcType) -> std::result::Result<Kind, &'static str> {
    Ok(match stored {
        NcType::Byte => Kind::I8,
        NcType::UByte => Kind::U8,
        NcType::Short => Kind::I16,
        NcType::UShort => Kind::U16,
        NcType::Int => Kind::I32,
        NcType::UInt => Kind::U32,
        NcType::Int64 => Kind::I64,
        NcType::UInt64 => Kind::U64,
        NcType::Float => Kind::F32,
        NcType::Double => Kind::F64,
        NcType::Char => Kind::Char,
        NcType::String => Kind::Text,
        NcType::Enum { .. } => return Err("values of a user-defined type: an enumeration"),
        NcType::Compound { .. } => return Err("values of a user-defined type: a compound"),
        NcType::Opaque { .. } => return Err("values of a user-defined type: opaque bytes"),
        NcType::Array { .. } => return Err("values of a user-defined type: an array"),
        NcType::VLen { .. } => return Err("values of a user-defined type: of variable length"),
    })
}
