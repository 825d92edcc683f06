//! How much time a smaller stream may cost.

use serde::{Deserialize, Serialize};

use crate::entropy::Backend;
use crate::error::{Error, Result};

/// Speed or size. Any decoder reads all three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Integer Lorenzo and bit packing, for streaming.
    Fast,
    /// Fitted predictors and static contexts.
    #[default]
    Default,
    /// More candidates, then mixed contexts.
    Best,
}

impl Effort {
    /// All of them, fastest first.
    pub const ALL: [Effort; 3] = [Effort::Fast, Effort::Default, Effort::Best];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Effort::Fast => "fast",
            Effort::Default => "default",
            Effort::Best => "best",
        }
    }

    /// The back end it uses unless one is asked for.
    pub fn backend(self) -> Backend {
        match self {
            Effort::Best => Backend::Mixing,
            Effort::Default | Effort::Fast => Backend::Context,
        }
    }

    pub(crate) fn id(self) -> u8 {
        match self {
            Effort::Fast => 0,
            Effort::Default => 1,
            Effort::Best => 2,
        }
    }

    pub(crate) fn from_id(id: u8) -> Result<Self> {
        let found = Effort::ALL.into_iter().find(|e| e.id() == id);
        found.ok_or_else(|| {
            Error::Unsupported(format!(
                "effort {id} is newer than this foresz: install a newer one"
            ))
        })
    }
}

impl std::str::FromStr for Effort {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Effort::ALL.into_iter().find(|e| e.name() == text);
        found.ok_or_else(|| {
            Error::Invalid(format!(
                "no effort is called {text:?}; there are: fast, default, best"
            ))
        })
    }
}
