"""The codec for Zarr 3."""

import asyncio
import concurrent.futures
import json
import pickle
import types

import foresz
import numpy as np
import pytest

zarr = pytest.importorskip("zarr", minversion="3.0.8", reason="zarr 3.0.8 or newer is missing")
from foresz.zarr import ForeszCodec
from zarr.storage import MemoryStore

VERSION = tuple(int(part) for part in zarr.__version__.split(".")[:2])


def pipelines():
    pipelines = ["zarr.core.codec_pipeline.BatchedCodecPipeline"]
    if VERSION >= (3, 3):
        import zarr.core.codec_pipeline as module

        if hasattr(module, "FusedCodecPipeline"):
            pipelines.append("zarr.core.codec_pipeline.FusedCodecPipeline")
    return pipelines


@pytest.fixture(params=pipelines(), ids=lambda path: path.rsplit(".", 1)[1])
def pipeline(request):
    with zarr.config.set({"codec_pipeline.path": request.param}):
        yield request.param


def made(field, store=None, **options):
    store = MemoryStore() if store is None else store
    options = {
        "shape": field.shape,
        "dtype": field.dtype,
        "chunks": (4, 30, 48),
        "serializer": ForeszCodec(0.05),
        "compressors": None,
        "fill_value": np.nan,
        **options,
    }
    array = zarr.create_array(store, **options)
    array[...] = field
    return array


LAYOUTS = {
    "whole": {"chunks": (12, 30, 48)},
    "edges": {"chunks": (5, 20, 30)},
    "shards": {"chunks": (2, 15, 48), "shards": (6, 30, 48)},
    "inner": {"serializer": ForeszCodec(0.05, chunk=(1, 15, 48))},
    "behind crc32c": {"compressors": [zarr.codecs.Crc32cCodec()]},
    "fill 0": {"fill_value": 0.0},
    "fill -999.99": {"fill_value": -999.99},
    "transposed": {"filters": [zarr.codecs.TransposeCodec(order=(1, 0, 2))]},
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_bound_holds_and_parts_are_parts_of_the_whole(name, field, pipeline):
    array = made(field, **LAYOUTS[name])
    whole = array[...]
    assert (whole.dtype, whole.shape) == (field.dtype, field.shape)
    assert np.abs(whole.astype("f8") - field).max() <= 0.05
    for key in [
        3,
        np.s_[2:7, 5, ::3],
        np.s_[..., -1],
        np.s_[1:1],
        np.s_[11, 29, 47],
        np.s_[::5, ::7],
    ]:
        assert np.array_equal(array[key], whole[key]), key
    rows, columns = np.array([0, 17, 29]), np.array([47, 1, 1, 30])
    assert np.array_equal(array.oindex[2:9, rows, columns], whole[2:9][:, rows][:, :, columns])
    assert np.array_equal(array.oindex[5, rows, :], whole[5, rows])
    places = np.array([1, 11, 4]), np.array([2, 29, 2]), np.array([3, 47, 0])
    assert np.array_equal(array.vindex[places], whole[places])
    mask = np.zeros(field.shape, bool)
    mask[3, 4:6, 7] = mask[9, 0, 0] = True
    assert np.array_equal(array.vindex[mask], whole[mask])


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4"])
@pytest.mark.parametrize("shape", [(), (1,), (700,), (2, 1, 3, 1, 2, 1, 4, 3)], ids=str)
def test_every_shape_and_type(dtype, shape, pipeline):
    field = np.random.default_rng(2).normal(size=shape).astype(dtype)
    try:
        array = made(field, chunks=shape)
    except (ValueError, TypeError, KeyError):
        if dtype != ">f4":
            raise
        pytest.skip("this zarr has no big-endian arrays")
    assert np.abs(array[...] - field).max() <= 0.05


def test_chunks_hold_plain_streams(field):
    store = MemoryStore()
    made(field, store)
    key = next(key for key in store._store_dict if key.endswith("c/1/0/0"))
    stream = store._store_dict[key].to_bytes()
    assert stream == foresz.compress(field[4:8], 0.05)


def test_metadata(field):
    array = made(
        field, serializer=ForeszCodec(1e-3, "range-rel", effort="fast", chunk=(1, 30, 48))
    )
    metadata = json.loads(
        array.metadata.to_buffer_dict(zarr.core.buffer.default_buffer_prototype())[
            "zarr.json"
        ].to_bytes()
    )
    assert metadata["codecs"] == [
        {
            "name": "foresz",
            "configuration": {
                "mode": "range-rel",
                "bound": 1e-3,
                "effort": "fast",
                "chunk": [1, 30, 48],
            },
        }
    ]
    again = zarr.open_array(array.store, mode="r")
    assert np.array_equal(again[...], array[...])


def test_configurations_survive():
    for codec in (ForeszCodec(0.05, threads=3), ForeszCodec(mode="lossless", fill=1e20)):
        stored = json.loads(json.dumps(codec.to_dict(), allow_nan=False))
        assert ForeszCodec.from_dict(stored) == codec == pickle.loads(pickle.dumps(codec))
        assert hash(ForeszCodec.from_dict(stored)) == hash(codec)
    for wrong in ({"bound": 0}, {"bound": 1, "level": 2}, {}):
        with pytest.raises((ValueError, TypeError)):
            ForeszCodec.from_dict({"name": "foresz", "configuration": wrong})
    with pytest.raises(ValueError, match="gzip"):
        ForeszCodec.from_dict({"name": "gzip", "configuration": {"bound": 1}})


def test_what_cannot_be_encoded_is_refused_before_anything_is_written():
    cases = [
        {"dtype": "int32", "shape": (9,), "chunks": (3,), "fill_value": 0},
        {"dtype": "float16", "shape": (9,), "chunks": (3,)},
        {"dtype": "float32", "shape": (1 << 30,), "chunks": (1 << 29,)},
    ]
    for case in cases:
        store = MemoryStore()
        options = {"serializer": ForeszCodec(0.05), "compressors": None, **case}
        with pytest.raises(ValueError, match="float32 and float64|2 GiB"):
            zarr.create_array(store, **options)
        assert not store._store_dict


@pytest.mark.parametrize(
    ("rank", "options", "reason"),
    [
        (9, {}, "8 dimensions at most, not 9"),
        (3, {"chunk": (1, 2)}, "of 2 dimensions, not of 3"),
        (2, {"dims": ("x",)}, "of 1 dimensions, not of 2"),
    ],
)
def test_other_ranks_are_refused_before_anything_is_written(rank, options, reason):
    store = MemoryStore()
    with pytest.raises(ValueError, match=reason):
        made(np.zeros((2,) * rank), store, chunks=(2,) * rank, serializer=ForeszCodec(1, **options))
    assert not store._store_dict


def test_unknown_modes_are_refused_at_once_and_do_not_keep_from_reading():
    with pytest.raises(ValueError, match='no mode is called "zz"; there are: abs'):
        ForeszCodec(0.1, mode="zz")
    metadata = {"name": "foresz", "configuration": {"mode": "zz", "bound": 0.1}}
    assert ForeszCodec.from_dict(metadata).to_dict() == metadata
    assert ForeszCodec(mode="lossless").to_dict()["configuration"] == {"mode": "lossless"}


def test_fill_values_come_back_exactly(field, pipeline):
    holes = field.copy()
    holes[:, 3:9, 7] = -999.99
    array = made(holes, fill_value=-999.99, chunks=(5, 20, 30))
    whole = array[...]
    assert np.array_equal(whole == np.float32(-999.99), holes == np.float32(-999.99))
    assert np.abs(whole.astype("f8") - holes).max() <= 0.05


def test_read_only_and_fortran_arrays_go_in(field):
    expected = made(field)[...]
    fortran = np.asfortranarray(field)
    fortran.flags.writeable = False
    assert np.array_equal(made(fortran)[...], expected)


@pytest.mark.parametrize("layout", ["whole", "shards"])
def test_a_damaged_chunk_is_named_and_the_others_stay(layout, field, pipeline):
    store = MemoryStore()
    array = made(field, store, **LAYOUTS[layout] if layout == "shards" else {})
    expected = array[...]
    key = next(key for key in store._store_dict if "c/1/0/0" in key)
    data = bytearray(store._store_dict[key].to_bytes())
    data[60] ^= 0xFF
    store._store_dict[key] = zarr.core.buffer.cpu.Buffer.from_bytes(bytes(data))
    with pytest.raises(foresz.CorruptError, match="chunk"):
        array[6:8]
    assert np.array_equal(array[:4], expected[:4])


def test_a_stream_of_something_else_is_refused(field):
    store = MemoryStore()
    array = made(field, store)
    key = next(key for key in store._store_dict if key.endswith("c/0/0/0"))
    other = foresz.compress(field[:3], 0.05)
    store._store_dict[key] = zarr.core.buffer.cpu.Buffer.from_bytes(other)
    with pytest.raises(foresz.CorruptError, match=r"\(3, 30, 48\)"):
        array[:2]


def test_a_few_rows_decode_only_the_parts_that_hold_them(field, pipeline):
    store = MemoryStore()
    codec = ForeszCodec(0.05, chunk=(1, 30, 48))
    array = made(field, store, chunks=(12, 30, 48), serializer=codec)
    expected = array[2]
    key = next(key for key in store._store_dict if key.endswith("c/0/0/0"))
    data = bytearray(store._store_dict[key].to_bytes())
    # In one of the later inner chunks: whoever decoded it would notice.
    data[len(data) // 2] ^= 0xFF
    store._store_dict[key] = zarr.core.buffer.cpu.Buffer.from_bytes(bytes(data))
    assert np.array_equal(array[2], expected)
    with pytest.raises(foresz.CorruptError):
        array[...]


def test_the_sync_and_the_async_body_agree(field):
    codec = ForeszCodec(0.05)
    spec = types.SimpleNamespace(
        shape=(4, 30, 48),
        dtype=np.dtype("float32"),
        fill_value=np.nan,
        prototype=zarr.core.buffer.default_buffer_prototype(),
    )
    chunk = spec.prototype.nd_buffer.from_ndarray_like(field[:4])
    sync = codec._encode_sync(chunk, spec)
    later = asyncio.run(codec._encode_single(chunk, spec))
    assert sync.to_bytes() == later.to_bytes()
    one = codec._decode_sync(sync, spec).as_numpy_array()
    two = asyncio.run(codec._decode_single(later, spec)).as_numpy_array()
    assert np.array_equal(one, two)


def test_a_rewritten_cell_leaves_the_others_alone(field, pipeline):
    codec = ForeszCodec(0.05, rewritable=True)
    array = made(field, chunks=field.shape, serializer=codec)
    for k in range(30):
        array[3, 4, 5] = 280 + 3 * k
    again = array[...]
    again[3, 4, 5] = field[3, 4, 5]
    assert np.abs(again.astype("f8") - field).max() <= 0.05
    assert codec.to_dict()["configuration"] == {"mode": "abs", "bound": 0.05, "rewritable": True}


@pytest.mark.skipif(VERSION < (3, 2), reason="this zarr always fills missing chunks")
def test_a_missing_chunk_is_an_error_where_that_is_asked_for(field, pipeline):
    store = MemoryStore()
    made(field, store)
    with zarr.config.set({"array.read_missing_chunks": False}):
        array = zarr.open_array(store, mode="r")
        expected = array[:4]
        key = next(key for key in store._store_dict if key.endswith("c/1/0/0"))
        del store._store_dict[key]
        with pytest.raises(zarr.errors.ChunkNotFoundError):
            array[6]
        assert np.array_equal(array[:4], expected)
    assert np.isnan(zarr.open_array(store, mode="r")[6]).all(), "what zarr does by itself"


def test_chunks_that_were_cut_short_are_named(field, pipeline):
    store = MemoryStore()
    array = made(field, store)
    key = next(key for key in store._store_dict if key.endswith("c/1/0/0"))
    whole = store._store_dict[key].to_bytes()
    for length in (0, 1, 12, len(whole) // 2, len(whole) - 1):
        store._store_dict[key] = zarr.core.buffer.cpu.Buffer.from_bytes(whole[:length])
        with pytest.raises(foresz.CorruptError, match="c/1/0/0"):
            array[6]
    assert array[:4].shape == (4, 30, 48)


def test_many_threads_read_and_write_one_array(field, pipeline):
    array = made(field, chunks=(1, 30, 48))
    expected = array[...]

    def work(i):
        array[i] = field[i]
        return array[i]

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        frames = list(pool.map(work, list(range(12)) * 3))
    assert np.array_equal(frames, np.concatenate([expected] * 3))


def test_empty_arrays_and_empty_selections_pass(pipeline):
    field = np.empty((0, 30, 48), "f4")
    array = made(field, chunks=(1, 30, 48))
    assert array[...].shape == (0, 30, 48)
    array.resize((2, 30, 48))
    assert np.isnan(array[...]).all()
    array[1] = 7
    assert np.isnan(array[0]).all() and np.abs(array[1] - 7).max() <= 0.05
