"""Arrays of every shape, type and layout, under every bound."""

import itertools

import foresz
import numpy as np
import pytest

SHAPES = [(1,), (700,), (1, 1), (31, 17), (5, 12, 20), (1, 6, 1, 9, 14), (2, 1, 3, 1, 2, 1, 4, 3)]
MODES = [("abs", 0.01), ("range-rel", 1e-3), ("pw-rel", 0.02), ("psnr", 70.0), ("lossless", None)]
EFFORTS = ["fast", "default", "best"]


def made(shape, dtype, seed=0):
    random = np.random.default_rng(seed)
    values = random.normal(size=shape)
    for axis in range(len(shape)):
        values = values.cumsum(axis)
    values[random.random(shape) < 0.03] = 0
    if values.size > 4:
        values.flat[1], values.flat[2], values.flat[3] = np.nan, np.inf, -np.inf
    return values.astype(dtype)


def assert_kept(x, y, mode, bound):
    assert (y.dtype, y.shape) == (x.dtype.newbyteorder("="), x.shape)
    x = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("="))
    if mode == "lossless":
        assert x.tobytes() == y.tobytes()
        return
    numbers = np.isfinite(x)
    assert np.array_equal(x[~numbers], y[~numbers], equal_nan=True)
    x, y = x[numbers].astype("float64"), y[numbers].astype("float64")
    error, span = np.abs(x - y), np.ptp(x) if x.size else 0
    if mode == "abs":
        assert (error <= bound).all()
    elif mode == "range-rel":
        assert (error <= bound * span).all()
    elif mode == "pw-rel":
        assert (error <= bound * np.abs(x)).all()
    elif span > 0:
        assert np.sqrt((error**2).mean()) <= span * 10 ** (-bound / 20)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_bound_holds(shape, dtype):
    x = made(shape, dtype)
    for (mode, bound), effort in itertools.product(MODES, EFFORTS):
        stream = foresz.compress(x, bound, mode, effort=effort)
        y = foresz.decompress(stream)
        assert_kept(x, y, mode, bound)
        assert foresz.verify(stream, x).kept


def layouts(x):
    padded = np.zeros((x.shape[0], x.shape[1] * 2, x.shape[2] + 3), x.dtype)
    padded[:, ::2, 2:-1] = x
    record = np.zeros(x.shape, [("flag", "u1"), ("value", x.dtype)])
    record["value"] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    return {
        "fortran": np.asfortranarray(x),
        "strided": padded[:, ::2, 2:-1],
        "backward": x[::-1, :, ::-1].copy()[::-1, :, ::-1],
        "transposed": x.transpose(2, 0, 1).copy().transpose(1, 2, 0),
        "record": record["value"],
        "read-only": read_only,
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
        "list": x.astype("float64").tolist() if x.dtype == "float64" else x,
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_layout_of_an_array_does_not_matter(dtype):
    x = made((5, 12, 20), dtype)
    stream = foresz.compress(x, 0.01)
    for name, same in layouts(x).items():
        before = np.array(same)
        assert foresz.compress(same, 0.01) == stream, name
        assert np.array_equal(before, np.array(same), equal_nan=True), name


def test_a_repeated_row_needs_no_memory():
    row = np.linspace(0, 1, 50)
    assert foresz.compress(np.broadcast_to(row, (20, 50)), 0.1) == foresz.compress(
        np.tile(row, (20, 1)), 0.1
    )


REFUSED = {
    "object": np.array([1.0, None]),
    "integer": np.arange(5),
    "bool": np.ones(4, bool),
    "float16": np.ones(4, "float16"),
    "complex": np.ones(4, "complex64"),
    "text": np.array(["a"]),
    "time": np.array(["2020-01-01"], "datetime64[s]"),
    "masked": np.ma.masked_equal([1.0, 2.0], 2.0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_types_are_refused_with_what_to_do(name):
    for call in (lambda x: foresz.compress(x, 0.1), foresz.suggest):
        with pytest.raises(TypeError, match="astype|real|filled|float32 and float64"):
            call(REFUSED[name])


def test_arrays_without_values_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        foresz.compress(np.float32(3), 0.1)
    with pytest.raises(ValueError, match="empty"):
        foresz.compress(np.ones((3, 0, 2)), 0.1)
    with pytest.raises(ValueError, match="dimensions"):
        foresz.compress(np.ones((1,) * 9), 0.1)


@pytest.mark.parametrize("bound", [np.nan, np.inf, 0, -1])
@pytest.mark.parametrize("mode", ["abs", "range-rel", "pw-rel", "psnr"])
def test_bounds_that_mean_nothing_are_refused(mode, bound):
    with pytest.raises(ValueError, match="positive|fraction"):
        foresz.compress(np.ones(5), bound, mode)


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ValueError, {}),
        (ValueError, {"bound": 1, "mode": "lossless"}),
        (ValueError, {"bound": 1, "mode": "near"}),
        (TypeError, {"bound": "1"}),
        (TypeError, {"bound": True}),
        (ValueError, {"bound": 1, "effort": "most"}),
        (ValueError, {"bound": 1, "predictor": "nobody"}),
        (ValueError, {"bound": 1, "backend": "nothing"}),
        (ValueError, {"bound": 1, "dims": ["x"]}),
        (TypeError, {"bound": 1, "dims": "xy"}),
        (ValueError, {"bound": 1, "chunk": (3,)}),
        (ValueError, {"bound": 1, "chunk": (-3, 3)}),
        (ValueError, {"bound": 1, "threads": -1}),
        (TypeError, {"bound": 1, "threads": 1.5}),
        (TypeError, {"bound": 1, "attributes": {"units": None}}),
        (TypeError, {"bound": 1, "shape": (3, 4)}),
    ],
)
def test_nonsense_is_refused(error, options):
    with pytest.raises(error):
        foresz.compress(np.ones((3, 4)), **options)


def test_every_option_arrives(field):
    x = field.copy()
    x[0, 3, 5], x[1, 2, 2], x[2, 2, 2] = 1e20, np.nan, 0
    stream = foresz.compress(
        x,
        1e-3,
        "range-rel",
        effort="best",
        predictor="persistence+spline",
        backend="huffman",
        dims=("time", "lat", "lon"),
        periodic=True,
        fill=[1e20],
        keep=np.float32(0),
        least=0,
        most=400,
        attributes={"units": "K", "level": 850},
        chunk=(5, 30, 48),
        threads=2,
    )
    info = foresz.inspect(stream)
    assert info.dims == ("time", "lat", "lon") and info.time == 0
    assert info.periodic and info.fills == (1e20,)
    assert info.chunk == (5, 30, 48) and info.chunks == 3
    assert info.attributes == {"units": "K", "level": "850"}
    assert info.effort == "best" and info.backends == ("huffman",)
    assert set(info.predictors) == {"persistence+spline"}
    y = foresz.decompress(stream)
    assert y[0, 3, 5] == np.float32(1e20) and np.isnan(y[1, 2, 2]) and y[2, 2, 2] == 0


def test_threads_change_no_byte(field):
    streams = {foresz.compress(field, 0.05, chunk=(2, 30, 48), threads=n) for n in (0, 1, 2, 5)}
    assert len(streams) == 1
    (stream,) = streams
    arrays = [foresz.decompress(stream, threads=n).tobytes() for n in (0, 1, 3)]
    assert len(set(arrays)) == 1
