//! Streams written from checkpoint to checkpoint.

use std::io::Write;

use foresz_files::Source;

use super::builder::Builder;
use super::checkpoint::{Checkpoint, Keeper, sum_of};
use super::coder::{Begun, Coder, WRITER};
use super::job::named;
use crate::error::{Result, invalid};
use crate::options::Options;

impl Coder<'_> {
    /// The same from checkpoint to checkpoint: if it is interrupted, it can
    /// [go on](Self::go_on) from the last one.
    pub fn compress_in_steps(
        &self,
        source: &mut dyn Source,
        sink: &mut dyn Write,
        keeper: &mut dyn Keeper,
    ) -> Result<u64> {
        let travelling = self.travelling(source.dataset())?;
        let mut builder = Builder::start(sink)?;
        let mut begun = self.begin(&travelling)?;
        self.keep(&mut begun, &mut builder, keeper)?;
        self.write_in_steps(source, begun, &mut builder, keeper)
    }

    /// Goes on from a checkpoint, at whose [end](Checkpoint::bytes) the sink has to stand.
    /// What comes out is what [`compress`](Self::compress) would have written.
    pub fn go_on(
        &self,
        source: &mut dyn Source,
        checkpoint: &Checkpoint,
        sink: &mut dyn Write,
        keeper: &mut dyn Keeper,
    ) -> Result<u64> {
        if let Some(reason) = self.asked_otherwise(source, checkpoint)? {
            return invalid(reason);
        }
        let mut builder = Builder::go_on_with(sink, checkpoint.bytes, checkpoint.sum);
        let begun = Begun {
            directory: checkpoint.directory.clone(),
            sums: checkpoint.values.clone(),
        };
        self.write_in_steps(source, begun, &mut builder, keeper)
    }

    /// Why what a checkpoint speaks of is not what would be written now, if it is not. All
    /// values that are done are read again.
    pub fn differs(
        &self,
        source: &mut dyn Source,
        checkpoint: &Checkpoint,
    ) -> Result<Option<String>> {
        if let Some(reason) = self.asked_otherwise(source, checkpoint)? {
            return Ok(Some(reason));
        }
        let travelling = self.travelling(source.dataset())?;
        for (v, sums) in checkpoint.values.iter().enumerate() {
            let (position, entry) = (travelling.positions[v], &checkpoint.directory.entries[v]);
            let name = &travelling.dataset.variables[v].name;
            for (i, sum) in sums.iter().enumerate() {
                let values = source.read(position, &entry.cuts.piece(i));
                if sum_of(&values.map_err(|e| named(e, name))?) != *sum {
                    return Ok(Some(format!("values of {name} have changed since")));
                }
            }
        }
        Ok(None)
    }

    fn asked_otherwise(
        &self,
        source: &dyn Source,
        checkpoint: &Checkpoint,
    ) -> Result<Option<String>> {
        let travelling = self.travelling(source.dataset())?;
        let directory = &checkpoint.directory;
        // As text, in which NaN is NaN.
        let is_same = format!("{:?}", directory.dataset) == format!("{:?}", travelling.dataset);
        let mut wanted = Vec::new();
        for variable in &travelling.dataset.variables {
            wanted.push(travelling.plan(self.recipes, variable)?.entry);
        }
        let cuts = directory.entries.iter().map(|entry| &entry.cuts);
        Ok(if !is_same {
            Some("it was begun with other variables, dimensions or attributes".into())
        } else if directory.unfinished.as_deref() != Some(&self.told())
            || !cuts.eq(wanted.iter().map(|entry| &entry.cuts))
        {
            Some("it was begun with other options, or by another version of foresz".into())
        } else {
            None
        })
    }

    fn write_in_steps(
        &self,
        source: &mut dyn Source,
        mut begun: Begun,
        builder: &mut Builder,
        keeper: &mut dyn Keeper,
    ) -> Result<u64> {
        let coder = Coder {
            sums: true,
            ..self.clone()
        };
        let travelling = coder.travelling(source.dataset())?;
        let written = coder.write(source, &travelling, &mut begun, (builder, Some(keeper)));
        if written.is_err() {
            // What is done need not be done again. If that fails, too, the first reason counts.
            let _ = coder.keep(&mut begun, builder, keeper);
        }
        written
    }

    /// What has been asked for, to tell whether an unfinished stream is the same.
    fn told(&self) -> String {
        let Options {
            choose,
            effort,
            backend,
            periodic,
            fills,
            chunk,
            keyframe,
            offers,
            store_models,
            ..
        } = &self.options;
        format!(
            "{WRITER} {:?} {choose:?} {effort:?} {backend:?} {periodic:?} {fills:?} {chunk:?} {keyframe:?} {offers:?} {store_models}",
            self.recipes
        )
    }

    pub(super) fn keep(
        &self,
        begun: &mut Begun,
        builder: &mut Builder,
        keeper: &mut dyn Keeper,
    ) -> Result<()> {
        let sum = builder.settle()?;
        begun.directory.unfinished = Some(self.told());
        let checkpoint = Checkpoint {
            bytes: builder.bytes(),
            sum,
            values: begun.sums.clone(),
            directory: begun.directory.clone(),
        };
        Ok(keeper.keep(&checkpoint)?)
    }
}
