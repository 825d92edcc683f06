//! Learned models in the loop: what they predict is the same for encoder and decoder, or
//! nothing is decoded at all.

mod fields;
mod guard;
mod guest;
mod runtimes;
mod stored;
mod stub;
