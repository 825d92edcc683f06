"""Indices of numpy, as ranges to decode and what is left to do."""

import operator


def split(key, shape):
    """Splits an index into a region of the array and an index into that region.

    The region is a list of (first, last) with the last place left out. The second index
    gives from the region what the whole index gives from the array.

    >>> split((3, slice(None, None, 2)), (5, 9))
    ([(3, 4), (0, 9)], (0, slice(0, 9, 2)))
    """
    key = key if isinstance(key, tuple) else (key,)
    region, rest = [], []
    for part, length in zip(_spread(key, len(shape)), shape):
        bounds, left = _split_one(part, length, len(region))
        region.append(bounds)
        rest.append(left)
    return region, tuple(rest)


def region_of(key, shape):
    """The region of an index that is made of slices with step 1."""
    region, rest = split(key, shape)
    for (start, stop), left in zip(region, rest):
        if not isinstance(left, slice) or left != slice(0, stop - start, 1):
            raise ValueError("a region is made of slices with step 1; index the result further")
    return region


def _spread(key, dims):
    """The index with Ellipsis and what was left out written out."""
    places = [i for i, part in enumerate(key) if part is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can have one Ellipsis ('...') only")
    given = len(key) - len(places)
    if given > dims:
        raise IndexError(f"too many indices: {given} for {dims} dimensions")
    at = places[0] if places else len(key)
    return key[:at] + (slice(None),) * (dims - given) + key[at + 1 :]


def _split_one(part, length, axis):
    if isinstance(part, slice):
        places = range(*part.indices(length))
        if not places:
            return (0, 0), slice(0, 0, 1)
        low, high = min(places[0], places[-1]), max(places[0], places[-1]) + 1
        if places.step > 0:
            return (low, high), slice(0, high - low, places.step)
        return (low, high), slice(None, None, places.step)
    if isinstance(part, bool) or part is None:
        raise IndexError("an index is made of whole numbers, slices and '...'")
    try:
        place = operator.index(part)
    except TypeError:
        raise IndexError(
            "an index is made of whole numbers, slices and '...'; "
            "read a region and index the array with whatever else"
        ) from None
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for axis {axis} of length {length}")
    place %= length
    return (place, place + 1), 0
