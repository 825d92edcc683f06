//! Processes that run models, well and badly. The bad ones are shells that play frames
//! written here, whatever they are asked.

#![cfg(unix)]
use std::time::{Duration, Instant};

use foresz_forecast::{
    Array, Claim, Error, Process, ProcessOptions, Result, Runtime, Session, Step,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const HELLO: u8 = 1;
const PRED: u8 = 4;
const ERROR: u8 = 7;

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    [
        b"FSZP",
        &[kind][..],
        &(body.len() as u64).to_le_bytes(),
        body,
    ]
    .concat()
}

fn hello_of(version: u32, contract: &str, about: &str, claim: u8) -> Vec<u8> {
    let body = [
        &version.to_le_bytes()[..],
        &text(contract),
        &Sha256::digest(contract.as_bytes()),
        &text(about),
        &[claim],
    ];
    frame(HELLO, &body.concat())
}

fn hello() -> Vec<u8> {
    hello_of(1, "contract", "tape", 1)
}

fn tensor(name: &str, shape: &[u64], values: &[f32]) -> Vec<u8> {
    let mut out = text(name);
    out.push(shape.len() as u8);
    out.extend(shape.iter().flat_map(|d| d.to_le_bytes()));
    out.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    out
}

/// The body of a prediction, its checksum included.
fn prediction(index: u64, tensors: &[Vec<u8>]) -> Vec<u8> {
    let mut body = index.to_le_bytes().to_vec();
    body.extend((tensors.len() as u32).to_le_bytes());
    body.extend(tensors.concat());
    sealed(body)
}

fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    body.extend(crc32fast::hash(&body).to_le_bytes());
    body
}

/// A shell that does something.
struct Shell {
    folder: TempDir,
    line: String,
}

impl Shell {
    /// Plays bytes and goes on with a script.
    fn playing(bytes: &[u8], then: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tape = folder.path().join("tape");
        std::fs::write(&tape, bytes).unwrap();
        let line = format!("sh -c 'cat \"{}\"; {then}'", tape.display());
        Self { folder, line }
    }

    /// Plays bytes and waits for the end.
    fn saying(frames: &[Vec<u8>]) -> Self {
        Self::playing(&frames.concat(), "exec cat >/dev/null")
    }

    fn start(&self) -> Result<Process> {
        Process::start(&self.line, options())
    }
}

fn options() -> ProcessOptions {
    ProcessOptions {
        hello: Duration::from_secs(20),
        step: Duration::from_secs(20),
        longest: 1 << 20,
        ..ProcessOptions::default()
    }
}

fn step(index: usize) -> Step {
    Step {
        index,
        time: None,
        values: 1,
    }
}

fn run(session: &mut dyn Session, index: usize) -> Result<Vec<(String, Array)>> {
    let x = Array::new(&[2], vec![1.0, 2.0]).unwrap();
    session.run(step(index), &[("x", x)])
}

fn said<T>(result: Result<T>) -> String {
    match result {
        Err(Error::Runtime { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it worked"),
    }
}

#[track_caller]
fn expect<T>(result: Result<T>, wanted: &str) {
    let said = said(result);
    assert!(said.contains(wanted), "{said:?} instead of {wanted:?}");
}

/// What a process that said hello does wrong at the first step.
#[track_caller]
fn answers(bytes: &[u8], wanted: &str) {
    let shell = Shell::playing(&[hello(), bytes.to_vec()].concat(), "exec cat >/dev/null");
    let mut session = shell.start().unwrap().start().unwrap();
    expect(run(&mut *session, 0), wanted);
    expect(run(&mut *session, 1), "stopped after an error");
}

#[test]
fn a_tape_is_a_model() {
    let y = |index| {
        let values = [index as f32, f32::NAN, f32::INFINITY];
        frame(PRED, &prediction(index, &[tensor("y", &[1, 3], &values)]))
    };
    let process = Shell::saying(&[hello(), y(0), y(1), y(7)]).start().unwrap();
    assert_eq!(process.contract(), "contract");
    assert_eq!((process.name(), process.is_exact()), ("process", false));
    assert_eq!(process.claim(), Claim::Here);
    assert_eq!(
        process.about(),
        "process: tape, repeats itself on one machine"
    );
    let mut session = process.start().unwrap();
    for index in [0, 1, 7] {
        let outputs = run(&mut *session, index).unwrap();
        assert_eq!(outputs.len(), 1);
        let (name, y) = &outputs[0];
        assert_eq!((name.as_str(), y.shape()), ("y", &[1, 3][..]));
        assert_eq!(y.values()[0], index as f32);
        assert!(y.values()[1].is_nan() && y.values()[2].is_infinite());
    }
}

#[test]
fn every_session_is_a_process() {
    let shell = Shell::saying(&[hello(), frame(PRED, &prediction(0, &[]))]);
    let process = shell.start().unwrap();
    let mut sessions: Vec<_> = (0..3).map(|_| process.start().unwrap()).collect();
    sessions.push(process.start_otherwise().unwrap().unwrap());
    for session in &mut sessions {
        assert_eq!(run(&mut **session, 0).unwrap(), []);
    }
}

#[test]
fn a_process_that_becomes_another_is_refused() {
    let shell = Shell::saying(&[hello()]);
    let process = shell.start().unwrap();
    let _first = process.start().unwrap();
    let tape = shell.folder.path().join("tape");
    std::fs::write(&tape, hello_of(1, "contract", "elsewhere", 1)).unwrap();
    expect(process.start(), "it was tape and now is elsewhere");
    process.start_otherwise().unwrap();
    std::fs::write(&tape, hello_of(1, "other", "tape", 1)).unwrap();
    expect(process.start(), "contract is another");
    expect(process.start_otherwise(), "contract is another");
}

#[test]
fn what_is_no_program_is_told() {
    for (line, wanted) in [
        ("", "no program"),
        ("'open", "not closed"),
        ("/nowhere/at/all --now", "cannot start /nowhere/at/all"),
        ("false", "it ended (exit status: 1)"),
        ("true", "it ended (exit status: 0)"),
        ("echo Loading model", "standard error"),
        ("yes", "begins no frame"),
        (
            "sh -c 'echo no such file >&2; exit 3'",
            "status: 3); it wrote:\nno such file",
        ),
        ("sh -c 'kill -9 $$'", "signal: 9"),
        ("sh -c 'exec >&-; sleep 9'", "closed its standard output"),
    ] {
        expect(Process::start(line, options()), wanted);
    }
}

#[test]
fn a_bad_hello_is_refused() {
    let wrong_hash = {
        let mut bytes = hello();
        bytes[13 + 4 + 4 + 8] ^= 1;
        bytes
    };
    let not_text = {
        let mut bytes = hello();
        bytes[13 + 4 + 4] = 0xff;
        bytes
    };
    for (bytes, wanted) in [
        (
            hello_of(2, "contract", "tape", 1),
            "version 2 of the protocol",
        ),
        (hello_of(1, "contract", "tape", 3), "unknown claim 3"),
        (wrong_hash, "hash is not that of the contract"),
        (not_text, "not UTF-8"),
        (frame(HELLO, &[]), "cut off"),
        (
            frame(HELLO, &[1, 0, 0, 0, 255, 255, 255, 255, 0]),
            "4294967295 bytes are announced",
        ),
        (
            frame(HELLO, &[&hello()[13..], &[0]].concat()),
            "1 bytes too many",
        ),
        (
            frame(PRED, &prediction(0, &[])),
            "PRED came instead of HELLO",
        ),
        (frame(ERROR, b"no weights"), "no weights"),
        (frame(0, &[]), "unknown kind 0"),
        (frame(8, &[]), "unknown kind 8"),
    ] {
        expect(Shell::saying(&[bytes]).start(), wanted);
    }
}

#[test]
fn a_hello_cut_anywhere_is_an_error() {
    let whole = hello();
    for length in 0..whole.len() {
        let result = Shell::playing(&whole[..length], ":").start();
        assert!(said(result).starts_with("it ended"), "{length}");
    }
}

#[test]
fn wrong_predictions_are_refused() {
    let y = || tensor("y", &[2], &[1.0, 2.0]);
    let good = prediction(0, &[y()]);
    answers(
        &frame(PRED, &prediction(1, &[y()])),
        "for step 1 instead of 0",
    );
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        answers(&frame(PRED, &bad), "CRC-32");
    }
    answers(&frame(PRED, &good[..good.len() - 1]), "CRC-32");
    answers(&frame(PRED, &[]), "cut off");
    answers(&frame(PRED, &sealed(Vec::new())), "cut off");
    answers(&frame(PRED, &prediction(0, &[y(), y()])), "comes twice");
    let long = [good[..good.len() - 4].to_vec(), vec![0]].concat();
    answers(&frame(PRED, &sealed(long)), "too many");
    answers(&hello(), "HELLO came instead of PRED");
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let announced = |length: u64| [b"FSZP", &[PRED][..], &length.to_le_bytes()].concat();
    answers(&announced(u64::MAX), "are the most");
    answers(&announced((1 << 20) + 1), "are the most");
    let shapes: [&[u64]; 5] = [
        &[u64::MAX],
        &[1 << 40],
        &[1 << 32, 1 << 32],
        &[u64::MAX / 4 + 1, 4],
        &[3],
    ];
    for shape in shapes {
        let y = tensor("y", shape, &[1.0, 2.0]);
        answers(&frame(PRED, &prediction(0, &[y])), "tensor \"y\"");
    }
    let axes = tensor("y", &[1; 17], &[1.0]);
    answers(&frame(PRED, &prediction(0, &[axes])), "17 axes");
    let mut many = 0u64.to_le_bytes().to_vec();
    many.extend(u32::MAX.to_le_bytes());
    answers(&frame(PRED, &sealed(many)), "4294967295 tensors");
    let mut name = 0u64.to_le_bytes().to_vec();
    name.extend([1, 0, 0, 0, 255, 255, 255, 255]);
    answers(&frame(PRED, &sealed(name)), "4294967295 bytes");
}

#[test]
fn what_is_printed_is_no_prediction() {
    answers(b"step 1 done\n", "\"step 1 done\\n\"");
    answers(b"F", "ended within a frame");
}

#[test]
fn an_error_is_told_and_does_not_end_a_process() {
    let good = frame(PRED, &prediction(1, &[]));
    let shell = Shell::saying(&[hello(), frame(ERROR, b"out of memory"), good]);
    let mut session = shell.start().unwrap().start().unwrap();
    expect(run(&mut *session, 0), "out of memory");
    assert_eq!(run(&mut *session, 1).unwrap(), []);
    let long = frame(ERROR, &vec![b'x'; 100_000]);
    let mut session = Shell::saying(&[hello(), long])
        .start()
        .unwrap()
        .start()
        .unwrap();
    assert!(said(run(&mut *session, 0)).len() < 5000);
}

#[test]
fn the_end_of_a_process_is_told_with_its_last_words() {
    let script = "read -n 1 x 2>/dev/null; seq 1 5000 >&2; echo Segmentation fault >&2; exit 139";
    let shell = Shell::playing(&hello(), script);
    let mut session = shell.start().unwrap().start().unwrap();
    let said = said(run(&mut *session, 0));
    assert!(said.starts_with("it ended (exit status: 139)"), "{said}");
    assert!(said.ends_with("4999\n5000\nSegmentation fault"), "{said}");
    assert!(said.len() < 5000);
}

#[test]
fn waiting_has_an_end() {
    let start = Instant::now();
    let short = ProcessOptions {
        hello: Duration::from_millis(300),
        step: Duration::from_millis(300),
        ..options()
    };
    expect(
        Process::start("sleep 1000", short.clone()),
        "no answer within 0.3 s",
    );
    // Nor does a large frame that nobody reads hold us up.
    let shell = Shell::playing(&hello(), "exec sleep 1000");
    let process = Process::start(&shell.line, short).unwrap();
    let mut session = process.start().unwrap();
    let x = Array::new(&[1 << 20], vec![0.0; 1 << 20]).unwrap();
    expect(session.run(step(0), &[("x", x)]), "no answer within 0.3 s");
    drop((session, process));
    assert!(start.elapsed() < Duration::from_secs(15));
}

/// Whether a process of that number lives.
fn lives(number: &str) -> bool {
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("kill -0 {number} 2>/dev/null")])
        .status();
    status.unwrap().success()
}

#[test]
fn nobody_is_left_behind() {
    for script in [
        "exec cat >/dev/null",
        "trap : TERM INT HUP; exec sleep 1000",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("number");
        let script = format!("echo $$ > \"{}\"; {script}", number.display());
        let shell = Shell::playing(&hello(), &script);
        let process = shell.start().unwrap();
        let wait = Instant::now();
        while !std::fs::read_to_string(&number).is_ok_and(|n| n.ends_with('\n')) {
            assert!(wait.elapsed() < Duration::from_secs(10));
        }
        let number = std::fs::read_to_string(&number).unwrap();
        assert!(lives(number.trim()));
        drop(process.start().unwrap());
        assert!(!lives(number.trim()), "{script}");
    }
}
