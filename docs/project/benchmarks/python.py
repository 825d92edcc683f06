#!/usr/bin/env python3
"""What the Python package costs: the tables of docs/project/benchmarks/python.md.

    cargo build --release --example beside
    python docs/project/benchmarks/python.py [--only PART] [--beside PROGRAM] FIELDS…

Fields are raw little-endian float32 with the shape at the end of the name, as in
t2m__721x1440.f32. It needs foresz, zarr, imagecodecs and distributed; without one of them its
part is left out. What is compared runs in turn, and what is shown is the median of the ratios
of neighbours, so that whatever else the machine does falls on both.
"""

import argparse
import contextlib
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import types

import foresz
import numpy as np

HERE = pathlib.Path(__file__).parent
BOUND = 1e-3
"""Of the range of a field."""


def field(path):
    shape = [int(n) for n in pathlib.Path(path).stem.rsplit("__", 1)[1].split("x")]
    return np.fromfile(path, "<f4").reshape(shape)


def name(path):
    return pathlib.Path(path).stem.replace("__", " ")


def bound_of(x):
    return BOUND * float(np.nanmax(x) - np.nanmin(x))


def timed(call):
    """Seconds and CPU seconds of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def compared(one, other, times):
    """Calls both in turn. Their medians, and the medians of one over other, wall and CPU."""
    one(), other()
    pairs = [(one(), other()) for _ in range(times)]
    walls = [[pair[i][0] for pair in pairs] for i in (0, 1)]
    ratios = [[a[k] / b[k] for a, b in pairs] for k in (0, 1)]
    return [statistics.median(numbers) for numbers in (*walls, *ratios)]


def table(title, head, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def ms(seconds):
    return f"{1000 * seconds:.1f}"


class Library:
    """The library in a program of its own, which does what it is told."""

    def __init__(self, program, path, effort, threads):
        x = field(path)
        words = [program, path, "x".join(map(str, x.shape)), bound_of(x), effort, threads]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=pipe, stdout=pipe, text=True, bufsize=1
        )

    def __call__(self, what):
        self.process.stdin.write(f"{what}\n")
        return tuple(map(float, self.process.stdout.readline().split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def beside_the_library(paths, args):
    rows = []
    for path in paths:
        x, bound = field(path), bound_of(field(path))
        for effort in ("default", "fast"):
            stream = foresz.compress(x, bound, effort=effort, threads=1)
            calls = {
                "compress": lambda: foresz.compress(x, bound, effort=effort, threads=1),
                "decompress": lambda: foresz.decompress(stream, threads=1),
            }
            with contextlib.closing(Library(args.beside, path, effort, 1)) as library:
                for what, call in calls.items():
                    found = compared(lambda: timed(call), lambda: library(what), args.times)
                    rows.append([name(path), effort, what, ms(found[0]), ms(found[1])])
                    rows[-1] += [f"{ratio:.3f}" for ratio in found[2:]]
    head = ["field", "effort", "what", "Python, ms", "library, ms", "wall", "CPU"]
    table("The package over the library, one thread", head, rows)


def array_of(x, serializer, chunks, store=None):
    import zarr

    return zarr.create_array(
        zarr.storage.MemoryStore() if store is None else store,
        shape=x.shape,
        chunks=chunks,
        dtype=x.dtype,
        serializer=serializer,
        compressors=None,
        fill_value=np.nan,
    )


def codec_over_the_package(paths, args):
    from foresz.zarr import ForeszCodec
    from zarr.core.buffer import default_buffer_prototype

    rows = []
    for path in paths:
        x, bound = field(path), bound_of(field(path))
        codec = ForeszCodec(bound)
        array = array_of(x, codec, x.shape)
        stream = foresz.compress(x, bound, threads=1)
        spec = types.SimpleNamespace(
            shape=x.shape, dtype=x.dtype, fill_value=np.nan, prototype=default_buffer_prototype()
        )
        chunk = spec.prototype.nd_buffer.from_ndarray_like(x)
        encoded = spec.prototype.buffer.from_bytes(stream)

        def write(array=array, x=x):
            array[...] = x

        write()
        calls = {
            "codec, encode": (lambda: codec._encode_sync(chunk, spec), "compress"),
            "codec, decode": (lambda: codec._decode_sync(encoded, spec), "decompress"),
            "array, write": (write, "compress"),
            "array, read": (lambda: array[...], "decompress"),
        }
        alone = {
            "compress": lambda: foresz.compress(x, bound, threads=1),
            "decompress": lambda: foresz.decompress(stream, threads=1),
        }
        for what, (call, other) in calls.items():
            found = compared(lambda: timed(call), lambda: timed(alone[other]), args.times)
            rows.append([name(path), what, ms(found[0]), ms(found[1])])
            rows[-1] += [f"{ratio:.3f}" for ratio in found[2:]]
    head = ["field", "what", "Zarr, ms", "package, ms", "wall", "CPU"]
    table("The codec, and a Zarr array of one chunk in memory, over the package", head, rows)


def beside_sz3(paths, args):
    from foresz.zarr import ForeszCodec
    from imagecodecs.zarr import Sz3

    rows = []
    for path in paths:
        x, bound = field(path), bound_of(field(path))
        # Two chunks or more, so that both cores have something to do.
        axis = int(np.argmax(x.shape))
        chunks = tuple(-(-n // 2) if i == axis else n for i, n in enumerate(x.shape))
        for label, codec in (
            ("default", ForeszCodec(bound)),
            ("huffman", ForeszCodec(bound, backend="huffman")),
            ("fast", ForeszCodec(bound, effort="fast")),
        ):
            ours, theirs = array_of(x, codec, chunks), array_of(x, Sz3(abs=bound), chunks)

            def write(array, x=x):
                return timed(lambda: array.__setitem__(..., x))

            def read(array):
                return timed(lambda: array[...])

            wrote, got = (
                compared(lambda: call(ours), lambda: call(theirs), args.times)
                for call in (write, read)
            )
            sizes = ours.nbytes_stored(), theirs.nbytes_stored()
            worst = [
                float(np.nanmax(np.abs(array[...].astype("f8") - x))) / bound
                for array in (ours, theirs)
            ]
            rows.append(
                [name(path), label, f"{x.nbytes / sizes[0]:.1f}", f"{x.nbytes / sizes[1]:.1f}"]
                + [f"{sizes[1] / sizes[0]:.2f}", f"{wrote[2]:.2f}", f"{got[2]:.2f}"]
                + [f"{number:.4f}" for number in worst]
            )
    head = ["field", "effort", "ratio", "SZ3's", "× smaller", "write, wall of ours / SZ3's"]
    head += ["read", "error / bound", "SZ3's"]
    table(f"Beside SZ3 in Zarr, two chunks, {BOUND:g} of the range", head, rows)


def drift(x, codec, bound, times=20):
    """How many bounds the rest of a chunk is off after its last eighth was written so often."""
    rest = x[: -(-7 * len(x) // 8)]
    y, span = x, float(np.nanmax(x) - np.nanmin(x))
    for k in range(times):
        y = codec.decode(codec.encode(y)).copy()
        y[len(rest) :] = np.nanmean(x) + span * (7 * k % 20) / 3
    y = codec.decode(codec.encode(y))[: len(rest)]
    return float(np.nanmax(np.abs(y.astype("f8") - rest))) / bound


def rewriting(paths, args):
    from foresz.numcodecs import Foresz

    rows = []
    for path in paths:
        x = field(path)
        for share in (1e-2, 1e-3, 1e-4):
            bound = bound_of(x) / BOUND * share
            codecs = Foresz(bound), Foresz(bound, effort="fast"), Foresz(bound, rewritable=True)
            sizes = [len(codec.encode(x)) for codec in codecs]
            row = [name(path), f"{share:g}", f"{x.nbytes / sizes[0]:.1f}"]
            row += [f"{x.nbytes / sizes[2]:.1f}", f"{sizes[0] / sizes[2]:.2f}"]
            rows.append(row + [f"{drift(x, codec, bound):.2f}" for codec in codecs])
    head = ["field", "bound / range", "ratio", "rewritable", "share", "off, bounds: default"]
    table("Rewriting", [*head, "fast", "rewritable"], rows)


def peak():
    """Most memory that this process has had, in MB, as Linux has it."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Workers:
    """A cluster of processes that writes and reads a series, two frames a chunk."""

    def __init__(self, count, path, folder):
        import dask.array as da
        from distributed import Client, LocalCluster
        from foresz.zarr import ForeszCodec

        x = field(path)
        self.cluster = LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
        self.client = Client(self.cluster, set_as_default=False)
        self.client.run(lambda: __import__("foresz.zarr"))
        chunks = (2, *x.shape[1:])
        frame, numbers, source = x.shape[1:], x[0].size, str(path)

        def load(block_info=None):
            first, last = block_info[None]["array-location"][0]
            part = np.fromfile(source, "<f4", (last - first) * numbers, offset=4 * first * numbers)
            return part.reshape(last - first, *frame)

        sizes = da.core.normalize_chunks(chunks, x.shape)
        blocks = da.map_blocks(load, chunks=sizes, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
        array = array_of(x, ForeszCodec(bound_of(x)), chunks, folder / f"{count}")
        self.work = {
            "write": da.store(blocks, array, lock=False, compute=False),
            "read": da.from_array(array, chunks=chunks).max(axis=(1, 2)),
        }

    def __call__(self, what):
        return timed(lambda: self.client.compute(self.work[what]).result())

    def peak(self):
        return max(self.client.run(peak).values())

    def close(self):
        self.client.close()
        self.cluster.close()


def on_workers(paths, args):
    path = max(paths, key=lambda path: pathlib.Path(path).stat().st_size)
    size = field(path).nbytes
    rows = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        make = lambda n: stack.enter_context(  # noqa: E731
            contextlib.closing(Workers(n, path, folder))
        )
        clusters = {n: make(n) for n in (1, 2, 4)}
        for n, cluster in clusters.items():
            row = [n]
            for what in ("write", "read"):
                found = compared(lambda: cluster(what), lambda: clusters[1](what), args.rounds)
                row += [f"{found[0]:.2f}", f"{size / found[0] / 1e6:.0f}"]
                row.append(f"{1 / found[2]:.2f}")
            rows.append([*row, f"{cluster.peak():.0f}"])
    head = ["workers", "write, s", "MB/s", "× one", "read, s", "MB/s", "× one"]
    head.append("most memory of a worker, MB")
    table(f"Dask, {name(path)}, two frames a chunk, one thread a worker", head, rows)


def importing(paths, args):
    def seconds(code):
        clock = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
        command = [sys.executable, "-c", clock.format(code)]
        took = float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        return took, took

    whole, numpy, _, _ = compared(
        lambda: seconds("import foresz"), lambda: seconds("import numpy"), args.times
    )
    rows = [["import foresz", ms(whole)], ["import numpy", ms(numpy)]]
    table("Importing, in a new process", ["what", "ms"], rows)


PARTS = {
    "library": beside_the_library,
    "zarr": codec_over_the_package,
    "sz3": beside_sz3,
    "rewriting": rewriting,
    "workers": on_workers,
    "import": importing,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("fields", nargs="+")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--times", type=int, default=31, help="pairs")
    parser.add_argument("--rounds", type=int, default=9, help="pairs of runs of a cluster")
    program = HERE.parents[2] / "target" / "release" / "examples" / "beside"
    parser.add_argument("--beside", default=program, help="the example of that name")
    args = parser.parse_args()
    for part, show in PARTS.items():
        if args.only is None or part in args.only:
            try:
                show(args.fields, args)
            except ImportError as error:
                print(f"\n{part}: left out: {error}")


if __name__ == "__main__":
    main()
