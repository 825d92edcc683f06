"""Compares what foresz-files reads with what eccodes and cfgrib read.

    python grib.py DUMP FILE…

DUMP is the built example `dump`. Values have to be equal to the last bit, coordinates to
1e-6. What is refused is shown and passed over. Needs eccodes and cfgrib.
"""

import subprocess
import sys

import cfgrib
import numpy as np

KINDS = {"float32": "<f4", "float64": "<f8", "int64": "<i8"}


def listing(dump, path):
    """Kind, dimensions and shape of every variable."""
    found = {}
    for line in subprocess.check_output([dump, path], text=True).splitlines():
        words = line.split(" ")
        if words[0] in KINDS:
            dims, shape = line.split("[")[1:3]
            dims = [d.strip('"') for d in dims.split("]")[0].split(", ") if d]
            shape = [int(n) for n in shape.split("]")[0].split(", ") if n]
            found[words[1]] = (KINDS[words[0]], dims, shape)
        elif line.startswith("left out"):
            print("   ", line)
    return found


def values(dump, path, name, kind, shape):
    raw = subprocess.check_output([dump, path, name])
    return np.frombuffer(raw, kind).reshape(shape)


def theirs(path, by_validity):
    keys = {"time_dims": ("valid_time",)} if by_validity else {}
    keys |= {"indexpath": "", "values_dtype": np.dtype("f8"), "errors": "ignore"}
    return cfgrib.open_datasets(path, backend_kwargs=keys, decode_times=False)


def same_coordinate(name, found, expected):
    if name == "longitude":
        found, expected = found % 360, expected % 360
    # eccodes rounds where it turns globes.
    turned = name in ("latitude", "longitude") and expected.ndim == 2
    tolerance = 1e-5 if turned else 1e-6
    return found.shape == expected.shape and np.allclose(found, expected, rtol=0, atol=tolerance)


def compare(dump, path):
    try:
        ours = listing(dump, path)
    except subprocess.CalledProcessError:
        return
    compared = 0
    by_validity = any("valid_time" in dims for _, dims, _ in ours.values() if len(dims) > 1)
    for dataset in theirs(path, by_validity):
        for name, array in dataset.variables.items():
            # Where variables differ in a coordinate, ours are numbered.
            candidates = [n for n in ours if n == name or n.rpartition("_")[0] == name]
            if not candidates and name in ("latitude", "longitude"):
                print(f"    {path}: no {name} is computed on this grid")
                continue
            for candidate in candidates:
                kind, dims, shape = ours[candidate]
                found = values(dump, path, candidate, kind, shape)
                if name not in dataset.data_vars:
                    equal = same_coordinate(name, found, array.values)
                else:
                    # GRIB's values are doubles: the cast is the only rounding.
                    dims = [d.rstrip("_23456789") for d in dims]
                    equal = list(array.dims) == dims and np.array_equal(
                        array.values.astype(kind), found, equal_nan=True
                    )
                if equal:
                    break
            else:
                sys.exit(f"{path}: {name} differs from all of {candidates}:\n{array.values}\n{list(ours)}")
            compared += 1
    print(f"{path}: {compared} variables are equal")


if __name__ == "__main__":
    for path in sys.argv[2:]:
        compare(sys.argv[1], path)
