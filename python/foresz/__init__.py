"""Error-bounded lossy compression of climate and other scientific data.

You say how large an error you accept. Every value comes back within it, and NaN,
infinities and fill values come back exactly.

>>> import foresz
>>> import numpy as np
>>> field = np.add.outer(np.arange(40.0), np.arange(60.0))
>>> stream = foresz.compress(field, 0.05)
>>> again = foresz.decompress(stream)
>>> bool(np.abs(again - field).max() <= 0.05)
True
"""

import contextlib
import sys

from ._bounds import LossWarning
from ._codec import (
    compress,
    decompress,
    decompress_region,
    inspect,
    preview,
    suggest,
    verify,
)
from ._compare import Comparison, compare
from ._dataset import Dataset, Variable, open
from ._encoding import encoding, marked, strip_encoding
from ._file import to_file
from ._foresz import FORMAT_VERSION, CorruptError, UnsupportedError, __version__
from ._predictors import FramePredictor, Place, frames
from ._reports import Info, Ladder, Report, Rung, VariableInfo, Verified
from ._writer import Writer

__all__ = [
    "FORMAT_VERSION",
    "Comparison",
    "CorruptError",
    "Dataset",
    "FramePredictor",
    "Info",
    "Ladder",
    "LossWarning",
    "Place",
    "Report",
    "Rung",
    "UnsupportedError",
    "Variable",
    "VariableInfo",
    "Verified",
    "Writer",
    "__version__",
    "compare",
    "compress",
    "decompress",
    "decompress_region",
    "encoding",
    "frames",
    "inspect",
    "marked",
    "open",
    "preview",
    "strip_encoding",
    "suggest",
    "to_file",
    "verify",
]

if "h5py" in sys.modules:
    # Its files can be read and written then without a word about the filter. Where the plugin
    # cannot be loaded, an import of foresz.hdf5 says why.
    with contextlib.suppress(OSError):
        from . import hdf5 as hdf5
