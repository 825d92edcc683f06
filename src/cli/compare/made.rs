//! How results came about: what it takes to make them again.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) foresz: String,
    /// Known where the build was told.
    pub(crate) commit: Option<String>,
    pub(crate) command: Vec<String>,
    pub(crate) system: String,
    pub(crate) cpu: Option<String>,
    pub(crate) cores: usize,
    /// Threads of a contender.
    pub(crate) threads: usize,
    pub(crate) repeat: u32,
    pub(crate) bounds: Bounds,
    /// Seconds since 1970.
    pub(crate) at: u64,
    /// Seconds that the run took, without what was known from runs before.
    pub(crate) seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bounds {
    Absolute,
    RangeRelative,
}

impl Made {
    pub(super) fn here(repeat: u32, bounds: Bounds) -> Self {
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
