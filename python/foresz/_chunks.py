"""Shapes of chunks and shards that suit the blocks of dask."""

import math

from ._settings import count

#: Bytes of a chunk where nobody says otherwise.
_USUAL = 1 << 25


def layout(name, variable, chunks, shards):
    """The shapes of the chunks of a variable and of its shards, if it has any; or an error that
    says why there are none."""
    shape = _chunk(name, variable, chunks)
    shard = _shard(name, variable, shape, shards)
    if shard is None:
        _check_blocks(name, variable, shape, "chunks")
    else:
        _check_blocks(name, variable, shard, "shards")
    return shape, shard


def _chunk(name, variable, chunks):
    blocks = variable.chunks
    usual = _usual(variable) if blocks is None else [None] * variable.ndim
    shape = []
    for axis, dim in enumerate(variable.dims):
        length = variable.shape[axis]
        size = _given(chunks, dim, length, "chunks")
        if size is None and blocks is not None:
            size = _regular(name, dim, blocks[axis])
        shape.append(usual[axis] if size is None else size)
    return tuple(shape)


def _shard(name, variable, chunks, shards):
    if shards is None or not set(shards) & set(variable.dims):
        return None
    shape = []
    for dim, chunk, length in zip(variable.dims, chunks, variable.shape):
        shard = _given(shards, dim, length, "shards") or chunk
        # Only whole chunks fill a shard: one at the end may reach beyond the array.
        if shards.get(dim) == -1:
            shard = -(-length // chunk) * chunk
        if shard % chunk:
            raise ValueError(
                f"{name}: shards of {shard} along {dim} are no multiple of its chunks of {chunk}"
            )
        shape.append(shard)
    return tuple(shape)


def _given(lengths, dim, length, what):
    size = None if lengths is None else lengths.get(dim)
    if size is None:
        return None
    if size == -1:
        return max(length, 1)
    size = count(size, f"{what}[{dim!r}]")
    if size == 0:
        raise ValueError(f"{what}[{dim!r}] is 0; the shortest has one place")
    return size


def _regular(name, dim, sizes):
    """The length of blocks that are all as long as each other, but for the last."""
    first, *others = sizes
    if any(size != first for size in others[:-1]) or (others and others[-1] > first):
        raise ValueError(
            f"{name}: the blocks of dask along {dim} are {_told(sizes)} long, and chunks of one "
            f"length do not fit them; ds.chunk({{{dim!r}: {max(sizes)}}}) makes them even"
        )
    return max(first, 1)


def _check_blocks(name, variable, shape, what):
    """Refuses chunks that two tasks of dask would write to."""
    for dim, sizes, size in zip(variable.dims, variable.chunks or (), shape):
        # The last block ends where the array does.
        if any(block % size for block in sizes[:-1]):
            raise ValueError(
                f"{name}: {what} of {size} along {dim} do not divide the blocks of dask, which "
                f"are {_told(sizes)} long, so that two tasks would write to one; "
                f"ds.chunk({{{dim!r}: {size}}}) makes them fit"
            )


def _usual(variable):
    """Whole last dimensions, and as many places of the others as make some 32 MB."""
    shape = [max(length, 1) for length in variable.shape]
    room = _USUAL // getattr(variable.dtype, "itemsize", 8)
    for axis in range(len(shape)):
        rest = math.prod(shape[axis + 1 :])
        run = max(room // rest, 1)
        if run >= shape[axis]:
            break
        shape[axis] = run
        if run > 1:
            break
    return shape


def _told(sizes):
    told = ", ".join(map(str, sizes[:4]))
    return told if len(sizes) <= 4 else f"{told}, …"
