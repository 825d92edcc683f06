//! Where a training stands, so that it can go on after a kill.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, safetensors};
use serde::{Deserialize, Serialize};

use crate::adam::Adam;
use crate::error::{Error, Result};
use crate::layer::Parameter;
use crate::record::Record;
use crate::settings::Settings;

/// Its name in the folder of the model; gone when training is done.
pub(crate) const FILE_NAME: &str = "checkpoint.safetensors";

/// Everything but tensors.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    /// Of the series: another one is refused.
    pub(crate) shape: Vec<usize>,
    pub(crate) record: Record,
    pub(crate) steps: usize,
    /// What the rate is multiplied by since the loss last went astray, and how often it did.
    pub(crate) restraint: f64,
    pub(crate) astray: usize,
}

pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// Writes it beside the last one and then puts it in its place.
pub(crate) fn save(
    folder: &Path,
    state: &State,
    parameters: &[Parameter],
    best: &[Tensor],
    adam: &Adam,
) -> Result<()> {
    let mut tensors = HashMap::new();
    for (i, parameter) in parameters.iter().enumerate() {
        tensors.insert(format!("now.{i}"), parameter.var.as_tensor().clone());
        tensors.insert(format!("best.{i}"), best[i].clone());
        tensors.insert(format!("first.{i}"), adam.first[i].clone());
        tensors.insert(format!("second.{i}"), adam.second[i].clone());
    }
    let text = serde_json::to_vec(state).map_err(candle_core::Error::wrap)?;
    let length = text.len();
    tensors.insert(
        "state".into(),
        Tensor::from_vec(text, length, &Device::Cpu)?,
    );
    let new = folder.join("checkpoint.new");
    safetensors::save(&tensors, &new)?;
    let place = path(folder);
    std::fs::rename(&new, &place).map_err(|source| Error::Write {
        path: place,
        source,
    })
}

/// What was saved, put into the parameters; returns the state and the best weights.
pub(crate) fn load(
    folder: &Path,
    settings: &Settings,
    shape: &[usize],
    parameters: &[Parameter],
    adam: &mut Adam,
) -> Result<(State, Vec<Tensor>)> {
    let path = path(folder);
    let wrong = |reason: String| Error::Checkpoint {
        path: path.clone(),
        reason,
    };
    if !path.is_file() {
        return Err(wrong("there is no checkpoint to resume from".into()));
    }
    let tensors = safetensors::load(&path, &Device::Cpu).map_err(|e| wrong(e.to_string()))?;
    let get = |name: &str| {
        let tensor = tensors.get(name);
        tensor.ok_or_else(|| wrong(format!("it has no {name}")))
    };
    let text = get("state")?.to_vec1::<u8>()?;
    let state: State = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
    let same = Settings {
        epochs: settings.epochs,
        minutes: settings.minutes,
        patience: settings.patience,
        recipe: settings.recipe.clone(),
        ..state.settings.clone()
    };
    if same != *settings || state.shape != shape {
        return Err(wrong(
            "it belongs to a training with other settings or another series; only --epochs, --minutes and \
             --patience may change"
                .into(),
        ));
    }
    let mut best = Vec::with_capacity(parameters.len());
    for (i, parameter) in parameters.iter().enumerate() {
        let device = parameter.var.device();
        let on =
            |name: &str| -> Result<Tensor> { Ok(get(&format!("{name}.{i}"))?.to_device(device)?) };
        parameter.var.set(&on("now")?)?;
        adam.first[i] = on("first")?;
        adam.second[i] = on("second")?;
        best.push(on("best")?);
    }
    adam.steps = state.steps;
    Ok((state, best))
}
