//! Learned models in specs: `forecast` and `autoencoder`.

use std::sync::Arc;

use foresz_predictors::{Allowance, Built, Entry, Error, Params, Parcel, Part, Result, Supply};

use crate::autoencoder::{self, AUTOENCODER, Autoencoding};
use crate::forecast::{Care, Forecast, said};
use crate::found::{FORECAST, Found};
use crate::guest::{self, Guest, Hosted};
use crate::model::Model;
use crate::runtime::{Needs, Runtime};
use crate::shelf::Shelf;

/// What streams say.
const KNOWN: [&str; 6] = ["model", "sha256", "bytes", "runtime", "made", "guard"];

/// A command line instead of a model.
const PROCESS: &str = "process";

/// The registry's entry for learned models that foresee.
pub fn forecast(shelf: Arc<Shelf>) -> Entry {
    let settler = Arc::clone(&shelf);
    let stock = Stock {
        shelf: Arc::clone(&shelf),
        entry: forecast,
        open: |shelf, found| shelf.open_anew(found).map(|_| ()),
        needs: |shelf, name, hash| Ok(shelf.hashed(name, hash)?.runtime().needs()),
    };
    Entry::new(
        FORECAST,
        "frame: what a learned model foresees  [model=NAME|FOLDER or process=COMMAND, guard=0…1]",
        move |part| {
            if is_guest(part) {
                return hosted(part, &shelf).map(Built::frame);
            }
            let (model, care) = asked(part, |name, hash| shelf.hashed(name, hash))?;
            Ok(Built::frame(Forecast::new(model, care)))
        },
    )
    .settled(move |part| {
        let params = Params::new(part);
        let named = params
            .text("model")
            .filter(|_| params.text("sha256").is_none());
        if let Some(guest) = named.and_then(|name| settler.guest_named(name)) {
            return settle_guest(part, &**guest);
        }
        settle(
            part,
            |name| settler.named(name),
            |line| settler.process(line),
        )
    })
    .supplied(stock)
}

/// The registry's entry for autoencoders.
pub fn autoencoder(shelf: Arc<Shelf>) -> Entry {
    let settler = Arc::clone(&shelf);
    let stock = Stock {
        shelf: Arc::clone(&shelf),
        entry: autoencoder,
        open: |shelf, found| shelf.open_autoencoder_anew(found).map(|_| ()),
        needs: |shelf, name, hash| Ok(shelf.hashed_autoencoder(name, hash)?.runtime().needs()),
    };
    Entry::new(
        AUTOENCODER,
        "frame: tiles from a few numbers each; also called ae  [model=NAME|FOLDER, guard=0…1]",
        move |part| {
            let (model, care) = asked(part, |name, hash| shelf.hashed_autoencoder(name, hash))?;
            Ok(Built::frame(Autoencoding::new(model, care)))
        },
    )
    .called("ae")
    .settled(move |part| {
        let no_process = |_: &str| {
            Err(crate::error::Error::Missing(
                "autoencoders are not run by processes: write model=NAME or model=FOLDER".into(),
            ))
        };
        settle(part, |name| settler.named_autoencoder(name), no_process)
    })
    .supplied(stock)
}

/// The models of a shelf, to go and come with streams.
struct Stock {
    shelf: Arc<Shelf>,
    entry: fn(Arc<Shelf>) -> Entry,
    /// What a decoder will do.
    open: fn(&Shelf, &Found) -> crate::Result<()>,
    /// What runs took.
    needs: fn(&Shelf, &str, &str) -> crate::Result<Option<Needs>>,
}

/// The model of a settled part that can travel, by its name and hash.
fn named<'p>(params: &Params<'p>, part: &Part) -> Result<(&'p str, &'p str)> {
    let (Some(name), Some(hash)) = (params.text("model"), params.text("sha256")) else {
        return Err(wrong(part, "settle the spec before it is packed"));
    };
    if params.text("runtime") == Some(PROCESS) || is_guest(part) {
        return Err(wrong(
            part,
            "a model that is a program cannot be stored in a stream",
        ));
    }
    Ok((name, hash))
}

impl Supply for Stock {
    fn pack(&self, part: &Part) -> Result<Parcel> {
        let params = Params::new(part);
        let (name, hash) = named(&params, part)?;
        let pack = || {
            let parcel = self.shelf.find_hash(name, hash)?.pack()?;
            (self.open)(&self.shelf, &Found::unpack(&parcel)?)?;
            Ok(parcel)
        };
        pack().map_err(said)
    }

    fn check(&self, part: &Part, values: u64, allowance: &Allowance) -> Result<()> {
        let params = Params::new(part);
        let (name, hash) = named(&params, part)?;
        let needs = (self.needs)(&self.shelf, name, hash).map_err(said)?;
        let Needs {
            memory,
            work,
            loading,
        } = needs.unwrap_or_default();
        let too_much = |reason: String| {
            Err(Error::Limit {
                reason: format!("model {name} cannot be stored in the stream: {reason}"),
            })
        };
        if memory > allowance.memory() {
            return too_much(format!(
                "it needs {memory} bytes of memory, and decoders allow {}",
                allowance.memory()
            ));
        }
        let all = work.saturating_mul(values).saturating_add(loading);
        if all > allowance.work() {
            return too_much(format!(
                "it does {all} multiply-adds for {values} values, and decoders allow {}",
                allowance.work()
            ));
        }
        Ok(())
    }

    fn unpack(&self, parcels: &[Parcel], allowance: &Allowance) -> Result<Entry> {
        let found = parcels.iter().map(Found::unpack);
        let found: crate::Result<Vec<Found>> = found.collect();
        let shelf = self.shelf.beside(found.map_err(said)?, allowance);
        Ok((self.entry)(Arc::new(shelf)))
    }
}

/// What specs say of a model of any kind.
trait Named {
    fn name(&self) -> &str;
    fn hash(&self) -> &str;
    fn bytes(&self) -> u64;
    /// What has to give the same everywhere.
    fn runtime(&self) -> &dyn Runtime;
}

impl Named for Model {
    fn name(&self) -> &str {
        &self.contract().name
    }

    fn hash(&self) -> &str {
        self.hash()
    }

    fn bytes(&self) -> u64 {
        self.weights_bytes()
    }

    fn runtime(&self) -> &dyn Runtime {
        self.runtime()
    }
}

impl Named for autoencoder::Model {
    fn name(&self) -> &str {
        &self.contract().name
    }

    fn hash(&self) -> &str {
        self.hash()
    }

    fn bytes(&self) -> u64 {
        self.bytes()
    }

    fn runtime(&self) -> &dyn Runtime {
        self.runtime()
    }
}

/// The model that a settled part names, and how careful it has to be. Streams may name
/// models by their hash alone: neither paths nor programs.
fn asked<M: Named>(
    part: &Part,
    hashed: impl FnOnce(&str, &str) -> crate::Result<Arc<M>>,
) -> Result<(Arc<M>, Care)> {
    let mut params = Params::new(part);
    let (Some(name), Some(hash), Some(runtime)) = (
        params.text("model"),
        params.text("sha256"),
        params.text("runtime"),
    ) else {
        return Err(wrong(
            part,
            "in a stream it has model, sha256 and runtime; settle the spec first",
        ));
    };
    let guard = guard(&mut params)?;
    params.finish(&KNOWN)?;
    let model = hashed(name, hash).map_err(said)?;
    let care = match (runtime, guard) {
        ("exact", None) => Care::Exact,
        (_, guard) => Care::Guarded(guard.filter(|g| *g > 0.0)),
    };
    if care == Care::Exact && !model.runtime().is_exact() {
        return Err(Error::Model {
            reason: format!(
                "the stream was made by the exact runtime, without a guard band: {} cannot decode it, --runtime exact can",
                model.runtime().about()
            ),
        });
    }
    Ok((model, care))
}

/// What runs models. Anything else is the language of a guest.
const RUNTIMES: [&str; 3] = ["exact", "ort", PROCESS];

/// Whether a settled part names a predictor of the program that made the stream.
fn is_guest(part: &Part) -> bool {
    let runtime = Params::new(part).text("runtime");
    runtime.is_some_and(|runtime| !RUNTIMES.contains(&runtime))
}

fn hosted(part: &Part, shelf: &Shelf) -> Result<Hosted> {
    let mut params = Params::new(part);
    let (Some(name), Some(hash)) = (params.text("model"), params.text("sha256")) else {
        return Err(wrong(part, "in a stream it has model and sha256"));
    };
    let made = params.text("made").unwrap_or("unknown version");
    let guard = guard(&mut params)?;
    params.finish(&KNOWN)?;
    let guest = shelf.guest_hashed(name, hash, made).map_err(said)?;
    Ok(Hosted {
        guest,
        guard: guard.filter(|g| *g > 0.0),
    })
}

fn settle_guest(part: &Part, guest: &dyn Guest) -> Result<Part> {
    let mut params = Params::new(part);
    guard(&mut params)?;
    params.finish(&["model", "guard"])?;
    let settled = [
        ("model", guest.name().to_owned()),
        ("sha256", guest::hash(guest)),
        ("bytes", guest.bytes().to_string()),
        ("runtime", guest.language().to_owned()),
        ("made", guest::about(guest)),
    ];
    let mut settled: Vec<_> = settled.map(|(key, value)| (key.to_owned(), value)).into();
    settled.extend(part.params.iter().find(|(key, _)| key == "guard").cloned());
    Ok(Part {
        name: part.name.clone(),
        params: settled,
    })
}

/// 0 where the band is to be measured.
fn guard(params: &mut Params) -> Result<Option<f64>> {
    match params.text("guard") {
        Some(_) => params.number("guard", 0.0, 0.0..=1.0).map(Some),
        None => Ok(None),
    }
}

fn wrong(part: &Part, reason: &str) -> Error {
    Error::Parameter {
        predictor: part.name.clone(),
        reason: reason.into(),
    }
}

/// A model by its hash, and what it was run by. Only users have a say in what is
/// opened or started: specs of streams are built, not settled.
fn settle<M: Named>(
    part: &Part,
    named: impl FnOnce(&str) -> crate::Result<Arc<M>>,
    process: impl FnOnce(&str) -> crate::Result<Arc<M>>,
) -> Result<Part> {
    let mut params = Params::new(part);
    guard(&mut params)?;
    let model = match (params.text("model"), params.text(PROCESS)) {
        (Some(_), _) if params.text("sha256").is_some() => return Ok(part.clone()),
        (Some(name), None) => {
            params.finish(&["model", "guard"])?;
            named(name)
        }
        (None, Some(line)) => {
            params.finish(&[PROCESS, "guard"])?;
            process(line)
        }
        _ => {
            return Err(wrong(
                part,
                "which model? Write model=NAME, model=FOLDER or, to forecast, process=\"COMMAND\"",
            ));
        }
    };
    let model = model.map_err(said)?;
    let mut settled = vec![
        ("model".to_owned(), model.name().to_owned()),
        ("sha256".to_owned(), model.hash().to_owned()),
        ("bytes".to_owned(), model.bytes().to_string()),
        ("runtime".to_owned(), model.runtime().name().to_owned()),
    ];
    if !model.runtime().is_exact() {
        settled.push(("made".into(), model.runtime().about()));
    }
    let guard = part.params.iter().find(|(key, _)| key == "guard");
    settled.extend(guard.cloned());
    Ok(Part {
        name: part.name.clone(),
        params: settled,
    })
}
