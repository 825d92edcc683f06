//! What a convolution multiplies its weights by: for each place of the output, the
//! values of the input under the kernel. Columns of that matrix are copied together
//! where they are needed; the whole of it never exists.

use std::ops::Range;

/// A kernel moving over up to three axes; missing ones are of length 1, in front.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) input: [usize; 3],
    pub(crate) output: [usize; 3],
    pub(crate) kernel: [usize; 3],
    pub(crate) stride: [usize; 3],
    pub(crate) dilation: [usize; 3],
    /// Padding in front and behind.
    pub(crate) before: [usize; 3],
    pub(crate) after: [usize; 3],
}

impl Window {
    pub(crate) fn kernel_size(&self) -> usize {
        self.kernel.iter().product()
    }

    pub(crate) fn input_size(&self) -> usize {
        self.input.iter().product()
    }

    pub(crate) fn output_size(&self) -> usize {
        self.output.iter().product()
    }

    /// Where kernel element `tap` at output `place` lies in the input, on one axis.
    pub(crate) fn source(&self, axis: usize, place: usize, tap: usize) -> Option<usize> {
        let at = place * self.stride[axis] + tap * self.dilation[axis];
        at.checked_sub(self.before[axis])
            .filter(|&at| at < self.input[axis])
    }

    /// Whether the matrix of columns is the input itself.
    pub(crate) fn is_plain(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.input == self.output
    }
}

/// The channels of one group of one item, and the kernel over them.
#[derive(Clone, Copy)]
pub(crate) struct Image<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) window: &'a Window,
}

/// Neighbouring outputs of one row, as columns of a panel.
struct Run {
    column: usize,
    length: usize,
    place: [usize; 3],
}

impl Image<'_> {
    pub(crate) fn pack_columns(&self, depth: Range<usize>, columns: Range<usize>, out: &mut [f32]) {
        let width = out.len() / depth.len().max(1);
        let runs = self.runs(columns.clone());
        for (k, out) in depth.zip(out.chunks_exact_mut(width)) {
            out[columns.len()..].fill(0.0);
            for run in &runs {
                self.copy_run(k, run, &mut out[run.column..run.column + run.length]);
            }
        }
    }

    fn runs(&self, columns: Range<usize>) -> Vec<Run> {
        let [_, high, wide] = self.window.output;
        let mut runs = Vec::new();
        let mut at = columns.start;
        while at < columns.end {
            let place = [at / wide / high, at / wide % high, at % wide];
            let length = (wide - place[2]).min(columns.end - at);
            runs.push(Run {
                column: at - columns.start,
                length,
                place,
            });
            at += length;
        }
        runs
    }

    /// Row `k` of the matrix over the outputs of `run`.
    fn copy_run(&self, k: usize, run: &Run, out: &mut [f32]) {
        let w = self.window;
        let [_, tall, across] = w.kernel;
        let tap = [
            k / across / tall % w.kernel[0],
            k / across % tall,
            k % across,
        ];
        let channel = k / w.kernel_size();
        let source = |axis: usize| w.source(axis, run.place[axis], tap[axis]);
        let (Some(z), Some(y)) = (source(0), source(1)) else {
            out.fill(0.0);
            return;
        };
        let [deep, high, wide] = w.input;
        let from = ((channel * deep + z) * high + y) * wide;
        let row = &self.data[from..from + wide];
        let (step, ahead) = (w.stride[2], w.before[2]);
        // The first input column may lie before the row, so everything is shifted by
        // the padding.
        let shifted = run.place[2] * step + tap[2] * w.dilation[2];
        let skip = ahead.saturating_sub(shifted).div_ceil(step).min(out.len());
        let (blank, rest) = out.split_at_mut(skip);
        blank.fill(0.0);
        let start = (shifted + skip * step).saturating_sub(ahead).min(wide);
        let valid = (wide - start).div_ceil(step).min(rest.len());
        let (rest, blank) = rest.split_at_mut(valid);
        if step == 1 {
            rest.copy_from_slice(&row[start..start + valid]);
        } else {
            let values = row[start..].iter().step_by(step);
            rest.iter_mut().zip(values).for_each(|(o, &v)| *o = v);
        }
        blank.fill(0.0);
    }
}
