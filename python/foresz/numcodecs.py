"""A codec for numcodecs, and so for Zarr 2 and whatever else takes such codecs."""

import json

import numpy as np
from numcodecs.abc import Codec

from . import _foresz
from ._array import bytes_of, checked
from ._codec import _decoded, decompress
from ._config import Config

__all__ = ["Foresz"]

#: The attribute of a stream that says what its array looked like, where the stream itself
#: does not.
_LOOKS = "numpy"


class Foresz(Codec):
    """Compresses arrays of float32 and float64 with a bound on the error.

    Type, shape and layout travel in the stream: what is decoded looks like what was encoded.

    Parameters
    ----------
    bound, mode, options
        As in :func:`foresz.compress`: ``effort``, ``predictor``, ``backend``, ``dims``,
        ``periodic``, ``fill``, ``keep``, ``least``, ``most``, ``chunk``.
    rewritable
        Whether numbers stay within the bound when what was decoded is encoded again.
        Otherwise errors add up. Streams grow by a few percent, and by more if the bound is
        large.
    threads
        How many threads a call uses. It is 1 unless you say otherwise, since callers work on
        many chunks side by side, and is no part of the configuration.

    Examples
    --------
    >>> import numcodecs
    >>> import numpy as np
    >>> codec = numcodecs.get_codec({"id": "foresz", "bound": 0.05})
    >>> field = np.linspace(0, 9, 600).reshape(20, 30)
    >>> again = codec.decode(codec.encode(field))
    >>> bool(np.abs(again - field).max() <= 0.05), again.shape
    (True, (20, 30))
    """

    codec_id = "foresz"

    def __init__(self, bound=None, mode="abs", *, threads=1, **options):
        self._config = Config(bound, mode, **options)
        self.threads = threads

    def encode(self, buf):
        """The stream of an array."""
        array = np.asarray(buf) if not isinstance(buf, np.ndarray) else buf
        field = checked(array.reshape(1) if array.ndim == 0 else array)
        looks = {}
        if array.ndim == 0:
            looks["shape"] = []
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            looks["order"] = "F"
        if not array.dtype.isnative:
            # Zarr 2 takes bytes for values of the type that it knows.
            looks["dtype"] = array.dtype.str
        attributes = {_LOOKS: json.dumps(looks, separators=(",", ":"))} if looks else None
        return self._config.compress(field, threads=self.threads, attributes=attributes)

    def decode(self, buf, out=None):
        """The array of a stream, in ``out`` if that is given."""
        data = bytes_of(buf)
        if out is None:
            array = _decoded(data, None, 0, None, self.threads)
            return _looking(array, _foresz.inspect(data)["attributes"].get(_LOOKS))
        target = _target(out, data)
        decompress(data, target, threads=self.threads)
        return out

    def get_config(self):
        """The configuration, which is JSON."""
        return {"id": self.codec_id, **self._config.to_json()}

    def __repr__(self):
        return f"Foresz({self._config!r})"


def _looking(array, looks):
    """The array as it was before it was encoded."""
    if looks is None:
        return array
    looks = json.loads(looks)
    if "dtype" in looks:
        array = array.astype(np.dtype(looks["dtype"]))
    if looks.get("order") == "F":
        array = np.asfortranarray(array)
    return array.reshape(()) if looks.get("shape") == [] else array


def _target(out, data):
    """Where to decode to: arrays as they are, and buffers as arrays of the stream's shape."""
    dtype, shape = _foresz.layout(data, None, 0)
    if isinstance(out, np.ndarray) and out.dtype.kind == "f":
        return out.reshape(1) if out.ndim == 0 else out
    flat = np.asarray(memoryview(out).cast("B"))
    wanted = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object))
    if flat.nbytes != wanted:
        raise ValueError(f"out has {flat.nbytes} bytes, and the stream {wanted}")
    return flat.view(dtype).reshape(shape)
