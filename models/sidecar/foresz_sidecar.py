"""A model in Python as a runtime of foresz: the other end of docs/reference/process-protocol.md.

Needs the standard library and numpy. A model of your own is a function

    import foresz_sidecar

    def predict(step, inputs):
        return {"y": net(inputs["x"])}

    foresz_sidecar.serve(open("model.toml").read(), predict, about="jax 0.7.2, cpu")

or a subclass of Model, if it has static tensors or a state. What it prints goes to
standard error. `python foresz_sidecar.py --demo` is a model itself.
"""

import argparse
import hashlib
import os
import platform
import struct
import sys
import traceback
import zlib
from typing import NamedTuple, Optional

import numpy as np

VERSION = 1
MARK = b"FSZP"
HEAD = struct.Struct("<4sBQ")
HELLO, STATIC, STEP, PRED, RESET, BYE, ERROR = range(1, 8)

# Whether a model repeats itself: not at all, on one machine, everywhere.
NOT, HERE, EVERYWHERE = range(3)


class Step(NamedTuple):
    """Which frame is to be predicted."""

    index: int  # counted from the last key frame
    time: Optional[int]  # seconds since 1970 in UTC, if the field says so


class Model:
    """What foresz talks to. `predict` must depend on its arguments alone."""

    contract = ""  # the text of a model.toml
    about = f"python {platform.python_version()}, numpy {np.__version__}"
    claim = HERE

    def statics(self, tensors):
        """Gets tensors that never change, by name, once before the first step."""

    def reset(self):
        """A new group of frames begins; forget whatever is kept from step to step."""

    def predict(self, step, inputs):
        """The outputs by name, of the inputs by name: arrays of float32."""
        raise NotImplementedError


class _Function(Model):
    def __init__(self, contract, predict, about, claim):
        self.contract, self.predict = contract, predict
        self.about, self.claim = about or Model.about, claim


def otherwise():
    """Whether to work in another way than usual, such as with other threads: foresz
    then measures how far the results can be trusted."""
    return os.environ.get("FORESZ_OTHERWISE", "") not in ("", "0")


def serve(contract, predict, about="", claim=HERE):
    """Answers with a function until foresz says goodbye."""
    serve_model(_Function(contract, predict, about, claim))


def serve_model(model):
    """Answers with a model until foresz says goodbye."""
    # The pipe to foresz is ours alone; whatever prints, prints to standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    into = sys.stdin.buffer

    def send(kind, *parts):
        out.write(HEAD.pack(MARK, kind, sum(map(len, parts))))
        for part in parts:
            out.write(part)
        out.flush()

    try:
        send(HELLO, _hello(model))
        while True:
            kind, body = _frame(into)
            if kind in (None, BYE):
                return
            try:
                if kind == STATIC:
                    model.statics(_Reader(body).tensors())
                elif kind == RESET:
                    model.reset()
                elif kind == STEP:
                    send(PRED, *_answer(model, _Reader(body)))
                else:
                    raise ValueError(f"a frame of kind {kind} is not for a model")
            except BrokenPipeError:
                raise
            except Exception as problem:
                traceback.print_exc()
                send(ERROR, f"{type(problem).__name__}: {problem}".encode())
    except (BrokenPipeError, KeyboardInterrupt):
        return


def _hello(model):
    contract = model.contract.encode()
    about = model.about.encode()
    parts = struct.pack("<I", VERSION), _text(contract), hashlib.sha256(contract).digest()
    return b"".join((*parts, _text(about), bytes([model.claim])))


def _answer(model, body):
    index, has_time, time = body.unpack("<QBq")
    step = Step(index, time if has_time else None)
    outputs = model.predict(step, body.tensors())
    parts = [struct.pack("<QI", index, len(outputs))]
    for name, values in outputs.items():
        values = np.asarray(values)
        if values.dtype != np.float32:
            raise TypeError(f"output {name} is {values.dtype} and has to be float32")
        shape = struct.pack(f"<B{values.ndim}Q", values.ndim, *values.shape)
        parts += [_text(name.encode()), shape, values.astype("<f4", order="C").tobytes()]
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return *parts, struct.pack("<I", crc)


def _text(encoded):
    return struct.pack("<I", len(encoded)) + encoded


def _frame(into):
    """The next frame, or nothing if foresz is gone."""
    head = into.read(HEAD.size)
    if not head:
        return None, b""
    if len(head) < HEAD.size:
        raise EOFError("foresz ended within a frame")
    mark, kind, length = HEAD.unpack(head)
    if mark != MARK:
        raise ValueError(f"{head!r} begins no frame")
    body = into.read(length)
    if len(body) < length:
        raise EOFError("foresz ended within a frame")
    return kind, body


class _Reader:
    def __init__(self, body):
        self.body, self.at = body, 0

    def bytes(self, length):
        self.at += length
        if self.at > len(self.body):
            raise ValueError("a frame is cut off")
        return self.body[self.at - length : self.at]

    def unpack(self, form):
        return struct.unpack(form, self.bytes(struct.calcsize(form)))

    def tensors(self):
        tensors = {}
        (count,) = self.unpack("<I")
        for _ in range(count):
            name = self.bytes(*self.unpack("<I")).decode()
            (axes,) = self.unpack("<B")
            shape = self.unpack(f"<{axes}Q")
            size = 1
            for length in shape:
                size *= length
            values = np.frombuffer(self.bytes(size * 4), "<f4")
            tensors[name] = values.astype(np.float32).reshape(shape)
        return tensors


DEMO = """\
format = 1
name = "demo-{kind}"
description = "{what}, a demonstration of docs/reference/process-protocol.md"
licence = "MIT OR Apache-2.0"

[weights]
sha256 = "{hash}"

[time]
history = {history}

[[variables]]
name = "{variable}"

[[inputs]]
tensor = "x"
channels = [{{ variable = "{variable}", steps = {steps} }}]

[[outputs]]
tensor = "y"
kind = "increment"
channels = [{{ variable = "{variable}" }}]
"""


class Demo(Model):
    """No change, or the last change once more."""

    claim = EVERYWHERE

    def __init__(self, kind, variable):
        self.kind = kind
        linear = kind == "linear"
        self.contract = DEMO.format(
            kind=kind,
            what="The last change once more" if linear else "No change",
            hash=hashlib.sha256(kind.encode()).hexdigest(),
            history=2 if linear else 1,
            steps=[0, -1] if linear else [0],
            variable=variable,
        )

    def predict(self, step, inputs):
        x = inputs["x"]  # [1, steps, rows, columns], the newest first
        change = x[:, :1] - x[:, 1:2] if self.kind == "linear" else np.zeros_like(x)
        return {"y": change}


def main():
    parser = argparse.ArgumentParser(description="A model that foresz talks to, as a demonstration.")
    kinds = ["persistence", "linear"]
    parser.add_argument("--demo", nargs="?", const="linear", choices=kinds, required=True)
    parser.add_argument("--variable", default="t2m", help="what it forecasts [%(default)s]")
    options = parser.parse_args()
    serve_model(Demo(options.demo, options.variable))


if __name__ == "__main__":
    main()
