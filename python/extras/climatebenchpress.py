"""foresz for ClimateBenchPress, which compares compressors of climate data.

Copy this file into the folder of compressors, `climatebenchpress/compressor/compressors`, and
import it in `__init__.py` there. It needs `pip install foresz[numcodecs]`.
"""

__all__ = ["Foresz"]

import math

import numpy as np
from foresz.numcodecs import Foresz as Codec

try:
    from .abc import Compressor
except ImportError:
    # Beside the benchmark it is a compressor; alone it is one all the same.
    Compressor = object


#: All its data have these axes, some of length 1. With their names foresz knows which is time.
AXES = ("realization", "time", "vertical", "latitude", "longitude")


class Foresz(Compressor):
    """Bounds on the absolute and on the point-wise relative error, both native."""

    name = "foresz"
    description = "foresz"

    @staticmethod
    def abs_bound_codec(error_bound, *, dtype=None, **_):
        """Every value within ``error_bound``."""
        return Codec(rounded_down(error_bound, dtype), "abs", dims=AXES)

    @staticmethod
    def rel_bound_codec(error_bound, *, dtype=None, **_):
        """Every value within ``error_bound`` times itself; zeros stay zero."""
        return Codec(rounded_down(error_bound, dtype), "pw-rel", dims=AXES)


def rounded_down(bound, dtype):
    """The bound as a number of that type that is not above it.

    The benchmark compares in the type of the data, and may round its threshold to it.
    """
    bound = float(bound)
    if dtype is None or np.dtype(dtype).kind != "f":
        return bound
    kind = np.dtype(dtype).type
    rounded = kind(bound)
    if float(rounded) > bound:
        rounded = np.nextafter(rounded, kind(0))
    # A bound that the type cannot hold stays what it is.
    return float(rounded) if rounded > 0 and math.isfinite(rounded) else bound
