//! From a file's variables to a data set's stream.

use std::io::Write;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use foresz_files::{Dataset, Source, Values, Variable};
use foresz_predictors::Sample;
use ndarray::{ArrayViewD, IxDyn};

use super::axes::Axes;
use super::blob;
use super::builder::Builder;
use super::checkpoint::{Keeper, sum_of};
use super::cuts::Cuts;
use super::directory::{Directory, Entry, Piece, Storage};
use super::packing::{Carried, carry, missing_values, range};
use super::recipe::{Plan, Recipe};
use super::spans::{self, Span};
use super::travelling::{Extent, Travelling};
use super::valid;
use super::view::show;
use crate::bound::Bound;
use crate::error::{Error, Result, invalid};
use crate::field::compress::{Compressed, compress};
use crate::options::{Options, time_dimension};
use crate::threads;

/// Turns variables of a source into the stream of a data set.
#[derive(Clone)]
pub struct Coder<'a> {
    pub(super) recipes: &'a [Recipe],
    pub(super) options: Options,
    /// Whether checksums of values are wanted.
    pub(super) sums: bool,
    pub(super) extent: Extent,
}

/// Program and version, as streams remember it.
pub(crate) const WRITER: &str = concat!("foresz ", env!("CARGO_PKG_VERSION"));

impl<'a> Coder<'a> {
    /// Codes the variables that recipes name, and what has to travel with them. Effort,
    /// predictor, threads and the like are those of the options; bound, dimensions, fill
    /// values and attributes come from recipes and from the source.
    pub fn new(recipes: &'a [Recipe], options: Options) -> Self {
        Coder {
            recipes,
            options,
            sums: false,
            extent: Extent::Chosen,
        }
    }

    /// Codes everything that there is but for these variables: every other one, and every
    /// dimension, whether a variable extends along it or not.
    pub fn all_but(mut self, left_out: Vec<String>) -> Self {
        self.extent = Extent::AllBut(left_out);
        self
    }

    /// Writes a stream.
    pub fn compress(&self, source: &mut dyn Source, sink: &mut dyn Write) -> Result<u64> {
        let travelling = self.travelling(source.dataset())?;
        let mut begun = self.begin(&travelling)?;
        let mut builder = Builder::start(sink)?;
        self.write(source, &travelling, &mut begun, (&mut builder, None))
    }

    pub(super) fn travelling(&self, dataset: &Dataset) -> Result<Travelling> {
        Travelling::new(dataset, self.recipes, &self.extent)
    }

    pub(super) fn begin(&self, travelling: &Travelling) -> Result<Begun> {
        let mut directory = Directory {
            writer: WRITER.into(),
            unfinished: None,
            dataset: travelling.dataset.clone(),
            entries: Vec::new(),
        };
        for variable in &travelling.dataset.variables {
            let plan = travelling.plan(self.recipes, variable)?;
            directory.entries.push(begun(&plan));
        }
        // Not after hours of work.
        directory.fitting()?;
        Ok(Begun {
            sums: vec![Vec::new(); directory.entries.len()],
            directory,
        })
    }

    pub(super) fn write(
        &self,
        source: &mut dyn Source,
        travelling: &Travelling,
        done: &mut Begun,
        (builder, mut keeper): (&mut Builder, Option<&mut dyn Keeper>),
    ) -> Result<u64> {
        for (v, variable) in travelling.dataset.variables.iter().enumerate() {
            let plan = travelling.plan(self.recipes, variable)?;
            let job = Job {
                coder: self,
                dataset: &travelling.dataset,
                variable,
                position: travelling.positions[v],
                span: spans::needed(
                    &plan,
                    &plan.recipe.bounds.all(),
                    travelling.positions[v],
                    source,
                )?,
                plan: &plan,
                axes: Axes::of(&self.options, &plan, travelling.positions[v], source)?,
            };
            let count = plan.cuts.count().unwrap_or(0);
            let run = |start: usize| start..(start + self.at_once()).min(count);
            let mut ahead = None;
            while done.directory.entries[v].pieces.len() < count {
                let now = run(done.directory.entries[v].pieces.len());
                let next = run(now.end);
                let values = match ahead.take() {
                    Some(values) => values,
                    None => job.read(source, now.clone())?,
                };
                let coded = if next.is_empty() || self.options.threads == 1 {
                    job.code(&values, now)
                } else {
                    let (coded, values) = job.code_and_read(&values, now, source, next);
                    ahead = Some(values?);
                    coded
                };
                for coded in coded? {
                    done.sums[v].push(coded.sum);
                    done.directory.entries[v].pieces.push(Piece {
                        blob: coded.blob,
                        offset: builder.put(&coded.bytes)?,
                        bytes: coded.bytes.len() as u64,
                        asked: coded.asked,
                    });
                }
                if let Some(keeper) = keeper.as_deref_mut()
                    && keeper.wants()
                {
                    self.keep(done, builder, keeper)?;
                }
            }
        }
        done.directory.unfinished = None;
        builder.close(&done.directory)?;
        Ok(builder.bytes())
    }

    /// Pieces that are coded at the same time: each has work for two threads.
    fn at_once(&self) -> usize {
        let threads = match self.options.threads {
            0 => rayon::current_num_threads(),
            some => some,
        };
        threads.div_ceil(2)
    }
}

/// A stream that is being written.
pub(super) struct Begun {
    pub(super) directory: Directory,
    /// Checksums of the values of pieces.
    pub(super) sums: Vec<Vec<u32>>,
}

/// Decoded whole numbers are rounded to such, so that what strays from one by less than half
/// comes back to it: bins of `2n + 1` whole numbers keep a bound of `n`.
const ROUNDED_OFF: f64 = 0.49;

/// An entry of which nothing is written yet.
pub(super) fn begun(plan: &Plan) -> Entry {
    Entry {
        storage: plan.storage,
        packed: plan.packing.is_some(),
        non_negative: plan.recipe.non_negative,
        keep_zeros: plan.recipe.keep_zeros,
        cuts: plan.cuts.clone(),
        pieces: Vec::new(),
    }
}

/// A piece as it goes into a stream.
pub(crate) struct CodedPiece {
    pub(crate) bytes: Vec<u8>,
    /// Whether it is a blob.
    pub(crate) blob: bool,
    asked: Bound,
    /// The checksum of its values, if one is wanted.
    sum: u32,
}

/// A variable on its way into a stream.
pub(crate) struct Job<'a> {
    pub(crate) coder: &'a Coder<'a>,
    pub(crate) dataset: &'a Dataset,
    pub(crate) variable: &'a Variable,
    /// Where it is in the source.
    pub(crate) position: usize,
    pub(crate) plan: &'a Plan,
    pub(crate) span: Option<Span>,
    pub(crate) axes: Axes,
}

impl Job<'_> {
    /// The values of some pieces.
    fn read(&self, source: &mut dyn Source, pieces: Range<usize>) -> Result<Vec<Values>> {
        let (position, name) = (self.position, self.variable.name.as_str());
        read(source, position, &self.plan.cuts, pieces, name)
    }

    /// Codes some pieces.
    fn code(&self, values: &[Values], pieces: Range<usize>) -> Result<Vec<CodedPiece>> {
        threads::map(self.coder.options.threads, values.len(), |k| {
            let piece = self.plan.cuts.piece(pieces.start + k);
            let asked = self.plan.recipe.bounds.of(&piece);
            self.piece(&values[k], &piece, asked)
        })
    }

    /// Codes some pieces while the next ones are read.
    fn code_and_read(
        &self,
        values: &[Values],
        pieces: Range<usize>,
        source: &mut dyn Source,
        next: Range<usize>,
    ) -> (Result<Vec<CodedPiece>>, Result<Vec<Values>>) {
        let (position, name) = (self.position, self.variable.name.as_str());
        let cuts = &self.plan.cuts;
        thread::scope(|scope| {
            let ahead = scope.spawn(move || read(source, position, cuts, next, name));
            let coded = self.code(values, pieces);
            let ahead = ahead.join().unwrap_or_else(|panic| resume_unwind(panic));
            (coded, ahead)
        })
    }

    /// Codes the values of a piece.
    pub(crate) fn piece(
        &self,
        values: &Values,
        piece: &[Range<usize>],
        asked: Bound,
    ) -> Result<CodedPiece> {
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
        Ok(Some(match self.plan.storage {
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
            Storage::Unpacked => match show(
                self.variable,
                values.clone(),
                self.plan.recipe.shows_zeros(),
            )? {
                Values::F32(v) => self.floats(&v, piece, asked)?,
                Values::F64(v) => self.floats(&v, piece, asked)?,
                _ => Vec::new(),
            },
        }))
    }

    /// Whether the integers of a piece can be stored as they are: not where something is asked
    /// for that may change them.
    fn may_be_blob(&self, bytes: usize) -> bool {
        matches!(self.plan.storage, Storage::Integers | Storage::Unpacked)
            && !self.plan.recipe.non_negative
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
        if self.coder.at_once() > 1 {
            options.threads = 2;
        }
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
        if self.plan.storage == Storage::Floats {
            options.fills.extend(missing_values(self.variable));
        }
        options.fills.extend(spans::giants(values, &options.fills));
        if self.plan.recipe.keep_zeros {
            options = options.keep(0.0);
        }
        if self.plan.recipe.non_negative {
            options = options.least(0.0);
        }
        if self.plan.is_asked_for {
            // A range that makes no sense is none.
            let ends = valid::shown(self.variable, self.plan.recipe.shows_zeros());
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
        if self.plan.recipe.keep_zeros {
            options.exact.extend(packing.zero());
        }
        let (kind, zeros) = (self.variable.kind, self.plan.recipe.shows_zeros());
        options.whole = Some(range(kind));
        // Integers in another order than what they mean lose nothing, and keep no limits.
        if !packing.wraps() {
            if self.plan.recipe.non_negative {
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

pub(super) fn read(
    source: &mut dyn Source,
    position: usize,
    cuts: &Cuts,
    pieces: Range<usize>,
    name: &str,
) -> Result<Vec<Values>> {
    let read = |i| {
        source
            .read(position, &cuts.piece(i))
            .map_err(|e| named(e, name))
    };
    pieces.map(read).collect()
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
