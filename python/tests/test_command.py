"""The command that comes with the package, and its agreement with the package."""

import json
import signal
import subprocess
import sys

import foresz
import numpy as np


def test_the_command_writes_the_same_bytes(run, field, tmp_path):
    np.save(tmp_path / "x.npy", field)
    done = run("compress", tmp_path / "x.npy", "--abs", "0.05", "-o", tmp_path / "x.fsz")
    assert done.returncode == 0, done.stderr
    stream = (tmp_path / "x.fsz").read_bytes()
    assert stream == foresz.compress(field, 0.05)
    done = run("decompress", tmp_path / "x.fsz", "-o", tmp_path / "y.npy")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(tmp_path / "y.npy"), foresz.decompress(stream))
    done = run("verify", tmp_path / "x.fsz", tmp_path / "x.npy", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["kept"]


def test_exit_codes_arrive(run, tmp_path):
    (tmp_path / "no.fsz").write_bytes(b"not a stream")
    assert run("info", tmp_path / "no.fsz").returncode == 3
    assert run("info", tmp_path / "nowhere.fsz").returncode == 4
    assert run("nonsense").returncode == 2
    done = run("--version")
    assert done.returncode == 0 and done.stdout.split() == ["foresz", foresz.__version__]


def test_compare_starts_itself_again(run, field, tmp_path):
    np.save(tmp_path / "x.npy", field)
    done = run("compare", tmp_path / "x.npy", "--range-rel", "1e-2", "-p", "lorenzo", "--json")
    assert done.returncode == 0, done.stderr
    assert "lorenzo" in done.stdout


def test_the_command_can_be_interrupted(tmp_path):
    command = [sys.executable, "-m", "foresz", "info", "-"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        child.wait(timeout=2)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    assert child.wait(timeout=10) != 0
    child.stdin.close()
    child.stderr.close()
