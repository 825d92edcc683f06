"""xarray's own tests of its backends, against streams written by ``to_file`` without loss."""

import contextlib

import foresz
import pytest

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
upstream = pytest.importorskip("xarray.tests.test_backends", reason="xarray has no tests along")

#: Why some do not apply.
DO_NOT_APPLY = {
    "test_write_store": "streams are written by to_file, not by a store of xarray",
    "test_load_async": "xarray has it for Zarr alone",
    "test_roundtrip_None_variable": "to_file refuses a name that is no text",
    "test_invalid_dataarray_names_raise": "to_file says so in words of its own",
    "test_roundtrip_object_dtype": "to_file refuses texts with gaps, which would come back as ''",
    "test_roundtrip_stringdtype_nulls": "to_file refuses texts with gaps",
    "test_roundtrip_string_with_fill_value_nchar": "to_file refuses it, with another error",
    "test_encoding_kwarg": "to_file has no option encoding",
    "test_encoding_unlimited_dims": "to_file has no option unlimited_dims",
    "test_default_fill_value": "to_file adds no fill value: NaN comes back exactly without",
    "test_append_write": "streams do not grow by to_file",
    "test_append_overwrite_values": "streams do not grow by to_file",
    "test_append_with_invalid_dim_raises": "streams do not grow by to_file",
    "test_string_object_warning": "texts of dask are computed in any case",
}


@pytest.fixture(params=["s", "ms", "us", "ns"])
def time_unit(request):
    return request.param


@pytest.fixture(params=[False, True])
def use_dask(request):
    return request.param


class TestStreams(upstream.CFEncodedBase):
    engine = "foresz"

    def save(self, dataset, path, encoding=None, unlimited_dims=None, **options):
        dataset = dataset.copy(deep=False)
        for name, keys in (encoding or {}).items():
            dataset.variables[name].encoding = dict(keys)
        if unlimited_dims is not None:
            dataset.encoding["unlimited_dims"] = unlimited_dims
        return foresz.to_file(dataset, path, bounds={}, **options)

    @contextlib.contextmanager
    def open(self, path, **options):
        with xarray.open_dataset(path, engine=self.engine, **options) as dataset:
            yield dataset


def _without(name, reason):
    def test(self):
        pytest.skip(reason)

    test.__name__ = name
    return test


for name, reason in DO_NOT_APPLY.items():
    if hasattr(TestStreams, name):
        setattr(TestStreams, name, _without(name, reason))
