"""Compares Zarr stores that foresz-files writes and reads with what xarray makes of them.

    python zarr.py COPY FILE…

COPY is the built example `copy`; FILE is NetCDF or GRIB. Each becomes a store, which xarray
has to open as it opens the file; then xarray writes it to stores of both versions, and copies
of those have to be the same again. Needs xarray, zarr 3 and what reads the files.
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

# This file has the name of a module that xarray is about to import.
del sys.path[0]

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")


def opened(path):
    if str(path).endswith(".zarr"):
        return xr.open_zarr(path).load()
    if str(path).endswith(".grib"):
        return xr.open_dataset(path, engine="cfgrib", backend_kwargs={"indexpath": ""}).load()
    return xr.open_dataset(path).load()


def check(what, found, expected, ours_is_grib):
    for name in expected.variables:
        if name not in found.variables:
            sys.exit(f"{what}: {name} is missing")
        a, b = found[name], expected[name]
        if ours_is_grib:
            # cfgrib has these from the index; their values are equal, their types are not.
            same = a.dims == b.dims and np.allclose(a.values.astype("f8"), b.values.astype("f8"), rtol=0, atol=1e-9, equal_nan=True)
            attributes = ["units", "long_name", "standard_name", "GRIB_paramId"]
            attributes = [k for k in attributes if b.attrs.get(k, "unknown") != "unknown"]
        else:
            # Texts are texts, of any length or of a fixed one.
            kinds = a.dtype == b.dtype or (a.dtype.kind in "TUO" and b.dtype.kind in "TUO")
            same = a.dims == b.dims and kinds and np.array_equal(a.values, b.values, equal_nan=b.dtype.kind in "fM")
            attributes = list(b.attrs)
        if not same:
            sys.exit(f"{what}: {name} differs:\n{a}\n{b}")
        for key in attributes:
            if not np.array_equal(a.attrs.get(key), b.attrs[key]):
                sys.exit(f"{what}: {name}.{key} is {a.attrs.get(key)!r}, not {b.attrs[key]!r}")
        if not ours_is_grib:
            fills = a.encoding.get("_FillValue"), b.encoding.get("_FillValue")
            if not np.array_equal(*(np.nan if f is None else f for f in fills), equal_nan=True):
                sys.exit(f"{what}: the fill value of {name} is {fills[0]}, not {fills[1]}")
    if set(found.coords) != set(expected.coords):
        sys.exit(f"{what}: coordinates are {list(found.coords)}, not {list(expected.coords)}")
    print(f"{what}: {len(expected.variables)} variables are equal")


def main(copy, paths):
    for path in map(pathlib.Path, paths):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            expected = opened(path)
            ours = folder / "ours.zarr"
            subprocess.run([copy, path, ours], check=True)
            check(f"{path.name} as Zarr", opened(ours), expected, path.suffix == ".grib")
            for version in (2, 3):
                theirs = folder / f"theirs{version}.zarr"
                expected.drop_encoding().to_zarr(theirs, zarr_format=version)
                again = folder / f"again{version}.zarr"
                subprocess.run([copy, theirs, again], check=True)
                check(f"{path.name} through Zarr {version}", opened(again), opened(theirs), False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
