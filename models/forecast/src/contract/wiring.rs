//! A contract worked out: which plane of which tensor is what.

use serde::{Deserialize, Serialize};

use super::Forcing;

/// How planes make a tensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `[1, planes, rows, columns]`.
    #[default]
    Planes,
    /// `[rows · columns, 1, planes]`.
    Cells,
}

/// What an output holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Values.
    Absolute,
    /// Changes since the last frame.
    Increment,
}

/// A variable at one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Name of the variable.
    pub variable: String,
    /// `None` for a variable that has no levels.
    pub level: Option<f64>,
    /// Of the variable.
    pub units: String,
    /// Of values.
    pub mean: f64,
    /// Of values.
    pub std: f64,
    /// Of changes.
    pub increment_std: f64,
}

impl Slot {
    /// What a field calls it that has a dimension of variables and levels together.
    pub(crate) fn label(&self) -> String {
        match self.level {
            Some(level) => format!("{}@{level}", self.variable),
            None => self.variable.clone(),
        }
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.variable)?;
        match self.level {
            Some(level) => write!(f, " at {level}"),
            None => Ok(()),
        }
    }
}

/// What a plane of an input holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plane {
    /// A slot at a step (0 or negative), normalised.
    Value {
        /// Into [`Wiring::slots`].
        slot: usize,
        /// 0 is the newest frame.
        step: i64,
    },
    /// The change of a slot between two steps, normalised.
    Change {
        /// Into [`Wiring::slots`].
        slot: usize,
        /// The later step.
        step: i64,
        /// The earlier one.
        since: i64,
    },
    /// Something computed, for the time of a step.
    Forcing {
        /// What.
        forcing: Forcing,
        /// 1 is the frame to be predicted.
        step: i64,
        /// Whose `std` a bound is measured in.
        slot: usize,
    },
    /// Into the statics of the contract.
    Static(usize),
}

/// A tensor that goes in.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its name.
    pub tensor: String,
    /// How planes make it.
    pub layout: Layout,
    /// Its axes, if not those of the layout.
    pub shape: Vec<usize>,
    /// What it holds.
    pub planes: Vec<Plane>,
}

/// A tensor that comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Get {
    /// Its name.
    pub tensor: String,
    /// How planes make it.
    pub layout: Layout,
    /// What planes hold.
    pub kind: Kind,
    /// Whether they are normalised.
    pub normalised: bool,
    /// What they are of: into [`Wiring::slots`].
    pub slots: Vec<usize>,
}

/// A contract worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct Wiring {
    /// All variables at all levels.
    pub slots: Vec<Slot>,
    /// All inputs.
    pub feeds: Vec<Feed>,
    /// All outputs that are used.
    pub gets: Vec<Get>,
    /// From frame to frame, in seconds.
    pub step: Option<i64>,
}

impl Wiring {
    /// All that is computed for inputs.
    pub fn forcings(&self) -> impl Iterator<Item = Forcing> {
        let planes = self.feeds.iter().flat_map(|f| &f.planes);
        planes.filter_map(|plane| match plane {
            Plane::Forcing { forcing, .. } => Some(*forcing),
            _ => None,
        })
    }
}
