"""Data sets of xarray written as streams, beside files that netCDF4 wrote and the command
compressed."""

import io
import itertools
import os
import subprocess
import sys
import types
import warnings

import foresz
import numpy as np
import pytest

xarray = pytest.importorskip("xarray", reason="xarray is not installed")


@pytest.fixture
def dataset(field):
    """Data of many kinds."""
    holes = field[:, ::2, ::2].copy()
    holes[2:5, 3, 4] = np.nan
    dims = ("time", "lat", "lon")
    return xarray.Dataset(
        {
            "t2m": (dims, field, {"units": "K", "flag_values": np.array([1, 2], "int16")}),
            "double": (dims, field / np.float64(7)),
            "sst": (("time", "y", "x"), holes),
            "count": (("time", "lat"), field[:, :, 0].astype("uint16")),
            "mask": (("lat", "lon"), field[0] > 280),
            "station": ("lat", np.array([f"Ä{i}" for i in range(30)])),
            "code": ("lat", np.array([b"ab", b"c"] * 15)),
            "since": ("lat", np.datetime64("2001-01-01", "s") + np.arange(30) * 86400),
            "one": ((), 3.5),
        },
        {
            "time": xarray.date_range(
                "2020-02-27", periods=12, freq="6h", calendar="noleap", use_cftime=True
            ),
            "lat": np.linspace(60, 31, 30),
            "lon": np.arange(48.0) * 0.25,
            "place": ("lat", np.arange(30, dtype="int64") + (1 << 60)),
        },
        {"title": "made up", "version": np.int32(3), "names": ["a", "b"], "list": [1.5, 2.5]},
    )


def test_everything_comes_back(dataset, tmp_path):
    before = dataset.copy(deep=True)
    path = tmp_path / "x.fsz"
    assert foresz.to_file(dataset, path, bounds={"t2m": 0.05, "sst": 0.1}) is None
    assert before.identical(dataset), "the data set is as it was"
    with xarray.open_dataset(path) as again:
        again.load()
        for name in set(dataset.variables) - {"t2m", "sst"}:
            assert again[name].equals(dataset[name]), name
            assert again[name].attrs == dataset[name].attrs, name
            if name not in ("station", "since", "time"):
                assert again[name].dtype == dataset[name].dtype, name
        assert 0 < float(abs(again.t2m.astype("f8") - dataset.t2m).max()) <= 0.05
        assert float(abs(again.sst.astype("f8") - dataset.sst).max()) <= 0.1
        assert np.array_equal(np.isnan(again.sst), np.isnan(dataset.sst))
        assert set(again.coords) == set(dataset.coords)
        assert np.array_equal(again.t2m.attrs["flag_values"], [1, 2])
        assert again.t2m.attrs["flag_values"].dtype == "int16"
        assert again.attrs["names"] == ["a", "b"] and again.attrs["version"] == 3
        assert list(again.attrs["list"]) == [1.5, 2.5]
    with foresz.open(path) as stream:
        assert stream["t2m"].info.asked == (("abs", 0.05),)
        assert all(asked == (("lossless", None),) for asked in [stream["double"].info.asked])
    assert os.listdir(tmp_path) == ["x.fsz"]


@pytest.mark.parametrize("blocks", [{"time": 5}, {"time": -1, "lat": 7, "lon": 11}, {"lat": 4}])
def test_dask_gives_the_same_bytes(dataset, tmp_path, blocks):
    dask = pytest.importorskip("dask", reason="dask is not installed")
    whole, lazy = io.BytesIO(), io.BytesIO()
    foresz.to_file(dataset, whole, bounds={"t2m": 0.05})
    counted = itertools.count()

    def seen(block):
        next(counted)
        return block

    chunked = dataset.chunk(blocks)
    chunked["t2m"] = chunked.t2m.copy(
        data=chunked.t2m.data.map_blocks(seen, dtype="float32", meta=np.empty((0, 0, 0), "f4"))
    )
    foresz.to_file(chunked, lazy, bounds={"t2m": 0.05})
    assert lazy.getvalue() == whole.getvalue()
    assert next(counted) == chunked.t2m.data.npartitions, "each block is computed once"
    assert dask.is_dask_collection(chunked.t2m.data)


def test_blocks_are_let_go_when_they_are_done():
    array = pytest.importorskip("dask.array", reason="dask is not installed")
    from foresz._original import _Blocks

    values = np.arange(8 * 6 * 4.0).reshape(8, 6, 4)
    blocks = _Blocks(array.from_array(values, chunks=(3, 4, 4)))
    held = []
    for start in range(0, 8, 2):
        region = [slice(start, start + 2), slice(0, 6), slice(0, 4)]
        assert np.array_equal(blocks.read(region), values[tuple(region)])
        held.append(len(blocks._held))
    assert held == [2, 2, 0, 0]
    # Runs along the second dimension.
    for i, j in itertools.product(range(8), (0, 3)):
        region = [slice(i, i + 1), slice(j, j + 3), slice(0, 4)]
        assert np.array_equal(blocks.read(region), values[tuple(region)])
    assert not blocks._held


def test_files_that_are_open_are_read_piece_by_piece(tmp_path):
    netCDF4 = pytest.importorskip("netCDF4", reason="netCDF4 writes the original")
    frames = np.random.default_rng(2).normal(size=(40, 300, 800)).astype("float32")
    with netCDF4.Dataset(tmp_path / "x.nc", "w") as file:
        for name, length in zip("tyx", frames.shape):
            file.createDimension(name, length)
        file.createVariable("v", "f4", tuple("tyx"))[:] = frames
    asked = []
    with xarray.open_dataset(tmp_path / "x.nc") as dataset:
        inner = dataset.v.variable._data
        kept = type(inner).__getitem__
        try:
            type(inner).__getitem__ = lambda self, key: asked.append(key) or kept(self, key)
            options = {"effort": "fast", "chunk": (8, 300, 800)}
            foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"v": 0.5}, **options)
        finally:
            type(inner).__getitem__ = kept
    assert len(asked) > 1, "in pieces"
    with foresz.open(tmp_path / "x.fsz") as stream:
        assert np.abs(stream["v"][...] - frames).max() <= 0.5
        # Chunks begin anew where pieces do.
        lengths = ((8, 8, 4, 8, 8, 4), (300,), (800,))
        assert stream["v"].chunks == lengths
    pytest.importorskip("dask", reason="dask is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xarray.open_dataset(tmp_path / "x.fsz", chunks={}) as lazy:
            assert lazy.v.chunks == lengths


@pytest.fixture
def packed(tmp_path, field):
    """A file with packings, calendars, fill values and bounds of cells, as netCDF4 wrote it."""
    netCDF4 = pytest.importorskip("netCDF4", reason="netCDF4 writes the original")
    path = tmp_path / "x.nc"
    with netCDF4.Dataset(path, "w") as file:
        lengths = {"time": None, "lat": 30, "lon": 48, "nv": 2, "strlen": 4}
        for dim, length in lengths.items():
            file.createDimension(dim, length)
        time = file.createVariable("time", "i4", ("time",))
        time.units, time.calendar, time.bounds = "hours since 1900-01-01", "noleap", "time_bnds"
        time[:] = np.arange(12) * 6
        bounds = file.createVariable("time_bnds", "f8", ("time", "nv"))
        bounds[:] = np.arange(24).reshape(12, 2) * 3.0
        for name, values in [("lat", np.linspace(60, 31, 30)), ("lon", np.arange(48) * 0.25)]:
            axis = file.createVariable(name, "f4", (name,))
            axis.units = f"degrees_{'north' if name == 'lat' else 'east'}"
            axis[:] = values
        dims = ("time", "lat", "lon")
        t2m = file.createVariable("t2m", "i2", dims, fill_value=np.int16(-32767), zlib=True)
        t2m.scale_factor, t2m.add_offset, t2m.units = 0.0017, 281.3, "K"
        t2m.missing_value = np.int16(-32767)
        values = np.ma.masked_greater(field, 288.5)
        t2m[:] = values
        single = file.createVariable("single", "u1", dims)
        single.scale_factor, single.units = np.float32(0.1), "%"
        single[:] = (field - 260).clip(0, 25)
        sst = file.createVariable("sst", "f4", dims, fill_value=np.float32(-999.99))
        sst.coordinates = "lat lon"
        sst[:] = values
        plain = file.createVariable("plain", "f4", dims)
        plain.grid_mapping = "crs"
        plain[:] = field
        signed = file.createVariable("signed", "i1", ("lat", "lon"), fill_value=np.int8(-1))
        signed.setncattr("_Unsigned", "true")
        signed.set_auto_maskandscale(False)
        signed[:] = (field[0] * 3).astype("i8").astype("i1")
        file.createVariable("crs", "i4", ()).grid_mapping_name = "latitude_longitude"
        flag = file.createVariable("flag", "i1", ("lat", "lon"))
        flag.flag_values, flag.flag_meanings = np.array([0, 1], "i1"), "low high"
        flag[:] = field[0] > 280
        name = file.createVariable("name", "S1", ("lat", "strlen"))
        name[:] = np.array([list(f"s{i:03}") for i in range(30)], "S1")
        texts = np.array([f"é{i}" for i in range(30)], "O")
        file.createVariable("text", str, ("lat",))[:] = texts
        file.title, file.history = "made up", "ünicode"
        file.setncattr("numbers", np.array([1, 2, 3], "i8"))
    return path


BOUNDS = {"t2m": 0.05, "single": 0.3, "sst": 0.05, "plain": {"pw_rel": 1e-3}}
TOML = "[t2m]\nabs = 0.05\n[single]\nabs = 0.3\n[sst]\nabs = 0.05\n[plain]\npw_rel = 1e-3\n"


@pytest.fixture
def by_command(packed, run):
    """The same file compressed by the command."""
    toml = packed.with_suffix(".toml")
    toml.write_text(TOML + "['*']\nlossless = true\n")
    path = packed.with_name("by_command.fsz")
    done = run("compress", packed, "--all", "--bounds", toml, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


def same(one, other, tolerance=None):
    """Whether two variables say the same of themselves, and have the same values."""
    assert one.dims == other.dims and one.dtype == other.dtype
    assert set(one.attrs) == set(other.attrs)
    for key, value in other.attrs.items():
        is_float = getattr(value, "dtype", np.dtype("O")).kind == "f"
        assert np.array_equal(one.attrs[key], value, equal_nan=is_float), key
        assert type(one.attrs[key]) is type(value), key
        if isinstance(value, (np.ndarray, np.generic)):
            assert one.attrs[key].dtype == value.dtype, key
    if tolerance is None:
        assert np.array_equal(one.values, other.values, equal_nan=one.dtype.kind == "f")


@pytest.mark.parametrize("chunks", [None, {}])
def test_a_file_read_by_xarray_is_the_file(packed, by_command, run, tmp_path, chunks):
    """Its variables, attributes and packing come back as if the command had compressed it."""
    if chunks is not None:
        pytest.importorskip("dask", reason="dask is not installed")
    ours = tmp_path / "ours.fsz"
    with xarray.open_dataset(packed, chunks=chunks) as dataset, warnings.catch_warnings():
        warnings.simplefilter("error", foresz.LossWarning)
        foresz.to_file(dataset, ours, bounds=BOUNDS)
    for name, stream in [("ours", ours), ("theirs", by_command)]:
        for option in ([], ["--repack"]):
            out = tmp_path / f"{name}{len(option)}.nc"
            done = run("decompress", stream, "-o", out, *option)
            assert done.returncode == 0, done.stderr
    for i in (0, 1):
        options = {"mask_and_scale": False, "decode_times": False, "decode_coords": False}
        with (
            xarray.open_dataset(tmp_path / f"ours{i}.nc", **options) as one,
            xarray.open_dataset(tmp_path / f"theirs{i}.nc", **options) as other,
        ):
            assert set(one.variables) == set(other.variables)
            assert one.sizes == other.sizes
            assert one.encoding["unlimited_dims"] == other.encoding["unlimited_dims"]
            for name in other.variables:
                same(one[name], other[name])
            assert one.attrs.keys() == other.attrs.keys()
            if i == 1:
                assert one.t2m.dtype == "int16" and one.t2m.attrs["scale_factor"] == 0.0017


@pytest.mark.parametrize("form", ["zarr", "zarr2"])
@pytest.mark.parametrize("engine", ["netcdf4", "foresz"])
def test_a_file_becomes_a_store(packed, by_command, tmp_path, form, engine):
    """Whatever encodings the file leaves."""
    pytest.importorskip("zarr", minversion="3.0.8", reason="zarr 3 is not installed")
    path = packed if engine == "netcdf4" else by_command
    with xarray.open_dataset(path) as original, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoding = foresz.encoding(original, bounds=BOUNDS, chunks={"time": 5}, format=form)
        version = 3 if form == "zarr" else 2
        foresz.marked(original, encoding).to_zarr(
            tmp_path / "x.zarr", encoding=encoding, consolidated=False, zarr_format=version
        )
        with xarray.open_zarr(tmp_path / "x.zarr", consolidated=False) as again:
            for name in original.variables:
                assert again[name].shape == original[name].shape
                if name not in BOUNDS:
                    assert np.array_equal(again[name], original[name]), name
            for name, bound in [("t2m", 0.05), ("single", 0.3), ("sst", 0.05)]:
                difference = abs(again[name].astype("f8") - original[name].astype("f8"))
                assert float(difference.max()) <= bound, name
                assert np.array_equal(np.isnan(again[name]), np.isnan(original[name])), name
            assert again.time.encoding["calendar"] == "noleap"
            told = again.t2m.attrs["foresz_bound"]
            twice = "absolute 0.05; before that absolute 0.05"
            assert told == (twice if engine == "foresz" else "absolute 0.05")


def test_a_file_becomes_another_file(packed, tmp_path, monkeypatch):
    """With a filter that loses nothing in the place of ours, that has tests of its own."""
    pytest.importorskip("h5netcdf", reason="h5netcdf is not installed")
    filters = types.ModuleType("foresz.hdf5")
    filters.filter = lambda **options: {"compression": "gzip"}
    monkeypatch.setitem(sys.modules, "foresz.hdf5", filters)
    monkeypatch.setattr(foresz, "hdf5", filters, raising=False)
    with xarray.open_dataset(packed) as original, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoding = foresz.encoding(original, bounds=BOUNDS, format="netcdf")
        original.to_netcdf(tmp_path / "y.nc", engine="h5netcdf", encoding=encoding)
    with xarray.open_dataset(packed) as original, xarray.open_dataset(tmp_path / "y.nc") as again:
        for name in original.variables:
            is_float = original[name].dtype.kind == "f"
            assert np.array_equal(again[name], original[name], equal_nan=is_float), name
        assert again.t2m.encoding["dtype"] == original.t2m.dtype, "without packing"
        assert again.single.encoding["dtype"] == "float32"
        assert again.time.encoding["calendar"] == "noleap"


@pytest.mark.parametrize("decode", [True, False])
def test_the_engine_gives_what_netcdf_gives(packed, by_command, decode):
    """Attributes, calendars, fill values and packings."""
    options = {} if decode else {"mask_and_scale": False, "decode_times": False}
    with (
        xarray.open_dataset(packed, **options) as original,
        xarray.open_dataset(by_command, **options) as ours,
    ):
        assert list(ours.variables) == list(original.variables)
        assert set(ours.coords) == set(original.coords)
        assert ours.encoding["unlimited_dims"] == original.encoding["unlimited_dims"]
        assert ours.attrs.keys() == original.attrs.keys()
        for name in original.variables:
            lossy = name in BOUNDS
            same(ours[name], original[name], tolerance=lossy or None)
            theirs = original[name].encoding
            of_netcdf = {"zlib", "szip", "zstd", "bzip2", "blosc", "shuffle", "complevel"}
            of_netcdf |= {"fletcher32", "contiguous", "chunksizes", "preferred_chunks", "source"}
            kept = {key: value for key, value in theirs.items() if key not in of_netcdf}
            if name != "sst" or decode:
                for key, value in kept.items():
                    found = ours[name].encoding[key]
                    assert type(found) is type(value), (name, key)
                    assert np.array_equal(found, value, equal_nan=isinstance(value, float)), key
        if decode:
            for name, bound in [("t2m", 0.05), ("single", 0.3), ("sst", 0.05)]:
                difference = abs(ours[name].astype("f8") - original[name].astype("f8"))
                assert 0 < float(difference.max()) <= bound, name
                assert np.array_equal(np.isnan(ours[name]), np.isnan(original[name])), name
            ratio = abs(ours.plain.astype("f8") / original.plain - 1)
            assert float(ratio.max()) <= 1e-3
            assert ours.t2m.encoding["scale_factor"] == 0.0017
            assert ours.t2m.encoding["dtype"] == "int16"
        assert ours.t2m.encoding["foresz_bound"] == "absolute 0.05"
        assert "foresz_bound" not in ours.flag.encoding


def test_packed_integers_under_a_relative_bound_stay_numbers(packed, run, tmp_path):
    """Packing them again would break the bound."""
    stream = tmp_path / "y.fsz"
    done = run("compress", packed, "-v", "t2m", "--pw-rel", "1e-4", "-o", stream)
    assert done.returncode == 0, done.stderr
    with xarray.open_dataset(packed) as original, xarray.open_dataset(stream) as ours:
        assert float(abs(ours.t2m / original.t2m - 1).max()) <= 1.01e-4
        assert np.array_equal(np.isnan(ours.t2m), np.isnan(original.t2m))
        assert "scale_factor" not in ours.t2m.encoding
    with foresz.open(stream, packed=True) as dataset:
        assert dataset["t2m"].dtype == "float64"


def test_a_packing_that_does_not_keep_values_is_refused(dataset, tmp_path):
    """Of files joined with other packings, for example, or of values that were changed."""
    path = tmp_path / "x.fsz"
    dataset.t2m.encoding = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0}
    with pytest.raises(ValueError, match=r"t2m: its encoding .*scale_factor=0\.01.*would become"):
        foresz.to_file(dataset, path, bounds={"t2m": 0.05})
    assert os.listdir(tmp_path) == []
    # Beyond the type.
    dataset.t2m.encoding = {"dtype": "uint8"}
    with pytest.raises(ValueError, match="t2m: its encoding"):
        foresz.to_file(dataset, path, bounds={})
    # A fill value that is there as a number.
    dataset.t2m.encoding = {"_FillValue": dataset.t2m.values[3, 3, 3]}
    with pytest.raises(ValueError, match="would become nan"):
        foresz.to_file(dataset, path, bounds={})
    dataset.double.encoding = {"dtype": "float32"}
    dataset.t2m.encoding = {}
    with pytest.raises(ValueError, match="double: its encoding"):
        foresz.to_file(dataset, path, bounds={})
    foresz.to_file(foresz.strip_encoding(dataset), path, bounds={})
    with xarray.open_dataset(path) as again:
        assert again.double.equals(dataset.double)


LINE = np.linspace(0, 100, 300)
HUNDREDTHS = (np.arange(300) * 0.01 + 7e-5).astype("float32")


@pytest.mark.parametrize(
    ("values", "packing", "bounds"),
    [
        (LINE, {"dtype": "int64", "scale_factor": 0.1}, {"v": 1e-3}),
        (LINE, {"dtype": "int64", "add_offset": 0.0}, {}),
        (HUNDREDTHS, {"dtype": "int16", "scale_factor": np.float32(0.01)}, {"v": 1e-5}),
        (LINE, {"dtype": "int16", "scale_factor": np.float32(100 / 299)}, {"v": 1e-7}),
        (np.array([1.0, np.inf]), {"dtype": "int8", "scale_factor": 1.0}, {}),
    ],
)
def test_a_packing_is_no_excuse_for_errors(tmp_path, values, packing, bounds):
    """Whatever the range of its type."""
    dataset = xarray.Dataset({"v": ("x", values, {}, {"_FillValue": None, **packing})})
    with pytest.raises(ValueError, match="v: its encoding"):
        foresz.to_file(dataset, tmp_path / "x.fsz", bounds=bounds)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_packings_may_round(tmp_path, kind):
    """Numbers that are those of a packing up to the last bits."""
    scale, offset = np.array([0.1, 273.15], kind)
    packing = {"dtype": "int16", "scale_factor": scale, "add_offset": offset}
    values = (np.arange(-150, 150) * np.longdouble(scale) + offset).astype(kind)
    dataset = xarray.Dataset({"v": ("x", values, {}, {"_FillValue": None, **packing})})
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        assert again.v.dtype == kind and again.v.encoding["dtype"] == "int16"
        assert float(abs(again.v - values).max()) <= 1e3 * np.finfo(kind).eps


def of_cftime(*dates):
    cftime = pytest.importorskip("cftime", reason="cftime is not installed")
    return np.array([cftime.DatetimeNoLeap(*date) for date in dates])


def test_times_lose_nothing_unless_they_are_named(tmp_path):
    days = {"dtype": "float64", "units": "days since 2000-01-01"}
    hours = np.arange(400) * np.timedelta64(3601, "s").astype("m8[ns]")
    noleap = of_cftime(*((2000, 1 + i // 28, 1 + i % 28, i % 24, 7) for i in range(300)))
    dataset = xarray.Dataset(
        {
            "date": ("x", np.datetime64("2000-01-01", "ns") + hours, {}, days),
            "lead": ("x", hours, {}, {"dtype": "float64", "units": "days"}),
            "noleap": ("y", noleap, {}, days),
            "v": ("x", np.sin(np.arange(400.0))),
        }
    )
    (tmp_path / "b.toml").write_text("['*']\nabs = 0.5")
    for bounds in ({"*": 0.5}, {"*": 0.5, "v": 0.2}, tmp_path / "b.toml"):
        foresz.to_file(dataset, tmp_path / "x.fsz", bounds=bounds)
        with foresz.open(tmp_path / "x.fsz") as stream:
            for name in ("date", "lead", "noleap"):
                assert stream[name].info.asked == (("lossless", None),), name
            assert stream["v"].info.asked[0][0] == "abs"
        times = xarray.coders.CFDatetimeCoder(use_cftime=True)
        with xarray.open_dataset(tmp_path / "x.fsz", decode_timedelta=True) as again:
            assert float(abs(again.date - dataset.date).max().astype("int64")) < 1000
            assert float(abs(again.lead - dataset.lead).max().astype("int64")) < 1000
        with xarray.open_dataset(tmp_path / "x.fsz", decode_times=times) as again:
            assert (again.noleap.values == noleap).all()
    for bounds in ({"date": 0.5}, {"*": 0.1, "date": 0.5}):
        foresz.to_file(dataset, tmp_path / "x.fsz", bounds=bounds)
        with foresz.open(tmp_path / "x.fsz") as stream:
            assert stream["date"].info.asked == (("abs", 0.5),), "named"
            assert stream["lead"].info.asked == (("lossless", None),)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        foresz.to_file(dataset[["date", "lead"]], tmp_path / "x.fsz", preset="era5")


@pytest.mark.parametrize(
    "encoding",
    [
        {"dtype": "int16", "units": "hours since 1800-01-01"},
        {"dtype": "int32", "units": "milliseconds since 1970-01-01"},
        {"dtype": "float32", "units": "days since 1800-01-01"},
        {"dtype": "float64", "units": "hours since 2020-01-01", "_FillValue": 3.0},
    ],
)
def test_an_encoding_that_does_not_keep_times_is_refused(tmp_path, encoding):
    hours = np.datetime64("2020-01-01", "ns") + np.arange(12) * np.timedelta64(1, "h")
    for values in (hours, of_cftime(*((2020, 1, 1, i) for i in range(12)))):
        for name in ("time", "since"):
            dataset = xarray.Dataset({name: ("time", values)})
            dataset[name].encoding = encoding
            with pytest.raises(ValueError, match=f"{name}: its encoding .* its times: 2020.*dtype"):
                foresz.to_file(dataset, tmp_path / "x.fsz", bounds={})
            assert os.listdir(tmp_path) == []
            dataset[name].encoding = {}
            foresz.to_file(dataset, io.BytesIO(), bounds={})
    lead = xarray.Dataset({"lead": ("x", hours - hours[0] + np.timedelta64(4000, "D"))})
    lead.lead.encoding = {"dtype": "int16", "units": "hours"}
    with pytest.raises(ValueError, match="lead: its encoding .*int16"):
        foresz.to_file(lead, tmp_path / "x.fsz", bounds={})


def test_times_that_are_kept_are_not_refused(tmp_path):
    """Single ones and none, with gaps, of any resolution and calendar, and bounds of cells."""
    start = np.datetime64("1999-12-31T23:00:01", "s")
    times = start + np.arange(6) * np.timedelta64(7, "h")
    gaps = times.astype("M8[ns]")
    gaps[2] = np.datetime64("NaT")
    hours = {"units": "hours since 0001-01-01", "dtype": "float64"}
    dataset = xarray.Dataset(
        {
            "bounds": (("time", "nv"), np.stack([times, times], 1)),
            "one": ((), times[0]),
            "none": ("nothing", times[:0]),
            "gaps": ("time", gaps, {}, {"units": "days since 1800-01-01", "dtype": "float64"}),
            "noleap": ("time", times, {}, {"calendar": "noleap", "units": "days since 1900-01-01"}),
            "early": ("time", of_cftime(*((3, 1, 1 + i, i) for i in range(6))), {}, hours),
            "other": ("time", of_cftime(*((2003, 1, 1 + i) for i in range(6)))),
            "far": ((), np.datetime64("9000-01-01T03:00:00", "s")),
            "packed": ("time", times, {}, {"dtype": "int32", "scale_factor": 0.5}),
        },
        {"time": ("time", times, {"bounds": "bounds"}, {"units": "seconds since 1970-01-01"})},
    )
    dataset.other.encoding = {"calendar": "360_day", "units": "days since 2000-01-01"}
    dataset.packed.encoding["units"] = "seconds since 1999-01-01"
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"*": 1})
    with xarray.open_dataset(tmp_path / "x.fsz", decode_times=False) as again:
        assert set(again.variables) == set(dataset.variables)
    seconds = xarray.coders.CFDatetimeCoder(time_unit="s")
    with xarray.open_dataset(tmp_path / "x.fsz", decode_times=seconds) as again:
        for name in ("time", "bounds", "one", "far", "packed"):
            assert np.array_equal(again[name], dataset[name]), name


@pytest.mark.parametrize("length", [3, 7])
def test_characters_have_a_dimension_of_their_own(tmp_path, length):
    """Whatever the dimensions and variables of the data set are called."""
    dataset = xarray.Dataset(
        {
            "code": ("x", np.array([b"abc", b"de"])),
            "twice": ("string3", np.array([b"abc"] * length)),
            "values": ("string3", np.arange(float(length))),
            "string2": ("x", [1.0, 2.0]),
            "short": ("x", np.array([b"ab", b"c"])),
            "one": ("x", np.array([b"a", b"b"]), {}, {"char_dim_name": "letters"}),
            "two": ("x", np.array([b"ab", b"b"]), {}, {"char_dim_name": "letters"}),
        }
    )
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        again.load()
        assert again.equals(dataset)
        foresz.to_file(again, tmp_path / "y.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "y.fsz") as again:
        assert again.equals(dataset)


@pytest.mark.parametrize("growing", ["time", ["time"], {"time"}, None, ()])
def test_dimensions_grow_that_are_said_to(tmp_path, growing):
    dataset = xarray.Dataset({"v": (("time", "t"), np.zeros((2, 3)))})
    dataset.encoding["unlimited_dims"] = growing
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        found = again.encoding.get("unlimited_dims", set())
    assert set(found) == ({"time"} if growing else set())


@pytest.mark.filterwarnings("ignore:coordinate 'cell area' has a space")
def test_coordinates_lose_nothing_whatever_their_names(tmp_path):
    area = np.random.default_rng(3).normal(size=400)
    dataset = xarray.Dataset(
        {"v": ("x", area, {}, {"coordinates": None})},
        {"cell area": ("x", area), "area:": ("x", area), "area": ("x", area)},
    )
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"*": 0.5})
    with foresz.open(tmp_path / "x.fsz") as stream:
        assert np.abs(stream["v"][...] - area).max() > 0
        for name in dataset.coords:
            assert np.array_equal(stream[name][...], area), name


def test_bounds_are_on_what_numbers_mean(dataset, tmp_path):
    """Floating-point numbers that stand for others would get a bound of their own."""
    dataset.double.encoding = {"dtype": "float64", "scale_factor": 4.0}
    with pytest.raises(ValueError, match=r"double: .*scale_factor=4\.0.*bound would be"):
        foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"double": 0.1})
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        assert again.double.equals(dataset.double)
        assert again.double.encoding["scale_factor"] == 4.0


def test_fill_values_come_back_exactly(dataset, tmp_path):
    dataset.sst.encoding = {"_FillValue": np.float32(-999.99)}
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"sst": 0.1})
    with foresz.open(tmp_path / "x.fsz") as stream:
        values = stream["sst"][...]
        assert (values[np.isnan(dataset.sst.values)] == np.float32(-999.99)).all()
        assert stream["sst"].attributes["_FillValue"] == np.float32(-999.99)
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        assert np.array_equal(np.isnan(again.sst), np.isnan(dataset.sst))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ds: ds.assign(x=("lat", np.zeros(30, "float16"))), "x holds float16.*float32"),
        (lambda ds: ds.assign(x=("lat", np.zeros(30, "complex64"))), "x holds complex64"),
        (lambda ds: ds.assign(x=("lat", np.array([{}] * 30))), "x holds object"),
        (lambda ds: ds.assign(x=("lat", np.array([None, "a"] * 15))), "x holds .*without gaps"),
        (lambda ds: ds.assign({3: ("lat", np.zeros(30))}), "variable 3 is no text"),
        (lambda ds: ds.assign({"a/": ("lat", np.zeros(30))}), "'a/' cannot be called so"),
        (lambda ds: ds.assign_attrs(x=None), "attribute 'x' of the data set is None"),
        (lambda ds: ds.assign_attrs(x={"y": 1}), "attribute 'x' of the data set"),
        (lambda ds: ds.assign(b=ds.one.assign_attrs(x=True)), "attribute 'x' of b is True"),
        (lambda ds: ds.stack(both=("lat", "lon")), "both"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(dataset, tmp_path, change, reason):
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=reason):
        foresz.to_file(change(dataset), tmp_path / "x.fsz", bounds={"t2m": 0.05})
    assert os.listdir(tmp_path) == []


def test_groups_are_parts_of_names(packed, run, tmp_path):
    netCDF4 = pytest.importorskip("netCDF4", reason="netCDF4 writes the original")
    with netCDF4.Dataset(packed, "a") as file:
        group = file.createGroup("deep")
        group.createVariable("more", "f4", ("lat", "lon"))[:] = 1.5
    done = run("compress", packed, "--all", "--lossless", "-o", tmp_path / "x.fsz")
    assert done.returncode == 0, done.stderr
    with xarray.open_dataset(tmp_path / "x.fsz") as dataset:
        foresz.to_file(dataset, tmp_path / "y.fsz", bounds={})
    done = run("decompress", tmp_path / "y.fsz", "-o", tmp_path / "y.nc")
    assert done.returncode == 0, done.stderr
    with xarray.open_dataset(tmp_path / "y.nc", group="deep") as group:
        assert (group.more == 1.5).all()


def test_what_makes_no_sense_is_refused(dataset, tmp_path):
    path = tmp_path / "x.fsz"
    with pytest.raises(ValueError, match="names t3m.*there are: "):
        foresz.to_file(dataset, path, bounds={"t3m": 1})
    with pytest.raises(ValueError, match="preset="):
        foresz.to_file(dataset, path)
    with pytest.raises(TypeError, match="data set of xarray"):
        foresz.to_file(np.zeros(3), path, bounds={})
    with pytest.raises(FileNotFoundError):
        foresz.to_file(dataset, tmp_path / "nowhere" / "x.fsz", bounds={})
    assert os.listdir(tmp_path) == []


def test_errors_of_dask_come_out_as_they_are(dataset, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")

    def broken(block):
        raise ConnectionResetError("the network is gone")

    lazy = dataset.chunk(time=4)
    lazy["t2m"] = lazy.t2m.copy(
        data=lazy.t2m.data.map_blocks(broken, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    )
    (tmp_path / "x.fsz").write_bytes(b"older")
    with pytest.raises(ConnectionResetError, match="network"):
        foresz.to_file(lazy, tmp_path / "x.fsz", bounds={"t2m": 0.05})
    assert (tmp_path / "x.fsz").read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["x.fsz"]


def test_bounds_of_files_and_presets(dataset, tmp_path):
    (tmp_path / "b.toml").write_text("[t2m]\nabs = 0.2\n['*']\npsnr = 70\n")
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds=tmp_path / "b.toml")
    with foresz.open(tmp_path / "x.fsz") as stream:
        assert stream["t2m"].info.asked == (("abs", 0.2),)
        assert stream["double"].info.asked == (("psnr", 70.0),)
        assert stream["lat"].info.asked == (("lossless", None),)
    with pytest.warns(foresz.LossWarning, match="era5 does not know double"):
        foresz.to_file(dataset, tmp_path / "x.fsz", preset="era5", bounds={"sst": 0.3})
    with foresz.open(tmp_path / "x.fsz") as stream:
        assert stream["t2m"].info.asked == (("abs", 0.05),)
        assert stream["sst"].info.asked == (("abs", 0.3),)


def test_levels_get_bounds_of_their_own(field, tmp_path):
    q = np.abs(field) * np.float32(1e-6)
    levels = xarray.Dataset(
        {"q": (("level", "lat", "lon"), q, {"units": "kg kg**-1"})},
        {"level": ("level", np.linspace(10, 1000, 12), {"units": "hPa"})},
    )
    foresz.to_file(levels, tmp_path / "x.fsz", preset="era5")
    with foresz.open(tmp_path / "x.fsz") as stream:
        assert {mode for mode, _ in stream["q"].info.asked} == {"pw-rel", "abs"}


def test_a_second_pass_warns_and_is_told(dataset, tmp_path, run):
    foresz.to_file(dataset, tmp_path / "x.fsz", bounds={"t2m": 0.05})
    with xarray.open_dataset(tmp_path / "x.fsz") as again:
        with pytest.warns(foresz.LossWarning, match=r"t2m: .*before.*absolute 0\.05"):
            foresz.to_file(again, tmp_path / "y.fsz", bounds={"t2m": 0.1})
        # What is kept as it is needs no warning, but says what was lost.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            foresz.to_file(again, tmp_path / "z.fsz", bounds={})
    with xarray.open_dataset(tmp_path / "z.fsz") as copy:
        assert copy.t2m.attrs["foresz_bound"] == "absolute 0.05"
    done = run("decompress", tmp_path / "y.fsz", "-o", tmp_path / "y.nc")
    assert done.returncode == 0, done.stderr
    with xarray.open_dataset(tmp_path / "y.nc") as back:
        assert back.t2m.attrs["foresz_bound"] == "absolute 0.1; before that absolute 0.05"


def test_the_accessor(dataset, tmp_path):
    import foresz.xarray

    dataset.foresz.to_file(tmp_path / "x.fsz", bounds={"t2m": 0.05})
    dataset.t2m.foresz.to_file(tmp_path / "t2m.fsz", preset="era5")
    with xarray.open_dataset(tmp_path / "t2m.fsz") as one:
        assert set(one.data_vars) == {"t2m"} and "lat" in one.coords
    assert dataset.foresz.strip_encoding().identical(dataset)
    assert foresz.xarray.ForeszAccessor.__doc__


def test_foresz_is_light():
    """Importing it imports no xarray, and so makes no accessor."""
    code = "import sys, foresz; print([m for m in ('xarray', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_many_files_open_as_one(dataset, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")
    for i in range(3):
        part = dataset.isel(time=slice(4 * i, 4 * i + 4))
        foresz.to_file(part, tmp_path / f"{i}.fsz", bounds={"t2m": 0.05}, chunk=(2, 30, 48))
    options = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}
    with xarray.open_mfdataset(str(tmp_path / "*.fsz"), engine="foresz", **options) as joined:
        assert joined.time.equals(dataset.time)
        assert joined.t2m.chunks[0] == (2,) * 6
        assert float(abs(joined.t2m.astype("f8") - dataset.t2m).max()) <= 0.05
        assert joined.time.encoding["calendar"] == dataset.time.dt.calendar
