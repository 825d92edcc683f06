//! When `auto` tries a predictor, and what that costs: every entry says so itself.

use crate::predictor::Scene;

/// A chunk that a predictor is to be chosen for.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// What both sides will know of the chunk.
    pub scene: &'a Scene,
    /// How candidates are compared.
    pub judged: Judged,
    /// Whether the back end finds structure in what predictions leave. Huffman codes do
    /// not.
    pub structured: bool,
    /// Whether all values are the same number.
    pub constant: bool,
}

/// How candidates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Not at all: the one that costs least is taken.
    Unseen,
    /// By a sample of the chunk.
    BySample,
    /// By the whole chunk.
    InFull,
    /// By the whole chunk, which is so small that whatever has to be told before its codes
    /// hardly ever pays.
    Tiny,
    /// By the whole chunk, of which so little is left to be coded that nothing else may have to
    /// be told.
    Slight,
}

impl Judged {
    /// Whether what has to be told before the codes hardly ever pays.
    pub fn is_terse(self) -> bool {
        matches!(self, Judged::Tiny | Judged::Slight)
    }
}

impl Occasion<'_> {
    /// Samples of the chunk.
    pub fn samples(&self) -> usize {
        self.scene.shape.iter().product()
    }

    /// Samples of a frame: of the last two dimensions.
    pub fn frame(&self) -> usize {
        self.scene.shape.iter().rev().take(2).product()
    }

    /// The length of time, if at least so many dimensions come after it; else 1.
    pub fn times(&self, after: usize) -> usize {
        let shape = &self.scene.shape;
        let time = self.scene.time.filter(|t| t + after < shape.len());
        time.map_or(1, |t| shape[t])
    }
}

/// A spec that `auto` tries.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What is tried.
    pub spec: String,
    /// The time that a try takes over how often the candidate wins, beside others: cheaper
    /// ones are tried first, and come first where they are as small. Those of more than
    /// [`USUAL`](Candidate::USUAL) are left to the best effort.
    pub cost: f64,
    /// What of the bytes that small parts of frames take the whole takes.
    pub of_parts: f64,
    /// What does better above so many bits per value. Where another takes more than that,
    /// the candidate need not code the chunk.
    pub rough: Option<(f64, String)>,
    /// For forecasts, which take many walks: what looks at them, without any look at the
    /// past. Such a candidate is tried last, and only where the last part of its spec by
    /// itself is among the first and clearly ahead of this.
    pub blind: Option<String>,
}

impl Candidate {
    /// Up to this cost, candidates are tried at every effort.
    pub const USUAL: f64 = 10.0;

    /// A spec, and what a try costs; samples do not misjudge it.
    pub fn new(spec: impl Into<String>, cost: f64) -> Self {
        Candidate {
            spec: spec.into(),
            cost,
            of_parts: 1.0,
            rough: None,
            blind: None,
        }
    }
}
