"""Examples in docstrings run, and stubs name what there is."""

import ast
import doctest
import importlib
import pathlib

import foresz
import pytest

MODULES = [
    "foresz",
    "foresz._bounds",
    "foresz._codec",
    "foresz._compare",
    "foresz._dataset",
    "foresz._index",
    "foresz._predictors",
    "foresz._writer",
]
OF_XARRAY = ["foresz._encoding", "foresz._file"]

CODECS = ["numcodecs", "zarr", "hdf5"]


@pytest.mark.parametrize("name", CODECS)
def test_examples_of_codecs_run(name):
    needed = "h5py" if name == "hdf5" else name
    pytest.importorskip(needed, minversion="3.0.8" if name == "zarr" else None)
    test_examples_run(f"foresz.{name}")


@pytest.mark.parametrize("name", OF_XARRAY)
def test_examples_of_xarray_run(name, tmp_path, monkeypatch):
    pytest.importorskip("xarray", reason="xarray is not installed")
    pytest.importorskip("zarr", minversion="3.0.8", reason="the examples write Zarr 3")
    monkeypatch.chdir(tmp_path)
    test_examples_run(name)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


def test_stubs_name_the_public_face():
    stub = pathlib.Path(foresz.__file__).with_suffix(".pyi").read_text()
    named = set()
    for node in ast.parse(stub).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            named.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            named |= {alias.asname for alias in node.names if alias.asname}
    assert set(foresz.__all__) <= named


def test_everything_public_is_described():
    for name in foresz.__all__:
        thing = getattr(foresz, name)
        if callable(thing):
            assert thing.__doc__, name
