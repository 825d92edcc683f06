//! The native half of the Python package foresz: arrays, streams and errors across the
//! boundary. What Python programs call is in `python/foresz`.

mod arrays;
mod codec;
mod command;
mod dataset;
mod errors;
mod file;
mod hdf5;
mod kept;
mod ladder;
mod reports;
mod settings;
mod writer;

use pyo3::prelude::*;

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
    module.add_function(wrap_pyfunction!(codec::decode_into, module)?)?;
    module.add_function(wrap_pyfunction!(codec::inspect, module)?)?;
    module.add_function(wrap_pyfunction!(kept::verify, module)?)?;
    module.add_function(wrap_pyfunction!(ladder::suggest, module)?)?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add("HDF5_FILTER", foresz::hdf5::FILTER)?;
    module.add_function(wrap_pyfunction!(hdf5::filter_values, module)?)?;
    module.add_class::<writer::Writer>()?;
    module.add_class::<dataset::Reader>()?;
    Ok(())
}
