//! Who there is: names to predictors.

use std::sync::Arc;

use crate::candidate::{Candidate, Occasion};
use crate::climatology::Climatology;
use crate::error::{Error, Result};
use crate::frame::FramePredictor;
use crate::linear::Linear;
use crate::lorenzo::Lorenzo;
use crate::parcel::{Allowance, Parcel, Supply};
use crate::persistence::Persistence;
use crate::predictor::Predictor;
use crate::pyramid::Pyramid;
use crate::raster::Raster;
use crate::sample::Sample;
use crate::spec::{Params, Part, Spec};
use crate::spline::Spline;
use crate::stencil::Stencil;
use crate::zero::Zero;

/// A point-wise predictor for both sample types.
pub trait AnyPoint: Predictor<f32> + Predictor<f64> {}
impl<P: Predictor<f32> + Predictor<f64>> AnyPoint for P {}

/// A frame predictor for both sample types.
pub trait AnyFrame: FramePredictor<f32> + FramePredictor<f64> {}
impl<P: FramePredictor<f32> + FramePredictor<f64>> AnyFrame for P {}

/// What a registry entry builds.
pub enum Built {
    /// Predicts sample by sample.
    Point(Box<dyn AnyPoint>),
    /// Predicts whole frames.
    Frame(Box<dyn AnyFrame>),
}

impl Built {
    /// Wraps a point-wise predictor.
    pub fn point(predictor: impl AnyPoint + 'static) -> Self {
        Built::Point(Box::new(predictor))
    }

    /// Wraps a frame predictor.
    pub fn frame(predictor: impl AnyFrame + 'static) -> Self {
        Built::Frame(Box::new(predictor))
    }
}

type Build = dyn Fn(&Part) -> Result<Built> + Send + Sync;
type Candidates = dyn Fn(&Occasion) -> Vec<Candidate> + Send + Sync;
type Settle = dyn Fn(&Part) -> Result<Part> + Send + Sync;

/// A named predictor.
#[derive(Clone)]
pub struct Entry {
    /// Name in specs.
    pub name: String,
    /// Another name for users; streams have the first.
    pub alias: Option<String>,
    /// One line for people.
    pub summary: String,
    build: Arc<Build>,
    candidates: Option<Arc<Candidates>>,
    settle: Option<Arc<Settle>>,
    supply: Option<Arc<dyn Supply>>,
}

impl Entry {
    /// An entry that builds a predictor from its part of a spec.
    pub fn new(
        name: impl Into<String>,
        summary: impl Into<String>,
        build: impl Fn(&Part) -> Result<Built> + Send + Sync + 'static,
    ) -> Self {
        Entry {
            name: name.into(),
            alias: None,
            summary: summary.into(),
            build: Arc::new(build),
            candidates: None,
            settle: None,
            supply: None,
        }
    }

    /// The same, tried by `auto`: with these specs, which depend on the chunk. Without,
    /// the predictor is used only where it is asked for.
    #[must_use]
    pub fn tried(
        mut self,
        candidates: impl Fn(&Occasion) -> Vec<Candidate> + Send + Sync + 'static,
    ) -> Self {
        self.candidates = Some(Arc::new(candidates));
        self
    }

    /// The same, with a way to say in a stream what a user asked for: a file by its
    /// hash, for one, since the decoder may have it elsewhere.
    #[must_use]
    pub fn settled(
        mut self,
        settle: impl Fn(&Part) -> Result<Part> + Send + Sync + 'static,
    ) -> Self {
        self.settle = Some(Arc::new(settle));
        self
    }

    /// The same, also called that.
    #[must_use]
    pub fn called(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Whether a spec means this entry.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias.as_deref() == Some(name)
    }

    /// The same, with a way to bring along in a stream what the predictor needs.
    #[must_use]
    pub fn supplied(mut self, supply: impl Supply + 'static) -> Self {
        self.supply = Some(Arc::new(supply));
        self
    }

    /// Builds the predictor that `part` asks for.
    pub fn build(&self, part: &Part) -> Result<Built> {
        (self.build)(part)
    }
}

/// The predictors that specs can name.
#[derive(Clone)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Default for Registry {
    fn default() -> Self {
        Registry {
            entries: vec![
                Entry::new(
                    "zero",
                    "nothing; leaves the plain residual of the frame predictor before it",
                    |p| plain(p).map(|()| Built::point(Zero)),
                )
                .tried(Zero::candidates),
                Entry::new(
                    "lorenzo",
                    "finite differences in any number of dimensions  [order=1|2, dims=1…8]",
                    |p| Lorenzo::from_part(p).map(Built::point),
                )
                .tried(Lorenzo::candidates),
                Entry::new(
                    "spline",
                    "multi-level interpolation from coarse to fine  [kernel=cubic|linear, …]",
                    |p| Spline::from_part(p).map(Built::point),
                )
                .tried(Spline::candidates),
                Entry::new(
                    "pyramid",
                    "least squares from coarse to fine, with earlier frames  [alpha, beta, bands=0…12, past=0…2]",
                    |p| Pyramid::from_part(p).map(Built::point),
                )
                .tried(Pyramid::candidates),
                Entry::new(
                    "raster",
                    "least squares over neighbours and earlier frames, row by row  [bands=0…12, past=0…2]",
                    |p| Raster::from_part(p).map(Built::point),
                )
                .tried(Raster::candidates),
                Entry::new(
                    "persistence",
                    "frame: the reconstruction of the frame before",
                    |p| plain(p).map(|()| Built::frame(Persistence)),
                )
                .tried(Persistence::candidates),
                Entry::new(
                    "linear",
                    "frame: the last change again, from the two frames before",
                    |p| plain(p).map(|()| Built::frame(Linear)),
                ),
                Entry::new(
                    "stencil",
                    "frame: least squares over the two frames before  [fit=local|stored]",
                    |p| Stencil::from_part(p).map(Built::frame),
                ),
                Entry::new(
                    "climatology",
                    "frame: the mean of all frames of the same phase so far  [period=0…8784]",
                    |p| Climatology::from_part(p).map(Built::frame),
                )
                .tried(Climatology::candidates),
            ],
        }
    }
}

fn plain(part: &Part) -> Result<()> {
    Params::new(part).finish(&[])
}

impl Registry {
    /// Adds a predictor, or replaces the one of the same name. A stream coded with it
    /// decodes only with a registry that has it too.
    pub fn register(&mut self, entry: Entry) {
        self.entries.retain(|e| e.name != entry.name);
        self.entries.push(entry);
    }

    /// All entries in the order they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What entries want to be tried on an occasion, the cheapest first.
    pub fn candidates(&self, occasion: &Occasion) -> Vec<Candidate> {
        let entries = self.entries.iter();
        let tried = entries.filter_map(|entry| entry.candidates.as_ref());
        let mut candidates: Vec<Candidate> = tried.flat_map(|of| of(occasion)).collect();
        candidates.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        candidates
    }

    /// Builds what a spec asks for.
    pub fn build(&self, spec: &Spec) -> Result<Pipeline> {
        let (mut frames, mut point) = (Vec::new(), None);
        for part in &spec.parts {
            let misplaced = |reason: &str| Error::Syntax {
                text: spec.to_string(),
                reason: reason.into(),
            };
            if point.is_some() {
                return Err(misplaced(
                    "nothing can follow a point-wise predictor; write FRAME+POINTWISE",
                ));
            }
            match self.entry(&part.name)?.build(part)? {
                Built::Point(built) => point = Some(built),
                Built::Frame(_) if frames.len() == MOST_FORECASTERS => {
                    return Err(misplaced("three frame predictors are the most"));
                }
                Built::Frame(built) => frames.push(built),
            }
        }
        Ok(Pipeline {
            frames,
            point: point.unwrap_or_else(|| Box::new(Zero)),
        })
    }

    /// A spec as streams hold it.
    pub fn settle(&self, spec: &Spec) -> Result<Spec> {
        let settled = |part: &Part| {
            let entry = self.entry(&part.name)?;
            let named = Part {
                name: entry.name.clone(),
                params: part.params.clone(),
            };
            match &entry.settle {
                Some(settle) => settle(&named),
                None => Ok(named),
            }
        };
        let parts = spec.parts.iter().map(settled).collect::<Result<_>>()?;
        Ok(Spec { parts })
    }

    /// What a settled spec needs besides itself.
    pub fn pack(&self, spec: &Spec) -> Result<Vec<Parcel>> {
        let mut parcels = Vec::new();
        for part in &spec.parts {
            if let Some(supply) = &self.entry(&part.name)?.supply {
                parcels.push(supply.pack(part)?);
            }
        }
        Ok(parcels)
    }

    /// Whether decoders within an allowance could decode so many values with what a settled
    /// spec needs besides itself, from what it took to code some of them.
    pub fn check(&self, spec: &Spec, values: u64, allowance: &Allowance) -> Result<()> {
        for part in &spec.parts {
            if let Some(supply) = &self.entry(&part.name)?.supply {
                supply.check(part, values, allowance)?;
            }
        }
        Ok(())
    }

    /// The same predictors, with these at hand.
    pub fn unpack(&self, parcels: &[Parcel], allowance: &Allowance) -> Result<Registry> {
        let unpacked = |entry: &Entry| match &entry.supply {
            Some(supply) => supply.unpack(parcels, allowance),
            None => Ok(entry.clone()),
        };
        let entries = self.entries.iter().map(unpacked).collect::<Result<_>>()?;
        Ok(Registry { entries })
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        let found = self.entries.iter().find(|e| e.is_called(name));
        found.ok_or_else(|| {
            let known: Vec<&str> = self.entries.iter().map(|e| e.name.as_str()).collect();
            Error::Unknown {
                name: name.into(),
                known: known.join(", "),
            }
        })
    }
}

/// The most frame predictors of a pipeline.
pub(crate) const MOST_FORECASTERS: usize = 3;

impl Pipeline {
    /// Whether it predicts frames from frames before them.
    pub fn needs_past(&self) -> bool {
        self.frames.iter().any(|f| f32::frame(&**f).needs_past())
    }
}

/// A built spec: frame predictors, if any, and the point-wise one that uses their
/// forecasts or codes what they leave.
pub struct Pipeline {
    /// Each predicts every frame from reconstructed earlier ones.
    pub frames: Vec<Box<dyn AnyFrame>>,
    /// Predicts within the frame, or within the whole field if there is no
    /// frame predictor.
    pub point: Box<dyn AnyPoint>,
}
