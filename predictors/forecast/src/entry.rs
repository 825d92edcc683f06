//! `forecast` in specs.

use std::sync::Arc;

use foresz_predictors::{Built, Entry, Error, Params, Part, Result};

use crate::forecast::{Care, Forecast};
use crate::model::Model;
use crate::shelf::Shelf;

/// What users may say, and what streams say.
const KNOWN: [&str; 6] = ["model", "sha256", "bytes", "runtime", "made", "guard"];

/// A command line instead of a model.
const PROCESS: &str = "process";

/// The registry's entry for learned models on a shelf.
pub fn entry(shelf: Arc<Shelf>) -> Entry {
    let settler = Arc::clone(&shelf);
    Entry::new(
        "forecast",
        "frame: what a learned model foresees  [model=NAME|FOLDER or process=COMMAND, guard=0…1]",
        move |part| {
            let (model, care) = asked(&shelf, part)?;
            Ok(Built::frame(Forecast::new(model, care)))
        },
    )
    .settled(move |part| settle(&settler, part))
}

fn asked(shelf: &Shelf, part: &Part) -> Result<(Arc<Model>, Care)> {
    let mut params = Params::new(part);
    let wrong = |reason: &str| Error::Parameter {
        predictor: part.name.clone(),
        reason: reason.into(),
    };
    let name = params.text("model").ok_or_else(|| {
        wrong("which model? Write forecast:model=NAME, model=FOLDER or process=\"COMMAND\"")
    })?;
    let hash = params.text("sha256");
    let made_by = params.text("runtime");
    let guard = match params.text("guard") {
        Some(_) => Some(params.number("guard", 0.0, 0.0..=1.0)?).filter(|g| *g > 0.0),
        None => None,
    };
    let guarded = params.text("guard").is_some();
    params.finish(&KNOWN)?;
    let model = match hash {
        Some(hash) => shelf.hashed(name, hash),
        None => shelf.named(name),
    };
    let model = model.map_err(|error| Error::Model {
        reason: error.to_string(),
    })?;
    let exact = match made_by {
        Some(runtime) => runtime == "exact",
        None => model.runtime().is_exact(),
    };
    if exact && !guarded && !model.runtime().is_exact() {
        return Err(Error::Model {
            reason: format!(
                "the stream was made by the exact runtime, without a guard band: {} cannot decode it, --runtime exact can",
                model.runtime().about()
            ),
        });
    }
    let care = if exact && !guarded {
        Care::Exact
    } else {
        Care::Guarded(guard)
    };
    Ok((model, care))
}

/// A model by its hash, and what it was run by. Only users have a say in what is
/// started: specs of streams are built, not settled.
fn settle(shelf: &Shelf, part: &Part) -> Result<Part> {
    let mut params = Params::new(part);
    let line = params.text(PROCESS);
    let model = match line {
        None => asked(shelf, part)?.0,
        Some(line) => {
            params.number("guard", 0.0, 0.0..=1.0)?;
            params.finish(&[PROCESS, "guard"])?;
            shelf.process(line).map_err(|error| Error::Model {
                reason: error.to_string(),
            })?
        }
    };
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
