"""Dask with processes as workers: Zarr written and streams read where the workers are."""

import contextlib
import os
import pathlib
import signal

import foresz
import numpy as np
import pytest

distributed = pytest.importorskip("distributed", reason="distributed is not installed")
dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
xarray = pytest.importorskip("xarray", reason="xarray is not installed")
zarr = pytest.importorskip("zarr", minversion="3.0.8", reason="zarr 3.0.8 or newer is missing")
from foresz.numcodecs import Foresz
from foresz.zarr import ForeszCodec

CHUNKS = (4, 30, 48)


@contextlib.contextmanager
def cluster(method, workers):
    settings = {
        "distributed.worker.multiprocessing-method": method,
        "distributed.scheduler.allowed-failures": 3,
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as machines,
        distributed.Client(machines) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with cluster("spawn", 2) as client:
        yield client


@pytest.fixture
def dataset(field):
    coordinates = {"time": np.arange(12), "lat": np.linspace(60, 31, 30), "lon": np.arange(48.0)}
    data = da.from_array(field, chunks=CHUNKS)
    return xarray.Dataset({"t2m": (("time", "lat", "lon"), data)}, coordinates)


def encoding(**options):
    codec = ForeszCodec(0.05, **options)
    return {"t2m": {"serializer": codec, "compressors": None, "chunks": CHUNKS}}


def chunks(store):
    """The files of the chunks of the field, as they are."""
    root = pathlib.Path(store) / "t2m" / "c"
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def opened(store):
    return xarray.open_zarr(store, consolidated=False)


def test_workers_write_what_one_process_writes(client, dataset, field, tmp_path):
    dataset.to_zarr(tmp_path / "many", encoding=encoding(), consolidated=False)
    dataset.compute(scheduler="synchronous").to_zarr(
        tmp_path / "one", encoding=encoding(), consolidated=False
    )
    assert chunks(tmp_path / "many") == chunks(tmp_path / "one")
    assert len(chunks(tmp_path / "many")) == 3
    back = opened(tmp_path / "many")
    worst = np.abs(back["t2m"].astype("f8") - field).max().compute()
    assert worst <= 0.05


def write_region(store, dataset, start):
    part = dataset.isel(time=slice(start, start + CHUNKS[0])).drop_vars(["lat", "lon", "time"])
    region = {"time": slice(start, start + CHUNKS[0])}
    part.to_zarr(store, region=region, consolidated=False)
    return os.getpid()


def test_workers_write_regions(client, dataset, field, tmp_path):
    store = tmp_path / "regions"
    dataset.to_zarr(store, encoding=encoding(), compute=False, consolidated=False)
    loaded = dataset.compute()
    done = [
        client.submit(write_region, store, loaded, start, workers=[worker], pure=False)
        for start, worker in zip((0, 4, 8), sorted(client.scheduler_info()["workers"]) * 2)
    ]
    assert len(set(client.gather(done))) == 2, "both workers wrote"
    assert np.abs(opened(store)["t2m"].values.astype("f8") - field).max() <= 0.05
    for start in (0, 4, 8):
        expected = foresz.compress(field[start : start + 4], 0.05)
        assert chunks(store)[f"{start // 4}/0/0"] == expected


def test_a_region_that_cuts_chunks_is_refused(client, dataset, tmp_path):
    store = tmp_path / "regions"
    dataset.to_zarr(store, encoding=encoding(), compute=False, consolidated=False)
    part = dataset.isel(time=slice(2, 6)).drop_vars(["lat", "lon", "time"])
    with pytest.raises(ValueError, match="chunk"):
        part.to_zarr(store, region={"time": slice(2, 6)}, consolidated=False)
    assert not chunks(store), "nothing was written"


def write_and_die_once(store, dataset, start, mark):
    """The first time, leaves half a chunk behind and takes its worker along."""
    if not mark.exists():
        mark.touch()
        name = store / "t2m" / "c" / str(start // CHUNKS[0]) / "0" / "0"
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_bytes(foresz.compress(dataset["t2m"].values[:4], 0.05)[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    return write_region(store, dataset, start)


def test_tasks_of_a_killed_worker_run_again(client, dataset, field, tmp_path):
    store, mark = tmp_path / "killed", tmp_path / "mark"
    dataset.to_zarr(store, encoding=encoding(), compute=False, consolidated=False)
    loaded = client.scatter(dataset.compute(), broadcast=True)
    done = [
        client.submit(write_and_die_once, store, loaded, start, mark, pure=False)
        for start in (0, 4, 8)
    ]
    client.gather(done)
    assert mark.exists(), "a worker was killed"
    for start in (0, 4, 8):
        expected = foresz.compress(field[start : start + 4], 0.05)
        assert chunks(store)[f"{start // 4}/0/0"] == expected


def die_once(block, mark):
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return block


def test_a_write_goes_on_when_a_worker_is_killed(client, dataset, field, tmp_path):
    mark = tmp_path / "mark"
    # With meta, dask does not try the function here first.
    meta = np.empty((0, 0, 0), "f4")
    dying = dataset["t2m"].data.map_blocks(die_once, mark, meta=meta)
    dataset["t2m"] = dataset["t2m"].copy(data=dying)
    dataset.to_zarr(tmp_path / "store", encoding=encoding(), consolidated=False)
    assert mark.exists(), "a worker was killed"
    for start in (0, 4, 8):
        expected = foresz.compress(field[start : start + 4], 0.05)
        assert chunks(tmp_path / "store")[f"{start // 4}/0/0"] == expected


@pytest.fixture
def stream(field, tmp_path):
    path = tmp_path / "series.fsz"
    path.write_bytes(
        foresz.compress(field, 0.05, dims=("time", "lat", "lon"), chunk=(4, 30, 48))
    )
    return path


def test_workers_read_a_stream(client, stream, field):
    expected = foresz.decompress(stream.read_bytes())
    with xarray.open_dataset(stream, chunks={}) as dataset:
        variable = dataset["data"]
        assert variable.chunks[0] == (4, 4, 4)
        total = variable.astype("f8").sum("time").compute()
        assert np.array_equal(total, expected.astype("f8").sum(0))
        # The graph travelled, and the stream was opened where it was read.
        graph = variable.data.__dask_graph__()
        where = client.gather(client.map(lambda _: os.getpid(), range(4), pure=False))
        assert os.getpid() not in where and graph


def test_variables_of_a_stream_are_arrays_of_dask(client, stream):
    expected = foresz.decompress(stream.read_bytes())
    with foresz.open(stream) as dataset:
        lazy = da.from_array(dataset["data"], chunks=(4, 15, 48))
        assert np.array_equal(lazy[3:9, ::2].compute(), expected[3:9, ::2])


def there_and_back(codec, field):
    return os.getpid(), codec.decode(codec.encode(field))


def part(variable):
    return os.getpid(), variable[3:9, 5]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_codecs_and_open_streams_travel(method, request, stream, field):
    with contextlib.ExitStack() as stack:
        if method == "spawn":
            client = request.getfixturevalue("client")
        else:
            client = stack.enter_context(cluster(method, 1))
        expected = foresz.decompress(foresz.compress(field, 0.05, effort="fast"))
        codec = Foresz(0.05, effort="fast")
        process, back = client.submit(there_and_back, codec, field).result(timeout=60)
        assert process != os.getpid() and np.array_equal(back, expected)
        with foresz.open(stream) as dataset:
            process, rows = client.submit(part, dataset["data"]).result(timeout=60)
        assert process != os.getpid()
        assert np.array_equal(rows, foresz.decompress(stream.read_bytes())[3:9, 5])
        array = zarr.create_array(
            stream.parent / f"{method}.zarr",
            shape=field.shape,
            chunks=CHUNKS,
            dtype="f4",
            serializer=ForeszCodec(0.05, threads=2),
            compressors=None,
            fill_value=np.nan,
        )
        array[...] = field
        process, rows = client.submit(part, array).result(timeout=60)
        assert process != os.getpid() and np.array_equal(rows, array[3:9, 5])
