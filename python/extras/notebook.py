"""A notebook from a page of the guide.

    python python/extras/notebook.py docs/guide/tutorial.md tutorial.ipynb

Blocks of Python become cells of code, everything between them cells of text. Nothing is run.
"""

import json
import pathlib
import re
import sys

FENCE = re.compile(r"^```python[^\n]*\n(.*?)^```$", re.M | re.S)


def cells(page):
    """The cells of a page, in order."""
    # Every other part is code.
    for place, part in enumerate(FENCE.split(page)):
        text = part.strip("\n")
        if not text:
            continue
        cell = {"id": f"cell-{place}", "metadata": {}, "source": text.splitlines(keepends=True)}
        if place % 2:
            yield {"cell_type": "code", "execution_count": None, "outputs": [], **cell}
        else:
            yield {"cell_type": "markdown", **cell}


def notebook(page):
    """The notebook of a page."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": list(cells(page)),
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def main(page, target):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    pathlib.Path(target).write_text(json.dumps(notebook(text), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
