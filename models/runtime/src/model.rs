use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Problem, Result};
use crate::graph;
use crate::memory::Memory;
use crate::onnx::message::{self, Dim};
use crate::onnx::protobuf::Room;
use crate::onnx::tensor::dtype;
use crate::ops::{self, Call, Inputs, Node, Run};
use crate::tensor::{Dtype, Tensor};
use crate::threads::Threads;
use crate::work::Work;

/// Constants larger than this are not made while loading, but by every run.
const LARGEST_FOLDED: usize = 1 << 26;

/// What a model and a session may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of weights and of the values that a run makes and holds at a time, together.
    pub memory: usize,
    /// Multiply-adds that a run may do, and those that loading may do to compute
    /// constants; `None` is any number. Elements that are made or copied count as eight
    /// each. They are counted from shapes, before they are done.
    pub work: Option<u64>,
    /// Threads; the results do not depend on their number.
    pub threads: usize,
    /// How long a run may take, or the computing of constants while loading. It is
    /// checked before every node; `None` is for ever.
    pub time: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: usize::try_from(4u64 << 30).unwrap_or(usize::MAX / 2),
            work: None,
            threads: 1,
            time: None,
        }
    }
}

/// An input or output of a model.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub dtype: Dtype,
    /// The lengths of its axes; `None` where the model does not say.
    pub dims: Option<Vec<Dim>>,
}

/// A model, ready to run: operators in order, weights packed, constants computed.
pub struct Model {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: usize,
    pub(crate) constants: Vec<(usize, Tensor)>,
    pub(crate) input_slots: Vec<usize>,
    pub(crate) output_slots: Vec<usize>,
    /// Bytes of constants and packed weights.
    pub(crate) held: usize,
    /// Multiply-adds that loading took.
    work: u64,
}

/// One node. Values live in numbered slots.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) operator: &'static str,
    pub(crate) run: Run,
    pub(crate) inputs: Vec<Option<usize>>,
    pub(crate) outputs: Vec<Option<usize>>,
    /// Slots that no later step needs.
    pub(crate) dying: Vec<usize>,
}

impl Model {
    /// Reads a model and its weights, also those in files beside it.
    pub fn load(path: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let path = path.as_ref();
        let fail = |source| Error::Read {
            path: path.display().to_string(),
            source,
        };
        let length = std::fs::metadata(path).map_err(fail)?.len();
        if length > options.memory as u64 {
            return Err(Error::Memory {
                needed: usize::try_from(length).unwrap_or(usize::MAX),
                used: 0,
                limit: options.memory,
            });
        }
        let bytes = std::fs::read(path).map_err(fail)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        Self::read(&bytes, Some(folder.unwrap_or(Path::new("."))), options)
    }

    /// Reads a model that has all its weights in itself.
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        Self::read(bytes, None, options)
    }

    /// What the model needs, in its order.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the model gives, in its order.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Bytes of constants, packed weights not counted.
    pub fn constant_bytes(&self) -> usize {
        self.constants.iter().map(|(_, t)| t.bytes()).sum()
    }

    /// Multiply-adds that loading took, and what costs as much.
    pub fn loading_work(&self) -> u64 {
        self.work
    }

    fn read(bytes: &[u8], folder: Option<&Path>, options: &Options) -> Result<Self> {
        let room = Room::new(options.memory);
        let proto = message::Model::read(bytes, &room).map_err(|wrong| match room.lacking() {
            Some((left, needed)) => Error::Memory {
                needed,
                used: options.memory - left,
                limit: options.memory,
            },
            None => Error::Damaged(wrong),
        })?;
        if proto.graph.nodes.is_empty() && proto.graph.outputs.is_empty() {
            return Err(Error::Damaged("it has no graph".to_owned()));
        }
        let opset = graph::check_support(&proto)?;
        let order = graph::order(&proto.graph)?;
        let mut loader = Loader::new(&proto.graph, opset, folder, options)?;
        for i in order {
            loader.step(&proto.graph.nodes[i])?;
        }
        loader.finish(&proto.graph)
    }
}

/// A model in the making.
struct Loader<'a> {
    opset: i64,
    folder: Option<&'a Path>,
    slots: HashMap<&'a str, usize>,
    constants: HashMap<usize, Tensor>,
    steps: Vec<Step>,
    /// Slots that each step still reads when it runs.
    reads: Vec<Vec<usize>>,
    /// Bytes that there still are for weights, then for what is made of them: constants
    /// and packed weights, which every run could make anew.
    room: usize,
    /// Of packed weights.
    packed: usize,
    work: Work,
    threads: Threads,
    clock: Clock,
}

impl<'a> Loader<'a> {
    fn new(
        graph: &'a message::Graph,
        opset: i64,
        folder: Option<&'a Path>,
        options: &Options,
    ) -> Result<Self> {
        let mut loader = Self {
            opset,
            folder,
            slots: HashMap::new(),
            constants: HashMap::new(),
            steps: Vec::new(),
            reads: Vec::new(),
            room: options.memory,
            packed: 0,
            work: Work::new(options.work),
            threads: Threads::new(1)?,
            clock: Clock::start(options.time),
        };
        for weight in &graph.initializers {
            let slot = loader.slot(&weight.name);
            let needed = weight.bytes().map_err(Error::Damaged)?;
            if needed > loader.room {
                return Err(Error::Memory {
                    needed,
                    used: options.memory - loader.room,
                    limit: options.memory,
                });
            }
            let tensor = weight.tensor(folder).map_err(Error::Damaged)?;
            loader.room -= tensor.bytes();
            loader.constants.insert(slot, tensor);
        }
        // Runs need the other half.
        loader.room /= 2;
        Ok(loader)
    }

    fn slot(&mut self, name: &'a str) -> usize {
        let next = self.slots.len();
        *self.slots.entry(name).or_insert(next)
    }

    fn slots(&mut self, names: &'a [String]) -> Vec<Option<usize>> {
        let slot = |name: &'a String| (!name.is_empty()).then(|| self.slot(name));
        names.iter().map(slot).collect()
    }

    /// Prepares a node, or computes its outputs if everything it needs is known.
    fn step(&mut self, proto: &'a message::Node<'a>) -> Result<()> {
        let inputs = self.slots(&proto.inputs);
        let outputs = self.slots(&proto.outputs);
        let known = |slot: &Option<usize>| slot.and_then(|s| self.constants.get(&s).cloned());
        let constants: Vec<Option<Tensor>> = inputs.iter().map(known).collect();
        let all_known = inputs
            .iter()
            .zip(&constants)
            .all(|(slot, c)| slot.is_none() || c.is_some());
        let title = graph::title(proto);
        self.clock.check(title)?;
        let fail = |problem: Problem| problem.of(title, &proto.operator);
        let Some(row) = ops::find(&proto.operator) else {
            return Err(Error::Unsupported(vec![proto.operator.clone()]));
        };
        let node = Node::new(proto, self.opset, constants.clone(), self.folder, self.room);
        let run = (row.build)(&node).map_err(fail)?;
        node.check_all_read().map_err(fail)?;
        self.packed += self.room - node.room();
        self.room = node.room();
        if all_known {
            // The constants are handed over where the operator has not made them its
            // own already; it then does not look at them.
            let folded = self
                .fold(&run, constants, graph::named(proto))
                .map_err(fail)?;
            if let Some(values) = folded {
                for (slot, value) in outputs.iter().zip(values) {
                    if let Some(slot) = slot {
                        self.constants.insert(*slot, value);
                    }
                }
                return Ok(());
            }
        }
        let reads = |(i, slot): (usize, &Option<usize>)| slot.filter(|_| !node.has_absorbed(i));
        let inputs: Vec<Option<usize>> = inputs.iter().enumerate().map(reads).collect();
        self.reads.push(inputs.iter().copied().flatten().collect());
        self.steps.push(Step {
            name: title.to_owned(),
            operator: row.name,
            run,
            inputs,
            outputs: outputs[..graph::named(proto)].to_vec(),
            dying: Vec::new(),
        });
        Ok(())
    }

    /// The outputs of a node with constant inputs, unless they are too large to keep.
    fn fold(
        &mut self,
        run: &Run,
        inputs: Vec<Option<Tensor>>,
        outputs: usize,
    ) -> Result<Option<Vec<Tensor>>, Problem> {
        let mut memory = Memory::new(LARGEST_FOLDED.min(self.room), 0, self.work);
        memory.work.node()?;
        let mut call = Call {
            inputs: Inputs(inputs),
            memory: &mut memory,
            threads: &self.threads,
            outputs,
        };
        let made = run(&mut call);
        drop(call);
        self.work = memory.work;
        match made {
            Ok(values) if values.len() < outputs => Err("too few outputs".into()),
            Ok(values) => {
                let own = values.iter().filter(|v| !v.is_shared());
                let bytes = own.map(Tensor::bytes).sum();
                self.room = self.room.saturating_sub(bytes);
                Ok(Some(values))
            }
            Err(Problem::Memory { .. }) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    fn finish(mut self, graph: &'a message::Graph) -> Result<Model> {
        let is_input = |port: &&message::ValueInfo| {
            let slot = self.slots.get(port.name.as_str());
            slot.is_none_or(|slot| !self.constants.contains_key(slot))
        };
        let inputs: Vec<&message::ValueInfo> = graph.inputs.iter().filter(is_input).collect();
        let input_slots = inputs.iter().map(|port| self.slot(&port.name)).collect();
        let output_slots: Vec<usize> = graph
            .outputs
            .iter()
            .map(|port| self.slot(&port.name))
            .collect();
        let slots = self.slots.len();
        let mut last_use = vec![None; slots];
        for (i, reads) in self.reads.iter().enumerate() {
            reads.iter().for_each(|&slot| last_use[slot] = Some(i));
        }
        let mut stays = vec![false; slots];
        output_slots.iter().for_each(|&slot| stays[slot] = true);
        for (i, step) in self.steps.iter_mut().enumerate() {
            let made = step.outputs.iter().copied().flatten();
            let mut dying: Vec<usize> = made.filter(|&s| last_use[s].is_none()).collect();
            dying.extend(self.reads[i].iter().filter(|&&s| last_use[s] == Some(i)));
            dying.retain(|&s| !stays[s] && !self.constants.contains_key(&s));
            dying.sort_unstable();
            dying.dedup();
            step.dying = dying;
        }
        let is_used = |slot: usize| last_use[slot].is_some() || stays[slot];
        self.constants.retain(|&slot, _| is_used(slot));
        let mut held: Vec<(usize, usize)> = (self.constants.values())
            .map(|constant| (constant.address(), constant.bytes()))
            .collect();
        held.sort_unstable();
        held.dedup();
        let held = held.iter().fold(self.packed, |sum, (_, bytes)| sum + bytes);
        Ok(Model {
            held,
            work: self.work.done(),
            inputs: inputs.iter().map(|p| port(p)).collect::<Result<_>>()?,
            outputs: graph.outputs.iter().map(port).collect::<Result<_>>()?,
            steps: self.steps,
            slots,
            constants: self.constants.into_iter().collect(),
            input_slots,
            output_slots,
        })
    }
}

fn port(info: &message::ValueInfo) -> Result<Port> {
    let dtype = dtype(info.data_type)
        .map_err(|what| Error::Unsupported(vec![format!("{} with {what}", info.name)]))?;
    Ok(Port {
        name: info.name.clone(),
        dtype,
        dims: info.dims.clone(),
    })
}
