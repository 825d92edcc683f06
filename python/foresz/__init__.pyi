from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import IO, Any, Literal, Protocol, Self, TypeAlias

import numpy as np
import xarray
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Buffer

from ._foresz import FORMAT_VERSION as FORMAT_VERSION
from ._foresz import CorruptError as CorruptError
from ._foresz import UnsupportedError as UnsupportedError
from ._foresz import __version__ as __version__

Mode: TypeAlias = Literal["abs", "range-rel", "pw-rel", "psnr", "lossless"]
Effort: TypeAlias = Literal["fast", "default", "best"]

class _Model(Protocol):
    history: int
    def predict(
        self, past: NDArray[np.float64], when: NDArray[Any], where: Place
    ) -> NDArray[Any]: ...

class _Parts:
    def __add__(self, other: str | _Parts | _Model) -> _Parts: ...
    def __radd__(self, other: str | _Parts | _Model) -> _Parts: ...

#: What arrays are compressed with.
Predictor: TypeAlias = str | _Parts | _Model
#: What streams are decoded with, where they were made with an object.
Given: TypeAlias = _Parts | _Model | Sequence[_Parts | _Model] | None

class Place:
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    bound: float
    latitudes: NDArray[np.float64] | None
    longitudes: NDArray[np.float64] | None
    attributes: dict[str, str]

class FramePredictor(_Parts):
    history: int
    def predict(
        self, past: NDArray[np.float64], when: NDArray[Any], where: Place
    ) -> NDArray[Any]: ...

def frames(
    model: _Model,
    *,
    name: str | None = None,
    version: str | None = None,
    guard: float | None = None,
    bytes: int | None = None,
) -> _Parts: ...
def compare(
    arrays: ArrayLike | Mapping[str, ArrayLike],
    specs: Predictor | Sequence[Predictor] = ("auto",),
    bounds: float | Sequence[float] | NDArray[Any] = (1e-2, 1e-3, 1e-4),
    mode: Literal["abs", "range-rel"] = "range-rel",
    *,
    effort: Effort | Sequence[Effort] = "default",
    backends: str | Sequence[str] | None = None,
    peers: str | Sequence[str] = (),
    dims: Sequence[str] | None = None,
    fill: float | Sequence[float] | None = None,
    attributes: Mapping[str, str | float] | None = None,
    latitudes: tuple[float, float] | None = None,
    models: Sequence[str | PathLike[str]] = (),
    repeat: int = 1,
    timeout: int = 900,
) -> Comparison: ...

def compress(
    array: ArrayLike,
    bound: float | None = None,
    mode: Mode = "abs",
    *,
    effort: Effort = "default",
    predictor: Predictor = "auto",
    backend: str | None = None,
    dims: Sequence[str] | None = None,
    periodic: bool | None = None,
    fill: float | Sequence[float] | None = None,
    keep: float | Sequence[float] | None = None,
    least: float | None = None,
    most: float | None = None,
    attributes: Mapping[str, str | float] | None = None,
    chunk: Sequence[int] | None = None,
    threads: int = 0,
) -> bytes: ...
def decompress(
    data: Buffer,
    out: NDArray[Any] | None = None,
    *,
    predictor: Given = None,
    threads: int = 0,
) -> NDArray[Any]: ...
def decompress_region(
    data: Buffer,
    region: slice | tuple[slice, ...],
    out: NDArray[Any] | None = None,
    *,
    predictor: Given = None,
    threads: int = 0,
) -> NDArray[Any]: ...
def preview(
    data: Buffer, level: int, *, predictor: Given = None, threads: int = 0
) -> NDArray[Any]: ...
def inspect(data: Buffer) -> Info: ...
def verify(
    data: Buffer, original: ArrayLike, *, predictor: Given = None, threads: int = 0
) -> Verified: ...
def suggest(
    array: ArrayLike,
    *,
    effort: Effort = "default",
    predictor: Predictor = "auto",
    dims: Sequence[str] | None = None,
    fill: float | Sequence[float] | None = None,
    threads: int = 0,
) -> Ladder: ...
def open(
    source: str | PathLike[str] | IO[bytes] | bytes | bytearray | memoryview,
    *,
    packed: bool = False,
    predictor: Given = None,
    threads: int = 0,
) -> Dataset: ...

_Bounds: TypeAlias = Mapping[str, float | Mapping[str, float | bool]] | str | PathLike[str]

def to_file(
    dataset: xarray.Dataset | xarray.DataArray,
    target: str | PathLike[str] | IO[bytes],
    *,
    preset: str | None = None,
    bounds: _Bounds | None = None,
    effort: Effort = "default",
    predictor: str = "auto",
    backend: str | None = None,
    periodic: bool | None = None,
    fill: float | Sequence[float] | None = None,
    chunk: Sequence[int] | None = None,
    threads: int = 0,
) -> None: ...
def encoding(
    dataset: xarray.Dataset | xarray.DataArray,
    *,
    preset: str | None = None,
    bounds: _Bounds | None = None,
    chunks: Mapping[Any, int] | None = None,
    shards: Mapping[Any, int] | None = None,
    format: Literal["zarr", "zarr2", "netcdf"] = "zarr",
    effort: Effort = "default",
    predictor: str = "auto",
    backend: str | None = None,
    periodic: bool | None = None,
    chunk: Sequence[int] | None = None,
    rewritable: bool = False,
    threads: int = 1,
) -> dict[Any, dict[str, Any]]: ...
def marked(
    dataset: xarray.Dataset | xarray.DataArray, encoding: dict[Any, dict[str, Any]]
) -> xarray.Dataset: ...
def strip_encoding(dataset: xarray.Dataset | xarray.DataArray) -> xarray.Dataset: ...

class LossWarning(UserWarning):
    """Something to know before numbers are lost."""

class _Record:
    def to_dict(self) -> dict[str, Any]: ...
    def _repr_html_(self) -> str: ...

class Info(_Record):
    dtype: str
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    chunk: tuple[int, ...]
    mode: Mode
    asked: float | None
    bound: float
    max_error: float
    lattice: float
    time: int | None
    periodic: bool
    chunks: int
    fills: tuple[float, ...]
    effort: Effort
    predictors: dict[str, int]
    backends: tuple[str, ...]
    models: tuple[str, ...]
    preview_levels: int
    raw_bytes: int
    stream_bytes: int
    ratio: float
    bits_per_value: float
    attributes: dict[str, str]
    format_version: int

class Report(_Record):
    input_bytes: int
    output_bytes: int
    ratio: float
    bits_per_value: float
    mode: Mode
    asked: float | None
    bound: float
    max_error: float
    lattice: float
    predictor: str
    backend: str
    effort: Effort
    cpu_seconds: float
    wall_seconds: float

class VariableInfo(_Record):
    name: str
    dtype: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    units: str | None
    asked: tuple[tuple[Mode, float | None], ...]
    max_error: float
    step: float
    predictors: tuple[str, ...]
    backends: tuple[str, ...]
    pieces: int
    raw_bytes: int
    stream_bytes: int
    ratio: float

class Verified(_Record):
    values: int
    numbers: int
    broken: int
    specials: int
    specials_changed: int
    asked: tuple[tuple[Mode, float | None], ...]
    bound: float | None
    max_error: float
    rms_error: float
    psnr: float | None
    worst: dict[str, Any] | None
    @property
    def kept(self) -> bool: ...
    def __bool__(self) -> bool: ...

class Rung(_Record):
    bound: float
    ratio: float
    bits_per_value: float
    psnr: float | None
    max_error: float
    gradient_change: float

class Ladder(_Record):
    rungs: list[Rung]
    step: float | None
    gentle: float | None

class Comparison:
    results: dict[str, Any]
    def to_dict(self) -> dict[str, Any]: ...
    def page(self) -> str: ...
    def _repr_html_(self) -> str: ...

class Writer:
    report: Report | None
    def __init__(
        self,
        sink: str | PathLike[str] | IO[bytes],
        bound: float | None = None,
        mode: Mode = "abs",
        *,
        frames: int | None = None,
        effort: Effort = "default",
        predictor: Predictor = "auto",
        backend: str | None = None,
        dims: Sequence[str] | None = None,
        periodic: bool | None = None,
        fill: float | Sequence[float] | None = None,
        keep: float | Sequence[float] | None = None,
        least: float | None = None,
        most: float | None = None,
        attributes: Mapping[str, str | float] | None = None,
        chunk: Sequence[int] | None = None,
        threads: int = 0,
    ) -> None: ...
    def push(self, frame: ArrayLike) -> None: ...
    def finish(self) -> Report: ...
    def abandon(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

class Variable:
    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attributes: dict[str, Any]
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def info(self) -> VariableInfo: ...
    @property
    def chunk(self) -> tuple[int, ...] | None: ...
    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def lost(self) -> str | None: ...
    def __getitem__(self, key: Any) -> Any: ...
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]: ...
    def __len__(self) -> int: ...
    def verify(self, original: ArrayLike) -> Verified: ...

class Dataset(Mapping[str, Variable]):
    attributes: dict[str, Any]
    dims: dict[str, int]
    unlimited: tuple[str, ...]
    @property
    def nbytes(self) -> int: ...
    def close(self) -> None: ...
    def __getitem__(self, name: str) -> Variable: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
