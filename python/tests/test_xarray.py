"""The engine for xarray, beside the original file opened with its own engine."""

import io
import pickle

import foresz
import numpy as np
import pytest

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
pytest.importorskip("netCDF4", reason="netCDF4 writes the originals")


@pytest.fixture
def files(tmp_path, field, run):
    """A NetCDF file and its stream."""
    noise = field[:, ::2, ::2].copy()
    noise[2, 3, 4] = np.nan
    original = xarray.Dataset(
        {
            "t2m": (("time", "lat", "lon"), field, {"units": "K", "long_name": "2 m temperature"}),
            "sst": (("time", "y", "x"), noise),
            "flag": (("lat", "lon"), (field[0] > 280).astype("int8")),
            "station": (("lat",), np.array([f"s{i}" for i in range(30)])),
        },
        {
            "time": xarray.date_range(
                "2020-02-27", periods=12, freq="6h", calendar="noleap", use_cftime=True
            ),
            "lat": np.linspace(60, 31, 30),
            "lon": np.arange(48.0) * 0.25,
        },
        {"title": "made up", "version": np.int32(3)},
    )
    original.to_netcdf(tmp_path / "x.nc")
    stream = tmp_path / "x.fsz"
    done = run("compress", tmp_path / "x.nc", "--all", "--abs", "0.05", "-o", stream)
    assert done.returncode == 0, done.stderr
    return tmp_path / "x.nc", stream


def test_data_sets_are_those_of_the_original(files):
    with xarray.open_dataset(files[0]) as original, xarray.open_dataset(files[1]) as ours:
        assert set(ours.variables) == set(original.variables)
        assert dict(ours.sizes) == dict(original.sizes)
        assert set(ours.coords) == set(original.coords)
        for name in ("time", "lat", "lon", "flag", "station"):
            assert ours[name].equals(original[name]), name
        for name in ("t2m", "sst"):
            assert np.array_equal(np.isnan(ours[name]), np.isnan(original[name]))
            assert float(abs(ours[name].astype("f8") - original[name]).max()) <= 0.05
            assert set(original[name].attrs.items()) <= set(ours[name].attrs.items())
        assert ours.time.encoding["calendar"] == "noleap"
        assert ours.attrs["title"] == "made up" and ours.attrs["version"] == 3


def test_parts_are_parts_of_the_whole(files):
    with xarray.open_dataset(files[1]) as ours:
        whole = ours.t2m.values
    with xarray.open_dataset(files[1]) as ours:
        assert np.array_equal(ours.t2m[3:9:2, ::-3, 5], whole[3:9:2, ::-3, 5])
        assert np.array_equal(
            ours.t2m.isel(lat=[5, 2], lon=[1, 1, 7]), whole[:, [5, 2]][:, :, [1, 1, 7]]
        )
        assert np.array_equal(ours.t2m.sel(lat=60.0, method="nearest"), whole[:, 0])


class Counting(io.BytesIO):
    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


def test_nothing_is_read_before_it_is_needed(field):
    stream = foresz.compress(field, 0.001, chunk=(1, 30, 48), dims=("time", "lat", "lon"))
    file = Counting(stream)
    ours = xarray.open_dataset(file)
    opened = file.taken
    ours.data[7].load()
    assert file.taken - opened < len(stream) / 4
    assert ours.data.encoding["preferred_chunks"] == {"time": 1, "lat": 30, "lon": 48}


def test_dask_takes_our_chunks(tmp_path, field):
    pytest.importorskip("dask", reason="dask is not installed")
    path = tmp_path / "x.fsz"
    path.write_bytes(foresz.compress(field, 0.05, chunk=(4, 30, 48), dims=("time", "y", "x")))
    with xarray.open_dataset(path, chunks={}) as ours:
        assert ours.data.chunks == ((4, 4, 4), (30,), (48,))
        again = pickle.loads(pickle.dumps(ours))
        mean = again.data.mean("time").compute(scheduler="processes", num_workers=2)
        assert np.allclose(mean, foresz.decompress(path.read_bytes()).mean(0))


def test_other_files_are_left_to_other_engines(tmp_path):
    from foresz.xarray import ForeszBackend

    engine = ForeszBackend()
    assert engine.guess_can_open("a/b.fsz") and not engine.guess_can_open("a/b.nc")
    assert engine.guess_can_open(io.BytesIO(foresz.compress(np.ones(9), 1)))
    assert not engine.guess_can_open(io.BytesIO(b"CDF\x01")) and not engine.guess_can_open(3)
    assert "foresz" in xarray.backends.list_engines()
