//! From a data set's stream to values.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foresz_files::{Dataset, Kind, Values, each_values};
use foresz_predictors::Sample;

use super::about::{VariableInfo, each_once};
use super::blob;
use super::directory::{Directory, Piece, Storage};
use super::opening;
use super::packing::{Packing, put_down};
use super::plan::{PIECE_BYTES, TEXT_BYTES};
use super::view::{View, show};
use crate::bound::Bound;
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::field::decompress::Decompressor;
use crate::field::info::{Info, inspect};
use crate::store::{Store, Window};
use crate::threads;

/// The stream of a data set, open for reading. It is read in parts, and no more of it than
/// what is asked for.
pub struct DatasetReader<S> {
    pub(crate) store: S,
    /// How much of the store is the data set: all of it, unless something went wrong behind.
    bytes: u64,
    pub(crate) directory: Directory,
}

impl<S: Store> DatasetReader<S> {
    /// Opens a data set. The stream of a single field is one too, of a variable called
    /// `data`.
    ///
    /// If adding to it was interrupted, what was there before is opened, and
    /// [`lost`](Self::lost) says so.
    pub fn open(store: S) -> Result<Self> {
        let (directory, bytes) = opening::last(&store)?;
        if directory.unfinished.is_some() {
            return invalid("the stream was never finished: compress the data again");
        }
        Ok(DatasetReader {
            store,
            bytes,
            directory,
        })
    }

    /// Bytes of the stream.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes behind the stream, of something that was interrupted.
    pub fn lost(&self) -> u64 {
        self.store.size() - self.bytes
    }

    /// Whether it is the stream of a single field, which nothing was added to.
    pub fn is_single_field(&self) -> bool {
        // Only those do not say who wrote them.
        self.directory.writer.is_empty()
    }

    /// Program and version that wrote it.
    pub fn writer(&self) -> &str {
        &self.directory.writer
    }

    /// What is in it.
    pub fn dataset(&self, view: View) -> Dataset {
        let zeros = |v: usize| {
            let entry = &self.directory.entries[v];
            entry.packed.then(|| entry.shows_zeros())
        };
        view.of(&self.directory.dataset, zeros)
    }

    /// Whether a variable can be shown as it was stored in the source. A packed one cannot if
    /// it was compressed unpacked.
    pub fn keeps_stored(&self, variable: usize) -> bool {
        let entry = self.directory.entries.get(variable);
        entry.is_some_and(|entry| entry.storage != Storage::Unpacked)
    }

    /// Bounds as they were asked for of a variable, each once.
    pub fn asked(&self, variable: usize) -> Vec<Bound> {
        let entry = self.directory.entries.get(variable);
        each_once(entry.iter().flat_map(|e| &e.pieces).map(|p| &p.asked))
    }

    /// Shape of the chunks of a variable, if it is coded in streams: the first tells that of all.
    pub fn chunk(&self, variable: usize) -> Result<Option<Vec<usize>>> {
        let entry = self.directory.entries.get(variable);
        let mut pieces = entry.iter().flat_map(|entry| &entry.pieces);
        let Some(piece) = pieces.find(|piece| !piece.blob) else {
            return Ok(None);
        };
        Ok(Some(inspect(&self.window(piece)?)?.chunk))
    }

    /// Where the parts end that a variable is decoded in, along each of its dimensions: the
    /// chunks of its streams, and blobs as a whole.
    pub fn chunk_ends(&self, variable: usize) -> Result<Vec<Vec<usize>>> {
        let Some(entry) = self.directory.entries.get(variable) else {
            return invalid(format!("there is no variable {variable}"));
        };
        let whole = || vec![usize::MAX; entry.cuts.ends.len()];
        let chunk = self.chunk(variable)?.unwrap_or_else(whole);
        let parts = |(ends, chunk): (&Vec<usize>, usize)| {
            let starts = [0].into_iter().chain(ends.iter().copied());
            let pieces = starts.zip(ends);
            pieces
                .flat_map(|(start, end)| {
                    let inside = (start..*end).step_by(chunk.max(1)).skip(1);
                    inside.chain([*end])
                })
                .collect()
        };
        Ok(entry.cuts.ends.iter().zip(chunk).map(parts).collect())
    }

    /// Values of a part of a variable: one range per dimension, none of them empty.
    pub fn read(
        &self,
        variable: usize,
        region: &[Range<usize>],
        view: View,
        decoder: &Decompressor,
    ) -> Result<Values> {
        let Some(about) = self.directory.dataset.variables.get(variable) else {
            return invalid(format!("there is no variable {variable}"));
        };
        let shape = self.directory.dataset.shape(about);
        let entry = &self.directory.entries[variable];
        let inside =
            |(range, n): (&Range<usize>, &usize)| range.start < range.end && range.end <= *n;
        if region.len() != shape.len() || !region.iter().zip(&shape).all(inside) {
            return invalid(format!(
                "the region {region:?} is empty or leaves {}, which has the shape {shape:?}",
                about.name
            ));
        }
        let kind = match entry.storage {
            Storage::Unpacked if view == View::Stored => {
                return invalid(format!(
                    "{} was compressed unpacked (under a relative bound, or because its integers are wide or out of order): packing it again would break the bound",
                    about.name
                ));
            }
            Storage::Unpacked => Packing::of(about).map_or(about.kind, |packing| packing.to),
            _ => about.kind,
        };
        let values = self.stored(variable, kind, region, decoder)?;
        if entry.packed && view == View::Unpacked && entry.storage != Storage::Unpacked {
            show(about, values, entry.shows_zeros())
        } else {
            Ok(values)
        }
    }

    /// Parts that a region of a variable can be read in one after the other: runs along its
    /// first dimension, as short as memory wants them, that end where pieces or chunks do. None
    /// where there are no values.
    pub fn slabs(
        &self,
        variable: usize,
        region: &[Range<usize>],
        decoder: &Decompressor,
    ) -> Vec<Vec<Range<usize>>> {
        let Some((first, rest)) = region.split_first() else {
            return vec![Vec::new()];
        };
        if region.iter().any(Range::is_empty) {
            return Vec::new();
        }
        let width = self.directory.dataset.variables.get(variable);
        let width = width.and_then(|v| v.kind.bytes()).unwrap_or(TEXT_BYTES);
        let places: usize = rest.iter().map(ExactSizeIterator::len).product();
        let bytes = PIECE_BYTES * threads::count(decoder.threads).div_ceil(2);
        // Unpacked they may be wider.
        let most = (bytes / width.max(4) / places.max(1)).max(1);
        let ends = self.ends(variable);
        let mut slabs = Vec::new();
        let mut start = first.start;
        while start < first.end {
            let limit = start.saturating_add(most).min(first.end);
            let within = &ends[..ends.partition_point(|end| *end <= limit)];
            let whole = within
                .last()
                .filter(|end| limit < first.end && **end > start);
            let run = start..*whole.unwrap_or(&limit);
            start = run.end;
            slabs.push(std::iter::once(run).chain(rest.iter().cloned()).collect());
        }
        slabs
    }

    /// Where pieces of a variable end along its first dimension, or where chunks do if it is
    /// a single field, which is one piece.
    fn ends(&self, variable: usize) -> Vec<usize> {
        let Some(entry) = self.directory.entries.get(variable) else {
            return Vec::new();
        };
        let ends = entry.cuts.ends.first().cloned().unwrap_or_default();
        if !self.is_single_field() {
            return ends;
        }
        let chunk = self.chunk(variable).ok().flatten();
        let chunk = chunk.and_then(|chunk| chunk.first().copied());
        match (chunk, ends.as_slice()) {
            (Some(chunk), [end]) if chunk > 0 => {
                (chunk..*end).step_by(chunk).chain([*end]).collect()
            }
            _ => ends,
        }
    }

    /// Values as they are in pieces.
    fn stored(
        &self,
        variable: usize,
        kind: Kind,
        region: &[Range<usize>],
        decoder: &Decompressor,
    ) -> Result<Values> {
        let entry = &self.directory.entries[variable];
        let touched = entry.cuts.touching(region);
        if let [i] = touched.as_slice() {
            return self.of_piece((variable, *i), kind, region, decoder);
        }
        let shape: Vec<usize> = region.iter().map(ExactSizeIterator::len).collect();
        let all = Mutex::new(Values::zeros(kind, 0));
        let put = |k: usize| {
            let part = entry.cuts.piece(touched[k]);
            let shared =
                |(a, b): (&Range<usize>, &Range<usize>)| a.start.max(b.start)..a.end.min(b.end);
            let wanted: Vec<Range<usize>> = region.iter().zip(&part).map(shared).collect();
            let values = self.of_piece((variable, touched[k]), kind, &wanted, decoder)?;
            let (_, to) = within(region, &wanted);
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            if all.is_empty() {
                // Now that a piece has proved to be there.
                *all = zeros(kind, shape.iter().product())?;
            }
            all.place(&shape, &to, &values).map_err(misfit)
        };
        threads::map(decoder.threads, touched.len(), put)?;
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Values of a part of a piece that is a blob, as the source stores them.
    pub(crate) fn of_blob(
        &self,
        variable: usize,
        i: usize,
        wanted: &[Range<usize>],
    ) -> Result<Values> {
        let entry = &self.directory.entries[variable];
        let kind = self.directory.dataset.variables[variable].kind;
        let window = self.window(&entry.pieces[i])?;
        let (shape, local) = within(&entry.cuts.piece(i), wanted);
        let bytes = window.read(0..window.size())?;
        let values = blob::read(&bytes, kind, shape.iter().product())?;
        values.region(&shape, &local).map_err(misfit)
    }

    /// Values of a part of a variable's piece.
    fn of_piece(
        &self,
        (variable, i): (usize, usize),
        kind: Kind,
        wanted: &[Range<usize>],
        decoder: &Decompressor,
    ) -> Result<Values> {
        let entry = &self.directory.entries[variable];
        let storage = entry.storage;
        if entry.pieces[i].blob {
            let values = self.of_blob(variable, i, wanted)?;
            if storage != Storage::Unpacked {
                return Ok(values);
            }
            let about = &self.directory.dataset.variables[variable];
            return show(about, values, entry.shows_zeros());
        }
        let window = self.window(&entry.pieces[i])?;
        let (shape, local) = within(&entry.cuts.piece(i), wanted);
        let info = inspect(&window)?;
        if info.shape != shape {
            return corrupt(
                Section::Directory,
                "a piece has another shape than it should",
            );
        }
        match storage {
            Storage::Integers if kind.bytes() <= Some(2) => {
                let values = samples::<f32>(&window, &local, decoder)?;
                put_down(values.into_iter().map(f64::from), kind)
            }
            Storage::Integers => {
                put_down(samples::<f64>(&window, &local, decoder)?.into_iter(), kind)
            }
            _ if kind == Kind::F32 => Ok(Values::F32(samples(&window, &local, decoder)?)),
            _ => Ok(Values::F64(samples(&window, &local, decoder)?)),
        }
    }

    pub(crate) fn window(&self, piece: &Piece) -> Result<Window<'_>> {
        Window::new(&self.store, piece.offset, piece.bytes)
    }

    /// What became of a variable.
    pub fn about(&self, variable: usize) -> Result<VariableInfo> {
        let (Some(about), Some(entry)) = (
            self.directory.dataset.variables.get(variable),
            self.directory.entries.get(variable),
        ) else {
            return invalid(format!("there is no variable {variable}"));
        };
        let streams = self.streams(variable)?;
        let dataset = &self.directory.dataset;
        Ok(VariableInfo::new(about, entry, dataset, &streams))
    }

    /// What each piece of a variable that is coded in streams says of itself.
    pub fn streams(&self, variable: usize) -> Result<Vec<Info>> {
        let Some(entry) = self.directory.entries.get(variable) else {
            return invalid(format!("there is no variable {variable}"));
        };
        let streams = entry.pieces.iter().filter(|piece| !piece.blob);
        let info = |piece| inspect(&self.window(piece)?);
        streams.map(info).collect()
    }
}

/// The shape of a piece, and where a part of the variable is in it.
fn within(piece: &[Range<usize>], wanted: &[Range<usize>]) -> (Vec<usize>, Vec<Range<usize>>) {
    let shape = piece.iter().map(ExactSizeIterator::len).collect();
    let pairs = wanted.iter().zip(piece);
    let local = pairs.map(|(w, p)| w.start - p.start..w.end - p.start);
    (shape, local.collect())
}

/// So many zeros, if memory has room for them: a directory can claim any shape.
fn zeros(kind: Kind, count: usize) -> Result<Values> {
    let mut values = Values::zeros(kind, 0);
    let reserved = each_values!(&mut values, v => {
        v.try_reserve_exact(count).map(|()| v.resize_with(count, Default::default))
    });
    match reserved {
        Ok(()) => Ok(values),
        Err(_) => Err(Error::Memory {
            bytes: count.saturating_mul(kind.bytes().unwrap_or(TEXT_BYTES)),
            what: format!("{count} values; read them region by region"),
        }),
    }
}

/// A piece holds something else than the directory says.
fn misfit(error: foresz_files::Error) -> Error {
    Error::Corrupt {
        at: Section::Directory,
        reason: error.to_string(),
    }
}

fn samples<T: Sample>(
    stream: &Window,
    region: &[Range<usize>],
    decoder: &Decompressor,
) -> Result<Vec<T>> {
    let field = decoder.region::<T>(stream, region).map_err(|e| match e {
        // The caller did not choose the type: whoever wrote the stream did.
        Error::Invalid(reason) => Error::Corrupt {
            at: Section::Directory,
            reason,
        },
        other => other,
    })?;
    Ok(field.into_raw_vec_and_offset().0)
}
