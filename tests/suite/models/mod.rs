//! Learned models in the loop: what they predict is the same for encoder and decoder, or
//! nothing is decoded at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

mod fields;
mod guard;
mod runtimes;
mod stored;
mod stub;
