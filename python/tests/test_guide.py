"""The examples of the guide and of the package's page run."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = ["docs/guide/python.md", "docs/guide/hdf5.md", "python/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    pytest.importorskip("zarr", minversion="3.0.8", reason="the guide has examples of zarr 3")
    pytest.importorskip("xarray", reason="the guide has an example of xarray")
    if page.endswith("hdf5.md"):
        pytest.importorskip("h5netcdf", reason="the page has an example of h5netcdf")
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in text.split("```python\n")[1:]]
    assert blocks
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
