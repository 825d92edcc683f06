"""For xarray: an engine, ``xarray.open_dataset("era5.fsz")``, and the accessor ``foresz``.

Importing this module makes ``dataset.foresz`` there. xarray imports it by itself when it
first looks for an engine.
"""

import os

import numpy as np
from xarray import Variable as XVariable
from xarray import register_dataarray_accessor, register_dataset_accessor
from xarray.backends import AbstractDataStore, BackendArray, BackendEntrypoint
from xarray.backends.store import StoreBackendEntrypoint
from xarray.coding import strings
from xarray.core import indexing

from ._dataset import open as open_stream
from ._encoding import encoding, marked, strip_encoding
from ._file import to_file
from ._losses import BOUND

__all__ = ["ForeszAccessor", "ForeszBackend"]

_MAGIC = b"FSZ\x1a"


class _Array(BackendArray):
    """A variable as xarray takes it: decoded part by part."""

    def __init__(self, variable):
        self.variable = variable
        self.shape = variable.shape
        self.dtype = variable.dtype

    def __getitem__(self, key):
        basic = indexing.IndexingSupport.BASIC
        return indexing.explicit_indexing_adapter(key, self.shape, basic, self._read)

    def _read(self, key):
        return self.variable[key]


class _Store(AbstractDataStore):
    def __init__(self, dataset, source):
        self._dataset = dataset
        self._source = source

    def get_variables(self):
        return {name: self._variable(v) for name, v in self._dataset.items()}

    def _variable(self, variable):
        """As the file was that the stream was made of: packed if it was packed."""
        encoding = {"dtype": variable.dtype, "original_shape": variable.shape}
        if self._source is not None:
            encoding["source"] = self._source
        parts = variable.chunks
        if variable.ndim and variable.size:
            encoding["chunksizes"] = tuple(max(lengths) for lengths in parts)
            encoding["preferred_chunks"] = dict(zip(variable.dims, map(_preferred, parts)))
        lost = variable.lost
        if lost is not None:
            encoding[BOUND] = lost
        attributes = dict(variable.attributes)
        array = _Array(variable)
        if variable.dtype == object:
            encoding["dtype"] = str
            array.dtype = strings.create_vlen_dtype(str)
        elif variable.dtype.kind == "S" and "_FillValue" in attributes:
            attributes["_FillValue"] = np.bytes_(attributes["_FillValue"])
        data = indexing.LazilyIndexedArray(array)
        return XVariable(variable.dims, data, attributes, encoding)

    def get_attrs(self):
        return dict(self._dataset.attributes)

    def get_dimensions(self):
        return dict(self._dataset.dims)

    def get_encoding(self):
        return {"unlimited_dims": set(self._dataset.unlimited)}

    def close(self):
        self._dataset.close()


def _preferred(lengths):
    """One length where all are alike but for the last, as xarray has it."""
    first, last = lengths[0], lengths[-1]
    return first if set(lengths[:-1]) <= {first} and last <= first else lengths


class ForeszBackend(BackendEntrypoint):
    """Opens streams of foresz lazily. What it gives is what the file gave that a stream was
    made of: packed numbers with their packing, times with their units."""

    description = "Open streams of foresz (.fsz) in xarray"
    open_dataset_parameters = (
        "filename_or_obj",
        "mask_and_scale",
        "decode_times",
        "concat_characters",
        "decode_coords",
        "drop_variables",
        "use_cftime",
        "decode_timedelta",
        "threads",
    )

    def open_dataset(
        self,
        filename_or_obj,
        *,
        mask_and_scale=True,
        decode_times=True,
        concat_characters=True,
        decode_coords=True,
        drop_variables=None,
        use_cftime=None,
        decode_timedelta=None,
        threads=0,
    ):
        """The data set of a stream. ``threads`` is how many decode: 0 for all processors."""
        dataset = open_stream(filename_or_obj, packed=True, threads=threads)
        is_path = isinstance(filename_or_obj, (str, os.PathLike))
        store = _Store(dataset, os.fspath(filename_or_obj) if is_path else None)
        return StoreBackendEntrypoint().open_dataset(
            store,
            mask_and_scale=mask_and_scale,
            decode_times=decode_times,
            concat_characters=concat_characters,
            decode_coords=decode_coords,
            drop_variables=drop_variables,
            use_cftime=use_cftime,
            decode_timedelta=decode_timedelta,
        )

    def guess_can_open(self, filename_or_obj):
        """By the ending of a path, or by the first bytes of a file."""
        if isinstance(filename_or_obj, (str, os.PathLike)):
            return os.fspath(filename_or_obj).endswith(".fsz")
        if isinstance(filename_or_obj, (bytes, memoryview)):
            return bytes(filename_or_obj[:4]) == _MAGIC
        if hasattr(filename_or_obj, "seek") and hasattr(filename_or_obj, "read"):
            place = filename_or_obj.tell()
            filename_or_obj.seek(0)
            head = filename_or_obj.read(len(_MAGIC))
            filename_or_obj.seek(place)
            return head == _MAGIC
        return False


@register_dataset_accessor("foresz")
@register_dataarray_accessor("foresz")
class ForeszAccessor:
    """``dataset.foresz``: what there is in foresz for a data set of xarray."""

    def __init__(self, dataset):
        self._dataset = dataset

    def to_file(self, target, **options):
        """As :func:`foresz.to_file`."""
        return to_file(self._dataset, target, **options)

    def encoding(self, **options):
        """As :func:`foresz.encoding`."""
        return encoding(self._dataset, **options)

    def marked(self, found):
        """As :func:`foresz.marked`."""
        return marked(self._dataset, found)

    def strip_encoding(self):
        """As :func:`foresz.strip_encoding`."""
        return strip_encoding(self._dataset)
