//! Processes that may fail in any way without taking us along.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How a process ended.
pub(super) enum Ended {
    Well(Vec<u8>),
    /// With a failure, and the last that it said.
    Badly(String),
    Late,
}

/// Runs a command to its end, or ends it after `timeout`.
pub(super) fn run(mut command: Command, input: &[u8], timeout: Duration) -> std::io::Result<Ended> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever dies without reading it tells more by how it ends.
        let _ = stdin.write_all(input);
    }
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let Some(status) = wait(&mut child, timeout)? else {
        child.kill()?;
        child.wait()?;
        return Ok(Ended::Late);
    };
    let (out, err) = (
        out.join().unwrap_or_default(),
        err.join().unwrap_or_default(),
    );
    Ok(if status.success() {
        Ended::Well(out)
    } else {
        Ended::Badly(reason(status, &String::from_utf8_lossy(&err)))
    })
}

fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before a failure is all there is.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    const GLANCE: Duration = Duration::from_millis(5);
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > timeout {
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

fn reason(status: ExitStatus, said: &str) -> String {
    const ENOUGH: usize = 300;
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let text = match last {
        Some(last) => format!("{status}: {}", last.trim()),
        None => status.to_string(),
    };
    text.chars().take(ENOUGH).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_happens_to_a_process_is_told() {
        let minute = Duration::from_secs(60);
        let well = run(shell("cat"), b"hello", minute).unwrap();
        assert!(matches!(well, Ended::Well(out) if out == b"hello"));
        let badly = run(shell("echo no >&2; exit 3"), b"", minute).unwrap();
        assert!(matches!(badly, Ended::Badly(why) if why.ends_with("3: no")));
        let killed = run(shell("kill -SEGV $$"), b"", minute).unwrap();
        assert!(matches!(killed, Ended::Badly(why) if why.contains("signal")));
        let late = run(shell("sleep 60"), b"", Duration::from_millis(50)).unwrap();
        assert!(matches!(late, Ended::Late));
    }
}
