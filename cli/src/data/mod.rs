//! Files and streams of data sets: several variables with their coordinates.

mod append;
mod choice;
mod complete;
mod compress;
mod decompress;
mod fit;
mod form;
mod globe;
mod info;
mod lacking;
mod origin;
mod region;
mod resume;
mod select;
mod source;
mod suggest;
mod table;
mod verify;

pub(crate) use append::{append, cat, split};
pub(crate) use compress::run as compress;
pub(crate) use decompress::{run as decompress, wanted as wants_data_set};
pub(crate) use form::by_name as format_by_name;
pub(crate) use info::of_source;
pub(crate) use info::of_stream;
pub(crate) use source::{is_data_set, is_data_set_stream, is_stream, variables, whole};
pub(crate) use suggest::run as suggest;
pub(crate) use verify::run as verify;
