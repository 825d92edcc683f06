//! What the HDF5 filter is configured with.

use foresz::hdf5::Filter;
use pyo3::prelude::*;

use crate::errors::raised;
use crate::settings::Settings;

/// The numbers for chunks of a type and shape, `cd_values` to HDF5.
#[pyfunction]
pub(crate) fn filter_values(
    mut settings: Settings,
    dtype: &str,
    big_endian: bool,
    shape: Vec<usize>,
) -> PyResult<Vec<u32>> {
    let guests = settings.guests();
    let values = || {
        let filter = Filter::new(settings.options(&guests)?, dtype.parse()?, shape)?;
        filter.big_endian(big_endian).values()
    };
    values().map_err(raised)
}
