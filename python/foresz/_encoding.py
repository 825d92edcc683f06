"""Encodings for xarray: every key that its writers need, for every variable."""

import math
from collections.abc import Mapping

import numpy as np

from . import _foresz
from ._bounds import recipes
from ._chunks import layout
from ._file import as_dataset
from ._losses import BOUND, losses, marks
from ._original import _attribute

#: What encodings say of values, and not of how they are compressed.
_MEANING = ("_FillValue", "missing_value", "units", "calendar", "dtype")
_PACKING = ("scale_factor", "add_offset", "_Unsigned")
_NAMING = ("coordinates", "bounds", "grid_mapping", "climatology", "cell_measures")
_NAMING += ("formula_terms", "geometry", "node_coordinates", "node_count")
_NAMING += ("part_node_count", "interior_ring")

#: Options of the codec that are the same for all variables. The others follow from the bounds
#: and from the variable.
_OPTIONS = ("effort", "predictor", "backend", "periodic", "chunk", "rewritable", "threads")

#: A chunk is decoded in memory as a whole.
_LARGEST = 1 << 31


class Encoding(dict):
    """Encodings by variable. ``lost`` says in words what may be lost of which."""

    def __init__(self):
        super().__init__()
        self.lost = {}


def encoding(
    dataset, *, preset=None, bounds=None, chunks=None, shards=None, format="zarr", **options
):
    """Encodings for ``to_zarr`` and ``to_netcdf`` under bounds.

    Variables that have a bound get the codec of foresz; coordinates, integers and what has
    no bound lose nothing. Data that went through a lossy compressor before get a warning.

    Parameters
    ----------
    dataset
        A data set of xarray.
    preset, bounds
        As in :func:`foresz.to_file`. A bound on the range, or a PSNR, is one of each chunk.
    chunks
        Lengths of the chunks by dimension; -1 for the whole. Where nothing is said, they are
        those of dask, or have some 32 MB. Chunks that two blocks of dask would write to are
        refused, and so are chunks of 2 GiB.
    shards
        Lengths of the shards by dimension (Zarr 3), multiples of those of the chunks.
    format
        ``"zarr"`` (Zarr 3), ``"zarr2"`` or ``"netcdf"``.
    options
        Of the codec: ``effort``, ``predictor``, ``backend``, ``periodic``, ``chunk``,
        ``rewritable``, ``threads``. The rest is what bounds say.

    Returns
    -------
    dict
        An encoding for each variable.

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> import xarray
    >>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
    >>> dataset = xarray.Dataset({"t2m": (("lat", "lon"), field, {"units": "K"})})
    >>> encoding = foresz.encoding(dataset, preset="era5", chunks={"lat": 20})
    >>> encoding["t2m"]["serializer"]
    ForeszCodec(mode='abs', bound=0.05, dims=['lat', 'lon'])
    >>> foresz.marked(dataset, encoding).to_zarr("t2m.zarr", encoding=encoding) is not None
    True
    """
    _check_options(options)
    dataset = _one(dataset)
    if format not in _FORMATS:
        raise ValueError(f"format must be one of {', '.join(_FORMATS)}, not {format!r}")
    if shards is not None and format != "zarr":
        raise ValueError(f"shards are for Zarr 3, and format is {format!r}")
    _check_sizes(dataset)
    _check_lengths(dataset, chunks, "chunks")
    _check_lengths(dataset, shards, "shards")
    asked = recipes(_outline(dataset), preset, bounds)
    found = Encoding()
    for name, variable in dataset.variables.items():
        recipe = _recipe(name, variable, asked.get(name), bounds)
        shapes = layout(name, variable, chunks, shards)
        _check_size(name, variable, shapes[0])
        keys = _FORMATS[format](variable, recipe, shapes, options)
        # xarray has seen to the names of coordinates before it looks here.
        meaning = _meaning(variable, recipe is not None)
        meaning.pop("coordinates", None)
        found[name] = {**meaning, **keys}
        if recipe is not None and recipe["mode"] != "lossless":
            found.lost[name] = recipe["words"]
    return found


def marked(dataset, encoding):
    """The data set with attributes that say what is lost by an encoding: those that
    ``foresz decompress`` writes."""
    if not isinstance(encoding, Encoding):
        raise TypeError("expected what foresz.encoding returned")
    dataset = _one(dataset).copy(deep=False)
    for name, variable in dataset.variables.items():
        attrs = {**variable.attrs, **losses(variable)}
        if name in encoding.lost:
            attrs.update(marks(encoding.lost[name], attrs))
        variable.attrs = attrs
        # Said once.
        variable.encoding = {k: x for k, x in variable.encoding.items() if k != BOUND}
    return dataset


def strip_encoding(dataset):
    """The data set without what would encode its numbers lossily again without a word.

    Codecs, chunks and packings go. What says what values mean stays: units and calendars of
    times, fill values, names of coordinates. What was lost before goes to the attributes.

    >>> import foresz
    >>> import xarray
    >>> dataset = xarray.Dataset({"t": ("x", [1.0, 2.0])})
    >>> dataset.t.encoding = {"scale_factor": 0.1, "dtype": "int16", "chunks": (1,)}
    >>> foresz.strip_encoding(dataset).t.encoding
    {}
    """
    dataset = _one(dataset).copy(deep=False)
    for variable in dataset.variables.values():
        attrs = {**variable.attrs, **losses(variable)}
        stays = _meaning(variable, _is_float(variable))
        variable.attrs, variable.encoding = attrs, stays
    return dataset


def _one(dataset):
    """The data set; trees have several, and would show the one at their root."""
    dataset = as_dataset(dataset)
    if hasattr(type(dataset), "subtree"):
        raise TypeError(
            f"expected a data set of xarray, not a {type(dataset).__name__}: call it for each "
            "node: node.to_dataset()"
        )
    return dataset


def _is_float(variable):
    return isinstance(variable.dtype, np.dtype) and variable.dtype.kind == "f"


def _meaning(variable, unpacked):
    """What an encoding says of values; of floating-point numbers as they are in memory."""
    encoding = variable.encoding
    names = (*_MEANING, *_NAMING) if unpacked else (*_MEANING, *_PACKING, *_NAMING)
    kept = {name: encoding[name] for name in names if name in encoding}
    if unpacked:
        kept.pop("dtype", None)
        if any(encoding.get(name) is not None for name in _PACKING) or not _is_wide(encoding):
            # Fill values of packed numbers mean nothing without the packing.
            kept.pop("_FillValue", None)
            kept.pop("missing_value", None)
    return kept


def _is_wide(encoding):
    """Whether the file had floating-point numbers."""
    dtype = encoding.get("dtype")
    return dtype is None or np.dtype(dtype).kind == "f"


def _outline(dataset):
    """The data set as far as presets look at it."""
    places = {dim: i for i, dim in enumerate(dataset.sizes)}
    coordinates = set(dataset.coords) - set(dataset.sizes)
    variables = list(dataset.variables.values())

    def described(name, variable):
        kind = variable.dtype.name if _is_float(variable) else "text"
        naming = {key: x for key, x in variable.encoding.items() if key in _NAMING_TOO}
        attributes = {**naming, **variable.attrs, **losses(variable)}
        # Nothing is lost of texts. Attributes that list coordinates cannot have every name.
        return {
            "name": str(name),
            "kind": kind if kind in _FLOATS and name not in coordinates else "text",
            "dimensions": [places[dim] for dim in variable.dims],
            "attributes": list(_plain_attributes(attributes, name)),
        }

    def read(position, region):
        part = variables[position][tuple(slice(*ends) for ends in region)]
        return np.ascontiguousarray(part.to_numpy()).reshape(-1)

    named = {key: x for key, x in dataset.attrs.items() if key == "coordinates"}
    return _foresz.Original(
        [(str(dim), length, False) for dim, length in dataset.sizes.items()],
        list(_plain_attributes(named, "the data set")),
        [described(name, variable) for name, variable in dataset.variables.items()],
        read,
    )


_FLOATS = ("float32", "float64")
#: Not all of what names variables is what xarray moves between attributes and encodings.
_NAMING_TOO = (*_NAMING, "ancillary_variables", "quantization")


def _plain_attributes(attributes, where):
    for name, value in attributes.items():
        try:
            yield _attribute(name, value, where)
        except TypeError:
            # The writer will say so, if it cannot keep it.
            continue


def _recipe(name, variable, recipe, bounds):
    """What is asked for of a variable, as a codec takes it; none where any codec will do."""
    if recipe is None:
        asked = bounds.get(name) if isinstance(bounds, Mapping) else None
        if asked is None or (isinstance(asked, Mapping) and asked.get("lossless")):
            return None
        if _is_float(variable) and variable.dtype.name not in _FLOATS:
            raise TypeError(
                f"{name} holds {variable.dtype}, and bounds are for float32 and float64: "
                "convert it with astype"
            )
        raise ValueError(
            f"bounds names {name}, which is kept exactly, as are coordinates, what attributes "
            "name, single values, and all that are no floating-point numbers: leave it out"
        )
    if len({bound for _, bound in map(tuple, recipe["bounds"])}) > 1:
        words = " and ".join(dict.fromkeys(words for _, words in recipe["bounds"]))
        raise ValueError(
            f"{name}: the preset has bounds by level ({words}), and an array of Zarr or HDF5 has "
            "one: give it one in bounds, or write a stream with foresz.to_file"
        )
    (mode, bound), words = recipe["bounds"][0]
    return {
        "mode": mode,
        "bound": bound,
        "words": words,
        "keep": [0.0] if recipe["keep_zeros"] else [],
        "least": 0.0 if recipe["non_negative"] else None,
    }


def _fills(variable):
    """Fill values in the type of the array: they come back exactly."""
    encoding = {**variable.attrs, **_meaning(variable, True)}
    # There may be several, and texts, which no number equals.
    found = [np.ravel(encoding.get(name, ())) for name in ("_FillValue", "missing_value")]
    numbers = [fill for some in found if some.dtype.kind in "iuf" for fill in some]
    fills = [float(variable.dtype.type(fill)) for fill in numbers]
    return [fill for fill in dict.fromkeys(fills) if math.isfinite(fill)]


def _codec_options(variable, recipe, options):
    asked = {"mode": recipe["mode"], "dims": [str(dim) for dim in variable.dims], **options}
    if len(set(variable.dims)) < variable.ndim:
        del asked["dims"]
    if recipe["bound"] is not None:
        asked["bound"] = recipe["bound"]
    return {**asked, "keep": recipe["keep"], "least": recipe["least"], "fill": _fills(variable)}


def _zarr(variable, recipe, shapes, options):
    """Keys of Zarr 3."""
    chunks, shards = shapes
    keys = {"chunks": chunks} if chunks else {}
    if shards is not None:
        keys["shards"] = shards
    if recipe is not None:
        from .zarr import ForeszCodec

        codec = ForeszCodec(**_codec_options(variable, recipe, options))
        # What was never written reads as NaN, not as zeros that look like data.
        keys.update(serializer=codec, compressors=None, filters=None, fill_value=np.nan)
    return keys


def _zarr2(variable, recipe, shapes, options):
    """Keys of Zarr 2, as this version of Zarr and xarray calls them."""
    keys = {"chunks": shapes[0]} if shapes[0] else {}
    if recipe is not None:
        import zarr

        from .numcodecs import Foresz

        codec = Foresz(**_codec_options(variable, recipe, options))
        name = "compressor" if zarr.__version__.startswith("2.") else "compressors"
        keys.update({name: codec, "filters": None})
    return keys


def _netcdf(variable, recipe, shapes, options):
    """Keys of h5netcdf and netCDF4."""
    chunks = tuple(min(chunk, length) for chunk, length in zip(shapes[0], variable.shape))
    # Texts become arrays of characters, with a dimension more.
    if not chunks or 0 in chunks or variable.dtype.kind not in "iufbmM":
        return {}
    keys = {"chunksizes": chunks}
    if recipe is not None:
        from . import hdf5

        asked = _codec_options(variable, recipe, options)
        asked.pop("threads", None)
        keys.update(hdf5.filter(shape=chunks, dtype=variable.dtype, **asked))
    else:
        keys.update(zlib=True, shuffle=True)
    return keys


_FORMATS = {"zarr": _zarr, "zarr2": _zarr2, "netcdf": _netcdf}


def _check_options(options):
    unknown = [name for name in options if name not in _OPTIONS]
    if unknown:
        raise TypeError(
            f"encoding takes no option {', '.join(unknown)}; there are: {', '.join(_OPTIONS)}; "
            "bounds say what may be lost, such as {'t2m': {'pw_rel': 1e-3}}"
        )


def _check_sizes(dataset):
    unknown = {dim for dim, length in dataset.sizes.items() if math.isnan(length)}
    for name, variable in dataset.variables.items():
        if unknown & set(variable.dims):
            raise ValueError(
                f"{name}: its chunks have unknown sizes; call "
                f"ds[{name!r}].data.compute_chunk_sizes(), and take ds.assign(), which knows them"
            )


def _check_lengths(dataset, lengths, what):
    if lengths is None:
        return
    if not isinstance(lengths, Mapping):
        raise TypeError(f"{what} must be lengths by dimension such as {{'time': 24}}")
    unknown = set(lengths) - set(dataset.sizes)
    if unknown:
        dims = ", ".join(map(str, dataset.sizes))
        raise ValueError(f"{what} names {', '.join(map(str, unknown))}; there are: {dims}")


def _check_size(name, variable, shape):
    size = math.prod(shape) * getattr(variable.dtype, "itemsize", 1)
    if size >= _LARGEST:
        raise ValueError(
            f"{name}: a chunk of the shape {shape} has {size} bytes, and 2 GiB are too many; "
            "make chunks smaller"
        )
