"""An engine for xarray: ``xarray.open_dataset("era5.fsz")``, read when it is needed."""

import os

from xarray import Variable as XVariable
from xarray.backends import AbstractDataStore, BackendArray, BackendEntrypoint
from xarray.backends.store import StoreBackendEntrypoint
from xarray.core import indexing

from ._dataset import open as open_stream

__all__ = ["ForeszBackend"]

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
    def __init__(self, dataset):
        self._dataset = dataset

    def get_variables(self):
        return {name: self._variable(v) for name, v in self._dataset.items()}

    def _variable(self, variable):
        encoding = {"dtype": variable.dtype}
        chunk = variable.chunk if variable.ndim else None
        if chunk is not None:
            encoding["chunksizes"] = chunk
            encoding["preferred_chunks"] = dict(zip(variable.dims, chunk))
        data = indexing.LazilyIndexedArray(_Array(variable))
        return XVariable(variable.dims, data, dict(variable.attributes), encoding)

    def get_attrs(self):
        return dict(self._dataset.attributes)

    def get_dimensions(self):
        return dict(self._dataset.dims)

    def get_encoding(self):
        return {"unlimited_dims": set(self._dataset.unlimited)}

    def close(self):
        self._dataset.close()


class ForeszBackend(BackendEntrypoint):
    """Opens streams of foresz lazily. Packed integers are shown as the numbers they mean."""

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
        store = _Store(open_stream(filename_or_obj, threads=threads))
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
