//! What a caller asks for.

use std::sync::Arc;

use foresz_predictors::{Registry, Spec};

use crate::bound::Bound;
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::{Result, invalid};

/// Which predictor codes the field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choose {
    /// Code a sample of each chunk with several and take the smallest.
    #[default]
    Auto,
    /// This one.
    Spec(Spec),
}

impl std::str::FromStr for Choose {
    type Err = foresz_predictors::Error;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        if text == "auto" {
            Ok(Choose::Auto)
        } else {
            text.parse().map(Choose::Spec)
        }
    }
}

/// Told of each chunk that is done: its number of samples.
pub type Progress = Arc<dyn Fn(usize) + Send + Sync>;

/// Everything about a compression but the field itself.
///
/// ```
/// use foresz::{Bound, Options};
/// let options = Options::new(Bound::Absolute(0.05))
///     .predictor("persistence+spline")?
///     .dims(["time", "lat", "lon"])
///     .threads(2);
/// # Ok::<(), foresz::Error>(())
/// ```
#[derive(Clone)]
pub struct Options {
    pub(crate) bound: Bound,
    pub(crate) choose: Choose,
    pub(crate) effort: Effort,
    pub(crate) backend: Option<Backend>,
    pub(crate) periodic: Option<bool>,
    pub(crate) threads: usize,
    pub(crate) fills: Vec<f64>,
    pub(crate) exact: Vec<f64>,
    pub(crate) least: Option<f64>,
    pub(crate) most: Option<f64>,
    pub(crate) valid: Vec<(f64, f64)>,
    /// The numbers are whole, from the first to the second, and are rounded to such when
    /// they are decoded.
    pub(crate) whole: Option<(f64, f64)>,
    pub(crate) dims: Vec<String>,
    pub(crate) chunk: Option<Vec<usize>>,
    pub(crate) keyframe: Option<usize>,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) offers: Vec<Spec>,
    pub(crate) store_models: bool,
    pub(crate) registry: Registry,
    pub(crate) progress: Option<Progress>,
}

impl Options {
    /// The back end that chunks are coded with.
    pub(crate) fn chosen_backend(&self) -> Backend {
        self.backend.unwrap_or(self.effort.backend())
    }

    /// Whether integers are packed wherever a chunk suits: asking for a predictor or a
    /// back end is asking for something else.
    pub(crate) fn is_fast(&self) -> bool {
        self.effort == Effort::Fast && self.choose == Choose::Auto && self.backend.is_none()
    }

    /// The defaults under a bound: `auto`, the default effort, all threads.
    pub fn new(bound: Bound) -> Self {
        Options {
            bound,
            choose: Choose::Auto,
            effort: Effort::default(),
            backend: None,
            periodic: None,
            threads: 0,
            fills: Vec::new(),
            exact: Vec::new(),
            least: None,
            most: None,
            valid: Vec::new(),
            whole: None,
            dims: Vec::new(),
            chunk: None,
            keyframe: None,
            attributes: Vec::new(),
            offers: Vec::new(),
            store_models: false,
            registry: crate::registry::usual(),
            progress: None,
        }
    }

    /// A predictor by its spec, or `auto`. Whether it exists is checked on compression.
    pub fn predictor(mut self, spec: &str) -> Result<Self> {
        self.choose = spec.parse()?;
        Ok(self)
    }

    /// A predictor that codes each chunk as a whole where that beats what `auto` chooses:
    /// for those that samples cannot judge, such as learned models. May be repeated.
    pub fn offer(mut self, spec: &str) -> Result<Self> {
        self.offers.push(spec.parse()?);
        Ok(self)
    }

    /// How much time a smaller stream may cost.
    pub fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// A back end other than that of the effort.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Whether the last dimension closes on itself, as longitude does on a global
    /// grid; if not said, the field is looked at.
    pub fn periodic(mut self, periodic: bool) -> Self {
        self.periodic = Some(periodic);
        self
    }

    /// Threads to use; 0 for as many as there are processors. Never changes a byte.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// A value that stands for "nothing here" and has to come back exactly, as NaN and
    /// infinities do anyway. No other number comes back as this one: what is near stays on
    /// its side of it.
    pub fn fill(mut self, fill: f64) -> Self {
        self.fills.push(fill);
        self
    }

    /// A value that comes back exactly where it is, though others may become it: 0 where it
    /// did not rain.
    pub fn keep(mut self, value: f64) -> Self {
        self.exact.push(value);
        self
    }

    /// No number comes back below this: 0 for what cannot be negative. It is rounded up to
    /// the type of the field, and to the next one if it is a fill value. A field may be
    /// below it by as much as it may err, such as by rounding: then it comes back as the
    /// limit. What is further below is an error. Fill values, and values that are
    /// [kept](Self::keep), come back as they are, wherever they lie.
    pub fn least(mut self, least: f64) -> Self {
        self.least = Some(least);
        self
    }

    /// No number comes back above this, in the same way.
    pub fn most(mut self, most: f64) -> Self {
        self.most = Some(most);
        self
    }

    /// What lies from `low` to `high` comes back from `low` to `high`, and what lies
    /// outside comes back outside, on the same side. Both ends may be infinite. May be
    /// repeated, up to eight times.
    pub fn valid(mut self, low: f64, high: f64) -> Self {
        self.valid.push((low, high));
        self
    }

    /// Names of the dimensions, slowest first. The one called `time` is time.
    pub fn dims<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.dims = names.into_iter().map(Into::into).collect();
        self
    }

    /// Shape of the chunks, the units of random access, of threads and of damage.
    pub fn chunk(mut self, shape: impl Into<Vec<usize>>) -> Self {
        self.chunk = Some(shape.into());
        self
    }

    /// Starts anew after so many frames: chunks are runs of that length, everything but
    /// time in one piece. Frames of different runs are found, decoded and damaged apart.
    pub fn keyframe(mut self, frames: usize) -> Self {
        self.keyframe = Some(frames);
        self
    }

    /// A key and a value to keep with the field, such as its name or units.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Whether learned models that chunks are coded with travel in the stream, so that
    /// decoding needs nothing else.
    pub fn store_models(mut self, store: bool) -> Self {
        self.store_models = store;
        self
    }

    /// The predictors that specs can name.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Is told of every chunk that is done.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }
}

/// Which dimension of a field is time, by the names of its dimensions; without names
/// the first of three or more.
pub fn time_dimension(names: &[String], dims: usize) -> Result<Option<usize>> {
    Layout::new(names, dims).map(|layout| layout.time)
}

/// Names that mean time.
const TIMES: [&str; 4] = ["time", "t", "valid_time", "step"];

/// Names and meaning of a field's dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) names: Vec<String>,
    pub(crate) time: Option<usize>,
}

impl Layout {
    /// Without names the last two dimensions are a frame and the first of three or
    /// more is time.
    pub(crate) fn new(names: &[String], dims: usize) -> Result<Self> {
        if names.is_empty() {
            return Ok(Layout {
                names: vec![String::new(); dims],
                time: (dims >= 3).then_some(0),
            });
        }
        if names.len() != dims {
            return invalid(format!(
                "{} dimension names ({}) for {dims} dimensions",
                names.len(),
                names.join(",")
            ));
        }
        if let Some(twice) = names
            .iter()
            .enumerate()
            .find(|(i, n)| names[..*i].contains(n))
        {
            return invalid(format!("two dimensions are called {:?}", twice.1));
        }
        let time = names
            .iter()
            .position(|n| TIMES.contains(&n.to_ascii_lowercase().as_str()));
        Ok(Layout {
            names: names.to_vec(),
            time,
        })
    }
}
