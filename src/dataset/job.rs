//! One variable on its way into a stream, piece by piece.

use std::ops::Range;

use foresz_files::{Dataset, Source, Values, Variable};
use foresz_predictors::Sample;
use ndarray::{ArrayViewD, IxDyn};

use super::axes::Axes;
use super::blob;
use super::builder::Builder;
use super::checkpoint::sum_of;
use super::coder::Coder;
use super::directory::{Piece, Storage};
use super::packing::{Carried, carry, missing_values, range};
use super::plan::{VariablePlan, width};
use super::spans::{self, Span};
use super::valid;
use super::view::show;
use crate::bound::Bound;
use crate::error::{Error, Result, invalid};
use crate::field::compress::{Compressed, compress};
use crate::options::{Options, time_dimension};

/// Decoded whole numbers are rounded to such, so that what strays from one by less than half
/// comes back to it: bins of `2n + 1` whole numbers keep a bound of `n`.
const ROUNDED_OFF: f64 = 0.49;

/// A piece as it goes into a stream.
pub(crate) struct CodedPiece {
    bytes: Vec<u8>,
    /// Whether it is a blob.
    blob: bool,
    asked: Bound,
    /// The checksum of its values, if one is wanted.
    pub(crate) sum: u32,
}

impl CodedPiece {
    /// Writes it.
    pub(crate) fn put(&self, builder: &mut Builder) -> Result<Piece> {
        Ok(Piece {
            blob: self.blob,
            offset: builder.put(&self.bytes)?,
            bytes: self.bytes.len() as u64,
            asked: self.asked,
        })
    }
}

/// A variable on its way into a stream.
pub(crate) struct Job<'a> {
    coder: &'a Coder<'a>,
    dataset: &'a Dataset,
    variable: &'a Variable,
    /// Where it is in the source.
    position: usize,
    pub(crate) plan: VariablePlan,
    span: Option<Span>,
    axes: Axes,
}

impl<'a> Job<'a> {
    /// Variable `v` of a data set, of which the source has more or less at `position`. What
    /// has to be known of all its values is read, if any are left after `done` pieces.
    pub(crate) fn new(
        coder: &'a Coder<'a>,
        (dataset, v): (&'a Dataset, usize),
        (plan, done): (VariablePlan, usize),
        source: &mut dyn Source,
        position: usize,
    ) -> Result<Self> {
        let left = plan.asked.get(done..).unwrap_or_default();
        Ok(Job {
            coder,
            dataset,
            variable: &dataset.variables[v],
            position,
            span: spans::needed(&plan, left, position, source)?,
            axes: Axes::of(&coder.options, &plan, position, source)?,
            plan,
        })
    }

    /// Bytes of a piece while it is coded.
    pub(crate) fn weight(&self, piece: usize) -> usize {
        let piece = self.plan.entry.cuts.piece(piece);
        let count: usize = piece.iter().map(ExactSizeIterator::len).product();
        count.saturating_mul(width(self.plan.entry.storage, self.variable))
    }

    /// The values of a piece.
    pub(crate) fn read(&self, source: &mut dyn Source, piece: usize) -> Result<Values> {
        let values = source.read(self.position, &self.plan.entry.cuts.piece(piece));
        values.map_err(|e| named(e, &self.variable.name))
    }

    /// Codes the values of a piece.
    pub(crate) fn code(&self, values: &Values, piece: usize) -> Result<CodedPiece> {
        let asked = self.plan.asked[piece];
        let piece = &self.plan.entry.cuts.piece(piece);
        let shape: Vec<usize> = piece.iter().map(ExactSizeIterator::len).collect();
        let count: usize = shape.iter().product();
        if values.kind() != self.variable.kind || values.len() != count {
            return invalid(format!(
                "the source gives other values of {} than it announced",
                self.variable.name
            ));
        }
        let input_bytes = count * self.variable.kind.bytes().unwrap_or(1);
        let stream = self.stream(values, piece, asked)?;
        let (bytes, blob) = match stream {
            // Noise takes no more bytes than it has.
            Some(stream) if stream.len() > input_bytes && self.may_be_blob(input_bytes) => {
                (self.blob(values)?, true)
            }
            Some(stream) => (stream, false),
            None => {
                let blob = self.blob(values)?;
                if let Some(progress) = &self.coder.options.progress {
                    progress(count);
                }
                (blob, true)
            }
        };
        Ok(CodedPiece {
            bytes,
            blob,
            asked,
            sum: if self.coder.sums { sum_of(values) } else { 0 },
        })
    }

    /// The values of a piece as a stream, if that is how they are stored.
    fn stream(
        &self,
        values: &Values,
        piece: &[Range<usize>],
        asked: Bound,
    ) -> Result<Option<Vec<u8>>> {
        Ok(Some(match self.plan.entry.storage {
            Storage::Blobs => return Ok(None),
            Storage::Floats => match values {
                Values::F32(v) => self.floats(v, piece, asked)?,
                Values::F64(v) => self.floats(v, piece, asked)?,
                _ => Vec::new(),
            },
            Storage::Integers => match carry(values)? {
                Carried::F32(v) => self.integers(&v, piece, asked)?,
                Carried::F64(v) => self.integers(&v, piece, asked)?,
            },
            Storage::Unpacked => {
                match show(self.variable, values.clone(), self.plan.entry.shows_zeros())? {
                    Values::F32(v) => self.floats(&v, piece, asked)?,
                    Values::F64(v) => self.floats(&v, piece, asked)?,
                    _ => Vec::new(),
                }
            }
        }))
    }

    /// Whether the integers of a piece can be stored as they are: not where something is asked
    /// for that may change them.
    fn may_be_blob(&self, bytes: usize) -> bool {
        matches!(
            self.plan.entry.storage,
            Storage::Integers | Storage::Unpacked
        ) && !self.plan.entry.non_negative
            && bytes <= blob::MOST_BYTES
    }

    fn blob(&self, values: &Values) -> Result<Vec<u8>> {
        blob::write(values).map_err(|e| about(e, &self.variable.name))
    }

    /// What the caller asked for as far as it suits the variable: companions are coded as
    /// they are coded best.
    fn options(&self, bound: Bound) -> Options {
        let mut names: Vec<String> = Vec::new();
        for name in self.dataset.dims(self.variable) {
            let twice = names.iter().any(|n| n == name);
            names.push(if twice {
                format!("{name}_{}", names.len())
            } else {
                name.into()
            });
        }
        let mut options = Options {
            bound,
            exact: Vec::new(),
            least: None,
            most: None,
            valid: Vec::new(),
            ..self.coder.options.clone().dims(names)
        };
        let rank = self.variable.dimensions.len();
        options.chunk = options.chunk.filter(|chunk| chunk.len() == rank);
        if !self.plan.is_asked_for {
            let plain = Options::new(bound);
            options.choose = plain.choose;
            options.offers = plain.offers;
            options.chunk = None;
            options.fills = Vec::new();
        }
        let time = time_dimension(&options.dims, rank).ok().flatten();
        if !self.plan.is_asked_for || time.is_none_or(|t| t + 1 >= rank) {
            options.keyframe = None;
        }
        options
    }

    fn finish<T: Sample>(
        &self,
        values: &[T],
        piece: &[Range<usize>],
        options: Options,
    ) -> Result<Vec<u8>> {
        let shape: Vec<usize> = piece.iter().map(ExactSizeIterator::len).collect();
        let field = ArrayViewD::from_shape(IxDyn(&shape), values);
        let field = field.map_err(|e| Error::Invalid(e.to_string()))?;
        let options = self.axes.tell(options, piece);
        let compressed = compress(field, &options);
        let Compressed { bytes, .. } = compressed.map_err(|e| about(e, &self.variable.name))?;
        Ok(bytes)
    }

    /// Numbers that mean what they are.
    fn floats<T: Sample>(
        &self,
        values: &[T],
        piece: &[Range<usize>],
        asked: Bound,
    ) -> Result<Vec<u8>> {
        let bound = spans::absolute(asked, self.span);
        let mut options = self.options(bound);
        if self.plan.entry.storage == Storage::Floats {
            options.fills.extend(missing_values(self.variable));
        }
        options.fills.extend(spans::giants(values, &options.fills));
        if self.plan.entry.keep_zeros {
            options = options.keep(0.0);
        }
        if self.plan.entry.non_negative {
            options = options.least(0.0);
        }
        if self.plan.is_asked_for {
            // A range that makes no sense is none.
            let ends = valid::shown(self.variable, self.plan.entry.shows_zeros());
            options.valid.extend(ends.ok().flatten());
        }
        self.finish(values, piece, options)
    }

    /// Whole numbers, under a bound of whole numbers.
    fn integers<T: Sample>(
        &self,
        values: &[T],
        piece: &[Range<usize>],
        asked: Bound,
    ) -> Result<Vec<u8>> {
        let Some(packing) = &self.plan.packing else {
            return self.finish(values, piece, self.options(Bound::Lossless));
        };
        let steps = match spans::absolute(asked, self.span) {
            Bound::Absolute(bound) => packing.steps_within(bound, self.variable.kind),
            _ => 0.0,
        };
        let bound = if steps > 0.0 {
            Bound::Absolute(steps + ROUNDED_OFF)
        } else {
            Bound::Lossless
        };
        let mut options = self.options(bound);
        options.fills.extend(missing_values(self.variable));
        if self.plan.entry.keep_zeros {
            options.exact.extend(packing.zero());
        }
        let (kind, zeros) = (self.variable.kind, self.plan.entry.shows_zeros());
        options.whole = Some(range(kind));
        // Integers in another order than what they mean lose nothing, and keep no limits.
        if !packing.wraps() {
            if self.plan.entry.non_negative {
                let (low, high) = packing.no_less(0.0, kind, true);
                options.least = Some(low).filter(|end| end.is_finite());
                options.most = Some(high).filter(|end| end.is_finite());
            }
            let ends = valid::packed(self.variable, zeros);
            options.valid.extend(ends.ok().flatten());
        }
        self.finish(values, piece, options)
    }
}

/// An error of what was asked for, with the variable it is about.
fn about(error: Error, variable: &str) -> Error {
    match error {
        Error::Invalid(reason) => Error::Invalid(format!("{variable}: {reason}")),
        other => other,
    }
}

/// An error of a file, with the variable it is about.
pub(crate) fn named(error: foresz_files::Error, variable: &str) -> Error {
    use foresz_files::Error as E;
    let about = |reason: String| format!("{variable}: {reason}");
    Error::from(match error {
        E::Io(error) => E::Io(std::io::Error::new(error.kind(), about(error.to_string()))),
        E::Damaged(reason) => E::Damaged(about(reason)),
        E::Unsupported(reason) => E::Unsupported(about(reason)),
        E::Invalid(reason) => E::Invalid(about(reason)),
        other => other,
    })
}
