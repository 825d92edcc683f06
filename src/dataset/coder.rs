//! From a file's variables to a data set's stream.

use std::io::Write;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use foresz_files::{Dataset, Source, Values, Variable};
use foresz_predictors::Sample;
use ndarray::{ArrayViewD, IxDyn};

use super::blob;
use super::builder::Builder;
use super::checkpoint::{Keeper, sum_of};
use super::cuts::Cuts;
use super::directory::{Directory, Entry, Piece, Storage};
use super::packing::{Carried, carry, declared_fills, range, unpack};
use super::recipe::{Plan, Recipe};
use super::roles::{Role, companions, roles};
use super::spans::{self, Span};
use super::valid;
use super::view::settle_zeros;
use crate::bound::Bound;
use crate::compress::{Compressed, compress};
use crate::error::{Error, Result, invalid};
use crate::options::{Options, time_dimension};
use crate::threads;

/// Turns variables of a source into the stream of a data set.
#[derive(Clone)]
pub struct Coder<'a> {
    pub(super) recipes: &'a [Recipe],
    pub(super) options: Options,
    /// Whether checksums of values are wanted.
    pub(super) sums: bool,
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
        }
    }

    /// Writes a stream.
    pub fn compress(&self, source: &mut dyn Source, sink: &mut dyn Write) -> Result<u64> {
        let travelling = self.travelling(source.dataset())?;
        let mut builder = Builder::start(sink)?;
        let mut begun = self.begin(&travelling)?;
        self.write(source, &travelling, &mut begun, (&mut builder, None))
    }

    pub(super) fn begin(&self, travelling: &Travelling) -> Result<Begun> {
        let mut directory = Directory {
            writer: WRITER.into(),
            unfinished: None,
            dataset: travelling.dataset.clone(),
            entries: Vec::new(),
        };
        for variable in &travelling.dataset.variables {
            let plan = travelling.plan(self, variable)?;
            directory.entries.push(begun(&plan));
        }
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
            let plan = travelling.plan(self, variable)?;
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

    pub(super) fn travelling(&self, dataset: &Dataset) -> Result<Travelling> {
        let find = |recipe: &Recipe| match dataset.position(&recipe.variable) {
            Some(position) => Ok(position),
            None => invalid(format!("there is no variable {}", recipe.variable)),
        };
        let chosen: Vec<usize> = self.recipes.iter().map(find).collect::<Result<_>>()?;
        if chosen.is_empty() {
            return invalid("no variable is asked for");
        }
        let positions = companions(dataset, &chosen);
        let all = roles(dataset);
        Ok(Travelling {
            dataset: subset(dataset, &positions),
            roles: positions.iter().map(|p| all[*p]).collect(),
            positions,
        })
    }
}

/// The variables that go into a stream.
pub(super) struct Travelling {
    pub(super) dataset: Dataset,
    roles: Vec<Role>,
    /// Where each is in the source.
    pub(super) positions: Vec<usize>,
}

impl Travelling {
    pub(super) fn plan(&self, coder: &Coder, variable: &Variable) -> Result<Plan> {
        let recipe = coder.recipes.iter().find(|r| r.variable == variable.name);
        let role = self.dataset.position(&variable.name).map(|v| self.roles[v]);
        let role = role.unwrap_or(Role::Companion);
        Plan::new(&self.dataset, variable, role, recipe)
    }
}

/// Some variables of a data set, with the dimensions that they have.
pub fn subset(dataset: &Dataset, positions: &[usize]) -> Dataset {
    let mut used: Vec<usize> = positions
        .iter()
        .flat_map(|p| dataset.variables[*p].dimensions.iter().copied())
        .collect();
    used.sort_unstable();
    used.dedup();
    let place = |d: &usize| used.partition_point(|u| u < d);
    let variable = |p: &usize| {
        let variable = &dataset.variables[*p];
        Variable {
            dimensions: variable.dimensions.iter().map(place).collect(),
            ..variable.clone()
        }
    };
    Dataset {
        dimensions: used
            .iter()
            .map(|d| dataset.dimensions[*d].clone())
            .collect(),
        attributes: dataset.attributes.clone(),
        variables: positions.iter().map(variable).collect(),
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
        let bytes = match self.plan.storage {
            Storage::Blobs => {
                let blob = blob::write(values);
                if let Some(progress) = &self.coder.options.progress {
                    progress(count);
                }
                blob
            }
            Storage::Floats => match values {
                Values::F32(v) => self.floats(v, &shape, asked)?,
                Values::F64(v) => self.floats(v, &shape, asked)?,
                _ => Vec::new(),
            },
            Storage::Integers => match carry(values)? {
                Carried::F32(v) => self.integers(&v, &shape, asked)?,
                Carried::F64(v) => self.integers(&v, &shape, asked)?,
            },
            Storage::Unpacked => match self.unpacked(values)? {
                Values::F32(v) => self.floats(&v, &shape, asked)?,
                Values::F64(v) => self.floats(&v, &shape, asked)?,
                _ => Vec::new(),
            },
        };
        Ok(CodedPiece {
            bytes,
            asked,
            sum: if self.coder.sums { sum_of(values) } else { 0 },
        })
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
        shape: &[usize],
        options: &Options,
    ) -> Result<Vec<u8>> {
        let field = ArrayViewD::from_shape(IxDyn(shape), values);
        let field = field.map_err(|e| Error::Invalid(e.to_string()))?;
        let Compressed { bytes, .. } = compress(field, options).map_err(|e| match e {
            Error::Invalid(reason) => Error::Invalid(format!("{}: {reason}", self.variable.name)),
            other => other,
        })?;
        Ok(bytes)
    }

    /// Numbers that mean what they are.
    fn floats<T: Sample>(&self, values: &[T], shape: &[usize], asked: Bound) -> Result<Vec<u8>> {
        let bound = spans::absolute(asked, self.span);
        let mut options = self.options(bound);
        if self.plan.storage == Storage::Floats {
            options.fills.extend(declared_fills(self.variable));
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
        self.finish(values, shape, &options)
    }

    /// Whole numbers, under a bound of whole numbers.
    fn integers<T: Sample>(&self, values: &[T], shape: &[usize], asked: Bound) -> Result<Vec<u8>> {
        let Some(packing) = &self.plan.packing else {
            return self.finish(values, shape, &self.options(Bound::Lossless));
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
        options.fills.extend(declared_fills(self.variable));
        if self.plan.recipe.keep_zeros {
            options.exact.extend(packing.zero());
        }
        let (kind, zeros) = (self.variable.kind, self.plan.recipe.shows_zeros());
        options.whole = Some(range(kind));
        if self.plan.recipe.non_negative {
            options.least = Some(packing.no_less(0.0, kind, true).0);
        }
        let ends = valid::packed(self.variable, zeros);
        options.valid.extend(ends.ok().flatten());
        self.finish(values, shape, &options)
    }

    fn unpacked(&self, values: &Values) -> Result<Values> {
        let Some(packing) = &self.plan.packing else {
            return invalid(format!("{} is not packed", self.variable.name));
        };
        let mut unpacked = unpack(values, packing, &declared_fills(self.variable))?;
        if self.plan.recipe.shows_zeros() {
            settle_zeros(&mut unpacked, packing);
        }
        Ok(unpacked)
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
