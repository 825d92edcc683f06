//! How results came about: what it takes to make them again.

#![expect(
    missing_docs,
    reason = "the page docs/guide/compare.md describes every field"
)]

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    pub foresz: String,
    /// Known where the build was told.
    pub commit: Option<String>,
    pub command: Vec<String>,
    pub system: String,
    pub cpu: Option<String>,
    pub cores: usize,
    /// Threads of a contender.
    pub threads: usize,
    pub repeat: u32,
    pub bounds: Bounds,
    /// Seconds since 1970.
    pub at: u64,
    /// Seconds that the run took, without what was known from runs before.
    pub seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bounds {
    Absolute,
    RangeRelative,
}

impl Made {
    pub fn here(repeat: u32, bounds: Bounds) -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Made {
            foresz: env!("CARGO_PKG_VERSION").into(),
            commit: option_env!("FORESZ_COMMIT").map(Into::into),
            command: std::env::args().skip(1).collect(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads: 1,
            repeat,
            bounds,
            at: since.map_or(0, |since| since.as_secs()),
            seconds: 0.0,
        }
    }
}

/// What the processor calls itself, where the system tells.
fn cpu() -> Option<String> {
    let told = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = told.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
