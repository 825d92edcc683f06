"""What a variable of xarray says of losses before."""

from . import _foresz

BOUND = "foresz_bound"
_CODEC = "foresz_codec"


def losses(variable):
    """Attributes that say what was lost of a variable, where only its encoding knows it."""
    encoding, attrs = variable.encoding, variable.attrs
    if BOUND in encoding:
        return marks(encoding[BOUND], attrs)
    bound = None if BOUND in attrs else _of_codecs(encoding)
    return {} if bound is None else marks(bound, attrs)


def marks(bound, attrs):
    """Attributes of what went through foresz under a bound, as the command writes them."""
    if BOUND in attrs:
        # Errors add up.
        bound = f"{bound}; before that {attrs[BOUND]}"
    version, stream = _foresz.__version__, _foresz.FORMAT_VERSION
    return {_CODEC: f"foresz {version}, stream format {stream}", BOUND: bound}


def _of_codecs(encoding):
    """The bound of the codec that an array of Zarr was read with."""
    compressors = encoding.get("compressors") or ()
    compressors = compressors if isinstance(compressors, (list, tuple)) else (compressors,)
    for codec in (encoding.get("serializer"), encoding.get("compressor"), *compressors):
        options = _options(codec)
        if options is not None and options.get("mode") != "lossless":
            return _foresz.told(options["mode"], options["bound"])
    return None


def _options(codec):
    """The configuration of a codec, if it is ours."""
    if hasattr(codec, "get_config"):
        options = codec.get_config()
        return options if options.get("id") == "foresz" else None
    if hasattr(codec, "to_dict"):
        described = codec.to_dict()
        if described.get("name") == "foresz":
            return described.get("configuration", {})
    return None
