//! A stream held against what it was made of: nothing in the stream is trusted but what was
//! asked for.

use std::ops::Range;

use foresz_files::{Source, Values, Variable};
use foresz_predictors::Sample;
use serde::Serialize;

use super::coder::named;
use super::directory::{Entry, Storage};
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
struct Side {
    stored: Values,
    unpacked: Option<Values>,
}

impl Side {
    fn numbers(&self) -> &Values {
        self.unpacked.as_ref().unwrap_or(&self.stored)
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
        let about = &self.directory.dataset.variables[variable];
        let packing = Packing::of(about).filter(|_| entry.packed);
        let (zeros, unpacked) = (entry.shows_zeros(), entry.storage == Storage::Unpacked);
        let fills = self.fills(variable, about)?;
        let side = |stored: Values| -> Result<Side> {
            let packing = packing.as_ref().filter(|_| !unpacked);
            let meant = packing.map(|packing| unpack(&stored, packing, &fills));
            Ok(Side {
                unpacked: meant.transpose()?,
                stored,
            })
        };
        let mut theirs = |i: usize| {
            let values = original.read(position, &entry.cuts.piece(i));
            let values = values.map_err(|e| named(e, &about.name))?;
            // What was coded unpacked is compared as it was coded.
            side(if unpacked {
                show(about, values, zeros)?
            } else {
                values
            })
        };
        let is_number = Specials {
            fills: if packing.is_some() { &[] } else { &fills },
            giants: !self.is_single_field(),
        };
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        if depends_on_range(entry) {
            for i in 0..entry.pieces.len() {
                range = ends(range, theirs(i)?.numbers(), &is_number);
            }
        }
        let whole = span(range);
        let mut found = Tally {
            place: Place::of(entry, about, packing),
            ..Tally::default()
        };
        for (i, piece) in entry.pieces.iter().enumerate() {
            let part = entry.cuts.piece(i);
            let ours = side(self.read(variable, &part, view_of(entry), decoder)?)?;
            let theirs = theirs(i)?;
            let promise = match entry.storage {
                Storage::Blobs => Promise::Exact,
                _ => Promise::of(piece.asked, whole),
            };
            range = ends(range, theirs.numbers(), &is_number);
            found.add((&theirs, &ours), promise, is_number.fills, &part);
        }
        Ok(found.finish(span(range), psnr_asked(entry)))
    }

    /// The fill values of a variable.
    fn fills(&self, variable: usize, about: &Variable) -> Result<Vec<f64>> {
        Ok(match self.streams(variable)?.first() {
            // An attribute has room for one of them only.
            Some(info) if self.is_single_field() => info.fills.clone(),
            _ => missing_values(about),
        })
    }
}

fn depends_on_range(entry: &Entry) -> bool {
    let depends = |bound: Bound| matches!(bound, Bound::RangeRelative(_) | Bound::Psnr(_));
    entry.pieces.iter().any(|piece| depends(piece.asked))
}

fn psnr_asked(entry: &Entry) -> Option<f64> {
    entry.pieces.iter().find_map(|piece| match piece.asked {
        Bound::Psnr(db) => Some(db),
        _ => None,
    })
}

/// How values are read that are to be compared.
fn view_of(entry: &Entry) -> View {
    match entry.storage {
        Storage::Unpacked => View::Unpacked,
        _ => View::Stored,
    }
}

/// What is no number in a variable.
struct Specials<'a> {
    fills: &'a [f64],
    /// Whether huge numbers that nobody measured are none either.
    giants: bool,
}

/// Smallest and largest number of some values and of those before.
fn ends((low, high): (f64, f64), values: &Values, specials: &Specials) -> (f64, f64) {
    fn of<T: Sample>(values: &[T], specials: &Specials) -> Option<(f64, f64)> {
        let mut fills = specials.fills.to_vec();
        if specials.giants {
            fills.extend(giants(values, &fills));
        }
        check::range(values, &fills)
    }
    let found = match values {
        Values::F32(v) => of(v, specials),
        Values::F64(v) => of(v, specials),
        _ => None,
    };
    found.map_or((low, high), |(a, b)| (low.min(a), high.max(b)))
}

fn span((low, high): (f64, f64)) -> f64 {
    if low <= high { high - low } else { 0.0 }
}

/// Where numbers have to lie, whatever the bound.
#[derive(Default)]
struct Place {
    /// If what is next to zero counts as zero.
    packing: Option<Packing>,
    ends: Option<valid::Ends>,
    non_negative: bool,
    keep_zeros: bool,
}

impl Place {
    fn of(entry: &Entry, about: &Variable, packing: Option<Packing>) -> Self {
        let zeros = entry.shows_zeros();
        Place {
            packing: packing.filter(|_| zeros),
            ends: valid::shown(about, zeros).ok().flatten(),
            non_negative: entry.non_negative,
            keep_zeros: entry.keep_zeros,
        }
    }

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
struct Tally {
    place: Place,
    verified: Verified,
    squares: f64,
    /// Absolute bounds, each once.
    bounds: Vec<Option<f64>>,
    /// How bad the worst value is.
    weight: f64,
}

impl Tally {
    fn add(
        &mut self,
        (theirs, ours): (&Side, &Side),
        promise: Promise,
        fills: &[f64],
        part: &[Range<usize>],
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
        part: &[Range<usize>],
    ) {
        let allows = |x, y| promise == Promise::Exact || self.place.allows(x, y);
        let rule = Rule::new(promise).fills(fills).allows(&allows);
        let found = rule.judge(theirs, ours);
        let all = &mut self.verified;
        all.numbers += found.numbers;
        all.broken += found.broken + found.changed;
        all.specials += found.specials;
        all.specials_changed += found.changed;
        all.max_error = all.max_error.max(found.max_error);
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
        let Tally {
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
fn index(mut position: usize, part: &[Range<usize>]) -> Vec<usize> {
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
