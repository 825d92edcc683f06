//! `forecast` in specs.

use std::sync::Arc;

use foresz_predictors::{Built, Entry, Error, Params, Parcel, Part, Result, Supply};

use crate::forecast::{Care, Forecast};
use crate::found::Found;
use crate::model::Model;
use crate::shelf::Shelf;

/// What streams say.
const KNOWN: [&str; 6] = ["model", "sha256", "bytes", "runtime", "made", "guard"];

/// A command line instead of a model.
const PROCESS: &str = "process";

/// The registry's entry for learned models on a shelf.
pub fn entry(shelf: Arc<Shelf>) -> Entry {
    let (settler, stock) = (Arc::clone(&shelf), Stock(Arc::clone(&shelf)));
    Entry::new(
        "forecast",
        "frame: what a learned model foresees  [model=NAME|FOLDER or process=COMMAND, guard=0…1]",
        move |part| {
            let (model, care) = asked(&shelf, part)?;
            Ok(Built::frame(Forecast::new(model, care)))
        },
    )
    .settled(move |part| settle(&settler, part))
    .supplied(stock)
}

/// The models of a shelf, to go and come with streams.
struct Stock(Arc<Shelf>);

impl Supply for Stock {
    fn pack(&self, part: &Part) -> Result<Parcel> {
        let params = Params::new(part);
        let (Some(name), Some(hash)) = (params.text("model"), params.text("sha256")) else {
            return Err(wrong(part, "settle the spec before it is packed"));
        };
        if params.text("runtime") == Some(PROCESS) {
            return Err(wrong(
                part,
                "a model that is a program cannot be stored in a stream",
            ));
        }
        let pack = || {
            let parcel = self.0.find_hash(name, hash)?.pack()?;
            // What a decoder will do.
            self.0.open_anew(&Found::unpack(&parcel)?)?;
            Ok(parcel)
        };
        pack().map_err(model_error)
    }

    fn unpack(&self, parcels: &[Parcel]) -> Result<Entry> {
        let found = parcels.iter().map(Found::unpack);
        let found: crate::Result<Vec<Found>> = found.collect();
        let shelf = self.0.beside(found.map_err(model_error)?);
        Ok(entry(Arc::new(shelf)))
    }
}

/// The model that a settled part names, and how careful it has to be. Streams may name
/// models by their hash alone: neither paths nor programs.
fn asked(shelf: &Shelf, part: &Part) -> Result<(Arc<Model>, Care)> {
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
    let model = shelf.hashed(name, hash).map_err(model_error)?;
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

fn model_error(error: crate::error::Error) -> Error {
    Error::Model {
        reason: error.to_string(),
    }
}

/// A model by its hash, and what it was run by. Only users have a say in what is
/// opened or started: specs of streams are built, not settled.
fn settle(shelf: &Shelf, part: &Part) -> Result<Part> {
    let mut params = Params::new(part);
    guard(&mut params)?;
    let model = match (params.text("model"), params.text(PROCESS)) {
        (Some(_), _) if params.text("sha256").is_some() => return Ok(part.clone()),
        (Some(name), None) => {
            params.finish(&["model", "guard"])?;
            shelf.named(name)
        }
        (None, Some(line)) => {
            params.finish(&[PROCESS, "guard"])?;
            shelf.process(line)
        }
        _ => {
            return Err(wrong(
                part,
                "which model? Write forecast:model=NAME, model=FOLDER or process=\"COMMAND\"",
            ));
        }
    };
    let model = model.map_err(model_error)?;
    let mut settled = vec![
        ("model".to_owned(), model.contract().name.clone()),
        ("sha256".to_owned(), model.hash().to_owned()),
        ("bytes".to_owned(), model.weights_bytes().to_string()),
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
