//! The library as its users meet it. One binary: linking takes longer than most suites.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

mod autoencoders;
mod bounds;
mod choice;
mod common;
mod conformance;
mod corruption;
mod datasets;
mod docs;
mod endings;
mod face;
mod fences;
mod forecasts;
mod golden;
mod incompressible;
mod lattices;
mod layers;
mod models;
mod preview;
mod property;
mod ranges;
mod series;
mod sizes;
