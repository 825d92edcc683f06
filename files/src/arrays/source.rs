//! Open arrays.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use super::gather::Form;
use super::npz::Open;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::region;
use crate::source::Source;
use crate::values::{Kind, Values};

/// One array, or all of an archive.
pub struct Arrays {
    format: &'static str,
    dataset: Dataset,
    forms: Vec<Form>,
    place: Place,
    /// The values of the variable that was read last, where they cannot be read in parts.
    held: Option<(usize, Values)>,
    skipped: Vec<(String, String)>,
}

/// Where values come from.
pub(super) enum Place {
    /// The only array starts there.
    File {
        file: BufReader<File>,
        start: u64,
    },
    Archive(Open),
    /// All of the only array.
    Memory(Values),
}

impl Arrays {
    pub(super) fn new(
        format: &'static str,
        dataset: Dataset,
        forms: Vec<Form>,
        mut place: Place,
    ) -> Self {
        let held = match &mut place {
            Place::Memory(values) => {
                Some((0, std::mem::replace(values, Values::zeros(Kind::U8, 0))))
            }
            _ => None,
        };
        Arrays {
            format,
            dataset,
            forms,
            place,
            held,
            skipped: Vec::new(),
        }
    }

    pub(super) fn without(self, skipped: Vec<(String, String)>) -> Self {
        Arrays { skipped, ..self }
    }

    fn form(&self, variable: usize) -> Result<&Form> {
        let form = self.forms.get(variable);
        form.ok_or_else(|| Error::Invalid(format!("no variable {variable}")))
    }

    /// A part of an array in a file of its own, or else nothing.
    fn in_file(&mut self, variable: usize, region: &[Range<usize>]) -> Option<Result<Values>> {
        let Place::File { file, start } = &mut self.place else {
            return None;
        };
        let mut at = None;
        let take = &mut |from: u64, room: &mut [u8]| {
            match at {
                Some(at) if at <= from => file.seek_relative((from - at) as i64)?,
                _ => {
                    file.seek(SeekFrom::Start(*start + from))?;
                }
            }
            at = Some(from + room.len() as u64);
            file.read_exact(room)
        };
        Some(self.forms[variable].read(region, take))
    }

    /// All values of a variable that cannot be read in parts.
    fn hold(&mut self, variable: usize) -> Result<&mut Values> {
        if let Place::Archive(archive) = &mut self.place
            && self.held.as_ref().is_none_or(|(v, _)| *v != variable)
        {
            // One at a time.
            self.held = None;
            self.held = Some((variable, archive.whole(variable, &self.forms[variable])?));
        }
        match &mut self.held {
            Some((_, values)) => Ok(values),
            None => Err(Error::Invalid("its values were taken".into())),
        }
    }
}

impl Source for Arrays {
    fn format(&self) -> String {
        self.format.into()
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        let shape = self.form(variable)?.shape.clone();
        region::check(region, &shape)?;
        match self.in_file(variable, region) {
            Some(values) => values,
            None => self.hold(variable)?.region(&shape, region),
        }
    }

    fn take(mut self: Box<Self>, variable: usize) -> Result<Values> {
        let shape = self.form(variable)?.shape.clone();
        let whole: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
        match self.in_file(variable, &whole) {
            Some(values) => values,
            None => {
                let values = self.hold(variable)?;
                Ok(std::mem::replace(values, Values::zeros(Kind::U8, 0)))
            }
        }
    }

    fn pieces(&self, _: usize) -> Option<Vec<usize>> {
        None
    }

    fn skipped(&self) -> &[(String, String)] {
        &self.skipped
    }
}
