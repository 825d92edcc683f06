//! `NetCDF`-4 out, as values come: nothing but texts is held in memory.
//!
//! Written out here because the writers there are build a whole file in memory, several
//! times over, and keep neither the order of variables nor bytes of texts that are not UTF-8.
//! Values lie behind the superblock, and what says where they are behind them.

mod chunks;
mod dense;
mod encode;
mod heap;
mod objects;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::mem;
use std::ops::Range;
use std::path::{Path, PathBuf};

use chunks::Chunks;
use encode::{Layout, NOWHERE, SUPERBLOCK, TEXT};
use heap::Heap;
use objects::Objects;

use crate::dataset::{Dataset, Variable};
use crate::error::{Error, Result};
use crate::region;
use crate::sink::Sink;
use crate::values::Values;

/// Variables smaller than this are not compressed.
const SMALL: usize = 1 << 16;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Level of deflate up to 9, behind a shuffle, for all but small variables.
    pub deflate: Option<u8>,
}

impl Default for Settings {
    /// Level 1: temperatures of ERA5 take 0.39 of their bytes, written at 220 MB/s. Level 2
    /// takes 0.37 of them and twice the time, level 6 0.35 and ten times the time.
    fn default() -> Self {
        Settings { deflate: Some(1) }
    }
}

/// A file that is being written.
pub(super) struct Writer {
    dataset: Dataset,
    objects: Objects,
    path: PathBuf,
    file: File,
    /// Where the next thing without a place goes.
    end: u64,
    variables: Vec<Progress>,
    finished: bool,
}

/// How far a variable is.
struct Progress {
    /// Places along the first dimension.
    rows: usize,
    held: Held,
}

/// Where values go.
enum Held {
    /// To a place that was kept for all of them.
    Block { address: u64, bytes: u64 },
    /// Into chunks, each as soon as it is complete.
    Chunks(Chunks),
    /// Nowhere, until it is known how long all of them are.
    Texts(Vec<String>),
}

/// Where the values of a variable came to lie.
struct Stored {
    address: u64,
    bytes: u64,
    /// Shape of chunks and size of a value; the address is then that of their index.
    chunks: Option<(Vec<usize>, usize)>,
    deflate: Option<u8>,
}

impl Writer {
    pub(super) fn create(path: &Path, dataset: &Dataset, settings: Settings) -> Result<Self> {
        let objects = Objects::of(dataset)?;
        let mut end = SUPERBLOCK;
        let mut variables = Vec::new();
        for variable in &dataset.variables {
            let held = held(dataset, variable, settings, &mut end)?;
            variables.push(Progress { rows: 0, held });
        }
        // Refuses what does not fit before anything is written.
        let nowhere = |_| (encode::EMPTY, None);
        let addresses = vec![NOWHERE; objects.len()];
        objects.headers(dataset, &nowhere, &addresses, &mut Heap::new(0))?;
        Ok(Writer {
            dataset: dataset.clone(),
            objects,
            path: path.into(),
            file: File::create(path)?,
            end,
            variables,
            finished: false,
        })
    }

    fn check(&self, variable: usize, region: &[Range<usize>], values: &Values) -> Result<()> {
        let (Some(of), Some(progress)) = (
            self.dataset.variables.get(variable),
            self.variables.get(variable),
        ) else {
            return Err(Error::Invalid(format!("there is no variable {variable}")));
        };
        let shape = self.dataset.shape(of);
        region::check(region, &shape)?;
        let whole = region
            .iter()
            .zip(&shape)
            .skip(1)
            .all(|(r, n)| r.len() == *n);
        let start = region.first().map_or(0, |r| r.start);
        let count: usize = region.iter().map(Range::len).product();
        if !whole || start != progress.rows || values.kind() != of.kind || values.len() != count {
            return Err(Error::Invalid(format!(
                "{} {} values at {region:?} are not the next part of {}, \
                 which is {} of shape {shape:?}, complete up to {}",
                values.len(),
                values.kind().name(),
                of.name,
                of.kind.name(),
                progress.rows,
            )));
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        append(&mut self.file, &mut self.end, bytes)
    }

    fn store(&mut self, variable: usize, held: Held) -> Result<Stored> {
        let of = &self.dataset.variables[variable];
        let shape = self.dataset.shape(of);
        let (chunks, deflate) = match held {
            Held::Block { address, bytes } => return Ok(Stored::block(address, bytes)),
            Held::Chunks(mut chunks) => {
                let fill = of.attribute("_FillValue").and_then(objects::bytes);
                let (file, end) = (&mut self.file, &mut self.end);
                chunks.fill_up(&fill.unwrap_or_default(), |chunk| append(file, end, chunk))?;
                let deflate = chunks.deflate;
                (chunks, deflate)
            }
            Held::Texts(texts) => {
                let growing = is_growing(&self.dataset, of);
                let mut heap = Heap::new(self.end);
                let references = objects::references(&texts, &mut heap)?;
                self.append(&heap.into_bytes())?;
                let bytes = references.len();
                let address = if bytes == 0 {
                    NOWHERE
                } else {
                    self.append(&references)?
                };
                if !growing {
                    return Ok(Stored::block(address, bytes as u64));
                }
                let all = shape.iter().map(|n| (*n).max(1)).collect();
                let mut chunks = Chunks::new(all, TEXT, None)?;
                if bytes > 0 {
                    chunks.done(address, bytes);
                }
                (chunks, None)
            }
        };
        let address = match chunks.index(self.end, &shape) {
            Some(index) => self.append(&index)?,
            None => NOWHERE,
        };
        Ok(Stored {
            address,
            bytes: 0,
            chunks: Some((chunks.shape, chunks.value)),
            deflate,
        })
    }

    /// Writes what says where the values are.
    fn describe(&mut self, stored: &[Stored]) -> Result<()> {
        let place = |id: usize| stored[id].place();
        let mut addresses = vec![0; self.objects.len()];
        let mut heap = Heap::new(self.end);
        let headers = self
            .objects
            .headers(&self.dataset, &place, &addresses, &mut heap)?;
        let mut next = self.end + aligned(heap.into_bytes().len());
        for (address, header) in addresses.iter_mut().zip(&headers) {
            *address = next;
            next += aligned(header.len());
        }
        let mut heap = Heap::new(self.end);
        let headers = self
            .objects
            .headers(&self.dataset, &place, &addresses, &mut heap)?;
        self.append(&heap.into_bytes())?;
        for header in headers {
            self.append(&header)?;
        }
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file
            .write_all(&encode::superblock(addresses[0], self.end))?;
        Ok(())
    }
}

impl Stored {
    fn block(address: u64, bytes: u64) -> Self {
        Stored {
            address,
            bytes,
            chunks: None,
            deflate: None,
        }
    }

    fn place(&self) -> objects::Place<'_> {
        let layout = match &self.chunks {
            None => Layout::Block {
                address: self.address,
                bytes: self.bytes,
            },
            Some((shape, value)) => Layout::Chunks {
                index: self.address,
                shape,
                value: *value,
            },
        };
        (layout, self.deflate)
    }
}

impl Sink for Writer {
    fn write(&mut self, variable: usize, region: &[Range<usize>], values: &Values) -> Result<()> {
        self.check(variable, region, values)?;
        let progress = &mut self.variables[variable];
        let rows = region.first().map_or(1, Range::len);
        match &mut progress.held {
            Held::Texts(texts) => {
                if let Values::Text(more) = values {
                    texts.extend_from_slice(more);
                }
            }
            Held::Block { address, .. } => {
                let bytes = objects::bytes(values).unwrap_or_default();
                let before = (bytes.len() / rows) as u64 * progress.rows as u64;
                self.file.seek(SeekFrom::Start(*address + before))?;
                self.file.write_all(&bytes)?;
            }
            Held::Chunks(chunks) => {
                let bytes = objects::bytes(values).unwrap_or_default();
                let (file, end) = (&mut self.file, &mut self.end);
                chunks.push(&bytes, |chunk| append(file, end, chunk))?;
            }
        }
        progress.rows += rows;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let all = self.dataset.variables.iter().zip(&self.variables);
        for (variable, progress) in all {
            let shape = self.dataset.shape(variable);
            let rows = shape.first().copied().unwrap_or(1);
            if !shape.contains(&0) && progress.rows < rows {
                return Err(Error::Invalid(format!(
                    "{} is complete only up to {} of {rows}",
                    variable.name, progress.rows
                )));
            }
        }
        let mut stored = Vec::new();
        for (id, progress) in mem::take(&mut self.variables).into_iter().enumerate() {
            stored.push(self.store(id, progress.held)?);
        }
        self.describe(&stored)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody is left to tell if it stays.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn held(dataset: &Dataset, variable: &Variable, settings: Settings, end: &mut u64) -> Result<Held> {
    let Some(value) = variable.kind.bytes() else {
        return Ok(Held::Texts(Vec::new()));
    };
    let shape = dataset.shape(variable);
    let bytes = shape.iter().try_fold(value, |n, l| n.checked_mul(*l));
    let bytes = bytes.ok_or_else(|| {
        let (name, most) = (&variable.name, usize::MAX);
        Error::Unsupported(format!("{name} has more than the {most} bytes that fit"))
    })?;
    let deflate = settings
        .deflate
        .filter(|_| bytes >= SMALL && !shape.is_empty());
    if deflate.is_some() || is_growing(dataset, variable) {
        let chunks = Chunks::new(chunks::shape(&shape, value), value, deflate)?;
        return Ok(Held::Chunks(chunks));
    }
    let bytes = bytes as u64;
    let address = if bytes == 0 { NOWHERE } else { *end };
    *end += bytes.next_multiple_of(8);
    Ok(Held::Block { address, bytes })
}

fn is_growing(dataset: &Dataset, variable: &Variable) -> bool {
    let mut along = variable.dimensions.iter();
    along.any(|d| dataset.dimensions[*d].unlimited)
}

fn append(file: &mut File, end: &mut u64, bytes: &[u8]) -> Result<u64> {
    let address = *end;
    file.seek(SeekFrom::Start(address))?;
    file.write_all(bytes)?;
    *end += aligned(bytes.len());
    Ok(address)
}

fn aligned(bytes: usize) -> u64 {
    (bytes as u64).next_multiple_of(8)
}
