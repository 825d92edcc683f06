"""Builds the wheel with maturin, and before that the HDF5 plugin that is part of it.

``python foresz_backend.py`` builds the plugin only: run it before ``maturin build``, which
does not come here.
"""

import json
import pathlib
import shutil
import subprocess

PACKAGE = pathlib.Path(__file__).parents[1] / "foresz"
MANIFEST = PACKAGE.parents[1] / "hdf5" / "Cargo.toml"


def build_plugin():
    """Puts the plugin into the package, if its source is there."""
    if not MANIFEST.exists():
        return
    command = ["cargo", "rustc", "--release", "--locked", "--manifest-path", str(MANIFEST)]
    command += ["--lib", "--crate-type", "cdylib", "--message-format", "json-render-diagnostics"]
    command += ["--", "-C", "strip=symbols"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, done.stdout.splitlines())
    made = [m["filenames"] for m in messages if m.get("target", {}).get("name") == "foresz_hdf5"]
    (plugin,) = [file for file in made[-1] if file.endswith((".so", ".dylib", ".dll"))]
    folder = PACKAGE / "plugins"
    folder.mkdir(exist_ok=True)
    shutil.copy(plugin, folder)


def build_wheel(*words, **options):
    """As in PEP 517."""
    import maturin

    build_plugin()
    return maturin.build_wheel(*words, **options)


def build_editable(*words, **options):
    """As in PEP 660."""
    import maturin

    build_plugin()
    return maturin.build_editable(*words, **options)


def __getattr__(name):
    import maturin

    return getattr(maturin, name)


if __name__ == "__main__":
    build_plugin()
