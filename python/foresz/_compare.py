"""Predictors, back ends and other compressors side by side."""

import math
import os
import re
import sys

import numpy as np

from . import _foresz
from ._array import checked
from ._command import AGAIN
from ._predictors import spec_of
from ._reports import Table
from ._settings import _number, settings

#: The option of the command for each mode.
_MODES = {"abs": "--abs", "range-rel": "--range-rel"}


def compare(
    arrays,
    specs=("auto",),
    bounds=(1e-2, 1e-3, 1e-4),
    mode="range-rel",
    *,
    effort="default",
    backends=None,
    peers=(),
    dims=None,
    fill=None,
    attributes=None,
    latitudes=None,
    models=(),
    repeat=1,
    timeout=900,
):
    """Runs predictors on arrays under the same bounds and back ends, and measures everything.

    This is the command ``foresz compare``. Each case runs in a process of its own; objects of
    Python run in this one, so their memory is not measured.

    Parameters
    ----------
    arrays
        An array, or a mapping of names to arrays.
    specs
        What to compare: specs, ``"auto"``, objects that foresee frames, and sums of such. The
        first is what the others are compared with.
    bounds, mode
        Bounds, as ``"abs"`` or ``"range-rel"``.
    effort
        An effort, or several, of ``"auto"``.
    backends
        A back end, or several, that every predictor is run with.
    peers
        Other compressors that this Python has: ``"sz3"``, ``"zfp"``, ``"sperr"``, ``"pco"``, and
        ``"zstd"``.
    dims, fill, attributes
        As in :func:`foresz.compress`, for all arrays.
    latitudes
        Latitudes of the first and last row: means are then weighted by area.
    models
        Folders of learned models.
    repeat, timeout
        How many runs times are medians of, and seconds after which a case is given up.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> import foresz
    >>> import numpy as np
    >>> t, i, j = np.ogrid[0:6, 0:20, 0:30]
    >>> waves = np.sin((i + t) / 5) + np.cos((j - t) / 7)
    >>> found = foresz.compare(waves, ["lorenzo", "raster"], [1e-3])
    >>> [row["status"] for row in found.results["rows"]]
    ['kept', 'kept']
    """
    import tempfile  # takes time that an import of foresz need not take

    if mode not in _MODES:
        raise ValueError(f"mode must be 'abs' or 'range-rel', not {mode!r}")
    named = arrays if hasattr(arrays, "items") else {"data": arrays}
    if not len(named):
        raise ValueError("there is nothing to compare on: arrays is empty")
    pairs = [spec_of(spec) for spec in _several(specs)]
    options = settings(1.0, dims=dims, fill=fill, attributes=attributes)
    words = [f"--predictors={spec}" for spec, _ in pairs]
    words += [f"{_MODES[mode]}={','.join(map(repr, _checked_bounds(bounds)))}"]
    words += [f"--effort={one}" for one in _several(effort)]
    words += [f"--backend={one}" for one in _several(backends)]
    words += [f"--peers={one}" for one in _several(peers)]
    words += [f"--model={os.fspath(folder)}" for folder in _several(models)]
    words += [f"--fill={value!r}" for value in options["fill"]]
    words += [f"--attr={key}={value}" for key, value in options["attributes"]]
    if options["dims"]:
        words.append(f"--dims={','.join(options['dims'])}")
    if latitudes is not None:
        first, last = latitudes
        words.append(f"--latitudes={float(first)}:{float(last)}")
    words += [f"--repeat={repeat}", f"--timeout={timeout}", f"--python={sys.executable}", "--quiet"]
    objects = {}
    for one in (one for _, of_spec in pairs for one in of_spec):
        if not objects.setdefault(one.name, one).is_same(one):
            raise ValueError(f"two predictors are called {one.name}; rename one")
    with tempfile.TemporaryDirectory() as folder:
        files = [_saved(folder, name, array) for name, array in named.items()]
        words = ["foresz", "compare", *files, *words]
        found = _foresz.Compared(words, AGAIN, _foresz.__file__, list(objects.values()))
    return Comparison(found)


def _several(things):
    """One or more, as a list."""
    if things is None:
        return []
    return list(things) if isinstance(things, (list, tuple)) else [things]


def _checked_bounds(bounds):
    several = list(bounds) if np.ndim(bounds) == 1 else [bounds]
    found = [_number(bound, "each of bounds") for bound in several]
    if not found or not all(0 < bound < math.inf for bound in found):
        raise ValueError(f"bounds must be positive numbers, one at least, not {bounds!r}")
    return found


def _saved(folder, name, array):
    if not (isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name)):
        raise ValueError(f"an array is called by letters, digits, '-', '_' and '.', not {name!r}")
    path = os.path.join(folder, f"{name}.npy")
    np.save(path, np.ascontiguousarray(checked(array, f"the array {name}")))
    return path


class Comparison(Table):
    """What :func:`foresz.compare` has found."""

    def __init__(self, found):
        import json  # as above

        self._summary = found.summary()
        self._page = found.page
        #: Everything, as the JSON of ``foresz compare``: ``docs/guide/compare.md``.
        self.results = json.loads(found.json())

    def to_dict(self):
        """The results."""
        return self.results

    def page(self):
        """A page of HTML with all figures, as text to be saved."""
        return self._page()

    def _table(self):
        head = ["field", "bound", "contender", "ratio", "bits/value", "PSNR", "MB/s in", "MB/s out"]
        return [*head, "status"], [_row(row) for row in self.results["rows"]]

    def _remarks(self):
        return self._summary.partition("\n\n")[2].splitlines()

    def __repr__(self):
        return self._summary.rstrip()


def _row(row):
    case = [row["field"], f"{row['asked']:g}", row["contender"]]
    found = row["measured"]
    if found is None:
        return [*case, "", "", "", "", "", f"{row['status']}: {row['reason']}"]
    psnr = found["quality"]["psnr"]
    return [
        *case,
        f"{found['ratio']:.2f}",
        f"{found['bits_per_value']:.3f}",
        "exact" if psnr is None else f"{psnr:.1f} dB",
        f"{found['encode_speed']:.3g}",
        f"{found['decode_speed']:.3g}",
        row["status"],
    ]
