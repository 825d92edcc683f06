"""Encodings for xarray's writers, held against what the writers make of them."""

import sys
import types
import warnings

import foresz
import numpy as np
import pytest

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
zarr = pytest.importorskip("zarr", minversion="3.0.8", reason="zarr 3 is not installed")


@pytest.fixture
def dataset(field):
    """Data of several kinds, coordinates, a mask and a packed variable."""
    rain = np.maximum(field - 285, 0) * np.float32(1e-3)
    holes = field.copy()
    holes[:, 3:6, 7:9] = np.nan
    dims = ("time", "lat", "lon")
    dataset = xarray.Dataset(
        {
            "t2m": (dims, field, {"units": "K", "long_name": "2 m temperature"}),
            "tp": (dims, rain, {"units": "m"}),
            "sst": (dims, holes, {"units": "K"}),
            "count": (dims, (field * 10).astype("int32")),
            "mask": (("lat", "lon"), field[0] > 280),
            "other": (dims, field.astype("float64") / 7),
        },
        {
            "time": xarray.date_range("2020-01-01", periods=12, freq="6h"),
            "lat": np.linspace(60, 31, 30),
            "lon": np.arange(48.0) * 0.25,
            "height": 2.0,
        },
    )
    dataset.time.encoding = {"units": "hours since 1900-01-01", "dtype": "int64"}
    dataset.sst.encoding = {"_FillValue": np.float32(-999.99), "dtype": "float32"}
    return dataset


BOUNDS = {"t2m": 0.05, "tp": {"abs": 1e-4, "keep_zeros": True, "non_negative": True}, "sst": 0.1}


def check(dataset, again):
    """What a bound was given for keeps it, and the rest is the same to the bit."""
    for name, bound in [("t2m", 0.05), ("tp", 1e-4), ("sst", 0.1)]:
        difference = again[name].values.astype("f8") - dataset[name].values
        assert np.nanmax(np.abs(difference)) <= bound, name
        assert again[name].dtype == dataset[name].dtype
        assert np.array_equal(np.isnan(again[name]), np.isnan(dataset[name])), name
    assert np.nanmax(np.abs(again.t2m - dataset.t2m)) > 0
    assert (again.tp.values >= 0).all()
    assert (again.tp.values[dataset.tp.values == 0] == 0).all()
    for name in ("count", "mask", "other", "time", "lat", "lon", "height"):
        assert again[name].equals(dataset[name]), name
        assert again[name].dtype == dataset[name].dtype, name


@pytest.mark.parametrize("form", ["zarr", "zarr2"])
def test_stores_keep_the_bounds(dataset, tmp_path, form):
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks={"time": 5}, format=form)
    assert set(encoding) == set(dataset.variables)
    version = {"zarr": 3, "zarr2": 2}[form]
    path = tmp_path / "x.zarr"
    foresz.marked(dataset, encoding).to_zarr(
        path, encoding=encoding, zarr_format=version, consolidated=False
    )
    with xarray.open_zarr(path, consolidated=False) as again:
        again.load()
        check(dataset, again)
        assert again.t2m.attrs["foresz_bound"] == "absolute 0.05"
        assert "foresz_bound" not in again.other.attrs
        assert again.time.encoding["units"] == "hours since 1900-01-01"
        assert again.sst.encoding["_FillValue"] == np.float32(-999.99)
        assert again.t2m.encoding["chunks"] == (5, 30, 48)
    group = zarr.open_group(path, mode="r")
    codec = group["t2m"].serializer if version == 3 else group["t2m"].compressors[0]
    assert "foresz" in repr(codec).lower()
    # The value that marks missing ones is there to the bit.
    raw = group["sst"][:]
    assert (raw[:, 3:6, 7:9] == np.float32(-999.99)).all()


def test_presets_are_those_of_the_command(dataset):
    with pytest.warns(foresz.LossWarning, match="era5 does not know other"):
        encoding = foresz.encoding(dataset, preset="era5")
    codecs = {name: keys["serializer"] for name, keys in encoding.items() if "serializer" in keys}
    config = {name: codec.config.to_json() for name, codec in codecs.items()}
    assert set(config) == {"t2m", "tp", "sst"}
    assert config["t2m"]["bound"] == 0.05 and config["sst"]["bound"] == 0.02
    assert config["tp"]["least"] == 0 and config["tp"]["keep"] == [0]
    with pytest.raises(ValueError, match="era5-archive, era5, era5-loose"):
        foresz.encoding(dataset, preset="era6")
    # Bounds come before those of the preset.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoding = foresz.encoding(dataset, preset="era5", bounds={"t2m": 1, "other": 2})
    assert encoding["t2m"]["serializer"].config.to_json()["bound"] == 1
    dataset.t2m.attrs["units"] = "furlong"
    with pytest.raises(ValueError, match="t2m is in .*furlong"):
        foresz.encoding(dataset, preset="era5")


def test_bounds_by_level_are_for_streams(field):
    levels = xarray.Dataset(
        {"q": (("level", "lat", "lon"), np.abs(field) * 1e-6, {"units": "kg kg**-1"})},
        {"level": ("level", np.linspace(10, 1000, 12), {"units": "hPa"})},
    )
    with pytest.raises(ValueError, match=r"q: the preset has bounds by level .*to_file"):
        foresz.encoding(levels, preset="era5")
    assert "serializer" in foresz.encoding(levels, preset="era5", bounds={"q": 1e-6})["q"]


@pytest.mark.parametrize(
    ("asked", "error", "reason"),
    [
        ({}, ValueError, "preset='era5'"),
        ({"bounds": {"t3m": 1}}, ValueError, "names t3m.*there are: .*t2m"),
        ({"bounds": {"t2m": -1}}, ValueError, "positive"),
        ({"bounds": {"t2m": np.nan}}, ValueError, "positive"),
        ({"bounds": {"t2m": "0.1"}}, TypeError, "bound of t2m must be a number"),
        ({"bounds": {"t2m": {"abs": 1, "psnr": 60}}}, ValueError, "it has 2"),
        ({"bounds": {"t2m": {"relative": 1}}}, ValueError, "relative"),
        ({"bounds": {3: 1}}, TypeError, "texts"),
        ({"bounds": 0.05}, TypeError, "mapping"),
        ({"bounds": BOUNDS, "format": "hdf"}, ValueError, "zarr, zarr2, netcdf"),
        ({"bounds": BOUNDS, "chunks": {"x": 3}}, ValueError, "chunks names x; .*time"),
        ({"bounds": BOUNDS, "chunks": {"lat": 0}}, ValueError, "is 0"),
        ({"bounds": BOUNDS, "chunks": {"lat": 2.5}}, TypeError, "whole number"),
        ({"bounds": BOUNDS, "chunks": 5}, TypeError, "by dimension"),
        ({"bounds": BOUNDS, "shards": {"time": 4}, "format": "zarr2"}, ValueError, "Zarr 3"),
        (
            {"bounds": BOUNDS, "chunks": {"time": 5}, "shards": {"time": 12}},
            ValueError,
            "12 along time are no multiple of its chunks of 5",
        ),
        ({"bounds": BOUNDS, "chunks": {"time": 1 << 20}}, ValueError, "2 GiB"),
        ({"bounds": BOUNDS, "mode": "pw-rel"}, TypeError, "no option mode; there are: effort"),
        ({"bounds": BOUNDS, "keep": 0, "least": 0}, TypeError, "no option keep, least"),
        ({"bounds": BOUNDS, "fill": 9, "dims": "x"}, TypeError, "no option fill, dims"),
        ({"bounds": {}, "efort": "best"}, TypeError, "no option efort"),
        ({"bounds": {"lat": 0.1}}, ValueError, "bounds names lat, which is kept exactly"),
        ({"bounds": {"count": {"abs": 5}}}, ValueError, "bounds names count, which is kept"),
        ({"bounds": {"height": 0.1}}, ValueError, "bounds names height, which is kept"),
    ],
)
def test_what_makes_no_sense_is_refused(dataset, asked, error, reason):
    with pytest.raises(error, match=reason):
        foresz.encoding(dataset, **asked)


def test_options_of_the_codec_go_along(dataset):
    encoding = foresz.encoding(dataset, bounds={"t2m": 1}, effort="fast", rewritable=True)
    config = encoding["t2m"]["serializer"].config.to_json()
    assert config["effort"] == "fast" and config["rewritable"] is True


def test_what_is_lossless_may_be_named(dataset):
    bounds = {"t2m": 1, "lat": {"lossless": True}, "count": {"lossless": True}}
    assert foresz.encoding(dataset, bounds=bounds).lost == {"t2m": "absolute 1"}


def test_coordinates_may_have_any_name():
    dims = ("y", "x")
    data = xarray.Dataset(
        {"temp": (dims, np.ones((3, 4))), "my": (dims, np.ones((3, 4)))},
        {"my temp": (dims, np.ones((3, 4))), "a:": (dims, np.ones((3, 4)))},
    )
    assert set(foresz.encoding(data, bounds={"*": 0.1}).lost) == {"temp", "my"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("coordinates", "other lat2"),
        ("bounds", "other"),
        ("grid_mapping", "other"),
        ("ancillary_variables", "other"),
        ("cell_measures", "area: other"),
    ],
)
@pytest.mark.parametrize("place", ["attrs", "encoding"])
def test_what_is_named_is_kept(dataset, key, value, place):
    getattr(dataset.t2m, place)[key] = value
    lost = foresz.encoding(dataset, bounds={"*": 0.1}).lost
    assert set(lost) == {"t2m", "tp", "sst"}


def test_what_the_data_set_names_is_kept(dataset):
    dataset.attrs["coordinates"] = "other sst"
    assert set(foresz.encoding(dataset, bounds={"*": 0.1}).lost) == {"t2m", "tp"}


def test_trees_are_refused(dataset):
    tree = xarray.DataTree(dataset, children={"a": xarray.DataTree(dataset)})
    encoding = foresz.encoding(dataset, bounds=BOUNDS)
    calls = [
        lambda: foresz.encoding(tree, bounds=BOUNDS),
        lambda: foresz.strip_encoding(tree),
        lambda: foresz.marked(tree, encoding),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"DataTree: call it for each node: node.to_dataset"):
            call()
    assert foresz.encoding(tree["a"].to_dataset(), bounds=BOUNDS).lost == encoding.lost


@pytest.mark.parametrize(
    ("missing", "fills"), [([1e20, -9.0], [1e20, -9]), ("NaN", None), (["a", "b"], None)]
)
def test_several_missing_values_and_texts(dataset, missing, fills):
    dataset.other.attrs["missing_value"] = missing
    encoding = foresz.encoding(dataset, bounds={"other": 0.1})
    assert encoding["other"]["serializer"].config.to_json().get("fill") == fills


def test_chunks_of_unknown_sizes_are_named():
    da = pytest.importorskip("dask.array", reason="dask is not installed")
    array = da.arange(20.0, chunks=10)
    data = xarray.Dataset({"a": ("x", array[array >= 0])})
    with pytest.raises(ValueError, match="a: its chunks have unknown sizes"):
        foresz.encoding(data, bounds={"a": 0.1})
    data["a"].data.compute_chunk_sizes()
    assert foresz.encoding(data.assign(), bounds={"a": 0.1})["a"]["chunks"] == (10,)


def test_half_precision_is_refused_under_a_bound_and_kept_without(dataset, tmp_path):
    dataset["half"] = dataset.t2m.astype("float16")
    with pytest.raises(TypeError, match="half holds float16"):
        foresz.encoding(dataset, bounds={"half": 1})
    encoding = foresz.encoding(dataset, bounds=BOUNDS)
    dataset.to_zarr(tmp_path / "x.zarr", encoding=encoding, consolidated=False)
    with xarray.open_zarr(tmp_path / "x.zarr", consolidated=False) as again:
        assert again.half.equals(dataset.half)


def test_chunks_follow_dask(dataset, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")
    lazy = dataset.chunk(time=4, lat=-1, lon=24)
    encoding = foresz.encoding(lazy, bounds=BOUNDS)
    assert encoding["t2m"]["chunks"] == (4, 30, 24)
    lazy.to_zarr(tmp_path / "x.zarr", encoding=encoding, consolidated=False)
    with xarray.open_zarr(tmp_path / "x.zarr", consolidated=False) as again:
        check(dataset, again.load())
    assert foresz.encoding(lazy, bounds=BOUNDS, chunks={"time": 2})["t2m"]["chunks"] == (2, 30, 24)
    for chunks in ({"time": 3}, {"time": 5}, {"time": 12}, {"lon": 36}):
        with pytest.raises(ValueError, match=r"do not divide the blocks of dask.*ds\.chunk"):
            foresz.encoding(lazy, bounds=BOUNDS, chunks=chunks)
    with pytest.raises(ValueError, match=r"blocks of dask along time are 3, 4, 5 long"):
        foresz.encoding(dataset.chunk(time=(3, 4, 5)), bounds=BOUNDS)
    with pytest.raises(ValueError, match="blocks of dask along time"):
        foresz.encoding(dataset.chunk(time=(4, 8)), bounds=BOUNDS)
    # Uneven blocks are fine where chunks divide them.
    uneven = dataset.chunk(time=(4, 2, 6))
    assert foresz.encoding(uneven, bounds=BOUNDS, chunks={"time": 2})["t2m"]["chunks"][0] == 2


def test_shards(dataset, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")
    chunks, shards = {"time": 2, "lat": 10}, {"time": 4, "lat": -1}
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks=chunks, shards=shards)
    assert encoding["t2m"]["chunks"] == (2, 10, 48) and encoding["t2m"]["shards"] == (4, 30, 48)
    dataset.to_zarr(tmp_path / "x.zarr", encoding=encoding, consolidated=False)
    with xarray.open_zarr(tmp_path / "x.zarr", consolidated=False) as again:
        assert again.t2m.encoding["shards"] == (4, 30, 48)
        check(dataset, again.load())
    # A shard is what one task writes.
    with pytest.raises(ValueError, match="shards of 4 along time do not divide"):
        foresz.encoding(dataset.chunk(time=2), bounds=BOUNDS, chunks=chunks, shards=shards)


def test_stale_chunks_are_not_taken_over(dataset, tmp_path):
    """xarray keeps the chunks of the file that data came from."""
    pytest.importorskip("dask", reason="dask is not installed")
    dataset.t2m.encoding = {"chunks": (7, 7, 7), "preferred_chunks": {"time": 7}}
    lazy = dataset.chunk(time=6)
    encoding = foresz.encoding(lazy, bounds=BOUNDS)
    assert encoding["t2m"]["chunks"] == (6, 30, 48)
    lazy.to_zarr(tmp_path / "x.zarr", encoding=encoding, consolidated=False)


def test_small_arrays_that_grow(dataset, tmp_path):
    """Chunks are as long as asked for, also where the array is not yet."""
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks={"time": 4})
    path = tmp_path / "x.zarr"
    first = dataset.isel(time=slice(0, 1))
    encoding = foresz.encoding(first, bounds=BOUNDS, chunks={"time": 4})
    assert encoding["t2m"]["chunks"] == (4, 30, 48) and encoding["time"]["chunks"] == (4,)
    first.to_zarr(path, encoding=encoding, consolidated=False)
    # Chunks are rewritten as steps come: each time errors add up.
    for step in range(1, 4):
        part = dataset.isel(time=slice(step, step + 1)).drop_vars(["mask", "lat", "lon", "height"])
        part.to_zarr(path, append_dim="time", consolidated=False)
    with xarray.open_zarr(path, consolidated=False) as again:
        assert again.sizes["time"] == 4
        error = float(abs(again.t2m.astype("f8") - dataset.t2m[:4]).max())
        assert 0 < error <= 4 * 0.05


def test_appends_of_whole_chunks_keep_the_bound(dataset, tmp_path):
    path = tmp_path / "x.zarr"
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks={"time": 4})
    dataset.isel(time=slice(0, 4)).to_zarr(path, encoding=encoding, consolidated=False)
    fixed = ["mask", "lat", "lon", "height"]
    for start in (4, 8):
        part = dataset.isel(time=slice(start, start + 4)).drop_vars(fixed)
        part.to_zarr(path, append_dim="time", consolidated=False)
    with xarray.open_zarr(path, consolidated=False) as again:
        check(dataset, again.load())


def test_regions_that_share_chunks_are_refused_by_xarray(dataset, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")
    path = tmp_path / "x.zarr"
    data = dataset[["t2m"]].drop_vars(["lat", "lon", "height", "time"])
    encoding = foresz.encoding(data, bounds={"t2m": 0.05}, chunks={"time": 4})
    data.chunk(time=4).to_zarr(path, encoding=encoding, consolidated=False, compute=False)
    part = data.isel(time=slice(2, 6)).chunk(time=4)
    with pytest.raises(ValueError, match="(?i)chunk"):
        part.to_zarr(path, region={"time": slice(2, 6)}, consolidated=False)
    whole = data.isel(time=slice(4, 8)).chunk(time=4)
    whole.to_zarr(path, region={"time": slice(4, 8)}, consolidated=False)
    with xarray.open_zarr(path, consolidated=False) as again:
        assert float(abs(again.t2m[4:8] - data.t2m[4:8]).max()) <= 0.05
        # What nobody wrote is NaN, and no number.
        assert np.isnan(again.t2m[:4]).all() and np.isnan(again.t2m[8:]).all()


def test_missing_chunks_are_no_numbers(dataset, tmp_path):
    """Zarr fills them in without a word, unless it is told to raise."""
    path = tmp_path / "x.zarr"
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks={"time": 4})
    dataset.to_zarr(path, encoding=encoding, consolidated=False)
    (path / "t2m" / "c" / "1" / "0" / "0").unlink()
    with xarray.open_zarr(path, consolidated=False) as again:
        assert np.isnan(again.t2m[4:8]).all() and not np.isnan(again.t2m[:4]).any()
    if "read_missing_chunks" in zarr.config.get("array", {}):
        with (
            zarr.config.set({"array.read_missing_chunks": False}),
            xarray.open_zarr(path, consolidated=False) as again,
            pytest.raises(Exception, match="(?i)chunk"),
        ):
            again.t2m.load()


def test_a_second_pass_warns(dataset, tmp_path):
    path = tmp_path / "x.zarr"
    encoding = foresz.encoding(dataset, bounds=BOUNDS)
    dataset.to_zarr(path, encoding=encoding, consolidated=False)
    with xarray.open_zarr(path, consolidated=False) as again:
        assert "serializer" in again.t2m.encoding
        # The codec says it, though no attribute does.
        with pytest.warns(foresz.LossWarning, match=r"t2m: .*before.*absolute 0\.05"):
            encoding = foresz.encoding(again, bounds={"t2m": 0.05})
        bound = foresz.marked(again, encoding).t2m.attrs["foresz_bound"]
        assert bound == "absolute 0.05; before that absolute 0.05"
        stripped = foresz.strip_encoding(again)
        assert not {"serializer", "compressors", "chunks"} & set(stripped.t2m.encoding)
        assert stripped.t2m.attrs["foresz_bound"] == "absolute 0.05"
        assert stripped.time.encoding["units"] == "hours since 1900-01-01"
        assert stripped.sst.encoding["_FillValue"] == np.float32(-999.99)
        assert "serializer" in again.t2m.encoding, "the original is as it was"
        with pytest.warns(foresz.LossWarning, match="t2m"):
            foresz.encoding(stripped, bounds={"t2m": 0.05})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            foresz.encoding(stripped, bounds={"t2m": {"lossless": True}})
        stripped.to_zarr(tmp_path / "y.zarr", consolidated=False)
    with xarray.open_zarr(tmp_path / "y.zarr", consolidated=False) as copy:
        assert "Foresz" not in repr(copy.t2m.encoding["serializer"])
        assert copy.t2m.attrs["foresz_bound"] == "absolute 0.05"


def test_packings_are_dropped_under_a_bound(dataset, tmp_path):
    packed = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32768}
    dataset.t2m.encoding = dict(packed)
    dataset.other.encoding = dict(packed)
    encoding = foresz.encoding(dataset, bounds=BOUNDS)
    assert not set(packed) & set(encoding["t2m"])
    assert packed.items() <= encoding["other"].items()
    dataset.to_zarr(tmp_path / "x.zarr", encoding=encoding, consolidated=False)
    with xarray.open_zarr(tmp_path / "x.zarr", consolidated=False) as again:
        assert again.t2m.dtype == "float32"
        assert float(abs(again.t2m.astype("f8") - dataset.t2m).max()) <= 0.05


def test_netcdf_gets_the_filter(dataset, tmp_path, monkeypatch):
    """The keywords of the filter go along, whatever they are."""
    asked = {}

    def keywords(**options):
        asked[len(asked)] = options
        return {"compression": "gzip"}

    filters = types.ModuleType("foresz.hdf5")
    filters.filter = keywords
    monkeypatch.setitem(sys.modules, "foresz.hdf5", filters)
    monkeypatch.setattr(foresz, "hdf5", filters, raising=False)
    encoding = foresz.encoding(
        dataset, bounds=BOUNDS, chunks={"time": 40}, format="netcdf", threads=1
    )
    first = asked[0]
    assert first["bound"] == 0.05 and first["mode"] == "abs" and first["shape"] == (12, 30, 48)
    assert first["dtype"] == "float32" and "threads" not in first
    assert encoding["t2m"]["chunksizes"] == (12, 30, 48)
    assert encoding["t2m"]["compression"] == "gzip" and encoding["count"]["zlib"]
    pytest.importorskip("h5netcdf", reason="h5netcdf is not installed")
    dataset.to_netcdf(tmp_path / "x.nc", engine="h5netcdf", encoding=encoding)
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as again:
        assert again["count"].equals(dataset["count"])


def test_netcdf_keeps_the_bounds(dataset, tmp_path):
    pytest.importorskip("h5netcdf", reason="h5netcdf is not installed")
    hdf5 = pytest.importorskip("foresz.hdf5", reason="this foresz has no filter for HDF5")
    try:
        hdf5.plugin_folder()
    except FileNotFoundError:
        pytest.skip("this foresz was installed without the plugin")
    encoding = foresz.encoding(dataset, bounds=BOUNDS, chunks={"time": 5}, format="netcdf")
    foresz.marked(dataset, encoding).to_netcdf(
        tmp_path / "x.nc", engine="h5netcdf", encoding=encoding
    )
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as again:
        check(dataset, again.load())
        assert again.t2m.attrs["foresz_bound"] == "absolute 0.05"
