"""What a compression is asked for."""

import math
import numbers

from ._numbers import count
from ._predictors import spec_of


def settings(
    bound,
    mode="abs",
    *,
    effort="default",
    predictor="auto",
    backend=None,
    dims=None,
    periodic=None,
    fill=None,
    keep=None,
    least=None,
    most=None,
    attributes=None,
    chunk=None,
    threads=0,
):
    """Options as the library takes them. It checks values; types are checked here."""
    if not isinstance(mode, str):
        raise TypeError(f"mode must be a text such as 'abs', not {mode!r}")
    if mode == "lossless":
        if bound is not None:
            raise ValueError(f"mode='lossless' takes no bound, and {bound!r} was given")
        bound = 0.0
    elif bound is None:
        raise ValueError(f"mode={mode!r} needs a bound; for no loss at all give mode='lossless'")
    predictor, objects = spec_of(predictor)
    return {
        "bound": _number(bound, "bound"),
        "mode": mode,
        "effort": _text(effort, "effort"),
        "predictor": predictor,
        "objects": objects,
        "backend": None if backend is None else _text(backend, "backend"),
        "dims": [_text(name, "dims") for name in _listed(dims, "dims")],
        "periodic": None if periodic is None else bool(periodic),
        "fill": [_number(value, "fill") for value in _listed(fill, "fill")],
        "keep": [_number(value, "keep") for value in _listed(keep, "keep")],
        "least": None if least is None else _number(least, "least"),
        "most": None if most is None else _number(most, "most"),
        "attributes": _attributes(attributes),
        "chunk": None if chunk is None else _chunk(chunk),
        "threads": count(threads, "threads"),
    }


def _number(value, name):
    # bool is a number to Python; nobody means it here.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        item = getattr(value, "item", None)
        if getattr(value, "ndim", None) != 0 or item is None:
            raise TypeError(f"{name} must be a number, not {value!r}")
        return _number(item(), name)
    return float(value)


def _text(value, name):
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value!r}")
    return value


def _listed(values, name):
    if values is None:
        return []
    if isinstance(values, str):
        if name == "dims":
            raise TypeError(f"dims must be a sequence of names, not the text {values!r}")
        return [values]
    if isinstance(values, numbers.Real) or getattr(values, "ndim", None) == 0:
        return [values]
    return list(values)


def _chunk(chunk):
    chunk = [chunk] if isinstance(chunk, int) else chunk
    return [count(length, "chunk") for length in chunk]


def _attributes(attributes):
    pairs = []
    for key, value in dict(attributes or {}).items():
        if isinstance(value, numbers.Real) and math.isfinite(value):
            value = repr(value) if isinstance(value, (int, float)) else str(value)
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"attributes must be texts; {key!r} is {value!r}")
        pairs.append((key, value))
    return pairs
