//! Compressors held against each other: how good a decoded field is, what the codes of a
//! predictor are like, and tables and pages that show it.
//!
//! Who takes part is started by the command `foresz compare`; `docs/guide/compare.md` describes
//! what is measured.

mod csv;
mod hash;
pub mod job;
mod judge;
mod latex;
pub mod made;
mod map;
mod markdown;
pub mod metrics;
mod page;
mod picture;
pub mod results;
mod standing;
mod summary;
mod table;
mod tables;
pub mod why;

pub use csv::of as csv;
pub use hash::sha256;
pub use judge::Original;
pub use latex::of as latex;
pub use markdown::of as markdown;
pub use page::of as page;
pub use summary::text as summary;
