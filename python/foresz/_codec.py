"""One array there and back."""

import numpy as np

from . import _foresz
from ._array import bytes_of, checked, room, room_in
from ._index import region_of
from ._predictors import objects_of
from ._reports import Info, Ladder, Verified
from ._settings import count, settings


def compress(
    array,
    bound=None,
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
    """Compresses an array into a stream.

    Parameters
    ----------
    array
        float32 or float64, with one to eight dimensions, slowest first. It is not copied.
        Do not write to it from another thread meanwhile.
    bound
        The largest error that you accept. Its meaning depends on ``mode``.
    mode
        ``"abs"``: no value is off by more than ``bound``. ``"range-rel"``: the same with
        ``bound`` times the range of the values. ``"pw-rel"``: no value is off by more than
        ``bound`` times itself, and zeros stay zero. ``"psnr"``: the whole has at least this
        peak signal-to-noise ratio in dB. ``"lossless"``: every bit comes back.
    effort
        ``"fast"``, ``"default"`` or ``"best"``.
    predictor
        A predictor by its spec, ``"auto"``, an object that foresees frames, or the sum of such,
        as in ``MyModel() + "raster"``; see :func:`foresz.frames`.
    backend
        A back end other than that of the effort.
    dims
        Names of the dimensions. The one called ``time`` is time.
    periodic
        Whether the last dimension closes on itself, as longitude does. If not said, foresz
        looks at the array.
    fill
        A value, or several, that stand for "nothing here" and come back exactly. NaN and
        infinities do so anyway.
    keep
        A value, or several, that come back exactly where they are, such as 0 where it did
        not rain.
    least, most
        No number comes back below ``least`` or above ``most``.
    attributes
        Texts to keep with the array, such as its units.
    chunk
        Shape of the chunks, the unit of random access.
    threads
        How many threads to use; 0 for all processors. It never changes a byte.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> rain = np.zeros((30, 40), "float32")
    >>> rain[3, 5] = 0.123
    >>> stream = foresz.compress(rain, 0.01, keep=0, least=0, attributes={"units": "mm"})
    >>> again = foresz.decompress(stream)
    >>> bool(abs(again[3, 5] - rain[3, 5]) <= 0.01), float(again[0, 0])
    (True, 0.0)
    """
    options = settings(
        bound,
        mode,
        effort=effort,
        predictor=predictor,
        backend=backend,
        dims=dims,
        periodic=periodic,
        fill=fill,
        keep=keep,
        least=least,
        most=most,
        attributes=attributes,
        chunk=chunk,
        threads=threads,
    )
    return _foresz.compress(checked(array), options)


def _decoded(data, region, level, out, threads, predictor=None):
    threads, objects = count(threads, "threads"), objects_of(predictor)
    if out is None:
        return _foresz.decode(data, region, level, threads, objects)
    dtype, shape = _foresz.layout(data, region, level)
    values = room_in(out, shape, dtype)
    _foresz.decode_into(data, region, level, values, threads, objects)
    if values is not out:
        np.copyto(out, values)
    return out


def decompress(data, out=None, *, predictor=None, threads=0):
    """Decodes a stream into an array.

    With ``out``, the values go to that array, which must have the type and shape of the
    stream, and it is returned. What is in it after an error means nothing. ``predictor`` is the
    object, or the objects, that the stream was made with, if any.

    >>> import foresz
    >>> import numpy as np
    >>> stream = foresz.compress(np.linspace(0, 1, 500), 1e-3)
    >>> out = np.empty(500)
    >>> foresz.decompress(stream, out) is out
    True
    """
    return _decoded(bytes_of(data), None, 0, out, threads, predictor)


def decompress_region(data, region, out=None, *, predictor=None, threads=0):
    """Decodes a part of an array, and only the chunks that hold any of it.

    ``region`` is a tuple of slices with step 1, as in ``np.s_[5:7, :, 20:30]``.

    >>> import foresz
    >>> import numpy as np
    >>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
    >>> stream = foresz.compress(field, 0.05, chunk=(10, 60))
    >>> foresz.decompress_region(stream, np.s_[12:15, :4]).shape
    (3, 4)
    """
    data = bytes_of(data)
    dtype, shape = _foresz.layout(data, None, 0)
    region = region_of(region, shape)
    if any(start == stop for start, stop in region):
        empty = [stop - start for start, stop in region]
        return room(empty, dtype) if out is None else room_in(out, empty, dtype)
    return _decoded(data, region, 0, out, threads, predictor)


def preview(data, level, *, predictor=None, threads=0):
    """Decodes every 2^level-th row and column of each frame (the last two dimensions).

    They are the very values of the whole array at those places. Streams that are coded from
    coarse to fine take a fraction of the time; :attr:`Info.preview_levels` says up to which
    level.

    >>> import foresz
    >>> import numpy as np
    >>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
    >>> stream = foresz.compress(field, 0.05)
    >>> small = foresz.preview(stream, 2)
    >>> bool((small == foresz.decompress(stream)[::4, ::4]).all())
    True
    """
    level = count(level, "level")
    if level > 255:
        raise ValueError(f"no array has a level {level}")
    return _decoded(bytes_of(data), None, level, None, threads, predictor)


def inspect(data):
    """Says what a stream holds, without decoding it.

    >>> import foresz
    >>> import numpy as np
    >>> info = foresz.inspect(foresz.compress(np.ones((10, 20)), 0.1))
    >>> info.shape, info.dtype, info.mode, info.asked
    ((10, 20), 'float64', 'abs', 0.1)
    """
    return Info(_foresz.inspect(bytes_of(data)))


def verify(data, original, *, predictor=None, threads=0):
    """Holds a stream against the array that it was made of, value by value.

    Nothing in the stream is trusted but the bound that was asked for.

    >>> import foresz
    >>> import numpy as np
    >>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
    >>> found = foresz.verify(foresz.compress(field, 0.05), field)
    >>> found.kept, found.broken, found.max_error <= 0.05
    (True, 0, True)
    """
    original = checked(original, "the original")
    threads, objects = count(threads, "threads"), objects_of(predictor)
    return Verified(_foresz.verify(bytes_of(data), original, threads, objects))


def suggest(array, *, effort="default", predictor="auto", dims=None, fill=None, threads=0):
    """Tries bounds on an array, and says what each of them does.

    The array is compressed once for every bound. Give a part of a large one.

    >>> import foresz
    >>> import numpy as np
    >>> field = np.sin(np.add.outer(np.arange(40.0), np.arange(60.0)) / 9)
    >>> ladder = foresz.suggest(field)
    >>> ladder.rungs[0].bound > ladder.rungs[-1].bound
    True
    """
    options = settings(
        1.0, effort=effort, predictor=predictor, dims=dims, fill=fill, threads=threads
    )
    return Ladder(_foresz.suggest(checked(array), options))
