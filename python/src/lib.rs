//! The native half of the Python package foresz: arrays, streams and errors across the
//! boundary. What Python programs call is in `python/foresz`.

mod arrays;
mod codec;
mod command;
mod compared;
mod dataset;
mod errors;
mod file;
mod guests;
mod hdf5;
mod kept;
mod ladder;
mod original;
mod reports;
mod settings;
mod values;
mod writer;

use pyo3::prelude::*;

/// What the command allocates with (docs/project/decisions/0007): a call allocates buffers as
/// large as the array, and the system's allocator has every page of them faulted in again.
/// Memory of Python is not touched by it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _foresz(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("FORMAT_VERSION", foresz::FORMAT_VERSION)?;
    module.add("CorruptError", py.get_type::<errors::CorruptError>())?;
    module.add(
        "UnsupportedError",
        py.get_type::<errors::UnsupportedError>(),
    )?;
    module.add_function(wrap_pyfunction!(codec::compress, module)?)?;
    module.add_function(wrap_pyfunction!(codec::layout, module)?)?;
    module.add_function(wrap_pyfunction!(codec::decode, module)?)?;
    module.add_function(wrap_pyfunction!(codec::decode_into, module)?)?;
    module.add_function(wrap_pyfunction!(codec::inspect, module)?)?;
    module.add_function(wrap_pyfunction!(kept::verify, module)?)?;
    module.add_function(wrap_pyfunction!(ladder::suggest, module)?)?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(original::told, module)?)?;
    module.add("HDF5_FILTER", foresz::hdf5::FILTER)?;
    module.add_function(wrap_pyfunction!(hdf5::filter_values, module)?)?;
    module.add_class::<writer::Writer>()?;
    module.add_class::<dataset::Reader>()?;
    module.add_class::<original::Original>()?;
    module.add_class::<compared::Compared>()?;
    Ok(())
}
