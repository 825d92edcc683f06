//! Models that are closures, for what real ones do not do on demand.

use std::sync::Arc;

use foresz::forecast::{Array, Care, Forecast, Model, Port, Result, Runtime, Session, Step};
use foresz::predictors::{Built, Entry, Registry};

/// What a session does: the step, the planes of its input, the planes of its output.
pub(crate) type Rule = fn(Step, &[f32]) -> Vec<f32>;

/// A runtime that is a rule, and another where it is started otherwise.
pub(crate) struct Stub {
    pub(crate) here: Rule,
    pub(crate) otherwise: Option<Rule>,
}

struct Running(Rule);

impl Runtime for Stub {
    fn name(&self) -> &'static str {
        "stub"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn about(&self) -> String {
        "a stub of the tests".into()
    }

    fn inputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Running(self.here)))
    }

    fn start_otherwise(&self) -> Result<Option<Box<dyn Session>>> {
        let running = |rule| Box::new(Running(rule)) as Box<dyn Session>;
        Ok(self.otherwise.map(running))
    }
}

impl Session for Running {
    fn run(&mut self, step: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        let x = &inputs[0].1;
        let shape = x.shape();
        let y = (self.0)(step, x.values());
        let shape = [1, y.len() / (shape[2] * shape[3]), shape[2], shape[3]];
        Ok(vec![("y".into(), Array::new(&shape, y)?)])
    }
}

/// Two frames of `v` in, the change of `v` out.
pub(crate) const CONTRACT: &str = r#"
format = 1
name = "stub"

[weights]
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[time]
history = 2

[[variables]]
name = "v"
mean = 10.0
std = 4.0
increment_std = 0.5

[[inputs]]
tensor = "x"
channels = [{ variable = "v" }, { variable = "v", minus = -1 }]

[[outputs]]
tensor = "y"
kind = "increment"
normalised = true
channels = [{ variable = "v" }]
"#;

/// A registry where `stub` runs that model by a rule.
pub(crate) fn registry(care: Care, here: Rule, otherwise: Option<Rule>) -> Registry {
    let model = Model::of_text(CONTRACT, Box::new(Stub { here, otherwise })).unwrap();
    let model = Arc::new(model);
    let mut registry = Registry::default();
    let build = move |_: &_| Ok(Built::frame(Forecast::new(Arc::clone(&model), care)));
    registry.register(Entry::new("stub", "frame: a model of the tests", build));
    registry
}
