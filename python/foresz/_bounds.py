"""What may be lost of each variable: bounds that people give, and presets."""

import json
import os
import warnings
from collections.abc import Mapping

from ._settings import _number

#: Sections of a file of bounds have these.
_NUMBERS = ("abs", "range_rel", "pw_rel", "psnr")
_TRUTHS = ("lossless", "keep_zeros", "non_negative")


class LossWarning(UserWarning):
    """Something to know before numbers are lost."""


def text_of(bounds):
    """Bounds as the text of a file of bounds.

    >>> print(text_of({"t2m": 0.05, "tp": {"abs": 1e-5, "keep_zeros": True}}))
    ["t2m"]
    abs = 0.05
    ["tp"]
    abs = 1e-05
    keep_zeros = true
    """
    if bounds is None:
        return ""
    if isinstance(bounds, (str, os.PathLike)):
        with open(bounds, encoding="utf-8") as file:
            return file.read()
    if not isinstance(bounds, Mapping):
        raise TypeError(
            f"bounds must be a mapping such as {{'t2m': 0.05}} or a TOML file, not {bounds!r}"
        )
    lines = []
    for name, bound in bounds.items():
        if not isinstance(name, str):
            raise TypeError(f"bounds names variables by texts, not by {name!r}")
        lines += [f"[{json.dumps(name, ensure_ascii=False)}]", *_section(name, bound)]
    return "\n".join(lines)


def _section(name, bound):
    if not isinstance(bound, Mapping):
        bound = {"abs": bound}
    for key, value in bound.items():
        if key in _TRUTHS and isinstance(value, bool):
            yield f"{key} = {json.dumps(value)}"
        elif key in _NUMBERS:
            yield f"{key} = {_number(value, f'the bound of {name}')!r}"
        else:
            raise ValueError(
                f"the bound of {name} has {key!r}: {value!r}; give the largest error as a "
                f"number, or a mapping with one of {', '.join(_NUMBERS)} or lossless=True, and "
                "with keep_zeros=True or non_negative=True where it should be so"
            )


def recipes(original, preset, bounds):
    """What may be lost of the variables of data that are named or known, by their names."""
    if preset is None and bounds is None:
        raise ValueError("say what may be lost: preset='era5', bounds={...} or both")
    found, notes, unknown = original.recipes(preset, text_of(bounds))
    for note in notes:
        warnings.warn(note, LossWarning, stacklevel=3)
    if unknown:
        warnings.warn(
            f"{preset} does not know {', '.join(unknown)}: nothing is lost of what has no bound",
            LossWarning,
            stacklevel=3,
        )
    return {recipe["variable"]: recipe for recipe in found}
