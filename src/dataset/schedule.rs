//! Which pieces of which variables are coded at the same time.

use std::panic::resume_unwind;
use std::thread;

use foresz_files::{Source, Values};

use super::job::{CodedPiece, Job};
use super::plan::PIECE_BYTES;
use crate::error::Result;
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
/// them in order.
pub(super) fn run(
    threads: usize,
    jobs: &[Job],
    due: &[Due],
    source: &mut dyn Source,
    mut take: impl FnMut(&[Due], Vec<CodedPiece>) -> Result<()>,
) -> Result<()> {
    let room = PIECE_BYTES * threads::count(threads).div_ceil(2);
    let (mut now, mut rest) = next(jobs, due, room);
    let mut values = read(jobs, now, source)?;
    while !now.is_empty() {
        let (then, after) = next(jobs, rest, room);
        if threads == 1 || then.is_empty() {
            take(now, code(threads, jobs, now, &values)?)?;
            // One run of pieces in memory, not two.
            drop(values);
            values = read(jobs, then, source)?;
        } else {
            let (coded, ahead) = thread::scope(|scope| {
                let ahead = scope.spawn(|| read(jobs, then, source));
                let coded = code(threads, jobs, now, &values);
                let ahead = ahead.join().unwrap_or_else(|panic| resume_unwind(panic));
                (coded, ahead)
            });
            take(now, coded?)?;
            values = ahead?;
        }
        (now, rest) = (then, after);
    }
    Ok(())
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

fn read(jobs: &[Job], due: &[Due], source: &mut dyn Source) -> Result<Vec<Values>> {
    let read = |task: &Due| jobs[task.job].read(source, task.piece);
    due.iter().map(read).collect()
}

fn code(threads: usize, jobs: &[Job], due: &[Due], values: &[Values]) -> Result<Vec<CodedPiece>> {
    threads::map(threads, due.len(), |k| {
        jobs[due[k].job].code(&values[k], due[k].piece)
    })
}
