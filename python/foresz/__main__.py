"""``python -m foresz`` is the command ``foresz``."""

from ._command import main

if __name__ == "__main__":
    main()
