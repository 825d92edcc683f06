//! A model that is used again and again.
//!
//! What a model starts with are megabytes, of which a small chunk touches little: writing them
//! down would take many times as long as its codes. So each thread keeps a model, and what a
//! chunk has touched is put back behind it.

use std::cell::RefCell;

use super::contexts;
use super::model::{Model, Place, SETS};

/// Chunks of up to so many samples use it.
pub(super) const MOST_SAMPLES: usize = 4096;

thread_local! {
    static SPARE: RefCell<Option<Model>> = const { RefCell::new(None) };
}

/// A model that has learned nothing, and notes what is used of it.
pub(super) fn take() -> Model {
    let spare = SPARE.try_with(|spare| spare.borrow_mut().take());
    spare.ok().flatten().unwrap_or_else(|| {
        let mut model = Model::new(contexts::COUNT, contexts::MIXERS, contexts::SUMS);
        model.trail = Some(Trail::new());
        model
    })
}

/// Puts back one that [`take`] gave.
pub(super) fn put(mut model: Model) {
    model.forget();
    // At the end of a thread there is no place for it any more.
    let _ = SPARE.try_with(|spare| *spare.borrow_mut() = Some(model));
}

/// Which rows of the tables of a model were used.
pub(super) struct Trail {
    pub(super) contexts: Rows,
    pub(super) mixers: [Rows; 2],
    pub(super) levels: Rows,
}

impl Trail {
    fn new() -> Self {
        Trail {
            contexts: Rows::new(contexts::COUNT),
            mixers: contexts::MIXERS.map(Rows::new),
            levels: Rows::new(contexts::SUMS),
        }
    }

    /// Takes note of where a code is looked up.
    pub(super) fn note(&mut self, place: &Place) {
        for i in 0..SETS {
            self.contexts.note(place.contexts[i]);
        }
        for i in 0..2 {
            self.mixers[i].note(place.mixers[i]);
        }
        self.levels.note(place.level);
    }
}

/// Rows of a table.
pub(super) struct Rows {
    used: Vec<bool>,
    list: Vec<u32>,
}

impl Rows {
    fn new(count: usize) -> Self {
        Rows {
            used: vec![false; count],
            list: Vec::new(),
        }
    }

    fn note(&mut self, row: u32) {
        if !std::mem::replace(&mut self.used[row as usize], true) {
            self.list.push(row);
        }
    }

    /// Those noted, of which none is any more.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = usize> + '_ {
        let Rows { used, list } = self;
        list.drain(..).map(|row| {
            used[row as usize] = false;
            row as usize
        })
    }
}
