//! Rows and frames with a margin, so that neighbours beyond an edge need no case
//! of their own.

use crate::sample::Sample;

/// Samples of margin on each side.
pub(crate) const PAD: usize = 4;

/// Fills a row with margins from its samples less `center`: the margins repeat the
/// outermost samples or, if the row closes on itself, those of the other end.
pub(crate) fn pad_row<T: Sample>(row: &[T], center: T, periodic: bool, out: &mut [T]) {
    let n = row.len();
    for (o, &x) in out[PAD..PAD + n].iter_mut().zip(row) {
        *o = x - center;
    }
    for k in 1..=PAD {
        let (left, right) = if periodic && n >= PAD {
            (n - k, k - 1)
        } else {
            (0, n - 1)
        };
        out[PAD - k] = row[left] - center;
        out[PAD + n - 1 + k] = row[right] - center;
    }
}

/// A frame of rows with margins; the rows above the first and below the last repeat
/// these.
#[derive(Debug, Clone, Default)]
pub(crate) struct Padded<T> {
    width: usize,
    rows: usize,
    values: Vec<T>,
}

impl<T: Sample> Padded<T> {
    pub(crate) fn load(&mut self, frame: &[T], columns: usize, center: T, periodic: bool) {
        self.width = columns + 2 * PAD;
        self.rows = frame.len() / columns;
        self.values.resize(self.rows * self.width, T::ZERO);
        for (row, out) in frame
            .chunks_exact(columns)
            .zip(self.values.chunks_exact_mut(self.width))
        {
            pad_row(row, center, periodic, out);
        }
    }

    /// Row `row`, or the nearest there is, shifted by `right` columns.
    pub(crate) fn shifted(&self, row: isize, right: isize) -> &[T] {
        let row = row.clamp(0, self.rows as isize - 1) as usize;
        let start = (row * self.width + PAD).wrapping_add_signed(right);
        &self.values[start..start + self.width - 2 * PAD]
    }
}

crate::widest! {
    fn all_finite<T: Sample>(values: &[T]) -> bool {
        values.iter().fold(true, |all, x| all & x.is_finite())
    }

    /// Adds up weighted rows, in their order, four in one sweep.
    fn sum_terms<T: Sample>(terms: &[(T, &[T])], offset: T, out: &mut [T]) {
        let n = out.len();
        out.fill(offset);
        let (fours, rest) = terms.as_chunks::<4>();
        for [(ta, a), (tb, b), (tc, c), (td, d)] in fours {
            let (a, b, c, d) = (&a[..n], &b[..n], &c[..n], &d[..n]);
            for j in 0..n {
                out[j] = (((out[j] + *ta * a[j]) + *tb * b[j]) + *tc * c[j]) + *td * d[j];
            }
        }
        for (t, a) in rest {
            let a = &a[..n];
            for j in 0..n {
                out[j] = out[j] + *t * a[j];
            }
        }
    }
}
