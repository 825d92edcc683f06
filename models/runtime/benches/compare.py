"""Agreement and speed beside ONNX Runtime, as a table.

Needs `pip install numpy onnx onnxruntime`, and from the root of the repository

    cargo build --release -p foresz-exact --example run
    python models/runtime/benches/compare.py

The networks have seeded random weights: speed and rounding do not depend on training. Those in
`models` come first, on grids of 48 × 96 or in batches of 64 where they leave that open.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[3]
RUN = ROOT / "target" / "release" / "examples" / "run"
REPEATS = 15


class Network:
    """A model in the making; calling it adds a node and gives its output."""

    def __init__(self):
        self.random = np.random.default_rng(1)
        self.nodes, self.weights = [], []

    def constant(self, value, dtype=np.float32):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def shape(self, *dims):
        return self.constant(dims, np.int64)

    def noise(self, *dims, scale=None):
        scale = scale or 1 / np.sqrt(np.prod(dims[1:]))
        return self.constant(self.random.standard_normal(dims) * scale)

    def matrix(self, rows, columns):
        return self.constant(self.random.standard_normal((rows, columns)) / np.sqrt(rows))

    def __call__(self, operator, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def save(self, path, dims, output):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)
        y = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "network", [x], [y], self.weights)
        opsets = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def dense(path, rows):
    net, x = Network(), "x"
    sizes = [4096, 1024, 256, 32, 256, 1024, 4096]
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        x = net("Gemm", x, net.noise(b, a), net.noise(b, scale=0.1), transB=1)
        if i < 5:
            x = net("LeakyRelu", x, alpha=0.01)
    net.save(path, [rows, 4096], x)


def norm(net, x, channels, operator):
    weights = np.abs(net.random.standard_normal((channels, channels, 1, 1))) * 0.1 / channels
    square = net("Mul", x, x)
    ones = net.constant(np.ones(channels))
    scale = net("Sqrt", net("Conv", square, net.constant(weights), ones))
    return net(operator, x, scale)


def gdn(path, side):
    net, x, one = Network(), "x", {"pads": [1] * 4}
    for a, b in ((1, 32), (32, 64), (64, 128)):
        x = net("Conv", x, net.noise(b, a, 3, 3), net.noise(b, scale=0.1), **one)
        x = net("Conv", x, net.noise(b, b, 3, 3), net.noise(b, scale=0.1), strides=[2, 2], **one)
        x = norm(net, x, b, "Div")
    for a, b in ((128, 64), (64, 32), (32, 16)):
        up = {"strides": [2, 2], "output_padding": [1, 1], **one}
        x = net("ConvTranspose", x, net.noise(a, b, 3, 3), net.noise(b, scale=0.1), **up)
        x = net("Conv", x, net.noise(b, b, 3, 3), net.noise(b, scale=0.1), **one)
        x = norm(net, x, b, "Mul")
    x = net("Conv", x, net.noise(1, 16, 3, 3), net.noise(1, scale=0.1), **one)
    net.save(path, [1, 1, side, side], x)


def residual(path, side):
    net, one = Network(), {"pads": [1] * 4}
    x = net("Conv", "x", net.noise(64, 4, 3, 3), net.noise(64, scale=0.1), **one)
    for _ in range(6):
        y = net("Conv", net("Relu", x), net.noise(64, 64, 3, 3), net.noise(64, scale=0.1), **one)
        x = net("Add", x, y)
    x = net("Conv", x, net.noise(4, 64, 3, 3), net.noise(4, scale=0.1), **one)
    net.save(path, [1, 4, side, side], x)


def attention(path, high, wide, window):
    net, x, width, heads = Network(), "x", 256, 8
    down, across, places = high // window, wide // window, window * window
    windows = down * across

    def normal(x):
        scale = net.constant(1 + 0.1 * net.random.standard_normal(width))
        return net("LayerNormalization", x, scale, net.noise(width, scale=0.1))

    def linear(x, a, b):
        return net("Add", net("MatMul", x, net.matrix(a, b)), net.noise(b, scale=0.1))

    def swap(x, first, last):
        x = net("Transpose", net("Reshape", x, net.shape(*first)), perm=[0, 1, 3, 2, 4, 5])
        return net("Reshape", x, net.shape(*last))

    for _ in range(2):
        y = swap(normal(x), (1, down, window, across, window, width), (windows, places, width))
        y = net("Reshape", linear(y, width, 3 * width), net.shape(windows, places, 3, heads, width // heads))
        parts = net("Split", net("Transpose", y, perm=[2, 0, 3, 1, 4]), net.shape(1, 1, 1), axis=0, outputs=3)
        q, k, v = (net("Squeeze", part, net.shape(0)) for part in parts)
        q = net("Mul", q, net.constant((width // heads) ** -0.5))
        scores = net("MatMul", q, net("Transpose", k, perm=[0, 1, 3, 2]))
        scores = net("Softmax", net("Add", scores, net.noise(1, heads, places, places, scale=0.2)))
        y = net("Transpose", net("MatMul", scores, v), perm=[0, 2, 1, 3])
        y = linear(net("Reshape", y, net.shape(windows, places, width)), width, width)
        y = swap(y, (1, down, across, window, window, width), (1, high * wide, width))
        x = net("Add", x, y)
        y = linear(normal(x), width, 4 * width)
        half = net("Mul", y, net.constant(0.5))
        error = net("Erf", net("Mul", y, net.constant(2**-0.5)))
        y = net("Mul", half, net("Add", error, net.constant(1.0)))
        x = net("Add", x, linear(y, 4 * width, width))
    net.save(path, [1, high * wide, width], x)


CASES = {
    "dense autoencoder 4096-32-4096, 1 row": lambda path: dense(path, 1),
    "the same, 64 rows": lambda path: dense(path, 64),
    "convolutional autoencoder with GDN, 128×128": lambda path: gdn(path, 128),
    "the same, 512×512": lambda path: gdn(path, 512),
    "6 residual convolutions of 64 channels, 128×128": lambda path: residual(path, 128),
    "2 blocks of attention, windows of 12×12, 48×96": lambda path: attention(path, 48, 96, 12),
    "2 blocks of attention, global, 32×32": lambda path: attention(path, 32, 32, 32),
}


# What axes of any length are in the models of this repository.
FREE = {"rows": 48, "columns": 96, "n": 64}


def shipped(source, path):
    """A model of this repository, all of its axes fixed."""
    model = onnx.load(source)
    for dim in model.graph.input[0].type.tensor_type.shape.dim:
        if not dim.HasField("dim_value"):
            dim.dim_value = FREE.get(dim.dim_param, 1)
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    onnx.save(model, path)


def cases():
    for source in sorted((ROOT / "models").glob("*/*.onnx")):
        name = f"models/{source.parent.name}/{source.name}"
        yield name, lambda path, source=source: shipped(source, path)
    yield from CASES.items()


def seconds(session, feed):
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        session.run(None, feed)
        best = min(best, time.perf_counter() - start)
    return best


def compare(path, threads, room):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape
    feed = {session.get_inputs()[0].name: np.random.default_rng(3).standard_normal(shape).astype(np.float32)}
    next(iter(feed.values())).tofile(room / "in")
    expected = session.run(None, feed)[0]
    theirs = seconds(session, feed)
    command = [RUN, path, str(threads), str(REPEATS), room / "in", room / "out"]
    ours = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    # Before and after ours, since other work comes and goes.
    theirs = min(theirs, seconds(session, feed))
    found = np.fromfile(room / "out", np.float32).reshape(expected.shape)
    error = np.abs(found.astype(float) - expected).max() / expected.std()
    return theirs, ours, error


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"ONNX Runtime {onnxruntime.__version__}, {threads} thread(s)\n")
    print("| model | ONNX Runtime | exact | speed | largest difference / deviation |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as room:
        for name, make in cases():
            path = f"{room}/model.onnx"
            make(path)
            theirs, ours, error = compare(path, threads, pathlib.Path(room))
            print(
                f"| {name} | {theirs * 1e3:.2f} ms | {ours * 1e3:.2f} ms "
                f"| {theirs / ours:.2f} × | {error:.1e} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
