//! A stream held against what it was made of: nothing in the stream is trusted but what was
//! asked for.

use foresz_files::{Source, Values};
use serde::Serialize;

use super::directory::{Entry, Storage};
use super::job::named;
use super::packing::{Packing, missing_values, unpack};
use super::reader::DatasetReader;
use super::valid;
use super::view::{View, show};
use crate::bound::Bound;
use crate::check::{Promise, Rule};
use crate::error::{Result, invalid};
use crate::field::decompress::Decompressor;
use crate::store::Store;

/// How a variable compares with its original.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Values compared.
    pub values: usize,
    /// Those that break their bound, that had to be the same and are not, or that left the
    /// range that the variable declares valid or became negative and must not.
    pub broken: usize,
    /// Largest absolute error, of unpacked numbers.
    pub max_error: f64,
    /// Smallest PSNR of the parts that one was asked for, in dB.
    pub psnr: Option<f64>,
}

/// Numbers to compare, and the bits that tell whether they are the same.
struct Side {
    numbers: Vec<f64>,
    stored: Values,
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
        let fills = missing_values(about);
        let (zeros, unpacked) = (entry.shows_zeros(), entry.storage == Storage::Unpacked);
        let side = |stored: Values| -> Result<Side> {
            // What was coded unpacked is compared as it was coded.
            let stored = if unpacked {
                show(about, stored, zeros)?
            } else {
                stored
            };
            let numbers = match &packing {
                Some(packing) if !unpacked => unpack(&stored, packing, &fills)?.to_f64(),
                _ => stored.to_f64(),
            };
            Ok(Side {
                numbers: numbers.unwrap_or_default(),
                stored,
            })
        };
        let whole = Whole::of(
            entry,
            |i| {
                let values = original.read(position, &entry.cuts.piece(i));
                Ok(side(values.map_err(|e| named(e, &about.name))?)?.numbers)
            },
            &fills,
        )?;
        let place = Place {
            packing: packing.filter(|_| zeros),
            ends: valid::shown(about, zeros).ok().flatten(),
            non_negative: entry.non_negative,
            keep_zeros: entry.keep_zeros,
        };
        let mut found = Verified::default();
        let mut squares = 0.0;
        for (i, piece) in entry.pieces.iter().enumerate() {
            let part = entry.cuts.piece(i);
            let theirs = original.read(position, &part);
            let theirs = side(theirs.map_err(|e| named(e, &about.name))?)?;
            let ours = if entry.storage == Storage::Unpacked {
                let unpacked = self.read(variable, &part, View::Unpacked, decoder)?;
                Side {
                    numbers: unpacked.to_f64().unwrap_or_default(),
                    stored: unpacked,
                }
            } else {
                side(self.read(variable, &part, View::Stored, decoder)?)?
            };
            let promise = match entry.storage {
                Storage::Blobs => Promise::Exact,
                _ => Promise::of(piece.asked, whole.span),
            };
            let fills = if packing.is_some() { &[] } else { &fills[..] };
            squares += found.add(&theirs, &ours, promise, (&place, fills));
        }
        if let Some(wanted) = whole.psnr {
            let rms = (squares / whole.numbers.max(1) as f64).sqrt();
            let psnr = 20.0 * (whole.span / rms).log10();
            found.psnr = psnr.is_finite().then_some(psnr);
            // Sums in another order than the encoder's.
            found.broken += usize::from(psnr < wanted - 1e-9);
        }
        Ok(found)
    }
}

/// Where numbers have to lie, whatever the bound.
struct Place {
    /// If what is next to zero counts as zero.
    packing: Option<Packing>,
    ends: Option<valid::Ends>,
    non_negative: bool,
    keep_zeros: bool,
}

impl Place {
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

/// What bounds of a whole variable depend on.
struct Whole {
    span: f64,
    numbers: usize,
    psnr: Option<f64>,
}

impl Whole {
    fn of(
        entry: &Entry,
        mut read: impl FnMut(usize) -> Result<Vec<f64>>,
        fills: &[f64],
    ) -> Result<Self> {
        let asked = || entry.pieces.iter().map(|p| p.asked);
        let psnr = asked().find_map(|bound| match bound {
            Bound::Psnr(db) => Some(db),
            _ => None,
        });
        let mut whole = Whole {
            span: 0.0,
            numbers: 0,
            psnr,
        };
        if psnr.is_none() && !asked().any(|b| matches!(b, Bound::RangeRelative(_))) {
            return Ok(whole);
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for i in 0..entry.pieces.len() {
            let numbers = read(i)?;
            let giants = super::spans::giants(&numbers, fills);
            let is_number = |x: &&f64| x.is_finite() && !fills.contains(x) && !giants.contains(x);
            for x in numbers.iter().filter(is_number) {
                (low, high) = (low.min(*x), high.max(*x));
                whole.numbers += 1;
            }
        }
        whole.span = if low <= high { high - low } else { 0.0 };
        Ok(whole)
    }
}

impl Verified {
    /// Adds values; returns the sum of squares of errors.
    fn add(
        &mut self,
        theirs: &Side,
        ours: &Side,
        promise: Promise,
        (place, fills): (&Place, &[f64]),
    ) -> f64 {
        self.values += theirs.stored.len();
        if theirs.numbers.is_empty() || promise == Promise::Exact {
            self.broken += theirs.stored.differing(&ours.stored);
            return 0.0;
        }
        let allows = |x, y| place.allows(x, y);
        let rule = Rule::new(promise).fills(fills).allows(&allows);
        let found = rule.judge(&theirs.numbers, &ours.numbers);
        self.broken += found.broken + found.changed;
        self.max_error = self.max_error.max(found.max_error);
        found.squares
    }
}
