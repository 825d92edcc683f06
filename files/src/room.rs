//! Memory whose size a file tells: too much of it is an error, not the end of the program.

use std::io;

use crate::error::{Error, Result};

/// Room for so many items.
pub(crate) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    match items.try_reserve_exact(count) {
        Ok(()) => Ok(items),
        Err(_) => Err(short::<T>(count)),
    }
}

/// So many zeros, whose pages are had as they are written to.
pub(crate) fn zeros<T: bytemuck::Zeroable>(count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count).map_err(|()| short::<T>(count))
}

fn short<T>(count: usize) -> Error {
    let bytes = count.saturating_mul(size_of::<T>());
    let said = format!("memory is short: {bytes} bytes are needed");
    io::Error::new(io::ErrorKind::OutOfMemory, said).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_an_error() {
        assert_eq!(zeros::<u8>(3).unwrap(), [0; 3]);
        let said = zeros::<u8>(isize::MAX as usize).unwrap_err().to_string();
        assert!(said.contains("memory is short"), "{said}");
        assert!(reserved::<u64>(usize::MAX).is_err());
    }
}
