"""Arrays that many tests use."""

import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def field():
    """Twelve smooth frames with some noise."""
    t, i, j = np.meshgrid(np.arange(12), np.arange(30), np.arange(48), indexing="ij")
    noise = np.random.default_rng(3).normal(size=t.shape)
    values = 280 + 9 * np.sin(t / 5 + i / 7) * np.cos(j / 9) + 0.1 * noise
    return values.astype("float32")


@pytest.fixture
def run():
    """Runs the command as the wheel has it."""

    def run(*words):
        command = [sys.executable, "-m", "foresz", *map(str, words)]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)

    return run
