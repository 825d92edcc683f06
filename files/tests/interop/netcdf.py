"""Copies NetCDF files of all kinds and asks other readers whether the copies are the same.

    cargo build -p foresz-files --example copy
    python files/tests/interop/netcdf.py target/debug/examples/copy

Needs xarray, netCDF4, h5netcdf and h5py.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr

FORMATS = [
    "NETCDF3_CLASSIC",
    "NETCDF3_64BIT_OFFSET",
    "NETCDF3_64BIT_DATA",
    "NETCDF4_CLASSIC",
    "NETCDF4",
]
NUMBERS = {
    "NETCDF3_64BIT_DATA": "i1 u1 i2 u2 i4 u4 i8 u8 f4 f8",
    "NETCDF4": "i1 u1 i2 u2 i4 u4 i8 u8 f4 f8",
}
RANDOM = np.random.default_rng(7)


def coordinates(file, times=4):
    file.createDimension("time", None)
    file.createDimension("lat", 6)
    file.createDimension("lon", 8)
    file.createDimension("bounds", 2)
    file.createDimension("letters", 5)
    file.Conventions = "CF-1.8"
    file.title = "Höhe über Null"
    time = file.createVariable("time", "f8", ("time",))
    time.units = "hours since 2000-01-01"
    time.calendar = "standard"
    time.bounds = "time_bounds"
    time[:] = np.arange(times) * 6.0
    bounds = file.createVariable("time_bounds", "f8", ("time", "bounds"))
    bounds[:] = np.arange(times)[:, None] * 6.0 + [-3, 3]
    for name, count in [("lat", 6), ("lon", 8)]:
        along = file.createVariable(name, "f4", (name,))
        along.units = "degrees_north" if name == "lat" else "degrees_east"
        along[:] = np.linspace(0, 60, count)
    height = file.createVariable("height", "f8", ())
    height.units = "m"
    height[...] = 2.0


def plain(path, kind):
    with netCDF4.Dataset(path, "w", format=kind) as file:
        coordinates(file)
        file.numbers = np.arange(3, dtype="i2")
        for dtype in NUMBERS.get(kind, "i1 i2 i4 f4 f8").split():
            grows = file.createVariable(f"grows_{dtype}", dtype, ("time", "lat", "lon"))
            grows[:] = RANDOM.integers(0, 100, (4, 6, 8))
            grows.coordinates = "height"
            grows.valid_range = np.array([0, 100], dtype)
            stays = file.createVariable(f"stays_{dtype}", dtype, ("lat", "lon"), fill_value=3)
            stays[:] = RANDOM.integers(0, 100, (6, 8))
        letters = file.createVariable("station", "S1", ("lat", "letters"))
        letters[:] = netCDF4.stringtochar(np.array(["a", "bc", "", "d", "ef", "ghijk"], "S5"))
        packed = file.createVariable("packed", "i2", ("time", "lat", "lon"), fill_value=-32767)
        packed.scale_factor = np.float32(0.01)
        packed.add_offset = 273.15
        packed[:] = 270 + RANDOM.random((4, 6, 8))
        packed[1, 2, 3] = np.ma.masked


def never_written(path):
    with netCDF4.Dataset(path, "w") as file:
        coordinates(file)
        file.createVariable("a", "f4", ("time", "lat"), fill_value=-5)
        file.createVariable("b", "f4", ("lat", "lon"))
        # Ends before the others do.
        file.createVariable("c", "f4", ("time",))[:2] = 1


def nothing_yet(kind):
    def make(path):
        with netCDF4.Dataset(path, "w", format=kind) as file:
            coordinates(file, 0)
            file.createVariable("t", "f4", ("time", "lat", "lon"))

    return make


def compressed(**how):
    def make(path):
        with netCDF4.Dataset(path, "w") as file:
            coordinates(file)
            for dtype in ["i2", "f4", ">f8"]:
                order = "big" if dtype.startswith(">") else "little"
                t = file.createVariable(
                    f"t_{dtype[-2:]}",
                    dtype,
                    ("time", "lat", "lon"),
                    endian=order,
                    chunksizes=(3, 4, 5),
                    **how,
                )
                t[:] = RANDOM.integers(0, 100, (4, 6, 8))

    return make


def large(path):
    lat, lon = np.linspace(90, -90, 181), np.arange(360.0)
    t = 280 + np.cos(np.deg2rad(lat))[:, None] * np.sin(np.deg2rad(lon)) * np.ones((90, 1, 1))
    field = (("time", "lat", "lon"), t.astype("f4"), {"units": "K"})
    coords = {"lat": lat, "lon": lon, "time": np.arange(90)}
    data = xr.Dataset({"grows": field, "stays": field}, coords)
    data.to_netcdf(path, unlimited_dims=["time"], encoding={"grows": {"zlib": True}})


def texts(path):
    with netCDF4.Dataset(path, "w") as file:
        coordinates(file)
        file.setncattr_string("one", "ein Text")
        file.setncattr("several", ["ä", "", "ccc"])
        file.empty = ""
        names = file.createVariable("names", str, ("lat",))
        names[:] = np.array(["a", "", "ö" * 300, "d", "e", "f"], object)
        grows = file.createVariable("grows", str, ("time",))
        grows[:] = np.array(["w", "x", "y", "z"], object)
        file.createVariable("alone", str, ())[...] = "allein"


def groups(path):
    with netCDF4.Dataset(path, "w") as file:
        coordinates(file)
        outer = file.createGroup("outer")
        outer.note = "of a group"
        outer.createDimension("lat", 3)
        outer.createVariable("lat", "f4", ("lat",))[:] = [1, 2, 3]
        inner = outer.createGroup("inner")
        inner.number = 1.5
        inner.createVariable("v", "i8", ("lat", "lon"))[:] = np.arange(24).reshape(3, 8)


def names_of_dimensions(path):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", 3)
        file.createDimension("y", 4)
        file.createVariable("x", "f4", ("y",))[:] = 1
        file.createVariable("y", "S1", ("y", "x"))[:] = "a"


def of_h5netcdf(path):
    data = xr.Dataset(
        {"t": (("time", "x"), RANDOM.random((4, 5)), {"units": "K", "flag": np.int8(1)})},
        {"time": np.arange(4), "x": ["a", "b", "c", "d", "eé"], "run": 3},
        {"title": "of h5netcdf", "numbers": [1, 2, 3]},
    )
    data.to_netcdf(path, engine="h5netcdf", unlimited_dims=["time"])


def decoded(path):
    times = np.array(["2001-01-01", "2001-01-02T12"], "datetime64[ns]")
    data = xr.Dataset(
        {"t": (("time", "x"), [[1.5, np.nan], [2.5, 3.5]]), "ok": ("x", [True, False])},
        {"time": times, "x": [1, 2]},
    )
    packed = {"dtype": "i2", "scale_factor": 0.1, "add_offset": 2.0, "_FillValue": -1}
    data.to_netcdf(path, encoding={"t": packed})


def dimensions_of_hdf5(path):
    with h5py.File(path, "w", libver="earliest") as file:
        file["x"] = np.arange(5.0)
        file["x"].make_scale("x")
        file["v"] = np.arange(15, dtype=">i4").reshape(3, 5)
        file["v"].dims[1].attach_scale(file["x"])
        file.create_dataset("n", data=np.arange(100), scaleoffset=8, chunks=(30,))
        file.attrs["text"] = "of variable length"


FLAVOURS = {kind: lambda path, kind=kind: plain(path, kind) for kind in FORMATS} | {
    "never written": never_written,
    "nothing yet": nothing_yet("NETCDF4"),
    "nothing yet, classic": nothing_yet("NETCDF3_CLASSIC"),
    "zlib": compressed(compression="zlib", shuffle=True),
    "fletcher32": compressed(compression="zlib", shuffle=False, fletcher32=True),
    "zstd": compressed(compression="zstd", shuffle=True),
    "large": large,
    "texts": texts,
    "groups": groups,
    "names of dimensions": names_of_dimensions,
    "h5netcdf": of_h5netcdf,
    "decoded": decoded,
    "HDF5": dimensions_of_hdf5,
}


def same_attributes(a, b, where):
    # Not their order: where an attribute was rewritten, its place in the file is another.
    assert sorted(a.ncattrs()) == sorted(b.ncattrs()), where
    for name in a.ncattrs():
        x, y = a.getncattr(name), b.getncattr(name)
        assert type(x) is type(y), (where, name, type(x), type(y))
        assert np.asarray(x).dtype == np.asarray(y).dtype, (where, name)
        np.testing.assert_array_equal(x, y, (where, name))


def same_for_netcdf(a, b, where, made_up):
    """Types, order and bytes, as the library itself sees them."""
    a.set_auto_maskandscale(False)
    b.set_auto_maskandscale(False)
    same_attributes(a, b, where)
    if not made_up:
        lengths = [{n: (len(d), d.isunlimited()) for n, d in f.dimensions.items()} for f in (a, b)]
        assert lengths[0] == lengths[1], (where, lengths)
    assert list(a.variables) == list(b.variables), where
    for name in a.variables:
        x, y = a.variables[name], b.variables[name]
        assert np.dtype(x.dtype).newbyteorder("=") == np.dtype(y.dtype), (where, name)
        assert made_up or x.dimensions == y.dimensions, (where, name)
        same_attributes(x, y, (where, name))
        np.testing.assert_array_equal(x[...], y[...], (where, name))
    assert list(a.groups) == list(b.groups), where
    for name in a.groups:
        same_for_netcdf(a.groups[name], b.groups[name], (where, name), made_up)


def same_for_xarray(path, copy, group):
    for engine in ["netcdf4", "h5netcdf"]:
        for decode in [False, True]:
            kept = dict(decode_cf=decode, group=group)
            with (
                xr.open_dataset(path, engine="netcdf4", **kept) as a,
                xr.open_dataset(copy, engine=engine, **kept) as b,
            ):
                xr.testing.assert_identical(a.load(), b.load())
                assert list(a.variables) == list(b.variables), engine
                growing = [d.encoding.get("unlimited_dims", set()) for d in (a, b)]
                assert growing[0] == growing[1], (engine, growing)
                for name in a.variables:
                    assert a[name].dtype.newbyteorder("=") == b[name].dtype, (engine, name)
                    for key in ["_FillValue", "scale_factor", "add_offset", "units", "calendar"]:
                        x, y = a[name].encoding.get(key), b[name].encoding.get(key)
                        np.testing.assert_array_equal(x, y, f"{engine} {name} {key}")


def main():
    copier = Path(sys.argv[1]).resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, make in FLAVOURS.items():
            path, copy = Path(folder, "original.nc"), Path(folder, "copy.nc")
            make(path)
            try:
                subprocess.run([copier, path, copy], check=True)
                with netCDF4.Dataset(path) as a, netCDF4.Dataset(copy) as b:
                    same_for_netcdf(a, b, name, made_up=make is dimensions_of_hdf5)
                    inside = ["/outer", "/outer/inner"] if a.groups else []
                if make is not dimensions_of_hdf5:
                    for group in [None, *inside]:
                        same_for_xarray(path, copy, group)
                # The copy can be added to, as the original could.
                with netCDF4.Dataset(copy, "a") as file:
                    file.setncattr("added", "later")
                    if "time" in file.dimensions and file.dimensions["time"].isunlimited():
                        count = len(file.dimensions["time"])
                        file.variables["time"][count] = 1.0
                with netCDF4.Dataset(copy) as file:
                    assert file.added == "later"
                print("same:", name)
            except (AssertionError, OSError, RuntimeError, subprocess.CalledProcessError) as e:
                failed += 1
                print("NOT THE SAME:", name, "\n ", type(e).__name__, e)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
