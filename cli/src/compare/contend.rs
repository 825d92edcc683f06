//! The hidden verb `contend`: does one job and answers. Whatever goes wrong here ends this
//! process and no other.

use std::io::Read;
use std::path::Path;

use cpu_time::ProcessTime;
use foresz::forecast::Shelf;
use foresz::predictors::Registry;
use foresz::{Bound, Decompressor, Error, Options, Sample};
use ndarray::{ArrayD, IxDyn};

use super::super::samples;
use super::super::talk::Talk;
use foresz_compare::job::{Answer, How, Job, ModelUsed, Reply};
use foresz_compare::why;

pub(crate) fn run(talk: &Talk) -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let job: Job = serde_json::from_str(&text)?;
    talk.object(&answered(&job, None)?)
}

/// Does a job, with other predictors than the usual ones if they are given.
pub(super) fn answered(job: &Job, own: Option<&Registry>) -> anyhow::Result<Reply> {
    let reply = if job.dtype == f32::NAME {
        contend::<f32>(job, own)
    } else {
        contend::<f64>(job, own)
    };
    let refusal = |error: &anyhow::Error| match error.downcast_ref() {
        Some(Error::Invalid(_) | Error::Predictor(_)) => Some(format!("{error:#}")),
        _ => None,
    };
    match reply {
        Ok(answer) => Ok(Reply::Done(Box::new(answer))),
        Err(error) => match refusal(&error) {
            Some(refused) => Ok(Reply::Refused { refused }),
            None => Err(error),
        },
    }
}

fn contend<T: Sample>(job: &Job, own: Option<&Registry>) -> anyhow::Result<Answer> {
    match &job.how {
        How::Zstd { level } => zstd(job, *level, T::BYTES),
        How::Foresz { .. } => ours::<T>(job, own),
        How::Peer { mode } => Err(Error::Invalid(format!("{mode} is not ours to run")).into()),
    }
}

fn ours<T: Sample>(job: &Job, own: Option<&Registry>) -> anyhow::Result<Answer> {
    let values = samples::from_bytes::<T>(&std::fs::read(&job.input)?);
    let field = ArrayD::from_shape_vec(IxDyn(&job.shape), values)?;
    let (options, registry) = settings(job, own)?;
    let decompressor = Decompressor::default().registry(registry).threads(1);
    let (mut encode_seconds, mut decode_seconds) = (Vec::new(), Vec::new());
    let (mut stream, mut models) = (Vec::new(), Vec::new());
    for _ in 0..job.repeat {
        let compressed = foresz::compress(field.view(), &options)?;
        let decoded = decompressor.decode::<T>(&compressed.bytes, None)?;
        encode_seconds.push(compressed.report.cpu_seconds);
        decode_seconds.push(decoded.report.cpu_seconds);
        let used = |used: foresz::Used| ModelUsed {
            name: used.name,
            sha256: used.sha256,
            bytes: used.bytes,
        };
        models = compressed.report.models.into_iter().map(used).collect();
        stream = compressed.bytes;
        let values: Vec<T> = decoded.field.iter().copied().collect();
        write(&job.decoded, &values)?;
    }
    // A process that does more than this job says nothing by its peak.
    let peak_bytes = own.is_none().then(peak_bytes).flatten();
    Ok(Answer {
        stored_bytes: stream.len() as u64,
        encode_seconds,
        decode_seconds,
        peak_bytes,
        models,
        why: Some(why::of(&stream, &decompressor)?),
    })
}

fn settings(job: &Job, own: Option<&Registry>) -> anyhow::Result<(Options, Registry)> {
    let How::Foresz {
        predictor,
        backend,
        effort,
        dims,
        attributes,
        models,
    } = &job.how
    else {
        return Err(Error::Invalid("no settings".into()).into());
    };
    let shelf = models.iter().rev().fold(Shelf::default(), Shelf::place);
    let usual = || crate::registry::registry(shelf);
    let registry = own.cloned().unwrap_or_else(usual);
    let mut options = Options::new(Bound::Absolute(job.bound).check()?)
        .predictor(predictor)?
        .effort(*effort)
        .threads(1)
        .dims(dims.iter().cloned())
        .registry(registry.clone());
    if let Some(backend) = backend {
        options = options.backend(*backend);
    }
    options = job.fills.iter().fold(options, |o, fill| o.fill(*fill));
    options = attributes
        .iter()
        .fold(options, |o, (k, v)| o.attribute(k, v));
    Ok((options, registry))
}

fn zstd(job: &Job, level: i32, width: usize) -> anyhow::Result<Answer> {
    let bytes = std::fs::read(&job.input)?;
    let (mut encode_seconds, mut decode_seconds) = (Vec::new(), Vec::new());
    let mut stored_bytes = 0;
    for _ in 0..job.repeat {
        let start = ProcessTime::try_now()?;
        let stored = zstd::bulk::compress(&shuffled(&bytes, width), level)?;
        encode_seconds.push(start.try_elapsed()?.as_secs_f64());
        let start = ProcessTime::try_now()?;
        let decoded = zstd::bulk::decompress(&stored, bytes.len())?;
        let decoded = unshuffled(&decoded, width);
        decode_seconds.push(start.try_elapsed()?.as_secs_f64());
        std::fs::write(&job.decoded, decoded)?;
        stored_bytes = stored.len() as u64;
    }
    Ok(Answer {
        stored_bytes,
        encode_seconds,
        decode_seconds,
        peak_bytes: peak_bytes(),
        models: Vec::new(),
        why: None,
    })
}

/// Bytes of equal significance together.
fn shuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    (0..width)
        .flat_map(|k| bytes.iter().skip(k).step_by(width).copied())
        .collect()
}

fn unshuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    let count = bytes.len() / width;
    (0..count * width)
        .map(|i| bytes[i % width * count + i / width])
        .collect()
}

fn write<T: Sample>(path: &Path, values: &[T]) -> anyhow::Result<()> {
    let mut bytes = Vec::with_capacity(std::mem::size_of_val(values));
    samples::write(values, &mut bytes)?;
    Ok(std::fs::write(path, bytes)?)
}

/// The most memory that this process has had, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_bytes_come_back() {
        let bytes: Vec<u8> = (0..24).collect();
        let apart = shuffled(&bytes, 4);
        assert_eq!(apart[..7], [0, 4, 8, 12, 16, 20, 1]);
        assert_eq!(unshuffled(&apart, 4), bytes);
    }
}
