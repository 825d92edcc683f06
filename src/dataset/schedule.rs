//! Which pieces of which variables are coded at the same time.

use std::panic::resume_unwind;
use std::thread;

use foresz_files::{Source, Values};

use super::job::{CodedPiece, Job};
use super::plan::PIECE_BYTES;
use crate::error::{Error, Result};
use crate::threads;

/// A piece of a variable that is to be coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    /// Which variable, in the order of the jobs.
    pub(super) job: usize,
    /// Which piece of it.
    pub(super) piece: usize,
}

/// Reads pieces in their order and codes them: as many at the same time as keep all threads
/// busy, whichever variables they are of, while those that come next are read. `take` gets
/// them in order; if something cannot be read, it gets all that comes before.
pub(super) fn run(
    threads: usize,
    jobs: &[Job],
    due: &[Due],
    source: &mut dyn Source,
    mut take: impl FnMut(&[Due], Vec<CodedPiece>) -> Result<()>,
) -> Result<()> {
    let room = PIECE_BYTES * threads::count(threads).div_ceil(2);
    let (first, mut rest) = next(jobs, due, room);
    let mut now = Batch::read(jobs, first, source);
    loop {
        let (then, after) = next(jobs, rest, room);
        let alone = threads == 1 || then.is_empty() || now.trouble.is_some();
        let (coded, ahead) = if alone {
            (now.code(threads, jobs), None)
        } else {
            thread::scope(|scope| {
                let ahead = scope.spawn(|| Batch::read(jobs, then, source));
                let coded = now.code(threads, jobs);
                let ahead = ahead.join().unwrap_or_else(|panic| resume_unwind(panic));
                (coded, Some(ahead))
            })
        };
        take(now.due, coded?)?;
        match (now.trouble.take(), ahead) {
            (Some(trouble), _) => return Err(trouble),
            _ if then.is_empty() => return Ok(()),
            (None, Some(ahead)) => now = ahead,
            (None, None) => {
                // One batch in memory, not two.
                now.values.clear();
                now = Batch::read(jobs, then, source);
            }
        }
        rest = after;
    }
}

/// The first pieces that fill some bytes, but at least one; and those after them.
fn next<'a>(jobs: &[Job], due: &'a [Due], room: usize) -> (&'a [Due], &'a [Due]) {
    let mut bytes = 0usize;
    let fits = |task: &Due| {
        bytes = bytes.saturating_add(jobs[task.job].weight(task.piece));
        bytes <= room
    };
    let count = due.iter().copied().take_while(fits).count();
    due.split_at(count.max(1).min(due.len()))
}

/// Pieces that are coded at the same time, with their values.
struct Batch<'a> {
    due: &'a [Due],
    values: Vec<Values>,
    /// Why those after them could not be read.
    trouble: Option<Error>,
}

impl<'a> Batch<'a> {
    fn read(jobs: &[Job], due: &'a [Due], source: &mut dyn Source) -> Self {
        let (mut values, mut trouble) = (Vec::new(), None);
        for task in due {
            match jobs[task.job].read(source, task.piece) {
                Ok(read) => values.push(read),
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        Batch {
            due: &due[..values.len()],
            values,
            trouble,
        }
    }

    fn code(&self, threads: usize, jobs: &[Job]) -> Result<Vec<CodedPiece>> {
        threads::map(threads, self.due.len(), |k| {
            jobs[self.due[k].job].code(&self.values[k], self.due[k].piece)
        })
    }
}
