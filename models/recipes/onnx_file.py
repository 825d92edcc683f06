"""Writes ONNX files: protobuf is fields with a number and a type, nested by length."""

import hashlib

import numpy

OPSET, IR_VERSION = 17, 8
# Beyond any end.
FAR = 1 << 40


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Graph:
    """A graph with one input and one output."""

    def __init__(self, name, input_name, input_dims, output_name, output_dims):
        self.name = name
        self.ends = [(11, input_name, input_dims), (12, output_name, output_dims)]
        self.nodes, self.constants, self.known = [], [], {}

    def node(self, kind, inputs, output=None, **attributes):
        output = output or f"t{len(self.nodes)}"
        named = b"".join(message(1, i) for i in inputs)
        listed = b"".join(message(5, attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(named + message(2, output) + message(4, kind) + listed)
        return output

    def constant(self, array):
        array = numpy.asarray(array)
        kind = {"float32": 1, "int64": 7, "int8": 3, "int16": 5}[array.dtype.name]
        raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
        key = (kind, array.shape, raw)
        if key not in self.known:
            self.known[key] = f"c{len(self.known)}"
            dims = b"".join(number(1, d) for d in array.shape)
            tensor = dims + number(2, kind) + message(8, self.known[key]) + message(9, raw)
            self.constants.append(tensor)
        return self.known[key]

    def columns(self, x, start, stop):
        bounds = [numpy.array([n], "int64") for n in (start, stop, 3)]
        return self.node("Slice", [x, *map(self.constant, bounds)])

    def pad(self, x, rows, columns):
        """Repeats the edges."""
        pads = numpy.array([0, 0, rows, columns, 0, 0, rows, columns], "int64")
        return self.node("Pad", [x, self.constant(pads)], mode="edge")

    def to_bytes(self):
        graph = b"".join(message(1, n) for n in self.nodes) + message(2, self.name)
        graph += b"".join(message(5, c) for c in self.constants)
        graph += b"".join(message(field, value(*end)) for field, *end in self.ends)
        opset = message(8, number(2, OPSET))
        return number(1, IR_VERSION) + message(2, "foresz") + message(7, graph) + opset


def attribute(name, of):
    if isinstance(of, str):
        return message(1, name) + message(4, of) + number(20, 3)
    if isinstance(of, list):
        return message(1, name) + b"".join(number(8, n) for n in of) + number(20, 7)
    return message(1, name) + number(3, of) + number(20, 2)


def value(name, dims):
    """The name and type of an input or output: f32."""
    axis = lambda d: number(1, d) if isinstance(d, int) else message(2, d)
    axes = b"".join(message(1, axis(d)) for d in dims)
    return message(1, name) + message(2, message(1, number(1, 1) + message(2, axes)))


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def number(field, n):
    return varint(field << 3) + varint(n)


def message(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data
