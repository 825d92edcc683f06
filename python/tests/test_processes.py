"""Threads of Python, and processes that are forked or spawned."""

import multiprocessing
import subprocess
import sys
import threading
import time

import foresz
import numpy as np
import pytest


def there_and_back(field):
    return foresz.decompress(foresz.compress(field, 0.05, chunk=(2, 30, 48)))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_work_on(method, field):
    expected = there_and_back(field)
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        results = pool.map_async(there_and_back, [field] * 4).get(timeout=120)
    assert all(np.array_equal(result, expected) for result in results)


def test_other_threads_go_on_meanwhile():
    x = np.random.default_rng(0).normal(size=(40, 200, 200)).astype("float32").cumsum(2)
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    foresz.compress(x, 1e-3, threads=1)
    end = time.perf_counter()
    done.set()
    thread.join()
    inside = [t for t in ticks if start < t < end]
    assert len(inside) > 5, "the interpreter was held"


def test_many_threads_share_an_array(field):
    expected = foresz.compress(field, 0.05)
    streams = [None] * 12

    def work(i):
        streams[i] = foresz.compress(field, 0.05)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(streams) == {expected}


def test_import_takes_nothing_but_numpy():
    code = (
        "import sys, foresz; "
        "print([m for m in ('zarr', 'numcodecs', 'xarray', 'dask', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
