"""Streams written frame by frame."""

from . import _foresz
from ._array import checked
from ._passing import Passing
from ._reports import Report
from ._settings import count, settings


class Writer:
    """Writes a series frame by frame, with memory for a few chunks only.

    The first dimension of the stream grows. Type and shape are those of the first frame.

    Parameters
    ----------
    sink
        A path, or an object with ``write``. A path gets its file when the stream is
        finished; until then the bytes are in a file beside it.
    bound, mode
        As in :func:`foresz.compress`. ``"range-rel"`` and ``"psnr"`` are refused: the range of
        the whole is not known yet.
    frames
        How many frames will come, if you know it. The stream is then the one that
        :func:`foresz.compress` writes.
    options
        Keywords of :func:`foresz.compress`.

    Examples
    --------
    >>> import io
    >>> import foresz
    >>> import numpy as np
    >>> sink = io.BytesIO()
    >>> with foresz.Writer(sink, 0.01, dims=("time", "lat", "lon")) as writer:
    ...     for hour in range(5):
    ...         writer.push(np.full((20, 30), hour, "float32"))
    >>> writer.report.output_bytes == len(sink.getvalue())
    True
    >>> foresz.decompress(sink.getvalue()).shape
    (5, 20, 30)
    """

    def __init__(self, sink, bound=None, mode="abs", *, frames=None, **options):
        self._settings = settings(bound, mode, **options)
        self._frames = None if frames is None else count(frames, "frames")
        self._writer = None
        self._closed = False
        #: What there is to say about the stream, once it is finished.
        self.report = None
        if hasattr(sink, "write"):
            self._passing, self._object = None, sink
        else:
            self._passing, self._object = Passing(sink), None

    def push(self, frame):
        """Appends a frame. It may be changed afterwards."""
        if self._closed:
            raise ValueError("the writer is closed")
        frame = checked(frame, "the frame")
        if self._writer is None:
            path = None if self._passing is None else self._passing.path
            self._writer = _foresz.Writer(
                path, self._object, frame, self._frames, self._settings
            )
        self._writer.push(frame)

    def finish(self):
        """Writes what is left, and returns a :class:`Report`. Without it there is no stream."""
        if self.report is not None:
            return self.report
        if self._closed:
            raise ValueError("the writer is closed")
        if self._writer is None:
            raise ValueError("no frame was written; a stream needs at least one")
        try:
            report = Report(self._writer.finish())
            if self._passing is not None:
                self._passing.become()
        except BaseException:
            self.abandon()
            raise
        self._closed, self.report = True, report
        return report

    def abandon(self):
        """Gives the stream up. A path gets no file."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            self._writer.abandon()
            if self._passing is not None:
                self._passing.drop()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.finish()
        else:
            self.abandon()
