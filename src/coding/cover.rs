//! Whether planes hold every sample of a field.

use foresz_predictors::Plane;

const WORD: usize = u64::BITS as usize;

/// The first sample that no plane holds; all of them fit the field.
pub(super) fn first_missing(shape: &[usize], planes: &[Plane]) -> Option<usize> {
    let samples: usize = shape.iter().product();
    let mut held = vec![0; samples.div_ceil(WORD)];
    for plane in planes.iter().filter(|p| !p.is_empty()) {
        for start in plane.row_offsets(shape) {
            hold(&mut held, start, plane.row_step(), plane.columns());
        }
    }
    let (word, bits) = (0..).zip(&held).find(|(_, bits)| **bits != u64::MAX)?;
    Some(WORD * word + bits.trailing_ones() as usize).filter(|sample| *sample < samples)
}

/// Sets the bits of a row.
fn hold(held: &mut [u64], start: usize, step: usize, count: usize) {
    let last = start + (count - 1) * step;
    if step >= WORD || !step.is_power_of_two() {
        let samples = (start..=last).step_by(step);
        return samples.for_each(|i| held[i / WORD] |= 1 << (i % WORD));
    }
    // The same in every word: steps divide words.
    let pattern = (u64::MAX / ((1 << step) - 1)) << (start % step);
    let words = &mut held[start / WORD..=last / WORD];
    let (from, to) = (
        u64::MAX << (start % WORD),
        u64::MAX >> (WORD - 1 - last % WORD),
    );
    let end = words.len() - 1;
    for (k, word) in words.iter_mut().enumerate() {
        let after = if k == 0 { from } else { u64::MAX };
        let before = if k == end { to } else { u64::MAX };
        *word |= pattern & after & before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_predictors::Axis;

    #[test]
    fn rows_are_held_as_sample_by_sample() {
        for start in [0, 1, 5, 63, 64, 100] {
            for step in [1, 2, 3, 4, 8, 32, 64, 70] {
                for count in [1, 2, 7, 64, 65, 200] {
                    let last = start + (count - 1) * step;
                    let mut held = vec![0; last / WORD + 2];
                    hold(&mut held, start, step, count);
                    for i in 0..held.len() * WORD {
                        let wanted =
                            (start..=last).contains(&i) && (i - start).is_multiple_of(step);
                        let found = held[i / WORD] >> (i % WORD) & 1 == 1;
                        assert_eq!(found, wanted, "{i} of {start}, {step}, {count}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_left_out_is_found() {
        let axis = |start, step, count| Axis { start, step, count };
        let along = |columns| Plane::along(vec![Axis::all(13), columns]);
        let shape = [13, 11];
        let (even, odd) = (along(axis(0, 2, 6)), along(axis(1, 2, 5)));
        assert_eq!(first_missing(&shape, &[Plane::whole(&shape)]), None);
        assert_eq!(first_missing(&shape, &[odd.clone(), even.clone()]), None);
        assert_eq!(first_missing(&shape, &[even.clone(), even]), Some(1));
        assert_eq!(first_missing(&shape, &[odd.clone(), odd]), Some(0));
        let most = along(axis(0, 1, 10));
        assert_eq!(first_missing(&shape, &[most]), Some(10));
        assert_eq!(first_missing(&shape, &[]), Some(0));
    }
}
