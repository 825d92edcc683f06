//! Parts of a stream as streams of their own, as they are.

use std::io::Write;
use std::ops::Range;

use super::blob;
use super::builder::Builder;
use super::cat::copy;
use super::coder::WRITER;
use super::cuts::Cuts;
use super::directory::{Directory, Entry, Piece};
use super::join::{growing, place};
use super::reader::DatasetReader;
use crate::container::used::Used;
use crate::container::{self, HEAD_BYTES, Index};
use crate::error::{Result, invalid};
use crate::field::decompress::starts;
use crate::store::Store;

impl<S: Store> DatasetReader<S> {
    /// The dimension that [`split`](Self::split) goes along, and its length.
    pub fn grows_along(&self, named: Option<&str>) -> Result<(String, usize)> {
        let dataset = &self.directory.dataset;
        let dimension = &dataset.dimensions[growing(dataset, named)?];
        Ok((dimension.name.clone(), dimension.length))
    }

    /// Writes some places along a dimension, time if there is one, as a stream of their own,
    /// without decoding anything: pieces are copied, and parts of pieces where chunks begin
    /// and end there. Returns the bytes written.
    pub fn split(
        &self,
        along: Option<&str>,
        places: Range<usize>,
        sink: &mut dyn Write,
    ) -> Result<u64> {
        let dataset = &self.directory.dataset;
        let along = growing(dataset, along)?;
        let length = dataset.dimensions[along].length;
        if places.is_empty() || places.end > length {
            return invalid(format!(
                "places {} to {} are not among the {length} along {}",
                places.start, places.end, dataset.dimensions[along].name
            ));
        }
        if self.is_single_field() {
            let piece = self.directory.entries[0].pieces[0];
            let bytes = self.part(&piece, 0..length, along, &places)?;
            sink.write_all(&bytes)?;
            sink.flush()?;
            return Ok(bytes.len() as u64);
        }
        let mut builder = Builder::start(sink)?;
        let mut directory = Directory {
            writer: WRITER.into(),
            entries: Vec::new(),
            ..self.directory.clone()
        };
        directory.dataset.dimensions[along].length = places.len();
        for (v, entry) in self.directory.entries.iter().enumerate() {
            let entry = match place(&dataset.variables[v], along) {
                Some(d) => self.cut(v, entry, d, &places, &mut builder)?,
                None => self.whole(entry, &mut builder)?,
            };
            directory.entries.push(entry);
        }
        builder.close(&directory)?;
        Ok(builder.bytes())
    }

    fn whole(&self, entry: &Entry, builder: &mut Builder) -> Result<Entry> {
        let pieces = entry.pieces.iter().map(|piece| copy(self, piece, builder));
        Ok(Entry {
            pieces: pieces.collect::<Result<_>>()?,
            ..entry.clone()
        })
    }

    /// The places of a variable along its dimension `d`.
    fn cut(
        &self,
        v: usize,
        entry: &Entry,
        d: usize,
        places: &Range<usize>,
        builder: &mut Builder,
    ) -> Result<Entry> {
        let mut cuts: Cuts = entry.cuts.clone();
        let inside = entry.cuts.ends[d].iter().filter(|end| **end > places.start);
        let mut ends: Vec<usize> = inside
            .map(|end| (*end).min(places.end) - places.start)
            .collect();
        ends.dedup();
        cuts.ends[d] = ends;
        let mut pieces = Vec::new();
        for (i, piece) in entry.pieces.iter().enumerate() {
            let part = entry.cuts.piece(i);
            let along = &part[d];
            if along.end <= places.start || along.start >= places.end {
                continue;
            }
            if places.start <= along.start && along.end <= places.end {
                pieces.push(copy(self, piece, builder)?);
                continue;
            }
            let bytes = if piece.blob {
                let mut wanted = part.clone();
                wanted[d] = along.start.max(places.start)..along.end.min(places.end);
                blob::write(&self.of_blob(v, i, &wanted)?)?
            } else {
                self.part(piece, along.clone(), d, places)?
            };
            pieces.push(Piece {
                blob: piece.blob,
                offset: builder.put(&bytes)?,
                bytes: bytes.len() as u64,
                asked: piece.asked,
            });
        }
        Ok(Entry {
            cuts,
            pieces,
            ..entry.clone()
        })
    }

    /// Some chunks of a piece, which holds the places `along` of dimension `d`, as a stream.
    fn part(
        &self,
        piece: &Piece,
        along: Range<usize>,
        d: usize,
        places: &Range<usize>,
    ) -> Result<Vec<u8>> {
        let window = self.window(piece)?;
        let index = container::open(&window)?;
        let start = places.start.max(along.start) - along.start;
        let end = places.end.min(along.end) - along.start;
        let chunk = index.dims[d].chunk;
        let fits = |place: usize| place.is_multiple_of(chunk) || place == along.len();
        if !fits(start) || !fits(end) {
            let ends = (1..along.len().div_ceil(chunk)).map(|k| along.start + k * chunk);
            let near: Vec<String> = ends.take(8).map(|end| end.to_string()).collect();
            let more = if near.len() == 8 { ", …" } else { "" };
            let near = match near.as_slice() {
                [] => "cannot be split".into(),
                near => format!("can be split at {}{more}", near.join(", ")),
            };
            return invalid(format!(
                "no chunk begins or ends there: places {} to {} {near}; for other borders, compress with shorter chunks (--keyframe)",
                along.start, along.end
            ));
        }
        if !Used::of(&index).is_empty() {
            return invalid(
                "a learned model coded this piece and may depend on when it begins: split the stream between pieces",
            );
        }
        extract(&window, index, d, start..end)
    }
}

/// Some of the chunks of a stream, as a stream.
fn extract(
    stream: &dyn Store,
    mut index: Index,
    d: usize,
    places: Range<usize>,
) -> Result<Vec<u8>> {
    let grid = index.grid();
    let starts = starts(&index.chunks);
    let (mut out, mut chunks) = (container::head().to_vec(), Vec::new());
    for (i, chunk) in index.chunks.iter().enumerate() {
        let part = &grid.part(i)[d];
        if part.start >= places.start && part.end <= places.end {
            let start = (HEAD_BYTES + starts[i]) as u64;
            out.extend_from_slice(&stream.read(start..start + chunk.bytes as u64)?);
            chunks.push(chunk.clone());
        }
    }
    index.dims[d].length = places.len();
    index.dims[d].chunk = index.dims[d].chunk.min(places.len());
    index.chunks = chunks;
    out.extend(container::closing(&index));
    Ok(out)
}
