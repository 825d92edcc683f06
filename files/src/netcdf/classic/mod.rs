//! Classic files: CDF-1, CDF-2 and CDF-5.
//!
//! Written out here because an attribute may be text in any encoding, whose bytes have to
//! stay, and because values that follow each other are one read and one swap of bytes.

mod header;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use header::{Header, Place};

use crate::dataset::Dataset;
use crate::error::Result;
use crate::region;
use crate::room;
use crate::source::Source;
use crate::values::{Kind, Values};

/// Bytes that are read at once: many, and few enough to stay near.
const BLOCK: usize = 1 << 18;

/// A classic file.
pub(super) struct Classic {
    header: Header,
    file: File,
}

impl Classic {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let header = Header::read(BufReader::new(&mut file), length)?;
        Ok(Classic { header, file })
    }

    fn gather<T, const N: usize>(
        &mut self,
        variable: usize,
        region: &[Range<usize>],
        value: fn([u8; N]) -> T,
    ) -> Result<Vec<T>> {
        let shape = self.header.shape(variable);
        let runs = Runs::new(&self.header.places[variable], &shape, region, N as u64);
        let mut values = room::reserved(region.iter().map(Range::len).product())?;
        let mut block = vec![0; BLOCK.min(runs.bytes)];
        for start in runs.starts() {
            self.file.seek(SeekFrom::Start(start))?;
            let mut left = runs.bytes;
            while left > 0 {
                let part = left.min(block.len());
                let bytes = &mut block[..part];
                self.file.read_exact(bytes)?;
                values.extend(bytes.as_chunks().0.iter().map(|b| value(*b)));
                left -= part;
            }
        }
        Ok(values)
    }
}

impl Source for Classic {
    fn format(&self) -> String {
        self.header.format.into()
    }

    fn dataset(&self) -> &Dataset {
        &self.header.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        region::check(region, &self.header.shape(variable))?;
        Ok(match self.header.dataset.variables[variable].kind {
            Kind::I8 => Values::I8(self.gather(variable, region, i8::from_be_bytes)?),
            Kind::U8 => Values::U8(self.gather(variable, region, u8::from_be_bytes)?),
            Kind::I16 => Values::I16(self.gather(variable, region, i16::from_be_bytes)?),
            Kind::U16 => Values::U16(self.gather(variable, region, u16::from_be_bytes)?),
            Kind::I32 => Values::I32(self.gather(variable, region, i32::from_be_bytes)?),
            Kind::U32 => Values::U32(self.gather(variable, region, u32::from_be_bytes)?),
            Kind::I64 => Values::I64(self.gather(variable, region, i64::from_be_bytes)?),
            Kind::U64 => Values::U64(self.gather(variable, region, u64::from_be_bytes)?),
            Kind::F32 => Values::F32(self.gather(variable, region, f32::from_be_bytes)?),
            Kind::F64 => Values::F64(self.gather(variable, region, f64::from_be_bytes)?),
            // There are no texts in these files: the header knows no such type.
            Kind::Char | Kind::Text => {
                Values::Char(self.gather(variable, region, u8::from_be_bytes)?)
            }
        })
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        self.header.places[variable].record?;
        let mut piece = self.header.shape(variable);
        piece[0] = 1;
        Some(piece)
    }
}

/// Values of a region that follow each other in the file.
struct Runs {
    /// Ranges and bytes from one place to the next along the dimensions before a run.
    outer: Vec<(Range<u64>, u64)>,
    start: u64,
    bytes: usize,
}

impl Runs {
    fn new(place: &Place, shape: &[usize], region: &[Range<usize>], value: u64) -> Self {
        let mut strides = vec![value; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d] * shape[d] as u64;
        }
        if let (Some(record), Some(stride)) = (place.record, strides.first_mut()) {
            *stride = record;
        }
        let mut bytes = value;
        let mut inner = shape.len();
        while let Some(d) = inner.checked_sub(1) {
            // What is complete so far has to lie where the next place ends.
            if strides[d] != bytes {
                break;
            }
            bytes *= region[d].len() as u64;
            inner = d;
            if region[d].len() != shape[d] {
                break;
            }
        }
        let of_run = region[inner..].iter().zip(&strides[inner..]);
        let within: u64 = of_run.map(|(r, stride)| r.start as u64 * stride).sum();
        let outer = region[..inner].iter().zip(&strides);
        let outer = outer.map(|(r, stride)| (r.start as u64..r.end as u64, *stride));
        Runs {
            outer: outer.collect(),
            start: place.begin + within,
            bytes: bytes as usize,
        }
    }

    fn starts(&self) -> impl Iterator<Item = u64> {
        let all: u64 = self.outer.iter().map(|(r, _)| r.end - r.start).product();
        (0..all).map(|run| {
            let mut left = run;
            let mut start = self.start;
            for (range, stride) in self.outer.iter().rev() {
                let count = range.end - range.start;
                start += (range.start + left % count) * stride;
                left /= count;
            }
            start
        })
    }
}
