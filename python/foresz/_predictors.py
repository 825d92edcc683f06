"""Predictors written in Python."""

import re
from dataclasses import dataclass

import numpy as np

from ._numbers import count


@dataclass(frozen=True)
class Place:
    """What a predictor is told of the field, beside its values: ``where``."""

    #: Shape of a frame.
    shape: tuple
    #: Names of its dimensions, empty texts where they have none.
    dims: tuple
    #: The absolute bound that the field is coded under; 0 is lossless.
    bound: float
    #: Of the rows and columns of a frame, in degrees, or None where the field does not say.
    latitudes: np.ndarray | None
    longitudes: np.ndarray | None
    #: Texts that are kept with the field.
    attributes: dict


class _Parts:
    """Parts of a spec, from left to right: texts and predictors."""

    def __init__(self, parts):
        self._parts = parts

    def __add__(self, other):
        more = _parts(other)
        return NotImplemented if more is None else _Parts([*self._parts, *more])

    def __radd__(self, other):
        before = _parts(other)
        return NotImplemented if before is None else _Parts([*before, *self._parts])

    def __repr__(self):
        return " + ".join(repr(part) for part in self._parts)


def _parts(thing):
    if isinstance(thing, str):
        return [thing]
    if isinstance(thing, _Parts):
        return thing._parts
    return [frames(thing)] if _is_predictor(thing) else None


def _is_predictor(thing):
    return not isinstance(thing, type) and hasattr(thing, "predict") and hasattr(thing, "history")


class FramePredictor:
    """A base for predictors of frames, which can be added to specs: ``MyModel() + "raster"``.

    A predictor has a ``history``, the number of past frames that it needs (1 to 64), and a
    method ``predict(past, when, where)`` that returns the next frame. :func:`foresz.frames`
    takes any other object that has both, and describes them. ``name``, ``version``, ``guard``
    and ``bytes`` may be attributes, too.

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> class Trend(foresz.FramePredictor):
    ...     history = 2
    ...     def predict(self, past, when, where):
    ...         return 2 * past[-1] - past[-2]
    >>> t, i, j = np.ogrid[0:8, 0:20, 0:30]
    >>> field = np.sin((i + 2 * t) / 5) + np.cos((j + t) / 7)
    >>> stream = foresz.compress(field, 1e-3, predictor=Trend() + "raster")
    >>> again = foresz.decompress(stream, predictor=Trend())
    >>> bool(np.abs(again - field).max() <= 1e-3)
    True
    """

    history = 1

    def predict(self, past, when, where):
        """The frame after those of ``past``."""
        raise NotImplementedError(f"{type(self).__name__} has no method predict")

    def __add__(self, other):
        return frames(self) + other

    def __radd__(self, other):
        return other + frames(self)


def frames(model, *, name=None, version=None, guard=None, bytes=None):
    """Makes a predictor of frames of an object, to be used alone or in a sum with specs.

    Parameters
    ----------
    model
        An object with a number ``history`` and a method ``predict(past, when, where)``.
        ``past`` is a float64 array ``[history, ...frame]`` of the last frames as they were
        decoded, the newest at the end. ``when`` has the times of these frames and, at its end,
        of the one to be predicted: datetime64 if the field has the attributes ``start`` and
        ``step``, else numbers of frames. ``where`` is a :class:`foresz.Place`. What is returned
        is the next frame, float32 or float64; where it is NaN or infinite, the newest frame is
        taken. It may depend on nothing but what it is given: frames are predicted in any
        order, and more than once.
    name, version
        What streams know it by; decoding needs a predictor of the same. They are the attributes
        ``name`` and ``version`` of the object, or else the name of its class and ``"1"``. Give
        it another version when you change what it predicts.
    guard
        By how much predictions on other machines may differ, as a part of the standard
        deviation of the values, up to 1. It is measured if not said.
    bytes
        Bytes of what it has learned. They count in ratios with models.

    Examples
    --------
    >>> import types
    >>> import foresz
    >>> model = types.SimpleNamespace(history=1, predict=lambda past, when, where: past[-1])
    >>> foresz.frames(model, name="still") + "raster"
    still version 1 + 'raster'
    """
    if isinstance(model, Frames):
        return model
    if not _is_predictor(model):
        what = f"the class {model.__name__}" if isinstance(model, type) else repr(model)
        raise TypeError(f"{what} is no object with history and predict, as a predictor has to be")
    return Frames(model, name, version, guard, bytes)


class Frames(_Parts):
    """An object as a predictor of frames."""

    def __init__(self, model, name, version, guard, bytes):
        super().__init__([self])

        def said(value, attribute, default):
            return getattr(model, attribute, default) if value is None else value

        self.name = said(name, "name", type(model).__name__)
        self.version = said(version, "version", "1")
        self.history = count(model.history, "history")
        self.bytes = count(said(bytes, "bytes", 0), "bytes")
        guard = said(guard, "guard", None)
        self.guard = None if guard is None else float(guard)
        self._predict = model.predict
        if not (isinstance(self.name, str) and re.fullmatch(r"[A-Za-z0-9._-]+", self.name)):
            raise ValueError(
                f"a predictor is called by letters, digits, '-', '_' and '.', not {self.name!r}"
            )
        if not isinstance(self.version, str):
            raise TypeError(f"the version of {self.name} must be a text, not {self.version!r}")
        if not 1 <= self.history <= 64:
            raise ValueError(f"{self.name} has a history of {self.history}; 1 to 64 are possible")
        if self.guard is not None and not 0 < self.guard <= 1:
            raise ValueError(f"the guard of {self.name} is {guard}; it must be in 0…1, above 0")

    @property
    def spec(self):
        """Its part of a spec."""
        guard = "" if self.guard is None else f",guard={self.guard!r}"
        return f"forecast:model={self.name}{guard}"

    def is_same(self, other):
        """Whether another one is made of the same object."""
        return (self._predict, self.version) == (other._predict, other.version)

    def foresee(self, past, index, clock, facts):
        """What the library asks for: the next frame as a list of numbers, and their precision."""
        shape = past.shape[1:]
        when = np.arange(index - self.history, index + 1)
        if clock is not None:
            start, step = clock
            when = np.datetime64(start, "s") + when * np.timedelta64(step, "s")
        attributes = dict(facts["attributes"])
        where = Place(
            shape=shape,
            dims=tuple(facts["dims"]),
            bound=facts["bound"],
            latitudes=_axis(attributes.get("latitudes"), shape, 2),
            longitudes=_axis(attributes.get("longitudes"), shape, 1),
            attributes=attributes,
        )
        frame = self._predict(past, when, where)
        frame = frame.filled(np.nan) if isinstance(frame, np.ma.MaskedArray) else np.asarray(frame)
        if frame.dtype not in (np.float32, np.float64):
            raise TypeError(
                f"predictor {self.name} returned {frame.dtype}; it must be float32 or float64"
            )
        if frame.shape != shape:
            raise ValueError(
                f"predictor {self.name} returned the shape {frame.shape}; a frame has {shape}"
            )
        precision = float(np.finfo(frame.dtype).eps)
        return np.ascontiguousarray(frame, "float64").reshape(-1), precision

    def __repr__(self):
        return f"{self.name} version {self.version}"


def _axis(text, shape, from_end):
    """Coordinates along a dimension from ``FIRST:LAST``."""
    if text is None or len(shape) < from_end:
        return None
    first, _, last = text.partition(":")
    return np.linspace(float(first), float(last), shape[-from_end])


def spec_of(predictor):
    """A predictor as a spec, and the objects that the spec names."""
    parts = _parts(predictor)
    if parts is None:
        raise TypeError(
            "predictor must be a text such as 'raster', or an object with history and predict, "
            f"not {predictor!r}"
        )
    objects = [part for part in parts if isinstance(part, Frames)]
    names = [part.name for part in objects]
    if len(set(names)) < len(names):
        raise ValueError(f"two predictors are called {max(names, key=names.count)}; rename one")
    return "+".join(part if isinstance(part, str) else part.spec for part in parts), objects


def objects_of(predictor):
    """The objects that a stream may need."""
    if predictor is None:
        return []
    if isinstance(predictor, (list, tuple)):
        return [one for each in predictor for one in objects_of(each)]
    if isinstance(predictor, str):
        raise TypeError(
            f"a stream says itself which predictors it was made with; {predictor!r} is not an "
            "object with history and predict"
        )
    return spec_of(predictor)[1]
