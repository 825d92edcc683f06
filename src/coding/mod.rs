//! Between predictions and codes: the quantiser and the two coders that share a
//! predictor's walk.

mod cover;
mod cursor;
mod decoder;
mod encoder;
mod forecaster;
mod forecasts;
mod frame;
mod quantiser;
mod simd;
mod switch;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::{Coded, Encoder};
pub(crate) use frame::{Lesson, Sides, framed, walk};
pub(crate) use quantiser::Quantiser;
