"""The HDF5 filter: under h5py, netCDF4, h5netcdf, xarray and the tools of HDF5 and NetCDF."""

import os
import shutil
import subprocess
import sys

import foresz
import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

import foresz.hdf5  # noqa: E402
from foresz.hdf5 import FILTER  # noqa: E402
from foresz.hdf5 import filter as keywords_of  # noqa: E402

CHUNK = (4, 30, 48)


def environment():
    """Of a program that finds the plugin by its folder alone."""
    return {**os.environ, "HDF5_PLUGIN_PATH": foresz.hdf5.plugin_folder()}


def ran(words, folder=None):
    """What a program of HDF5 or NetCDF says."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    words = list(map(str, words))
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, env=environment(), cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(path, field, bound=0.05, mode="abs", chunks=CHUNK, fillvalue=None, **options):
    keywords = keywords_of(bound, mode, shape=chunks, dtype=field.dtype, **options)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset(
            "field", data=field, chunks=chunks, fillvalue=fillvalue, **keywords
        )
        # Nothing went past the filter.
        place = (0,) * field.ndim
        assert dataset.id.read_direct_chunk(place)[0] == 0


def read(path):
    with h5py.File(path) as file:
        return file["field"][:]


def same(left, right):
    return left.dtype == right.dtype and left.tobytes() == right.tobytes()


def chunks(field):
    """What a stream makes of each chunk by itself."""
    parts = [field[i : i + CHUNK[0]] for i in range(0, len(field), CHUNK[0])]
    return np.concatenate([foresz.decompress(foresz.compress(part, 0.05)) for part in parts])


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chunks_are_the_streams_of_the_library_and_of_the_command(
    field, tmp_path, run, dtype, effort
):
    field, path = field.astype(dtype), tmp_path / "a.h5"
    write(path, field, effort=effort)
    np.save(tmp_path / "a.npy", field[4:8])
    words = ["compress", tmp_path / "a.npy", "--abs", 0.05, "--effort", effort, "--no-progress"]
    assert run(*words, "-o", tmp_path / "a.fsz").returncode == 0
    with h5py.File(path) as file:
        mask, stream = file["field"].id.read_direct_chunk((4, 0, 0))
    assert mask == 0
    assert stream == foresz.compress(field[4:8], 0.05, effort=effort)
    again = read(path)
    assert same(again[4:8], foresz.decompress((tmp_path / "a.fsz").read_bytes()))
    assert np.abs(again - field).max() <= 0.05


@pytest.mark.parametrize("dtype", [">f4", ">f8", "<f8"])
def test_either_byte_order(field, tmp_path, dtype):
    write(tmp_path / "a.h5", field.astype(dtype))
    again = read(tmp_path / "a.h5")
    assert again.dtype == dtype
    assert same(again.astype(again.dtype.newbyteorder("=")), chunks(field.astype(dtype[1:])))


def test_edges_and_fill_values(field, tmp_path):
    holes = field.copy()
    holes[2:5, ::7] = -999.99
    holes[3, 4, 5] = np.nan
    for fill in (-999.99, np.nan):
        write(tmp_path / "a.h5", holes, chunks=(5, 16, 16), fillvalue=fill, fill=-999.99)
        again = read(tmp_path / "a.h5")
        special = (holes == np.float32(-999.99)) | np.isnan(holes)
        assert same(again[special], holes[special])
        assert np.abs(again - holes)[~special].max() <= 0.05


def test_other_modes(field, tmp_path):
    write(tmp_path / "a.h5", field, None, "lossless")
    assert same(read(tmp_path / "a.h5"), field)
    write(tmp_path / "a.h5", field, 1e-4, "pw-rel")
    assert (np.abs(read(tmp_path / "a.h5") - field) <= 1e-4 * np.abs(field)).all()


def test_what_cannot_be_filtered_is_refused():
    for dtype in ("int32", "float16", "complex64", "S4"):
        with pytest.raises(TypeError, match="float32 and float64"):
            keywords_of(0.05, shape=(4, 4), dtype=dtype)
    for shape in ((), (0, 4), (1,) * 9, (1 << 16, 1 << 16)):
        with pytest.raises(ValueError, match="chunk of the shape"):
            keywords_of(0.05, shape=shape)
    with pytest.raises(ValueError):
        keywords_of(-1.0, shape=(4, 4))
    with pytest.raises(TypeError):
        keywords_of(0.05, shape=(4, 4), bounds=3)


def test_numbers_for_other_chunks_lose_nothing(field, tmp_path):
    """h5py makes the filter optional: what it refuses is stored as it is."""
    keywords = keywords_of(0.05, shape=CHUNK)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("field", data=field, chunks=(6, 30, 48), **keywords)
    assert same(read(tmp_path / "a.h5"), field)


def test_small_integers_that_reach_the_filter_lose_nothing(tmp_path):
    values = np.arange(-300, 300, dtype="int32").reshape(20, 30)
    keywords = keywords_of(10.0, shape=(20, 30))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("field", data=values, chunks=(20, 30), **keywords)
    assert same(read(tmp_path / "a.h5"), values)


def test_damaged_chunks_are_errors_and_others_stay(field, tmp_path):
    path = tmp_path / "a.h5"
    write(path, field)
    good = read(path)
    with h5py.File(path, "r+") as file:
        stream = bytearray(file["field"].id.read_direct_chunk((4, 0, 0))[1])
    random = np.random.default_rng(5)
    other = foresz.compress(np.zeros((64, 256, 256), "float32"), 1.0)
    hostile = [b"F", b"FSZ\x1a\x01", stream[:-9], other, random.bytes(400)]
    for _ in range(40):
        damaged = bytearray(stream)
        damaged[random.integers(len(damaged))] ^= 1 << int(random.integers(8))
        hostile.append(damaged)
    for stored in map(bytes, hostile):
        with h5py.File(path, "r+") as file:
            file["field"].id.write_direct_chunk((4, 0, 0), stored)
        with h5py.File(path) as file:
            with pytest.raises(OSError):
                file["field"][4:8]
            assert same(file["field"][:4], good[:4])


def test_importing_foresz_after_h5py_is_enough(field, tmp_path):
    write(tmp_path / "a.h5", field)
    code = (
        "import h5py, foresz, sys;"
        "print(float(h5py.File(sys.argv[1])['field'][5, 6, 7]))"
    )
    words = [sys.executable, "-c", code, tmp_path / "a.h5"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert float(done.stdout) == read(tmp_path / "a.h5")[5, 6, 7]


def test_h5netcdf_through_xarray(field, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    netCDF4 = pytest.importorskip("netCDF4")
    assert netCDF4
    dataset = xarray.Dataset({"t2m": (("time", "y", "x"), field, {"units": "K"})})
    dataset["t2m"][3, 4, 5] = np.nan
    keywords = {**keywords_of(0.05, shape=CHUNK), "chunksizes": CHUNK}
    path = tmp_path / "a.nc"
    dataset.to_netcdf(path, engine="h5netcdf", encoding={"t2m": keywords})
    with xarray.open_dataset(path, engine="h5netcdf") as again:
        values = again["t2m"].values
        assert again["t2m"].attrs["units"] == "K"
    assert np.isnan(values[3, 4, 5])
    assert np.nanmax(np.abs(values - dataset["t2m"].values)) <= 0.05
    # netCDF4 has an HDF5 of its own.
    code = (
        "import netCDF4, sys;"
        "v = netCDF4.Dataset(sys.argv[1])['t2m']; v.set_auto_mask(False);"
        "sys.stdout.buffer.write(v[:].tobytes())"
    )
    words = [sys.executable, "-c", code, path]
    done = subprocess.run(words, check=True, capture_output=True, env=environment())
    assert done.stdout == values.tobytes()


@pytest.fixture
def plain(field, tmp_path):
    """A NetCDF file without compression."""
    h5netcdf = pytest.importorskip("h5netcdf")
    with h5netcdf.File(tmp_path / "plain.nc", "w") as file:
        file.dimensions = {"time": 12, "y": 30, "x": 48}
        variable = file.create_variable("field", ("time", "y", "x"), "f4", chunks=CHUNK)
        variable[:] = field
        variable.attrs["units"] = "K"
    return tmp_path / "plain.nc"


def option(run, tool, bound=("--abs", 0.05)):
    """What the command says that a tool is to be given."""
    done = run("hdf5-plugin", *bound, "--shape", "4x30x48")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(tool)]
    return line.replace("NAME", "field").split()


def test_h5repack_writes_and_h5dump_reads(field, plain, tmp_path, run):
    ran([*option(run, "h5repack"), plain, tmp_path / "a.nc"])
    assert same(read(tmp_path / "a.nc"), chunks(field))
    assert (tmp_path / "a.nc").stat().st_size < plain.stat().st_size / 2
    out = tmp_path / "a.bin"
    said = ran(["h5dump", "-p", "-d", "field", "-b", "LE", "-o", out, tmp_path / "a.nc"])
    assert f"FILTER_ID {FILTER}" in said
    assert out.read_bytes() == chunks(field).tobytes()
    ran(["h5repack", "-f", "GZIP=1", tmp_path / "a.nc", tmp_path / "b.nc"])
    assert same(read(tmp_path / "b.nc"), chunks(field))


def test_nccopy_writes_and_ncdump_reads(field, plain, tmp_path, run):
    ran([*option(run, "nccopy"), plain, tmp_path / "a.nc"])
    assert same(read(tmp_path / "a.nc"), chunks(field))
    shown = ran(["ncdump", "-v", "field", "-p", "9,17", tmp_path / "a.nc"])
    numbers = shown.split("field =")[-1].split(";")[0].split(",")
    assert same(np.array(numbers, "float32").reshape(field.shape), chunks(field))
    assert f'"{FILTER},' in ran(["ncdump", "-hs", tmp_path / "a.nc"])
    ran(["nccopy", "-F", "field,none", "-d", 1, tmp_path / "a.nc", tmp_path / "b.nc"])
    assert same(read(tmp_path / "b.nc"), chunks(field))


def test_numbers_of_other_chunks_stop_h5repack(plain, tmp_path, run):
    words = option(run, "h5repack")
    words[2] = "field:CHUNK=6x30x48"
    if shutil.which("h5repack") is None:
        pytest.skip("h5repack is not installed")
    words += [str(plain), str(tmp_path / "a.nc")]
    env = {**environment(), "FORESZ_HDF5_VERBOSE": "1"}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=env)
    assert done.returncode != 0
    assert "foresz: the chunk has 34560 bytes" in done.stderr


def test_the_command_compresses_what_the_filter_wrote(field, tmp_path, run):
    write(tmp_path / "a.h5", field)
    done = run("compress", tmp_path / "a.h5", "--lossless", "-o", tmp_path / "a.fsz")
    assert done.returncode == 0, done.stderr
    with foresz.open(tmp_path / "a.fsz") as dataset:
        assert same(dataset["field"][...], chunks(field))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["field"].id.write_direct_chunk((4, 0, 0), b"FSZ\x1a\x01 and no more")
    done = run("compress", tmp_path / "a.h5", "--lossless", "-o", tmp_path / "b.fsz")
    assert done.returncode == 4, done.stderr
    assert "stream is" in done.stderr


def test_the_command_installs_the_plugin(field, tmp_path, run):
    folder = tmp_path / "of plugins"
    done = run("hdf5-plugin", "--install", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"export HDF5_PLUGIN_PATH='{folder}'\n"
    (plugin,) = folder.iterdir()
    assert plugin.read_bytes() == (foresz.hdf5._plugin()).read_bytes()
    write(tmp_path / "a.h5", field)
    code = (
        "import h5py, sys;"
        "sys.stdout.buffer.write(h5py.File(sys.argv[1])['field'][:].tobytes())"
    )
    env = {**os.environ, "HDF5_PLUGIN_PATH": str(folder)}
    words = [sys.executable, "-c", code, tmp_path / "a.h5"]
    done = subprocess.run(words, check=True, capture_output=True, env=env)
    assert done.stdout == chunks(field).tobytes()
