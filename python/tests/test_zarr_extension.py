"""What docs/reference/zarr-extension says to other implementers."""

import json
import math
import pathlib

import numpy as np
import pytest

zarr = pytest.importorskip("zarr", minversion="3.0.8", reason="zarr 3.0.8 or newer is missing")
jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
from foresz.zarr import ForeszCodec
from zarr.storage import MemoryStore

PAGES = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "zarr-extension"
SCHEMA = json.loads((PAGES / "schema.json").read_text(encoding="utf-8"))
CODECS = sorted(path.stem for path in (PAGES / "examples").glob("*.json") if path.stem != "zarr")


def example(name):
    return json.loads((PAGES / "examples" / f"{name}.json").read_text(encoding="utf-8"))


def valid(codec):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(codec)


def kept(x, y, configuration):
    """Whether the promise of a mode holds."""
    x, y = x.astype("f8"), y.astype("f8")
    error, bound = np.abs(x - y), configuration.get("bound", 0)
    mode = configuration["mode"]
    if mode == "psnr":
        worst = np.ptp(x) / 10 ** (bound / 20)
        return math.sqrt(np.mean(error**2)) <= worst
    scale = {"abs": 1, "lossless": 0, "range-rel": np.ptp(x), "pw-rel": np.abs(x)}[mode]
    return bool((error <= bound * scale).all())


@pytest.mark.parametrize("name", CODECS)
def test_codecs_of_the_examples_are_valid_and_keep_what_they_promise(name, field):
    metadata = example(name)
    jsonschema.validate(metadata, SCHEMA, jsonschema.Draft202012Validator)
    codec = ForeszCodec.from_dict(metadata)
    assert codec.to_dict() == metadata, "written as it is read"
    array = zarr.create_array(
        MemoryStore(),
        shape=field.shape,
        chunks=field.shape,
        dtype=field.dtype,
        serializer=codec,
        compressors=None,
        fill_value=np.nan,
    )
    array[...] = field
    assert kept(field, array[...], metadata["configuration"])


def test_an_array_of_the_examples_opens(field):
    store = MemoryStore()
    metadata = json.dumps(example("zarr")).encode()
    store._store_dict["zarr.json"] = zarr.core.buffer.cpu.Buffer.from_bytes(metadata)
    array = zarr.open_array(store, mode="r")
    (codec,) = example("zarr")["codecs"]
    assert valid(codec)
    assert array.shape == (8760, 721, 1440)
    assert array.metadata.codecs == (ForeszCodec.from_dict(codec),)


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"mode": "abs"},
        {"mode": "lossless", "bound": 1},
        {"bound": 0},
        {"bound": -1},
        {"bound": "x"},
        {"bound": 1, "mode": "l2"},
        {"bound": 1, "effort": "most"},
        {"bound": 1, "chunk": [0]},
        {"bound": 1, "level": 3},
        {"bound": 1, "mode": "pw-rel", "rewritable": True},
    ],
    ids=str,
)
def test_what_the_schema_refuses_the_codec_refuses(configuration, field):
    metadata = {"name": "foresz", "configuration": configuration}
    assert not valid(metadata)
    with pytest.raises((ValueError, TypeError)):
        codec = ForeszCodec.from_dict(metadata)
        codec.config.compress(field, threads=1)


def test_the_members_of_the_schema_are_those_of_the_codec():
    from foresz._config import _DEFAULTS

    members = SCHEMA["properties"]["configuration"]["properties"]
    assert set(members) == {"bound", "mode", *_DEFAULTS}


def test_the_configuration_with_everything_is_as_agreed():
    codec = ForeszCodec(
        0.5,
        "abs",
        effort="best",
        predictor="lorenzo",
        backend="huffman",
        dims=("time", "y", "x"),
        periodic=False,
        fill=(1e20, np.nan),
        keep=0,
        least=np.float32(-1),
        most=9,
        chunk=np.array([1, 2, 3]),
        threads=7,
    )
    metadata = {
        "name": "foresz",
        "configuration": {
            "mode": "abs",
            "bound": 0.5,
            "effort": "best",
            "predictor": "lorenzo",
            "backend": "huffman",
            "dims": ["time", "y", "x"],
            "periodic": False,
            "fill": [1e20],
            "keep": [0.0],
            "least": -1.0,
            "most": 9.0,
            "chunk": [1, 2, 3],
        },
    }
    assert codec.to_dict() == metadata and valid(metadata)
    assert json.dumps(metadata, allow_nan=False) == json.dumps(codec.to_dict())
