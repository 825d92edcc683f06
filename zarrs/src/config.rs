//! The configuration, as the Python package has it.

use foresz::{Backend, Bound, Error, Options, Result};
use serde::{Deserialize, Serialize};

/// What the bound means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// No value is off by more than the bound.
    #[default]
    Abs,
    /// The same, with the bound times the range of the chunk.
    RangeRel,
    /// No value is off by more than the bound times itself.
    PwRel,
    /// The chunk has at least this peak signal-to-noise ratio.
    Psnr,
    /// Every bit comes back, and there is no bound.
    Lossless,
}

/// Options of the codec, which are stored as JSON. What is left out is as the library has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the bound means.
    #[serde(default)]
    pub mode: Mode,
    /// The largest error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// `fast`, `default` or `best`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// A predictor by its spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictor: Option<String>,
    /// A back end by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Names of the dimensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dims: Option<Vec<String>>,
    /// Whether the last dimension closes on itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periodic: Option<bool>,
    /// Values that stand for nothing and come back exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Numbers>,
    /// Values that come back exactly where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Numbers>,
    /// No value comes back below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// No value comes back above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// Shape of the parts of a chunk that can be decoded alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<Lengths>,
    /// Whether values stay within the bound when their chunk is encoded again. This crate reads
    /// such arrays only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewritable: bool,
}

/// One number or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// One.
    One(f64),
    /// Several.
    Several(Vec<f64>),
}

/// One length or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Lengths {
    /// One.
    One(usize),
    /// Several.
    Several(Vec<usize>),
}

impl Config {
    /// Options of the library, with a fill value of the array beside those of the
    /// configuration, on one thread: zarrs works on many chunks side by side.
    pub(crate) fn options(&self, fill: Option<f64>) -> Result<Options> {
        if self.rewritable {
            return Err(Error::Invalid(
                "the array is rewritable, and foresz-zarrs cannot write such arrays; write it with Python, or make one that is not".into(),
            ));
        }
        let mut options = Options::new(self.bound()?).threads(1);
        if let Some(effort) = &self.effort {
            options = options.effort(effort.parse()?);
        }
        if let Some(predictor) = &self.predictor {
            options = options.predictor(predictor)?;
        }
        if let Some(name) = &self.backend {
            options = options.backend(backend(name)?);
        }
        if let Some(dims) = &self.dims {
            options = options.dims(dims.iter().cloned());
        }
        if let Some(periodic) = self.periodic {
            options = options.periodic(periodic);
        }
        let fills = numbers(self.fill.as_ref());
        let new = fill.filter(|x| x.is_finite() && !fills.contains(x));
        options = fills
            .iter()
            .chain(&new)
            .fold(options, |all, x| all.fill(*x));
        let kept = numbers(self.keep.as_ref());
        options = kept.iter().fold(options, |all, x| all.keep(*x));
        if let Some(least) = self.least {
            options = options.least(least);
        }
        if let Some(most) = self.most {
            options = options.most(most);
        }
        Ok(match &self.chunk {
            None => options,
            Some(Lengths::One(length)) => options.chunk([*length]),
            Some(Lengths::Several(lengths)) => options.chunk(lengths.as_slice()),
        })
    }

    fn bound(&self) -> Result<Bound> {
        let bound = match (self.mode, self.bound) {
            (Mode::Lossless, None) => Bound::Lossless,
            (Mode::Lossless, Some(x)) => {
                return Err(Error::Invalid(format!(
                    "the mode \"lossless\" takes no bound, and {x} is given"
                )));
            }
            (_, None) => {
                return Err(Error::Invalid(
                    "there is no bound; for no loss at all give the mode \"lossless\"".into(),
                ));
            }
            (Mode::Abs, Some(x)) => Bound::Absolute(x),
            (Mode::RangeRel, Some(x)) => Bound::RangeRelative(x),
            (Mode::PwRel, Some(x)) => Bound::PointwiseRelative(x),
            (Mode::Psnr, Some(x)) => Bound::Psnr(x),
        };
        bound.check()
    }
}

fn numbers(given: Option<&Numbers>) -> &[f64] {
    match given {
        None => &[],
        Some(Numbers::One(number)) => std::slice::from_ref(number),
        Some(Numbers::Several(numbers)) => numbers,
    }
}

fn backend(name: &str) -> Result<Backend> {
    let found = Backend::ALL.into_iter().find(|b| b.name() == name);
    found.ok_or_else(|| Error::Invalid(format!("no back end is called {name:?}")))
}
