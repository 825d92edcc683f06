#!/usr/bin/env python3
"""Counts the latents that are not 0, as papers on sparse autoencoders give their ratios.

    python3 models/recipes/sparsity.py models/scattering sas/scattering__200x64x64.f32 --shape 200x64x64

Every frame of the series has to be one tile. Needs numpy and onnxruntime.
"""

import argparse
import pathlib
import tomllib

import numpy
import onnxruntime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("series", type=pathlib.Path)
    parser.add_argument("--shape", required=True, help="such as 200x64x64")
    args = parser.parse_args()
    contract = tomllib.loads((args.model / "model.toml").read_text())
    mean, std = contract["normalise"]["mean"], contract["normalise"]["std"]
    shape = [int(n) for n in args.shape.split("x")]
    field = numpy.fromfile(args.series, "<f4").reshape(shape[0], 1, *shape[1:])
    network = lambda part: onnxruntime.InferenceSession(args.model / contract[part]["file"])
    latents = network("encoder").run(None, {"x": (field - mean) / std})[0]
    decoder = network("decoder")
    print("step, not 0, count ratio, mean squared error")
    for step in (contract["code"]["step"], 0.1, 0.2, 0.5, 1.0):
        rounded = (numpy.round(latents / step) * step).astype(numpy.float32)
        again = decoder.run(None, {"z": rounded})[0] * std + mean
        count = (rounded != 0).sum(1).mean()
        error = numpy.square(again - field).mean()
        print(f"{step:.3g}, {count:.1f}, {field[0].size / count:.0f}, {error:.2e}")


if __name__ == "__main__":
    main()
