"""A codec for Zarr 3, from arrays to bytes."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from zarr.abc.codec import ArrayBytesCodec, ArrayBytesCodecPartialDecodeMixin

from . import _foresz
from ._array import bytes_of, checked, checked_type
from ._codec import _decoded
from ._config import Config
from ._index import split

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

__all__ = ["ForeszCodec"]

_NAME = "foresz"
#: A chunk is decoded in memory as a whole.
_LARGEST = 1 << 31
_MOST_DIMENSIONS = 8


@dataclass(frozen=True, init=False, repr=False)
class ForeszCodec(ArrayBytesCodecPartialDecodeMixin, ArrayBytesCodec):
    """Compresses chunks of float32 and float64 with a bound on the error.

    Give it as the ``serializer`` of an array, with ``compressors=None``: streams are
    compressed already and have checksums, and with another codec behind this one Zarr
    would decode whole chunks where a part is asked for.

    The fill value of the array comes back exactly, unless it is 0.

    Parameters
    ----------
    bound, mode, options
        As in :func:`foresz.compress`: ``effort``, ``predictor``, ``backend``, ``dims``,
        ``periodic``, ``fill``, ``keep``, ``least``, ``most``, and ``chunk``, the shape of the
        parts of a chunk that can be decoded alone.
    rewritable
        Whether numbers stay within the bound when their chunk is encoded again, as it is when
        a part of it is written. Otherwise errors add up. Streams grow by a few percent, and by
        more if the bound is large.
    threads
        How many threads a call uses. It is 1 unless you say otherwise, since Zarr works on many
        chunks side by side, and is no part of the configuration.

    Examples
    --------
    >>> import numpy as np
    >>> import zarr
    >>> from foresz.zarr import ForeszCodec
    >>> array = zarr.create_array(
    ...     {}, shape=(24, 90, 180), chunks=(8, 90, 180), dtype="float32",
    ...     serializer=ForeszCodec(0.05), compressors=None, fill_value=np.nan,
    ... )
    >>> array[:] = 280 + np.random.default_rng(0).normal(size=array.shape)
    >>> array[5, 10:12, 3].shape
    (2,)
    """

    is_fixed_size = False

    config: Config
    threads: int

    def __init__(self, bound: Any = None, mode: str = "abs", *, threads: int = 1, **options: Any):
        config = Config(bound, mode, **options)
        # Refuses modes that there are not.
        _foresz.told(mode, config.to_json().get("bound", 0.0))
        self._set(config, threads)

    def _set(self, config: Config, threads: int) -> None:
        object.__setattr__(self, "config", config)
        object.__setattr__(self, "threads", threads)

    def __eq__(self, other: object) -> bool:
        # Threads change no byte.
        return isinstance(other, ForeszCodec) and self.config == other.config

    def __hash__(self) -> int:
        return hash(self.config)

    def __repr__(self) -> str:
        return f"ForeszCodec({self.config!r})"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ForeszCodec:
        """The codec of a configuration."""
        if data.get("name") != _NAME:
            raise ValueError(f"expected the codec {_NAME!r}, not {data.get('name')!r}")
        # Whoever reads needs none of it, so it may be that of a newer foresz.
        codec = cls.__new__(cls)
        codec._set(Config(**data.get("configuration", {})), 1)
        return codec

    def to_dict(self) -> dict[str, Any]:
        """The configuration."""
        return {"name": _NAME, "configuration": self.config.to_json()}

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: Any) -> None:
        """Refuses arrays that cannot be encoded, before anything is written."""
        native = _native(dtype)
        try:
            checked_type(native, "the Zarr array")
        except TypeError as error:
            raise ValueError(str(error)) from None
        self._check_rank(len(shape))
        # Only regular grids have one shape for all chunks.
        chunk = getattr(chunk_grid, "chunk_shape", None)
        if chunk is not None:
            _check_size(chunk, native)

    def _check_rank(self, rank: int) -> None:
        if rank > _MOST_DIMENSIONS:
            raise ValueError(f"an array has {_MOST_DIMENSIONS} dimensions at most, not {rank}")
        # What has no dimensions is encoded with one.
        rank = max(rank, 1)
        config = self.config.to_json()
        for name in ("chunk", "dims"):
            found = config.get(name)
            if found is not None and len(found) != rank:
                raise ValueError(
                    f"{name}={found} is for arrays of {len(found)} dimensions, not of {rank}"
                )

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Not known before encoding."""
        raise NotImplementedError

    def _encode_sync(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        array = chunk_array.as_numpy_array()
        _check_size(array.shape, array.dtype)
        array = checked(array.reshape(1) if array.ndim == 0 else array, "the chunk")
        fill = chunk_spec.fill_value
        # Zarr fills with 0 where nobody asked for it.
        fills = [] if fill is None or not fill else [fill]
        stream = self.config.compress(array, threads=self.threads, fill=fills)
        return chunk_spec.prototype.buffer.from_bytes(stream)

    def _decode_sync(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        data = bytes_of(chunk_bytes.as_numpy_array())
        _check_looks(data, chunk_spec)
        array = _decoded(data, None, 0, None, self.threads).reshape(chunk_spec.shape)
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(array)

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._encode_sync, chunk_array, chunk_spec)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        return await asyncio.to_thread(self._decode_sync, chunk_bytes, chunk_spec)

    async def _decode_partial_single(
        self, byte_getter: Any, selection: Any, chunk_spec: ArraySpec
    ) -> NDBuffer | None:
        chunk_bytes = await byte_getter.get(prototype=chunk_spec.prototype)
        if chunk_bytes is None:
            return None
        return await asyncio.to_thread(
            self._selected, chunk_bytes, selection, chunk_spec, byte_getter
        )

    def _decode_partial_sync(
        self, byte_getter: Any, selection: Any, chunk_spec: ArraySpec
    ) -> NDBuffer | None:
        chunk_bytes = byte_getter.get_sync(prototype=chunk_spec.prototype)
        if chunk_bytes is None:
            return None
        return self._selected(chunk_bytes, selection, chunk_spec, byte_getter)

    def _selected(
        self, chunk_bytes: Buffer, selection: Any, chunk_spec: ArraySpec, place: Any
    ) -> NDBuffer:
        """What is selected of a chunk, from those parts of its stream that hold any of it."""
        data = bytes_of(chunk_bytes.as_numpy_array())
        try:
            array = self._part(data, selection, chunk_spec)
        except (_foresz.CorruptError, _foresz.UnsupportedError) as error:
            raise type(error)(f"{_named(place)}: {error}") from error
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(array)

    def _part(self, data: np.ndarray, selection: Any, chunk_spec: ArraySpec) -> np.ndarray:
        _check_looks(data, chunk_spec)
        shape = chunk_spec.shape
        if not shape:
            return _decoded(data, None, 0, None, self.threads).reshape(())[selection]
        region, rest = _split(selection, shape)
        if any(start == stop for start, stop in region):
            empty = [stop - start for start, stop in region]
            return np.empty(empty, _native(chunk_spec.dtype))[rest]
        whole = all(part == (0, length) for part, length in zip(region, shape))
        values = _decoded(data, None if whole else region, 0, None, self.threads)
        part = np.asarray(values[rest])
        return part if part.flags.c_contiguous else np.ascontiguousarray(part)


def _split(selection: Any, shape: tuple[int, ...]) -> tuple[list[tuple[int, int]], Any]:
    """A selection of Zarr, which may have arrays of places, as a region and an index into it."""
    parts = selection if isinstance(selection, tuple) else (selection,)
    if not any(isinstance(part, (np.ndarray, list)) for part in parts):
        return split(selection, shape)
    if len(parts) != len(shape) or any(part is Ellipsis for part in parts):
        return [(0, length) for length in shape], selection
    region, rest = [], []
    for part, length in zip(parts, shape):
        if isinstance(part, (np.ndarray, list)):
            places = np.asarray(part)
            if places.dtype == bool or places.size == 0 or places.min() < 0:
                bounds, left = (0, length), part
            else:
                bounds = int(places.min()), int(places.max()) + 1
                left = places - bounds[0]
        else:
            (bounds,), (left,) = split(part, (length,))
        region.append(bounds)
        rest.append(left)
    return region, tuple(rest)


def _native(dtype: Any) -> np.dtype:
    to_native = getattr(dtype, "to_native_dtype", None)
    return np.dtype(dtype if to_native is None else to_native())


def _check_size(shape: tuple[int, ...], dtype: np.dtype) -> None:
    size = math.prod(shape) * dtype.itemsize
    if size >= _LARGEST:
        raise ValueError(
            f"a chunk of the shape {tuple(shape)} has {size} bytes, and 2 GiB are too many; "
            "make chunks smaller"
        )


def _check_looks(data: np.ndarray, chunk_spec: ArraySpec) -> None:
    """Refuses the stream of something else than the chunk should be."""
    dtype, shape = _foresz.layout(data, None, 0)
    expected = tuple(chunk_spec.shape) or (1,)
    native = _native(chunk_spec.dtype).newbyteorder("=")
    if tuple(shape) != expected or np.dtype(dtype) != native:
        raise _foresz.CorruptError(
            f"the stream of a chunk holds {dtype} of the shape {tuple(shape)}, "
            f"where {native} of the shape {expected} is expected"
        )


def _named(place: Any) -> str:
    """A chunk, by its key in the store or its place in a shard."""
    coordinates = getattr(place, "chunk_coords", None)
    return f"chunk {coordinates} of a shard" if coordinates is not None else f"chunk {place}"
