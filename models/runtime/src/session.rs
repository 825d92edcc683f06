use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Problem, Result};
use crate::memory::Memory;
use crate::model::{Model, Options, Port, Step};
use crate::onnx::message::Dim;
use crate::ops::{Call, Inputs};
use crate::tensor::{Data, Tensor};
use crate::threads::Threads;
use crate::work::Work;

/// A model being used: its threads, and buffers kept from run to run.
pub struct Session {
    model: Arc<Model>,
    memory: Memory,
    time: Option<Duration>,
    work: Option<u64>,
    threads: Threads,
}

impl Session {
    /// Prepares to run a model.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(model: Arc<Model>, options: &Options) -> Result<Self> {
        Ok(Self {
            memory: Memory::new(options.memory, model.held, Work::new(options.work)),
            model,
            time: options.time,
            work: options.work,
            threads: Threads::new(options.threads)?,
        })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Runs may do so many multiply-adds from now on; see [`Options::work`].
    pub fn limit_work(&mut self, work: Option<u64>) {
        self.work = work;
    }

    /// Multiply-adds of the last run, and what costs as much.
    pub fn work(&self) -> u64 {
        self.memory.work.done()
    }

    /// The most bytes that were in use during the last run, those of weights too.
    pub fn memory(&self) -> usize {
        self.memory.most()
    }

    /// Runs the model once. The outputs are in the order of [`Model::outputs`].
    ///
    /// # Errors
    /// If the inputs are not those of the model, an operator cannot work on the shapes
    /// it gets, or more memory, work or time would be needed than allowed.
    pub fn run(&mut self, inputs: &[(&str, Tensor)]) -> Result<Vec<Tensor>> {
        self.memory.restart(Work::new(self.work));
        let clock = Clock::start(self.time);
        let model = Arc::clone(&self.model);
        let mut values: Vec<Option<Tensor>> = vec![None; model.slots];
        for (slot, constant) in &model.constants {
            values[*slot] = Some(constant.clone());
        }
        for (slot, tensor) in model
            .input_slots
            .iter()
            .zip(matched(&model.inputs, inputs)?)
        {
            values[*slot] = Some(tensor);
        }
        for step in &model.steps {
            clock.check(&step.name)?;
            self.step(step, &mut values)
                .map_err(|problem| problem.of(&step.name, step.operator))?;
        }
        let take = |&slot: &usize| values[slot].clone();
        let outputs: Option<Vec<Tensor>> = model.output_slots.iter().map(take).collect();
        let mut outputs =
            outputs.ok_or_else(|| Error::Graph("an output was never made".to_owned()))?;
        drop(values);
        for (tensor, port) in outputs.iter_mut().zip(&model.outputs) {
            // One that is handed out twice is copied.
            let copied = self.memory.charge(tensor.bytes());
            copied.map_err(|problem| problem.of(&port.name, "output"))?;
            one_nan(tensor);
        }
        Ok(outputs)
    }

    fn step(&mut self, step: &Step, values: &mut [Option<Tensor>]) -> Result<(), Problem> {
        self.memory.work.node()?;
        let input = |slot: &Option<usize>| slot.and_then(|s| values[s].clone());
        let inputs = Inputs(step.inputs.iter().map(input).collect());
        // What dies here belongs to the operator alone, which may overwrite it.
        step.dying.iter().for_each(|&slot| values[slot] = None);
        let mut call = Call {
            inputs,
            memory: &mut self.memory,
            threads: &self.threads,
            outputs: step.outputs.len(),
        };
        let made = (step.run)(&mut call)?;
        for left in call.inputs.0.into_iter().flatten() {
            self.memory.release(left);
        }
        if made.len() < step.outputs.len() {
            return Err("too few outputs".into());
        }
        for (slot, value) in step.outputs.iter().zip(made) {
            if let Some(slot) = slot
                && !step.dying.contains(slot)
            {
                values[*slot] = Some(value);
            }
        }
        Ok(())
    }
}

impl Model {
    /// Runs the model once, with nothing kept for the next time. A [`Session`] is
    /// faster for more than one run.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run(self: &Arc<Self>, inputs: &[(&str, Tensor)]) -> Result<Vec<Tensor>> {
        Session::new(Arc::clone(self), &Options::default())?.run(inputs)
    }
}

/// The tensors in the order of the ports, checked against them.
fn matched(ports: &[Port], inputs: &[(&str, Tensor)]) -> Result<Vec<Tensor>> {
    let names = || {
        let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
        names.join(", ")
    };
    if let Some((name, _)) = inputs
        .iter()
        .find(|(n, _)| ports.iter().all(|p| p.name != *n))
    {
        let names = names();
        return Err(Error::Input(format!(
            "the model has no input {name}; it has {names}"
        )));
    }
    let mut lengths = HashMap::new();
    let mut tensors = Vec::with_capacity(ports.len());
    for port in ports {
        let mut given = inputs.iter().filter(|(n, _)| *n == port.name);
        let (Some((_, tensor)), None) = (given.next(), given.next()) else {
            let name = &port.name;
            return Err(Error::Input(format!("input {name} has to be given once")));
        };
        check(port, tensor, &mut lengths)?;
        tensors.push(tensor.clone());
    }
    Ok(tensors)
}

fn check<'p>(port: &'p Port, tensor: &Tensor, lengths: &mut HashMap<&'p str, usize>) -> Result<()> {
    let name = &port.name;
    if tensor.dtype() != port.dtype {
        return Err(Error::Input(format!(
            "input {name} is {:?} and has to be {:?}",
            tensor.dtype(),
            port.dtype
        )));
    }
    let Some(dims) = &port.dims else {
        return Ok(());
    };
    let fits = |(dim, &length): (&'p Dim, &usize)| match dim {
        Dim::Fixed(fixed) => *fixed == length,
        Dim::Named(axis) => *lengths.entry(axis.as_str()).or_insert(length) == length,
        Dim::Any => true,
    };
    if dims.len() != tensor.dims.len() || !dims.iter().zip(&tensor.dims).all(fits) {
        return Err(Error::Input(format!(
            "input {name} has the shape {:?} and has to be {dims:?}",
            tensor.dims
        )));
    }
    Ok(())
}

/// Which of the many NaN an operation gives differs between CPUs, so all leave as one.
fn one_nan(tensor: &mut Tensor) {
    match &mut tensor.data {
        Data::F32(values) if values.iter().any(|v| v.is_nan()) => {
            let nan = f32::from_bits(0x7fc0_0000);
            let values = Arc::make_mut(values);
            values
                .iter_mut()
                .filter(|v| v.is_nan())
                .for_each(|v| *v = nan);
        }
        Data::F64(values) if values.iter().any(|v| v.is_nan()) => {
            let nan = f64::from_bits(0x7ff8_0000_0000_0000);
            let values = Arc::make_mut(values);
            values
                .iter_mut()
                .filter(|v| v.is_nan())
                .for_each(|v| *v = nan);
        }
        _ => {}
    }
}
