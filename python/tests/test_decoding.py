"""Streams to arrays: whole, in parts, into memory that is there, and damaged."""

import array
import mmap
import random

import foresz
import numpy as np
import pytest


@pytest.fixture
def stream(field):
    return foresz.compress(field, 0.05, chunk=(4, 30, 48))


def test_any_buffer_will_do(stream, tmp_path):
    expected = foresz.decompress(stream)
    path = tmp_path / "s.fsz"
    path.write_bytes(stream)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert np.array_equal(foresz.decompress(mapped), expected)
    same = [
        bytearray(stream),
        memoryview(stream),
        np.frombuffer(stream, "uint8"),
        array.array("B", stream),
    ]
    for data in same:
        assert np.array_equal(foresz.decompress(data), expected)
    with pytest.raises(ValueError, match="together"):
        foresz.decompress(memoryview(stream + stream)[::2])
    with pytest.raises(TypeError, match=r"foresz\.open"):
        foresz.decompress("s.fsz")


def test_into_arrays_of_any_layout(stream, field):
    expected = foresz.decompress(stream)
    outs = {
        "c": np.empty(field.shape, "float32"),
        "fortran": np.empty(field.shape, "float32", order="F"),
        "big-endian": np.empty(field.shape, ">f4"),
        "strided": np.empty((12, 30, 96), "float32")[:, :, ::2],
    }
    for name, out in outs.items():
        assert foresz.decompress(stream, out) is out
        assert np.array_equal(out, expected), name


@pytest.mark.parametrize(
    ("out", "match"),
    [
        (np.empty((12, 30, 48), "float64"), "float64, and the stream float32"),
        (np.empty((12, 30, 47), "float32"), r"\(12, 30, 47\)"),
        (np.broadcast_to(np.float32(1), (12, 30, 48)), "read-only"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(stream, out, match):
    with pytest.raises(ValueError, match=match):
        foresz.decompress(stream, out)


def test_an_array_that_cannot_be_written_stays_as_it_is(stream):
    with pytest.raises(TypeError, match="numpy array"):
        foresz.decompress(stream, bytearray(9))


def test_regions_are_what_slices_give(stream):
    whole = foresz.decompress(stream)
    regions = [
        np.s_[5:7, 20:30, :],
        np.s_[:, -3:],
        np.s_[..., 7:9],
        np.s_[2:3],
        np.s_[3:3],
        np.s_[-100:100, 5:1000],
    ]
    for region in regions:
        part = foresz.decompress_region(stream, region)
        assert np.array_equal(part, whole[region]), region
        out = np.empty_like(part)
        assert foresz.decompress_region(stream, region, out) is out
        assert np.array_equal(out, whole[region])
    for wrong in (np.s_[::2], np.s_[3], np.s_[::-1], np.s_[0:1, 0:1, 0:1, 0:1], "x"):
        with pytest.raises((ValueError, IndexError)):
            foresz.decompress_region(stream, wrong)


def test_a_region_needs_only_its_own_chunks(stream):
    damaged = bytearray(stream)
    # Somewhere in the last of three chunks.
    damaged[int(len(stream) * 0.8)] ^= 0x10
    whole = foresz.decompress(stream)
    assert np.array_equal(foresz.decompress_region(damaged, np.s_[:8]), whole[:8])
    with pytest.raises(foresz.CorruptError, match="chunk 2"):
        foresz.decompress_region(damaged, np.s_[8:])


def test_previews(stream):
    whole = foresz.decompress(stream)
    for level in range(6):
        step = 2**level
        assert np.array_equal(foresz.preview(stream, level), whole[:, ::step, ::step])
    for wrong in (7, 256, -1):
        with pytest.raises(ValueError):
            foresz.preview(stream, wrong)


def test_damage_is_an_error_or_changes_nothing(field):
    stream = foresz.compress(field[:2, :9, :11], 0.05)
    expected = foresz.decompress(stream).tobytes()
    for length in range(len(stream)):
        with pytest.raises(ValueError):
            foresz.decompress(stream[:length])
    choose = random.Random(7)
    for _ in range(2000):
        damaged = bytearray(stream)
        damaged[choose.randrange(len(stream))] ^= 1 << choose.randrange(8)
        try:
            assert foresz.decompress(damaged).tobytes() == expected
        except (ValueError, MemoryError):
            continue


@pytest.mark.parametrize("call", [foresz.decompress, foresz.inspect, foresz.open])
def test_what_is_no_stream_is_called_damaged(call):
    for data in (b"", b"not a stream", bytes(1000)):
        with pytest.raises(foresz.CorruptError, match="damaged|stream"):
            call(data)
    assert issubclass(foresz.CorruptError, ValueError)


def test_a_newer_stream_is_told_from_a_damaged_one(stream):
    newer = bytearray(stream)
    place = stream.index(bytes([foresz.FORMAT_VERSION]))
    newer[place] = foresz.FORMAT_VERSION + 1
    with pytest.raises(foresz.UnsupportedError, match="newer|version"):
        foresz.decompress(newer)


def test_verify_finds_what_is_broken(stream, field):
    found = foresz.verify(stream, field)
    assert found and found.kept and found.values == field.size
    assert found.max_error == np.abs(foresz.decompress(stream).astype("f8") - field).max()
    other = field.copy()
    other[3, 4, 5] += 7
    found = foresz.verify(stream, other)
    assert not found and found.broken == 1
    assert found.worst["index"] == (3, 4, 5) and abs(found.worst["error"] - 7) <= 0.05
    assert foresz.verify(stream, np.asfortranarray(field)).kept
    for wrong in (field[:3], field.astype("float64")):
        with pytest.raises(ValueError):
            foresz.verify(stream, wrong)


def test_reports_print_as_tables(stream, field):
    for report in (foresz.inspect(stream), foresz.verify(stream, field), foresz.suggest(field)):
        assert len(repr(report).splitlines()) > 5
        html = report._repr_html_()
        assert html.startswith("<table>") and html.count("<tr>") == html.count("</tr>") > 5
    assert foresz.inspect(stream) == foresz.inspect(bytes(stream))
    nasty = foresz.compress(field, 0.05, attributes={"<b>": "<script>"})
    assert "<script>" not in foresz.inspect(nasty)._repr_html_()


def test_suggested_bounds_are_kept(field):
    ladder = foresz.suggest(field)
    assert all(rung.max_error <= rung.bound for rung in ladder.rungs)
    assert ladder.rungs[0].ratio > ladder.rungs[-1].ratio
    assert ladder.gentle in [rung.bound for rung in ladder.rungs]
