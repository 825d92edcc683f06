"""Writes the array that `zarrs/tests/interop.rs` reads: python python.py fixtures/python.zarr"""

import sys

import numpy as np
import zarr
from foresz.zarr import ForeszCodec

t, i, j = np.ogrid[:6, :20, :30]
field = (280 + (7 * t + 3 * i + j) ** 2 % 101 / 7).astype("float32")
field[1, 2, 3] = np.nan
array = zarr.create_array(
    sys.argv[1],
    shape=field.shape,
    dtype="float32",
    chunks=(4, 20, 30),
    serializer=ForeszCodec(0.05, chunk=(2, 20, 30), keep=280),
    compressors=None,
    fill_value=np.nan,
    overwrite=True,
)
array[:] = field
