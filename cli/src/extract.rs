//! Parts of a stream as files, stores or arrays.

use std::ops::Range;
use std::path::Path;

use foresz::dataset::{DatasetReader, View, companions};
use foresz::files::arrays::npy;
use foresz::files::{self, Dataset, Sink, Values};
use foresz::{Decoded, Decompressor, Drift, Report, Sample, Store};

use super::decompress::Decompress;
use super::failure::{invalid, while_decoding};
use super::form::Format;
use super::output::{Output, Product, Target, pen};
use super::progress::Bar;
use super::region::{self, Ranges};
use super::{choice, globe, provenance, select};

/// What of a stream is wanted, and how.
pub(crate) struct Order<'a> {
    args: &'a Decompress,
    store: &'a dyn Store,
    reader: &'a DatasetReader<&'a dyn Store>,
    view: View,
    /// As it is shown.
    dataset: Dataset,
    /// What is asked for.
    wanted: Vec<usize>,
    /// What travels, in the order of the stream.
    variables: Vec<usize>,
    ranges: Ranges,
    /// Dimensions of longitudes, and what is added to them.
    turns: Vec<(usize, f64)>,
    decoder: Decompressor,
}

/// What was written.
#[derive(Default)]
pub(crate) struct Written {
    /// Of values.
    pub(crate) bytes: u64,
    /// Of the only variable.
    pub(crate) shape: Vec<usize>,
    /// Of an array that was decoded at once.
    pub(crate) report: Option<Report>,
    pub(crate) drifts: Vec<Drift>,
}

impl<'a> Order<'a> {
    pub(crate) fn of(
        args: &'a Decompress,
        (store, reader): (&'a dyn Store, &'a DatasetReader<&'a dyn Store>),
        decoder: Decompressor,
    ) -> anyhow::Result<Self> {
        let view = if args.repack {
            View::Stored
        } else {
            View::Unpacked
        };
        let dataset = reader.dataset(view);
        let names = &args.variables.names;
        let mut wanted = if names.is_empty() {
            choice::data(&dataset)
        } else {
            let found = names.iter().map(|name| choice::find(&dataset, name));
            found.collect::<anyhow::Result<_>>()?
        };
        wanted.dedup();
        let variables = if names.is_empty() {
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
        Ok(Order {
            args,
            store,
            reader,
            view,
            dataset,
            wanted,
            variables,
            ranges,
            turns,
            decoder,
        })
    }

    pub(crate) fn wanted(&self) -> &[usize] {
        &self.wanted
    }

    /// Whether the stream is that of a single array.
    pub(crate) fn is_bare(&self) -> bool {
        self.reader.is_single_field()
    }
}

impl Order<'_> {
    fn samples(&self) -> (usize, u64) {
        let variables = self.variables.iter().copied();
        region::samples(&self.dataset, variables, &self.ranges)
    }

    fn target(&self, path: &Path) -> Target {
        Target::new(path, self.args.output.force).reading(self.args.inputs())
    }

    fn bar(&self) -> Option<Bar> {
        let (samples, bytes) = self.samples();
        Bar::new(self.args.bars.wanted(&self.args.saying), samples, bytes)
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

    /// Everything as a file of its own kind.
    pub(crate) fn file(&self, target: &Path, format: Format) -> anyhow::Result<Written> {
        let dataset = self.shown()?;
        if format == Format::Zarr {
            provenance::note_unused(&dataset);
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
        let shape = match self.wanted.as_slice() {
            [v] => self.shape(*v),
            _ => Vec::new(),
        };
        Ok(Written {
            bytes: self.samples().1,
            shape,
            ..Written::default()
        })
    }

    /// Of the part of a variable.
    fn shape(&self, v: usize) -> Vec<usize> {
        let region = region::of(&self.dataset, v, &self.ranges);
        region.iter().map(ExactSizeIterator::len).collect()
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
                    provenance::tell(&about, self.reader.writer(), attributes);
                }
            }
        }
        if self.args.variables.names.is_empty() {
            return Ok(dataset);
        }
        Ok(foresz::dataset::subset(&dataset, &self.variables))
    }

    /// The values of the only variable and nothing else.
    pub(crate) fn array(&self, target: &Path, format: Format) -> anyhow::Result<Written> {
        let [v] = self.wanted.as_slice() else {
            return Err(invalid(
                "a .npy file or raw samples hold one variable: name it with -v, or write .nc or .zarr",
            ));
        };
        let kind = self.dataset.variables[*v].kind;
        if kind.bytes().is_none() {
            return Err(invalid(
                ".npy and raw samples cannot hold texts: write .nc or .zarr",
            ));
        }
        let output = Output::open(&self.target(target))?;
        let bar = self.bar();
        let done = bar.as_ref().map(Bar::callback);
        let head = |shape: &[usize], sink: &mut dyn std::io::Write| match format {
            Format::Npy => npy::write_header(kind, shape, sink),
            _ => Ok(()),
        };
        let mut written = Written::default();
        if self.is_bare() || self.args.preview > 0 {
            let mut decoder = self.decoder.clone();
            if let Some(done) = done {
                decoder = decoder.progress(done);
            }
            let (values, whole) = self.at_once(*v, &decoder)?;
            written = whole;
            output.write(|sink| {
                head(&written.shape, sink)?;
                Ok(values.write_le_bytes(sink)?)
            })?;
            written.bytes = (values.len() * kind.bytes().unwrap_or(0)) as u64;
            return Ok(written);
        }
        written.shape = self.shape(*v);
        written.bytes =
            (written.shape.iter().product::<usize>() * kind.bytes().unwrap_or(0)) as u64;
        output.write(|sink| {
            head(&written.shape, sink)?;
            self.slabs(*v, |_, values| {
                if let Some(done) = &done {
                    done(values.len());
                }
                Ok(values.write_le_bytes(sink)?)
            })
        })?;
        Ok(written)
    }

    /// All values of the part of a variable, and what is to be said of them.
    fn at_once(&self, v: usize, decoder: &Decompressor) -> anyhow::Result<(Values, Written)> {
        let region = region::of(&self.dataset, v, &self.ranges);
        if self.is_bare() {
            return match self.dataset.variables[v].kind {
                files::Kind::F32 => self.decoded::<f32>(&region, decoder, Values::F32),
                _ => self.decoded::<f64>(&region, decoder, Values::F64),
            };
        }
        let about = self.reader.about(v)?;
        if about.pieces != 1 || about.predictors.is_empty() {
            return Err(invalid(format!(
                "--preview needs a variable that is coded in one piece, and {} is in {}: decompress it, or a region of it",
                about.name, about.pieces
            )));
        }
        let values = self.reader.read(v, &region, self.view, decoder);
        let values = values.map_err(while_decoding)?;
        let step = 1usize
            .checked_shl(self.args.preview.into())
            .unwrap_or(usize::MAX);
        let frame = region.len().saturating_sub(2);
        let (before, frame) = region.split_at(frame);
        let kept = |range: &Range<usize>| range.end.div_ceil(step) - range.start.div_ceil(step);
        let shape = before.iter().map(ExactSizeIterator::len);
        let shape = shape.chain(frame.iter().map(kept)).collect();
        Ok((
            values,
            Written {
                shape,
                ..Written::default()
            },
        ))
    }

    fn decoded<T: Sample>(
        &self,
        region: &Ranges,
        decoder: &Decompressor,
        values: fn(Vec<T>) -> Values,
    ) -> anyhow::Result<(Values, Written)> {
        let region = self.args.region.as_ref().map(|_| region.as_slice());
        let Decoded {
            field,
            report,
            drifts,
            ..
        } = decoder
            .decode::<T>(&self.store, region)
            .map_err(while_decoding)?;
        let written = Written {
            bytes: 0,
            shape: field.shape().to_vec(),
            report: Some(report),
            drifts,
        };
        Ok((values(field.into_raw_vec_and_offset().0), written))
    }
}
