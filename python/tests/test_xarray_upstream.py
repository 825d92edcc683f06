"""xarray's own tests of its backends, against streams written by ``to_file`` without loss."""

import contextlib

import foresz
import pytest

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
upstream = pytest.importorskip("xarray.tests.test_backends", reason="xarray has no tests along")

#: Tests that are not about what streams are for.
DO_NOT_APPLY = {}


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
