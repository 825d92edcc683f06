"""Writes cosine-tiles: an autoencoder of the tests that anybody can check by hand.

Latents are the first six cosines of a tile of 4 x 4 values, in both directions at most
three half waves together; the decoder adds them up again. Needs numpy and onnx.
"""

import hashlib
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, WAVES = 4, [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)]
folder = pathlib.Path(__file__).parent / "cosine-tiles"
folder.mkdir(exist_ok=True)


def wave(k):
    at = (numpy.arange(SIDE) + 0.5) / SIDE
    line = numpy.cos(numpy.pi * k * at)
    return line / numpy.sqrt((line**2).sum())


basis = numpy.stack([numpy.outer(wave(i), wave(j)).ravel() for i, j in WAVES], 1).astype("f4")


def network(name, takes, gives, nodes, weights):
    def port(name, row):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *row])

    graph = helper.make_graph(
        nodes, "cosines", [port(*takes)], [port(*gives)],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / name)
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


tile, latents = (1, SIDE, SIDE), (len(WAVES),)
node = helper.make_node
encoder = network(
    "encoder.onnx", ("x", tile), ("z", latents),
    [node("Reshape", ["x", "flat"], ["cells"]), node("MatMul", ["cells", "basis"], ["z"])],
    {"flat": numpy.array([-1, SIDE * SIDE]), "basis": basis},
)
decoder = network(
    "decoder.onnx", ("z", latents), ("y", tile),
    [node("MatMul", ["z", "basis"], ["cells"]), node("Reshape", ["cells", "tile"], ["y"])],
    {"basis": numpy.ascontiguousarray(basis.T), "tile": numpy.array([-1, *tile])},
)
(folder / "model.toml").write_text(f'''format = 1
kind = "autoencoder"
name = "cosine-tiles"
description = "six cosines of tiles of 4 x 4 values, for tests"
licence = "MIT OR Apache-2.0"
recipe = "testdata/models/cosine_tiles.py"
tile = [{SIDE}, {SIDE}]
latents = {len(WAVES)}

[normalise]
kind = "tile"

[encoder]
file = "encoder.onnx"
sha256 = "{encoder}"

[decoder]
file = "decoder.onnx"
sha256 = "{decoder}"

[code]
kind = "dense"
step = 0.1
''')
