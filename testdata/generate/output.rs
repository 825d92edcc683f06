//! Writes one variable, frame by frame, as `.npy` or as bare numbers.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::numbers::{greater, lesser};
use super::variables::Width;

/// What kind of file to write.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Npy,
    Raw,
}

/// A file being written; it takes its final name only when it is complete.
pub(crate) struct FieldWriter {
    name: String,
    shape: Vec<usize>,
    width: Width,
    path: PathBuf,
    file: BufWriter<File>,
    part: Part,
    bytes: Vec<u8>,
    summary: Summary,
}

/// A file under its provisional name, removed unless it was renamed: what a
/// failed run leaves behind is of no use.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What is remembered of the numbers of one file.
struct Summary {
    min: f64,
    max: f64,
    nans: usize,
    hash: u64,
}

impl FieldWriter {
    pub(crate) fn create(
        folder: &Path,
        name: &str,
        shape: Vec<usize>,
        width: Width,
        format: Format,
    ) -> Result<Self, Box<dyn Error>> {
        let path = folder.join(match format {
            Format::Npy => format!("{name}.npy"),
            Format::Raw => format!("{name}__{}.{width}", joined(&shape, "x")),
        });
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = Part(part.into());
        let file = File::create(&part.0).map_err(|error| blame(&part.0, &error))?;
        let mut file = BufWriter::new(file);
        if matches!(format, Format::Npy) {
            file.write_all(&npy_header(&shape, width)?)
                .map_err(|error| blame(&part.0, &error))?;
        }
        let name = name.to_owned();
        let summary = Summary::new();
        Ok(Self {
            name,
            shape,
            width,
            path,
            part,
            file,
            bytes: Vec::new(),
            summary,
        })
    }

    pub(crate) fn append(&mut self, values: &[f64]) -> Result<(), Box<dyn Error>> {
        self.bytes.clear();
        for &value in values {
            let stored = match self.width {
                Width::F32 => self.push_f32(value),
                Width::F64 => self.push_f64(value),
            };
            self.summary.see(stored);
        }
        self.summary.hash_more(&self.bytes);
        self.file
            .write_all(&self.bytes)
            .map_err(|error| blame(&self.part.0, &error))
    }

    // The sign and payload of a computed NaN differ between machines, so NaN
    // is spelled out.
    fn push_f32(&mut self, value: f64) -> f64 {
        let stored = if value.is_nan() {
            f32::from_bits(0x7fc0_0000)
        } else {
            value as f32
        };
        self.bytes.extend_from_slice(&stored.to_le_bytes());
        f64::from(stored)
    }

    fn push_f64(&mut self, value: f64) -> f64 {
        let quiet = f64::from_bits(0x7ff8_0000_0000_0000);
        let stored = if value.is_nan() { quiet } else { value };
        self.bytes.extend_from_slice(&stored.to_le_bytes());
        stored
    }

    /// Moves the file into place and describes it in one line.
    pub(crate) fn finish(self) -> Result<String, Box<dyn Error>> {
        let (name, width, shape) = (self.name, self.width, joined(&self.shape, "x"));
        let closed = self.file.into_inner().map(drop);
        // Closed first: some systems do not rename a file that is still open.
        closed.map_err(|error| blame(&self.part.0, error.error()))?;
        fs::rename(&self.part.0, &self.path).map_err(|error| blame(&self.path, &error))?;
        Ok(format!(
            "{name:<13} {width:<3} {shape:<14} {}",
            self.summary
        ))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            min,
            max,
            nans,
            hash,
        } = self;
        write!(
            f,
            "min {min:<14} max {max:<14} nan {nans:<8} fnv1a {hash:016x}"
        )
    }
}

impl Summary {
    fn new() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            nans: 0,
            hash: 0xcbf2_9ce4_8422_2325,
        }
    }

    fn see(&mut self, value: f64) {
        if value.is_nan() {
            self.nans += 1;
        } else {
            self.min = lesser(self.min, value);
            self.max = greater(self.max, value);
        }
    }

    /// FNV-1a over the numbers only, so that both formats agree.
    fn hash_more(&mut self, bytes: &[u8]) {
        self.hash = bytes.iter().fold(self.hash, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

fn npy_header(shape: &[usize], width: Width) -> Result<Vec<u8>, Box<dyn Error>> {
    let descr = match width {
        Width::F32 => "<f4",
        Width::F64 => "<f8",
    };
    let shape = joined(shape, ", ");
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    // Magic, version and length take ten bytes, the newline one more; the
    // numbers must start at a multiple of 64.
    let padding = (10 + text.len() + 1).next_multiple_of(64) - 11 - text.len();
    text.push_str(&" ".repeat(padding));
    text.push('\n');
    let length = u16::try_from(text.len())?;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    Ok(header)
}

fn joined(shape: &[usize], between: &str) -> String {
    shape
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(between)
}

fn blame(path: &Path, error: &std::io::Error) -> Box<dyn Error> {
    format!("cannot write {}: {error}", path.display()).into()
}
