//! `NetCDF` files in and out.

#![cfg(feature = "netcdf")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
mod damage;
mod originals;
mod reading;
mod writing;
