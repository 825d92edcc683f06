#!/usr/bin/env python3
"""Fits the smallest forecaster there is: one linear filter over the last frames.

    python3 models/recipes/linear_filter.py SERIES --shape 744x33x49 --variable t2m \\
        --units K --step 1h --until 496 -o t2m-filter

SERIES is raw little-endian f32 or a .npy file, time first. The change to the next frame is
a weighted sum of the last changes and the last values around the same place, with weights
fitted by least squares to the frames before --until. The folder gets `model.onnx` and
`model.toml`, ready for `foresz compress -p forecast:model=FOLDER+raster`.

What counts is not the error of the forecast but what its residual costs: a smooth error is
foreseen by its neighbours. So most of the loss is on the residual less its neighbours to the
west and north.

Needs numpy and nothing else.
"""

import argparse
import hashlib
import pathlib
import struct
import sys

import numpy

from onnx_file import message, number, value

SMOOTH, ROUGH = 0.3, 2.0
RIDGE = 1e-6
PLANES = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", type=pathlib.Path)
    parser.add_argument("--shape", help="such as 744x33x49; .npy files know theirs")
    parser.add_argument("--variable", required=True)
    parser.add_argument("--units", default="")
    parser.add_argument("--step", help="from frame to frame, such as 1h")
    parser.add_argument("--until", type=int, help="frames from here on are not looked at")
    parser.add_argument("--radius", type=int, default=3, help="of the filter (default 3: 7 x 7)")
    parser.add_argument("--noise", type=float, default=5e-3,
                        help="what decoding may be off by, as part of the range (default 5e-3)")
    parser.add_argument("--licence", default="")
    parser.add_argument("--about", default="")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    args = parser.parse_args()

    field = read(args.series, args.shape)[: args.until]
    if field.ndim != 3 or len(field) < 8 or min(field.shape[1:]) < 2 * args.radius + 2:
        sys.exit(f"{args.series}: expected at least 8 frames of more than {2 * args.radius + 1} "
                 f"rows and columns, time first; found {field.shape}")
    if not numpy.isfinite(field).all():
        sys.exit(f"{args.series}: it holds NaN or infinities")

    mean, std = float(field.mean()), float(field.std())
    change_std = float(numpy.diff(field, axis=0).std())
    if not (std > 0 and change_std > 0):
        sys.exit(f"{args.series}: nothing ever changes in it")
    noise = args.noise * float(field.max() - field.min())
    weights, bias, explained = fit(field, mean, std, change_std, noise, args.radius)
    print(f"explains {100 * explained:.1f} % of what changes")

    args.output.mkdir(parents=True, exist_ok=True)
    onnx = model(weights, bias, args.radius)
    (args.output / "model.onnx").write_bytes(onnx)
    (args.output / "model.toml").write_text(contract(args, onnx, mean, std, change_std))
    print(f"{args.output}: {weights.size + 1} weights, {len(onnx)} bytes")


def read(path, shape):
    if path.suffix == ".npy":
        return numpy.load(path).astype(numpy.float64)
    if not shape:
        sys.exit("raw numbers need a --shape")
    lengths = [int(n) for n in shape.replace(",", "x").split("x")]
    return numpy.fromfile(path, "<f4").reshape(lengths).astype(numpy.float64)


def fit(field, mean, std, change_std, noise, radius):
    """Weights (planes, rows, columns), a bias, and the part of the variance explained."""
    generator = numpy.random.default_rng(1)
    seen = field + generator.uniform(-noise, noise, field.shape)
    width = 2 * radius + 1
    taps = PLANES * width * width + 1
    matrix, target = numpy.zeros((taps, taps)), numpy.zeros(taps)
    left = total = 0.0
    frames = range(2, len(field) - 1)
    for t in frames:
        planes = [(seen[t] - seen[t - 1]) / change_std, (seen[t - 1] - seen[t - 2]) / change_std,
                  (seen[t] - mean) / std]
        columns = features(planes, radius)
        change = (field[t + 1] - seen[t]) / change_std
        rough = (slice(1, None), slice(1, None))
        differences = columns[:, 1:, 1:] - 0.5 * (columns[:, 1:, :-1] + columns[:, :-1, 1:])
        change_rough = change[1:, 1:] - 0.5 * (change[1:, :-1] + change[:-1, 1:])
        for weight, x, y in [(SMOOTH, columns[(slice(None), *rough)], change[rough]),
                             (ROUGH, differences, change_rough)]:
            x = x.reshape(taps, -1)
            matrix += weight * (x @ x.T)
            target += weight * (x @ y.ravel())
    matrix += RIDGE * numpy.trace(matrix) / taps * numpy.eye(taps)
    solution = numpy.linalg.solve(matrix, target)
    for t in frames:
        planes = [(seen[t] - seen[t - 1]) / change_std, (seen[t - 1] - seen[t - 2]) / change_std,
                  (seen[t] - mean) / std]
        change = (field[t + 1] - seen[t]) / change_std
        guess = numpy.tensordot(solution, features(planes, radius), 1)
        left += ((change - guess) ** 2).sum()
        total += (change ** 2).sum()
    return solution[:-1].reshape(PLANES, width, width), solution[-1], 1 - left / total


def features(planes, radius):
    """Every tap of every plane at every place, edges repeated; a one at last."""
    rows, columns = planes[0].shape
    out = []
    for plane in planes:
        padded = numpy.pad(plane, radius, mode="edge")
        for i in range(2 * radius + 1):
            for j in range(2 * radius + 1):
                out.append(padded[i:i + rows, j:j + columns])
    return numpy.stack([*out, numpy.ones((rows, columns))])


def tensor(name, dims, kind, raw):
    return b"".join([number(1, d) for d in dims]) + number(2, kind) + message(8, name) + message(9, raw)


def node(kind, inputs, output, attributes=b""):
    named = b"".join(message(1, i) for i in inputs)
    return named + message(2, output) + message(4, kind) + attributes


def model(weights, bias, radius):
    """Pad by repeating edges, convolve."""
    edge = message(5, message(1, "mode") + message(4, "edge") + number(20, 3))
    pads = struct.pack("<8q", 0, 0, radius, radius, 0, 0, radius, radius)
    kernel = weights.astype("<f4")
    graph = b"".join([
        message(1, node("Pad", ["x", "pads"], "padded", edge)),
        message(1, node("Conv", ["padded", "kernel", "bias"], "y")),
        message(2, "filter"),
        message(5, tensor("pads", [8], 7, pads)),
        message(5, tensor("kernel", [1, *kernel.shape], 1, kernel.tobytes())),
        message(5, tensor("bias", [1], 1, struct.pack("<f", bias))),
        message(11, value("x", [1, PLANES, "rows", "columns"])),
        message(12, value("y", [1, 1, "rows", "columns"])),
    ])
    opset = number(2, 17)
    return number(1, 8) + message(2, "foresz linear_filter.py") + message(7, graph) + message(8, opset)


def contract(args, onnx, mean, std, change_std):
    step = f'step = "{args.step}"\n' if args.step else ""
    about = args.about or f"a linear filter over three frames, fitted to {args.series.name}"
    return f'''format = 1
name = "{args.output.name}"
description = "{about}"
licence = "{args.licence}"
recipe = "models/recipes/linear_filter.py"

[weights]
file = "model.onnx"
sha256 = "{hashlib.sha256(onnx).hexdigest()}"

[time]
{step}history = 3

[[variables]]
name = "{args.variable}"
units = "{args.units}"
mean = {mean:.9g}
std = {std:.9g}
increment_std = {change_std:.9g}

[[inputs]]
tensor = "x"
channels = [
    {{ variable = "{args.variable}", minus = -1 }},
    {{ variable = "{args.variable}", steps = [-1], minus = -2 }},
    {{ variable = "{args.variable}" }},
]

[[outputs]]
tensor = "y"
kind = "increment"
normalised = true
channels = [{{ variable = "{args.variable}" }}]
'''


if __name__ == "__main__":
    main()
