//! One of the two networks of an autoencoder.

use crate::array::Array;
use crate::error::{Error, Result};
use crate::runtime::{Idle, Port, Runtime, Session, Step};

/// Takes rows of numbers and gives rows of numbers.
pub(crate) struct Network {
    runtime: Box<dyn Runtime>,
    /// Of what goes in and what comes out: a name, and the shape of a row.
    ends: [(&'static str, Vec<usize>); 2],
    /// Rows that go in together.
    batch: usize,
    idle: Idle,
}

/// Rows that go in together.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    /// Values of the field that they stand for.
    pub(crate) values: usize,
}

/// Numbers of a batch, on the larger side.
const BATCH: usize = 1 << 18;
const MOST_ROWS: usize = 256;

impl Network {
    /// Checks that the network is as the contract says.
    pub(crate) fn new(
        runtime: Box<dyn Runtime>,
        takes: (&'static str, Vec<usize>),
        gives: (&'static str, Vec<usize>),
    ) -> Result<Self, String> {
        let first = port("takes", &runtime.inputs(), takes.0, &takes.1)?;
        port("gives", &runtime.outputs(), gives.0, &gives.1)?;
        let largest = [&takes, &gives].map(|end| end.1.iter().product::<usize>());
        let rows = BATCH / largest[0].max(largest[1]).max(1);
        let batch = match first {
            None => rows.clamp(1, MOST_ROWS),
            Some(1) => 1,
            Some(n) => {
                return Err(format!(
                    "it takes {n} tiles at a time: export it with a free first axis"
                ));
            }
        };
        Ok(Network {
            runtime,
            ends: [takes, gives],
            batch,
            idle: Idle::default(),
        })
    }

    pub(crate) fn runtime(&self) -> &dyn Runtime {
        &*self.runtime
    }

    /// Rows that go in together at most.
    pub(crate) fn batch(&self) -> usize {
        self.batch
    }

    /// Runs a batch.
    pub(crate) fn run(&self, rows: Rows, numbers: Vec<f32>) -> Result<Vec<f32>> {
        let run = |session: &mut dyn Session| self.run_on(session, rows, numbers);
        self.idle.work(self.runtime(), run)
    }

    /// Runs a batch in a session of one's own.
    pub(crate) fn run_on(
        &self,
        session: &mut dyn Session,
        rows: Rows,
        numbers: Vec<f32>,
    ) -> Result<Vec<f32>> {
        let [(takes, row), (gives, given)] = &self.ends;
        let shape: Vec<usize> = std::iter::once(rows.count)
            .chain(row.iter().copied())
            .collect();
        let step = Step {
            index: 0,
            time: None,
            values: rows.values,
        };
        let outputs = session.run(step, &[(*takes, Array::new(&shape, numbers)?)])?;
        let output = outputs.into_iter().find(|(name, _)| name == gives);
        let Some((_, array)) = output else {
            return Err(Error::Shape(format!("the network gave no {gives:?}")));
        };
        let wanted = rows.count * given.iter().product::<usize>();
        if array.values().len() != wanted {
            return Err(Error::Shape(format!(
                "{gives:?} has {} numbers instead of {wanted}",
                array.values().len()
            )));
        }
        Ok(array.into_values())
    }
}

/// The length of a port's first axis, if it is fixed.
fn port(does: &str, ports: &[Port], name: &str, row: &[usize]) -> Result<Option<usize>, String> {
    if ports.is_empty() {
        // Only the network itself knows.
        return Ok(None);
    }
    let Some(port) = ports.iter().find(|p| p.name == name) else {
        let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
        return Err(format!(
            "it {does} {}; it has to be {name:?}",
            names.join(", ")
        ));
    };
    if !port.is_f32 {
        return Err(format!("{name:?} is not f32"));
    }
    let Some(shape) = &port.shape else {
        return Ok(None);
    };
    let fits = |(has, wants): (&Option<usize>, &usize)| has.is_none_or(|n| n == *wants);
    match shape.split_first() {
        Some((first, rest)) if rest.len() == row.len() && rest.iter().zip(row).all(fits) => {
            Ok(*first)
        }
        _ => Err(format!(
            "{name:?} has the shape {shape:?}; it has to be [n, {}]",
            row.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        )),
    }
}
