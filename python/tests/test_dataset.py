"""Open streams, of single fields and of data sets."""

import io
import itertools
import pickle
import threading

import foresz
import numpy as np
import pytest


@pytest.fixture
def path(field, tmp_path):
    path = tmp_path / "field.fsz"
    attributes = {"units": "K"}
    dims = ("time", "lat", "lon")
    path.write_bytes(
        foresz.compress(field, 0.05, chunk=(4, 15, 48), dims=dims, attributes=attributes)
    )
    return path


class Counting(io.BytesIO):
    """A file that knows how much of it was read."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


def test_variables_slice_like_arrays(path):
    whole = foresz.decompress(path.read_bytes())
    with foresz.open(path) as dataset:
        variable = dataset["data"]
        assert (variable.shape, variable.dtype) == (whole.shape, whole.dtype)
        assert variable.dims == ("time", "lat", "lon") and variable.chunk == (4, 15, 48)
        assert dataset.dims == {"time": 12, "lat": 30, "lon": 48}
        assert variable.attributes["units"] == "K"
        parts = [3, -1, slice(None), slice(2, 9, 3), slice(8, 2, -2), slice(5, 5), np.int64(2)]
        for key in itertools.product(parts, parts, [slice(None), -4, slice(None, None, -5)]):
            expected = whole[key]
            assert np.array_equal(variable[key], expected), key
            assert np.shape(variable[key]) == expected.shape
        for key in [..., 4, (..., 3), (3, ..., slice(1, 2)), (1, 2, 3, ...)]:
            assert np.array_equal(variable[key], whole[key])
        assert np.array_equal(np.asarray(variable), whole)
        assert variable.info.ratio > 1 and len(variable) == 12


@pytest.mark.parametrize(
    "key", [(0, 0, 0, 0), 99, -13, (..., ...), None, True, 1.5, "x", [1, 2], np.ones(12, bool)]
)
def test_other_indices_are_refused(path, key):
    with foresz.open(path) as dataset, pytest.raises(IndexError):
        dataset["data"][key]


def test_a_part_reads_a_part_of_the_file(path):
    file = Counting(path.read_bytes())
    dataset = foresz.open(file)
    opened = file.taken
    assert dataset["data"][5, 20, 7:9].shape == (2,)
    assert file.taken - opened < len(file.getvalue()) / 3
    assert np.array_equal(dataset["data"][...], foresz.decompress(file.getvalue()))


def test_errors_of_the_file_come_out_as_they_are():
    class Broken(io.BytesIO):
        broken = False

        def read(self, size=-1):
            if self.broken:
                raise ConnectionResetError("the network is gone")
            return super().read(size)

    # Longer than what is read of the end when it is opened.
    values = np.random.default_rng(0).normal(size=9000)
    file = Broken(foresz.compress(values, mode="lossless"))
    dataset = foresz.open(file)
    file.broken = True
    with pytest.raises(ConnectionResetError, match="network"):
        dataset["data"][...]


def test_what_cannot_be_opened(path, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        foresz.open(tmp_path / "nowhere.fsz")
    assert caught.value.filename.endswith("nowhere.fsz")
    with pytest.raises(TypeError, match="path"):
        foresz.open(7)
    (tmp_path / "cut.fsz").write_bytes(path.read_bytes()[:-20])
    with pytest.raises(foresz.CorruptError):
        foresz.open(tmp_path / "cut.fsz")
    with pytest.raises((ValueError, TypeError)):
        foresz.open(io.StringIO("text"))
    with foresz.open(path) as dataset:
        variable = dataset["data"]
        with pytest.raises(KeyError, match="there are: data"):
            dataset["t2m"]
    with pytest.raises(ValueError, match="closed"):
        variable[0]


def test_an_open_stream_can_be_sent_to_another_process(path):
    dataset = foresz.open(path, threads=1)
    again = pickle.loads(pickle.dumps(dataset))
    assert np.array_equal(again["data"][3], dataset["data"][3])
    variable = pickle.loads(pickle.dumps(dataset["data"]))
    assert np.array_equal(variable[3], dataset["data"][3])


def test_many_threads_read_one_file(path):
    whole = foresz.decompress(path.read_bytes())
    for source in (path, io.BytesIO(path.read_bytes())):
        variable, wrong = foresz.open(source)["data"], []

        def read(i, variable=variable, wrong=wrong):
            if not np.array_equal(variable[i], whole[i]):
                wrong.append(i)

        threads = [threading.Thread(target=read, args=(i % 12,)) for i in range(48)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not wrong


def test_variables_are_verified(path, field):
    with foresz.open(path) as dataset:
        assert dataset["data"].verify(field).kept
        assert not dataset["data"].verify(field + 1).kept


def test_a_data_set_of_several_variables(run, tmp_path):
    """Written by the command, from an archive of arrays."""
    zarr = pytest.importorskip("zarr", minversion="3.1.6", reason="zarr writes the original")
    root = zarr.open_group(tmp_path / "in.zarr", mode="w", zarr_format=2)
    values = {
        "t2m": np.random.default_rng(1).normal(280, 5, (6, 10, 20)).astype("float32"),
        "lat": np.linspace(60, 51, 10),
        "step": np.arange(6, dtype="int64"),
    }
    dims = {"t2m": ["step", "lat", "lon"], "lat": ["lat"], "step": ["step"]}
    for name, data in values.items():
        array = root.create_array(name, data=data)
        array.attrs["_ARRAY_DIMENSIONS"] = dims[name]
    root["t2m"].attrs["units"] = "K"
    stream = tmp_path / "out.fsz"
    done = run("compress", tmp_path / "in.zarr", "--all", "--abs", "0.05", "-o", stream)
    assert done.returncode == 0, done.stderr
    with foresz.open(stream) as dataset:
        assert set(dataset) == set(values)
        assert dataset["t2m"].dims == ("step", "lat", "lon")
        assert dataset["t2m"].attributes["units"] == "K"
        assert np.abs(dataset["t2m"][...] - values["t2m"]).max() <= 0.05
        assert np.array_equal(dataset["lat"][...], values["lat"])
        assert dataset["step"].dtype == "int64" and dataset["step"][4] == 4
        assert dataset["t2m"].verify(values["t2m"]).kept
        assert "t2m (step: 6, lat: 10, lon: 20) float32" in repr(dataset)
    data = stream.read_bytes()
    for call in (
        foresz.decompress,
        foresz.inspect,
        lambda data: foresz.verify(data, values["t2m"]),
    ):
        with pytest.raises(ValueError, match=r"3 variables; open it with foresz\.open") as caught:
            call(data)
        assert not isinstance(caught.value, foresz.CorruptError)
