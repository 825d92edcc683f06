//! Fields as small pictures.

use super::picture::{self, DIVERGING, SEQUENTIAL, SHADES};

/// Pictures are at most this wide and high.
const WIDEST: usize = 144;
const HIGHEST: usize = 96;

/// Codes, by sign and order of magnitude.
pub(crate) fn of_codes(codes: &[f64], shape: &[usize]) -> Option<String> {
    const FULL: f64 = 5.0;
    let (rows, columns) = frame(shape)?;
    let strength = |x: f64| x.signum() * (1.0 + x.abs()).log2() / FULL;
    let picked = pick(codes, rows, columns, |block| block.first().copied());
    Some(shade(&picked, &DIVERGING, |x| strength(x) * 0.5 + 0.5))
}

/// Errors as parts of the bound: of each block of samples that of the largest.
pub(crate) fn of_errors(errors: &[f64], bound: f64, shape: &[usize]) -> Option<String> {
    let (rows, columns) = frame(shape)?;
    let largest = |block: &[f64]| {
        block
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
    };
    let picked = pick(errors, rows, columns, largest);
    Some(shade(&picked, &DIVERGING, |x| x / bound * 0.5 + 0.5))
}

/// A field from its smallest to its largest number.
pub(crate) fn of_field(values: &[f64], (low, high): (f64, f64), shape: &[usize]) -> Option<String> {
    let (rows, columns) = frame(shape)?;
    let picked = pick(values, rows, columns, |block| block.first().copied());
    Some(shade(&picked, &SEQUENTIAL, |x| (x - low) / (high - low)))
}

/// Rows and columns of a frame that is worth a picture.
fn frame(shape: &[usize]) -> Option<(usize, usize)> {
    match shape {
        [.., rows, columns] if *rows > 1 && *columns > 1 => Some((*rows, *columns)),
        _ => None,
    }
}

struct Picked {
    columns: usize,
    values: Vec<Option<f64>>,
}

/// One value for each block of the first frame; none where a block has no numbers.
fn pick(
    values: &[f64],
    rows: usize,
    columns: usize,
    one: impl Fn(&[f64]) -> Option<f64>,
) -> Picked {
    let step = columns.div_ceil(WIDEST).max(rows.div_ceil(HIGHEST));
    let mut picked = Vec::new();
    let mut block = Vec::with_capacity(step * step);
    for top in (0..rows).step_by(step) {
        for left in (0..columns).step_by(step) {
            block.clear();
            for row in top..rows.min(top + step) {
                let of_row =
                    &values[row * columns + left..row * columns + columns.min(left + step)];
                block.extend(of_row.iter().copied().filter(|x| x.is_finite()));
            }
            picked.push(one(&block));
        }
    }
    Picked {
        columns: columns.div_ceil(step),
        values: picked,
    }
}

fn shade(picked: &Picked, palette: &[[u8; 3]; SHADES], part: impl Fn(f64) -> f64) -> String {
    const NOTHING: u8 = SHADES as u8;
    let index = |x: &Option<f64>| match x {
        None => NOTHING,
        Some(x) => (part(*x).clamp(0.0, 1.0) * (SHADES - 1) as f64).round() as u8,
    };
    let pixels: Vec<u8> = picked.values.iter().map(index).collect();
    picture::png_url(&pixels, picked.columns, palette)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_frames_are_thinned_out_and_small_ones_not() {
        let values: Vec<f64> = (0..720 * 1440).map(|i| f64::from(i % 7)).collect();
        let largest = |block: &[f64]| block.iter().copied().max_by(f64::total_cmp);
        let picked = pick(&values, 720, 1440, largest);
        assert_eq!((picked.columns, picked.values.len()), (144, 144 * 72));
        assert!(picked.values.iter().all(|x| *x == Some(6.0)));
        let small = pick(&values[..6], 2, 3, |block| block.first().copied());
        assert_eq!((small.columns, small.values[4]), (3, Some(4.0)));
        assert_eq!(of_field(&[1.0, 2.0], (1.0, 2.0), &[2]), None);
    }

    #[test]
    fn blocks_without_numbers_are_blank() {
        let picked = pick(&[f64::NAN, 1.0], 1, 2, |block| block.first().copied());
        assert_eq!(picked.values, [None, Some(1.0)]);
    }
}
