"""Arrays on their way in and out."""

import numpy as np

FLOATS = ("float32", "float64")


def checked(array, what="the array"):
    """The array as the library takes it, or an error that says what to do.

    Nothing is copied but lists, and arrays of another byte order or out of alignment.
    """
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            f"{what} is masked, and foresz would not see the mask; "
            "give array.filled(value), and fill=value to get that value back exactly"
        )
    graph = getattr(array, "__dask_graph__", None)
    if graph is not None and graph() is not None:
        raise TypeError(
            f"{what} is a dask array; give array.compute(), or compress it block by block"
        )
    array = np.asarray(array)
    checked_type(array.dtype, what)
    if array.ndim == 0:
        raise ValueError(f"{what} has no dimensions; give array.reshape(1)")
    if array.size == 0:
        raise ValueError(f"{what} is empty: its shape is {array.shape}")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    # Fields of structured arrays can lie between other bytes.
    return array if array.flags.aligned else array.copy()


def checked_type(dtype, what="the array"):
    """Refuses what is neither float32 nor float64."""
    if dtype.kind == "f" and dtype.itemsize in (4, 8):
        return
    todo = "convert it with astype('float32') or astype('float64')"
    if dtype == np.float16:
        todo = "astype('float32') loses nothing"
    elif dtype.kind == "c":
        todo = "compress array.real and array.imag"
    elif dtype.kind in "iub":
        todo = "astype('float32') loses nothing up to 24 bits, and astype('float64') up to 53"
    elif dtype.kind == "f":
        todo = "astype('float64') rounds it"
    raise TypeError(f"{what} holds {dtype}; foresz takes float32 and float64: {todo}")


def bytes_of(data):
    """Any buffer as an array of bytes, without a copy."""
    if isinstance(data, str):
        raise TypeError("expected bytes, not a text; foresz.open opens files")
    data = memoryview(data)
    if not data.contiguous:
        raise ValueError("the bytes of the stream do not lie together")
    if data.nbytes == 0:
        return np.empty(0, "uint8")
    return np.frombuffer(data, "uint8")


def room(shape, dtype):
    """An array to decode into. The shape may be a lie, and more than there is memory for."""
    try:
        return np.empty(shape, dtype)
    except ValueError:
        raise MemoryError(f"an array of the shape {shape} does not fit into memory") from None


def room_in(out, shape, dtype):
    """An array to decode into that is ``out``, or will be copied to it."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"out must be a numpy array, not {type(out).__name__}")
    if out.dtype.newbyteorder("=") != np.dtype(dtype):
        raise ValueError(f"out holds {out.dtype}, and the stream {dtype}")
    if out.shape != tuple(shape):
        raise ValueError(f"out has the shape {out.shape}, and the stream {tuple(shape)}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")
    direct = out.flags.c_contiguous and out.flags.aligned and out.dtype.isnative
    return out if direct else room(shape, dtype)
