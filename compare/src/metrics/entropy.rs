//! What codes cost: entropies of whole numbers.

use std::collections::HashMap;

/// Order-0 entropy in bits per code: what a coder that is blind to order cannot beat.
pub fn entropy(codes: &[i32]) -> f64 {
    let mut counts = HashMap::new();
    for code in codes {
        *counts.entry(*code).or_insert(0u64) += 1;
    }
    let count = codes.len() as f64;
    let bits = |n: &u64| -(*n as f64) * (*n as f64 / count).log2();
    counts.values().map(bits).sum::<f64>() / count.max(1.0)
}

/// Entropy in bits per code once the context of each code is known: what a coder that knows
/// contexts cannot beat. With as many contexts as codes it is 0, so contexts have to be few.
pub fn conditional_entropy(codes: &[i32], contexts: &[u8]) -> f64 {
    let mut groups: HashMap<u8, Vec<i32>> = HashMap::new();
    for (code, context) in codes.iter().zip(contexts) {
        groups.entry(*context).or_default().push(*code);
    }
    let bits = |group: &Vec<i32>| entropy(group) * group.len() as f64;
    groups.values().map(bits).sum::<f64>() / codes.len().max(1) as f64
}

const LARGEST_CONTEXT: u8 = 11;

/// A context for every code of a plane: how large the codes before it, above, above to the left
/// and above to the right are, in twelve steps that double. Outside the plane codes are 0.
pub fn neighbourhood(codes: &[i32], columns: usize) -> Vec<u8> {
    let at = |i: usize, up: bool, aside: isize| -> u64 {
        let column = (i % columns) as isize + aside;
        if column < 0 || column >= columns as isize || (up && i < columns) {
            return 0;
        }
        let row = i / columns - usize::from(up);
        codes[row * columns + column as usize].unsigned_abs().into()
    };
    let context = |i: usize| {
        let near = 2 * (at(i, false, -1) + at(i, true, 0)) + at(i, true, -1) + at(i, true, 1);
        let doublings = u64::BITS - near.leading_zeros();
        (doublings as u8).min(LARGEST_CONTEXT)
    };
    (0..codes.len()).map(context).collect()
}

/// Which part of the codes are 0.
pub fn zero_share(codes: &[i32]) -> f64 {
    let zeros = codes.iter().filter(|code| **code == 0).count();
    zeros as f64 / codes.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::reference::close;
    use super::*;

    #[test]
    fn known_entropies() {
        assert_eq!(entropy(&[]), 0.0);
        assert_eq!(entropy(&[7; 20]), 0.0);
        close(entropy(&[0, 1, 2, 3, 3, 2, 1, 0]), 2.0);
        // p = 1/2, 1/4, 1/8, 1/8.
        close(entropy(&[0, 0, 0, 0, 1, 1, -2, 3]), 1.75);
    }

    #[test]
    fn contexts_that_tell_all_leave_nothing_and_others_what_there_is() {
        let codes = [0, 5, 0, 5, 0, 5];
        assert_eq!(conditional_entropy(&codes, &[0, 1, 0, 1, 0, 1]), 0.0);
        close(conditional_entropy(&codes, &[3; 6]), 1.0);
        // Half of the codes are certain, the others take a bit.
        close(
            conditional_entropy(&[0, 0, 1, 0, 1, 0, 0, 0], &[0, 0, 1, 1, 1, 1, 0, 0]),
            0.5,
        );
    }

    #[test]
    fn neighbours_are_those_already_coded() {
        let codes = [0, 3, 0, /**/ 0, 0, -100_000];
        // Row 2: above 0 and 3 to the right; above 3; 0 above, 3 to the left, 0 before it.
        assert_eq!(neighbourhood(&codes, 3), [0, 0, 3, 2, 3, 2]);
        assert_eq!(neighbourhood(&[i32::MIN, 1], 2), [0, LARGEST_CONTEXT]);
        assert_eq!(zero_share(&codes), 4.0 / 6.0);
    }

    #[test]
    fn structure_is_what_neighbours_tell() {
        // Large codes on the left, none on the right: neighbours say which side it is.
        let code = |i: i32| if i % 64 < 32 { (i * 7919) % 8 - 4 } else { 0 };
        let codes: Vec<i32> = (0..64 * 64).map(code).collect();
        let left = conditional_entropy(&codes, &neighbourhood(&codes, 64));
        assert!(left < 0.8 * entropy(&codes), "{left}");
    }
}
