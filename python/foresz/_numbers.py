"""Numbers that callers give."""

import operator


def count(value, name):
    """A whole number that is not negative."""
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if value < 0:
        raise ValueError(f"{name} must not be negative: {value}")
    return value
