//! How close a decoded field is to its original, and what is left in the codes of a
//! predictor.
//!
//! Fields are slices in C order with a shape, slowest dimension first; NaN marks a place that
//! does not count ([`numbers`] makes it so for infinities and fill values, too). "Frames" are
//! the last two dimensions. A measure that needs more than a field has, such as windows of 11
//! samples, is `None`.

mod autocorrelation;
mod entropy;
mod errors;
mod frames;
mod gradient;
mod kept;
mod moran;
mod pearson;
mod quantiles;
mod similarity;
mod size;
mod spectrum;
mod uniformity;
mod weights;
mod wind;

pub use autocorrelation::autocorrelation;
pub use entropy::{conditional_entropy, entropy, neighbourhood, zero_share};
pub use errors::Errors;
pub use gradient::Gradients;
pub use kept::Kept;
pub use moran::morans_i;
pub use pearson::pearson;
pub use quantiles::{Spread, quantile};
pub use similarity::{ALIKE, Similarity};
pub use size::Size;
pub use spectrum::{power_spectrum, resolved};
pub use uniformity::Uniformity;
pub use weights::{cosines, numbers};
pub use wind::speed;

#[cfg(test)]
mod reference;
