//! Streams joined to one, as they are.

use std::io::Write;
use std::ops::Range;

use foresz_files::Dataset;

use super::builder::Builder;
use super::coder::WRITER;
use super::cuts::Cuts;
use super::directory::{Directory, Entry, Piece, Storage};
use super::join::{goes_on, growing, matches, place};
use super::reader::DatasetReader;
use super::view::View;
use crate::error::{Result, invalid};
use crate::field::decompress::Decompressor;
use crate::store::Store;

/// Bytes copied at a time.
const AT_ONCE: u64 = 1 << 24;

/// Joins streams along one dimension, time if there is one, without decoding them: pieces
/// are copied. Their variables have to be the same but for their lengths along it. Returns
/// the bytes written.
pub fn join<S: Store>(
    streams: &[DatasetReader<S>],
    along: Option<&str>,
    sink: &mut dyn Write,
) -> Result<u64> {
    let Some((first, others)) = streams.split_first() else {
        return invalid("there is nothing to join");
    };
    let along = growing(&first.directory.dataset, along)?;
    let mut builder = Builder::start(sink)?;
    let mut directory = copied(first, &mut builder)?;
    for (before, other) in streams.iter().zip(others) {
        check(&directory, before, other, along)?;
        let more = copied(other, &mut builder)?;
        add(&mut directory, &more, along)?;
    }
    directory.writer = WRITER.into();
    builder.close(&directory)?;
    Ok(builder.bytes())
}

/// The directory of a stream whose pieces were copied.
fn copied<S: Store>(stream: &DatasetReader<S>, builder: &mut Builder) -> Result<Directory> {
    let mut directory = stream.directory.clone();
    for piece in directory.entries.iter_mut().flat_map(|e| &mut e.pieces) {
        *piece = copy(stream, piece, builder)?;
    }
    Ok(directory)
}

/// Copies a piece.
pub(crate) fn copy<S: Store>(
    stream: &DatasetReader<S>,
    piece: &Piece,
    builder: &mut Builder,
) -> Result<Piece> {
    let window = stream.window(piece)?;
    let offset = builder.bytes();
    let mut start = 0;
    while start < window.size() {
        let end = (start + AT_ONCE).min(window.size());
        builder.put(&window.read(start..end)?)?;
        start = end;
    }
    Ok(Piece { offset, ..*piece })
}

/// Refuses a stream that does not go on where the one before ends.
fn check<S: Store>(
    so_far: &Directory,
    before: &DatasetReader<S>,
    other: &DatasetReader<S>,
    along: usize,
) -> Result<()> {
    let ours = &so_far.dataset;
    let theirs = &other.directory.dataset;
    let names = |dataset: &Dataset| -> Vec<String> {
        let dimensions = dataset.dimensions.iter().map(|d| d.name.clone());
        dimensions
            .chain(dataset.variables.iter().map(|v| v.name.clone()))
            .collect()
    };
    let positions = matches(ours, theirs, along)?;
    if names(ours) != names(theirs) {
        return invalid(
            "the streams do not have the same variables and dimensions in the same order",
        );
    }
    for v in positions {
        let variable = &ours.variables[v];
        let name = &variable.name;
        let (a, b) = (&so_far.entries[v], &other.directory.entries[v]);
        if (a.storage, a.packed, a.non_negative, a.keep_zeros)
            != (b.storage, b.packed, b.non_negative, b.keep_zeros)
            && a.storage != Storage::Blobs
        {
            return invalid(format!(
                "{name} is not stored in the same way in all streams"
            ));
        }
        let is_axis = variable.dimensions == [along] && *name == ours.dimensions[along].name;
        let grows = place(variable, along).is_some();
        let whole =
            |shape: Vec<usize>| -> Vec<Range<usize>> { shape.iter().map(|n| 0..*n).collect() };
        let read = |stream: &DatasetReader<S>| {
            let shape = stream
                .directory
                .dataset
                .shape(&stream.directory.dataset.variables[v]);
            stream.read(v, &whole(shape), View::Stored, &Decompressor::default())
        };
        if is_axis && !ours.shape(variable).contains(&0) {
            goes_on(name, &read(before)?, &read(other)?)?;
        } else if !grows
            && b.storage == Storage::Blobs
            && read(before)?.differing(&read(other)?) > 0
        {
            return invalid(format!("{name} is not the same in all streams"));
        }
    }
    Ok(())
}

/// Puts what was copied behind what is there.
fn add(directory: &mut Directory, more: &Directory, along: usize) -> Result<()> {
    let before = directory.dataset.dimensions[along].length;
    directory.dataset.dimensions[along].length += more.dataset.dimensions[along].length;
    let variables = directory.dataset.variables.iter().zip(&more.entries);
    for ((variable, new), entry) in variables.zip(&mut directory.entries) {
        let Some(d) = place(variable, along) else {
            continue;
        };
        let others = |cuts: &Cuts| {
            let others = cuts.ends.iter().enumerate().filter(|(k, _)| *k != d);
            others.map(|(_, ends)| ends.clone()).collect::<Vec<_>>()
        };
        if others(&entry.cuts) != others(&new.cuts) {
            return invalid(format!(
                "{}: its bounds differ from place to place, and the streams cut it at different places, so they cannot be joined",
                variable.name
            ));
        }
        *entry = behind(entry, new, d, before);
    }
    Ok(())
}

/// Two entries as one.
fn behind(first: &Entry, second: &Entry, d: usize, before: usize) -> Entry {
    let mut entry = first.clone();
    let ends = second.cuts.ends[d].iter().map(|end| before + end);
    entry.cuts.ends[d].extend(ends);
    let (mut old, mut new) = (first.pieces.iter(), second.pieces.iter());
    entry.pieces = Vec::new();
    for i in 0..entry.cuts.count().unwrap_or(0) {
        let is_new = entry.cuts.piece(i)[d].start >= before;
        entry
            .pieces
            .extend(if is_new { new.next() } else { old.next() });
    }
    entry
}
