//! The header of a classic file.

use std::io::{self, Read};

use crate::dataset::{Attribute, Dataset, Dimension, Variable};
use crate::error::{Error, Result};
use crate::values::{Kind, Values};

const DIMENSIONS: u32 = 10;
const VARIABLES: u32 = 11;
const ATTRIBUTES: u32 = 12;

/// What a file says of itself, and where its values are.
pub(super) struct Header {
    pub(super) format: &'static str,
    pub(super) dataset: Dataset,
    pub(super) places: Vec<Place>,
}

/// Where the values of a variable are.
pub(super) struct Place {
    pub(super) begin: u64,
    /// Bytes from one record to the next, if there are records.
    pub(super) record: Option<u64>,
}

impl Header {
    /// Reads the header of a file that is so long.
    pub(super) fn read(input: impl Read, length: u64) -> Result<Self> {
        let mut fields = Fields {
            input,
            wide_counts: false,
            wide_offsets: false,
        };
        let [_, _, _, version] = fields.array()?;
        let format = match version {
            1 => "NetCDF-3 classic",
            2 => "NetCDF-3 64-bit offset",
            5 => "NetCDF-3 64-bit data",
            _ => {
                return Err(Error::Unsupported(format!(
                    "a classic NetCDF file of version {version}; versions 1, 2 and 5 are supported"
                )));
            }
        };
        fields.wide_counts = version == 5;
        fields.wide_offsets = version != 1;
        let records = fields.records()?;
        let dimensions = fields.list(DIMENSIONS, Fields::dimension)?;
        let attributes = fields.list(ATTRIBUTES, Fields::attribute)?;
        let stored = fields.list(VARIABLES, |f| f.variable(dimensions.len()))?;
        let (variables, begins) = stored.into_iter().unzip();
        let mut dataset = Dataset {
            dimensions,
            attributes,
            variables,
        };
        let places = place(&mut dataset, begins, records, length)?;
        Ok(Header {
            format,
            dataset,
            places,
        })
    }

    pub(super) fn shape(&self, variable: usize) -> Vec<usize> {
        self.dataset.shape(&self.dataset.variables[variable])
    }
}

/// Finds the values of all the variables, in a file that is so long. Sets the length of the
/// unlimited dimension; without a number of records it follows from the file's.
fn place(
    dataset: &mut Dataset,
    begins: Vec<u64>,
    records: Option<u64>,
    length: u64,
) -> Result<Vec<Place>> {
    let unlimited = |d: &usize| dataset.dimensions[*d].unlimited;
    let has_records = |v: &Variable| v.dimensions.first().is_some_and(unlimited);
    let elsewhere = |v: &Variable| v.dimensions.iter().skip(1).any(unlimited);
    if dataset.variables.iter().any(elsewhere) {
        return Err(impossible());
    }
    let sizes = dataset.variables.iter().map(|v| size(dataset, v));
    let sizes = sizes.collect::<Result<Vec<u64>>>()?;
    let of_records: Vec<bool> = dataset.variables.iter().map(has_records).collect();
    let sizes_of_records = sizes.iter().zip(&of_records).filter(|(_, r)| **r);
    let sizes_of_records: Vec<u64> = sizes_of_records.map(|(size, _)| *size).collect();
    let record = bytes_of_record(&sizes_of_records).ok_or_else(impossible)?;
    let starts = begins.iter().zip(&of_records).filter(|(_, r)| **r);
    let first = starts.map(|(begin, _)| *begin).min().unwrap_or(length);
    let records = match records {
        Some(records) => records,
        None if record > 0 => length.saturating_sub(first) / record,
        None => 0,
    };
    let count = usize::try_from(records).map_err(|_| impossible())?;
    for dimension in dataset.dimensions.iter_mut().filter(|d| d.unlimited) {
        dimension.length = count;
    }
    for (((variable, begin), size), of_records) in dataset
        .variables
        .iter()
        .zip(&begins)
        .zip(&sizes)
        .zip(&of_records)
    {
        let before = match (of_records, records.checked_sub(1)) {
            (true, None) => continue,
            (true, Some(last)) => last.checked_mul(record).ok_or_else(impossible)?,
            (false, _) => 0,
        };
        let end = before
            .checked_add(*size)
            .and_then(|n| n.checked_add(*begin));
        if end.is_none_or(|end| end > length) {
            return Err(Error::Damaged(format!(
                "the file is cut short or damaged: it has {length} bytes, and {} ends after them",
                variable.name
            )));
        }
    }
    let places = begins.into_iter().zip(of_records);
    let places = places.map(|(begin, of_records)| Place {
        begin,
        record: of_records.then_some(record),
    });
    Ok(places.collect())
}

/// Bytes of a record, from those of its variables. One that is alone is not padded.
fn bytes_of_record(sizes: &[u64]) -> Option<u64> {
    match sizes {
        [only] => Some(*only),
        _ => sizes.iter().try_fold(0u64, |sum, size| {
            sum.checked_add(size.checked_next_multiple_of(4)?)
        }),
    }
}

/// Bytes of a variable, or of a record of it.
fn size(dataset: &Dataset, variable: &Variable) -> Result<u64> {
    let value = variable.kind.bytes().unwrap_or(1) as u64;
    let lengths = variable.dimensions.iter().map(|d| &dataset.dimensions[*d]);
    lengths
        .filter(|d| !d.unlimited)
        .try_fold(value, |bytes, d| bytes.checked_mul(d.length as u64))
        .ok_or_else(impossible)
}

fn impossible() -> Error {
    Error::Damaged("the file is damaged: its header has impossible lengths".into())
}

/// Fields of a header. Nothing is allocated for a number of values that are not there.
struct Fields<R> {
    input: R,
    wide_counts: bool,
    wide_offsets: bool,
}

impl<R: Read> Fields<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(ended)?;
        Ok(bytes)
    }

    /// Bytes and what fills them up to four.
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let padded = count.checked_next_multiple_of(4).ok_or_else(impossible)?;
        let read = self.input.by_ref().take(padded).read_to_end(&mut bytes)?;
        if (read as u64) < padded {
            return Err(ended(io::ErrorKind::UnexpectedEof.into()));
        }
        bytes.truncate(count as usize);
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn wide(&mut self, wide: bool) -> Result<u64> {
        Ok(if wide {
            u64::from_be_bytes(self.array()?)
        } else {
            self.number()?.into()
        })
    }

    fn count(&mut self) -> Result<u64> {
        self.wide(self.wide_counts)
    }

    /// None if the file was meant to be read while it grew.
    fn records(&mut self) -> Result<Option<u64>> {
        let streaming = if self.wide_counts {
            u64::MAX
        } else {
            u32::MAX.into()
        };
        Ok(Some(self.count()?).filter(|n| *n != streaming))
    }

    fn list<T>(&mut self, tag: u32, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let found = self.number()?;
        let count = self.count()?;
        if found != tag && (found, count) != (0, 0) {
            return Err(Error::Damaged(format!(
                "the file is damaged: its header has a list of {found} in place of {tag}"
            )));
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn name(&mut self) -> Result<String> {
        let count = self.count()?;
        String::from_utf8(self.bytes(count)?)
            .map_err(|_| Error::Damaged("the file is damaged: a name is not UTF-8".into()))
    }

    fn dimension(&mut self) -> Result<Dimension> {
        let name = self.name()?;
        let length = usize::try_from(self.count()?).map_err(|_| impossible())?;
        Ok(Dimension {
            name,
            length,
            unlimited: length == 0,
        })
    }

    fn attribute(&mut self) -> Result<Attribute> {
        let name = self.name()?;
        let kind = self.kind()?;
        let count = self.count()?;
        let size = kind.bytes().unwrap_or(1) as u64;
        let bytes = self.bytes(count.checked_mul(size).ok_or_else(impossible)?)?;
        let value = values(kind, bytes);
        Ok(Attribute { name, value })
    }

    /// A variable and where its values begin.
    fn variable(&mut self, dimensions: usize) -> Result<(Variable, u64)> {
        let name = self.name()?;
        let rank = self.count()?;
        let known = |d: u64| usize::try_from(d).ok().filter(|d| *d < dimensions);
        let places = (0..rank).map(|_| known(self.count()?).ok_or_else(impossible));
        let places = places.collect::<Result<_>>()?;
        let attributes = self.list(ATTRIBUTES, Self::attribute)?;
        let kind = self.kind()?;
        // The size follows from the dimensions, and does not always fit here.
        self.count()?;
        let begin = self.wide(self.wide_offsets)?;
        let variable = Variable {
            name,
            kind,
            dimensions: places,
            attributes,
        };
        Ok((variable, begin))
    }

    fn kind(&mut self) -> Result<Kind> {
        Ok(match self.number()? {
            1 => Kind::I8,
            2 => Kind::Char,
            3 => Kind::I16,
            4 => Kind::I32,
            5 => Kind::F32,
            6 => Kind::F64,
            7 => Kind::U8,
            8 => Kind::U16,
            9 => Kind::U32,
            10 => Kind::I64,
            11 => Kind::U64,
            other => {
                return Err(Error::Damaged(format!(
                    "the file is damaged: its header has the unknown type {other}"
                )));
            }
        })
    }
}

fn ended(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::Damaged("the file is cut short: it ends within its header".into())
        }
        _ => error.into(),
    }
}

fn values(kind: Kind, bytes: Vec<u8>) -> Values {
    fn swapped<T, const N: usize>(bytes: &[u8], value: fn([u8; N]) -> T) -> Vec<T> {
        bytes.as_chunks().0.iter().map(|b| value(*b)).collect()
    }
    match kind {
        Kind::I8 => Values::I8(swapped(&bytes, i8::from_be_bytes)),
        Kind::U8 => Values::U8(bytes),
        Kind::I16 => Values::I16(swapped(&bytes, i16::from_be_bytes)),
        Kind::U16 => Values::U16(swapped(&bytes, u16::from_be_bytes)),
        Kind::I32 => Values::I32(swapped(&bytes, i32::from_be_bytes)),
        Kind::U32 => Values::U32(swapped(&bytes, u32::from_be_bytes)),
        Kind::I64 => Values::I64(swapped(&bytes, i64::from_be_bytes)),
        Kind::U64 => Values::U64(swapped(&bytes, u64::from_be_bytes)),
        Kind::F32 => Values::F32(swapped(&bytes, f32::from_be_bytes)),
        Kind::F64 => Values::F64(swapped(&bytes, f64::from_be_bytes)),
        Kind::Char | Kind::Text => Values::Char(bytes),
    }
}
