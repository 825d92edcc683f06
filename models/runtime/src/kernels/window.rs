//! A kernel moving over an image.

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

    /// Whether every output sees one place of the input, its own.
    pub(crate) fn is_plain(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.input == self.output
    }
}
