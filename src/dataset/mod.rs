//! Data sets of several variables: what they hold, what codes each of them, and the stream
//! that they make up together.

mod about;
mod append;
mod axes;
mod blob;
mod builder;
mod cat;
mod checkpoint;
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
mod steps;
mod suggest;
mod travelling;
mod valid;
mod verify;
mod view;

pub use about::VariableInfo;
pub use cat::join;
pub use checkpoint::{Checkpoint, Keeper};
pub use coder::Coder;
pub use notes::{closes, goes_round, is_longitude, lossy_before, odd_times};
pub use packing::{missing_values, packing_step, unpacked};
pub use preset::{BoundsFile, Preset};
pub use reader::DatasetReader;
pub use recipe::{Bounds, Recipe};
pub use roles::{Role, companions, roles};
pub use suggest::{GRADIENTS, Ladder, Rung, ladder, ladder_of};
pub use travelling::subset;
pub use valid::odd_range;
pub use verify::{Verified, Worst};
pub use view::View;
