"""Makes the Zarr stores of the tests.

    python make_zarr.py

Needs zarr 3. The value at place i of every array is i * i % 251, in its type.
"""

import pathlib
import shutil

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

HERE = pathlib.Path(__file__).parent
NAMES = ["time", "x"]
# Blosc packs planes one by one in blocks of this size.
LARGE = {"shape": (5, 300), "chunks": (5, 300), "names": ["time", "y"]}


def values(shape, dtype):
    return (np.arange(np.prod(shape)) ** 2 % 251).reshape(shape).astype(dtype)


def second():
    root = zarr.open_group(HERE / "second.zarr", mode="w", zarr_format=2)
    root.attrs.update({"title": "second", "list": [1, 2.5], "nested": {"a": None}})

    def add(name, dtype="<f4", names=NAMES, shape=(5, 12), chunks=(3, 12), **keys):
        array = root.create_array(name, shape=shape, chunks=chunks, dtype=dtype, **keys)
        array.attrs["_ARRAY_DIMENSIONS"] = names
        array[:] = values(shape, dtype)

    add("plain", compressors=None)
    add("zstd", compressors=numcodecs.Zstd(level=3))
    add("gzip", dtype=">i2", compressors=numcodecs.GZip(level=5))
    add("zlib", dtype="<u4", compressors=numcodecs.Zlib(level=5))
    add("lz4", dtype="<i8", compressors=numcodecs.LZ4())
    add("blosc_lz4", **LARGE, compressors=numcodecs.Blosc(cname="lz4", shuffle=numcodecs.Blosc.SHUFFLE))
    add("blosc_zstd", **LARGE, dtype="<i8", compressors=numcodecs.Blosc(cname="zstd", shuffle=numcodecs.Blosc.BITSHUFFLE))
    add("blosc_zlib", **LARGE, dtype="|u1", compressors=numcodecs.Blosc(cname="zlib", shuffle=numcodecs.Blosc.NOSHUFFLE))
    add("blosc_odd", dtype="<f8", chunks=(5, 9), compressors=numcodecs.Blosc(shuffle=numcodecs.Blosc.BITSHUFFLE))
    add("fortran", order="F", compressors=None)
    add("shuffled", filters=[numcodecs.Shuffle(4)], compressors=numcodecs.Zlib(1))
    add("slashes", compressors=None, chunk_key_encoding={"name": "v2", "separator": "/"})
    holes = root.create_array("holes", shape=(5, 12), chunks=(3, 12), dtype="<f4", fill_value=np.nan, compressors=None)
    holes.attrs["_ARRAY_DIMENSIONS"] = NAMES
    holes[0:3] = values((3, 12), "f4")
    add("unreadable", compressors=numcodecs.BZ2())
    zarr.consolidate_metadata(HERE / "second.zarr", zarr_format=2)


def third():
    root = zarr.open_group(HERE / "third.zarr", mode="w", zarr_format=3)
    root.attrs.update({"title": "third"})

    def add(name, dtype="f4", names=NAMES, shape=(5, 12), chunks=(3, 12), **keys):
        array = root.create_array(name, shape=shape, chunks=chunks, dtype=dtype, dimension_names=names, **keys)
        array[:] = values(shape, dtype)

    add("plain", compressors=None)
    add("zstd", compressors=ZstdCodec(level=3))
    add("gzip", dtype="i2", compressors=GzipCodec(level=5))
    add("big", dtype="i4", serializer=BytesCodec(endian="big"), compressors=None)
    add("blosc", **LARGE, dtype="f8", compressors=BloscCodec(cname="lz4", shuffle="shuffle", typesize=8))
    add("blosc_bits", **LARGE, dtype="u1", compressors=BloscCodec(cname="zstd", shuffle="bitshuffle", typesize=1))
    add("summed", compressors=[ZstdCodec(level=1), Crc32cCodec()])
    add("turned", filters=[TransposeCodec(order=(1, 0))], compressors=None)
    add("sharded", chunks=(1, 4), shards=(3, 12), compressors=ZstdCodec(level=1))
    add(
        "sharded_first",
        chunks=(3, 12),
        serializer=ShardingCodec(
            chunk_shape=(3, 4), codecs=[BytesCodec()], index_location="start"
        ),
        compressors=None,
    )
    root.create_group("inner").create_array("z", data=values((4,), "i4"), dimension_names=["four"])
    add("truths", dtype="bool")
    texts = root.create_array("texts", shape=(3,), dtype=str, dimension_names=["name"])
    texts[:] = np.array(["", "été", "long enough"])


for name in ("second", "third"):
    shutil.rmtree(HERE / f"{name}.zarr", ignore_errors=True)
second()
third()
