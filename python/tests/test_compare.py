"""foresz.compare: the command's measures on arrays and objects."""

import _thread
import json

import foresz
import numpy as np
import pytest
from test_predictors import BOUND, Last, LeastSquares, waves  # noqa: F401


def test_objects_beside_specs(waves, tmp_path, run):  # noqa: F811
    specs = ["raster", LeastSquares() + "raster", "lorenzo"]
    found = foresz.compare(waves, specs, [BOUND], "abs", backends=["huffman", "context"])
    results = found.results
    assert json.loads(json.dumps(results)) == results
    assert len(results["rows"]) == 3 * 2
    assert {row["status"] for row in results["rows"]} == {"kept"}
    assert [one["make"]["backend"] for one in results["contenders"]] == ["huffman", "context"] * 3
    of = {(row["contender"], row["asked"]): row["measured"] for row in results["rows"]}
    ours = of["forecast:model=LeastSquares+raster × context", BOUND]
    stream = foresz.compress(waves, BOUND, predictor=specs[1], backend="context")
    assert ours["stored_bytes"] == len(stream)
    assert ours["peak_bytes"] is None and of["raster × context", BOUND]["peak_bytes"] > 0
    assert ours["ratio"] > of["raster × context", BOUND]["ratio"]
    assert [model["name"] for model in ours["models"]] == ["LeastSquares"]
    # The same keys as those of the command.
    np.save(tmp_path / "data.npy", waves)
    told = run("compare", tmp_path / "data.npy", "-p", "raster", "--abs", BOUND, "--json")
    command = json.loads(told.stdout)
    assert set(command) == set(results)
    assert set(command["rows"][0]["measured"]) == set(ours)
    assert command["rows"][0]["measured"]["stored_bytes"] == len(
        foresz.compress(waves, BOUND, predictor="raster")
    )


def test_reports_print(waves):  # noqa: F811
    found = foresz.compare({"t2m": waves, "other": -waves}, ["auto", Last()], 0.01)
    assert "forecast:model=last" in repr(found) and "within its bound" in repr(found)
    html = found._repr_html_()
    assert html.startswith("<table>") and "t2m" in html and "kept" in html
    assert found.page().startswith("<!")


def test_bounds_may_be_an_array(waves):  # noqa: F811
    found = foresz.compare(waves, ["raster"], np.array([0.1, 0.2]))
    assert [row["asked"] for row in found.results["rows"]] == [0.1, 0.2]


def test_it_can_be_interrupted(waves):  # noqa: F811
    class Slow(Last):
        def predict(self, past, when, where):
            _thread.interrupt_main()
            return past[-1]

    with pytest.raises(KeyboardInterrupt):
        foresz.compare(waves, [Slow(), "raster"], BOUND, "abs")


def test_what_cannot_be_compared_is_told(waves):  # noqa: F811
    with pytest.raises(ValueError, match="no predictor is called"):
        foresz.compare(waves, ["nobody"], 0.01)
    with pytest.raises(ValueError, match="two predictors are called last"):
        foresz.compare(waves, [Last(), foresz.frames(LeastSquares(), name="last")], 0.01)
    with pytest.raises(ValueError, match="mode"):
        foresz.compare(waves, ["auto"], 0.01, "pw-rel")
    with pytest.raises(ValueError, match="called by letters"):
        foresz.compare({"a/b": waves}, ["auto"], 0.01)
    for bounds in (np.nan, 0, [], np.array([]), [0.1, -1]):
        with pytest.raises(ValueError, match="bounds must be positive numbers"):
            foresz.compare(waves, ["auto"], bounds)
    with pytest.raises(TypeError, match="each of bounds must be a number"):
        foresz.compare(waves, ["auto"], "x")
    with pytest.raises(ValueError, match="arrays is empty"):
        foresz.compare({}, ["auto"], 0.01)
    refused = foresz.compare(waves[0], ["lorenzo", Last()], 0.01)
    assert [row["status"] for row in refused.results["rows"]] == ["kept", "refused"]
    absent = foresz.compare(waves, ["auto"], 0.01, peers=["zstd", "sperr"])
    assert {row["status"] for row in absent.results["rows"]} >= {"kept"}
