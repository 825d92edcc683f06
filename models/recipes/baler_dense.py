#!/usr/bin/env python3
"""Trains a dense autoencoder as Baler has it on whole frames, to tell its PSNR.

    python3 models/recipes/baler_dense.py SERIES --shape 60x50x50 --latents 125,25

Trained on all frames and judged on the same ones, nothing quantised: what such a network can do
at best. Needs numpy and torch.
"""

import argparse
import math
import pathlib

import numpy
import torch
from torch import nn


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", type=pathlib.Path)
    parser.add_argument("--shape", required=True, help="such as 60x50x50")
    parser.add_argument("--latents", default="125,25")
    parser.add_argument("--epochs", type=int, default=3000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    frames = int(args.shape.split("x")[0])
    field = numpy.fromfile(args.series, "<f4").reshape(frames, -1)
    data = torch.tensor((field - field.min()) / (field.max() - field.min()))
    for latents in map(int, args.latents.split(",")):
        widths = [data.shape[1], 200, 100, 50]
        network = nn.Sequential(*half([*widths, latents]), *half([latents, *reversed(widths)]))
        train(network, data, args.epochs)
        with torch.no_grad():
            error = nn.functional.mse_loss(network(data), data).item()
        weights = sum(w.numel() for w in network.parameters())
        print(f"{latents} latents: {-10 * math.log10(error):.1f} dB, ratio "
              f"{data.shape[1] / latents:.0f}, with {4 * weights} bytes of weights "
              f"{field.nbytes / (4 * (frames * latents + weights)):.2f}", flush=True)


def half(widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.LeakyReLU()]
    return layers[:-1]


def train(network, data, epochs):
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = 5e-4 * (1 + math.cos(math.pi * epoch / epochs))
        for batch in torch.randperm(len(data)).split(15):
            optimiser.zero_grad()
            nn.functional.mse_loss(network(data[batch]), data[batch]).backward()
            optimiser.step()


if __name__ == "__main__":
    main()
