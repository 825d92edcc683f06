//! More of the same at the end of a stream.

use std::io::Write;
use std::ops::Range;

use foresz_files::{Source, Values};

use super::builder::Builder;
use super::coder::{Coder, WRITER};
use super::job::{Job, named};
use super::join::{goes_on, growing, matches, place};
use super::plan::VariablePlan;
use super::reader::DatasetReader;
use super::schedule::{self, Due};
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
        let mut added = ours.clone();
        added.dimensions[along].length = more;
        let (mut jobs, mut places) = (Vec::new(), Vec::new());
        for (v, position) in positions.into_iter().enumerate() {
            if let Some(d) = place(&ours.variables[v], along) {
                let old = &stream.directory.entries[v];
                let plan = VariablePlan::going_on(old, (&added, &added.variables[v]), d, before);
                jobs.push(Job::new(self, (&added, v), (plan, 0), source, position)?);
                places.push((v, d));
            }
        }
        let mut directory = stream.directory.clone();
        directory.writer = WRITER.into();
        directory.dataset.dimensions[along].length = before + more;
        let mut builder = Builder::go_on(sink, stream.bytes());
        let mut pieces = vec![Vec::new(); jobs.len()];
        let all = jobs.iter().enumerate();
        let due =
            all.flat_map(|(job, j)| (0..j.plan.asked.len()).map(move |piece| Due { job, piece }));
        let due: Vec<Due> = due.collect();
        schedule::run(self.options.threads, &jobs, &due, source, |due, coded| {
            for (task, coded) in due.iter().zip(coded) {
                pieces[task.job].push(coded.put(&mut builder)?);
            }
            Ok(())
        })?;
        for ((job, (v, d)), pieces) in jobs.iter().zip(places).zip(pieces) {
            let old = &stream.directory.entries[v];
            directory.entries[v] = job.plan.added_to(old, pieces, d, before);
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
                "{name} differs between the added data and the stream"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use foresz_files::{Dataset, Dimension, Kind, Memory, Variable};
    use ndarray::{ArrayD, IxDyn};

    use super::super::Recipe;
    use super::super::directory::Entry;
    use super::*;
    use crate::bound::Bound;
    use crate::field::compress::compress;
    use crate::options::Options;

    const NAMES: [&str; 3] = ["level", "time", "x"];

    fn options(threads: usize) -> Options {
        Options::new(Bound::Absolute(0.01)).threads(threads)
    }

    /// Some hours of a wave on two levels; time is not the first dimension.
    fn wave(hours: Range<usize>) -> Memory {
        let lengths = [2, hours.len(), 300];
        let dimension = |(name, length): (&str, usize)| Dimension {
            name: name.into(),
            length,
            unlimited: name == "time",
        };
        let variable = |name: &str, dimensions: &[usize]| Variable {
            name: name.into(),
            kind: Kind::F32,
            dimensions: dimensions.into(),
            attributes: Vec::new(),
        };
        let dataset = Dataset {
            dimensions: NAMES.into_iter().zip(lengths).map(dimension).collect(),
            attributes: Vec::new(),
            variables: vec![
                variable("data", &[0, 1, 2]),
                variable("other", &[1, 2]),
                variable("time", &[1]),
            ],
        };
        let rows = |level: usize| {
            let hours = hours.clone();
            hours
                .flat_map(move |t| (0..300).map(move |x| (0.05 * (x + 3 * t * level) as f32).sin()))
        };
        let values = [
            rows(1).chain(rows(2)).collect(),
            rows(3).collect(),
            hours.clone().map(|t| t as f32).collect(),
        ];
        Memory::new(dataset, values.map(Values::F32).into()).unwrap()
    }

    /// The bytes of the last piece of each variable.
    fn last_pieces(reader: &DatasetReader<Vec<u8>>) -> Vec<Vec<u8>> {
        let bytes = |entry: &Entry| {
            let window = reader.window(entry.pieces.last().unwrap()).unwrap();
            window.read(0..window.size()).unwrap().into_owned()
        };
        reader.directory.entries.iter().map(bytes).collect()
    }

    fn compressed(coder: &Coder, hours: Range<usize>) -> DatasetReader<Vec<u8>> {
        let mut stream = Vec::new();
        coder.compress(&mut wave(hours), &mut stream).unwrap();
        DatasetReader::open(stream).unwrap()
    }

    #[test]
    fn what_is_added_is_coded_as_if_it_were_alone() {
        let recipes = ["data", "other"].map(|name| Recipe::new(name, Bound::Absolute(0.01)));
        let alone = compressed(&Coder::new(&recipes, options(1)), 7..12);
        for threads in [1, 3] {
            let coder = Coder::new(&recipes, options(threads));
            let reader = compressed(&coder, 0..7);
            let mut stream = reader.store.clone();
            let mut source = wave(7..12);
            coder
                .append(&reader, &mut source, None, &mut stream)
                .unwrap();
            let grown = DatasetReader::open(stream).unwrap();
            assert_eq!(last_pieces(&grown), last_pieces(&alone));
        }
        // And as the same numbers without any file.
        let mut source = wave(7..12);
        let Values::F32(values) = source.read(0, &[0..2, 0..5, 0..300]).unwrap() else {
            panic!("data is no longer f32");
        };
        let field = ArrayD::from_shape_vec(IxDyn(&[2, 5, 300]), values).unwrap();
        let field = compress(field.view(), &options(1).dims(NAMES)).unwrap();
        assert_eq!(last_pieces(&alone)[0], field.bytes);
    }
}
