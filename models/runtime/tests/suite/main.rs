//! The runtime from outside. One binary: linking takes longer than most suites.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

#[allow(dead_code, reason = "models of other crates are made of it, too")]
mod common;
mod golden;
mod hostile;
mod layout;
mod limits;
mod operators;
mod threads;
mod twins;
mod windows;
