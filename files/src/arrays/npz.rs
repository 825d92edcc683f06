//! `NumPy` archives: zip files of `.npy` files, each a variable.

use super::source::{Arrays, Place};
use super::zip::{self, Archive, Member};
use super::{Layout, add, npy};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::values::Values;

use super::gather::Form;

/// An archive and its members, in the order of the variables.
pub(super) struct Open {
    archive: Box<dyn Archive>,
    members: Vec<Member>,
}

pub(super) fn open(mut archive: Box<dyn Archive>, layout: &Layout) -> Result<Arrays> {
    let (mut dataset, mut forms) = (Dataset::default(), Vec::new());
    let (mut members, mut skipped) = (Vec::new(), Vec::new());
    for member in zip::members(&mut *archive)? {
        let name = array(&member);
        let form = member.content(&mut *archive).and_then(|mut content| {
            let form = npy::read(&mut content)?;
            Ok(form)
        });
        match form {
            Ok(form) => {
                add(&mut dataset, name, &form, &layout.dims);
                forms.push(form);
                members.push(member);
            }
            Err(Error::Io(e)) => return Err(e.into()),
            Err(why) => skipped.push((name, why.to_string())),
        }
    }
    match skipped.first() {
        Some((name, why)) if members.is_empty() => {
            Err(Error::Invalid(format!("array {name}: {why}")))
        }
        None if members.is_empty() => Err(Error::Invalid("the .npz file holds no arrays".into())),
        _ => {
            let place = Place::Archive(Open { archive, members });
            let arrays = Arrays::new("npz", dataset, forms, place);
            Ok(arrays.without(skipped))
        }
    }
}

impl Open {
    /// All values of a variable. Its checksum is checked.
    pub(super) fn whole(&mut self, variable: usize, form: &Form) -> Result<Values> {
        let member = &self.members[variable];
        let named = |e: Error| match e {
            Error::Invalid(why) => Error::Invalid(format!("array {}: {why}", array(member))),
            other => other,
        };
        let mut content = member.content(&mut *self.archive)?;
        npy::read(&mut content)?;
        let values = form.read_whole(&mut content).map_err(named)?;
        content.finish()?;
        Ok(values)
    }
}

/// A member's name as `NumPy` gives it.
fn array(member: &Member) -> String {
    let name = &member.name;
    name.strip_suffix(".npy").unwrap_or(name).to_owned()
}
