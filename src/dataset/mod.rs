//! Data sets of several variables: what they hold, what codes each of them, and the stream
//! that they make up together.

mod about;
mod append;
mod axes;
mod blob;
mod builder;
mod cat;
mod coder;
mod cuts;
mod directory;
mod join;
mod notes;
mod opening;
mod packing;
mod preset;
mod reader;
mod recipe;
mod roles;
mod spans;
mod split;
mod suggest;
mod travelling;
mod verify;
mod view;

pub use about::VariableInfo;
pub use cat::join;
pub use coder::{Coder, Keeping};
pub use notes::{closes, lossy_before, odd_times};
pub use packing::{missing_values, packing_step, unpacked};
pub use preset::{BoundsFile, Preset};
pub use reader::DatasetReader;
pub use recipe::{Bounds, Recipe};
pub use roles::{Role, companions, roles};
pub use suggest::{GRADIENTS, Ladder, Rung, ladder};
pub use travelling::subset;
pub use verify::Verified;
pub use view::View;
