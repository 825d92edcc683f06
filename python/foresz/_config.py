"""What codecs are configured with: the options that are stored beside the data."""

import math

from . import _foresz
from ._settings import settings
from ._snap import snapped, step_of

_DEFAULTS = {
    "effort": "default",
    "predictor": "auto",
    "backend": None,
    "dims": None,
    "periodic": None,
    "fill": None,
    "keep": None,
    "least": None,
    "most": None,
    "chunk": None,
    "rewritable": False,
}


class Config:
    """Options of :func:`foresz.compress` in a form that JSON has, defaults left out.

    Nothing here is needed to decode: streams say themselves what they are.
    """

    def __init__(self, bound=None, mode="abs", **options):
        unknown = set(options) - set(_DEFAULTS)
        if unknown:
            raise TypeError(
                f"no option is called {', '.join(sorted(unknown))}; "
                f"there are: {', '.join(_DEFAULTS)}"
            )
        rewritable = bool(options.pop("rewritable", False))
        checked = settings(bound, mode, **options)
        if rewritable and not (mode == "abs" and checked["least"] is checked["most"] is None):
            raise ValueError(
                "rewritable=True goes with mode='abs' and neither least nor most; numbers do "
                "not change their signs under it"
            )
        if checked["objects"]:
            raise TypeError(
                f"predictor={checked['objects'][0].name}: a codec is configured in JSON, which holds no "
                "objects, and whoever reads the data could not decode it; give foresz.compress the "
                "object, or the codec a spec"
            )
        if mode != "lossless" and not (math.isfinite(checked["bound"]) and checked["bound"] > 0):
            raise ValueError(f"the bound must be a positive number, not {bound!r}")
        stored = {"mode": mode}
        if mode != "lossless":
            stored["bound"] = checked["bound"]
        for name, default in _DEFAULTS.items():
            value = rewritable if name == "rewritable" else checked[name]
            if name in ("fill", "keep"):
                # NaN and infinities come back exactly in any case, and JSON lacks them.
                value = [number for number in value if math.isfinite(number)]
            if value != default and value != []:
                stored[name] = value
        self._stored = stored

    def to_json(self):
        """The options, those that differ from defaults."""
        return {key: list(x) if isinstance(x, list) else x for key, x in self._stored.items()}

    def _options(self, fill):
        """Whether values are to stay where they are, and options, with fill values of the array
        beside those of the configuration."""
        options = dict(self._stored)
        fills = [x for x in map(float, fill) if math.isfinite(x)]
        options["fill"] = list(dict.fromkeys([*options.get("fill", []), *fills]))
        return options.pop("rewritable", False), options.pop("bound", None), options

    def settings(self, *, threads):
        """Options as the library takes them, for what leaves values to it."""
        rewritable, bound, options = self._options(())
        if rewritable:
            raise ValueError("rewritable=True is for Zarr and numcodecs only")
        return settings(bound, threads=threads, **options)

    def compress(self, array, *, threads, fill=(), attributes=None):
        """The stream of an array."""
        rewritable, bound, options = self._options(fill)
        if rewritable:
            step = step_of(bound, options.get("effort"))
            array, bound = snapped(array, bound, step, options["fill"], options.get("keep", ()))
            if not bound:
                options["mode"], bound = "lossless", None
        options = settings(bound, threads=threads, attributes=attributes, **options)
        return _foresz.compress(array, options)

    def __eq__(self, other):
        return isinstance(other, Config) and self._stored == other._stored

    def __hash__(self):
        return hash(repr(sorted(self._stored.items())))

    def __repr__(self):
        return ", ".join(f"{key}={value!r}" for key, value in self._stored.items())
