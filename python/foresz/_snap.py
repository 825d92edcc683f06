"""Numbers moved to places where they stay, however often they are encoded."""

import math
import sys

import numpy as np


def step_of(bound, effort):
    """From one place to the next: below twice the bound, as a small number times a power of
    two, so that places are numbers of the type.

    The fast effort gains nothing from numbers at places, and gets more of the bound.
    """
    share = 1.0625 if effort == "fast" else 1.9375
    mantissa, exponent = math.frexp(min(share * bound, sys.float_info.max))
    return math.ldexp(math.floor(math.ldexp(mantissa, 6)), exponent - 6)


def snapped(array, bound, step, fill=(), keep=()):
    """The array with numbers moved to multiples of a step, and what is left of the bound.

    A second call changes nothing, and neither does one on numbers that are off by what is
    left. Numbers in ``fill`` stay as they are, and no other becomes one; so do those in
    ``keep``. If others have to stay, too, nothing is left of the bound.

    >>> x = np.array([0.1, 3.0, 7.77, np.nan, -99.0])
    >>> snapped(x, 0.5, step_of(0.5, "default"), fill=[-99.0])
    (array([  0.     ,   2.90625,   7.75   ,      nan, -99.     ]), 0.015625)
    """
    left = bound - step / 2
    with np.errstate(all="ignore"):
        values = array.astype("float64")
        count = np.rint(values / step)
        places = count * step
        moved = places.astype(array.dtype)
        # The type must tell neighbours apart, or a second call could take another one.
        good = np.abs(moved - places) <= step / 64
        good &= np.abs(count) < 2.0**40
        good &= np.abs(moved - values) <= bound - left
    staying = ~np.isfinite(array)
    for value in np.asarray([*fill, *keep], array.dtype):
        staying |= array == value
    good &= ~staying
    for value in np.asarray(fill, array.dtype):
        good &= moved != value
    return np.where(good, moved, array), left if (good | staying).all() else 0.0
