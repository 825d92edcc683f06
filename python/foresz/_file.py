"""Data sets of xarray as streams."""

import numpy as np

from ._bounds import recipes, text_of
from ._original import original
from ._passing import Passing
from ._settings import settings


def to_file(
    dataset,
    target,
    *,
    preset=None,
    bounds=None,
    effort="default",
    predictor="auto",
    backend=None,
    periodic=None,
    fill=None,
    chunk=None,
    threads=0,
):
    """Writes a data set of xarray as a stream.

    All variables, coordinates, attributes and packings are kept. What no stream can keep is
    an error that names it. Arrays of dask are computed block by block, and files that xarray
    has opened lazily are read piece by piece.

    Parameters
    ----------
    dataset
        A data set, or an array, of xarray.
    target
        A path, or an object with ``write``. A path gets its file when the stream is whole;
        until then the bytes are in a file beside it.
    preset
        Bounds by variable, units and level: ``"era5"``, ``"era5-archive"`` or
        ``"era5-loose"``.
    bounds
        Bounds by variable, which come before those of a preset: the largest error as a
        number, or a mapping as a section of a file of bounds has it, such as
        ``{"abs": 1e-5, "keep_zeros": True}``. ``"*"`` stands for all others. A path leads to
        such a file. Nothing is lost of what has no bound, nor of coordinates and integers.
    effort, predictor, backend, periodic, fill, chunk, threads
        As in :func:`foresz.compress`. ``chunk`` is for variables with as many dimensions.

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> import xarray
    >>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
    >>> dataset = xarray.Dataset({"t2m": (("lat", "lon"), field, {"units": "K"})})
    >>> foresz.to_file(dataset, "t2m.fsz", bounds={"t2m": 0.05})
    >>> with xarray.open_dataset("t2m.fsz") as again:
    ...     bool(abs(again.t2m - dataset.t2m).max() <= 0.05), again.t2m.attrs
    (True, {'units': 'K'})
    """
    dataset = as_dataset(dataset)
    source = original(dataset)
    for name, recipe in recipes(source, preset, bounds).items():
        _check_packing(name, dataset.variables[name], recipe)
    options = settings(
        None,
        "lossless",
        effort=effort,
        predictor=predictor,
        backend=backend,
        periodic=periodic,
        fill=fill,
        chunk=chunk,
        threads=threads,
    )
    asked = preset, text_of(bounds)
    how = options, periodic is None
    if hasattr(target, "write"):
        source.write(None, target, asked, how)
        return
    passing = Passing(target)
    try:
        source.write(passing.path, None, asked, how)
        passing.become()
    except BaseException:
        passing.drop()
        raise


def _check_packing(name, variable, recipe):
    """Refuses a bound on floating-point numbers that stand for others."""
    encoding = variable.encoding
    told = {key: encoding.get(key) for key in ("scale_factor", "add_offset")}
    told = ", ".join(f"{key}={value}" for key, value in told.items() if value is not None)
    is_float = np.dtype(encoding.get("dtype", variable.dtype)).kind == "f"
    lossy = any(mode != "lossless" for (mode, _), _ in recipe["bounds"])
    if told and is_float and lossy:
        raise ValueError(
            f"{name}: its encoding ({told}) packs it into floating-point numbers, and the bound "
            "would be one on those; foresz.strip_encoding(ds) drops it"
        )


def as_dataset(dataset):
    """A data set of xarray; an array becomes one of its own."""
    if hasattr(dataset, "data_vars"):
        return dataset
    if hasattr(dataset, "to_dataset"):
        return dataset.to_dataset(name=dataset.name or "data")
    raise TypeError(f"expected a data set of xarray, not {type(dataset).__name__}")
