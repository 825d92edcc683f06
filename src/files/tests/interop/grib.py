"""Compares what foresz-files reads with what eccodes and cfgrib read.

    python grib.py DUMP FILE…

DUMP is the built example `dump`. Values have to be equal to the last bit, coordinates to
1e-6 degrees. Needs eccodes and cfgrib.
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


def compare(dump, path):
    ours = listing(dump, path)
    compared = 0
    for theirs in cfgrib.open_datasets(path, indexpath="", decode_times=False, values_dtype=np.dtype("f8")):
        for name, array in theirs.variables.items():
            if name not in ours:
                sys.exit(f"{path}: {name} is missing, there are {list(ours)}")
            kind, dims, shape = ours[name]
            found = values(dump, path, name, kind, shape)
            expected = array.values
            if name in theirs.data_vars:
                if list(array.dims) != dims:
                    sys.exit(f"{path}: {name} has the dimensions {dims}, not {array.dims}")
                # GRIB's values are doubles: the cast is the only rounding.
                equal = np.array_equal(expected.astype(kind), found, equal_nan=True)
            else:
                found = found if name != "longitude" else found % 360
                expected = expected if name != "longitude" else expected % 360
                equal = found.shape == expected.shape and np.allclose(found, expected, rtol=0, atol=1e-6)
            if not equal:
                sys.exit(f"{path}: {name} differs: {found.ravel()[:5]}, not {expected.ravel()[:5]}")
            compared += 1
    print(f"{path}: {compared} variables are equal")


if __name__ == "__main__":
    for path in sys.argv[2:]:
        compare(sys.argv[1], path)
