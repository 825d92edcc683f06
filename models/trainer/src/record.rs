//! What a training went through.

use serde::{Deserialize, Serialize};

/// How things stood after an epoch; epoch 0 is the network before any training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Since training began, stops left out.
    pub seconds: f64,
    /// Of learning, at the end of the epoch.
    pub rate: f64,
    /// Mean over the epoch; that of epoch 0 is the one of validation.
    pub loss: f64,
    /// Of what is not trained on.
    pub validation: f64,
    /// Estimated bits per value of what is not trained on, at the bound.
    pub bits: f64,
}

/// All epochs, and which was the best.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// In order.
    pub epochs: Vec<Epoch>,
    /// Into `epochs`: the one with the smallest loss in validation.
    pub best: usize,
}

impl Record {
    /// Adds an epoch and says whether it is the best so far.
    pub(crate) fn push(&mut self, epoch: Epoch) -> bool {
        let best = self.epochs.get(self.best);
        let better = best.is_none_or(|b| epoch.validation < b.validation);
        self.epochs.push(epoch);
        if better {
            self.best = self.epochs.len() - 1;
        }
        better
    }

    /// Epochs since the best.
    pub(crate) fn waited(&self) -> usize {
        self.epochs.len() - 1 - self.best.min(self.epochs.len() - 1)
    }

    /// Which of the epochs was the best.
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs.get(self.best)
    }
}
