//! Streams written frame by frame, in bounded memory.

use std::io::Write;

use foresz_predictors::Sample;
use ndarray::{ArrayViewD, IxDyn};

use super::plan::Plan;
use super::report::{Report, Stopwatch};
use super::sink::Sink;
use crate::bound::{Bound, Loss};
use crate::error::{Error, Result, invalid};
use crate::options::Options;

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
    plan: Plan<T>,
    frame: Vec<usize>,
    frames: usize,
    /// Frames not yet coded.
    waiting: Vec<T>,
    sink: Sink<W>,
    clock: Stopwatch,
    spent: (f64, f64),
}

/// Stands for "as long as it gets" while the chunk shape is chosen.
const ENDLESS: usize = 1 << 30;

impl<W: Write, T: Sample> Writer<W, T> {
    /// A stream of frames of that shape into `sink`. Bounds that depend on the whole
    /// field (range-relative, PSNR) are refused: it is not known yet.
    pub fn new(sink: W, frame: &[usize], options: Options) -> Result<Self> {
        Writer::with_length(sink, ENDLESS, frame, options)
    }

    /// The same if it is known how many frames will come: chunks then are as long as
    /// [`compress`](crate::compress) has them, and the stream is the same. It does no harm
    /// if there are more or fewer in the end.
    pub fn with_length(sink: W, frames: usize, frame: &[usize], options: Options) -> Result<Self> {
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
        let shape = [&[frames], frame].concat();
        Ok(Writer {
            plan: Plan::new(&shape, &options, loss)?,
            frame: frame.to_vec(),
            frames: 0,
            waiting: Vec::new(),
            sink: Sink::new(sink, &options)?,
            clock: Stopwatch::start(),
            spent: (0.0, 0.0),
        })
    }

    /// Appends a frame.
    pub fn push(&mut self, frame: ArrayViewD<T>) -> Result<()> {
        if frame.shape() != self.frame {
            return invalid(format!(
                "the frame has the shape {:?}, not {:?}",
                frame.shape(),
                self.frame
            ));
        }
        self.waiting.extend(frame.iter().copied());
        self.frames += 1;
        if self.waiting.len() >= self.plan.batch().saturating_mul(frame.len()) {
            self.code_waiting()?;
        }
        Ok(())
    }

    /// Codes all waiting frames.
    fn code_waiting(&mut self) -> Result<()> {
        let frames = self.waiting.len() / self.frame.iter().product::<usize>();
        if frames == 0 {
            return Ok(());
        }
        let shape = [&[frames], self.frame.as_slice()].concat();
        let waiting = ArrayViewD::from_shape(IxDyn(&shape), &self.waiting);
        let waiting = waiting.map_err(|e| Error::Invalid(e.to_string()))?;
        let clock = Stopwatch::start();
        self.plan.look(&waiting);
        let coded = self.plan.code(&waiting, self.frames - frames)?;
        let (cpu, wall) = clock.seconds();
        self.spent = (self.spent.0 + cpu, self.spent.1 + wall);
        let mut coded = coded.into_iter();
        coded.try_for_each(|chunk| self.sink.push(chunk))?;
        self.waiting.clear();
        Ok(())
    }

    /// Codes what is left and writes the index. Without it there is no stream.
    pub fn finish(mut self) -> Result<(W, Report)> {
        if self.frames == 0 {
            return invalid("no frame was written; a stream needs at least one");
        }
        self.code_waiting()?;
        let shape = [&[self.frames], self.frame.as_slice()].concat();
        let written = self.sink.finish(self.plan.index(&shape))?;
        let raw = shape.iter().product::<usize>() as u64 * T::BYTES as u64;
        let mut report = Report::new(&written.index, raw, written.bytes, &self.clock);
        (report.cpu_seconds, report.wall_seconds) = self.spent;
        Ok((written.out, report))
    }
}
