//! A data set as objects of HDF5, by the conventions of `NetCDF`-4.

use std::collections::BTreeSet;

use netcdf_reader::nc4::attributes::is_internal_attribute;

use super::super::contents::NOT_A_COORDINATE;
use super::encode::{self, Layout, Message, NOWHERE, Space, TEXT, Type};
use super::heap::Heap;
use crate::dataset::{Attribute, Dataset, Variable};
use crate::error::{Error, Result};
use crate::values::{Kind, Values};

/// More than these do not fit a message, and no reader of `NetCDF` needs them.
const MOST_REFERRERS: usize = 4000;
/// Bytes of a name of which a message can tell the length.
const LONGEST_NAME: usize = u16::MAX as usize - 1;
/// The most dimensions that HDF5 knows.
const MOST_DIMENSIONS: usize = 32;

/// Objects in the order that their headers have in the file; the first is the root.
pub(super) struct Objects(Vec<Object>);

struct Object {
    path: String,
    what: What,
}

enum What {
    Group(Vec<usize>),
    /// A dimension that no variable describes.
    Dimension(usize),
    Variable(usize),
}

/// Where the values of a variable are, and the level of deflate if they are compressed.
pub(super) type Place<'a> = (Layout<'a>, Option<u8>);

impl Objects {
    pub(super) fn of(dataset: &Dataset) -> Result<Self> {
        check(dataset)?;
        let mut objects = Vec::new();
        for (id, dimension) in dataset.dimensions.iter().enumerate() {
            if !dataset.variables.iter().any(|v| describes(dataset, v, id)) {
                objects.push(Object {
                    path: dimension.name.clone(),
                    what: What::Dimension(id),
                });
            }
        }
        for (id, variable) in dataset.variables.iter().enumerate() {
            objects.push(Object {
                path: path(dataset, variable),
                what: What::Variable(id),
            });
        }
        let groups = groups(dataset, &objects);
        let found: BTreeSet<&str> = objects.iter().map(|o| o.path.as_str()).collect();
        if found.len() < objects.len() || groups.iter().any(|g| found.contains(g.as_str())) {
            return Err(Error::Invalid(
                "two variables, or a variable and a group, have the same name".into(),
            ));
        }
        let datasets = groups.len()..groups.len() + objects.len();
        let subgroups = groups.iter().zip(0..).skip(1);
        let placed = objects.iter().map(|o| &o.path).zip(datasets);
        let placed: Vec<_> = placed.chain(subgroups).collect();
        let members = |group: &String| {
            let of_group = placed.iter().filter(|(path, _)| split(path).0 == group);
            What::Group(of_group.map(|(_, i)| *i).collect())
        };
        let all = groups.iter().map(|group| Object {
            path: group.clone(),
            what: members(group),
        });
        let mut all: Vec<Object> = all.collect();
        all.extend(objects);
        Ok(Objects(all))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All the objects, that say which addresses they have. Neither the size of
    /// a header nor that of the heap depends on the addresses.
    pub(super) fn headers<'a>(
        &self,
        dataset: &Dataset,
        places: &dyn Fn(usize) -> Place<'a>,
        addresses: &[u64],
        heap: &mut Heap,
    ) -> Result<Vec<Vec<u8>>> {
        let header = |(object, address): (&Object, &u64)| {
            let messages = match &object.what {
                What::Group(members) => {
                    self.group(dataset, &object.path, members, addresses, heap)?
                }
                What::Dimension(id) => {
                    let mut messages = dimension(dataset, *id);
                    messages.extend(self.scale(dataset, *id, addresses));
                    messages
                }
                What::Variable(id) => self.variable(dataset, *id, places(*id), addresses, heap)?,
            };
            encode::object(messages, *address)
        };
        self.0.iter().zip(addresses).map(header).collect()
    }

    fn group(
        &self,
        dataset: &Dataset,
        path: &str,
        members: &[usize],
        addresses: &[u64],
        heap: &mut Heap,
    ) -> Result<Vec<Message>> {
        let mut messages = encode::group(members.len());
        for (order, member) in members.iter().enumerate() {
            let (_, name) = split(&self.0[*member].path);
            messages.push(encode::link(name, order, addresses[*member])?);
        }
        if path.is_empty() {
            let written_by = concat!("version=2,foresz=", env!("CARGO_PKG_VERSION"));
            messages.push(characters("_NCProperties", written_by.as_bytes()));
        }
        for attribute in &dataset.attributes {
            let (of, name) = split(&attribute.name);
            if of == path {
                messages.push(value(name, &attribute.value, heap)?);
            }
        }
        Ok(messages)
    }

    fn variable(
        &self,
        dataset: &Dataset,
        id: usize,
        (layout, deflate): Place,
        addresses: &[u64],
        heap: &mut Heap,
    ) -> Result<Vec<Message>> {
        let variable = &dataset.variables[id];
        let shape = dataset.shape(variable);
        let growing = variable
            .dimensions
            .iter()
            .map(|d| dataset.dimensions[*d].unlimited);
        let growing: Vec<bool> = growing.collect();
        let space = match shape.as_slice() {
            [] => Space::Single,
            shape => Space::Shaped(shape, growing.contains(&true).then_some(&growing)),
        };
        let fill = fill(variable);
        let stored = Type::Values(variable.kind);
        let mut messages = encode::dataset(stored, &space, &layout, fill.as_deref(), deflate);
        match variable.dimensions.as_slice() {
            [] => {}
            [d] if describes(dataset, variable, *d) => {
                messages.extend(self.scale(dataset, *d, addresses));
            }
            along => {
                let mut lists = Vec::new();
                for d in along {
                    let address = addresses[self.position(dataset, *d)?];
                    lists.extend(heap.add(1, &address.to_le_bytes()));
                }
                let space = Space::Shaped(&[along.len()], None);
                let stored = Type::References;
                messages.push(encode::attribute("DIMENSION_LIST", stored, &space, &lists));
            }
        }
        for Attribute { name, value: of } in &variable.attributes {
            messages.push(value(name, of, heap)?);
        }
        Ok(messages)
    }

    /// What makes a dataset the scale of a dimension.
    fn scale(&self, dataset: &Dataset, id: usize, addresses: &[u64]) -> Vec<Message> {
        let dimension = &dataset.dimensions[id];
        let described = dataset.variables.iter().any(|v| describes(dataset, v, id));
        let name = if described {
            split(&dimension.name).1.to_string()
        } else {
            let without = "This is a netCDF dimension but not a netCDF variable.";
            format!("{without}{:>10}", dimension.length)
        };
        let number = (id as i32).to_le_bytes();
        let one = Type::Values(Kind::I32);
        let mut messages = vec![
            characters("CLASS", b"DIMENSION_SCALE\0"),
            characters("NAME", format!("{name}\0").as_bytes()),
            encode::attribute("_Netcdf4Dimid", one, &Space::Single, &number),
        ];
        let mut referrers = Vec::new();
        let mut count = 0;
        for (object, address) in self.0.iter().zip(addresses) {
            let What::Variable(variable) = object.what else {
                continue;
            };
            let variable = &dataset.variables[variable];
            if describes(dataset, variable, id) {
                continue;
            }
            let along = variable.dimensions.iter().enumerate();
            for (axis, _) in along.filter(|(_, d)| **d == id) {
                referrers.extend(address.to_le_bytes());
                referrers.extend((axis as u64).to_le_bytes());
                count += 1;
            }
        }
        if (1..=MOST_REFERRERS).contains(&count) {
            let space = Space::Shaped(&[count], None);
            let stored = Type::Referrer;
            messages.push(encode::attribute(
                "REFERENCE_LIST",
                stored,
                &space,
                &referrers,
            ));
        }
        messages
    }

    /// Which object is the scale of a dimension.
    fn position(&self, dataset: &Dataset, dimension: usize) -> Result<usize> {
        let found = self.0.iter().position(|object| match object.what {
            What::Group(_) => false,
            What::Dimension(id) => id == dimension,
            What::Variable(id) => describes(dataset, &dataset.variables[id], dimension),
        });
        found.ok_or_else(|| Error::Invalid(format!("there is no dimension {dimension}")))
    }
}

fn check(dataset: &Dataset) -> Result<()> {
    let mut names = BTreeSet::new();
    if let Some(twice) = dataset.dimensions.iter().find(|d| !names.insert(&d.name)) {
        return Err(Error::Invalid(format!("two dimensions are {}", twice.name)));
    }
    check_attributes("the data set", &dataset.attributes)?;
    for variable in &dataset.variables {
        check_attributes(&variable.name, &variable.attributes)?;
        if variable.dimensions.len() > MOST_DIMENSIONS {
            return Err(Error::Unsupported(format!(
                "{} has more dimensions than the {MOST_DIMENSIONS} that NetCDF can have",
                variable.name
            )));
        }
    }
    let variables = dataset.variables.iter().map(|v| &v.name);
    let mut all = variables.chain(dataset.dimensions.iter().map(|d| &d.name));
    if let Some(name) = all.find(|n| n.split('/').any(str::is_empty)) {
        return Err(Error::Invalid(format!("{name:?} cannot be a name")));
    }
    Ok(())
}

fn check_attributes(of: &str, attributes: &[Attribute]) -> Result<()> {
    let mut names = BTreeSet::new();
    for Attribute { name, .. } in attributes {
        let (_, leaf) = split(name);
        if leaf.is_empty() || is_internal_attribute(leaf) || !names.insert(name) {
            return Err(Error::Invalid(format!(
                "an attribute of {of} cannot be named {name:?}: the name is empty, taken, \
                 or one that NetCDF keeps for itself; write Zarr"
            )));
        }
        if leaf.len() > LONGEST_NAME || leaf.contains('\0') {
            return Err(Error::Unsupported(format!(
                "the name of an attribute of {of} has a zero in it or more than {LONGEST_NAME} \
                 bytes, which NetCDF cannot have; write Zarr"
            )));
        }
    }
    Ok(())
}

/// Paths of all the groups; the first is the root.
fn groups(dataset: &Dataset, objects: &[Object]) -> Vec<String> {
    let attributes = dataset.attributes.iter().map(|a| &a.name);
    let mut found = BTreeSet::from([""]);
    for name in objects.iter().map(|o| &o.path).chain(attributes) {
        let mut group = split(name).0;
        while found.insert(group) {
            group = split(group).0;
        }
    }
    found.into_iter().map(String::from).collect()
}

/// A group and a name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether a variable is the scale of a dimension.
fn describes(dataset: &Dataset, variable: &Variable, dimension: usize) -> bool {
    variable.dimensions == [dimension] && variable.name == dataset.dimensions[dimension].name
}

fn path(dataset: &Dataset, variable: &Variable) -> String {
    let name = &variable.name;
    let mut dimensions = dataset.dimensions.iter().enumerate();
    match dimensions.find(|(_, d)| d.name == *name) {
        Some((id, _)) if !describes(dataset, variable, id) => match name.rsplit_once('/') {
            Some((group, leaf)) => format!("{group}/{NOT_A_COORDINATE}{leaf}"),
            None => format!("{NOT_A_COORDINATE}{name}"),
        },
        _ => name.clone(),
    }
}

/// A dataset of a dimension that no variable describes: values that nobody reads.
fn dimension(dataset: &Dataset, id: usize) -> Vec<Message> {
    let dimension = &dataset.dimensions[id];
    let shape = [dimension.length];
    let growing = [true];
    let space = Space::Shaped(&shape, dimension.unlimited.then_some(&growing));
    let layout = if dimension.unlimited {
        Layout::Chunks {
            index: NOWHERE,
            shape: &[1024],
            value: 4,
        }
    } else {
        Layout::Block {
            address: NOWHERE,
            bytes: 4 * dimension.length as u64,
        }
    };
    encode::dataset(Type::Values(Kind::F32), &space, &layout, None, None)
}

fn fill(variable: &Variable) -> Option<Vec<u8>> {
    let value = variable.attribute("_FillValue")?;
    let fits = value.kind() == variable.kind && value.len() == 1;
    if fits { bytes(value) } else { None }
}

fn characters(name: &str, text: &[u8]) -> Message {
    let utf8 = !text.is_ascii() && std::str::from_utf8(text).is_ok();
    let (space, data) = match text {
        [] => (Space::Nothing, &[][..]),
        text => (Space::Single, text),
    };
    let length = text.len().max(1) as u32;
    encode::attribute(name, Type::Characters(length, utf8), &space, data)
}

fn value(name: &str, values: &Values, heap: &mut Heap) -> Result<Message> {
    let data = match values {
        Values::Char(text) => return Ok(characters(name, text)),
        Values::Text(texts) => references(texts, heap)?,
        numbers => bytes(numbers).unwrap_or_default(),
    };
    let space = Space::Shaped(&[values.len()], None);
    let stored = Type::Values(values.kind());
    Ok(encode::attribute(name, stored, &space, &data))
}

/// Puts texts into a heap, and says where they are.
pub(super) fn references(texts: &[String], heap: &mut Heap) -> Result<Vec<u8>> {
    let mut references = Vec::with_capacity(texts.len() * TEXT);
    for text in texts {
        if text.contains('\0') {
            return Err(Error::Unsupported(format!(
                "the text {text:?} has a zero in it, at which NetCDF would end it; write Zarr"
            )));
        }
        references.extend(heap.add(text.len(), text.as_bytes()));
    }
    Ok(references)
}

/// Values as they are in a file; nothing for texts.
pub(super) fn bytes(values: &Values) -> Option<Vec<u8>> {
    macro_rules! bytes {
        ($values:expr) => {{
            let mut bytes = vec![0; size_of_val($values.as_slice())];
            let places = bytes.as_chunks_mut().0.iter_mut();
            places.zip($values).for_each(|(b, x)| *b = x.to_le_bytes());
            bytes
        }};
    }
    Some(match values {
        Values::Text(_) => return None,
        Values::I8(v) => bytes!(v),
        Values::U8(v) | Values::Char(v) => v.clone(),
        Values::I16(v) => bytes!(v),
        Values::U16(v) => bytes!(v),
        Values::I32(v) => bytes!(v),
        Values::U32(v) => bytes!(v),
        Values::I64(v) => bytes!(v),
        Values::U64(v) => bytes!(v),
        Values::F32(v) => bytes!(v),
        Values::F64(v) => bytes!(v),
    })
}
