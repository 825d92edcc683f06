//! `foresz compress`.

use std::path::PathBuf;

use foresz::{Bound, Choose, Compressed, Options, Report, Sample};
use ndarray::ArrayD;
use serde::Serialize;

use super::args::{Compress, is_stdio};
use super::data;
use super::failure::invalid;
use super::input::{self, Expected, Field};
use super::output::{Output, Target, with_ending};
use super::progress::Bar;
use super::summary;
use super::talk::Talk;
use super::train::Trained;

#[derive(Serialize)]
struct Outcome<'a> {
    input: String,
    output: String,
    shape: &'a [usize],
    dtype: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &Compress, talk: &Talk) -> anyhow::Result<()> {
    let target = target(args)?;
    if data::is_stream(&args.input) {
        return Err(invalid(format!(
            "{} is a stream already",
            args.input.display()
        )));
    }
    if data::is_data_set(&args.input) {
        // Recipes have zeros and signs.
        let options = options(args, None, Bound::Lossless)?;
        return data::compress(args, options, &target, talk);
    }
    let Some(bound) = args.bound.one.bound() else {
        return Err(invalid(
            "--preset and --bounds are for files that name their variables; give one bound, such as --abs",
        ));
    };
    if args.resume {
        return Err(invalid("--resume is for NetCDF, GRIB and Zarr"));
    }
    let output = Output::open(&Target::new(&target, args.output.force).reading(args.inputs()))?;
    let trained = Trained::by(args, talk)?;
    let options = options(args, trained.as_ref(), bound)?;
    let expected = Expected {
        shape: args.layout.shape(),
        dtype: args.layout.dtype,
        variable: args.array()?,
    };
    let (shape, dtype, Compressed { bytes, report, .. }) =
        match input::read_field(&args.input, &expected)? {
            Field::F32(field) => (
                field.shape().to_vec(),
                "f32",
                compress(&field, options, args)?,
            ),
            Field::F64(field) => (
                field.shape().to_vec(),
                "f64",
                compress(&field, options, args)?,
            ),
        };
    output.write(|sink| Ok(sink.write_all(&bytes)?))?;
    let (input, output) = (
        args.input.display().to_string(),
        target.display().to_string(),
    );
    let remark = summary::line(&input, &output, &report);
    talk.outcome(
        &Outcome {
            input,
            output,
            shape: &shape,
            dtype,
            report: &report,
        },
        &remark,
    )
}

/// All that can be wrong with these shows before a byte is read.
fn options(args: &Compress, trained: Option<&Trained>, bound: Bound) -> anyhow::Result<Options> {
    let mut models = args.models.clone();
    models.model.extend(trained.map(Trained::folder));
    let registry = models.registry()?;
    let choose = args.predictor.parse().map_err(foresz::Error::from)?;
    if let Choose::Spec(spec) = &choose {
        let settled = registry.settle(spec).and_then(|s| registry.build(&s));
        settled.map_err(foresz::Error::from)?;
    }
    let mut options = Options::new(bound.check()?)
        .predictor(&args.predictor)?
        .effort(args.effort)
        .threads(args.threads.count())
        .dims(args.layout.dims.iter().cloned());
    if choose == Choose::Auto {
        for part in models.offers()? {
            options = options.offer(&format!("{part}+raster"))?;
        }
    }
    if let Some(keyframe) = args.keyframe {
        options = options.keyframe(keyframe as usize);
    }
    options = options
        .registry(registry)
        .store_models(args.store_model || trained.is_some());
    if let Some(backend) = args.backend {
        options = options.backend(backend);
    }
    if let Some(periodic) = args.periodic {
        options = options.periodic(periodic);
    }
    for fill in &args.fill {
        options = options.fill(*fill);
    }
    if args.keep_zeros {
        options = options.keep(0.0);
    }
    if args.non_negative {
        options = options.least(0.0);
    }
    for (key, value) in &args.attr {
        options = options.attribute(key, value);
    }
    Ok(match &args.chunk {
        Some(chunk) => options.chunk(chunk.0.clone()),
        None => options,
    })
}

fn target(args: &Compress) -> anyhow::Result<PathBuf> {
    match &args.output.output {
        Some(path) => Ok(path.clone()),
        None if is_stdio(&args.input) => Err(invalid(
            "standard input has no name to derive one from: name the output with -o, or write -o -",
        )),
        None => Ok(with_ending(&args.input, ".fsz")),
    }
}

fn compress<T: Sample>(
    field: &ArrayD<T>,
    options: Options,
    args: &Compress,
) -> anyhow::Result<Compressed> {
    let bar = Bar::new(
        args.loudness.wants_bar(),
        field.len(),
        (field.len() * T::BYTES) as u64,
    );
    let options = match &bar {
        Some(bar) => options.progress(bar.callback()),
        None => options,
    };
    Ok(foresz::compress(field.view(), &options)?)
}
