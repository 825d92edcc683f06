//! How far a comparison is, and how long it will take.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Seconds per byte that contenders have taken so far tell how long the rest will take.
#[derive(Default)]
pub(super) struct Pace {
    /// Seconds and bytes.
    taken: HashMap<String, (f64, f64)>,
    /// Bytes.
    left: HashMap<String, f64>,
}

impl Pace {
    pub(super) fn expect(&mut self, contender: &str, bytes: usize) {
        *self.left.entry(contender.into()).or_default() += bytes as f64;
    }

    pub(super) fn passed(&mut self, contender: &str, bytes: usize, took: Option<Duration>) {
        *self.left.entry(contender.into()).or_default() -= bytes as f64;
        if let Some(took) = took {
            let (seconds, all) = self.taken.entry(contender.into()).or_default();
            *seconds += took.as_secs_f64();
            *all += bytes as f64;
        }
    }

    /// None as long as nothing was measured.
    pub(super) fn left(&self) -> Option<Duration> {
        let sum = |of: fn(&(f64, f64)) -> f64| self.taken.values().map(of).sum::<f64>();
        let (seconds, bytes) = (sum(|t| t.0), sum(|t| t.1));
        if bytes == 0.0 {
            return None;
        }
        let pace = |name: &String| match self.taken.get(name) {
            Some((seconds, bytes)) => seconds / bytes,
            None => seconds / bytes,
        };
        let left = self.left.iter().map(|(name, bytes)| pace(name) * bytes);
        Some(Duration::from_secs_f64(left.sum::<f64>().max(0.0)))
    }
}

/// Tells of progress on standard error: a bar on a terminal, elsewhere a line per field.
pub(super) struct Teller {
    bar: Option<ProgressBar>,
    lines: bool,
    start: Instant,
}

impl Teller {
    pub(super) fn new(wanted: bool, quiet: bool, cases: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = (wanted && terminal).then(|| {
            let bar = ProgressBar::new(cases as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Teller {
            bar,
            lines: !quiet && !terminal,
            start: Instant::now(),
        }
    }

    pub(super) fn case(&self, what: &str, pace: &Pace) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}  {what}", shown(pace.left())));
            bar.inc(1);
        }
    }

    pub(super) fn field(&self, name: &str, number: (usize, usize), pace: &Pace) {
        if self.lines {
            let took = self.start.elapsed().as_secs();
            let (at, all) = number;
            eprintln!(
                "foresz: {name} ({at} of {all}) after {took} s, {}",
                shown(pace.left())
            );
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn shown(left: Option<Duration>) -> String {
    match left.map(|left| left.as_secs()) {
        None => "no estimate yet".into(),
        Some(seconds) if seconds < 90 => format!("about {seconds} s left"),
        Some(seconds) => format!("about {} min left", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_tells_what_is_left() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(), None);
        pace.expect("slow", 300);
        pace.expect("quick", 300);
        pace.passed("slow", 100, Some(Duration::from_secs(10)));
        // Nothing is known of the other yet: as slow as all so far.
        assert_eq!(pace.left(), Some(Duration::from_secs(20 + 30)));
        pace.passed("quick", 100, Some(Duration::from_secs(1)));
        assert_eq!(pace.left(), Some(Duration::from_secs(20 + 2)));
        pace.passed("slow", 200, None);
        assert_eq!(pace.left(), Some(Duration::from_secs(2)));
        assert_eq!(shown(pace.left()), "about 2 s left");
        assert_eq!(shown(Some(Duration::from_secs(100))), "about 2 min left");
    }
}
