"""Streams written frame by frame."""

import io

import foresz
import numpy as np
import pytest


def test_the_stream_is_the_one_of_compress(field):
    sink = io.BytesIO()
    with foresz.Writer(sink, 0.05, frames=len(field), chunk=(5, 30, 48)) as writer:
        for frame in field:
            writer.push(frame)
    stream = foresz.compress(field, 0.05, chunk=(5, 30, 48))
    assert sink.getvalue() == stream
    assert writer.report.output_bytes == len(stream)
    assert "output bytes" in repr(writer.report)


def test_frames_may_be_changed_once_they_are_pushed(field):
    sink, frame = io.BytesIO(), np.empty_like(field[0])
    with foresz.Writer(sink, 0.05) as writer:
        for values in field:
            frame[...] = values
            writer.push(frame)
            frame[...] = np.nan
    assert foresz.verify(sink.getvalue(), field).kept


def test_a_path_gets_a_whole_stream_or_none(field, tmp_path):
    path = tmp_path / "series.fsz"
    with foresz.Writer(path, 0.05) as writer:
        writer.push(field[0])
        assert not path.exists()
    assert foresz.decompress(path.read_bytes()).shape == (1, 30, 48)
    before = path.read_bytes()
    with pytest.raises(RuntimeError), foresz.Writer(path, 0.05) as writer:
        writer.push(field[0])
        raise RuntimeError("the model blew up")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["series.fsz"]


def test_what_a_writer_refuses(field, tmp_path):
    for mode in ("range-rel", "psnr"):
        with pytest.raises(ValueError, match="range of the whole field"):
            foresz.Writer(io.BytesIO(), 1, mode).push(field[0])
    writer = foresz.Writer(io.BytesIO(), 0.1)
    with pytest.raises(ValueError, match="no frame"):
        writer.finish()
    writer.push(field[0])
    with pytest.raises(ValueError, match="shape"):
        writer.push(field[0, :3])
    with pytest.raises(ValueError, match="another type"):
        writer.push(field[0].astype("float64"))
    writer.finish()
    with pytest.raises(ValueError, match="closed"):
        writer.push(field[0])
    with pytest.raises(FileNotFoundError, match="nowhere"):
        foresz.Writer(tmp_path / "nowhere" / "s.fsz", 0.1).push(field[0])


def test_errors_of_the_sink_come_out_as_they_are(field):
    class Full(io.RawIOBase):
        def write(self, data):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        writer = foresz.Writer(Full(), 0.1)
        writer.push(field[0])
        writer.finish()
    assert caught.value.errno == 28


def test_a_sink_may_take_a_part_at_a_time(field):
    class Slow(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def write(self, data):
            self.data += data[:100]
            return min(len(data), 100)

    sink = Slow()
    with foresz.Writer(sink, 0.05) as writer:
        writer.push(field[0])
    assert foresz.verify(sink.data, field[:1]).kept


def test_no_other_file_is_touched(field, tmp_path):
    target, other = tmp_path / "a.fsz", tmp_path / "a.fsz.part"
    other.write_bytes(b"mine")
    with foresz.Writer(target, 0.01) as first, foresz.Writer(target, 0.02) as second:
        for frame in field:
            first.push(frame)
            second.push(frame)
    assert first.report.output_bytes != second.report.output_bytes
    # The one that ended last.
    assert target.stat().st_size == first.report.output_bytes
    assert other.read_bytes() == b"mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.fsz", "a.fsz.part"]


def test_links_and_modes_stay(field, tmp_path):
    target, link = tmp_path / "a.fsz", tmp_path / "link.fsz"
    target.write_bytes(b"")
    target.chmod(0o600)
    link.symlink_to(target)
    with foresz.Writer(link, 0.01) as writer:
        for frame in field:
            writer.push(frame)
    assert link.is_symlink() and target.stat().st_size == writer.report.output_bytes
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_is_no_path_is_told(tmp_path):
    with pytest.raises(ValueError, match="s3://b/x.fsz is no path; give an open file"):
        foresz.Writer("s3://b/x.fsz", 0.01)
    with pytest.raises(FileNotFoundError, match="no such folder.*nowhere/x.fsz"):
        foresz.Writer(tmp_path / "nowhere" / "x.fsz", 0.01)
