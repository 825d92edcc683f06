//! `foresz decompress` of data sets.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use foresz::dataset::{DatasetReader, VariableInfo, View, companions};
use foresz::files::{self, Attribute, Dataset, Sink, Values};
use foresz::{Decompressor, FORMAT_VERSION, Store};
use serde::Serialize;

use super::region::{self, Ranges};
use super::{choice, form, globe, select, source, table};
use crate::args::{Decompress, Format};
use crate::failure::{invalid, while_decoding};
use crate::npy;
use crate::output::{Output, Product, Target, pen};
use crate::progress::Bar;
use crate::summary;
use crate::talk::Talk;

#[derive(Serialize)]
struct Outcome {
    input: String,
    output: String,
    input_bytes: u64,
    /// Of values.
    output_bytes: u64,
    wall_seconds: f64,
    variables: Vec<VariableInfo>,
}

/// Whether a stream is that of a data set, or has to be treated like one: what is asked for
/// has names.
pub(crate) fn wanted(args: &Decompress, stream: &dyn Store) -> bool {
    let named = !args.variable.is_empty() || !args.sel.is_empty() || args.repack;
    let told = args.output.output.as_deref().and_then(form::by_name);
    let format = args.format.or(told);
    if named || matches!(format, Some(Format::Netcdf | Format::Zarr)) {
        return true;
    }
    source::holds_data_set(stream)
}

pub(crate) fn run(args: &Decompress, stream: Box<dyn Store>, talk: &Talk) -> anyhow::Result<()> {
    let reader = source::opened(DatasetReader::open(stream), &args.stream)?;
    extract(args, &reader, talk)
}

/// What of a stream is wanted, and how.
struct Order<'a, S> {
    args: &'a Decompress,
    reader: &'a DatasetReader<S>,
    view: View,
    /// As it is shown.
    dataset: Dataset,
    /// What travels, in the order of the stream.
    variables: Vec<usize>,
    ranges: Ranges,
    /// Dimensions of longitudes, and what is added to them.
    turns: Vec<(usize, f64)>,
    decoder: Decompressor,
}

fn extract<S: Store>(
    args: &Decompress,
    reader: &DatasetReader<S>,
    talk: &Talk,
) -> anyhow::Result<()> {
    let clock = Instant::now();
    if args.preview > 0 || args.best_effort {
        return Err(invalid(
            "--preview and --best-effort are for streams of a single field so far",
        ));
    }
    let view = if args.repack {
        View::Stored
    } else {
        View::Unpacked
    };
    let dataset = reader.dataset(view);
    let wanted = choice::wanted(&dataset, &args.variable, true)?;
    let variables = if args.variable.is_empty() {
        (0..dataset.variables.len()).collect()
    } else {
        companions(&dataset, &wanted)
    };
    let mut ranges = region::whole(&dataset);
    if let Some(text) = &args.region {
        region::narrow(&mut ranges, text, &dataset, &wanted)?;
    }
    let mut turns: Vec<(usize, f64)> = Vec::new();
    for text in &args.sel {
        let (d, turn) = select::narrow(&mut ranges, text, &dataset, reader)?;
        if turns.iter().any(|(other, _)| *other == d) {
            let name = &dataset.dimensions[d].name;
            return Err(invalid(format!("{name} is selected twice")));
        }
        turns.push((d, turn));
    }
    let decoder = Decompressor::default()
        .registry(args.models.registry()?)
        .limits(args.models.limits())
        .threads(args.threads.count());
    let order = Order {
        args,
        reader,
        view,
        dataset,
        variables,
        ranges,
        turns,
        decoder,
    };
    let target = form::target(args)?;
    let format = form::of(args, &target)?;
    let bytes = match format {
        Format::Netcdf | Format::Zarr => order.file(&target, format)?,
        Format::Npy | Format::Raw => order.array(&wanted, &target, format)?,
    };
    let about: Vec<VariableInfo> = wanted
        .iter()
        .map(|v| reader.about(*v))
        .collect::<foresz::Result<_>>()?;
    let outcome = Outcome {
        input: args.stream.display().to_string(),
        output: target.display().to_string(),
        input_bytes: reader.bytes(),
        output_bytes: bytes,
        wall_seconds: clock.elapsed().as_secs_f64(),
        variables: about,
    };
    let remark = format!(
        "{} → {}  {} of values  {:.2} s\n{}",
        outcome.input,
        outcome.output,
        summary::bytes(bytes),
        outcome.wall_seconds,
        table::of_variables(&outcome.variables).trim_end()
    );
    talk.outcome(&outcome, &remark)
}

impl<S: Store> Order<'_, S> {
    fn samples(&self) -> (usize, u64) {
        let variables = self.variables.iter().copied();
        region::samples(&self.dataset, variables, &self.ranges)
    }

    fn target(&self, path: &Path) -> Target {
        Target::new(path, self.args.output.force).reading(self.args.inputs())
    }

    fn bar(&self) -> Option<Bar> {
        let (samples, bytes) = self.samples();
        Bar::new(self.args.loudness.wants_bar(), samples, bytes)
    }

    /// Reads a variable slab by slab.
    fn slabs(
        &self,
        variable: usize,
        mut take: impl FnMut(&Ranges, Values) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let region = region::of(&self.dataset, variable, &self.ranges);
        for slab in self.reader.slabs(variable, &region, &self.decoder) {
            take(&slab, self.read(variable, &slab)?)?;
        }
        Ok(())
    }

    /// Reads a part that may go on beyond the end of an axis around the globe.
    fn read(&self, variable: usize, slab: &Ranges) -> anyhow::Result<Values> {
        let mut values = self.joined(variable, slab)?;
        for (d, turn) in &self.turns {
            if globe::has_longitudes(&self.dataset, variable, *d) {
                let length = self.dataset.dimensions[*d].length;
                values = globe::turned(values, &slab[0], (length, *turn));
            }
        }
        Ok(values)
    }

    fn joined(&self, variable: usize, slab: &Ranges) -> anyhow::Result<Values> {
        let lengths = self.dataset.shape(&self.dataset.variables[variable]);
        let beyond = |k: &usize| slab[*k].end > lengths[*k];
        let Some(k) = (0..slab.len()).find(beyond) else {
            let read = self.reader.read(variable, slab, self.view, &self.decoder);
            return Ok(read.map_err(while_decoding)?);
        };
        let (start, end) = (slab[k].start, slab[k].end);
        let length = lengths[k];
        let part = |range: Range<usize>| {
            let mut part = slab.clone();
            part[k] = range;
            self.joined(variable, &part)
        };
        if start >= length {
            return part(start - length..end - length);
        }
        let (before, after) = (part(start..length)?, part(0..end - length)?);
        let shape: Vec<usize> = slab.iter().map(ExactSizeIterator::len).collect();
        let mut all = Values::zeros(before.kind(), shape.iter().product());
        let mut place: Ranges = shape.iter().map(|n| 0..*n).collect();
        for (range, values) in [
            (0..length - start, before),
            (length - start..end - start, after),
        ] {
            place[k] = range;
            all.place(&shape, &place, &values)
                .map_err(foresz::Error::from)?;
        }
        Ok(all)
    }

    /// Everything as a file of its own kind. Returns the bytes of the values.
    fn file(&self, target: &Path, format: Format) -> anyhow::Result<u64> {
        let dataset = self.shown()?;
        if format == Format::Zarr {
            note_unused(&dataset);
        }
        let product = match format {
            Format::Zarr => Product::folder(&self.target(target))?,
            _ => Product::file(&self.target(target))?,
        };
        let create = |path: &Path| match format {
            Format::Zarr => files::zarr::create(path, &dataset),
            _ => files::netcdf::create(path, &dataset),
        };
        let on_writing = |e| {
            let error = anyhow::Error::from(foresz::Error::from(e));
            error.context(format!("cannot write {}", target.display()))
        };
        let mut sink = {
            let _writing = pen();
            create(&product.path()).map_err(on_writing)?
        };
        let bar = self.bar();
        for (k, v) in self.variables.iter().enumerate() {
            self.copy(*v, k, &mut *sink, bar.as_ref(), on_writing)?;
        }
        {
            let _writing = pen();
            sink.finish().map_err(on_writing)?;
        }
        drop(bar);
        product.finish()?;
        Ok(self.samples().1)
    }

    fn copy(
        &self,
        v: usize,
        to: usize,
        sink: &mut dyn Sink,
        bar: Option<&Bar>,
        on_writing: impl Fn(files::Error) -> anyhow::Error,
    ) -> anyhow::Result<()> {
        let region = region::of(&self.dataset, v, &self.ranges);
        let done = bar.map(Bar::callback);
        self.slabs(v, |slab, values| {
            let place = slab.iter().zip(&region);
            let place: Ranges = place
                .map(|(s, r)| s.start - r.start..s.end - r.start)
                .collect();
            {
                let _writing = pen();
                sink.write(to, &place, &values).map_err(&on_writing)?;
            }
            if let Some(done) = &done {
                done(values.len());
            }
            Ok(())
        })
    }

    /// What is written: the parts of variables, and what was done to them.
    fn shown(&self) -> anyhow::Result<Dataset> {
        let mut dataset = self.dataset.clone();
        for (dimension, range) in dataset.dimensions.iter_mut().zip(&self.ranges) {
            dimension.length = range.len();
        }
        if !self.args.no_provenance {
            for v in &self.variables {
                let about = self.reader.about(*v)?;
                if !about.is_lossless() {
                    let attributes = &mut dataset.variables[*v].attributes;
                    provenance(&about, self.reader.writer(), attributes);
                }
            }
        }
        if self.args.variable.is_empty() {
            return Ok(dataset);
        }
        Ok(foresz::dataset::subset(&dataset, &self.variables))
    }

    /// The values of the only variable and nothing else. Returns their bytes.
    fn array(&self, wanted: &[usize], target: &Path, format: Format) -> anyhow::Result<u64> {
        let [v] = wanted else {
            return Err(invalid(
                "a .npy file or raw samples hold one variable: name it with -v, or write .nc or .zarr",
            ));
        };
        let region = region::of(&self.dataset, *v, &self.ranges);
        let shape: Vec<usize> = region.iter().map(ExactSizeIterator::len).collect();
        let kind = self.dataset.variables[*v].kind;
        if kind.bytes().is_none() {
            return Err(invalid("texts are no samples: write .nc or .zarr"));
        }
        let bar = self.bar();
        let done = bar.as_ref().map(Bar::callback);
        let output = Output::open(&self.target(target))?;
        let mut bytes = 0;
        output.write(|sink| {
            if format == Format::Npy {
                npy::write_header_of(kind, &shape, sink)?;
            }
            self.slabs(*v, |_, values| {
                let raw = values.to_le_bytes().unwrap_or_default();
                bytes += raw.len() as u64;
                if let Some(done) = &done {
                    done(values.len());
                }
                Ok(sink.write_all(&raw)?)
            })
        })?;
        Ok(bytes)
    }
}

/// Says that Zarr has no place for dimensions that no array has.
fn note_unused(dataset: &Dataset) {
    let used = |d: usize| dataset.variables.iter().any(|v| v.dimensions.contains(&d));
    let dimensions = dataset.dimensions.iter().enumerate();
    let unused = dimensions.filter(|(d, _)| !used(*d));
    let unused: Vec<&str> = unused.map(|(_, d)| d.name.as_str()).collect();
    if !unused.is_empty() {
        eprintln!(
            "foresz: warning: Zarr knows no dimensions without arrays, such as {}: NetCDF does",
            unused.join(", ")
        );
    }
}

/// Says in a file what its numbers went through.
fn provenance(about: &VariableInfo, writer: &str, attributes: &mut Vec<Attribute>) {
    let asked: Vec<String> = about.asked.iter().map(|b| summary::bound(*b)).collect();
    let mut asked = asked.join(" | ");
    let mut error = about.max_error;
    for Attribute { name, value } in attributes.iter() {
        // Of an earlier pass: errors add up.
        match (name.as_str(), value.as_text(), value.as_number()) {
            ("foresz_bound", Some(before), _) => asked = format!("{asked}; before that {before}"),
            ("foresz_max_error", _, Some(before)) => error += before,
            _ => {}
        }
    }
    let said = [
        (
            "foresz_codec",
            Values::text(&format!("{writer}, stream format {FORMAT_VERSION}")),
        ),
        ("foresz_bound", Values::text(&asked)),
        ("foresz_max_error", Values::F64(vec![error])),
    ];
    for (name, value) in said {
        attributes.retain(|a| a.name != name);
        attributes.push(Attribute {
            name: name.into(),
            value,
        });
    }
}
