"""The command ``foresz``."""

import signal
import sys

from . import _foresz

#: What starts the command anew.
AGAIN = [sys.executable, "-m", "foresz"]


def main():
    """Runs the command line of this process, and ends it."""
    # The command has its own way with Ctrl-C; Python would only take note of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = ["foresz", *sys.argv[1:]]
    sys.exit(_foresz.command(words, AGAIN, _foresz.__file__))
