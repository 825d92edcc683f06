//! Bounds by variable, units and level.

mod file;
mod levels;
mod table;

use std::str::FromStr;

use foresz_files::{Dataset, Source, Variable};

use super::recipe::Recipe;
use crate::error::{Error, Result};

pub use file::BoundsFile;

/// A table of bounds that comes with foresz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// For work that goes on from the numbers: some parts of what is known of them.
    Era5Archive,
    /// For nearly everything.
    Era5,
    /// For looking at it.
    Era5Loose,
}

impl Preset {
    const ALL: [Preset; 3] = [Preset::Era5Archive, Preset::Era5, Preset::Era5Loose];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Era5Archive => "era5-archive",
            Preset::Era5 => "era5",
            Preset::Era5Loose => "era5-loose",
        }
    }

    /// What it says of a variable; nothing if it does not know it.
    ///
    /// Which variable it is, its name and its standard name tell; whether it is on levels of
    /// pressure, its dimensions. Its units have to be known.
    pub fn recipe(self, source: &mut dyn Source, variable: usize) -> Result<Option<Recipe>> {
        let dataset: Dataset = source.dataset().clone();
        let about: &Variable = &dataset.variables[variable];
        let levels = levels::of(source, about)?;
        table::recipe(self, about, levels)
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Preset::ALL.into_iter().find(|p| p.name() == text);
        found.ok_or_else(|| {
            let names = Preset::ALL.map(Preset::name).join(", ");
            Error::Invalid(format!("there is no preset {text}; there are {names}"))
        })
    }
}
