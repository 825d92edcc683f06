//! `NetCDF` files in and out.

#![cfg(feature = "netcdf")]
mod common;
mod damage;
mod originals;
mod reading;
mod writing;
