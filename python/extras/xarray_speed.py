"""How long opening a stream in xarray takes, and reading one frame of it.

    python python/extras/xarray_speed.py [HOURS]

The series is synthetic: 250 hours are 1.04 GB, of which some 60 MB are left in a stream that
is removed in the end. It needs xarray and dask.
"""

import os
import resource
import statistics
import sys
import tempfile
import time

import dask.array
import foresz
import numpy as np
import xarray

ROWS, COLUMNS, BLOCK = 721, 1440, 10


def frames(block_info=None):
    """Some hours of smooth waves that travel, with noise."""
    (first, last), *_ = block_info[None]["array-location"]
    hour = np.arange(first, last)[:, None, None]
    row, column = np.ogrid[0:ROWS, 0:COLUMNS]
    waves = sum(
        9
        / k
        * np.sin(2 * np.pi * k * (column + 5 * hour) / COLUMNS + k * k)
        * np.cos(row * k / 90)
        for k in range(1, 9)
    )
    noise = np.random.default_rng(first).normal(scale=0.05, size=waves.shape)
    return (280 + 20 * np.sin(np.pi * row / ROWS) + waves + noise).astype("float32")


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(hours=250):
    sizes = tuple(min(BLOCK, hours - at) for at in range(0, hours, BLOCK))
    values = dask.array.map_blocks(
        frames, chunks=(sizes, (ROWS,), (COLUMNS,)), dtype="f4", meta=np.empty((0, 0, 0), "f4")
    )
    dataset = xarray.Dataset({"t2m": (("time", "lat", "lon"), values, {"units": "K"})})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.fsz")
        took = timed(lambda: foresz.to_file(dataset, path, preset="era5"))
        print(f"written in {took:.0f} s, {os.path.getsize(path) / 1e6:.0f} MB")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        with xarray.open_dataset(path) as stream:
            stream.t2m[0].values  # what xarray imports when it reads for the first time
        opened = [timed(lambda: xarray.open_dataset(path).close()) for _ in range(9)]
        with xarray.open_dataset(path) as stream:
            places = range(0, hours, max(hours // 9, 1))
            one = [timed(lambda i=i: stream.t2m[i].values) for i in places]
            whole = timed(stream.t2m.load)
    one = statistics.median(one)
    print(f"opened in {1e3 * statistics.median(opened):.1f} ms (median of 9)")
    print(f"one frame {one:.3f} s (median), the whole {whole:.2f} s: {100 * one / whole:.1f} %")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
