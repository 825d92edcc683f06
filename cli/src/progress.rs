//! A bar for the impatient.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foresz::{Options, Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// Smaller inputs are done before anyone could read a bar.
const WORTH_A_BAR: u64 = 32_000_000;

/// A bar on standard error, gone when dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    samples: u64,
}

impl Bar {
    /// A bar, if the work is long enough to want one. Where standard error is not a
    /// terminal it stays hidden.
    pub(crate) fn new(wanted: bool, samples: usize, bytes: u64) -> Option<Self> {
        if !wanted || bytes < WORTH_A_BAR {
            return None;
        }
        let samples = samples as u64;
        let bar = ProgressBar::new(samples);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta} left") {
            bar.set_style(style);
        }
        Some(Bar { bar, samples })
    }

    /// Has compression move a bar, if there is one.
    pub(crate) fn watch(bar: Option<&Bar>, options: Options) -> Options {
        match bar {
            Some(bar) => options.progress(bar.callback()),
            None => options,
        }
    }

    /// Moves the bar.
    pub(crate) fn callback(&self) -> Progress {
        let (bar, samples, done) = (self.bar.clone(), self.samples, AtomicU64::new(0));
        Arc::new(move |more| {
            let done = done.fetch_add(more as u64, Ordering::Relaxed) + more as u64;
            // A PSNR can take several passes over the field: each starts again.
            bar.set_position((done.max(1) - 1) % samples.max(1) + 1);
        })
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
