//! `foresz append`, `foresz cat` and `foresz split`.

use std::path::Path;

use foresz::dataset::{Coder, DatasetReader, Recipe, join, lossy_before};
use foresz::files::Source;
use foresz::{Bound, FileStore, Options};
use serde::Serialize;

use super::{region, source};
use crate::args::{Append, Cat, Split};
use crate::failure::invalid;
use crate::output::{Growing, Output, Target, refuse_inputs, with_ending};
use crate::progress::Bar;
use crate::summary;
use crate::talk::Talk;

#[derive(Serialize)]
struct Outcome {
    output: String,
    bytes_before: u64,
    bytes: u64,
    dimension: String,
    length: usize,
}

pub(crate) fn append(args: &Append, talk: &Talk) -> anyhow::Result<()> {
    refuse_inputs(&args.stream, &[&args.input])?;
    // Before it is read: nobody else adds to it from here on.
    let mut file = Growing::open(&args.stream)?;
    let stream = source::open_own_stream(&args.stream)?;
    let mut more = source::open_like(&args.input, &stream)?;
    for variable in &more.dataset().variables {
        let asked = Recipe::new(&variable.name, Bound::Absolute(1.0));
        if let Some(warning) = lossy_before(variable, &asked) {
            eprintln!("foresz: warning: {}: {warning}", variable.name);
        }
    }
    let options = Options::new(Bound::Lossless)
        .effort(args.effort)
        .registry(args.models.registry()?)
        .threads(args.threads.count())
        .predictor(&args.predictor)?;
    let bar = bar(&*more, args.loudness.wants_bar());
    let options = match &bar {
        Some(bar) => options.progress(bar.callback()),
        None => options,
    };
    let before = stream.bytes();
    file.cut(before)?;
    let along = args.along.as_deref();
    let mut bytes = 0;
    let shown = args.stream.display().to_string();
    let coder = Coder::new(&[], options);
    let written = file.add(&shown, |sink| {
        bytes = coder.append(&stream, &mut *more, along, sink)?;
        Ok(())
    });
    if let Err(error) = written.and_then(|()| Ok(file.settle()?)) {
        // As it was. If that fails, readers find the old end all the same.
        let _ = file.cut(before);
        return Err(error.context(format!("{shown} is as it was")));
    }
    drop(bar);
    let (dimension, length) = source::open_stream(&args.stream)?.grows_along(along)?;
    let outcome = Outcome {
        output: args.stream.display().to_string(),
        bytes_before: before,
        bytes,
        dimension,
        length,
    };
    let remark = format!(
        "{}: {} added, now {} of {}",
        outcome.output,
        summary::bytes(bytes - before),
        outcome.length,
        outcome.dimension
    );
    talk.outcome(&outcome, &remark)
}

fn bar(source: &dyn Source, wanted: bool) -> Option<Bar> {
    let dataset = source.dataset();
    let all = 0..dataset.variables.len();
    let (samples, bytes) = region::samples(dataset, all, &region::whole(dataset));
    Bar::new(wanted, samples, bytes)
}

pub(crate) fn cat(args: &Cat, talk: &Talk) -> anyhow::Result<()> {
    let streams: Vec<DatasetReader<FileStore>> = args
        .streams
        .iter()
        .map(|path| source::open_stream(path))
        .collect::<anyhow::Result<_>>()?;
    let output = Output::open(&Target::new(&args.output, args.force).reading(&args.streams))?;
    let mut bytes = 0;
    output.write(|sink| {
        bytes = join(&streams, args.along.as_deref(), sink)?;
        Ok(())
    })?;
    let (dimension, _) = streams[0].grows_along(args.along.as_deref())?;
    let lengths = streams.iter().map(|s| s.grows_along(Some(&dimension)));
    let lengths: Vec<(String, usize)> = lengths.collect::<foresz::Result<_>>()?;
    let outcome = Outcome {
        output: args.output.display().to_string(),
        bytes_before: streams.iter().map(DatasetReader::bytes).sum(),
        bytes,
        length: lengths.iter().map(|(_, length)| length).sum(),
        dimension,
    };
    let remark = format!(
        "{}: {} streams, {} of {}, {}",
        outcome.output,
        streams.len(),
        outcome.length,
        outcome.dimension,
        summary::bytes(bytes)
    );
    talk.outcome(&outcome, &remark)
}

#[derive(Serialize)]
struct Parts {
    dimension: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    output: String,
    first: usize,
    end: usize,
    bytes: u64,
}

pub(crate) fn split(args: &Split, talk: &Talk) -> anyhow::Result<()> {
    let stream = source::open_stream(&args.stream)?;
    let along = args.along.as_deref();
    let (dimension, length) = stream.grows_along(along)?;
    let mut borders: Vec<usize> = match args.every {
        Some(every) => (0..length).step_by(every as usize).collect(),
        None => args.at.clone(),
    };
    borders.extend([0, length]);
    borders.sort_unstable();
    borders.dedup();
    if borders.last() > Some(&length) {
        return Err(invalid(format!(
            "--at {}: {dimension} has {length} places",
            borders[borders.len() - 1]
        )));
    }
    let prefix = args
        .output
        .clone()
        .unwrap_or_else(|| match args.stream.extension() {
            Some(ending) if ending == "fsz" => args.stream.with_extension(""),
            _ => args.stream.clone(),
        });
    let digits = (borders.len() - 1).to_string().len().max(3);
    let name = |k: usize| with_ending(&prefix, &format!("-{k:0digits$}.fsz"));
    let open = |path: &Path| {
        let target = Target::new(path, args.force);
        Output::open(&target.reading([&args.stream]))
    };
    for k in 0..borders.len() - 1 {
        // Refused now rather than after some of the parts.
        open(&name(k))?;
    }
    let mut parts = Vec::new();
    for (k, ends) in borders.windows(2).enumerate() {
        let (path, mut bytes) = (name(k), 0);
        open(&path)?.write(|sink| {
            bytes = stream.split(along, ends[0]..ends[1], sink)?;
            Ok(())
        })?;
        parts.push(Part {
            output: path.display().to_string(),
            first: ends[0],
            end: ends[1],
            bytes,
        });
    }
    let lines: Vec<String> = parts
        .iter()
        .map(|p| {
            format!(
                "{}: {dimension} {} to {}, {}",
                p.output,
                p.first,
                p.end - 1,
                summary::bytes(p.bytes)
            )
        })
        .collect();
    talk.outcome(&Parts { dimension, parts }, &lines.join("\n"))
}
