//! `foresz decompress`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use foresz::{Decoded, Decompressor, Drift, Info, Report, Sample, Store};
use serde::Serialize;

use super::args::{Decompress, Format, is_stdio};
use super::data;
use super::failure::{DRIFTED, invalid, while_decoding};
use super::input;
use super::npy;
use super::output::{Output, Target};
use super::progress::Bar;
use super::region;
use super::samples;
use super::summary;
use super::talk::Talk;
use foresz::DType;

#[derive(Serialize)]
struct Outcome<'a> {
    input: String,
    output: String,
    shape: &'a [usize],
    dtype: &'a str,
    preview: u8,
    /// Frames that may break the bound.
    drifts: &'a [Drift],
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &Decompress, talk: &Talk) -> anyhow::Result<ExitCode> {
    let stream = input::open_stream(&args.stream)?;
    if data::wants_data_set(args, &stream) {
        data::decompress(args, stream, talk)?;
        return Ok(ExitCode::SUCCESS);
    }
    let target = target(args)?;
    let output = Output::open(&Target::new(&target, args.output.force).reading(args.inputs()))?;
    let info = foresz::inspect(&stream)?;
    let region = args
        .region
        .as_ref()
        .map(|text| region::parse(text, &info.shape, &info.dims))
        .transpose()?;
    let job = Job {
        args,
        stream: &*stream,
        info: &info,
        region: region.as_deref(),
        npy: format(args, &target) == Format::Npy,
    };
    let Written {
        shape,
        report,
        drifts,
    } = match info.dtype {
        DType::F32 => job.run::<f32>(output)?,
        DType::F64 => job.run::<f64>(output)?,
    };
    let (input, output) = (
        args.stream.display().to_string(),
        target.display().to_string(),
    );
    let remark = summary::line(&input, &output, &report) + &preview(args.preview, &shape);
    drifts
        .iter()
        .for_each(|drift| eprintln!("{}", warning(drift)));
    talk.outcome(
        &Outcome {
            input,
            output,
            shape: &shape,
            dtype: info.dtype.name(),
            preview: args.preview,
            drifts: &drifts,
            report: &report,
        },
        &remark,
    )?;
    Ok(if drifts.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DRIFTED)
    })
}

/// What was written.
struct Written {
    shape: Vec<usize>,
    report: Report,
    drifts: Vec<Drift>,
}

/// Says what the bound of the stream does not hold for.
fn warning(drift: &Drift) -> String {
    let Drift {
        chunk,
        frames,
        bound,
        reason,
        ..
    } = drift;
    let (first, last) = (frames.start, frames.end - 1);
    let most = if bound.is_finite() {
        format!("they are off by {} at most", summary::number(*bound))
    } else {
        "nothing is known of how far off they are".into()
    };
    format!(
        "foresz: frames {first} to {last} (chunk {chunk}) may break the bound; {most}. In {reason}"
    )
}

/// Says that this is not the whole field.
fn preview(level: u8, shape: &[usize]) -> String {
    if level == 0 {
        return String::new();
    }
    format!(
        "\npreview of level {level}: {}, under the same bound",
        summary::shape(shape)
    )
}

fn target(args: &Decompress) -> anyhow::Result<PathBuf> {
    if let Some(path) = &args.output.output {
        return Ok(path.clone());
    }
    if !is_stdio(&args.stream) && args.stream.extension().is_some_and(|e| e == "fsz") {
        return Ok(args.stream.with_extension(""));
    }
    Err(invalid(format!(
        "{} does not end in .fsz, so no output name follows from it: give one with -o",
        args.stream.display()
    )))
}

fn format(args: &Decompress, target: &Path) -> Format {
    let asked = args.format.or_else(|| data::format_by_name(target));
    asked.unwrap_or(Format::Raw)
}

struct Job<'a> {
    args: &'a Decompress,
    stream: &'a dyn Store,
    info: &'a Info,
    region: Option<&'a [Range<usize>]>,
    npy: bool,
}

impl Job<'_> {
    /// Decodes and writes.
    fn run<T: Sample>(&self, output: Output) -> anyhow::Result<Written> {
        let samples = self.region.map_or(self.info.samples(), |r| {
            r.iter().map(ExactSizeIterator::len).product()
        });
        let bar = Bar::new(
            self.args.loudness.wants_bar(),
            samples,
            (samples * T::BYTES) as u64,
        );
        let mut decoder = Decompressor::default()
            .registry(self.args.models.registry()?)
            .limits(self.args.models.limits())
            .threads(self.args.threads.count())
            .preview(self.args.preview)
            .best_effort(self.args.best_effort);
        if let Some(bar) = &bar {
            decoder = decoder.progress(bar.callback());
        }
        let Decoded {
            field,
            report,
            drifts,
            ..
        } = decoder
            .decode::<T>(&self.stream, self.region)
            .map_err(while_decoding)?;
        drop(bar);
        let field = field.as_standard_layout();
        output.write(|sink| {
            if self.npy {
                npy::write_header::<T>(field.shape(), sink)?;
            }
            Ok(samples::write(field.as_slice().unwrap_or_default(), sink)?)
        })?;
        Ok(Written {
            shape: field.shape().to_vec(),
            report,
            drifts,
        })
    }
}
