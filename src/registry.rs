//! Which predictors there are.

#[cfg(feature = "learned")]
use std::sync::Arc;

#[cfg(feature = "learned")]
use foresz_forecast::Shelf;
use foresz_predictors::Registry;

/// The predictors that specs can name: those built in, and learned models on a shelf or
/// part of this program.
///
/// ```
/// use foresz::forecast::Shelf;
/// use foresz::{Bound, Options};
///
/// let shelf = Shelf::default().place("models");
/// let options = Options::new(Bound::Absolute(0.05)).registry(foresz::registry(shelf));
/// ```
#[cfg(feature = "learned")]
pub fn registry(shelf: Shelf) -> Registry {
    #[cfg(feature = "shipped")]
    let shelf = crate::shipped::stocked(shelf);
    let shelf = Arc::new(shelf);
    let mut registry = Registry::default();
    registry.register(foresz_forecast::entry(Arc::clone(&shelf)));
    registry.register(foresz_forecast::autoencoder_entry(shelf));
    registry
}

/// With the models that the environment names.
#[cfg(feature = "learned")]
pub(crate) fn usual() -> Registry {
    registry(Shelf::default())
}

/// Those built in.
#[cfg(not(feature = "learned"))]
pub(crate) fn usual() -> Registry {
    Registry::default()
}
