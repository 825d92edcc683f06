//! Fields as frames: the last two dimensions.

/// Rows and columns of a frame; of a field with one dimension, one row.
pub(super) fn frame(shape: &[usize]) -> (usize, usize) {
    match shape {
        [.., rows, columns] => (*rows, *columns),
        [columns] => (1, *columns),
        [] => (1, 1),
    }
}

/// Pairs of neighbours along a dimension: how far apart they are in memory, and all places
/// that have a neighbour `lag` further on.
pub(super) fn pairs(
    shape: &[usize],
    dimension: usize,
    lag: usize,
) -> (usize, impl Iterator<Item = usize>) {
    let length = shape[dimension];
    let stride: usize = shape[dimension + 1..].iter().product();
    let samples: usize = shape.iter().product();
    let block = stride * length;
    let inside = stride * length.saturating_sub(lag);
    let starts = (0..samples).step_by(block.max(1));
    let places = starts.flat_map(move |start| start..start + inside);
    (stride * lag, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_do_not_cross_edges() {
        let (apart, places) = pairs(&[2, 3, 4], 1, 2);
        assert_eq!(apart, 8);
        let places: Vec<usize> = places.collect();
        assert_eq!(places, [0, 1, 2, 3, 12, 13, 14, 15]);
        assert_eq!(pairs(&[2, 3], 0, 2).1.count(), 0);
    }

    #[test]
    fn lines_are_frames_of_one_row() {
        assert_eq!(frame(&[5, 3, 4]), (3, 4));
        assert_eq!(frame(&[7]), (1, 7));
        assert_eq!(frame(&[]), (1, 1));
    }
}
