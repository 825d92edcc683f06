//! Other compressors by their own Python packages.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::super::process::{self, Ended};
use super::{Contender, Make};
use foresz_compare::job::How;

/// Reads a job, runs the peer that is put before it, and answers.
const BRIDGE: &str = include_str!("bridge.py");

/// A script that knows one package, and the modes of it that take part.
struct Script {
    name: &'static str,
    modes: &'static [&'static str],
    text: &'static str,
}

const SCRIPTS: [Script; 4] = [
    Script {
        name: "sz3",
        modes: &["interp_lorenzo", "lorenzo_reg"],
        text: include_str!("sz3.py"),
    },
    Script {
        name: "sperr",
        modes: &[""],
        text: include_str!("sperr.py"),
    },
    Script {
        name: "zfp",
        modes: &[""],
        text: include_str!("zfp.py"),
    },
    Script {
        name: "pco",
        modes: &[""],
        text: include_str!("pco.py"),
    },
];

pub(super) const NAMES: [&str; 4] = ["sz3", "sperr", "zfp", "pco"];

const PROBE: Duration = Duration::from_secs(60);

/// One mode of a peer.
pub(super) struct Peer {
    script: &'static Script,
    mode: &'static str,
    python: PathBuf,
    version: OnceCell<Result<String, String>>,
}

impl Peer {
    /// Every mode of the peer of that name.
    pub(super) fn all(name: &str, python: &Path) -> Vec<Self> {
        let scripts = SCRIPTS.iter().filter(|script| script.name == name);
        let modes = scripts.flat_map(|script| script.modes.iter().map(move |mode| (script, *mode)));
        modes
            .map(|(script, mode)| Peer {
                script,
                mode,
                python: python.into(),
                version: OnceCell::new(),
            })
            .collect()
    }

    fn run(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-c", &format!("{}\n{BRIDGE}", self.script.text)]);
        command
    }

    fn probe(&self) -> Result<String, String> {
        let mut command = self.run();
        command.arg("--version");
        match process::run(command, b"", PROBE) {
            Ok(Ended::Well(out)) => Ok(String::from_utf8_lossy(&out).trim().to_owned()),
            Ok(Ended::Badly(reason)) => Err(reason),
            Ok(Ended::Late) => Err("it did not answer".into()),
            Err(error) => Err(format!("{}: {error}", self.python.display())),
        }
    }
}

impl Contender for Peer {
    fn name(&self) -> String {
        match self.mode {
            "" => self.script.name.into(),
            mode => format!("{}:{mode}", self.script.name),
        }
    }

    fn make(&self) -> Make {
        Make::peer(self.script.name)
    }

    fn version(&self) -> Result<String, String> {
        self.version.get_or_init(|| self.probe()).clone()
    }

    fn how(&self, _: &str) -> How {
        How::Peer {
            mode: self.mode.into(),
        }
    }

    fn command(&self) -> anyhow::Result<Command> {
        Ok(self.run())
    }
}
