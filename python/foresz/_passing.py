"""Files that are there when they are whole."""

import contextlib
import errno
import os


class Passing:
    """A file beside the one that it becomes. A link stays one: what it leads to is replaced."""

    def __init__(self, target):
        target = os.fsdecode(os.fspath(target))
        if "://" in target:
            raise ValueError(
                f"{target} is no path; give an open file, such as fsspec.open(url, 'wb').open()"
            )
        self._target = os.path.realpath(target)
        if not os.path.isdir(os.path.dirname(self._target)):
            raise FileNotFoundError(errno.ENOENT, "there is no such folder to write to", target)
        #: Where the bytes are until then. Nobody else has a file of that name.
        self.path = f"{self._target}.{os.urandom(4).hex()}.part"

    def become(self):
        """Puts the file in its place, where whoever could read the last one can."""
        with contextlib.suppress(FileNotFoundError):
            os.chmod(self.path, os.stat(self._target).st_mode & 0o7777)
        os.replace(self.path, self._target)

    def drop(self):
        """Removes what there is of it."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path)
