"""The HDF5 filter: keywords for h5py and h5netcdf, and the plugin for everything else.

Importing this module registers the filter with h5py if that is installed. Everything else that
is built on HDF5, netCDF4-python too, loads the plugin from a folder that the environment
variable ``HDF5_PLUGIN_PATH`` names.

>>> import foresz.hdf5
>>> import h5py
>>> import numpy as np
>>> field = np.linspace(0, 9, 600, dtype="float32").reshape(20, 30)
>>> with h5py.File("field.h5", "w", driver="core", backing_store=False) as file:
...     keywords = foresz.hdf5.filter(0.05, shape=(10, 30), dtype="float32")
...     dataset = file.create_dataset("field", data=field, chunks=(10, 30), **keywords)
...     bool(np.abs(dataset[:] - field).max() <= 0.05)
True
"""

import ctypes
import importlib.util
import pathlib
import sys

import numpy as np

from . import _foresz
from ._array import checked_type
from ._config import Config
from ._settings import count

__all__ = ["FILTER", "filter", "plugin_folder"]

#: The number of the filter. It is in the range that is private.
FILTER = _foresz.HDF5_FILTER


def filter(bound=None, mode="abs", *, shape, dtype="float32", **options):
    """Keywords that compress a dataset, for ``create_dataset`` of h5py, ``create_variable`` of
    h5netcdf, and as ``encoding`` of a variable that xarray writes with ``engine="h5netcdf"``.

    Parameters
    ----------
    bound, mode, options
        As in :func:`foresz.compress`: ``effort``, ``predictor``, ``backend``, ``dims``,
        ``periodic``, ``fill``, ``keep``, ``least``, ``most``, and ``chunk``, the shape of the
        parts of a chunk. A bound that depends on the range takes that of each chunk.
    shape
        The shape of the chunks, which you give as ``chunks=`` too (``chunksizes`` in xarray).
    dtype
        The type as it is stored: float32 or float64, of either byte order.

    Give the fill value of the dataset as ``fill``, unless it is NaN: HDF5 fills chunks up with
    it at the far edges.
    """
    dtype = np.dtype(dtype)
    checked_type(dtype, "the dataset")
    shape = [shape] if isinstance(shape, int) else shape
    shape = [count(length, "shape") for length in shape]
    settings = Config(bound, mode, **options).settings(threads=1)
    big = dtype == dtype.newbyteorder(">")
    values = _foresz.filter_values(settings, f"f{8 * dtype.itemsize}", big, shape)
    # Values that were shuffled before look like noise to any filter behind.
    return {"compression": FILTER, "compression_opts": tuple(values), "shuffle": False}


def _plugin():
    """The library of the plugin, or nothing if this installation came without."""
    found = pathlib.Path(__file__).with_name("plugins").glob("*foresz_hdf5.*")
    return next(found, None)


def plugin_folder():
    """The folder of the plugin, for ``HDF5_PLUGIN_PATH``.

    Set it before anything that is built on HDF5 is imported, such as netCDF4.
    """
    plugin = _plugin()
    if plugin is None:
        raise FileNotFoundError(
            "the HDF5 plugin is no part of this installation of foresz; install a wheel, "
            "or foresz from its repository with pip"
        )
    return str(plugin.parent)


def _register():
    """Lets h5py know the filter."""
    import h5py

    library = ctypes.CDLL(str(pathlib.Path(plugin_folder()) / _plugin().name))
    library.H5PLget_plugin_info.restype = ctypes.c_void_p
    h5py.h5z.register_filter(library.H5PLget_plugin_info())


if _plugin() and ("h5py" in sys.modules or importlib.util.find_spec("h5py")):
    _register()
