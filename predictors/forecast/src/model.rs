//! A model at hand: its contract, the fields it brings along, and what runs it.

use std::path::{Path, PathBuf};

use crate::array::Array;
use crate::contract::{self, Contract, Wiring};
use crate::error::{Error, Result};
use crate::runtime::{Port, Runtime};

/// A model that can be used.
pub struct Model {
    contract: Contract,
    wiring: Wiring,
    hash: String,
    weights_bytes: u64,
    statics: Vec<Vec<f32>>,
    runtime: Box<dyn Runtime>,
}

/// A contract and its folder, before anything is run.
pub struct Folder {
    path: PathBuf,
    contract: Contract,
    wiring: Wiring,
    hash: String,
}

impl Folder {
    /// Reads and checks the contract in a folder.
    pub fn open(path: &Path) -> Result<Folder> {
        let (contract, text, file) = Contract::read(path)?;
        let wiring = contract
            .wire()
            .map_err(|reason| Error::Contract { path: file, reason })?;
        Ok(Folder {
            path: path.into(),
            hash: contract::sha256(text.as_bytes()),
            contract,
            wiring,
        })
    }

    /// The contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// What streams know the model by: the SHA-256 of its contract, which has those of
    /// all other files.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The file of the model itself.
    pub fn weights(&self) -> PathBuf {
        self.path.join(&self.contract.weights.file)
    }

    /// Checks all files against their hashes and starts what `run` makes of the weights.
    pub fn load(self, run: impl FnOnce(&Path) -> Result<Box<dyn Runtime>>) -> Result<Model> {
        let weights = self.weights();
        let wanted = &self.contract.weights.sha256;
        unchanged(&weights, contract::sha256_of(&weights)?, wanted)?;
        let size = std::fs::metadata(&weights).map_or(0, |m| m.len());
        let statics = self.contract.statics.iter().map(|fixed| {
            let path = self.path.join(&fixed.file);
            let bytes = contract::read(&path, MOST_STATIC)?;
            unchanged(&path, contract::sha256(&bytes), &fixed.sha256)?;
            let value = |b: &[u8]| match b {
                [a, b, c, d] => f32::from_le_bytes([*a, *b, *c, *d]),
                _ => 0.0,
            };
            Ok(bytes.chunks_exact(4).map(value).collect())
        });
        let statics = statics.collect::<Result<_>>()?;
        Model::assembled(
            self.contract,
            self.wiring,
            self.hash,
            size,
            statics,
            run(&weights)?,
        )
    }
}

/// Bytes of a static field.
const MOST_STATIC: u64 = 1 << 30;

fn unchanged(path: &Path, found: String, wanted: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::Changed {
        path: path.into(),
        found,
        wanted: wanted.into(),
    })
}

impl Model {
    /// A model that brings its contract along as text, such as a process.
    pub fn of_text(text: &str, runtime: Box<dyn Runtime>) -> Result<Model> {
        let path = Path::new(contract::FILE_NAME);
        let contract = Contract::parse(text, path)?;
        let wrong = |reason| Error::Contract {
            path: path.into(),
            reason,
        };
        let wiring = contract.wire().map_err(wrong)?;
        if !contract.statics.is_empty() {
            return Err(wrong("statics: a process keeps its own".into()));
        }
        let size = contract.weights.bytes;
        let hash = contract::sha256(text.as_bytes());
        Model::assembled(contract, wiring, hash, size, Vec::new(), runtime)
    }

    fn assembled(
        contract: Contract,
        wiring: Wiring,
        hash: String,
        weights_bytes: u64,
        statics: Vec<Vec<f32>>,
        runtime: Box<dyn Runtime>,
    ) -> Result<Model> {
        let model = Model {
            contract,
            wiring,
            hash,
            weights_bytes,
            statics,
            runtime,
        };
        model.check_ports()?;
        Ok(model)
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
