#!/usr/bin/env python3
"""Trains a small residual convolutional network that says what frame comes next.

    python3 -m venv .venv && .venv/bin/pip install -r models/recipes/requirements.txt
    .venv/bin/python models/recipes/forecaster.py SERIES... --shape 744x33x49 --variable t2m \\
        --units K --step 1h --until 496 -o t2m-net

SERIES are raw little-endian f32 or .npy files of one shape, time first. The network sees the
newest frame, the last changes and the bound; with --start and --longitudes the time of day;
with --places its weights hold a few numbers of their own for every place, which ties it to the
grid. It gives the change to the next frame. The folder gets `model.onnx` and `model.toml`, ready
for `foresz compress --predictor forecast:model=FOLDER+raster`.

Frames go in with noise as large as a bound, another one every time: that is what decoded frames
are like, and it is all that keeps a small series from being learned by heart, next to weight
decay. What counts is not the error of the forecast but what its residual costs, and a smooth
error is foreseen by its neighbours: most of the loss is on the residual less its neighbours to
the west and north.

The same arguments give the same model on the same machine, versions and number of threads.
"""

import argparse
import json
import math
import pathlib
import sys
import time

import numpy
import torch
from torch import nn

import onnx_file

SMOOTH, ROUGH = 0.3, 2.0
# Bounds that are trained for, as parts of the range, and the part of samples at the loosest.
TIGHTEST, LOOSEST, AT_LOOSEST = 1e-4, 1e-2, 0.4


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    series = Series(args)
    network = Network(len(series.channels), series.grid, args).to(args.device)
    count = sum(weights.numel() for weights in network.parameters())
    print(f"{count} weights, {sum(len(f) for f in series.train)} frames to learn from", flush=True)
    log = train(network, series, args)
    args.output.mkdir(parents=True, exist_ok=True)
    onnx = exported(network.cpu(), series, args)
    (args.output / "model.onnx").write_bytes(onnx)
    (args.output / "model.toml").write_text(series.contract(args, onnx))
    (args.output / "training.json").write_text(json.dumps(log, indent=1) + "\n")
    print(f"{args.output}: {len(onnx)} bytes")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", type=pathlib.Path, nargs="+")
    parser.add_argument("--shape", help="such as 744x33x49; .npy files know theirs")
    parser.add_argument("--variable", required=True)
    parser.add_argument("--units", default="")
    parser.add_argument("--step", help="from frame to frame, such as 1h")
    parser.add_argument("--start", help="of the first frame in UTC, such as 2019-03-01T00:00")
    parser.add_argument("--latitudes", help="of the first and the last row, such as 58:50")
    parser.add_argument("--longitudes", help="of the first and the last column, such as -10:2")
    parser.add_argument("--periodic", action="store_true", help="the last column is beside the first")
    parser.add_argument("--until", type=int, help="frames from here on are not looked at")
    parser.add_argument("--held-out", type=float, default=0.0, metavar="PART",
                        help="the last part of every series, to tell the loss on (default 0)")
    parser.add_argument("--history", type=int, default=3)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--dilations", default="1", help="of the blocks in turn, such as 1,2,4")
    parser.add_argument("--places", type=int, default=0, help="numbers for every place (default 0)")
    parser.add_argument("--members", type=int, default=1, help="networks whose mean is given")
    parser.add_argument("--batches", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--licence", default="")
    parser.add_argument("--about", default="")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    return parser.parse_args()


class Series:
    """What is learned from, and what the contract says of it."""

    def __init__(self, args):
        fields = [read(path, args.shape)[: args.until] for path in args.series]
        self.history = args.history
        for path, field in zip(args.series, fields):
            if field.ndim != 3 or len(field) < self.history + 8:
                sys.exit(f"{path}: expected time, rows and columns, and at least "
                         f"{self.history + 8} frames; found {field.shape}")
            if not numpy.isfinite(field).all():
                sys.exit(f"{path}: it holds NaN or infinities")
        if len({field.shape[1:] for field in fields}) > 1:
            sys.exit("all series have to have one grid")
        self.grid = fields[0].shape[1:]
        values = numpy.concatenate([field.ravel() for field in fields])
        changes = numpy.concatenate([numpy.diff(field, axis=0).ravel() for field in fields])
        self.mean, self.std = float(values.mean()), float(values.std())
        self.change_std = float(changes.std())
        if not (self.std > 0 and self.change_std > 0):
            sys.exit("nothing ever changes in these series")
        self.range = float(values.max() - values.min())
        cut = [len(f) - int(args.held_out * len(f)) for f in fields]
        self.train = [field[:c] for field, c in zip(fields, cut)]
        self.test = [field[c - self.history:] for field, c in zip(fields, cut) if c < len(field)]
        self.first = [c - self.history for c in cut]
        self.angles(args)
        variable = f'variable = "{args.variable}"'
        self.channels = [f"{{ {variable} }}", f"{{ {variable}, minus = -1 }}"]
        self.channels += [f"{{ {variable}, steps = [{-k}], minus = {-k - 1} }}"
                          for k in range(1, self.history - 1)]
        if self.longitudes is not None and self.hour is not None:
            self.channels += ['{ forcing = "day_sin" }', '{ forcing = "day_cos" }']
        if self.latitudes is not None:
            self.channels.append('{ forcing = "latitude_sin" }')
        self.channels.append(f'{{ forcing = "log_bound", {variable} }}')

    def angles(self, args):
        """Latitudes and longitudes in radians; hour and hours a step."""
        ends = lambda text, n: numpy.radians(numpy.linspace(*map(float, text.split(":")), n))
        rows, columns = self.grid
        self.latitudes = ends(args.latitudes, rows) if args.latitudes else None
        self.longitudes = ends(args.longitudes, columns) if args.longitudes else None
        self.hour = None
        if args.start and args.step:
            clock = args.start.partition("T")[2] or "0:0"
            hours, _, minutes = clock.partition(":")
            self.hour = float(hours) + float(minutes or 0) / 60
            units = {"min": 1 / 60, "h": 1.0, "d": 24.0, "s": 1 / 3600}
            unit = next((u for u in units if args.step.endswith(u)), None)
            if unit is None:
                sys.exit(f"--step {args.step}: expected a number and one of s, min, h, d")
            self.hours = float(args.step.removesuffix(unit)) * units[unit]

    def planes(self, seen, index, bound):
        """The inputs; `seen` are the last frames, newest first, and `index` is the newest's."""
        planes = [(seen[0] - self.mean) / self.std]
        planes += [(a - b) / self.change_std for a, b in zip(seen, seen[1:])]
        if self.longitudes is not None and self.hour is not None:
            turn = 2 * math.pi * (self.hour + (index + 1) * self.hours) / 24
            planes += [numpy.broadcast_to(wave(turn + self.longitudes), self.grid)
                       for wave in (numpy.sin, numpy.cos)]
        if self.latitudes is not None:
            planes.append(numpy.broadcast_to(numpy.sin(self.latitudes)[:, None], self.grid))
        planes.append(numpy.full(self.grid, math.log(bound / self.std)))
        return numpy.stack(planes)

    def sample(self, field, offset, index, bound, generator):
        """Inputs and what the network should say, with noise as large as the bound."""
        seen = [field[index - k] + generator.uniform(-bound, bound, self.grid)
                for k in range(self.history)]
        return (self.planes(seen, index + offset, bound),
                (field[index + 1] - seen[0])[None] / self.change_std)

    def batch(self, size, generator):
        lengths = numpy.array([len(field) - self.history for field in self.train], float)
        loosest = self.range * LOOSEST
        samples = []
        for _ in range(size):
            field = self.train[generator.choice(len(self.train), p=lengths / lengths.sum())]
            index = int(generator.integers(self.history - 1, len(field) - 1))
            bound = loosest
            if generator.random() > AT_LOOSEST:
                bound *= math.exp(generator.uniform(math.log(TIGHTEST / LOOSEST), 0.4))
            samples.append(self.sample(field, 0, index, bound, generator))
        return tensors(samples)

    def held_out(self, part):
        """Inputs and targets of the frames that are not trained on."""
        generator = numpy.random.default_rng(0)
        samples = [self.sample(field, first, index, part * self.range, generator)
                   for field, first in zip(self.test, self.first)
                   for index in range(self.history - 1, len(field) - 1)]
        return tensors(samples) if samples else None

    def contract(self, args, onnx):
        rows, columns = self.grid
        grid = f"[grid]\nrows = {rows}\ncolumns = {columns}\n" if args.places else ""
        step = f'step = "{args.step}"\n' if args.step else ""
        names = ", ".join(path.name for path in args.series)
        about = args.about or f"a residual convolutional network, trained on {names}"
        channels = "".join(f"    {channel},\n" for channel in self.channels)
        return f'''format = 1
name = "{args.output.name}"
description = "{about}"
licence = "{args.licence}"
recipe = "models/recipes/forecaster.py"

[weights]
file = "model.onnx"
sha256 = "{onnx_file.sha256(onnx)}"

{grid}
[time]
{step}history = {self.history}

[[variables]]
name = "{args.variable}"
units = "{args.units}"
mean = {self.mean:.9g}
std = {self.std:.9g}
increment_std = {self.change_std:.9g}

[[inputs]]
tensor = "x"
channels = [
{channels}]

[[outputs]]
tensor = "y"
kind = "increment"
normalised = true
channels = [{{ variable = "{args.variable}" }}]
'''


def read(path, shape):
    if path.suffix == ".npy":
        return numpy.load(path).astype(numpy.float64)
    if not shape:
        sys.exit("raw numbers need a --shape")
    lengths = [int(n) for n in shape.replace(",", "x").split("x")]
    return numpy.fromfile(path, "<f4").reshape(lengths).astype(numpy.float64)


def tensors(samples):
    return tuple(torch.tensor(numpy.stack(part), dtype=torch.float32) for part in zip(*samples))


class Padded(nn.Conv2d):
    """A convolution beyond whose edges the last value goes on, or the other edge."""

    def __init__(self, inputs, outputs, width, periodic, dilation=1):
        super().__init__(inputs, outputs, width, dilation=dilation)
        self.reach, self.periodic = dilation * (width // 2), periodic

    def forward(self, x):
        n = self.reach
        if self.periodic:
            x = torch.cat([x[..., -n:], x, x[..., :n]], -1)
            return super().forward(nn.functional.pad(x, (0, 0, n, n), mode="replicate"))
        return super().forward(nn.functional.pad(x, (n, n, n, n), mode="replicate"))


class Block(nn.Module):
    """Adds something, at first nothing."""

    def __init__(self, channels, periodic, dilation):
        super().__init__()
        self.wide = Padded(channels, channels, 3, periodic, dilation)
        self.near = Padded(channels, channels, 3, periodic)
        nothing(self.near)

    def forward(self, x):
        return x + self.near(torch.relu(self.wide(x)))


class Member(nn.Module):
    def __init__(self, inputs, args):
        super().__init__()
        dilations = [int(d) for d in args.dilations.split(",")]
        self.first = Padded(inputs, args.channels, 5, args.periodic)
        self.blocks = nn.ModuleList(
            Block(args.channels, args.periodic, dilations[i % len(dilations)])
            for i in range(args.blocks))
        self.last = Padded(args.channels, 1, 3, args.periodic)
        nothing(self.last)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = block(x)
        return self.last(x)


class Network(nn.Module):
    """The mean of its members, which see what is known of every place too."""

    def __init__(self, inputs, grid, args):
        super().__init__()
        places = torch.zeros(args.members, args.places, *grid)
        self.places = nn.Parameter(places) if args.places else None
        self.members = nn.ModuleList(
            Member(inputs + args.places, args) for _ in range(args.members))

    def each(self, x):
        for i, member in enumerate(self.members):
            if self.places is None:
                yield member(x)
            else:
                places = self.places[i].expand(len(x), -1, -1, -1)
                yield member(torch.cat([x, places], 1))


def nothing(layer):
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


def loss(target, guess):
    left = target - guess
    rough = left[..., 1:, 1:] - 0.5 * (left[..., 1:, :-1] + left[..., :-1, 1:])
    return SMOOTH * left.square().mean() + ROUGH * rough.square().mean()


def train(network, series, args):
    """Every member on batches of its own; the rate falls to nothing along a cosine."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    generator = numpy.random.default_rng(args.seed)
    start, log, sums = time.monotonic(), [], []
    tell = max(1, args.batches // 20)
    for batch in range(args.batches):
        rate = args.rate * min(1, (batch + 1) / 100)
        rate *= 0.5 * (1 + math.cos(math.pi * batch / args.batches))
        for group in optimiser.param_groups:
            group["lr"] = rate
        total = 0
        for i in range(args.members):
            x, y = (t.to(args.device) for t in series.batch(args.batch, generator))
            if network.places is not None:
                x = torch.cat([x, network.places[i].expand(len(x), -1, -1, -1)], 1)
            total = total + loss(y, network.members[i](x))
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        sums.append(total.item() / args.members)
        if not math.isfinite(sums[-1]):
            sys.exit(f"the loss is {sums[-1]} after {batch + 1} batches: lower --rate")
        if (batch + 1) % tell == 0:
            log.append({"batch": batch + 1, "loss": float(numpy.mean(sums))} | judged(network, series, args))
            left = (time.monotonic() - start) / (batch + 1) * (args.batches - batch - 1)
            print(f"{log[-1]}, {left:.0f} s left", flush=True)
            sums = []
    return log


def judged(network, series, args):
    """The loss on frames held out, as a part of that of no change."""
    found = {}
    for part in (1e-2, 1e-3):
        held_out = series.held_out(part)
        if held_out is None:
            continue
        left = total = 0.0
        with torch.no_grad():
            for x, y in zip(held_out[0].split(16), held_out[1].split(16)):
                guess = sum(network.each(x.to(args.device))).cpu() / args.members
                left += loss(y, guess).item() * len(y)
                total += loss(y, 0 * y).item() * len(y)
        found[f"held out at {part:g}"] = left / total
    return found


def exported(network, series, args):
    rows, columns = series.grid if args.places else ("rows", "columns")
    graph = onnx_file.Graph("forecaster", "x", [1, len(series.channels), rows, columns],
                            "y", [1, 1, rows, columns])

    def convolution(x, layer):
        n = layer.reach
        if layer.periodic:
            left = graph.columns(x, -n, onnx_file.FAR)
            right = graph.columns(x, 0, n)
            x = graph.pad(graph.node("Concat", [left, x, right], axis=3), n, 0)
        else:
            x = graph.pad(x, n, n)
        weight, bias = (graph.constant(t.detach().numpy()) for t in (layer.weight, layer.bias))
        return graph.node("Conv", [x, weight, bias], dilations=list(layer.dilation))

    outputs = []
    for i, member in enumerate(network.members):
        x = "x"
        if network.places is not None:
            places = graph.constant(network.places[i : i + 1].detach().numpy())
            x = graph.node("Concat", [x, places], axis=1)
        x = graph.node("Relu", [convolution(x, member.first)])
        for block in member.blocks:
            wide = graph.node("Relu", [convolution(x, block.wide)])
            x = graph.node("Add", [x, convolution(wide, block.near)])
        outputs.append(convolution(x, member.last))
    total = outputs[0]
    for output in outputs[1:]:
        total = graph.node("Add", [total, output])
    share = graph.constant(numpy.float32(1 / args.members))
    graph.node("Mul", [total, share], output="y")
    return graph.to_bytes()


if __name__ == "__main__":
    main()
