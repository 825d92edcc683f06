//! The HDF5 filter foresz as a plugin: what HDF5 finds in a folder of `HDF5_PLUGIN_PATH`.
//!
//! No function of HDF5 is called, as a process may have two copies of it and a plugin cannot
//! know which of them calls. So no type is known of what comes; what the filter does is in
//! [`foresz::hdf5`].

mod buffer;
mod class;
mod filter;

pub use class::{CLASS, Class, H5PLget_plugin_info, H5PLget_plugin_type};
