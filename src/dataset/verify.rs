//! A stream held against what it was made of: nothing in the stream is trusted but what was
//! asked for.

use std::ops;

use foresz_files::{Source, Values, Variable};
use foresz_predictors::Sample;
use serde::Serialize;

use super::directory::Storage;
use super::job::named;
use super::packing::{Packing, missing_values, unpack};
use super::reader::DatasetReader;
use super::spans::giants;
use super::valid;
use super::view::{View, show};
use crate::bound::Bound;
use crate::check::{self, Promise, Rule};
use crate::error::{Result, invalid};
use crate::field::decompress::Decompressor;
use crate::store::Store;

/// How a variable compares with its original.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Values compared.
    pub values: usize,
    /// Those that are numbers, and not fill values.
    pub numbers: usize,
    /// Values that break their bound, that had to be the same and are not, or that left the
    /// range that the variable declares valid or became negative and must not.
    pub broken: usize,
    /// NaN, infinities and fill values, which have to be the same.
    pub specials: usize,
    /// Those that are not: they count as broken.
    pub specials_changed: usize,
    /// The absolute bound that every value was held against, if it is one and the same.
    pub bound: Option<f64>,
    /// Largest absolute error, of unpacked numbers.
    pub max_error: f64,
    /// Root of the mean square error.
    pub rms_error: f64,
    /// PSNR of the whole, in dB; none where nothing was lost or numbers have no range.
    pub psnr: Option<f64>,
    /// The value that is off by most, if any breaks its bound.
    pub worst: Option<Worst>,
}

/// A value that did not come back as it should have.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Worst {
    /// Where it is, one place per dimension.
    pub index: Vec<usize>,
    /// What it was.
    pub original: f64,
    /// What came back.
    pub decoded: f64,
    /// How far these are apart.
    pub error: f64,
}

/// Values as they are stored, and the numbers that they mean if those are others.
struct Compared {
    stored: Values,
    unpacked: Option<Values>,
}

impl Compared {
    fn numbers(&self) -> &Values {
        self.unpacked.as_ref().unwrap_or(&self.stored)
    }
}

/// How the values of a variable are compared.
struct Lens<'a> {
    about: &'a Variable,
    packing: Option<Packing>,
    fills: Vec<f64>,
    /// Whether packed numbers next to zero are shown as zero.
    zeros: bool,
    /// Whether packed numbers were coded unpacked.
    unpacked: bool,
}

impl Lens<'_> {
    fn ours(&self, values: Values) -> Result<Compared> {
        let unpacked = match &self.packing {
            Some(packing) if !self.unpacked => Some(unpack(&values, packing, &self.fills)?),
            _ => None,
        };
        Ok(Compared {
            stored: values,
            unpacked,
        })
    }

    fn theirs(&self, values: Values) -> Result<Compared> {
        // What was coded unpacked is compared as it was coded.
        if self.unpacked {
            self.ours(show(self.about, values, self.zeros)?)
        } else {
            self.ours(values)
        }
    }

    fn view(&self) -> View {
        if self.unpacked {
            View::Unpacked
        } else {
            View::Stored
        }
    }

    /// Fill values of the numbers that are compared: unpacked, they are NaN.
    fn fills(&self) -> &[f64] {
        if self.packing.is_some() {
            &[]
        } else {
            &self.fills
        }
    }
}

impl<S: Store> DatasetReader<S> {
    /// Compares a variable with one of a source, which has to have the same type and shape.
    pub fn verify(
        &self,
        variable: usize,
        original: &mut dyn Source,
        position: usize,
        decoder: &Decompressor,
    ) -> Result<Verified> {
        let Some(entry) = self.directory.entries.get(variable) else {
            return invalid(format!("there is no variable {variable}"));
        };
        let lens = self.lens(variable)?;
        let parts = self.parts(variable, decoder);
        let mut theirs = |part: &[ops::Range<usize>]| {
            let values = original.read(position, part);
            lens.theirs(values.map_err(|e| named(e, &lens.about.name))?)
        };
        let specials = Specials {
            fills: lens.fills(),
            giants: !self.is_single_field(),
        };
        let mut range = Range::default();
        let depends = |bound: &Bound| matches!(bound, Bound::RangeRelative(_) | Bound::Psnr(_));
        if parts.iter().any(|(_, asked)| depends(asked)) {
            for (part, _) in &parts {
                range.add(theirs(part)?.numbers(), &specials);
            }
        }
        let span = range.span();
        let mut found = Findings {
            confines: Confines {
                packing: lens.packing.filter(|_| lens.zeros),
                ends: valid::shown(lens.about, lens.zeros).ok().flatten(),
                non_negative: entry.non_negative,
                keep_zeros: entry.keep_zeros,
            },
            ..Findings::default()
        };
        for (part, asked) in &parts {
            let ours = lens.ours(self.read(variable, part, lens.view(), decoder)?)?;
            let theirs = theirs(part)?;
            let promise = match entry.storage {
                Storage::Blobs => Promise::Exact,
                _ => Promise::of(*asked, span),
            };
            range.add(theirs.numbers(), &specials);
            found.add((&theirs, &ours), promise, specials.fills, part);
        }
        let wanted = parts.iter().find_map(|(_, asked)| match asked {
            Bound::Psnr(db) if entry.storage != Storage::Blobs => Some(*db),
            _ => None,
        });
        Ok(found.finish(range.span(), wanted))
    }

    fn lens(&self, variable: usize) -> Result<Lens<'_>> {
        let entry = &self.directory.entries[variable];
        let about = &self.directory.dataset.variables[variable];
        let fills = match self.streams(variable)?.first() {
            // An attribute has room for one of them only.
            Some(info) if self.is_single_field() => info.fills.clone(),
            _ => missing_values(about),
        };
        Ok(Lens {
            about,
            packing: Packing::of(about).filter(|_| entry.packed),
            fills,
            zeros: entry.shows_zeros(),
            unpacked: entry.storage == Storage::Unpacked,
        })
    }

    /// Parts of a variable that memory has room for, and what was asked for of each.
    fn parts(&self, variable: usize, decoder: &Decompressor) -> Vec<Stretch> {
        let entry = &self.directory.entries[variable];
        let asked: Vec<Bound> = entry.pieces.iter().map(|piece| piece.asked).collect();
        let slabs = |(region, asked): Stretch| {
            let slabs = self.slabs(variable, &region, decoder);
            slabs.into_iter().map(move |slab| (slab, asked))
        };
        match asked.split_first() {
            None => Vec::new(),
            Some((first, others)) if others.iter().all(|other| other == first) => {
                let lengths = entry.cuts.ends.iter().map(|ends| ends.last().copied());
                let whole = lengths.map(|length| 0..length.unwrap_or(0)).collect();
                slabs((whole, *first)).collect()
            }
            _ => {
                let pieces = asked.into_iter().enumerate();
                let pieces = pieces.map(|(i, asked)| (entry.cuts.piece(i), asked));
                pieces.flat_map(slabs).collect()
            }
        }
    }
}

/// A part of a variable, and what was asked for of it.
type Stretch = (Vec<ops::Range<usize>>, Bound);

/// What is no number in a variable.
struct Specials<'a> {
    fills: &'a [f64],
    /// Whether huge numbers that nobody measured are none either.
    giants: bool,
}

/// Smallest and largest number.
struct Range {
    low: f64,
    high: f64,
}

impl Default for Range {
    fn default() -> Self {
        Range {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        }
    }
}

impl Range {
    fn add(&mut self, values: &Values, specials: &Specials) {
        fn of<T: Sample>(values: &[T], specials: &Specials) -> Option<(f64, f64)> {
            let mut fills = specials.fills.to_vec();
            if specials.giants {
                fills.extend(giants(values, &fills));
            }
            check::range(values, &fills)
        }
        let ends = match values {
            Values::F32(v) => of(v, specials),
            Values::F64(v) => of(v, specials),
            _ => None,
        };
        if let Some((low, high)) = ends {
            (self.low, self.high) = (self.low.min(low), self.high.max(high));
        }
    }

    fn span(&self) -> f64 {
        if self.low <= self.high {
            self.high - self.low
        } else {
            0.0
        }
    }
}

/// Where numbers have to lie, whatever the bound.
#[derive(Default)]
struct Confines {
    /// If what is next to zero counts as zero.
    packing: Option<Packing>,
    ends: Option<valid::Ends>,
    non_negative: bool,
    keep_zeros: bool,
}

impl Confines {
    /// Whether a number may have become another.
    fn allows(&self, x: f64, y: f64) -> bool {
        let shown = |x: f64| match &self.packing {
            Some(packing) if packing.is_zero(x) => 0.0,
            _ => x,
        };
        let (x, y) = (shown(x), shown(y));
        let left = self.ends.is_some_and(|(low, high)| {
            let inside = |x: f64| low <= x && x <= high;
            inside(x) && !inside(y)
        });
        let negative = self.non_negative && y < 0.0;
        let lost_zero = self.keep_zeros && x == 0.0 && y != 0.0;
        !(left || negative || lost_zero)
    }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    confines: Confines,
    verified: Verified,
    squares: f64,
    /// Absolute bounds, each once.
    bounds: Vec<Option<f64>>,
    /// How bad the worst value is.
    weight: f64,
}

impl Findings {
    fn add(
        &mut self,
        (theirs, ours): (&Compared, &Compared),
        promise: Promise,
        fills: &[f64],
        part: &[ops::Range<usize>],
    ) {
        if !self.bounds.contains(&promise.absolute()) {
            self.bounds.push(promise.absolute());
        }
        self.verified.values += theirs.stored.len();
        let as_stored = promise == Promise::Exact && theirs.unpacked.is_some();
        match (theirs.numbers(), ours.numbers()) {
            (Values::F32(x), Values::F32(y)) if !as_stored => {
                self.judge(x, y, (promise, fills), part);
            }
            (Values::F64(x), Values::F64(y)) if !as_stored => {
                self.judge(x, y, (promise, fills), part);
            }
            _ => {
                self.verified.numbers += theirs.stored.len();
                self.verified.broken += theirs.stored.differing(&ours.stored);
            }
        }
    }

    fn judge<T: Sample>(
        &mut self,
        theirs: &[T],
        ours: &[T],
        (promise, fills): (Promise, &[f64]),
        part: &[ops::Range<usize>],
    ) {
        let allows = |x, y| promise == Promise::Exact || self.confines.allows(x, y);
        let rule = Rule::new(promise).fills(fills).allows(&allows);
        let found = rule.judge(theirs, ours);
        let Verified {
            numbers,
            broken,
            specials,
            specials_changed,
            max_error,
            ..
        } = &mut self.verified;
        *numbers += found.numbers;
        *broken += found.broken + found.changed;
        *specials += found.specials;
        *specials_changed += found.changed;
        *max_error = max_error.max(found.max_error);
        self.squares += found.squares;
        if let Some(position) = found.worst {
            let (x, y) = (theirs[position].to_f64(), ours[position].to_f64());
            let error = (x - y).abs();
            let weight = match promise {
                Promise::Relative(_) => error / x.abs(),
                _ => error,
            };
            // What is no number any more is as bad as can be.
            let weight = if weight.is_nan() {
                f64::INFINITY
            } else {
                weight
            };
            if self.verified.worst.is_none() || weight > self.weight {
                self.weight = weight;
                self.verified.worst = Some(Worst {
                    index: index(position, part),
                    original: x,
                    decoded: y,
                    error,
                });
            }
        }
    }

    fn finish(self, span: f64, wanted: Option<f64>) -> Verified {
        let Findings {
            mut verified,
            squares,
            bounds,
            ..
        } = self;
        verified.rms_error = (squares / verified.numbers.max(1) as f64).sqrt();
        let psnr = if squares == 0.0 {
            f64::INFINITY
        } else {
            20.0 * (span / verified.rms_error).log10()
        };
        verified.psnr = psnr.is_finite().then_some(psnr);
        // Sums in another order than the encoder's.
        verified.broken += usize::from(wanted.is_some_and(|db| psnr < db - 1e-9));
        if let [bound] = bounds.as_slice() {
            verified.bound = *bound;
        }
        if verified.broken == 0 {
            verified.worst = None;
        }
        verified
    }
}

/// Where a value of a part is in the whole.
fn index(mut position: usize, part: &[ops::Range<usize>]) -> Vec<usize> {
    let mut index = vec![0; part.len()];
    for (place, range) in index.iter_mut().zip(part).rev() {
        *place = range.start + position % range.len();
        position /= range.len();
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_become_indices() {
        assert_eq!(index(0, &[0..2, 0..3, 0..4]), [0, 0, 0]);
        assert_eq!(index(23, &[0..2, 0..3, 0..4]), [1, 2, 3]);
        assert_eq!(index(6, &[5..7, 1..4, 0..4]), [5, 2, 2]);
    }
}
