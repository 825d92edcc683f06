//! An autoencoder at hand: its contract and its two networks.

use std::path::Path;

use super::contract::Contract;
use super::network::Network;
use crate::contract::FILE_NAME;
use crate::error::{Error, Result};
use crate::found::Found;
use crate::runtime::Runtime;
use crate::source::Onnx;

/// What contracts of autoencoders say that they are.
pub const AUTOENCODER: &str = "autoencoder";

/// An autoencoder that can be used.
pub struct Model {
    contract: Contract,
    hash: String,
    bytes: u64,
    /// Only compression needs it: elsewhere it may be missing, and then this says why.
    encoder: Result<Network, String>,
    decoder: Network,
}

impl Model {
    /// Checks files against their hashes and starts what `run` makes of them.
    pub fn open(found: &Found, run: impl Fn(Onnx) -> Result<Box<dyn Runtime>>) -> Result<Model> {
        let unfit = |reason| Error::Unfit {
            model: found.name().into(),
            reason,
        };
        if found.kind() != AUTOENCODER {
            return Err(unfit(format!(
                "it is no autoencoder: write {}:model=…",
                found.kind()
            )));
        }
        let path = found.source().path(FILE_NAME);
        let contract = Contract::parse(found.text(), Path::new(&path))?;
        let start = |file: &super::Network| run(found.onnx(&file.file, &file.sha256)?);
        let decoder = start(&contract.decoder)?;
        let encoder = match start(&contract.encoder) {
            Err(error @ Error::Changed { .. }) => return Err(error),
            encoder => encoder.map_err(|error| error.to_string()),
        };
        let bytes = found.bytes().unwrap_or(0);
        Model::assembled(contract, found.hash().into(), bytes, encoder, decoder)
    }

    /// An autoencoder of a contract and what runs its networks, without files.
    pub fn of_text(
        text: &str,
        encoder: Box<dyn Runtime>,
        decoder: Box<dyn Runtime>,
    ) -> Result<Model> {
        let contract = Contract::parse(text, Path::new(FILE_NAME))?;
        let hash = crate::contract::sha256(text.as_bytes());
        Model::assembled(contract, hash, 0, Ok(encoder), decoder)
    }

    fn assembled(
        contract: Contract,
        hash: String,
        bytes: u64,
        encoder: Result<Box<dyn Runtime>, String>,
        decoder: Box<dyn Runtime>,
    ) -> Result<Model> {
        let unfit = |network: &str, reason| Error::Unfit {
            model: contract.name.clone(),
            reason: format!("{network}: {reason}"),
        };
        let tile: Vec<usize> = std::iter::once(1).chain(contract.tile.clone()).collect();
        let latents = vec![contract.latents];
        let decoder = Network::new(decoder, ("z", latents.clone()), ("y", tile.clone()));
        let decoder = decoder.map_err(|reason| unfit("decoder", reason))?;
        let encoder = match encoder {
            Ok(runtime) => {
                let encoder = Network::new(runtime, ("x", tile), ("z", latents));
                Ok(encoder.map_err(|reason| unfit("encoder", reason))?)
            }
            Err(reason) => Err(reason),
        };
        Ok(Model {
            contract,
            hash,
            bytes,
            encoder,
            decoder,
        })
    }

    /// The contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// What streams know the model by.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Bytes of both networks.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What runs the decoder, which alone has to give the same everywhere.
    pub fn runtime(&self) -> &dyn Runtime {
        self.decoder.runtime()
    }

    pub(crate) fn decoder(&self) -> &Network {
        &self.decoder
    }

    pub(crate) fn encoder(&self) -> Result<&Network> {
        self.encoder.as_ref().map_err(|reason| Error::Unfit {
            model: self.contract.name.clone(),
            reason: format!("its encoder is needed to compress: {reason}"),
        })
    }
}
