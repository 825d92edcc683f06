//! # `raster`
//!
//! **Idea.** Row by row, a weighted sum of neighbours already coded and of the
//! surroundings of the same place in earlier frames (the time before, the level
//! above), with weights fitted to this very field by least squares.
//!
//! **Formula.** With taps over
//! ```text
//!              −2   −1    0   +1   +2
//!  row −2      nn   nn   nn   nn   nn
//!  row −1 (n)  from −3 to +4
//!  row  0      w2   w     x
//! ```
//! that add up to 1, and over the 3 × 3 places around x in each reference frame that
//! add up to 0. The fit knows that the decoder sees reconstructions, not originals:
//! noise of the quantiser's variance is expected in every value.
//!
//! **Side information.**
//!
//! | bytes | what |
//! |---|---|
//! | 8 | centre: subtracted from all values to keep sums small, `f64` |
//! | 1 | references; then for each its steps back, a byte per outer dimension |
//! | 1 | bands that each have taps of their own: of rows, or of levels (see below) |
//! | 1 | sets; then for each which references it uses (a byte of bits), and per band its taps, two bytes each in units of 2^−13: current frame without n, then per reference without the place above |
//!
//! In frames of at least 250 000 samples bands are of rows; in smaller ones they are of indices along the
//! last dimension before the frames' that is not time, if that has at least 4, else of rows.
//! Of *n* rows or indices, *i* is in band *i*·bands / *n*, rounded down.
//!
//! A frame uses the set for the references it has; the first row of a frame
//! without references is predicted from its western neighbour alone, and its first
//! sample from the centre.
//!
//! **Forecasts.** Behind frame predictors, forecasts are references too: their bits in
//! a set's byte and their taps come after those of the references. The encoder codes the
//! field on trial to fit the taps to what forecasts will be like, and does without
//! them where they do not pay.
//!
//! **When it wins and loses.** Wins on series, on rough fields and at tight bounds.
//! Loses to `spline` on smooth single fields at loose bounds, where every neighbour
//! carries an error as large as what is to be predicted.
//!
//! **References.** Wu, Memon: CALIC, 1996, and Ye, Hou: least-squares prediction in
//! lossless image coding, for the idea of fitted taps.

mod fit;
mod learned;
mod painter;

use crate::candidate::{Candidate, Judged, Occasion};
use crate::coder::Coder;
use crate::error::Result;
use crate::least::fill_holes;
use crate::plane::{Axis, Plane};
use crate::predictor::{Forecasted, Forecasts, Predictor, Rehearsal, Scene, Side};
use crate::references::{Frames, ROWS_IN_BANDS, Reference};
use crate::sample::Sample;
use crate::spec::{Params, Part};
use fit::{Field, Fit};
use learned::{Learned, Set};
use painter::Painter;

/// Least squares over neighbours and references in raster order.
#[derive(Debug, Clone, Copy)]
pub struct Raster {
    bands: usize,
    past: usize,
}

/// Row and column of the current frame's taps but w2, w and n, relative to x.
const NEIGHBOURS: [(isize, isize); 12] = [
    (-1, -3),
    (-1, -2),
    (-1, -1),
    (-1, 1),
    (-1, 2),
    (-1, 3),
    (-1, 4),
    (-2, -2),
    (-2, -1),
    (-2, 0),
    (-2, 1),
    (-2, 2),
];
/// Row and column of a reference's taps but the one above.
const AROUND: [(isize, isize); 8] = [
    (-1, -1),
    (-1, 1),
    (0, -1),
    (0, 0),
    (0, 1),
    (1, -1),
    (1, 0),
    (1, 1),
];
/// w and w2 come first.
const OWN_TAPS: usize = 2 + NEIGHBOURS.len();

/// From so many samples on, taps can pay in chunks that are tiny.
const FITTED: usize = 257;

const MOST_BANDS: usize = 12;
/// Taps with forecasts are only for what at least one frame in so many has.
const RARE: usize = 12;
/// Constant chunks of more samples are nothing but their centre.
const FEW: usize = 256;
/// Bands in frames with enough samples for them.
const USUAL_BANDS: usize = 6;
const LEAST_PER_BAND: usize = 40_000;

impl Raster {
    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let bands = params.integer("bands", 0, 0..=MOST_BANDS)?;
        let past = params.integer("past", 2, 0..=2)?;
        params.finish(&["bands", "past"])?;
        Ok(Raster { bands, past })
    }

    pub(crate) fn candidates(chunk: &Occasion) -> Vec<Candidate> {
        if chunk.judged == Judged::Tiny {
            let fitted = chunk.samples() >= FITTED;
            return fitted
                .then(|| Candidate::new("raster", 16.0))
                .into_iter()
                .collect();
        }
        if chunk.judged == Judged::Slight {
            return Vec::new();
        }
        let nothing_but_centre = chunk.constant && chunk.samples() > FEW;
        let cost = match (chunk.judged, chunk.structured) {
            (Judged::Unseen, _) if nothing_but_centre => 0.2,
            (_, true) => 1.0,
            (_, false) => 11.0,
        };
        let mut candidates = vec![Candidate::new("raster", cost)];
        if chunk.times(1) > 1 {
            candidates.push(Candidate::new("raster:past=1", 16.0));
        }
        candidates
    }

    fn bands_for(self, frames: &Frames, scene: &Scene) -> usize {
        let along = frames.bands_along(scene);
        let most = frames.band_positions(along);
        match self.bands {
            0 if along.is_some() || frames.size() >= ROWS_IN_BANDS => {
                let samples = frames.len() * frames.size();
                (samples / LEAST_PER_BAND).clamp(1, USUAL_BANDS.min(most))
            }
            0 => 1,
            asked => asked.min(most),
        }
    }

    fn learn_from<T: Sample>(
        self,
        originals: &[T],
        rehearsal: Option<&Rehearsal<T>>,
        scene: &Scene,
    ) -> Side {
        let frames = Frames::new(&scene.shape);
        let (filled, center) = fill_holes(originals);
        let references = frames.references(scene, self.past);
        let mut learned = Learned {
            center,
            references: references.iter().map(|r| r.bytes().to_vec()).collect(),
            bands: self.bands_for(&frames, scene),
            sets: Vec::new(),
        };
        let field = Field {
            originals,
            seen: rehearsal.map_or(&filled, |r| r.canvas),
            rehearsed: rehearsal.is_some(),
            forecasts: &by_frame(rehearsal, &frames, scene),
            frames: &frames,
            references: &references,
            scene,
        };
        let masks: Vec<u8> = (0..frames.len())
            .map(|f| mask_of(&field.sources(f)))
            .collect();
        let masks = without_rare(masks, references.len());
        let mut different = masks.clone();
        different.sort_unstable();
        different.dedup();
        for mask in different {
            let fit = Fit {
                field: &field,
                mask,
                frames: (0..frames.len()).filter(|f| masks[*f] == mask).collect(),
            };
            if let Some(taps) = fit.taps(learned.bands) {
                learned.sets.push(Set { mask, taps });
            }
        }
        learned.to_side()
    }
}

/// The forecasts of each frame.
fn by_frame<'a, T>(
    rehearsal: Option<&'a Rehearsal<'a, T>>,
    frames: &Frames,
    scene: &Scene,
) -> Vec<Vec<Option<&'a [T]>>> {
    let mut found = vec![Vec::new(); frames.len()];
    if let Some((rehearsal, time)) = rehearsal.zip(scene.time) {
        for (own, forecasts) in frames.steps(time).iter().zip(&rehearsal.forecasts) {
            for (k, frame) in own.iter().enumerate() {
                let forecasts = forecasts.iter().copied();
                found[*frame] = forecasts.map(|f| part(f, k, frames)).collect();
            }
        }
    }
    found
}

/// What of a forecast is for the frame that is the `k`-th at its time.
fn part<'a, T>(forecast: Option<&'a [T]>, k: usize, frames: &Frames) -> Option<&'a [T]> {
    forecast.map(|f| &f[k * frames.size()..][..frames.size()])
}

/// Takes the forecasts from frames that are too few for taps of their own.
fn without_rare(mut masks: Vec<u8>, references: usize) -> Vec<u8> {
    let mut frames = [0; 256];
    for mask in &masks {
        frames[usize::from(*mask)] += 1;
    }
    let plain = ((1u16 << references) - 1) as u8;
    let least = masks.len().div_ceil(RARE);
    for mask in &mut masks {
        if frames[usize::from(*mask)] < least {
            *mask &= plain;
        }
    }
    masks
}

/// What a frame can be compared with, if it is there: references, then forecasts.
fn sources<'a, T>(
    frames: &Frames,
    frame: usize,
    references: &[Reference],
    forecasts: &[Option<&'a [T]>],
    values: &'a [T],
) -> Vec<Option<&'a [T]>> {
    let size = frames.size();
    let before = |r| Some(&values[frames.before(frame, r)? * size..][..size]);
    let before = references.iter().map(before);
    before.chain(forecasts.iter().copied()).collect()
}

/// Which sources there are, as bits.
fn mask_of<T>(sources: &[Option<&[T]>]) -> u8 {
    let there = sources.iter().enumerate();
    there.fold(0, |mask, (k, s)| mask | u8::from(s.is_some()) << k)
}

/// The sources that a mask means.
fn pick<'a, 'b, T>(
    sources: &'b [Option<&'a [T]>],
    mask: u8,
) -> impl Iterator<Item = &'a [T]> + use<'a, 'b, T> {
    let wanted = sources
        .iter()
        .enumerate()
        .filter(move |(k, _)| mask >> k & 1 == 1);
    wanted.filter_map(|(_, s)| *s)
}

impl<T: Sample> Predictor<T> for Raster {
    fn learn(&self, originals: &[T], scene: &Scene) -> Result<Side> {
        Ok(self.learn_from(originals, None, scene))
    }

    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let frames = Frames::new(&scene.shape);
        let learned = Learned::from_side(side, frames.outer(), 0)?;
        let mut painter = Painter::new(&learned, &frames, scene)?;
        coder.begin(&Plane::whole(&scene.shape))?;
        for frame in 0..frames.len() {
            painter.frame(frame, &[], coder);
        }
        Ok(())
    }

    fn forecasted(&self, scene: &Scene) -> Option<&dyn Forecasted<T>> {
        let outer = scene.shape.len().saturating_sub(2);
        scene.time.filter(|t| *t < outer).map(|_| self as _)
    }
}

impl<T: Sample> Forecasted<T> for Raster {
    fn learn(&self, originals: &[T], rehearsal: &Rehearsal<T>, scene: &Scene) -> Result<Side> {
        Ok(self.learn_from(originals, Some(rehearsal), scene))
    }

    fn walk(
        &self,
        side: &Side,
        scene: &Scene,
        forecasts: &mut dyn Forecasts<T>,
        coder: &mut dyn Coder<T>,
    ) -> Result<()> {
        let frames = Frames::new(&scene.shape);
        let learned = Learned::from_side(side, frames.outer(), forecasts.count())?;
        let mut painter = Painter::new(&learned, &frames, scene)?;
        let time = scene.time.unwrap_or_default();
        for (step, own) in frames.steps(time).into_iter().enumerate() {
            let mut plane = Plane::whole(&scene.shape);
            if time > 0 {
                plane.axes[time] = Axis::only(step);
            }
            let forecasts = forecasts.next(coder.canvas())?;
            if time > 0 || step == 0 {
                coder.begin(&plane)?;
            }
            for (k, frame) in own.into_iter().enumerate() {
                let forecasts: Vec<_> = forecasts.iter().map(|f| part(*f, k, &frames)).collect();
                painter.frame(frame, &forecasts, coder);
            }
        }
        Ok(())
    }
}
