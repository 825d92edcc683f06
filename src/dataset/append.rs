//! More of the same at the end of a stream.

use std::io::Write;
use std::ops::Range;

use foresz_files::{Source, Values};

use super::axes::Axes;
use super::builder::Builder;
use super::coder::{Coder, Job, WRITER, named};
use super::directory::{Directory, Piece};
use super::join::{goes_on, growing, matches, place};
use super::packing::Packing;
use super::reader::DatasetReader;
use super::recipe::{Plan, Recipe, cuts};
use super::spans;
use super::view::View;
use crate::bound::Bound;
use crate::error::{Result, invalid};
use crate::field::decompress::Decompressor;
use crate::store::Store;

impl Coder<'_> {
    /// Adds what a source has to a stream: its variables have to be those of the stream, and
    /// go on along one dimension, time if there is one. Bounds are those of the stream. The
    /// sink has to stand at the [end](DatasetReader::bytes) of the stream; until all is
    /// written, and if it never is, the stream reads as before.
    ///
    /// Returns the bytes of the stream as it is now.
    pub fn append<S: Store>(
        &self,
        stream: &DatasetReader<S>,
        source: &mut dyn Source,
        along: Option<&str>,
        sink: &mut dyn Write,
    ) -> Result<u64> {
        let ours = &stream.directory.dataset;
        let theirs = source.dataset().clone();
        let along = growing(ours, along)?;
        let positions = matches(ours, &theirs, along)?;
        compare(stream, source, &positions, along)?;
        let (before, more) = (ours.dimensions[along].length, {
            let name = &ours.dimensions[along].name;
            let found = theirs.dimensions.iter().find(|d| d.name == *name);
            found.map_or(0, |d| d.length)
        });
        if more == 0 {
            return invalid("there is nothing to add");
        }
        let mut directory = stream.directory.clone();
        directory.writer = WRITER.into();
        directory.dataset.dimensions[along].length = before + more;
        let mut builder = Builder::go_on(sink, stream.bytes());
        for (v, position) in positions.into_iter().enumerate() {
            if let Some(d) = place(&ours.variables[v], along) {
                let added = Added {
                    coder: self,
                    directory: &stream.directory,
                    variable: v,
                    position,
                    dimension: d,
                    places: before..before + more,
                };
                let entry = added.code(source, &mut builder)?;
                directory.entries[v] = entry;
            }
        }
        builder.close(&directory)?;
        Ok(builder.bytes())
    }
}

/// Refuses coordinates that are not the same, or do not go on.
fn compare<S: Store>(
    stream: &DatasetReader<S>,
    source: &mut dyn Source,
    positions: &[usize],
    along: usize,
) -> Result<()> {
    let ours = stream.dataset(View::Stored);
    let theirs = source.dataset().clone();
    for (v, position) in positions.iter().enumerate() {
        let variable = &ours.variables[v];
        let name = &variable.name;
        let is_axis = variable.dimensions == [along] && *name == ours.dimensions[along].name;
        let grows = place(variable, along).is_some();
        if grows && !is_axis {
            continue;
        }
        let whole =
            |shape: Vec<usize>| -> Vec<Range<usize>> { shape.iter().map(|n| 0..*n).collect() };
        let (a, b) = (
            whole(ours.shape(variable)),
            whole(theirs.shape(&theirs.variables[*position])),
        );
        if a.iter().chain(&b).any(Range::is_empty) {
            continue;
        }
        let mine: Values = stream.read(v, &a, View::Stored, &Decompressor::default())?;
        let other = source.read(*position, &b).map_err(|e| named(e, name))?;
        if is_axis {
            goes_on(name, &mine, &other)?;
        } else if stream.directory.entries[v]
            .pieces
            .iter()
            .all(|p| p.asked == Bound::Lossless)
            && mine.differing(&other) > 0
        {
            return invalid(format!(
                "{name} of what is to be added is not that of the stream"
            ));
        }
    }
    Ok(())
}

/// A variable that more is added to.
struct Added<'a> {
    coder: &'a Coder<'a>,
    directory: &'a Directory,
    variable: usize,
    position: usize,
    dimension: usize,
    places: Range<usize>,
}

impl Added<'_> {
    /// Codes what is added; the entry with it and with what was there before.
    fn code(
        &self,
        source: &mut dyn Source,
        builder: &mut Builder,
    ) -> Result<super::directory::Entry> {
        let before = &self.directory.entries[self.variable];
        let variable = &self.directory.dataset.variables[self.variable];
        let mut dataset = self.directory.dataset.clone();
        dataset.dimensions[variable.dimensions[self.dimension]].length = self.places.len();
        let mut plan = Plan {
            storage: before.storage,
            packing: Packing::of(variable).filter(|_| before.packed),
            cuts: cuts(before.storage, variable, &dataset.shape(variable)),
            is_asked_for: before.pieces.iter().any(|p| p.asked != Bound::Lossless),
            recipe: Recipe {
                non_negative: before.non_negative,
                keep_zeros: before.keep_zeros,
                ..Recipe::new(&variable.name, Bound::Lossless)
            },
        };
        // Along the others pieces end where they do.
        for (d, ends) in before.cuts.ends.iter().enumerate() {
            if d != self.dimension {
                plan.cuts.ends[d].clone_from(ends);
            }
        }
        let mut entry = before.clone();
        let start = self.places.start;
        let new_ends = plan.cuts.ends[self.dimension].iter().map(|end| start + end);
        entry.cuts.ends[self.dimension].extend(new_ends);
        let asked: Vec<Bound> = (0..plan.cuts.count().unwrap_or(0))
            .map(|i| self.bound_of(&plan.cuts.piece(i)))
            .collect();
        let span = spans::needed(&plan, &asked, self.position, source)?;
        let job = Job {
            coder: self.coder,
            dataset: &dataset,
            variable,
            position: self.position,
            span,
            axes: Axes::of(&self.coder.options, &plan, self.position, source)?,
            plan: &plan,
        };
        let mut added = Vec::new();
        for (i, asked) in asked.into_iter().enumerate() {
            let piece = plan.cuts.piece(i);
            let values = source.read(self.position, &piece);
            let values = values.map_err(|e| named(e, &variable.name))?;
            let coded = job.piece(&values, &piece, asked)?;
            added.push(Piece {
                blob: coded.blob,
                offset: builder.put(&coded.bytes)?,
                bytes: coded.bytes.len() as u64,
                asked,
            });
        }
        let mut pieces = Vec::new();
        let (mut old, mut new) = (before.pieces.iter(), added.iter());
        for i in 0..entry.cuts.count().unwrap_or(0) {
            let is_new = entry.cuts.piece(i)[self.dimension].start >= start;
            pieces.extend(if is_new { new.next() } else { old.next() });
        }
        entry.pieces = pieces;
        Ok(entry)
    }

    /// The bound of what lies before a new piece.
    fn bound_of(&self, piece: &[Range<usize>]) -> Bound {
        let before = &self.directory.entries[self.variable];
        let mut place = piece.to_vec();
        let last = self.places.start.saturating_sub(1);
        place[self.dimension] = last..self.places.start;
        let touched = before.cuts.touching(&place);
        let found = touched.last().and_then(|i| before.pieces.get(*i));
        found.map_or(Bound::Lossless, |piece| piece.asked)
    }
}
