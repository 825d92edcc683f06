"""Makes the GRIB files of the tests, and beside each the values as eccodes unpacks them.

    python make_grib.py

Needs eccodes. Values are synthetic. `*.f64` holds the values of all messages in the order of
the file, as little-endian doubles; missing ones are not a number. Files of one grid have none:
their values are all the same.
"""

import pathlib

import eccodes as ec
import numpy as np

HERE = pathlib.Path(__file__).parent
GRID = {
    "Ni": 7,
    "Nj": 5,
    "latitudeOfFirstGridPointInDegrees": 60,
    "latitudeOfLastGridPointInDegrees": 58,
    "longitudeOfFirstGridPointInDegrees": -1.5,
    "longitudeOfLastGridPointInDegrees": 1.5,
    "iDirectionIncrementInDegrees": 0.5,
    "jDirectionIncrementInDegrees": 0.5,
}


def smooth(count, seed):
    """A wave with some noise."""
    noise = np.random.default_rng(seed).normal(size=count)
    return 280 + 10 * np.sin(np.arange(count) / 5 + seed) + noise / 4


def message(edition, values, sample=None, missing=(), **keys):
    handle = ec.codes_grib_new_from_samples(sample or f"regular_ll_sfc_grib{edition}")
    for key, value in (keys if sample else GRID | keys).items():
        if value == "missing":
            ec.codes_set_missing(handle, key)
        else:
            ec.codes_set(handle, key, value)
    if values is not None:
        values = np.array(values, float)
        if len(missing):
            ec.codes_set(handle, "bitmapPresent", 1)
            ec.codes_set(handle, "missingValue", 1e9)
            values[list(missing)] = 1e9
        ec.codes_set_values(handle, values)
    return handle


def write(name, handles):
    expected = []
    with open(HERE / f"{name}.grib", "wb") as file:
        for handle in handles:
            ec.codes_write(handle, file)
            copy = ec.codes_new_from_message(ec.codes_get_message(handle))
            ec.codes_set(copy, "missingValue", 1e9)
            values = ec.codes_get_values(copy)
            values[values == 1e9] = np.nan
            expected.append(values)
    np.concatenate(expected).astype("<f8").tofile(HERE / f"{name}.f64")


def levels(edition, **keys):
    """Temperature at two times on two levels, in some other order than usual."""
    for time in (1200, 0):
        for level in (850, 500):
            seed = time + level
            yield message(
                edition,
                smooth(35, seed),
                paramId=130,
                typeOfLevel="isobaricInhPa",
                level=level,
                dataDate=20200229,
                dataTime=time,
                missing=[3, 17, 34] if level == 850 else [],
                bitsPerValue=12 if time else 16,
                **keys,
            )


def surface(edition):
    """Steps, decimal scale and a field that is the same everywhere."""
    for step in (6, 12):
        yield message(
            edition,
            smooth(35, step) / 1000,
            paramId=228,
            dataDate=20200101,
            stepType="accum",
            stepRange=f"0-{step}",
            changeDecimalPrecision=5,
        )
    yield message(edition, [273.25] * 35, paramId=167, dataDate=20200101, step=6)
    yield message(edition, [4.25] * 35, paramId=172, dataDate=20200101, missing=[0, 8])


def overlapping(edition):
    """Hourly precipitation, as two forecasts have it."""
    for time, steps in ((600, (11, 12)), (1800, (1, 2, 3))):
        for step in steps:
            yield message(
                edition,
                smooth(35, step),
                paramId=228,
                dataDate=20200101,
                dataTime=time,
                stepType="accum",
                stepRange=f"{step - 1}-{step}",
            )


def members(edition):
    """An ensemble of three."""
    for number in (0, 1, 2):
        keys = {"localDefinitionNumber": 1, "type": "pf"} if edition == 1 else {"productDefinitionTemplateNumber": 1}
        yield message(
            edition,
            smooth(35, number),
            **keys,
            numberOfForecastsInEnsemble=3,
            perturbationNumber=number,
            paramId=165,
            level=10,
            dataDate=20211231,
            dataTime=1800,
        )


def packed(packing, **keys):
    """Two fields in one way of packing, one with holes."""
    for step, missing in ((0, []), (6, [0, 5, 20])):
        yield message(
            2,
            smooth(35, step),
            paramId=167,
            dataDate=20200101,
            step=step,
            packingType=packing,
            bitsPerValue=14,
            missing=missing,
            **keys,
        )


def grids(edition):
    """Grids that are not even, each with a field that is the same everywhere."""
    for kind in ("regular_gg", "reduced_gg", "rotated_ll", "polar_stereographic"):
        handle = ec.codes_grib_new_from_samples(f"{kind}_sfc_grib{edition}")
        ec.codes_set(handle, "paramId", 167)
        ec.codes_set(handle, "dataDate", 20200101)
        if kind == "rotated_ll":
            ec.codes_set(handle, "latitudeOfSouthernPoleInDegrees", -36.5)
            ec.codes_set(handle, "longitudeOfSouthernPoleInDegrees", 15.25)
        ec.codes_set_values(handle, np.full(ec.codes_get(handle, "numberOfPoints"), 273.25))
        with open(HERE / f"{kind}{edition}.grib", "wb") as file:
            ec.codes_write(handle, file)


def main():
    for edition in (1, 2):
        write(f"levels{edition}", levels(edition))
        write(f"surface{edition}", surface(edition))
        write(f"overlapping{edition}", overlapping(edition))
        write(f"members{edition}", members(edition))
        grids(edition)
    handle = message(1, smooth(35, 1), paramId=167, bitsPerValue=12)
    ec.codes_set(handle, "packingType", "grid_second_order")
    write("second_order1", [handle])
    write("complex2", packed("grid_complex"))
    write("differences2", packed("grid_complex_spatial_differencing", orderOfSpatialDifferencing=1))
    write("second_differences2", packed("grid_complex_spatial_differencing", orderOfSpatialDifferencing=2))
    write("ccsds2", packed("grid_ccsds"))
    write("ieee2", packed("grid_ieee"))


main()
