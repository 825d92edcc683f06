//! The client in Python, and models that use it. Where Python or numpy is missing these
//! tests say so and pass. `PYTHON` in the environment names another interpreter.

use std::path::{Path, PathBuf};

use foresz_forecast::{
    Array, Claim, Error, Process, ProcessOptions, Result, Runtime, Session, Step,
};
use tempfile::TempDir;

fn client() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sidecar/foresz_sidecar.py")
}

/// An interpreter that has numpy.
fn python() -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let run = std::process::Command::new(&python)
        .args(["-c", "import numpy"])
        .output();
    if run.is_ok_and(|run| run.status.success()) {
        return Some(python);
    }
    println!("skipped: {python} with numpy is not here");
    None
}

fn demo(arguments: &str) -> Option<Process> {
    let line = format!("{} '{}' {arguments}", python()?, client().display());
    Some(Process::start(&line, ProcessOptions::default()).unwrap())
}

/// A model written in Python, which has the client as `sidecar`.
struct Script {
    _folder: TempDir,
    line: String,
}

impl Script {
    fn new(text: &str) -> Option<Self> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a model.py");
        let client = client();
        let above = client.parent().unwrap().display();
        let head = format!(
            "import sys; sys.path.insert(0, {:?})\nimport foresz_sidecar as sidecar\nimport numpy as np\n",
            above.to_string()
        );
        std::fs::write(&path, head + text).unwrap();
        Some(Self {
            line: format!("{python} -B \"{}\"", path.display()),
            _folder: folder,
        })
    }

    fn start(&self, options: ProcessOptions) -> Box<dyn Session> {
        Process::start(&self.line, options)
            .unwrap()
            .start()
            .unwrap()
    }
}

fn run(session: &mut dyn Session, index: usize, x: &Array) -> Result<Array> {
    let step = Step {
        index,
        time: Some(1_400_000_000 + 3600 * index as i64),
        values: 1,
    };
    let mut outputs = session.run(step, &[("x", x.clone())])?;
    assert_eq!(outputs.len(), 1);
    assert_eq!(outputs[0].0, "y");
    Ok(outputs.remove(0).1)
}

fn said<T>(result: Result<T>) -> String {
    match result {
        Err(Error::Runtime { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it worked"),
    }
}

fn array(shape: &[usize], values: &[f32]) -> Array {
    Array::new(shape, values.to_vec()).unwrap()
}

#[test]
fn the_demonstration_forecasts() {
    let x = array(&[1, 2, 1, 3], &[3.0, 5.0, -1.5, 1.0, 5.5, 0.0]);
    let Some(linear) = demo("--demo") else { return };
    assert_eq!(linear.claim(), Claim::Everywhere);
    assert!(linear.about().contains("numpy"));
    assert!(linear.contract().contains("name = \"demo-linear\""));
    let changes = array(&[1, 1, 1, 3], &[2.0, -0.5, -1.5]);
    let mut sessions = [linear.start().unwrap(), linear.start().unwrap()];
    for index in [0, 1, 2, 0, 1] {
        for session in &mut sessions {
            assert_eq!(run(&mut **session, index, &x).unwrap(), changes);
        }
    }
    let Some(persistence) = demo("--demo persistence --variable 'z 500'") else {
        return;
    };
    assert!(persistence.contract().contains("variable = \"z 500\""));
    let x = array(&[1, 1, 1, 3], &[3.0, f32::NAN, -1.5]);
    let none = array(&[1, 1, 1, 3], &[0.0; 3]);
    let mut session = persistence.start().unwrap();
    assert_eq!(run(&mut *session, 0, &x).unwrap(), none);
}

#[test]
fn values_come_back_to_the_bit() {
    let text =
        "sidecar.serve('contract', lambda step, inputs: {'y': inputs['x'].T}, about='turner')";
    let Some(script) = Script::new(text) else {
        return;
    };
    let mut session = script.start(ProcessOptions::default());
    // Signs, subnormal numbers and what a NaN carries survive.
    let bits = [0, 0x8000_0000, 1, 0x7fc0_1234, 0xff80_0000, 0x3f80_0001];
    let values = bits.map(f32::from_bits);
    let y = run(&mut *session, 0, &array(&[2, 3], &values)).unwrap();
    assert_eq!(y.shape(), [3, 2]);
    let found: Vec<u32> = y.values().iter().map(|v| v.to_bits()).collect();
    assert_eq!(found, [0, 3, 1, 4, 2, 5].map(|i| bits[i]));
    for shape in [vec![], vec![1], vec![0, 4], vec![1; 16], vec![300, 700]] {
        let size = shape.iter().product();
        let x = array(&shape, &vec![0.5; size]);
        let y = run(&mut *session, 0, &x).unwrap();
        assert_eq!(y.values(), x.values());
        let turned: Vec<usize> = shape.iter().rev().copied().collect();
        assert_eq!(y.shape(), turned);
    }
}

const CAREFUL: &str = r#"
class Careful(sidecar.Model):
    contract = "contract"
    claim = sidecar.NOT

    def __init__(self):
        self.resets = 0

    def statics(self, tensors):
        self.orography = tensors["orography"]

    def reset(self):
        self.resets += 1

    def predict(self, step, inputs):
        told = [step.index, step.time - 1_400_000_000, self.resets, sidecar.otherwise()]
        return {"y": np.array(told + list(self.orography), np.float32)}

sidecar.serve_model(Careful())
"#;

#[test]
fn statics_steps_and_resets_arrive() {
    let Some(script) = Script::new(CAREFUL) else {
        return;
    };
    let options = ProcessOptions {
        statics: vec![("orography".into(), array(&[2], &[8848.0, -430.0]))],
        ..ProcessOptions::default()
    };
    let process = Process::start(&script.line, options).unwrap();
    assert_eq!(process.claim(), Claim::None);
    let x = array(&[1], &[0.0]);
    let mut usual = process.start().unwrap();
    let mut otherwise = process.start_otherwise().unwrap().unwrap();
    // A reset comes before step 0 and where a step does not follow the last one.
    for (index, resets) in [(0, 1), (1, 1), (2, 1), (5, 2), (6, 2), (0, 3), (0, 4)] {
        for (session, other) in [(&mut usual, 0.0), (&mut otherwise, 1.0)] {
            let y = run(&mut **session, index, &x).unwrap();
            let (index, resets) = (index as f32, resets as f32);
            let expected = [index, index * 3600.0, resets, other, 8848.0, -430.0];
            assert_eq!(y.values(), expected);
        }
    }
}

const CARELESS: &str = r#"
import os
print("loading weights", flush=True)

def predict(step, inputs):
    print("step", step.index)
    os.write(1, b"from below\n")
    if step.index == 1:
        raise RuntimeError("it blew up")
    if step.index == 2:
        return {"y": inputs["x"].astype(float)}
    if step.index == 3:
        return {"y": inputs["z"]}
    if step.index == 4:
        print("now it ends", file=sys.stderr, flush=True)
        os._exit(7)
    return {"y": inputs["x"]}
"#;

#[test]
fn what_goes_wrong_in_python_is_told() {
    // What prints before `serve` is not caught.
    let loud = CARELESS.to_owned() + "sidecar.serve('contract', predict)";
    let Some(script) = Script::new(&loud) else {
        return;
    };
    let start = Process::start(&script.line, ProcessOptions::default());
    assert!(said(start).contains("begins no frame"));
    let quiet = loud.replace("print(\"loading weights\", flush=True)", "");
    let script = Script::new(&quiet).unwrap();
    let mut session = script.start(ProcessOptions::default());
    let x = array(&[2], &[1.0, 2.0]);
    assert_eq!(run(&mut *session, 0, &x).unwrap(), x);
    for (index, wanted) in [
        (1, "RuntimeError: it blew up"),
        (2, "output y is float64 and has to be float32"),
        (3, "KeyError: 'z'"),
    ] {
        assert!(said(run(&mut *session, index, &x)).contains(wanted));
    }
    assert_eq!(run(&mut *session, 5, &x).unwrap(), x);
    let ended = said(run(&mut *session, 4, &x));
    assert!(ended.contains("status: 7"), "{ended}");
    assert!(ended.ends_with("now it ends"), "{ended}");
}

#[test]
fn a_script_with_an_error_is_told() {
    let Some(script) = Script::new("import nothing_of_that_name") else {
        return;
    };
    let said = said(Process::start(&script.line, ProcessOptions::default()));
    assert!(
        said.contains("No module named 'nothing_of_that_name'"),
        "{said}"
    );
}
