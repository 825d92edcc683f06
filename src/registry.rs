//! Which predictors there are.

use std::sync::Arc;

use foresz_forecast::Shelf;
use foresz_predictors::Registry;

/// The predictors that specs can name: those built in, and learned models on a shelf.
///
/// ```
/// use foresz::forecast::Shelf;
/// use foresz::{Bound, Options};
///
/// let shelf = Shelf::default().place("models");
/// let options = Options::new(Bound::Absolute(0.05)).registry(foresz::registry(shelf));
/// ```
pub fn registry(shelf: Shelf) -> Registry {
    let mut registry = Registry::default();
    let shelf = Arc::new(shelf);
    registry.register(foresz_forecast::entry(Arc::clone(&shelf)));
    registry.register(foresz_forecast::autoencoder_entry(shelf));
    registry
}

/// With the models that the environment names.
pub(crate) fn usual() -> Registry {
    registry(Shelf::default())
}
