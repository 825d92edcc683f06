//! Data sets of several variables: what they hold, what codes each of them, and the stream
//! that they make up together.

mod about;
mod blob;
mod builder;
mod coder;
mod cuts;
mod directory;
mod opening;
mod packing;
mod reader;
mod recipe;
mod roles;
mod spans;
mod view;

pub use about::VariableInfo;
pub use coder::{Coder, Keeping};
pub use reader::DatasetReader;
pub use recipe::{Bounds, Recipe};
pub use roles::{Role, companions, roles};
pub use view::View;
