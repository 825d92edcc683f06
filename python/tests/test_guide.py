"""The examples of the guide and of the package's page run."""

import importlib.util
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]


PAGES = [
    "docs/guide/hdf5.md",
    "docs/guide/python.md",
    "docs/guide/predictors-in-python.md",
    "docs/guide/scale.md",
    "docs/guide/tutorial.md",
    "python/README.md",
]
NEEDS = {
    "docs/guide/hdf5.md": ["h5netcdf"],
    "docs/guide/scale.md": ["distributed"],
    "docs/guide/tutorial.md": ["matplotlib", "netCDF4"],
}


def examples(text):
    """Blocks of Python, those that need a package left out where it is not there."""
    for package, block in re.findall(r"^```python(?: (\w+))?\n(.*?)^```$", text, re.M | re.S):
        if not package or importlib.util.find_spec(package):
            yield block


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    pytest.importorskip("zarr", minversion="3.0.8", reason="the guide has examples of zarr 3")
    pytest.importorskip("xarray", reason="the guide has an example of xarray")
    for package in NEEDS.get(page, ()):
        pytest.importorskip(package, reason="the page has examples with it")
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = list(examples(text))
    assert blocks
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
