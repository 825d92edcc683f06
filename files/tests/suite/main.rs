//! Files in and out. One binary: linking takes longer than most suites.

mod grib;
mod netcdf;
mod zarr;
