//! foresz with a predictor and a back end.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use foresz::forecast::Shelf;
use foresz::predictors::Registry;
use foresz::{Backend, Choose, Effort};

use super::super::args::Compare;
use super::super::within::Own;
use super::{Contender, Make, ourselves};
use crate::program;
use foresz_compare::job::How;
use foresz_compare::sha256;

/// A way to call foresz.
pub(super) struct Ours {
    predictor: String,
    backend: Option<Backend>,
    effort: Effort,
    dims: Vec<String>,
    attributes: Vec<(String, String)>,
    models: Vec<PathBuf>,
    here: Option<Registry>,
}

/// A rebuilt program is another version: results of the old one are not its results.
static BUILD: LazyLock<String> = LazyLock::new(|| {
    let hash = program::code().map_or("unknown".into(), |bytes| sha256(&bytes));
    format!(
        "{} ({})",
        env!("CARGO_PKG_VERSION"),
        &hash[..hash.len().min(12)]
    )
});

impl Ours {
    /// A predictor with every back end; `auto` with every effort, too, those but the default
    /// with the back ends of their own.
    pub(super) fn all(spec: &str, args: &Compare, own: &Own) -> anyhow::Result<Vec<Self>> {
        let choose: Choose = spec.parse().map_err(foresz::Error::from)?;
        let mut here = None;
        if let Choose::Spec(spec) = &choose {
            let shelf = || args.model.iter().rev().fold(Shelf::default(), Shelf::place);
            here = own.registry(spec, shelf());
            let usual = || crate::registry::registry(shelf());
            let registry = here.clone().unwrap_or_else(usual);
            let built = registry.settle(spec).and_then(|spec| registry.build(&spec));
            built.map_err(foresz::Error::from)?;
        }
        let default = [Effort::default()];
        let efforts = if choose == Choose::Auto {
            &args.effort[..]
        } else {
            &default
        };
        let mut backends: Vec<_> = args.backend.iter().copied().map(Some).collect();
        if backends.is_empty() {
            backends.push(None);
        }
        let mut all = Vec::new();
        for effort in efforts {
            let backends = if *effort == Effort::Default {
                &backends
            } else {
                &[None][..]
            };
            all.extend(backends.iter().map(|backend| Ours {
                predictor: spec.into(),
                backend: *backend,
                effort: *effort,
                dims: args.layout.dims.clone(),
                attributes: args.attr.clone(),
                models: args.model.clone(),
                here: here.clone(),
            }));
        }
        Ok(all)
    }

    fn backend(&self) -> &'static str {
        match (self.effort, self.backend) {
            (Effort::Fast, None) => Backend::Packed.name(),
            (effort, backend) => backend.unwrap_or(effort.backend()).name(),
        }
    }
}

impl Contender for Ours {
    fn name(&self) -> String {
        let effort = match self.effort {
            Effort::Default => String::new(),
            other => format!(" ({})", other.name()),
        };
        format!("{}{effort} × {}", self.predictor, self.backend())
    }

    fn make(&self) -> Make {
        Make {
            codec: "foresz".into(),
            predictor: Some(self.predictor.clone()),
            backend: Some(self.backend().into()),
            effort: Some(self.effort.name().into()),
        }
    }

    fn version(&self) -> Result<String, String> {
        Ok(BUILD.clone())
    }

    fn how(&self, field: &str) -> How {
        let of_field = |(key, value): &(String, String)| match key.split_once('/') {
            None => Some((key.clone(), value.clone())),
            Some((name, key)) if name == field => Some((key.into(), value.clone())),
            Some(_) => None,
        };
        How::Foresz {
            predictor: self.predictor.clone(),
            backend: self.backend,
            effort: self.effort,
            dims: self.dims.clone(),
            attributes: self.attributes.iter().filter_map(of_field).collect(),
            models: self.models.clone(),
        }
    }

    fn command(&self) -> anyhow::Result<Command> {
        ourselves()
    }

    fn here(&self) -> Option<&Registry> {
        self.here.as_ref()
    }
}
