//! A model at hand: its contract, the fields it brings along, and what runs it.

use std::path::Path;

use crate::array::Array;
use crate::contract::{self, Contract, Wiring};
use crate::error::{Error, Result};
use crate::found::{FORECAST, Found};
use crate::runtime::{Port, Runtime};
use crate::source::Onnx;

/// A model that can be used.
pub struct Model {
    contract: Contract,
    wiring: Wiring,
    hash: String,
    weights_bytes: u64,
    statics: Vec<Vec<f32>>,
    runtime: Box<dyn Runtime>,
}

/// Bytes of a static field.
const MOST_STATIC: u64 = 1 << 30;

/// A contract, and what it comes to.
fn wired(text: &str, path: &Path) -> Result<(Contract, Wiring)> {
    let contract = Contract::parse(text, path)?;
    let wiring = contract.wire().map_err(|reason| Error::Contract {
        path: path.into(),
        reason,
    })?;
    Ok((contract, wiring))
}

impl Model {
    /// Checks all files against their hashes and starts what `run` makes of the weights.
    pub fn open(
        found: &Found,
        run: impl FnOnce(Onnx) -> Result<Box<dyn Runtime>>,
    ) -> Result<Model> {
        if found.kind() != FORECAST {
            return Err(Error::Unfit {
                model: found.name().into(),
                reason: format!(
                    "it is no model for forecasts: write {}:model=…",
                    found.kind()
                ),
            });
        }
        let (contract, wiring) = wired(found.text(), &found.source().path(contract::FILE_NAME))?;
        let weights = &contract.weights;
        let onnx = found.onnx(&weights.file, &weights.sha256)?;
        let statics = contract.statics.iter().map(|fixed| {
            let bytes = found.read(&fixed.file, &fixed.sha256, MOST_STATIC)?;
            let (words, _) = bytes.as_chunks();
            Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        });
        let statics = statics.collect::<Result<_>>()?;
        Model {
            contract,
            wiring,
            hash: found.hash().to_owned(),
            weights_bytes: onnx.size(),
            statics,
            runtime: run(onnx)?,
        }
        .checked()
    }

    /// A model that brings its contract along as text, such as a process.
    pub fn of_text(text: &str, runtime: Box<dyn Runtime>) -> Result<Model> {
        let path = Path::new(contract::FILE_NAME);
        let (contract, wiring) = wired(text, path)?;
        if !contract.statics.is_empty() {
            return Err(Error::Contract {
                path: path.into(),
                reason: "statics: a process keeps its own".into(),
            });
        }
        Model {
            weights_bytes: contract.weights.bytes,
            contract,
            wiring,
            hash: contract::sha256(text.as_bytes()),
            statics: Vec::new(),
            runtime,
        }
        .checked()
    }

    fn checked(self) -> Result<Model> {
        self.check_ports()?;
        Ok(self)
    }

    /// What the contract says has to be what the model has.
    fn check_ports(&self) -> Result<()> {
        let (inputs, outputs) = (self.runtime.inputs(), self.runtime.outputs());
        for feed in &self.wiring.feeds {
            self.check_port("takes", &inputs, &feed.tensor)?;
        }
        for get in &self.wiring.gets {
            self.check_port("gives", &outputs, &get.tensor)?;
        }
        let unfed = |port: &&Port| self.wiring.feeds.iter().all(|f| f.tensor != port.name);
        match inputs.iter().find(unfed) {
            None => Ok(()),
            Some(port) => self.unfit(format!(
                "the model takes {:?}, which the contract does not feed",
                port.name
            )),
        }
    }

    /// Whether a tensor of the contract is among those that the model takes or gives.
    fn check_port(&self, does: &str, ports: &[Port], tensor: &str) -> Result<()> {
        match ports.iter().find(|p| p.name == tensor) {
            Some(port) if port.is_f32 => Ok(()),
            Some(_) => self.unfit(format!("tensor {tensor:?} is not f32")),
            // Only the model itself knows.
            None if ports.is_empty() => Ok(()),
            None => {
                let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
                self.unfit(format!(
                    "the contract has a tensor {tensor:?}; the model {does} {}",
                    names.join(", ")
                ))
            }
        }
    }

    fn unfit<T>(&self, reason: String) -> Result<T> {
        Err(Error::Unfit {
            model: self.contract.name.clone(),
            reason,
        })
    }

    /// The contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The contract worked out.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// What streams know the model by.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Bytes of the model itself.
    pub fn weights_bytes(&self) -> u64 {
        self.weights_bytes
    }

    /// What runs it.
    pub fn runtime(&self) -> &dyn Runtime {
        &*self.runtime
    }

    /// A static field, normalised.
    pub(crate) fn fixed(&self, index: usize) -> (&[f32], f64, f64) {
        let of = &self.contract.statics[index];
        (&self.statics[index], of.mean, of.std)
    }

    /// One of the arrays that a run has given.
    pub(crate) fn output<'a>(
        &self,
        outputs: &'a [(String, Array)],
        name: &str,
    ) -> Result<&'a Array> {
        let found = outputs.iter().find(|(n, _)| n == name);
        match found {
            Some((_, array)) => Ok(array),
            None => self.unfit(format!("it gave no output {name:?}")),
        }
    }
}
