//! The trainer from outside. One binary: linking takes longer than most suites.

mod autoencoders;
mod forecasters;
