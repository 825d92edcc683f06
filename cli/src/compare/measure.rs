//! Runs everybody on everything, one process at a time: nothing else runs while one is timed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use foresz::Sample;
use foresz_compare::job::{Answer, Job, Reply};
use foresz_compare::made::{Bounds, Made};
use foresz_compare::metrics::Size;
use foresz_compare::results::{
    Entrant, FieldFacts, LeftOut, Measured, Results, Row, SCHEMA, Status,
};
use foresz_compare::{Original, sha256};

use super::super::output::Scratch;
use super::super::samples;
use super::super::talk::Talk;
use super::args::Compare;
use super::contend;
use super::contenders::{self, Contender};
use super::data::{self, Source, Subject};
use super::process::{self, Ended};
use super::progress::{Pace, Teller};
use super::store::{self, Store};
use super::wind;
use super::within::Own;
use foresz::DType;

/// What stays the same from case to case.
pub(super) struct Bench<'a> {
    pub(super) args: &'a Compare,
    own: &'a Own<'a>,
    pub(super) contenders: Vec<(Box<dyn Contender>, Entrant)>,
    pub(super) store: Store,
    scratch: Scratch,
}

/// A field with its facts, its samples in a file for everybody to read.
pub(super) struct Laid {
    pub(super) facts: FieldFacts,
    dtype: DType,
    input: PathBuf,
}

/// Measures all that was asked for.
pub(super) fn all(args: &Compare, talk: &Talk, own: &Own) -> anyhow::Result<Results> {
    let start = Instant::now();
    let sources = data::find(args)?;
    let contenders = contenders::all(args, own)?.into_iter();
    let beside = args.report.as_deref().or(args.results.as_deref());
    let mut bench = Bench {
        args,
        store: Store::open(beside, args.fresh)?,
        scratch: Scratch::new()?,
        contenders: contenders.map(introduced).collect(),
        own,
    };
    let (_, bounds) = bench.bounds();
    let mut made = Made::here(args.repeat, bounds);
    let mut pace = bench.pace(&sources);
    let cases = sources.len() * bench.contenders.len() * bench.bounds().0.len();
    let teller = Teller::new(args.bars.wanted(&args.saying), talk.quiet, cases);
    let (mut fields, mut left_out, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (i, source) in sources.iter().enumerate() {
        teller.field(&source.name, (i + 1, sources.len()), &pace);
        let found = data::load(source, args).and_then(|subject| {
            Ok(match subject.dtype {
                DType::F32 => bench.field::<f32>(source, &subject, &mut pace, &teller)?,
                DType::F64 => bench.field::<f64>(source, &subject, &mut pace, &teller)?,
            })
        });
        match found {
            Ok(Found::Measured(facts, of_field)) => {
                fields.push(*facts);
                rows.extend(of_field);
            }
            Ok(Found::LeftOut(reason)) => left_out.push((source, reason)),
            Err(error) => left_out.push((source, format!("{error:#}"))),
        }
    }
    let winds = wind::all(&mut bench, &sources, &fields, &rows)?;
    made.seconds = start.elapsed().as_secs_f64();
    let left_out = left_out.into_iter().map(|(source, reason)| LeftOut {
        field: source.name.clone(),
        reason,
    });
    Ok(Results {
        schema: SCHEMA,
        made,
        contenders: bench
            .contenders
            .into_iter()
            .map(|(_, entrant)| entrant)
            .collect(),
        fields,
        left_out: left_out.collect(),
        rows,
        winds,
    })
}

fn introduced(contender: Box<dyn Contender>) -> (Box<dyn Contender>, Entrant) {
    let version = contender.version();
    let entrant = Entrant {
        name: contender.name(),
        make: contender.make(),
        absent: version.as_ref().err().cloned(),
        version: version.ok(),
    };
    (contender, entrant)
}

enum Found {
    Measured(Box<FieldFacts>, Vec<Row>),
    LeftOut(String),
}

impl Bench<'_> {
    pub(super) fn bounds(&self) -> (&[f64], Bounds) {
        if self.args.abs.is_empty() {
            (&self.args.range_rel, Bounds::RangeRelative)
        } else {
            (&self.args.abs, Bounds::Absolute)
        }
    }

    fn pace(&self, sources: &[Source]) -> Pace {
        let mut pace = Pace::default();
        for source in sources {
            for (_, entrant) in &self.contenders {
                pace.expect(
                    &entrant.name,
                    size_of_file(&source.path) * self.bounds().0.len(),
                );
            }
        }
        pace
    }

    fn field<T: Sample>(
        &mut self,
        source: &Source,
        subject: &Subject,
        pace: &mut Pace,
        teller: &Teller,
    ) -> anyhow::Result<Found> {
        let original = Original::<T>::new(
            samples::from_bytes(&subject.bytes),
            &subject.shape,
            &self.args.fill,
            self.args.latitudes,
        );
        let Some(spread) = original.spread else {
            return Ok(Found::LeftOut("it holds no numbers".into()));
        };
        let range = spread.range();
        let (bounds, kind) = self.bounds();
        if range == 0.0 && kind == Bounds::RangeRelative {
            let only = spread.min;
            return Ok(Found::LeftOut(format!(
                "every value is {only}: the range is 0, and so is every bound; use --abs"
            )));
        }
        let laid = self.lay(source, subject, &original)?;
        let bounds: Vec<(f64, f64)> = bounds
            .iter()
            .map(|asked| {
                (
                    *asked,
                    if kind == Bounds::Absolute {
                        *asked
                    } else {
                        asked * range
                    },
                )
            })
            .collect();
        let weight = size_of_file(&source.path);
        let mut rows = Vec::new();
        for bound in bounds {
            for k in 0..self.contenders.len() {
                let start = Instant::now();
                let (row, known) = self.case(&laid, k, bound, &original)?;
                let name = &self.contenders[k].1.name;
                let took = (!known).then(|| start.elapsed());
                pace.passed(name, weight, took);
                teller.case(&format!("{}: {name}", source.name), pace);
                rows.push(row);
            }
        }
        Ok(Found::Measured(Box::new(laid.facts), rows))
    }

    /// Puts a field where contenders find it.
    pub(super) fn lay<T: Sample>(
        &self,
        source: &Source,
        subject: &Subject,
        original: &Original<T>,
    ) -> anyhow::Result<Laid> {
        let input = self.scratch.path().join("input");
        std::fs::write(&input, &subject.bytes)?;
        let numbers = original.numbers.iter().filter(|x| !x.is_nan()).count();
        let file = source.path.file_name();
        let zero = foresz_compare::metrics::Spread {
            min: 0.0,
            low: 0.0,
            median: 0.0,
            high: 0.0,
            max: 0.0,
        };
        Ok(Laid {
            dtype: subject.dtype,
            input,
            facts: FieldFacts {
                name: source.name.clone(),
                file: file.map_or_else(String::new, |f| f.to_string_lossy().into()),
                dtype: T::NAME.into(),
                shape: subject.shape.clone(),
                sha256: sha256(&subject.bytes),
                raw_bytes: subject.bytes.len() as u64,
                numbers,
                specials: original.numbers.len() - numbers,
                spread: original.spread.unwrap_or(zero),
                morans_i: original.morans_i,
                map: original.map(),
            },
        })
    }

    /// One contender on a field under a bound; whether it was known already.
    fn case<T: Sample>(
        &mut self,
        laid: &Laid,
        k: usize,
        (asked, bound): (f64, f64),
        original: &Original<T>,
    ) -> anyhow::Result<(Row, bool)> {
        let entrant = &self.contenders[k].1;
        let row = |status, reason, measured| Row {
            field: laid.facts.name.clone(),
            asked,
            bound,
            contender: entrant.name.clone(),
            status,
            reason,
            measured,
        };
        if let Some(absent) = &entrant.absent {
            return Ok((row(Status::Absent, Some(absent.clone()), None), true));
        }
        let key = self.key(laid, k, bound)?;
        if let Some(mut known) = self.store.get::<Row>(&key) {
            (known.field, known.asked) = (laid.facts.name.clone(), asked);
            return Ok((known, true));
        }
        let row = match self.run(laid, k, bound, self.args.repeat)? {
            Outcome::Failed(status, reason) => row(status, Some(reason), None),
            Outcome::Refused(reason) => row(Status::Refused, Some(reason), None),
            Outcome::Done(answer, decoded) => {
                match original.judge(&samples::from_bytes(&decoded), bound) {
                    None => {
                        let lengths = format!("it decoded {} bytes", decoded.len());
                        row(Status::Crashed, Some(lengths), None)
                    }
                    Some(quality) => {
                        let status = if quality.kept.all() {
                            Status::Kept
                        } else {
                            Status::Broken
                        };
                        row(status, None, Some(measured(&laid.facts, *answer, quality)))
                    }
                }
            }
        };
        if row.status.lasts() {
            self.store.put(key, &row)?;
        }
        Ok((row, false))
    }

    fn key(&self, laid: &Laid, k: usize, bound: f64) -> anyhow::Result<String> {
        let (contender, entrant) = &self.contenders[k];
        let FieldFacts {
            sha256,
            dtype,
            shape,
            name,
            ..
        } = &laid.facts;
        let judged = (
            SCHEMA,
            env!("CARGO_PKG_VERSION"),
            &self.args.fill,
            self.args.latitudes,
        );
        let who = (
            &entrant.name,
            &entrant.version,
            contender.how(name),
            self.args.repeat,
        );
        store::key(&(judged, (sha256, dtype, shape), bound, who))
    }

    /// Lets a contender do its job.
    pub(super) fn run(
        &self,
        laid: &Laid,
        k: usize,
        bound: f64,
        repeat: u32,
    ) -> anyhow::Result<Outcome> {
        self.own.go_on()?;
        let contender = &self.contenders[k].0;
        let decoded = self.scratch.path().join("decoded");
        // What another left behind must not be taken for this one's.
        if decoded.exists() {
            std::fs::remove_file(&decoded)?;
        }
        let job = Job {
            input: laid.input.clone(),
            decoded: decoded.clone(),
            dtype: laid.dtype.name().into(),
            shape: laid.facts.shape.clone(),
            bound,
            fills: self.args.fill.clone(),
            repeat,
            how: contender.how(&laid.facts.name),
        };
        if let Some(registry) = contender.here() {
            let reply = contend::answered(&job, Some(registry));
            self.own.go_on()?;
            return Ok(match reply {
                Ok(reply) => outcome(reply, &decoded),
                Err(error) => Outcome::Failed(Status::Crashed, format!("{error:#}")),
            });
        }
        let timeout = Duration::from_secs(self.args.timeout);
        let ended = process::run(contender.command()?, &serde_json::to_vec(&job)?, timeout)?;
        let out = match ended {
            Ended::Well(out) => out,
            Ended::Badly(reason) => return Ok(Outcome::Failed(Status::Crashed, reason)),
            Ended::Late => {
                let reason = format!("it took more than {} s", self.args.timeout);
                return Ok(Outcome::Failed(Status::TimedOut, reason));
            }
        };
        Ok(match serde_json::from_slice(&out) {
            Ok(reply) => outcome(reply, &decoded),
            Err(error) => Outcome::Failed(Status::Crashed, format!("it talks nonsense: {error}")),
        })
    }
}

fn outcome(reply: Reply, decoded: &Path) -> Outcome {
    match (reply, std::fs::read(decoded)) {
        (Reply::Refused { refused }, _) => Outcome::Refused(refused),
        (Reply::Done(answer), Ok(bytes)) => Outcome::Done(answer, bytes),
        (Reply::Done(_), Err(error)) => {
            Outcome::Failed(Status::Crashed, format!("nothing decoded: {error}"))
        }
    }
}

/// What came of a job.
pub(super) enum Outcome {
    Done(Box<Answer>, Vec<u8>),
    Refused(String),
    Failed(Status, String),
}

/// Clocks of some systems tick rarely enough for a small field to take no time.
const TICK: f64 = 1e-6;

fn measured(
    facts: &FieldFacts,
    answer: Answer,
    quality: foresz_compare::results::Quality,
) -> Measured {
    let size = Size {
        samples: facts.shape.iter().product::<usize>() as u64,
        raw: facts.raw_bytes,
        stored: answer.stored_bytes,
        models: answer.models.iter().map(|model| model.bytes).sum(),
    };
    let (encode_seconds, decode_seconds) =
        (median(answer.encode_seconds), median(answer.decode_seconds));
    let speed = |seconds: f64| facts.raw_bytes as f64 / 1e6 / seconds.max(TICK);
    Measured {
        stored_bytes: answer.stored_bytes,
        ratio: size.ratio(),
        ratio_with_models: size.ratio_with_models(),
        bits_per_value: size.bits_per_value(),
        encode_seconds,
        decode_seconds,
        encode_speed: speed(encode_seconds),
        decode_speed: speed(decode_seconds),
        peak_bytes: answer.peak_bytes,
        models: answer.models,
        quality,
        why: answer.why,
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

fn size_of_file(path: &Path) -> usize {
    std::fs::metadata(path).map_or(1, |file| file.len().max(1) as usize)
}
