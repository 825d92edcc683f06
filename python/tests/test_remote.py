"""Streams and chunks far away, of which only what is needed is read."""

import http.server
import io
import threading

import foresz
import numpy as np
import pytest

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Files with ranges, as object stores have them. Says what it sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        data = self.server.files[self.path]
        first, last = 0, len(data) - 1
        asked = self.headers.get("Range")
        if asked is not None:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            first, last = int(first), min(int(last), len(data) - 1)
        part = data[first : last + 1]
        self.server.sent.append(len(part))
        self.send_response(200 if asked is None else 206)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(self.server.files[self.path])))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as server:
        server.files, server.sent = {}, []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def stream():
    random = np.random.default_rng(1)
    field = random.normal(size=(24, 90, 180)).astype("float32")
    return foresz.compress(
        field, 0.01, effort="fast", dims=("time", "lat", "lon"), chunk=(1, 90, 180)
    )


def test_a_frame_is_read_by_ranges_over_http(server, stream):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    server.files["/series.fsz"] = stream
    with fsspec.open(f"{server.url}/series.fsz", block_size=1 << 14) as file:
        with foresz.open(file) as dataset:
            frame = dataset["data"][7]
    assert np.array_equal(frame, foresz.decompress(stream)[7])
    assert sum(server.sent) < len(stream) / 4, server.sent


class Counted(io.BytesIO):
    """A file that knows where it was read."""

    def __init__(self, data):
        super().__init__(data)
        self.reads = []

    def read(self, size=-1):
        self.reads.append((self.tell(), size))
        return super().read(size)


def test_an_index_is_read_once(stream):
    file = Counted(stream)
    with foresz.open(file) as dataset:
        variable = dataset["data"]
        opening = len(file.reads)
        assert opening <= 2, file.reads
        expected = foresz.decompress(stream)
        for frame in (3, 7, 11):
            assert np.array_equal(variable[frame], expected[frame])
    assert len(file.reads) == opening + 3, file.reads
    assert len(set(file.reads)) == len(file.reads)


def test_a_frame_is_read_from_memory(stream):
    with fsspec.open("memory://series.fsz", "wb") as file:
        file.write(stream)
    with fsspec.open("memory://series.fsz") as file, foresz.open(file) as dataset:
        assert np.array_equal(dataset["data"][7], foresz.decompress(stream)[7])


def test_xarray_opens_a_file_of_fsspec(stream):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    with fsspec.open("memory://series.fsz", "wb") as file:
        file.write(stream)
    with fsspec.open("memory://series.fsz") as file:
        with xarray.open_dataset(file, engine="foresz") as dataset:
            values = dataset["data"].isel(time=7).values
    assert np.array_equal(values, foresz.decompress(stream)[7])
