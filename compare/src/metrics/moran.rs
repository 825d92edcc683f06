//! Moran's I: how much structure there is in space.

use super::frames::pairs;

/// Moran's I of a field whose neighbours are the samples next to each other along the last two
/// dimensions: near 0 for noise, near 1 where neighbours are alike. `None` where nothing varies
/// or nothing has neighbours.
pub fn morans_i(values: &[f64], shape: &[usize]) -> Option<f64> {
    let numbers = values.iter().filter(|x| x.is_finite());
    let count = numbers.clone().count() as f64;
    let mean = numbers.clone().sum::<f64>() / count;
    let squares: f64 = numbers.map(|x| (x - mean) * (x - mean)).sum();
    let (mut links, mut products) = (0usize, 0.0);
    for dimension in shape.len().saturating_sub(2)..shape.len() {
        let (apart, places) = pairs(shape, dimension, 1);
        for i in places {
            let product = (values[i] - mean) * (values[i + apart] - mean);
            if product.is_finite() {
                links += 1;
                products += product;
            }
        }
    }
    (links > 0 && squares > 0.0).then(|| count / links as f64 * products / squares)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_the_definition_with_a_matrix_of_weights_has_it() {
        let (x, _) = fields();
        close(morans_i(&x, &[24, 40]).unwrap(), 0.133_993_895_899_257_03);
    }

    #[test]
    fn a_chessboard_is_as_unlike_as_can_be() {
        let board: Vec<f64> = (0..64).map(|i| f64::from((i + i / 8) % 2)).collect();
        close(morans_i(&board, &[8, 8]).unwrap(), -1.0);
        assert_eq!(morans_i(&[1.0; 9], &[3, 3]), None);
        assert_eq!(morans_i(&[1.0], &[1]), None);
    }

    #[test]
    fn a_hole_has_no_neighbours() {
        let x = [1.0, f64::NAN, 5.0, 2.0, 3.0, 4.0];
        // Links: 1-2, 5-4 down the columns, 2-3 and 3-4 along the second row; mean 3.
        let products = (-2.0 * -1.0) + (2.0 * 1.0) + 0.0 + 0.0;
        close(morans_i(&x, &[2, 3]).unwrap(), 5.0 / 4.0 * products / 10.0);
    }
}
