//! Streams written frame by frame, in bounded memory.

use std::borrow::Cow;
use std::io::Write;

use foresz_predictors::Sample;
use ndarray::ArrayViewD;

use crate::bound::Bound;
use crate::bound::Loss;
use crate::container::grid::Grid;
use crate::error::{Result, invalid};
use crate::field::assembly::Assembly;
use crate::field::compress::{Part, Setup};
use crate::field::report::{Clock, Report};
use crate::options::Options;
use crate::threads;

/// Takes the frames of a series one by one and writes chunks as they fill up.
///
/// The first dimension of the field is the one that grows. Memory holds as many
/// chunks as there are threads, however long the series.
///
/// ```
/// use foresz::{Bound, Options, Writer, decompress};
/// use ndarray::Array;
///
/// let mut writer = Writer::new(Vec::new(), &[20, 30], Options::new(Bound::Absolute(0.01)))?;
/// for hour in 0..5 {
///     let frame = Array::from_elem((20, 30), hour as f32);
///     writer.push(frame.view().into_dyn())?;
/// }
/// let (stream, report) = writer.finish()?;
/// assert_eq!(decompress::<f32>(&stream)?.shape(), [5, 20, 30]);
/// assert!(report.ratio > 10.0);
/// # Ok::<(), foresz::Error>(())
/// ```
pub struct Writer<W, T> {
    options: Options,
    setup: Setup<T>,
    frame: Vec<usize>,
    frames: usize,
    /// Frames not yet coded.
    waiting: Vec<T>,
    assembly: Assembly<W>,
    clock: Clock,
    spent: (f64, f64),
}

/// Stands for "as long as it gets" while the chunk shape is chosen.
const ENDLESS: usize = 1 << 30;

impl<W: Write, T: Sample> Writer<W, T> {
    /// A stream of frames of that shape into `sink`. Bounds that depend on the whole
    /// field (range-relative, PSNR) are refused: it is not known yet.
    pub fn new(sink: W, frame: &[usize], options: Options) -> Result<Self> {
        let loss = match options.bound.check()? {
            Bound::Absolute(bound) => Loss::Absolute(bound),
            Bound::PointwiseRelative(bound) => Loss::Relative(bound),
            Bound::Lossless => Loss::Absolute(0.0),
            Bound::RangeRelative(_) | Bound::Psnr(_) => {
                return invalid(
                    "a bound that depends on the range of the whole field cannot be kept frame by frame; give an absolute one",
                );
            }
        };
        let mut shape = vec![ENDLESS];
        shape.extend_from_slice(frame);
        let setup = Setup::new(&shape, &options, loss)?;
        let assembly = Assembly::new(sink)?;
        Ok(Writer {
            options,
            setup,
            frame: frame.to_vec(),
            frames: 0,
            waiting: Vec::new(),
            assembly,
            clock: Clock::start(),
            spent: (0.0, 0.0),
        })
    }

    /// Appends a frame.
    pub fn push(&mut self, frame: ArrayViewD<T>) -> Result<()> {
        if frame.shape() != self.frame {
            return invalid(format!(
                "a frame of shape {:?} where {:?} is expected",
                frame.shape(),
                self.frame
            ));
        }
        self.waiting.extend(frame.iter().copied());
        self.frames += 1;
        let threads = if self.options.threads == 0 {
            rayon::current_num_threads()
        } else {
            self.options.threads
        };
        let batch = self.setup.chunk[0] * threads;
        if self.waiting.len() >= batch * self.frame.iter().product::<usize>() {
            self.code_waiting()?;
        }
        Ok(())
    }

    /// Codes all waiting frames.
    fn code_waiting(&mut self) -> Result<()> {
        let per_frame: usize = self.frame.iter().product();
        let mut shape = vec![self.waiting.len() / per_frame];
        if shape[0] == 0 {
            return Ok(());
        }
        shape.extend_from_slice(&self.frame);
        let grid = Grid::new(&shape, &self.setup.chunk);
        let (setup, options, waiting) = (&self.setup, &self.options, &self.waiting);
        let before = self.frames - shape[0];
        let clock = Clock::start();
        let code = |i| {
            let part = grid.part(i);
            let mut values = Vec::with_capacity(part.iter().map(ExactSizeIterator::len).product());
            crate::values::blocks::copy_out(waiting, &shape, &part, &mut values);
            let mut origin: Vec<usize> = part.iter().map(|range| range.start).collect();
            origin[0] += before;
            setup.code(
                &Part {
                    values: Cow::Owned(values),
                    shape: part.iter().map(ExactSizeIterator::len).collect(),
                    origin,
                },
                options,
            )
        };
        let coded = threads::map(setup.threads(options, grid.len())?, grid.len(), code)?;
        let (cpu, wall) = clock.seconds();
        self.spent = (self.spent.0 + cpu, self.spent.1 + wall);
        coded
            .into_iter()
            .try_for_each(|chunk| self.assembly.push(chunk))?;
        self.waiting.clear();
        Ok(())
    }

    /// Codes what is left and writes the index. Without it there is no stream.
    pub fn finish(mut self) -> Result<(W, Report)> {
        if self.frames == 0 {
            return invalid("no frame was written; a stream needs at least one");
        }
        self.code_waiting()?;
        let mut shape = vec![self.frames];
        shape.extend_from_slice(&self.frame);
        if self.options.store_models {
            let registry = &self.options.registry;
            (self.assembly).store_models(registry, &shape, &self.setup.chunk)?;
        }
        let mut index = self.setup.index(&shape, &self.options);
        index.dims[0].chunk = index.dims[0].chunk.min(self.frames);
        let (sink, index, written) = self.assembly.finish(index)?;
        let raw = shape.iter().product::<usize>() as u64 * T::BYTES as u64;
        let mut report = Report::new(&index, raw, written, &self.clock);
        (report.cpu_seconds, report.wall_seconds) = self.spent;
        Ok((sink, report))
    }
}
