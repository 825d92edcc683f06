"""Files of xarray through foresz and back: python roundtrip.py FORESZ [FILE ...]

Makes files as people have them (packed, with missing values, unlimited, with coordinates of
every type), compresses them with the program FORESZ, and asks xarray what came back, as NetCDF
and as Zarr. Further files are taken as they are. Needs xarray, netCDF4, zarr; GRIB needs cfgrib.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr


def foresz(*words):
    done = subprocess.run([FORESZ, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def weather():
    hours, rows, columns = 50, 21, 40
    t, y, x = np.meshgrid(np.arange(hours), np.arange(rows), np.arange(columns), indexing="ij")
    warmth = 280 + 9 * np.sin(0.4 * y) + 2 * np.cos(0.3 * x + 0.2 * t)
    sea = (y + x) % 9 < 3
    return xr.Dataset(
        {
            "t2m": (("time", "latitude", "longitude"), warmth.astype("f4"), {"units": "K", "standard_name": "air_temperature"}),
            "sst": (("time", "latitude", "longitude"), np.where(sea, warmth, np.nan).astype("f4"), {"units": "K"}),
            "tp": (("time", "latitude", "longitude"), np.clip(warmth - 286, 0, None) * 1e-4, {"units": "m"}),
            "lsm": (("latitude", "longitude"), sea[0].astype("i1"), {"flag_values": np.array([0, 1], "i1")}),
        },
        {
            "time": np.datetime64("2020-01-01", "ns") + np.arange(hours) * np.timedelta64(1, "h"),
            "latitude": ("latitude", 50 - 0.25 * np.arange(rows), {"units": "degrees_north"}),
            "longitude": ("longitude", (0.25 * np.arange(columns)).astype("f4"), {"units": "degrees_east"}),
            "number": 0,
            "name": ("latitude", [f"row {i}" for i in range(rows)]),
        },
        {"title": "made up", "Conventions": "CF-1.8"},
    )


def packed(scale, fill=-32767):
    return {"dtype": "i2", "scale_factor": scale, "add_offset": 300.0, "_FillValue": np.int16(fill)}


def flavours(room):
    plain = weather()
    yield plain, {}, "plain.nc", "NETCDF4"
    yield plain, {"t2m": {"_FillValue": np.float32(1e20)}}, "fill.nc", "NETCDF4"
    yield plain, {"t2m": packed(0.002), "sst": packed(0.002)}, "packed.nc", "NETCDF4"
    yield plain.drop_vars("name"), {"t2m": packed(0.002)}, "classic.nc", "NETCDF3_CLASSIC"
    yield plain, {"t2m": {"zlib": True, "shuffle": True, "chunksizes": (25, 7, 40)}}, "deflated.nc", "NETCDF4"


def compare(before, after, bounds, path):
    assert set(before.variables) == set(after.variables), path
    assert before.attrs == after.attrs, (path, before.attrs, after.attrs)
    for name, variable in before.variables.items():
        other = after.variables[name]
        assert variable.dims == other.dims, (path, name)
        kinds = (variable.dtype.kind, other.dtype.kind)
        assert variable.dtype == other.dtype or set(kinds) <= set("OUST"), (path, name, variable.dtype, other.dtype)
        ours = {k: v for k, v in other.attrs.items() if not k.startswith("foresz_")}
        # Zarr has lists where NetCDF has arrays.
        theirs = {k: np.atleast_1d(v).tolist() for k, v in variable.attrs.items()}
        assert theirs == {k: np.atleast_1d(v).tolist() for k, v in ours.items()}, (path, name, theirs, ours)
        bound = bounds.get(name, 0.0)
        if bound == 0.0:
            assert variable.equals(other) or (variable.values == other.values).all(), (path, name)
            continue
        assert "foresz_bound" in other.attrs, (path, name)
        a, b = variable.values.astype("f8"), other.values.astype("f8")
        assert (np.isnan(a) == np.isnan(b)).all(), (path, name)
        assert np.nanmax(np.abs(a - b)) <= bound, (path, name, np.nanmax(np.abs(a - b)))


def check(path, room, **how):
    said = json.loads(foresz("compress", path, "--all", "--preset", "era5", "-o", room / "s.fsz", "--force", "--json"))
    foresz("verify", room / "s.fsz", path)
    bounds = {}
    for variable in said["variables"]:
        asked = [b["asked"] for b in variable["asked"] if b["kind"] == "absolute"]
        bounds[variable["name"]] = max(asked, default=0.0)
    with xr.open_dataset(path, **how) as before:
        before.load()
    foresz("decompress", room / "s.fsz", "-o", room / "s.nc", "--force")
    with xr.open_dataset(room / "s.nc") as after:
        compare(before, after.load(), bounds, path)
    foresz("decompress", room / "s.fsz", "-o", room / "s.zarr", "--force")
    if not how:
        with xr.open_zarr(room / "s.zarr", consolidated=False) as after:
            compare(before, after.load(), bounds, path)
    print(f"{Path(path).name}: {', '.join(bounds)} as they should be")


def main():
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        for dataset, encoding, name, kind in flavours(room):
            path = room / name
            dataset.to_netcdf(path, encoding=encoding, format=kind, unlimited_dims=["time"])
            check(path, room)
        weather().to_zarr(room / "store.zarr", consolidated=False)
        said = foresz("compress", room / "store.zarr", "-v", "t2m", "--abs", 0.05, "-o", room / "z.fsz", "--json")
        assert json.loads(said)["variables"][0]["max_error"] <= 0.05
        foresz("verify", room / "z.fsz", room / "store.zarr")
        foresz("decompress", room / "z.fsz", "-o", room / "part.nc", "--sel", "time=2020-01-01T06:00/2020-01-01T09:00,latitude=49:48")
        with xr.open_dataset(room / "part.nc") as part:
            wanted = weather().sel(time=slice("2020-01-01T06:00", "2020-01-01T09:00"), latitude=slice(49, 48))
            assert part.t2m.shape == wanted.t2m.shape
            assert float(np.abs(part.t2m - wanted.t2m).max()) <= 0.05
        for path in sys.argv[2:]:
            check(path, room)


FORESZ = sys.argv[1]
main()
