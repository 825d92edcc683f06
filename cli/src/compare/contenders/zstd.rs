//! zstd over bytes of equal significance: what a lossless archive takes.

use std::process::Command;

use super::{Contender, Make, ourselves};
use foresz_compare::job::How;

pub(super) const NAME: &str = "zstd";
const LEVEL: i32 = 19;

pub(super) struct Zstd;

impl Contender for Zstd {
    fn name(&self) -> String {
        format!("zstd-{LEVEL}, shuffled")
    }

    fn make(&self) -> Make {
        Make::peer(NAME)
    }

    fn version(&self) -> Result<String, String> {
        Ok(zstd::zstd_safe::version_string().into())
    }

    fn how(&self, _: &str) -> How {
        How::Zstd { level: LEVEL }
    }

    fn command(&self) -> anyhow::Result<Command> {
        ourselves()
    }
}
