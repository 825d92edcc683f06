//! The library as its users meet it. One binary: linking takes longer than most suites.

mod autoencoders;
mod bounds;
mod choice;
mod common;
mod conformance;
mod corruption;
mod datasets;
mod docs;
mod face;
mod forecasts;
mod golden;
mod models;
mod preview;
mod property;
mod series;
