"""Data sets of xarray on their way into a stream, block by block."""

import contextlib
import contextvars
import itertools
import warnings

import numpy as np

from . import _foresz
from ._bounds import text_of
from ._losses import losses

_NUMBERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_NUMBERS += ("float32", "float64")

#: What changes values on the way into a file.
_CHANGING = ("_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned")

#: Floating-point numbers that count days from long ago are off by as much.
_SLACK = np.timedelta64(100, "us")


def original(dataset):
    """The data set as a file would have it: times as numbers, packed numbers packed.

    Numbers are read and encoded when they are asked for, the rest at once. What a stream
    cannot keep is refused by its name.
    """
    parts, attributes = _parts(dataset)
    _name_characters(parts, [*dataset.variables, *dataset.sizes])
    lengths = {}
    for part in parts:
        for dim, length in zip(part.dims, part.shape):
            if lengths.setdefault(dim, length) != length:
                raise ValueError(f"{part.name}: {dim} has the lengths {lengths[dim]} and {length}")
    for dim in lengths:
        _check_name(dim, "dimension")
    growing = dataset.encoding.get("unlimited_dims")
    growing = [] if growing is None else [growing] if isinstance(growing, str) else list(growing)
    places = {dim: i for i, dim in enumerate(lengths)}
    context = contextvars.copy_context()

    def read(variable, region):
        # Another thread reads, and dask and its like look at the context of this one.
        return context.run(parts[variable].read, [slice(*ends) for ends in region])

    inner = _foresz.Original(
        [(dim, length, dim in growing) for dim, length in lengths.items()],
        _attributes(attributes, "the data set"),
        [part.described(places) for part in parts],
        read,
    )
    return _Original(inner, [p.name for p in parts if p.is_time or p.name in dataset.coords])


class _Original:
    """A data set of which some variables lose nothing, unless bounds name them."""

    def __init__(self, inner, exact):
        self._inner = inner
        self._exact = exact

    def recipes(self, preset, bounds):
        return self._inner.recipes(preset, self._completed(bounds))

    def write(self, path, target, asked, how):
        preset, bounds = asked
        self._inner.write(path, target, (preset, self._completed(bounds)), how)

    def _completed(self, bounds):
        """Bounds, with a section for each that loses nothing: "*" is for the others."""
        for name in self._exact:
            more = f"{bounds}\n{text_of({name: {'lossless': True}})}\n"
            # What has a section cannot get another.
            with contextlib.suppress(ValueError):
                self._inner.recipes(None, more)
                bounds = more
        return bounds


def _name_characters(parts, taken):
    """Gives dimensions of characters names that nothing else has, nor one of another length."""
    lengths = dict.fromkeys(taken)
    for part in parts:
        if part.has_characters:
            *dims, dim = part.dims
            while lengths.setdefault(dim, part.shape[-1]) != part.shape[-1]:
                dim += "_"
            part.dims = (*dims, dim)


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
    # Bounds of cells count as their axis does, and do not say so.
    axes = {axis.attrs.get("bounds"): axis.attrs for axis in encoded.values()}
    parts = []
    for name, variable in originals.items():
        # Attributes of the bounds of cells that repeat those of the coordinate are kept.
        attrs = {**variable.attrs, **encoded[name].attrs}
        kind = _Numbers if _is_numeric(variable) else _Others
        if _is_time(variable):
            axis = axes.get(name, {})
            clock = {key: axis[key] for key in ("units", "calendar") if key in axis}
            _check_times(name, variable, encoded[name], {**clock, **encoded[name].attrs})
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


def _is_time(variable):
    from xarray.core.common import contains_cftime_datetimes

    return not _is_numeric(variable) and (
        variable.dtype.kind in "mM" or contains_cftime_datetimes(variable)
    )


def _check_times(name, variable, encoded, attrs):
    """Refuses times that their encoding would change."""
    import pandas
    from xarray import Variable, coders, conventions

    raw = np.ravel(variable.values)
    if raw.size == 0:
        return
    is_object = raw.dtype.kind == "O"
    options = {} if is_object else {"time_unit": np.datetime_data(raw.dtype)[0]}
    coder = coders.CFDatetimeCoder(use_cftime=is_object or None, **options)
    stored = Variable(encoded.dims, encoded.values, attrs)
    with warnings.catch_warnings():
        # Times that are far off show when they are compared.
        warnings.simplefilter("ignore")
        back = conventions.decode_cf_variable(
            name, stored, concat_characters=False, decode_times=coder, decode_timedelta=True
        )
        back = np.ravel(back.values)
    if back.dtype.kind == "O" and not is_object:
        back = np.array([np.datetime64(getattr(x, "isoformat", str)()) for x in back])
    wrong = pandas.isnull(back) != pandas.isnull(raw)
    there = ~(pandas.isnull(back) | pandas.isnull(raw))
    slack = _SLACK if encoded.dtype == "float64" else 0 * _SLACK
    slack = slack.item() if is_object else slack
    pairs = list(zip(back[there], raw[there])) if is_object else []
    if any(type(one) is not type(other) for one, other in pairs):
        # In another calendar, the dates have to be the same.
        wrong[there] = [one.isoformat() != other.isoformat() for one, other in pairs]
    else:
        wrong[there] = ~(abs(back[there] - raw[there]) <= slack)
    if np.any(wrong):
        place = int(np.argmax(wrong))
        told = _told(variable.encoding, ("units", "calendar", "dtype", *_CHANGING))
        raise ValueError(
            f"{name}: its encoding ({told}) does not keep its times: {raw[place]} would become "
            f"{back[place]}; give it another dtype, or drop it: ds[{name!r}].encoding = {{}}"
        )


def _told(encoding, keys):
    """What an encoding says, in words."""
    told = {key: value for key, value in encoding.items() if key in keys and value is not None}
    return ", ".join(f"{key}={value}" for key, value in told.items())


class _Part:
    """A variable on its way."""

    is_time = False
    #: Whether the last dimension is one of characters.
    has_characters = False

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
        wrong = ~(same | self._rounded(raw, back))
        if np.any(wrong):
            place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            told = _told(self._variable.encoding, ("dtype", *_CHANGING))
            raise ValueError(
                f"{self.name}: its encoding ({told}) does not keep its values: "
                f"{raw[place]} would become {back[place]}; foresz.strip_encoding(ds) drops it"
            )

    def _rounded(self, raw, back):
        """Where values differ by what unpacking rounds: bounds of packed numbers leave room
        for it."""
        encoding = self._variable.encoding
        scale, offset = encoding.get("scale_factor"), encoding.get("add_offset")
        if self._dtype.kind == "f" or back.dtype.kind != "f" or (scale is None and offset is None):
            return np.False_
        eps = min(np.finfo(x.dtype).eps for x in (raw, back) if x.dtype.kind == "f")
        wide = raw.astype("float64")
        offset = 0.0 if offset is None else np.asarray(offset, "float64").item()
        most = float(eps) * (abs(wide) + 2 * abs(offset))
        return np.isfinite(wide) & (abs(back - wide) <= most)


class _Others(_Part):
    """Times, which are numbers by now, and texts."""

    def __init__(self, name, variable, encoded, attrs):
        from xarray.coding import strings

        encoded = encoded.copy(data=_typed(encoded.values))
        coders = strings.EncodedStringCoder(allows_unicode=True), strings.CharacterArrayCoder()
        for coder in coders:
            encoded = coder.encode(encoded, name=name)
        super().__init__(name, encoded, encoded.shape, {**attrs, **encoded.attrs})
        self.is_time = _is_time(variable)
        self.has_characters = encoded.ndim > variable.ndim
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
