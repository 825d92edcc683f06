//! A series as forecasters see it: frames before, and the change to come.

use foresz_forecast::calendar;
use foresz_forecast::contract::{Channel, Forcing};
use foresz_forecast::forcing::{self, Places};

use crate::error::{Error, Result};
use crate::random::Random;
use crate::series::{self, Series};
use crate::settings::Settings;

/// Frames that are looked back on.
pub(crate) const HISTORY: usize = 3;
/// Bounds that a forecaster for all of them is trained with, as parts of the range.
const BOUNDS: (f64, f64) = (1e-4, 1e-2);

/// A plane of the input.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Plane {
    /// The newest frame.
    Value,
    /// The change between two frames in a row, the later one so many steps ago.
    Change(usize),
    /// Something computed.
    Forcing(Forcing),
}

impl Plane {
    /// As a contract has it.
    pub(crate) fn channel(self, variable: &str) -> Channel {
        let of = |steps: Option<Vec<i64>>, minus: Option<i64>| Channel {
            variable: Some(variable.into()),
            steps,
            minus,
            ..Channel::default()
        };
        match self {
            Plane::Value => of(None, None),
            Plane::Change(0) => of(None, Some(-1)),
            Plane::Change(ago) => of(Some(vec![-(ago as i64)]), Some(-(ago as i64) - 1)),
            Plane::Forcing(forcing) => Channel {
                forcing: Some(forcing),
                variable: (forcing == Forcing::LogBound).then(|| variable.into()),
                ..Channel::default()
            },
        }
    }
}

/// Part of a frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Patch {
    pub(crate) rows: (usize, usize),
    pub(crate) columns: (usize, usize),
}

impl Patch {
    pub(crate) fn lengths(&self) -> [usize; 2] {
        [self.rows.1 - self.rows.0, self.columns.1 - self.columns.0]
    }

    pub(crate) fn cells(&self) -> usize {
        self.lengths().iter().product()
    }
}

/// Inputs and what they are to be answered with.
pub(crate) struct Sample {
    /// Cell by cell, the planes of each in a row.
    pub(crate) inputs: Vec<f32>,
    /// The change to the frame to come, normalised.
    pub(crate) wanted: Vec<f32>,
}

pub(crate) struct Frames<'a> {
    series: &'a Series,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) planes: Vec<Plane>,
    /// Frames to foresee, of which all that is needed is there.
    pub(crate) learned: Vec<usize>,
    pub(crate) held: Vec<usize>,
    pub(crate) mean: f64,
    pub(crate) std: f64,
    pub(crate) increment_std: f64,
    range: f64,
    fixed_bound: Option<f64>,
    latitudes: Vec<f64>,
    longitudes: Vec<f64>,
    /// When the first frame is valid, and seconds from frame to frame.
    clock: Option<(i64, i64)>,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(series: &'a Series, settings: &Settings) -> Result<Self> {
        let &[frames, rows, columns] = series.shape() else {
            return Err(Error::Settings(format!(
                "forecasters take a series of time, rows and columns; found the shape {:?} (train one level or variable at a time)",
                series.shape()
            )));
        };
        let cut = series::cut(frames, settings.validation);
        let (low, high) = series.range()?;
        let range = f64::from(high) - f64::from(low);
        let of_axis = |ends: Option<[f64; 2]>, count: usize| match ends {
            Some([first, last]) => (0..count)
                .map(|i| first + (last - first) * i as f64 / count.saturating_sub(1).max(1) as f64)
                .collect(),
            None => Vec::new(),
        };
        let clock = clock(settings)?;
        let mut of = Frames {
            planes: planes(settings, clock.is_some()),
            series,
            rows,
            columns,
            learned: Vec::new(),
            held: Vec::new(),
            mean: 0.0,
            std: 0.0,
            increment_std: 0.0,
            range,
            fixed_bound: fixed(settings).then(|| settings.bound_on(range)),
            latitudes: of_axis(settings.latitudes, rows),
            longitudes: of_axis(settings.longitudes, columns),
            clock,
        };
        of.divide(frames, cut)?;
        of.measure(cut)?;
        Ok(of)
    }

    fn frame(&self, t: usize) -> &'a [f32] {
        let cells = self.series.stride();
        &self.series.values()[t * cells..(t + 1) * cells]
    }

    fn divide(&mut self, frames: usize, cut: usize) -> Result<()> {
        let whole: Vec<bool> = (0..frames)
            .map(|t| self.frame(t).iter().all(|x| !x.is_nan()))
            .collect();
        let usable = |t: &usize| *t >= HISTORY && (t - HISTORY..=*t).all(|s| whole[s]);
        self.learned = (0..cut).filter(usable).collect();
        self.held = (cut..frames).filter(usable).collect();
        if self.learned.len() < 2 || self.held.is_empty() {
            return Err(Error::Series(format!(
                "a forecaster needs {} frames in a row without NaN or fills to learn from one; found {} to train on and {} to \
                 validate on in {frames} frames: give more data or another --validation",
                HISTORY + 1,
                self.learned.len(),
                self.held.len()
            )));
        }
        Ok(())
    }

    /// Mean and deviations of what is trained on.
    fn measure(&mut self, cut: usize) -> Result<()> {
        let trained_on = &self.series.values()[..cut * self.series.stride()];
        let values = || {
            trained_on
                .iter()
                .filter(|x| !x.is_nan())
                .map(|x| f64::from(*x))
        };
        let count = values().count().max(1) as f64;
        let mean = values().sum::<f64>() / count;
        self.mean = mean;
        self.std = (values().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
        let mut sum = 0.0;
        for t in &self.learned {
            let pairs = self.frame(*t).iter().zip(self.frame(t - 1));
            sum += pairs
                .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
                .sum::<f64>();
        }
        let all = self.learned.len() * self.series.stride();
        self.increment_std = (sum / all as f64).sqrt();
        if self.std > 0.0 && self.increment_std > 0.0 {
            Ok(())
        } else {
            Err(Error::Series(
                "in the part to train on nothing ever changes: there is nothing to learn".into(),
            ))
        }
    }

    /// Bounds of a sample in training: the one asked for, or any.
    pub(crate) fn any_bound(&self, random: &mut Random) -> f64 {
        self.fixed_bound.unwrap_or_else(|| {
            let (low, high) = (BOUNDS.0.ln(), BOUNDS.1.ln());
            self.range * (low + (high - low) * random.unit()).exp()
        })
    }

    /// All of a frame, or of a large one a part in the middle.
    pub(crate) fn middle(&self, most: usize) -> Patch {
        let along = |n: usize| {
            let length = n.min(most);
            let first = (n - length) / 2;
            (first, first + length)
        };
        Patch {
            rows: along(self.rows),
            columns: along(self.columns),
        }
    }

    pub(crate) fn any_patch(&self, lengths: [usize; 2], random: &mut Random) -> Patch {
        let mut along = |n: usize, length: usize| {
            let first = random.below(n - length + 1);
            (first, first + length)
        };
        Patch {
            rows: along(self.rows, lengths[0]),
            columns: along(self.columns, lengths[1]),
        }
    }

    /// What a decoder would know of a patch before frame `t`, off by up to `bound`, and
    /// what it should foresee.
    pub(crate) fn sample(&self, t: usize, patch: Patch, bound: f64, random: &mut Random) -> Sample {
        let cells = patch.cells();
        let mut seen = Vec::with_capacity(HISTORY);
        for ago in 0..HISTORY {
            let mut frame = self.cut_out(t - 1 - ago, patch);
            for x in &mut frame {
                *x = (f64::from(*x) + bound * random.signed()) as f32;
            }
            seen.push(frame);
        }
        let columns: Vec<Vec<f32>> = (self.planes.iter())
            .map(|plane| self.plane(*plane, &seen, t, patch, bound))
            .collect();
        let mut inputs = Vec::with_capacity(cells * columns.len());
        for cell in 0..cells {
            inputs.extend(columns.iter().map(|plane| plane[cell]));
        }
        let target = self.cut_out(t, patch);
        let change = |(x, before): (&f32, &f32)| self.change(*x, *before);
        let wanted = target.iter().zip(&seen[0]).map(change).collect();
        Sample { inputs, wanted }
    }

    fn change(&self, x: f32, before: f32) -> f32 {
        ((f64::from(x) - f64::from(before)) / self.increment_std) as f32
    }

    fn cut_out(&self, t: usize, patch: Patch) -> Vec<f32> {
        let frame = self.frame(t);
        let row = |r: usize| {
            &frame[r * self.columns + patch.columns.0..r * self.columns + patch.columns.1]
        };
        (patch.rows.0..patch.rows.1)
            .flat_map(row)
            .copied()
            .collect()
    }

    fn plane(
        &self,
        plane: Plane,
        seen: &[Vec<f32>],
        t: usize,
        patch: Patch,
        bound: f64,
    ) -> Vec<f32> {
        match plane {
            Plane::Value => {
                let value = |x: &f32| ((f64::from(*x) - self.mean) / self.std) as f32;
                seen[0].iter().map(value).collect()
            }
            Plane::Change(ago) => {
                let pairs = seen[ago].iter().zip(&seen[ago + 1]);
                pairs.map(|(x, before)| self.change(*x, *before)).collect()
            }
            Plane::Forcing(forcing) => {
                let time = self
                    .clock
                    .map_or(0, |(start, step)| start + step * t as i64);
                let part = |all: &'_ [f64], (first, end): (usize, usize)| -> Vec<f64> {
                    all.get(first..end).unwrap_or_default().to_vec()
                };
                let latitudes = part(&self.latitudes, patch.rows);
                let longitudes = part(&self.longitudes, patch.columns);
                let [rows, columns] = patch.lengths();
                let places = Places {
                    rows,
                    columns,
                    latitudes: &latitudes,
                    longitudes: &longitudes,
                };
                let mut out = Vec::with_capacity(patch.cells());
                forcing::plane(forcing, places, time, bound / self.std, &mut out);
                out
            }
        }
    }
}

/// Whether the user has one bound in mind.
fn fixed(settings: &Settings) -> bool {
    settings.bound.is_some() || settings.range_relative.is_some()
}

/// Start and step, where both are told.
fn clock(settings: &Settings) -> Result<Option<(i64, i64)>> {
    let wrong = |reason: String| Error::Settings(reason);
    let start = settings.start.as_deref().map(calendar::time).transpose();
    let step = settings.step.as_deref().map(calendar::duration).transpose();
    Ok(start.map_err(wrong)?.zip(step.map_err(wrong)?))
}

fn planes(settings: &Settings, has_clock: bool) -> Vec<Plane> {
    let mut planes = vec![Plane::Change(0), Plane::Change(1), Plane::Value];
    let mut add = |forcings: &[Forcing]| planes.extend(forcings.iter().map(|f| Plane::Forcing(*f)));
    if has_clock && settings.longitudes.is_some() {
        add(&[Forcing::DaySin, Forcing::DayCos]);
    }
    if settings.latitudes.is_some() {
        add(&[Forcing::LatitudeSin, Forcing::LatitudeCos]);
    }
    if settings.longitudes.is_some() {
        add(&[Forcing::LongitudeSin, Forcing::LongitudeCos]);
    }
    if !fixed(settings) {
        add(&[Forcing::LogBound]);
    }
    planes
}
