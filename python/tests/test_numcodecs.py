"""The codec for numcodecs, alone and in Zarr 2."""

import array
import concurrent.futures
import importlib.util
import json
import pathlib
import pickle

import foresz
import numpy as np
import pytest

numcodecs = pytest.importorskip("numcodecs", reason="numcodecs is not installed")
from foresz.numcodecs import Foresz

CONFIGS = [
    {"bound": 0.05},
    {"bound": 1e-3, "mode": "range-rel", "effort": "fast"},
    {"bound": 0.01, "mode": "pw-rel", "predictor": "lorenzo", "backend": "huffman"},
    {"mode": "lossless"},
    {"bound": 0.1, "fill": [1e20, -9999.0], "keep": 0, "least": 0, "periodic": False},
    {"bound": 0.1, "dims": ["time", "y", "x"], "chunk": [2, 30, 48]},
]


def test_it_is_found_by_its_name():
    codec = numcodecs.get_codec({"id": "foresz", "bound": 0.05, "mode": "abs"})
    assert isinstance(codec, Foresz)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_configurations_survive_json(config, field):
    codec = Foresz(**config)
    stored = json.loads(json.dumps(codec.get_config(), allow_nan=False))
    again = numcodecs.get_codec(stored)
    assert again == codec and again.get_config() == stored
    for twin in (again, pickle.loads(pickle.dumps(codec))):
        assert twin.encode(np.abs(field)) == codec.encode(np.abs(field))
    decoded = codec.decode(codec.encode(np.abs(field)))
    assert (decoded.dtype, decoded.shape) == (field.dtype, field.shape)


def test_the_stored_configuration_is_as_agreed():
    assert Foresz(0.05).get_config() == {"id": "foresz", "mode": "abs", "bound": 0.05}
    assert Foresz(0.05, threads=4) == Foresz(0.05)
    config = Foresz(0.1, effort="best", fill=[np.nan, 1e20]).get_config()
    assert config == {
        "id": "foresz",
        "mode": "abs",
        "bound": 0.1,
        "effort": "best",
        "fill": [1e20],
    }


@pytest.mark.parametrize(
    "config",
    [{}, {"bound": 0}, {"bound": np.nan}, {"bound": "x"}, {"bound": 1, "level": 3}],
    ids=str,
)
def test_bad_configurations_are_refused(config):
    with pytest.raises((ValueError, TypeError)):
        Foresz(**config)


def test_the_stream_is_the_one_of_compress(field):
    assert Foresz(0.05).encode(field) == foresz.compress(field, 0.05)


LOOKS = [
    ("float32", (7, 9), "C"),
    ("float32", (7, 9), "F"),
    (">f4", (3, 4, 5), "C"),
    (">f8", (3, 4, 5), "F"),
    ("float64", (), "C"),
    ("float64", (1,), "C"),
    ("float32", (1, 6, 1, 9, 14), "C"),
]


@pytest.mark.parametrize(("dtype", "shape", "order"), LOOKS)
def test_arrays_look_as_before(dtype, shape, order):
    values = np.random.default_rng(0).normal(size=shape)
    x = np.array(values, dtype=dtype, order=order)
    codec = Foresz(0.01)
    y = codec.decode(codec.encode(x))
    assert (y.dtype, y.shape) == (x.dtype, x.shape)
    assert y.flags.f_contiguous == x.flags.f_contiguous
    assert np.abs(x - y).max() <= 0.01
    out = np.empty_like(x)
    assert codec.decode(codec.encode(x), out) is out
    assert np.array_equal(out, y)


def test_out_may_be_any_buffer(field):
    codec = Foresz(0.05)
    expected = codec.decode(codec.encode(field))
    out = bytearray(field.nbytes)
    codec.decode(codec.encode(field), out)
    assert bytes(out) == expected.tobytes()
    with pytest.raises(ValueError, match="bytes"):
        codec.decode(codec.encode(field), bytearray(9))


def test_other_types_and_damage_are_errors(field):
    codec = Foresz(0.05)
    with pytest.raises(TypeError, match="int64"):
        codec.encode(np.arange(9))
    with pytest.raises(foresz.CorruptError):
        codec.decode(codec.encode(field)[:-7])


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_zarr_2(field, dtype, order):
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    options = {"shape": field.shape, "chunks": (5, 20, 48), "dtype": dtype, "order": order}
    options["compressor"] = Foresz(0.05)
    if int(zarr.__version__.split(".")[0]) >= 3:
        options["zarr_format"] = 2
    array = zarr.create(store={}, **options)
    array[:] = field
    assert np.abs(array[:] - field).max() <= 0.05
    assert np.array_equal(array[3:8, 5, ::7], array[:][3:8, 5, ::7])
    assert array.nbytes_stored() < field.nbytes / 1.5 if callable(array.nbytes_stored) else True


ARRAYS = [
    np.linspace(-9, 9, 1000, dtype="f4"),
    np.random.default_rng(0).normal(size=(20, 50)).astype("f8"),
    np.asfortranarray(np.random.default_rng(1).normal(size=(10, 10, 10)).astype("f4")),
    np.array([0.0, -0.0, np.nan, np.inf, -np.inf] * 9),
]


@pytest.fixture
def common():
    """The checks that numcodecs has for codecs of its own."""
    return pytest.importorskip("numcodecs.tests.common", reason="numcodecs came without tests")


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_checks_of_numcodecs_on_configurations(config, common):
    codec = Foresz(**config)
    common.check_config(codec)
    common.check_err_encode_object_buffer(codec)
    assert eval(repr(codec)) == codec  # noqa: S307
    out = np.empty(1000, dtype=object)
    with pytest.raises((TypeError, ValueError)):
        codec.decode(codec.encode(np.abs(ARRAYS[0])), out=out)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}-{a.shape}")
def test_checks_of_numcodecs_on_arrays(array, common, tmp_path, monkeypatch):
    common.check_encode_decode_array(array, Foresz(mode="lossless"))
    monkeypatch.chdir(tmp_path)
    codecs = [Foresz(mode="lossless"), Foresz(0.0004), Foresz(0.0004, rewritable=True)]
    for _ in range(2):
        common.check_backwards_compatibility("foresz", [array], codecs, [None, 3, 3])


def test_read_only_buffers_of_all_kinds_are_decoded(field):
    codec = Foresz(0.05)
    stream = codec.encode(field)
    expected = codec.decode(stream)
    for kind in (bytes, bytearray, memoryview, lambda b: np.frombuffer(b, "u1")):
        assert np.array_equal(codec.decode(kind(stream)), expected)
    assert np.array_equal(codec.decode(array.array("b", stream)), expected)


def test_many_threads_share_a_codec(field):
    codec = Foresz(0.05)
    expected = codec.encode(field)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        streams = set(pool.map(lambda _: codec.encode(field), range(24)))
        decoded = list(pool.map(codec.decode, [expected] * 24))
    assert streams == {expected}
    assert all(np.array_equal(one, decoded[0]) for one in decoded)


@pytest.fixture
def press():
    path = pathlib.Path(__file__).parents[1] / "extras" / "climatebenchpress.py"
    spec = importlib.util.spec_from_file_location("climatebenchpress_foresz", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("bound", [0.1, 1e-3, 0.05])
def test_climatebenchpress_bounds_hold_in_the_type_of_the_data(press, bound):
    random = np.random.default_rng(5)
    x = np.exp(random.normal(size=(1, 3, 1, 40, 60))).astype("float32")
    x[random.random(x.shape) < 0.4] = 0
    x[0, 0, 0, :3] = np.nan
    numbers = np.isfinite(x)
    codec = press.Foresz.abs_bound_codec(bound, dtype=x.dtype, data_abs_min=0.0)
    y = codec.decode(codec.encode(x))
    assert np.array_equal(np.isnan(x), np.isnan(y)) and y.shape == x.shape
    assert (np.abs(y - x)[numbers] <= np.float32(bound)).all()
    assert (np.abs(y.astype("f8") - x.astype("f8"))[numbers] <= bound).all()
    codec = press.Foresz.rel_bound_codec(bound, dtype=x.dtype)
    y = codec.decode(codec.encode(x))
    assert (y[x == 0] == 0).all()
    x, y = x[numbers].astype("f8"), y[numbers].astype("f8")
    assert (np.abs(y - x) <= bound * np.abs(x)).all()


def test_climatebenchpress_bounds_are_rounded_down(press):
    for bound in (0.1, 1e-3, 0.05, 1e-50):
        assert 0 < press.rounded_down(bound, np.float32) <= bound
    assert press.rounded_down(0.5, np.float32) == 0.5
    assert press.rounded_down(0.1, np.float64) == 0.1


def bound_kept(x, y, kind, threshold):
    """ClimateBenchPress's ErrorBound."""
    error = np.abs(x - y)
    kept = error <= (threshold if kind == "abs" else np.abs(x) * threshold)
    kept |= np.isnan(x) & np.isnan(y)
    kept |= np.isinf(x) & np.isinf(y) & (x == y)
    return bool(kept.all())


def r2(x, y):
    """ClimateBenchPress's R2."""
    numbers = ~np.isnan(x) & ~np.isnan(y)
    return np.corrcoef(x[numbers].astype("f8"), y[numbers].astype("f8"))[0, 1] ** 2


def relative_errors(x, y):
    """ClimateBenchPress's SRE."""
    with np.errstate(all="ignore"):
        return np.sum(np.abs(x - y) / x > 1e-4) / x.size


def benchmark_data():
    """Two small variables of the shape that the benchmark has: temperature and rain."""
    t, lat, lon = np.ogrid[0:4, 0:60, 0:120]
    random = np.random.default_rng(11)
    weather = random.normal(size=(4, 60, 120)).cumsum(1).cumsum(2)
    warm = 280 + 20 * np.cos(lat / 20) + 0.05 * weather + np.sin(lon / 10 + t)
    rain = np.maximum(random.gamma(0.3, 4, size=warm.shape) - 1, 0)
    return {name: x.astype("f4")[None, :, None] for name, x in (("tas", warm), ("pr", rain))}


CASES = [("tas", "abs", 0.01), ("tas", "rel", 5e-5), ("pr", "abs", 0.001), ("pr", "rel", 5e-5)]


@pytest.mark.parametrize(("name", "kind", "bound"), CASES)
def test_the_three_tests_of_climatebenchpress_pass(press, name, kind, bound):
    x = benchmark_data()[name]
    make = press.Foresz.abs_bound_codec if kind == "abs" else press.Foresz.rel_bound_codec
    codec = make(bound, dtype=x.dtype, data_min=float(x.min()), data_max=float(x.max()))
    # As its codec stacks do: with a configuration from JSON, and into an array that is there.
    codec = numcodecs.get_codec(json.loads(json.dumps(codec.get_config())))
    y = codec.decode(codec.encode(x), out=np.empty_like(x))
    assert bound_kept(x, y, kind, bound)
    assert r2(x, y) > 0.99999
    # Of points: under an absolute bound on rain, that is up to the bound.
    if (name, kind) != ("pr", "abs"):
        assert relative_errors(x, y) < 0.05
