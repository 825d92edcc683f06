"""Streams of data sets: variables that are read when they are asked for."""

import io
import os
from collections.abc import Mapping

import numpy as np

from . import _foresz
from ._array import checked, room
from ._index import split
from ._predictors import objects_of
from ._reports import VariableInfo, Verified
from ._settings import count


def open(source, *, packed=False, predictor=None, threads=0):
    """Opens a stream. Values are read when they are asked for.

    Parameters
    ----------
    source
        A path; an object with ``seek`` and ``read`` that is open in binary mode, such as a file
        of fsspec; or the bytes of a stream.
    packed
        Whether to show packed integers as they are, instead of the numbers that they mean.
        Those that were compressed as numbers, as under a relative bound, stay such.
    predictor
        The object, or the objects, that the stream was made with, if any.
    threads
        How many threads to decode with; 0 for all processors.

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> stream = foresz.compress(np.add.outer(np.arange(40.0), np.arange(60.0)), 0.05)
    >>> with foresz.open(stream) as dataset:
    ...     dataset["data"][3, 10:14].shape
    (4,)
    """
    return Dataset(source, packed=packed, predictor=predictor, threads=threads)


class Dataset(Mapping):
    """An open stream: a mapping of names to :class:`Variable`."""

    def __init__(self, source, *, packed=False, predictor=None, threads=0):
        path = target = None
        if hasattr(source, "seek") and hasattr(source, "read"):
            target = source
        elif isinstance(source, (bytes, bytearray, memoryview)):
            target = io.BytesIO(source)
        elif isinstance(source, (str, os.PathLike)):
            path = os.fspath(source)
        else:
            raise TypeError(
                f"expected a path, a file or the bytes of a stream, not {type(source).__name__}"
            )
        self._made_of = (source, bool(packed), count(threads, "threads"), predictor)
        self._threads = self._made_of[2]
        self._reader = _foresz.Reader(path, target, bool(packed), objects_of(predictor))
        #: Attributes of the whole.
        self.attributes = _attributes(self._reader.attributes())
        dimensions = self._reader.dimensions()
        #: Lengths of the dimensions.
        self.dims = {name: length for name, length, _ in dimensions}
        #: Names of the dimensions that can grow.
        self.unlimited = tuple(name for name, _, unlimited in dimensions if unlimited)
        about = enumerate(self._reader.variables())
        self._variables = {facts["name"]: Variable(self, i, facts) for i, facts in about}

    @property
    def nbytes(self):
        """Bytes of the stream."""
        return self._open().bytes()[0]

    def _open(self):
        if self._reader is None:
            raise ValueError("the stream is closed")
        return self._reader

    def close(self):
        """Lets go of the file. A file that you opened stays open."""
        self._reader = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def __getitem__(self, name):
        try:
            return self._variables[name]
        except KeyError:
            there = ", ".join(self._variables)
            raise KeyError(f"no variable is called {name!r}; there are: {there}") from None

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)

    def __reduce__(self):
        return _opened, self._made_of

    def __repr__(self):
        dims = ", ".join(f"{name}: {length}" for name, length in self.dims.items())
        lines = [f"  {variable!r}" for variable in self.values()]
        return "\n".join([f"foresz.Dataset ({dims})", *lines])


def _opened(source, packed, threads, predictor):
    return Dataset(source, packed=packed, predictor=predictor, threads=threads)


def _variable(dataset, name):
    return dataset[name]


class Variable:
    """A variable of an open stream. It is sliced like an array of numpy, and only what is
    asked for is decoded: whole numbers, slices and ``...``."""

    def __init__(self, dataset, position, facts):
        self._dataset = dataset
        self._position = position
        self._kind = facts["kind"]
        #: Its name.
        self.name = facts["name"]
        #: Names of its dimensions, slowest first.
        self.dims = tuple(facts["dims"])
        #: Lengths along them.
        self.shape = tuple(facts["shape"])
        #: Units, fill values and whatever else there is.
        self.attributes = _attributes(facts["attributes"])
        #: The type of its values; object for texts.
        self.dtype = _dtype(self._kind)

    @property
    def ndim(self):
        """How many dimensions it has."""
        return len(self.shape)

    @property
    def size(self):
        """How many values it has."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def info(self):
        """What became of it: a :class:`VariableInfo`."""
        return VariableInfo(self._dataset._open().about(self._position))

    @property
    def chunk(self):
        """Shape of the chunks that it is decoded in, or None where it is stored as it is."""
        chunk = self._dataset._open().chunk(self._position)
        return None if chunk is None else tuple(chunk)

    @property
    def chunks(self):
        """Lengths of all the parts that it is decoded in, along each dimension, as dask has
        them."""
        ends = self._dataset._open().chunk_ends(self._position)
        return tuple(tuple(np.diff(places, prepend=0).tolist()) for places in ends)

    @property
    def lost(self):
        """What was asked for, in words; None if nothing is lost."""
        asked = self._dataset._open().asked(self._position)
        return " | ".join(asked) or None

    def __getitem__(self, key):
        reader = self._dataset._open()
        region, rest = split(key, self.shape)
        shape = [stop - start for start, stop in region]
        if 0 in shape:
            return room(shape, self.dtype)[rest]
        values = reader.read(self._position, region, self._dataset._threads)
        values = _array(values, self.dtype).reshape(shape)
        part = values[rest]
        # A part of what was decoded would keep all of it.
        return (
            part.copy()
            if isinstance(part, np.ndarray) and part.base is not None and (part.size < values.size)
            else part
        )

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError(
                "a variable is decoded to memory of its own: copy=False is not possible"
            )
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def __len__(self):
        if not self.shape:
            raise TypeError("the variable has no dimensions")
        return self.shape[0]

    def verify(self, original):
        """Holds the variable against the array that it was made of, of float32 or float64."""
        original = checked(original, "the original")
        reader = self._dataset._open()
        found = reader.verify(self._position, original, self._dataset._threads)
        return Verified(found)

    def __reduce__(self):
        return _variable, (self._dataset, self.name)

    def __repr__(self):
        pairs = zip(self.dims, self.shape)
        dims = ", ".join(f"{name}: {length}" for name, length in pairs)
        return f"{self.name} ({dims}) {self.dtype}"


def _dtype(kind):
    return np.dtype({"char": "S1", "text": "O"}.get(kind, kind))


def _array(values, dtype):
    if isinstance(values, bytes):
        return np.frombuffer(values, "S1")
    if isinstance(values, list):
        array = np.empty(len(values), "O")
        array[:] = values
        return array
    return values


def _attributes(attributes):
    """Single numbers as such, and texts as texts."""
    return {name: _attribute(value) for name, value in attributes.items()}


def _attribute(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.shape == (1,):
        return value[0]
    return value
