"""Predictors written in Python: bit-exact through the guard band, or refused."""

import io
import itertools
import pickle
import subprocess
import sys
import threading
import types

import foresz
import numpy as np
import pytest

BOUND = 1e-3


class LeastSquares(foresz.FramePredictor):
    """Each value from those around it in the last frame, fitted to the last change."""

    history = 2

    def _terms(self, frame):
        shifts = itertools.product(range(-1, 2), range(-3, 4))
        return np.stack([np.roll(frame, shift, (0, 1)).ravel() for shift in shifts], axis=1)

    def predict(self, past, when, where):
        mean = past[-1].mean()
        before, last = past - mean
        weights, *_ = np.linalg.lstsq(self._terms(before), last.ravel(), rcond=None)
        return (self._terms(last) @ weights).reshape(where.shape) + mean


class Noisy(LeastSquares):
    """The same, never twice the same."""

    def __init__(self, noise=1e-9):
        self.noise = noise
        self.random = np.random.default_rng()

    def predict(self, past, when, where):
        frame = super().predict(past, when, where)
        return frame + self.noise * self.random.normal(size=frame.shape)


class Last(foresz.FramePredictor):
    """The last frame again."""

    name = "last"
    history = 1

    def predict(self, past, when, where):
        return past[-1]


@pytest.fixture
def waves():
    """A dozen frames of a pattern that drifts further than point-wise predictors look."""
    random = np.random.default_rng(1)
    pattern = random.normal(size=(24, 32))
    pattern = sum(np.roll(pattern, s, a) for a in (0, 1) for s in (-1, 0, 1)) / 3
    frames = np.stack([np.roll(pattern, (t, 3 * t), (0, 1)) for t in range(12)])
    return 280 + frames + 1e-3 * random.normal(size=frames.shape)


def streamed(field, predictor, **options):
    stream = foresz.compress(field, BOUND, predictor=predictor, **options)
    again = foresz.decompress(stream, predictor=predictor)
    assert np.abs(again - field).max() <= BOUND
    assert again.dtype == field.dtype
    return stream, again


def models(stream):
    return foresz.inspect(stream).models


@pytest.mark.parametrize("rest", ["raster", "zero", "lorenzo", "spline"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_the_same_twice_decodes_to_the_same_bits(waves, dtype, rest):
    field = waves.astype(dtype)
    stream, again = streamed(field, Noisy() + rest)
    assert models(stream) == ("Noisy",)
    for _ in range(3):
        assert np.array_equal(foresz.decompress(stream, predictor=Noisy()), again)


def test_noise_beyond_the_guard_band_is_detected(waves):
    stream, _ = streamed(waves, Noisy() + "raster")
    with pytest.raises(foresz.UnsupportedError, match="guard band"):
        foresz.decompress(stream, predictor=Noisy(0.1))


def test_what_never_says_the_same_is_refused_at_once(waves):
    with pytest.raises(ValueError, match="two calls with the same past differ"):
        foresz.compress(waves, BOUND, predictor=Noisy(1.0) + "raster")


def test_foreseeing_pays(waves):
    alone = foresz.compress(waves, BOUND, predictor="raster")
    stream, _ = streamed(waves, LeastSquares() + "raster")
    assert len(stream) < 0.6 * len(alone)


def test_it_is_refused_by_name_where_it_is_absent(waves):
    stream, _ = streamed(waves, foresz.frames(LeastSquares(), name="my-model") + "raster")
    with pytest.raises(foresz.UnsupportedError, match=r'"my-model" \(python version 1\).*predictor='):
        foresz.decompress(stream)
    other = foresz.frames(LeastSquares(), name="my-model", version="2")
    with pytest.raises(foresz.UnsupportedError, match="the one given is python version 2"):
        foresz.decompress(stream, predictor=other)
    with pytest.raises(foresz.UnsupportedError, match="guard band"):
        foresz.decompress(
            stream,
            predictor=foresz.frames(
                types.SimpleNamespace(history=2, predict=lambda past, when, where: past[0]),
                name="my-model",
            ),
        )


def test_the_command_refuses_it_by_name(waves, run, tmp_path):
    path = tmp_path / "x.fsz"
    path.write_bytes(streamed(waves, LeastSquares() + "raster")[0])
    done = run("decompress", path, "-o", tmp_path / "x.npy")
    assert done.returncode == 5 and "LeastSquares" in done.stderr
    assert "LeastSquares" in run("info", path).stdout


def test_every_way_to_decode_takes_it(waves):
    model = LeastSquares()
    stream, again = streamed(waves, model + "raster", chunk=(6, 24, 32))
    part = foresz.decompress_region(stream, np.s_[7:9, 3:5, :], predictor=model)
    assert np.array_equal(part, again[7:9, 3:5])
    assert np.array_equal(foresz.preview(stream, 1, predictor=model), again[:, ::2, ::2])
    found = foresz.verify(stream, waves, predictor=[model, Last()])
    assert found.kept and found.max_error <= BOUND
    with foresz.open(stream, predictor=model) as dataset:
        assert np.array_equal(dataset["data"][8, 2], again[8, 2])
        assert dataset["data"].verify(waves).kept
    with foresz.open(stream) as dataset, pytest.raises(foresz.UnsupportedError):
        dataset["data"][8, 2]


def test_writer_and_suggest_take_it(waves):
    sink = io.BytesIO()
    with foresz.Writer(sink, BOUND, predictor=LeastSquares() + "raster", frames=12) as writer:
        for frame in waves:
            writer.push(frame)
    whole = foresz.compress(waves, BOUND, predictor=LeastSquares() + "raster")
    assert sink.getvalue() == whole
    ladder = foresz.suggest(waves[:5], predictor=Last() + "raster")
    assert ladder.rungs


def test_times_and_places_are_told(waves):
    seen = []

    class Curious(Last):
        history = 2

        def predict(self, past, when, where):
            seen.append((past, when, where))
            return past[-1]

    attributes = {"start": "2018-06-01T00:00", "step": "6h", "latitudes": "46:0"}
    streamed(waves, Curious(), attributes=attributes, dims=("time", "lat", "lon"))
    past, when, where = seen[0]
    assert past.shape == (2, 24, 32) and past.dtype == np.float64
    assert np.abs(past - waves[:2]).max() <= BOUND
    assert list(when) == list(np.arange("2018-06-01T00", "2018-06-01T18", 6, "M8[h]"))
    assert (where.shape, where.dims, where.bound) == ((24, 32), ("lat", "lon"), BOUND)
    assert list(where.latitudes) == list(range(46, -1, -2)) and where.longitudes is None
    assert where.attributes == attributes
    seen.clear()
    stream, _ = streamed(waves, Curious(), chunk=(4, 24, 32), threads=1)
    seen.clear()
    foresz.decompress_region(stream, np.s_[8:12], predictor=Curious())
    assert [list(when) for _, when, _ in seen] == [[8, 9, 10], [9, 10, 11]]


@pytest.mark.parametrize("shape", [(9, 40), (6, 3, 8, 10), (5, 2, 3, 6, 7)])
def test_frames_have_any_shape(shape):
    field = np.random.default_rng(2).normal(size=shape).cumsum(axis=0)
    dims = ("time", "a", "b", "c", "d")[: len(shape)]
    streamed(field, Last() + "raster", dims=dims)
    streamed(field, Last(), dims=dims)


def test_sums_of_several(waves):
    model = LeastSquares()
    for predictor in [
        "climatology" + model + "raster",
        model + Last() + "raster",
        foresz.frames(model) + "raster",
    ]:
        stream, _ = streamed(waves, predictor)
        assert "LeastSquares" in models(stream)
    with pytest.raises(ValueError, match="two predictors are called last"):
        foresz.compress(waves, BOUND, predictor=Last() + Last())


def test_what_it_raises_comes_out_as_it_was(waves):
    class Broken(Last):
        def __init__(self, error):
            self.error = error

        def predict(self, past, when, where):
            raise self.error

    stream, _ = streamed(waves, Last() + "raster", chunk=(3, 24, 32))
    for error in [KeyError("mine"), KeyboardInterrupt(), MemoryError("short")]:
        broken = Broken(error)
        for call in [
            lambda: foresz.compress(waves, BOUND, predictor=broken + "raster", threads=4),
            lambda: foresz.decompress(stream, predictor=broken, threads=4),
            lambda: foresz.verify(stream, waves, predictor=broken),
            lambda: foresz.open(stream, predictor=broken)["data"][...],
            lambda: foresz.compare(waves, [broken], [BOUND], "abs"),
        ]:
            with pytest.raises(type(error)) as caught:
                call()
            assert caught.value is error


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda past: past, "a frame has"),
        (lambda past: past[-1, :-1], "a frame has"),
        (lambda past: past[-1].astype(int), "returned int64"),
        (lambda past: past[-1].astype("float16"), "returned float16"),
        (lambda past: None, "returned object"),
    ],
)
def test_answers_of_another_shape_or_type_are_refused(waves, answer, error):
    model = types.SimpleNamespace(history=1, predict=lambda past, when, where: answer(past))
    with pytest.raises((TypeError, ValueError), match=f"predictor odd {error}|{error}"):
        foresz.compress(waves, BOUND, predictor=foresz.frames(model, name="odd"))


def test_where_it_says_no_number_the_last_frame_is_taken(waves):
    def predict(past, when, where):
        frame = past[-1].copy()
        frame[::2], frame[1] = np.nan, np.inf
        return frame

    odd = foresz.frames(types.SimpleNamespace(history=1, predict=predict), name="last")
    stream, _ = streamed(waves, odd)
    assert stream == streamed(waves, Last())[0]


def test_missing_values_come_back(waves):
    waves[3:, 5:9, 7] = np.nan
    stream = foresz.compress(waves, BOUND, predictor=LeastSquares() + "raster")
    again = foresz.decompress(stream, predictor=LeastSquares())
    assert np.array_equal(np.isnan(again), np.isnan(waves))
    assert np.nanmax(np.abs(again - waves)) <= BOUND


def test_calls_take_turns(waves):
    class Counting(Last):
        def __init__(self):
            self.inside = self.most = self.calls = 0

        def predict(self, past, when, where):
            self.inside += 1
            self.calls += 1
            self.most = max(self.most, self.inside)
            threading.Event().wait(0.001)  # lets other threads run
            self.inside -= 1
            return past[-1]

    field = np.tile(waves, (4, 1, 1))
    model = Counting()
    one = foresz.compress(field, BOUND, predictor=model + "raster", chunk=(4, 24, 32), threads=1)
    many = foresz.compress(field, BOUND, predictor=model + "raster", chunk=(4, 24, 32), threads=4)
    assert one == many
    foresz.decompress(many, predictor=model, threads=4)
    assert model.most == 1 and model.calls > 48


def test_it_decodes_in_another_process(waves, tmp_path):
    """Classes can be pickled; what they predict goes by name and version."""
    stream, again = streamed(waves, LeastSquares() + "raster")
    (tmp_path / "stream").write_bytes(pickle.dumps((stream, LeastSquares())))
    code = (
        "import pickle, sys; sys.path.insert(0, sys.argv[1])\n"
        "import foresz\n"
        "stream, model = pickle.load(open('stream', 'rb'))\n"
        "open('values', 'wb').write(foresz.decompress(stream, predictor=model).tobytes())"
    )
    here = __file__.rpartition("/")[0]
    subprocess.run([sys.executable, "-c", code, here], check=True, cwd=tmp_path, timeout=120)
    assert (tmp_path / "values").read_bytes() == again.tobytes()


def test_codecs_refuse_objects(waves):
    numcodecs = pytest.importorskip("foresz.numcodecs")
    with pytest.raises(TypeError, match="configured in JSON"):
        numcodecs.Foresz(BOUND, predictor=LeastSquares() + "raster")
    with pytest.raises(TypeError, match="configured in JSON"):
        numcodecs.Foresz(BOUND, predictor=LeastSquares())
    pytest.importorskip("zarr", minversion="3.0.8")
    zarr = pytest.importorskip("foresz.zarr")
    with pytest.raises(TypeError, match="configured in JSON"):
        zarr.ForeszCodec(BOUND, predictor=LeastSquares() + "raster")


def test_what_is_no_predictor_is_refused(waves):
    for wrong, error in [
        (LeastSquares, TypeError),
        (3, TypeError),
        (types.SimpleNamespace(history=0, predict=max), ValueError),
        (types.SimpleNamespace(history=65, predict=max), ValueError),
        (types.SimpleNamespace(history="1", predict=max), TypeError),
        (types.SimpleNamespace(history=1, predict=max, name="a+b"), ValueError),
        (types.SimpleNamespace(history=1, predict=max, version=2), TypeError),
        (types.SimpleNamespace(history=1, predict=max, guard=2.0), ValueError),
    ]:
        with pytest.raises(error):
            foresz.compress(waves, BOUND, predictor=wrong)
    with pytest.raises(TypeError, match="a stream says itself"):
        foresz.decompress(foresz.compress(waves, BOUND), predictor="raster")
    with pytest.raises(TypeError):
        LeastSquares() + 3
    with pytest.raises(ValueError, match="no time"):
        foresz.compress(waves[0], BOUND, predictor=Last())
    with pytest.raises(ValueError, match="whole frames"):
        foresz.compress(waves, BOUND, predictor=Last(), chunk=(12, 12, 32))


def test_torch(waves):
    torch = pytest.importorskip("torch")

    class Net(torch.nn.Module):
        history = 2

        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.net = torch.nn.Conv2d(2, 1, 3, padding=1)

        @torch.no_grad()
        def predict(self, past, when, where):
            change = self.net(torch.from_numpy(past).float()[None])[0, 0]
            return past[-1] + 1e-3 * change.numpy()

    net = Net()
    stream, again = streamed(waves, foresz.frames(net) + "raster")
    assert np.array_equal(foresz.decompress(stream, predictor=net), again)
