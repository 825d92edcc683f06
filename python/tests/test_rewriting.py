"""Chunks that are encoded again and again."""

import numpy as np
import pytest
from foresz._snap import snapped, step_of

numcodecs = pytest.importorskip("numcodecs", reason="numcodecs is not installed")
from foresz.numcodecs import Foresz

KINDS = ["smooth", "noise", "steps", "huge", "tiny", "wide", "holes"]


def values(kind, seed, dtype):
    random = np.random.default_rng(seed)
    x = random.normal(size=(6, 20, 30)).cumsum(1).cumsum(2)
    if kind == "noise":
        x = random.normal(size=x.shape)
    elif kind == "steps":
        # Halves of powers of two and their neighbours, where rounding changes its size.
        x = np.exp2(random.integers(-8, 20, x.shape)) * random.choice([1, -1, 1 + 2**-20], x.shape)
    elif kind == "huge":
        x = x * 1e30
    elif kind == "tiny":
        x = x * 1e-30
    elif kind == "wide":
        x = x * np.exp(20 * random.normal(size=x.shape))
    elif kind == "holes":
        x[random.random(x.shape) < 0.2] = np.nan
        x[random.random(x.shape) < 0.1] = -999.99
        x[random.random(x.shape) < 0.1] = 0
        x[0, 0, :3] = np.inf, -np.inf, -0.0
    return x.astype(dtype)


def bounds(x):
    """From bounds that leave nothing to bounds that allow nothing."""
    largest = float(np.abs(x[np.isfinite(x)]).max())
    return [largest * share for share in (10, 1e-1, 1e-3, 1e-5, 3e-7, 4e-8, 1e-12, 1e-17)]


@pytest.mark.parametrize("effort", ["fast", "default"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_move_once_and_within_the_bound(kind, dtype, effort):
    hole = np.asarray(-999.99, dtype)
    for seed in range(8):
        x = values(kind, seed, dtype)
        for bound in bounds(x):
            options = bound, step_of(bound, effort), [-999.99], [0.0]
            once, left = snapped(x, *options)
            assert once.dtype == x.dtype
            assert once.tobytes() == snapped(once, *options)[0].tobytes()
            numbers = np.isfinite(x)
            off = np.abs(once[numbers].astype("longdouble") - x[numbers].astype("longdouble"))
            assert (off + np.longdouble(left) <= bound).all()
            same = ~numbers | (x == 0) | (x == hole)
            assert x[same].tobytes() == once[same].tobytes()
            assert np.array_equal(once == hole, x == hole)
            assert (np.sign(once[numbers]) * np.sign(x[numbers]) >= 0).all()
            # Whatever an encoder makes of what is left: numbers go back to their places.
            near = once[~same] + np.random.default_rng(seed).uniform(-left, left, (~same).sum())
            near = near.astype(dtype)
            is_near = np.abs(near.astype("f8") - once[~same]) <= left
            off = once.copy()
            off[~same] = np.where(is_near, near, once[~same])
            assert np.array_equal(snapped(off, *options)[0], once, equal_nan=True)


@pytest.mark.parametrize("bound", [5e-324, 1e-310, 1.7e308])
def test_extreme_bounds_pass(bound):
    x = values("noise", 0, "f8")
    codec = Foresz(bound, rewritable=True)
    assert (np.abs(codec.decode(codec.encode(x)) - x) <= bound).all()


@pytest.mark.parametrize("effort", ["fast", "default"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_encoding_is_within_the_bound_of_the_first(kind, effort):
    x = values(kind, 9, "f4")
    numbers = np.isfinite(x)
    for bound in bounds(x)[1:6]:
        codec = Foresz(bound, rewritable=True, effort=effort, fill=-999.99, keep=0)
        y = x
        for _ in range(5):
            y = codec.decode(codec.encode(y))
            assert (np.abs(y[numbers].astype("f8") - x[numbers]) <= bound).all()


def rewritten(codec, x, times=100):
    """Every other number after so many writes of one cell, whose numbers get larger."""
    for k in range(times):
        x = codec.decode(codec.encode(x)).copy()
        x[3, 4, 5] = 300 + 2 * k
    return codec.decode(codec.encode(x))


def others(x):
    mask = np.isfinite(x)
    mask[3, 4, 5] = False
    return mask


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_a_hundred_rewrites_of_a_cell_leave_the_others_alone(effort, field):
    times = 20 if effort == "best" else 100
    again = rewritten(Foresz(0.05, effort=effort, rewritable=True), field, times)
    assert np.abs(again.astype("f8") - field)[others(field)].max() <= 0.05


def test_without_the_option_errors_add_up(field):
    """Why there is one: run with -s for the numbers, which docs/guide/python.md has."""
    again = rewritten(Foresz(0.05), field)
    off = np.abs(again.astype("f8") - field)[others(field)].max() / 0.05
    print(f"off by {off:.1f} bounds after 100 rewrites")
    assert off > 1


@pytest.mark.parametrize(
    "options", [{"mode": "pw-rel"}, {"mode": "psnr"}, {"least": 0}, {"most": 1}], ids=str
)
def test_what_cannot_be_rewritten_is_refused(options):
    with pytest.raises(ValueError, match="rewritable"):
        Foresz(0.05, rewritable=True, **options)
    with pytest.raises(ValueError, match="rewritable"):
        Foresz(mode="lossless", rewritable=True)
    assert Foresz(0.05, rewritable=False) == Foresz(0.05)
