//! Models that live in a process of their own: whatever can read and write pipes.
//! `docs/reference/process-protocol.md` says what goes through them.

mod child;
mod command;
mod frame;
mod message;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::array::Array;
use crate::error::{Error, Result};
use crate::runtime::{Port, Runtime, Session, Step};

use child::Sidecar;
use frame::Kind;
use message::Hello;

pub use message::Claim;

/// Set in the environment of a child that is to work in another way than usual, if it
/// can.
const OTHERWISE: &str = "FORESZ_OTHERWISE";

/// Bytes of what a process says about an error that are passed on.
const LONGEST_ERROR: usize = 4096;

/// What a process is given, and how long it may take.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// Until it has said hello.
    pub hello: Duration,
    /// For a step.
    pub step: Duration,
    /// Bytes of the longest frame that it may send.
    pub longest: u64,
    /// Tensors that it gets once, before the first step.
    pub statics: Vec<(String, Array)>,
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(60),
            step: Duration::from_secs(600),
            longest: 8 << 30,
            statics: Vec::new(),
        }
    }
}

/// A model that a process runs. Every session is a process of its own.
pub struct Process {
    line: String,
    words: Vec<String>,
    options: ProcessOptions,
    hello: Hello,
    /// Started to learn of its contract; the first to start gets it.
    first: Mutex<Option<Running>>,
}

impl Process {
    /// Starts a program and hears its hello. The command line is cut into words as a
    /// shell does, but no shell runs.
    ///
    /// # Errors
    /// If the program cannot be started, or says something else or nothing.
    pub fn start(line: &str, options: ProcessOptions) -> Result<Self> {
        let words = command::words(line).map_err(|reason| failed(line, reason))?;
        let (first, hello) = Running::start(line, &words, &options, false)?;
        Ok(Self {
            line: line.to_owned(),
            words,
            options,
            hello,
            first: Mutex::new(Some(first)),
        })
    }

    /// The text of the contract that the process has, a `model.toml`.
    pub fn contract(&self) -> &str {
        &self.hello.contract
    }

    /// Whether the process claims to repeat itself.
    pub fn claim(&self) -> Claim {
        self.hello.claim
    }

    /// One more process of the same model.
    fn another(&self, otherwise: bool) -> Result<Running> {
        let (running, hello) = Running::start(&self.line, &self.words, &self.options, otherwise)?;
        if hello.contract != self.hello.contract {
            return Err(failed(&self.line, "its contract is another than at first"));
        }
        if !otherwise && hello != self.hello {
            return Err(failed(
                &self.line,
                &format!("it was {} and now is {}", self.hello.about, hello.about),
            ));
        }
        Ok(running)
    }
}

impl Runtime for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    /// Never: what it claims cannot be checked.
    fn is_exact(&self) -> bool {
        false
    }

    fn about(&self) -> String {
        let claim = match self.hello.claim {
            Claim::None => "may differ from run to run",
            Claim::Here => "repeats itself on one machine",
            Claim::Everywhere => "claims to be the same everywhere",
        };
        format!("process: {}, {claim}", self.hello.about)
    }

    fn inputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        let first = (self.first.lock())
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        Ok(Box::new(match first {
            Some(running) => running,
            None => self.another(false)?,
        }))
    }

    fn start_otherwise(&self) -> Result<Option<Box<dyn Session>>> {
        Ok(Some(Box::new(self.another(true)?)))
    }
}

/// A process at work.
struct Running {
    line: String,
    patience: Duration,
    /// `None` once it has broken the protocol.
    sidecar: Option<Sidecar>,
    /// The step that would go on from the last one.
    next: usize,
}

impl Running {
    fn start(
        line: &str,
        words: &[String],
        options: &ProcessOptions,
        otherwise: bool,
    ) -> Result<(Self, Hello)> {
        let sidecar = Sidecar::spawn(words, options.longest, otherwise.then_some(OTHERWISE))
            .map_err(|reason| failed(line, &reason))?;
        let mut running = Self {
            line: line.to_owned(),
            patience: options.hello,
            sidecar: Some(sidecar),
            next: 0,
        };
        let hello = running.answer(Kind::Hello, Hello::read)?;
        running.patience = options.step;
        if let (Some(sidecar), false) = (&mut running.sidecar, options.statics.is_empty()) {
            let mut body = Vec::new();
            let statics = options
                .statics
                .iter()
                .map(|(name, array)| (name.as_str(), array));
            message::tensors(statics, &mut body);
            sidecar.send(Kind::Static, body);
        }
        Ok((running, hello))
    }

    /// What the next frame says, which has to be of that kind. Errors that the process
    /// tells leave it running; whatever else goes wrong ends it.
    fn answer<T>(
        &mut self,
        kind: Kind,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T> {
        let Some(sidecar) = &mut self.sidecar else {
            return Err(failed(&self.line, "it was stopped after an error"));
        };
        let reason = match sidecar.answer(self.patience) {
            Ok(frame) if frame.kind == kind => match read(&frame.body) {
                Ok(value) => return Ok(value),
                Err(reason) => format!("{} is not valid: {reason}", kind.name()),
            },
            Ok(frame) if frame.kind == Kind::Error => {
                let said = &frame.body[..frame.body.len().min(LONGEST_ERROR)];
                let said = String::from_utf8_lossy(said);
                return Err(failed(&self.line, said.trim()));
            }
            Ok(frame) => format!("{} came instead of {}", frame.kind.name(), kind.name()),
            Err(reason) => reason,
        };
        let words = sidecar.stop();
        self.sidecar = None;
        let words = match words.as_str() {
            "" => String::new(),
            words => format!("; it wrote:\n{words}"),
        };
        Err(failed(&self.line, &format!("{reason}{words}")))
    }
}

impl Session for Running {
    fn run(&mut self, step: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        if let Some(sidecar) = &mut self.sidecar {
            if step.index == 0 || step.index != self.next {
                sidecar.send(Kind::Reset, Vec::new());
            }
            sidecar.send(Kind::Step, message::step(step, inputs));
        }
        self.next = step.index.saturating_add(1);
        self.answer(Kind::Prediction, |body| message::prediction(body, step))
    }
}

fn failed(line: &str, reason: &str) -> Error {
    Error::Runtime {
        runtime: format!("process {line:?}"),
        reason: reason.to_owned(),
    }
}
