//! What a compression is asked for, as the package hands it over.

use foresz::{Backend, Bound, Effort, Error, Options, Result};
use pyo3::FromPyObject;

use crate::guests::{Given, Guests};

/// A dictionary that `foresz/_settings.py` has made and checked for types.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    bound: f64,
    mode: String,
    effort: String,
    predictor: String,
    objects: Vec<Given>,
    backend: Option<String>,
    dims: Vec<String>,
    periodic: Option<bool>,
    fill: Vec<f64>,
    keep: Vec<f64>,
    least: Option<f64>,
    most: Option<f64>,
    attributes: Vec<(String, String)>,
    chunk: Option<Vec<usize>>,
    threads: usize,
}

impl Settings {
    /// Takes out the predictors that are objects.
    pub(crate) fn guests(&mut self) -> Guests {
        Guests::new(std::mem::take(&mut self.objects))
    }

    /// The options of the library, with predictors at hand.
    pub(crate) fn options(self, guests: &Guests) -> Result<Options> {
        let bound = bound(&self.mode, self.bound)?;
        let mut options = Options::new(bound)
            .predictor(&self.predictor)?
            .effort(self.effort.parse::<Effort>()?)
            .dims(self.dims)
            .threads(self.threads);
        if let Some(registry) = guests.registry() {
            options = options.registry(registry);
        }
        if let Some(name) = self.backend {
            options = options.backend(backend(&name)?);
        }
        if let Some(periodic) = self.periodic {
            options = options.periodic(periodic);
        }
        if let Some(least) = self.least {
            options = options.least(least);
        }
        if let Some(most) = self.most {
            options = options.most(most);
        }
        if let Some(chunk) = self.chunk {
            options = options.chunk(chunk);
        }
        options = self.fill.into_iter().fold(options, Options::fill);
        options = self.keep.into_iter().fold(options, Options::keep);
        let attributes = self.attributes.into_iter();
        Ok(attributes.fold(options, |options, (key, value)| {
            options.attribute(key, value)
        }))
    }
}

/// The modes of the package, beside the bounds that they mean.
pub(crate) fn bound(mode: &str, bound: f64) -> Result<Bound> {
    let bound = match mode {
        "abs" => Bound::Absolute(bound),
        "range-rel" => Bound::RangeRelative(bound),
        "pw-rel" => Bound::PointwiseRelative(bound),
        "psnr" => Bound::Psnr(bound),
        "lossless" => Bound::Lossless,
        _ => {
            return Err(Error::Invalid(format!(
                "no mode is called {mode:?}; there are: abs, range-rel, pw-rel, psnr, lossless"
            )));
        }
    };
    bound.check()
}

/// A bound as the package has it: its mode and its number.
pub(crate) fn named(bound: Bound) -> (&'static str, Option<f64>) {
    match bound {
        Bound::Absolute(x) => ("abs", Some(x)),
        Bound::RangeRelative(x) => ("range-rel", Some(x)),
        Bound::PointwiseRelative(x) => ("pw-rel", Some(x)),
        Bound::Psnr(x) => ("psnr", Some(x)),
        Bound::Lossless => ("lossless", None),
    }
}

fn backend(name: &str) -> Result<Backend> {
    let found = Backend::ALL.into_iter().find(|b| b.name() == name);
    found.ok_or_else(|| {
        let names = Backend::ALL.map(Backend::name).join(", ");
        Error::Invalid(format!(
            "no back end is called {name:?}; there are: {names}"
        ))
    })
}
