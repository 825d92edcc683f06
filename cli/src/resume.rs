//! `foresz compress --resume`: goes on where an earlier run stopped.

use std::io;
use std::time::{Duration, Instant};

use foresz::dataset::{Checkpoint, Coder, Keeper};
use foresz::files::Source;

use super::origin::Origin;
use crate::failure::invalid;
use crate::output::{Begun, Partial, State, Target};
use crate::summary;

/// What is done twice at most, but for a piece of each variable: to keep it takes a
/// hundredth of that.
const BETWEEN: Duration = Duration::from_millis(500);

/// Keeps what is done every now and then.
struct Clock<'a> {
    state: State,
    origin: &'a str,
    last: Option<Instant>,
}

impl Keeper for Clock<'_> {
    fn wants(&mut self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= BETWEEN)
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> io::Result<()> {
        self.state.keep(checkpoint, self.origin)?;
        self.last = Some(Instant::now());
        Ok(())
    }
}

/// Compresses what is not done yet, if what is done is of the same file and was asked for in
/// the same way.
pub(crate) fn compress(
    coder: &Coder,
    (source, origin): (&mut dyn Source, &Origin),
    target: &Target,
) -> anyhow::Result<()> {
    let mut partial = Partial::open(target)?;
    let told = origin.told();
    let mut begun = partial.begun();
    if let Some(Begun {
        checkpoint,
        origin: before,
    }) = &begun
    {
        let reason = if *before == told {
            coder.differs(source, checkpoint)?
        } else {
            Some("its input has changed since".into())
        };
        if let Some(reason) = reason {
            start_again(&partial.shown(), &reason, target.force())?;
            begun = None;
        }
    }
    let mut clock = Clock {
        state: partial.state(),
        origin: &told,
        last: None,
    };
    let shown = partial.shown();
    partial.write(|file| {
        let start = begun.as_ref().map_or(0, |begun| begun.checkpoint.bytes());
        file.cut(start)?;
        file.add(&shown, |sink| {
            match &begun {
                Some(Begun { checkpoint, .. }) => {
                    if checkpoint.has_pieces() {
                        let from = summary::bytes(start);
                        eprintln!("foresz: note: continuing after {from} that are done");
                    }
                    coder.go_on(source, checkpoint, sink, &mut clock)?;
                }
                None => {
                    coder.compress_in_steps(source, sink, &mut clock)?;
                }
            }
            origin.check()
        })
    })
}

/// What is done is only thrown away by those who say so.
fn start_again(part: &str, reason: &str, force: bool) -> anyhow::Result<()> {
    if !force {
        return Err(invalid(format!(
            "cannot continue {part}: {reason}; delete it, or give --force, to start again"
        )));
    }
    eprintln!("foresz: note: {part} starts again: {reason}");
    Ok(())
}
