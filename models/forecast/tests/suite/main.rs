//! Models from outside. One binary: linking takes longer than most suites.

mod held;
mod ort;
mod process;
mod sidecar;
