from importlib.metadata import version as installed

from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode


def version():
    return "SZ3 by pysz " + installed("pysz")


def ways(field, bound, mode):
    work = squeezed(field, 4)
    config = szConfig(work.shape)
    config.errorBoundMode = szErrorBoundMode.ABS
    config.absErrorBound = bound
    config.cmprAlgo = getattr(szAlgorithm, mode.upper())

    def encode():
        stored, _ = sz.compress(work, config)
        return stored.nbytes, stored

    yield encode, lambda stored: sz.decompress(stored, work.dtype, work.shape)[0]
