"""Examples in docstrings run, and stubs name what there is."""

import ast
import doctest
import importlib
import pathlib

import foresz
import pytest

MODULES = ["foresz", "foresz._codec", "foresz._dataset", "foresz._index", "foresz._writer"]

CODECS = ["numcodecs", "zarr", "hdf5"]


@pytest.mark.parametrize("name", CODECS)
def test_examples_of_codecs_run(name):
    needed = "h5py" if name == "hdf5" else name
    pytest.importorskip(needed, minversion="3.0.8" if name == "zarr" else None)
    test_examples_run(f"foresz.{name}")


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
