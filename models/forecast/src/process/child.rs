//! A child process and its three pipes. Threads read and write them, so that waiting can
//! end; the child is killed when it is no longer wanted or trusted.

use std::io::{Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use super::frame::{self, Frame, Kind, Stop};

/// How long a child may take to end by itself, and its last words to arrive.
const FAREWELL: Duration = Duration::from_secs(2);
const GLANCE: Duration = Duration::from_millis(5);
/// Bytes of what it wrote to standard error that are kept.
const LAST_WORDS: usize = 4096;

/// A running child.
pub(super) struct Sidecar {
    child: Child,
    /// `None` once there is nothing more to say.
    speak: Option<Sender<Vec<u8>>>,
    listen: Receiver<Result<Frame, Stop>>,
    words: LastWords,
}

impl Sidecar {
    /// Starts the program, with a variable set in its environment.
    pub(super) fn spawn(
        words: &[String],
        longest: u64,
        variable: Option<&str>,
    ) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("there is no program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variable.map(|name| (name, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start {program}: {e}"))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("it has no pipes".into());
        };
        Ok(Self {
            child,
            speak: Some(speaker(stdin)),
            listen: listener(stdout, longest),
            words: LastWords::of(stderr),
        })
    }

    /// Sends a frame, or has it sent: a child that does not read it will not answer
    /// either, and waiting for that has an end.
    pub(super) fn send(&mut self, kind: Kind, body: Vec<u8>) {
        if let Some(speak) = &self.speak {
            // Nobody takes it if the child is gone, which the next answer will show.
            let _ = speak.send(frame::head(kind, body.len()));
            let _ = speak.send(body);
        }
    }

    /// The next frame that the child sends.
    pub(super) fn answer(&mut self, patience: Duration) -> Result<Frame, String> {
        match self.listen.recv_timeout(patience) {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(Stop::Wrong(what))) => Err(what),
            Ok(Err(Stop::Ended)) | Err(RecvTimeoutError::Disconnected) => Err(self.ending()),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("no answer within {} s", patience.as_secs_f64()))
            }
        }
    }

    fn ending(&mut self) -> String {
        self.ended(FAREWELL);
        match self.child.try_wait() {
            Ok(Some(status)) => format!("it ended ({status})"),
            _ => "it closed its standard output".into(),
        }
    }

    /// Waits for the end of the child.
    fn ended(&mut self, patience: Duration) -> bool {
        within(patience, || !matches!(self.child.try_wait(), Ok(None)))
    }

    /// Stops the child and says what it wrote to standard error.
    pub(super) fn stop(&mut self) -> String {
        self.speak = None;
        // It may be gone already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.words.text()
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.send(Kind::Bye, Vec::new());
        self.speak = None;
        if !self.ended(FAREWELL) {
            self.stop();
        }
    }
}

fn within(patience: Duration, done: impl FnMut() -> bool) -> bool {
    let (start, mut done) = (Instant::now(), done);
    loop {
        if done() {
            return true;
        }
        if start.elapsed() >= patience {
            return false;
        }
        sleep(GLANCE);
    }
}

fn speaker(mut stdin: ChildStdin) -> Sender<Vec<u8>> {
    let (speak, bytes) = channel::<Vec<u8>>();
    spawn(move || {
        for bytes in bytes {
            if stdin
                .write_all(&bytes)
                .and_then(|()| stdin.flush())
                .is_err()
            {
                return;
            }
        }
    });
    speak
}

fn listener(mut stdout: ChildStdout, longest: u64) -> Receiver<Result<Frame, Stop>> {
    // A child that talks without being asked has to wait.
    let (tell, listen): (SyncSender<_>, _) = sync_channel(1);
    spawn(move || {
        loop {
            let frame = frame::read(&mut stdout, longest);
            let last = frame.is_err();
            if tell.send(frame).is_err() || last {
                return;
            }
        }
    });
    listen
}

/// The end of what a child wrote to standard error.
struct LastWords {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl LastWords {
    fn of(mut stderr: ChildStderr) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let reader = spawn(move || {
            let mut piece = [0; 1024];
            while let Ok(length @ 1..) = stderr.read(&mut piece) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&piece[..length]);
                let surplus = kept.len().saturating_sub(LAST_WORDS);
                kept.drain(..surplus);
            }
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        // A grandchild may hold the pipe open for longer than we care.
        within(FAREWELL, || self.reader.is_finished());
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }
}
