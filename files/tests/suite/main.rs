//! Files in and out. One binary: linking takes longer than most suites.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

mod arrays;
mod grib;
mod netcdf;
mod zarr;
