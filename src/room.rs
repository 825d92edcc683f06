//! Memory for fields: asked for before there is work done that would be lost without it.

use foresz_predictors::Sample;

use crate::error::{Error, Result};

/// So many zeros, if memory has room for them; `else_do` says what may do if not.
pub(crate) fn zeros<T: Sample>(samples: usize, else_do: &str) -> Result<Vec<T>> {
    // Pages are had as they are written to.
    let zeros = bytemuck::allocation::try_zeroed_vec(samples);
    zeros.map_err(|()| short(samples.saturating_mul(T::BYTES), samples, else_do))
}

/// The error for a field that memory has no room for.
pub(crate) fn short(bytes: usize, samples: usize, else_do: &str) -> Error {
    Error::Memory {
        bytes,
        what: format!("{samples} values; {else_do}"),
    }
}

/// As many threads as memory has room for, if each needs so many bytes; at most those
/// asked for. What is said of memory now may not hold any more when it is used, but nobody
/// but us uses it meanwhile, as a rule.
pub(crate) fn threads(asked: usize, bytes: usize) -> Option<usize> {
    let halves = std::iter::successors(Some(asked.max(1)), |n| Some(n / 2).filter(|n| *n > 0));
    let mut fitting = halves.filter(|n| is_there(n.saturating_mul(bytes)));
    fitting.next()
}

fn is_there(bytes: usize) -> bool {
    let mut probe: Vec<u8> = Vec::new();
    let reserved = probe.try_reserve_exact(bytes);
    // Or the compiler may take it that there is always room for what nobody uses.
    std::hint::black_box(&mut probe);
    reserved.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_an_error() {
        assert_eq!(zeros::<f32>(5, "").unwrap(), [0.0; 5]);
        let short = zeros::<f64>(isize::MAX as usize / 8, "decode less of it").unwrap_err();
        let said = short.to_string();
        assert!(said.contains("decode less of it"), "{said}");
        assert!(
            said.contains(&(isize::MAX as usize / 8 * 8).to_string()),
            "{said}"
        );
        assert!(zeros::<f64>(usize::MAX, "").is_err());
    }

    #[test]
    fn fewer_threads_need_less() {
        assert_eq!(threads(12, 10), Some(12));
        assert_eq!(threads(12, isize::MAX as usize), None);
        let third = isize::MAX as usize / 3;
        assert!(threads(12, third).is_none_or(|n| n <= 3));
    }
}
