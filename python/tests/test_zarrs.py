"""An array that the Rust crate zarrs wrote. `zarrs/tests/interop.rs` makes sure of its bytes."""

import pathlib

import numpy as np
import pytest

zarr = pytest.importorskip("zarr", minversion="3.0.8")

FIXTURES = pathlib.Path(__file__).parents[2] / "zarrs" / "tests" / "fixtures"


@pytest.mark.parametrize("name", ["rust.zarr", "python.zarr"])
def test_arrays_of_either_are_read(name):
    t, i, j = np.ogrid[:6, :20, :30]
    field = (280 + (7 * t + 3 * i + j) ** 2 % 101 / 7).astype("float32")
    array = zarr.open_array(FIXTURES / name, mode="r")
    values = array[:]
    assert np.isnan(values[1, 2, 3]) and np.isnan(values).sum() == 1
    assert np.nanmax(np.abs(values - field)) <= 0.05
    assert (values[field == 280] == 280).all()
    assert (array[3:5, 4:6, 29] == values[3:5, 4:6, 29]).all()
