//! The index: what a stream holds and where.

use foresz_predictors::MAX_DIMS;

use crate::bound::Bound;
use crate::bytes::{Reader, put_bytes, put_number};
use crate::container::grid::Grid;
use crate::container::used::Used;
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::{Error, Result, Section, corrupt};

/// One dimension of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dim {
    pub(crate) length: usize,
    /// Length of a chunk along it.
    pub(crate) chunk: usize,
    /// Empty if the user gave none.
    pub(crate) name: String,
}

/// One row of the chunk table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) bytes: usize,
    /// Into [`Index::choices`].
    pub(crate) choice: usize,
    pub(crate) backend: Backend,
    pub(crate) checksum: u32,
}

/// A learned model that is in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Which of the models that the choices name.
    pub(crate) model: usize,
    pub(crate) bytes: usize,
    pub(crate) checksum: u32,
}

/// Everything of a stream but its chunks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Index {
    /// Bytes per sample: 4 or 8.
    pub(crate) sample_bytes: usize,
    pub(crate) dims: Vec<Dim>,
    pub(crate) time: Option<usize>,
    pub(crate) periodic: bool,
    pub(crate) effort: Effort,
    pub(crate) asked: Bound,
    /// The absolute bound kept; 0 where none applies.
    pub(crate) absolute: f64,
    /// Largest absolute error measured.
    pub(crate) max_error: f64,
    /// Step of the lattice that the originals lie on; 0 if they do not.
    pub(crate) lattice: f64,
    /// What decoded numbers below it are replaced with.
    pub(crate) least: Option<f64>,
    pub(crate) fills: Vec<f64>,
    pub(crate) attributes: Vec<(String, String)>,
    /// Predictor specs that chunks were coded with.
    pub(crate) choices: Vec<String>,
    pub(crate) chunks: Vec<Chunk>,
    /// In the order of the models.
    pub(crate) stored: Vec<Stored>,
}

/// Flags.
const PERIODIC: u8 = 1;
const LATTICE: u8 = 2;
const STORED: u8 = 4;
const LEAST: u8 = 8;

const MOST_FILLS: usize = 16;
/// Learned models in a stream.
const MOST_MODELS: usize = 256;
const LEAST_CHUNK_ROW: usize = 7;

impl Index {
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.dims.iter().map(|d| d.length).collect()
    }

    pub(crate) fn grid(&self) -> Grid {
        Grid::new(
            &self.shape(),
            &self.dims.iter().map(|d| d.chunk).collect::<Vec<_>>(),
        )
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![self.sample_bytes as u8, self.dims.len() as u8];
        for dim in &self.dims {
            put_number(&mut out, dim.length as u64);
            put_number(&mut out, dim.chunk as u64);
            put_bytes(&mut out, dim.name.as_bytes());
        }
        out.push(self.time.map_or(0, |t| t as u8 + 1));
        let lattice = self.lattice > 0.0;
        let stored = !self.stored.is_empty();
        out.push(
            u8::from(self.periodic) * PERIODIC
                + u8::from(lattice) * LATTICE
                + u8::from(stored) * STORED
                + u8::from(self.least.is_some()) * LEAST,
        );
        out.push(self.effort.id());
        put_bound(&mut out, self.asked);
        let numbers = [
            (!keeps_what_is_asked(self.asked), self.absolute),
            (true, self.max_error),
            (lattice, self.lattice),
            (self.least.is_some(), self.least.unwrap_or_default()),
        ];
        for (_, x) in numbers.iter().filter(|(stored, _)| *stored) {
            out.extend(x.to_le_bytes());
        }
        put_number(&mut out, self.fills.len() as u64);
        self.fills.iter().for_each(|x| out.extend(x.to_le_bytes()));
        put_number(&mut out, self.attributes.len() as u64);
        for (key, value) in &self.attributes {
            put_bytes(&mut out, key.as_bytes());
            put_bytes(&mut out, value.as_bytes());
        }
        put_number(&mut out, self.choices.len() as u64);
        self.choices
            .iter()
            .for_each(|c| put_bytes(&mut out, c.as_bytes()));
        put_number(&mut out, self.chunks.len() as u64);
        for chunk in &self.chunks {
            put_number(&mut out, chunk.bytes as u64);
            put_number(&mut out, chunk.choice as u64);
            out.push(chunk.backend.id());
            out.extend(chunk.checksum.to_le_bytes());
        }
        if stored {
            put_number(&mut out, self.stored.len() as u64);
        }
        for row in &self.stored {
            put_number(&mut out, row.model as u64);
            put_number(&mut out, row.bytes as u64);
            out.extend(row.checksum.to_le_bytes());
        }
        out
    }

    /// `body` is the number of bytes that the chunks must add up to.
    pub(super) fn from_bytes(bytes: &[u8], body: usize) -> Result<Self> {
        let mut reader = Reader::new(bytes, Section::Index);
        let sample_bytes = usize::from(reader.byte()?);
        if sample_bytes != 4 && sample_bytes != 8 {
            return Err(Error::Unsupported(format!(
                "samples of {sample_bytes} bytes: install a newer foresz"
            )));
        }
        let dims = read_dims(&mut reader)?;
        let time = read_time(&mut reader, dims.len())?;
        let flags = read_flags(&mut reader)?;
        let effort = Effort::from_id(reader.byte()?)?;
        let Numbers {
            asked,
            absolute,
            max_error,
            lattice,
            least,
        } = read_numbers(&mut reader, flags)?;
        let fills = (0..reader.count(MOST_FILLS, "fill values")?)
            .map(|_| reader.f64())
            .collect::<Result<_>>()?;
        let most = reader.rest().len();
        let attributes = (0..reader.count(most, "attributes")?)
            .map(|_| Ok((reader.text()?, reader.text()?)))
            .collect::<Result<_>>()?;
        let choices: Vec<String> = (0..reader.count(most, "choices")?)
            .map(|_| reader.text())
            .collect::<Result<_>>()?;
        let count = reader.count(reader.rest().len() / LEAST_CHUNK_ROW, "chunks")?;
        let chunks: Vec<Chunk> = (0..count)
            .map(|_| read_chunk(&mut reader, body, choices.len()))
            .collect::<Result<_>>()?;
        let stored = match flags & STORED {
            0 => Vec::new(),
            _ => read_stored(&mut reader, body)?,
        };
        reader.finish()?;
        let index = Index {
            sample_bytes,
            dims,
            time,
            periodic: flags & PERIODIC != 0,
            effort,
            asked,
            absolute,
            max_error,
            lattice,
            least,
            fills,
            attributes,
            choices,
            chunks,
            stored,
        };
        index.check(body)?;
        Ok(index)
    }

    fn check(&self, body: usize) -> Result<()> {
        let chunks = self.chunks.iter().map(|c| c.bytes);
        let models = self.stored.iter().map(|m| m.bytes);
        let total = chunks.chain(models).try_fold(0usize, usize::checked_add);
        if total != Some(body) {
            return corrupt(
                Section::Index,
                format!("the chunks should fill {body} bytes"),
            );
        }
        self.check_stored()?;
        let wanted = self
            .dims
            .iter()
            .try_fold(1usize, |n, d| n.checked_mul(d.length.div_ceil(d.chunk)));
        if wanted != Some(self.chunks.len()) {
            return corrupt(
                Section::Index,
                format!(
                    "{} chunks do not make up the shape {:?}",
                    self.chunks.len(),
                    self.shape()
                ),
            );
        }
        Ok(())
    }
}

impl Index {
    /// Models that no chunk needs have no business here.
    fn check_stored(&self) -> Result<()> {
        if self.stored.is_empty() {
            return Ok(());
        }
        let models = Used::of(self);
        let mut needed = vec![false; self.choices.len()];
        self.chunks.iter().for_each(|c| needed[c.choice] = true);
        let choices = || {
            self.choices
                .iter()
                .zip(&needed)
                .filter(|(_, needed)| **needed)
        };
        let is_needed = |row: &Stored| {
            let model = models.get(row.model);
            model.is_some_and(|model| choices().any(|(choice, _)| model.is_in(choice)))
        };
        if self.stored.iter().all(is_needed) {
            return Ok(());
        }
        corrupt(Section::Index, "a model is stored that no chunk needs")
    }
}

fn read_flags(reader: &mut Reader) -> Result<u8> {
    let flags = reader.byte()?;
    if flags & !(PERIODIC | LATTICE | STORED | LEAST) != 0 {
        return Err(Error::Unsupported(format!(
            "unknown flags {flags:#x}: install a newer foresz"
        )));
    }
    Ok(flags)
}

fn read_time(reader: &mut Reader, dims: usize) -> Result<Option<usize>> {
    match usize::from(reader.byte()?) {
        t if t <= dims => Ok(t.checked_sub(1)),
        t => corrupt(Section::Index, format!("dimension {t} of {dims} is time")),
    }
}

/// What an index says of errors and values.
struct Numbers {
    asked: Bound,
    absolute: f64,
    max_error: f64,
    lattice: f64,
    least: Option<f64>,
}

fn read_numbers(reader: &mut Reader, flags: u8) -> Result<Numbers> {
    let asked = read_bound(reader)?;
    let absolute = match asked {
        Bound::Absolute(bound) => bound,
        Bound::Lossless => 0.0,
        _ => read_size(reader, "the absolute bound")?,
    };
    let max_error = read_size(reader, "the largest error")?;
    let lattice = if flags & LATTICE == 0 {
        0.0
    } else {
        read_size(reader, "the step of the lattice")?
    };
    let least = match flags & LEAST {
        0 => None,
        _ => Some(read_finite(reader, "the least value")?),
    };
    Ok(Numbers {
        asked,
        absolute,
        max_error,
        lattice,
        least,
    })
}

fn read_stored(reader: &mut Reader, body: usize) -> Result<Vec<Stored>> {
    let count = reader.count(MOST_MODELS, "models")?;
    let row = |_| {
        Ok(Stored {
            model: reader.count(MOST_MODELS - 1, "as a model")?,
            bytes: reader.count(body, "bytes of a model")?,
            checksum: reader.u32()?,
        })
    };
    let stored: Vec<Stored> = (0..count).map(row).collect::<Result<_>>()?;
    if count == 0 || !stored.is_sorted_by(|a, b| a.model < b.model) {
        return corrupt(Section::Index, "its models are none, or not in order");
    }
    Ok(stored)
}

fn read_dims(reader: &mut Reader) -> Result<Vec<Dim>> {
    let count = usize::from(reader.byte()?);
    if count == 0 || count > MAX_DIMS {
        return corrupt(
            Section::Index,
            format!("{count} dimensions, 1 to {MAX_DIMS} are possible"),
        );
    }
    let mut dims = Vec::with_capacity(count);
    let (mut samples, mut in_chunk) = (1usize, 1usize);
    for _ in 0..count {
        let length = reader.count(isize::MAX as usize, "samples in a dimension")?;
        let chunk = reader.count(length, "samples in a chunk's dimension")?;
        let name = reader.text()?;
        let product = samples
            .checked_mul(length)
            .filter(|n| n.checked_mul(8).is_some());
        let (Some(product), true) = (product, chunk > 0) else {
            return corrupt(Section::Index, "a shape that cannot be");
        };
        samples = product;
        in_chunk *= chunk;
        dims.push(Dim {
            length,
            chunk,
            name,
        });
    }
    if in_chunk > crate::container::grid::MOST_CHUNK_SAMPLES {
        return corrupt(
            Section::Index,
            format!(
                "chunks of {in_chunk} samples, {} are the most",
                crate::container::grid::MOST_CHUNK_SAMPLES
            ),
        );
    }
    Ok(dims)
}

/// Whether the absolute bound needs no place of its own.
fn keeps_what_is_asked(asked: Bound) -> bool {
    matches!(asked, Bound::Absolute(_) | Bound::Lossless)
}

fn read_size(reader: &mut Reader, what: &str) -> Result<f64> {
    let size = read_finite(reader, what)?;
    if size >= 0.0 {
        Ok(size)
    } else {
        corrupt(Section::Index, format!("{what} is {size}"))
    }
}

fn read_finite(reader: &mut Reader, what: &str) -> Result<f64> {
    let x = reader.f64()?;
    if x.is_finite() {
        Ok(x)
    } else {
        corrupt(Section::Index, format!("{what} is {x}"))
    }
}

/// Appends a bound as it was asked for.
pub(crate) fn put_bound(out: &mut Vec<u8>, bound: Bound) {
    let (kind, asked) = match bound {
        Bound::Absolute(x) => (0, x),
        Bound::RangeRelative(x) => (1, x),
        Bound::PointwiseRelative(x) => (2, x),
        Bound::Psnr(x) => (3, x),
        Bound::Lossless => (4, 0.0),
    };
    out.push(kind);
    out.extend(f64::to_le_bytes(asked));
}

/// Inverse of [`put_bound`].
pub(crate) fn read_bound(reader: &mut Reader) -> Result<Bound> {
    let (kind, asked) = (reader.byte()?, reader.f64()?);
    let bound = match kind {
        0 => Bound::Absolute(asked),
        1 => Bound::RangeRelative(asked),
        2 => Bound::PointwiseRelative(asked),
        3 => Bound::Psnr(asked),
        4 => Bound::Lossless,
        _ => {
            return Err(Error::Unsupported(format!(
                "bound of kind {kind}: install a newer foresz"
            )));
        }
    };
    bound
        .check()
        .or_else(|e| corrupt(Section::Index, e.to_string()))
}

fn read_chunk(reader: &mut Reader, body: usize, choices: usize) -> Result<Chunk> {
    let bytes = reader.count(body, "bytes of a chunk")?;
    let choice = reader.count(choices.saturating_sub(1), "as a choice")?;
    if choices == 0 {
        return corrupt(Section::Index, "chunks without a choice of predictor");
    }
    let backend = Backend::from_id(reader.byte()?)?;
    Ok(Chunk {
        bytes,
        choice,
        backend,
        checksum: reader.u32()?,
    })
}
