"""Numbers moved to places where they stay, however often they are encoded."""

import numpy as np

#: Bounds from one place to the next. Below 2, so that rounding cannot break the bound.
STEP = 1.9375


def snapped(array, bound, fill=(), keep=()):
    """The array with numbers moved to multiples of a step, none of them by the bound.

    The step depends on the bound alone, so that a second call changes nothing. Numbers that
    cannot be moved stay as they are. So do those in ``fill``, which no other number becomes,
    and those in ``keep``.

    >>> x = np.array([0.1, 3.0, 7.77, np.nan, -99.0])
    >>> once = snapped(x, 0.5, fill=[-99.0])
    >>> once
    array([  0.     ,   2.90625,   7.75   ,      nan, -99.     ])
    >>> bool(np.array_equal(snapped(once, 0.5, fill=[-99.0]), once, equal_nan=True))
    True
    """
    step = STEP * bound
    with np.errstate(all="ignore"):
        values = array.astype("float64")
        count = np.rint(values / step)
        places = count * step
        moved = places.astype(array.dtype)
        # The type must tell neighbours apart, or a second call could take another one.
        good = np.abs(moved - places) <= step / 16
        good &= np.abs(count) < 2.0**40
        good &= np.abs(moved.astype("float64") - values) < bound
        for value in np.asarray([*fill, *keep], array.dtype):
            good &= array != value
        for value in np.asarray(fill, array.dtype):
            good &= moved != value
    return np.where(good, moved, array)
