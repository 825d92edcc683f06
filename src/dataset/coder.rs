//! From a file's variables to a data set's stream.

use std::io::Write;

use foresz_files::{Dataset, Source};

use super::builder::Builder;
use super::checkpoint::Keeper;
use super::directory::Directory;
use super::job::Job;
use super::recipe::Recipe;
use super::schedule::{self, Due};
use super::travelling::{Extent, Travelling};
use crate::error::Result;
use crate::options::Options;

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
            directory.entries.push(plan.entry);
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
        let jobs = self.jobs(source, travelling, done)?;
        let left = |(v, job): (usize, &Job)| {
            let pieces = done.directory.entries[v].pieces.len()..job.plan.asked.len();
            pieces.map(move |piece| Due { job: v, piece })
        };
        let due: Vec<Due> = jobs.iter().enumerate().flat_map(left).collect();
        schedule::run(self.options.threads, &jobs, &due, source, |due, coded| {
            for (task, coded) in due.iter().zip(coded) {
                done.sums[task.job].push(coded.sum);
                let piece = coded.put(builder)?;
                done.directory.entries[task.job].pieces.push(piece);
                if let Some(keeper) = keeper.as_deref_mut()
                    && keeper.wants()
                {
                    self.keep(done, builder, keeper)?;
                }
            }
            Ok(())
        })?;
        done.directory.unfinished = None;
        builder.close(&done.directory)?;
        Ok(builder.bytes())
    }

    fn jobs<'b>(
        &'b self,
        source: &mut dyn Source,
        travelling: &'b Travelling,
        done: &Begun,
    ) -> Result<Vec<Job<'b>>> {
        let mut jobs = Vec::new();
        for (v, variable) in travelling.dataset.variables.iter().enumerate() {
            let plan = travelling.plan(self.recipes, variable)?;
            let pieces = done.directory.entries[v].pieces.len();
            let about = (&travelling.dataset, v);
            let position = travelling.positions[v];
            jobs.push(Job::new(self, about, (plan, pieces), source, position)?);
        }
        Ok(jobs)
    }
}

/// A stream that is being written.
pub(super) struct Begun {
    pub(super) directory: Directory,
    /// Checksums of the values of pieces.
    pub(super) sums: Vec<Vec<u32>>,
}
