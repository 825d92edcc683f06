//! Which samples count, and how much.

use foresz::Sample;

/// The numbers of a field; NaN where it holds none, or a fill value.
pub fn numbers<T: Sample>(field: &[T], fills: &[f64]) -> Vec<f64> {
    let fills: Vec<T> = fills.iter().map(|fill| T::from_f64(*fill)).collect();
    let number = |x: &T| {
        if x.is_finite() && !fills.contains(x) {
            x.to_f64()
        } else {
            f64::NAN
        }
    };
    field.iter().map(number).collect()
}

/// The weight of every sample of a field whose rows lie on equally spaced latitudes, in
/// degrees: the cosine, which is the area on a sphere. The second last dimension is latitude.
pub fn cosines(shape: &[usize], first: f64, last: f64) -> Vec<f64> {
    let [outer @ .., rows, columns] = shape else {
        return vec![1.0; shape.iter().product()];
    };
    let step = (last - first) / (rows.max(&2) - 1) as f64;
    let weight = |row: usize| (first + step * row as f64).to_radians().cos().max(0.0);
    let frame: Vec<f64> = (0..rows * columns).map(|i| weight(i / columns)).collect();
    frame.repeat(outer.iter().product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_no_numbers() {
        let field = [1.0f32, 1e20, f32::NAN, f32::NEG_INFINITY, -2.0];
        let numbers = numbers(&field, &[1e20]);
        let there: Vec<bool> = numbers.iter().map(|x| x.is_nan()).collect();
        assert_eq!(there, [false, true, true, true, false]);
        assert_eq!((numbers[0], numbers[4]), (1.0, -2.0));
    }

    #[test]
    fn rows_weigh_what_they_cover() {
        let weights = cosines(&[2, 5, 3], 90.0, -90.0);
        assert_eq!(weights.len(), 30);
        assert!(weights[0].abs() < 1e-15 && (weights[6] - 1.0).abs() < 1e-15);
        // Half the surface lies between 30 degrees north and south.
        let fine = cosines(&[1801, 1], 90.0, -90.0);
        let tropics: f64 = fine[600..=1200].iter().sum();
        assert!((tropics / fine.iter().sum::<f64>() - 0.5).abs() < 1e-3);
        assert_eq!(cosines(&[4], 90.0, -90.0), [1.0; 4]);
    }
}
