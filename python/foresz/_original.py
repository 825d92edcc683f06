"""Data sets of xarray on their way into a stream, block by block."""

import contextvars
import itertools

import numpy as np

from . import _foresz
from ._losses import losses

_NUMBERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_NUMBERS += ("float32", "float64")

#: What changes values on the way into a file.
_CHANGING = ("_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned")


def original(dataset):
    """The data set as a file would have it: times as numbers, packed numbers packed.

    Numbers are read and encoded when they are asked for, the rest at once. What a stream
    cannot keep is refused by its name.
    """
    parts, attributes = _parts(dataset)
    lengths = {}
    for part in parts:
        lengths.update(zip(part.dims, part.shape))
    for dim in lengths:
        _check_name(dim, "dimension")
    growing = dataset.encoding.get("unlimited_dims", ())
    places = {dim: i for i, dim in enumerate(lengths)}
    context = contextvars.copy_context()

    def read(variable, region):
        # Another thread reads, and dask and its like look at the context of this one.
        return context.run(parts[variable].read, [slice(*ends) for ends in region])

    return _foresz.Original(
        [(dim, length, dim in growing) for dim, length in lengths.items()],
        _attributes(attributes, "the data set"),
        [part.described(places) for part in parts],
        read,
    )


def _parts(dataset):
    """Every variable, and the attributes of the whole."""
    from xarray import Variable, conventions

    variables, attributes = conventions.encode_dataset_coordinates(dataset)
    originals, stand_ins = {}, {}
    for name, variable in variables.items():
        _check_name(name, "variable")
        conventions.ensure_not_multiindex(variable, name=name)
        variable = _plain(variable)
        originals[name] = stand_ins[name] = variable
        if _is_numeric(variable):
            # What becomes of one number becomes of all.
            one = np.zeros((1,) * variable.ndim, variable.dtype)
            stand_ins[name] = Variable(
                variable.dims, one, dict(variable.attrs), dict(variable.encoding)
            )
    encoded, attributes = conventions.cf_encoder(stand_ins, attributes)
    parts = []
    for name, variable in originals.items():
        # Attributes of the bounds of cells that repeat those of the coordinate are kept.
        attrs = {**variable.attrs, **encoded[name].attrs}
        kind = _Numbers if _is_numeric(variable) else _Others
        parts.append(kind(name, variable, encoded[name], attrs))
    return parts, attributes


def _plain(variable):
    """A variable of numpy or dask, that says what was lost of it before, and that is not told
    to mark missing values where nobody asked for it."""
    variable = variable.to_base_variable().copy(deep=False)
    variable.attrs = {**variable.attrs, **losses(variable)}
    if "_FillValue" not in variable.attrs:
        variable.encoding = {"_FillValue": None, **variable.encoding}
    if _is_numeric(variable):
        return variable
    # Encoded at once. Texts of pandas, and of numpy 2, are no arrays that xarray encodes.
    others = not isinstance(variable.dtype, np.dtype) or variable.dtype.kind == "T"
    return variable.copy(data=np.asarray(variable.values, dtype=object if others else None))


def _is_numeric(variable):
    return isinstance(variable.dtype, np.dtype) and variable.dtype.kind in "fiub"


class _Part:
    """A variable on its way."""

    def __init__(self, name, encoded, shape, attrs):
        self.name = name
        self.dims = encoded.dims
        self.shape = shape
        self.attrs = attrs

    def described(self, places):
        attributes = _attributes(self.attrs, self.name)
        dims = [places[dim] for dim in self.dims]
        return {
            "name": self.name,
            "kind": self.kind,
            "dimensions": dims,
            "attributes": attributes,
        }


class _Numbers(_Part):
    """Numbers, of numpy, of dask, or still in their file."""

    def __init__(self, name, variable, encoded, attrs):
        super().__init__(name, encoded, variable.shape, attrs)
        self._variable = variable
        self._dtype = encoded.dtype.newbyteorder("=")
        self._encoded_attrs = encoded.attrs
        self.kind = self._dtype.name
        if self.kind not in _NUMBERS:
            raise TypeError(f"{name} holds {self.kind}, which no stream keeps: {_todo(self.kind)}")
        blocks = getattr(variable.data, "blocks", None) if variable.chunks else None
        self._blocks = None if blocks is None else _Blocks(variable.data)
        encoding = variable.encoding
        self._changes = variable.dtype != self._dtype or any(
            encoding.get(key) is not None for key in _CHANGING
        )

    def read(self, region):
        from xarray import Variable, conventions

        if self._blocks is not None:
            raw = self._blocks.read(region)
        else:
            raw = self._variable[tuple(region)].to_numpy()
        if self._changes:
            attrs, encoding = dict(self._variable.attrs), dict(self._variable.encoding)
            piece = Variable(self.dims, raw, attrs, encoding)
            # What cannot be cast shows when it is compared.
            with np.errstate(invalid="ignore", over="ignore"):
                encoded = conventions.encode_cf_variable(piece, name=self.name)
                self._check(raw, encoded)
            raw = np.asarray(encoded.data)
        return np.ascontiguousarray(raw, dtype=self._dtype).reshape(-1)

    def _check(self, raw, encoded):
        """Refuses numbers that their packing, type or fill value would change."""
        from xarray import Variable, conventions

        stored = Variable(self.dims, encoded.data, dict(self._encoded_attrs))
        back = conventions.decode_cf_variable(
            self.name, stored, concat_characters=False, decode_times=False
        ).to_numpy()
        same = (back == raw) | ((back != back) & (raw != raw))
        rounding = self._rounding(back.dtype)
        wrong = ~(same if rounding == 0 else same | (abs(back - raw) <= rounding))
        if np.any(wrong):
            place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            told = {
                key: value
                for key, value in self._variable.encoding.items()
                if key in ("dtype", *_CHANGING) and value is not None
            }
            told = ", ".join(f"{key}={value}" for key, value in told.items())
            raise ValueError(
                f"{self.name}: its encoding ({told}) does not keep its values: "
                f"{raw[place]} would become {back[place]}; foresz.strip_encoding(ds) drops it"
            )

    def _rounding(self, dtype):
        """What unpacking rounds at most: bounds of packed numbers leave room for it."""
        encoding = self._variable.encoding
        scale, offset = encoding.get("scale_factor"), encoding.get("add_offset")
        if self._dtype.kind == "f" or dtype.kind != "f" or (scale is None and offset is None):
            return 0.0
        largest = abs(1.0 if scale is None else scale) * 2.0 ** (8 * self._dtype.itemsize)
        return np.finfo(dtype).eps * (largest + abs(offset or 0.0))


class _Others(_Part):
    """Times, which are numbers by now, and texts."""

    def __init__(self, name, variable, encoded, attrs):
        from xarray.coding import strings

        encoded = encoded.copy(data=_typed(encoded.values))
        coders = strings.EncodedStringCoder(allows_unicode=True), strings.CharacterArrayCoder()
        for coder in coders:
            encoded = coder.encode(encoded, name=name)
        super().__init__(name, encoded, encoded.shape, {**attrs, **encoded.attrs})
        self._values = np.asarray(encoded.values)
        dtype = self._values.dtype
        if dtype.kind in "iuf":
            self._values = self._values.astype(dtype.newbyteorder("="), copy=False)
        self.kind = {"O": "text", "U": "text", "S": "char"}.get(dtype.kind, dtype.name)
        texts = dtype.kind == "O"
        if self.kind not in ("text", "char", *_NUMBERS) or (
            texts and not all(isinstance(value, str) for value in self._values.flat)
        ):
            raise TypeError(
                f"{name} holds {variable.dtype}, of which a stream keeps texts without gaps only: "
                "fill them in, or convert it with astype"
            )

    def read(self, region):
        part = self._values[tuple(region)]
        if self.kind == "text":
            return [str(text) for text in part.flat]
        return part.tobytes() if self.kind == "char" else np.ascontiguousarray(part).reshape(-1)


def _typed(values):
    """Objects as what they are: numbers or bytes. Texts stay."""
    texts = values.size == 0 or any(isinstance(value, str) for value in values.flat)
    if values.dtype.kind != "O" or texts:
        return values
    typed = np.array(values.tolist())
    return typed if typed.shape == values.shape and typed.dtype.kind in "iufS" else values


class _Blocks:
    """An array of dask, read in parts: every block is computed once, and kept until no part
    that is still to come has any of it."""

    def __init__(self, array):
        self._array = array
        self._ends = [np.cumsum(sizes).tolist() for sizes in array.chunks]
        self._held = {}

    def read(self, region):
        touched = [self._touched(part, ends) for part, ends in zip(region, self._ends)]
        blocks = list(itertools.product(*touched))
        self._compute([block for block in blocks if block not in self._held])
        out = np.empty([part.stop - part.start for part in region], self._array.dtype)
        for block in blocks:
            to, of = [], []
            for i, part, ends in zip(block, region, self._ends):
                start = ends[i - 1] if i else 0
                low, high = max(start, part.start), min(ends[i], part.stop)
                to.append(slice(low - part.start, high - part.start))
                of.append(slice(low - start, high - start))
            out[tuple(to)] = self._held[block][tuple(of)]
        self._let_go(region)
        return out

    @staticmethod
    def _touched(part, ends):
        starts = [0, *ends[:-1]]
        pairs = enumerate(zip(starts, ends))
        return [i for i, (start, end) in pairs if start < part.stop and end > part.start]

    def _compute(self, blocks):
        if blocks:
            import dask

            values = dask.compute(*(self._array.blocks[block] for block in blocks))
            self._held.update(zip(blocks, map(np.asarray, values)))

    def _let_go(self, region):
        """Parts come in C order: what ends before the part does is not needed again."""
        for block in list(self._held):
            ends = [ends[i] for i, ends in zip(block, self._ends)]
            within = all(end <= part.stop for end, part in zip(ends, region))
            if within or (region and ends[0] <= region[0].start):
                del self._held[block]


def _check_name(name, what):
    if not isinstance(name, str):
        raise TypeError(f"the name of the {what} {name!r} is no text")
    # Groups are parts of names.
    if "" in name.split("/"):
        raise ValueError(f"the {what} {name!r} cannot be called so in a file")


def _todo(kind):
    return "astype('float32') loses nothing" if kind == "float16" else "convert it with astype"


def _attributes(attributes, where):
    return [_attribute(name, value, where) for name, value in attributes.items()]


def _attribute(name, value, where):
    """Texts, bytes, lists of texts, and numbers as arrays with one dimension."""
    if not isinstance(name, str):
        raise TypeError(f"the attribute {name!r} of {where} has a name that is no text")
    if isinstance(value, (str, bytes)):
        return name, value
    array = np.asarray(value)
    if array.dtype.kind in "UT" or (
        array.dtype.kind == "O" and array.size and all(isinstance(x, str) for x in array.flat)
    ):
        return name, [str(text) for text in array.flat]
    if array.dtype.kind == "S":
        return name, array.tobytes()
    if array.dtype.name not in _NUMBERS or array.ndim > 1:
        raise TypeError(
            f"the attribute {name!r} of {where} is {value!r}, which no file keeps: "
            "write a text, a number or a list of either"
        )
    native = array.dtype.newbyteorder("=")
    return name, np.ascontiguousarray(array, dtype=native).reshape(-1)
