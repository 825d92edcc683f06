//! Memory whose size a file tells: too much of it is an error, not the end of the program.

use std::io;

use crate::error::Result;

/// Room for so many items.
pub(crate) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    match items.try_reserve_exact(count) {
        Ok(()) => Ok(items),
        Err(_) => {
            let bytes = count.saturating_mul(size_of::<T>());
            let said = format!("memory is short: {bytes} bytes are needed");
            Err(io::Error::new(io::ErrorKind::OutOfMemory, said).into())
        }
    }
}

/// So many zeros.
pub(crate) fn zeros(count: usize) -> Result<Vec<u8>> {
    let mut bytes = reserved(count)?;
    bytes.resize(count, 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_an_error() {
        assert_eq!(zeros(3).unwrap(), [0; 3]);
        let said = zeros(isize::MAX as usize).unwrap_err().to_string();
        assert!(said.contains("memory is short"), "{said}");
        assert!(reserved::<u64>(usize::MAX).is_err());
    }
}
