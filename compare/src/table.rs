//! Tables, whatever they are printed as.

/// What is in a place of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// What it is sorted by, if not by its text.
    pub(crate) value: Option<f64>,
    /// The best of its column.
    pub(crate) best: bool,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Cell {
            text: text.into(),
            value: None,
            best: false,
        }
    }

    /// A number with three digits or so; nothing where there is none.
    pub(crate) fn number(value: Option<f64>) -> Self {
        Cell {
            text: value.map_or_else(|| "–".into(), digits),
            value,
            best: false,
        }
    }

    pub(crate) fn count(count: usize) -> Self {
        Cell {
            text: count.to_string(),
            value: Some(count as f64),
            best: false,
        }
    }
}

/// Which end of a column is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Good {
    High,
    Low,
    Neither,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) head: String,
    pub(crate) good: Good,
}

/// Rows under heads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    /// For addresses and file names.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What it shows and how it was made.
    pub(crate) note: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(id: &'static str, title: &str, note: impl Into<String>) -> Self {
        Table {
            id,
            title: title.into(),
            note: note.into(),
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn column(mut self, head: impl Into<String>, good: Good) -> Self {
        self.columns.push(Column {
            head: head.into(),
            good,
        });
        self
    }

    /// Marks the best cell of each column that has a good end, among rows that may win.
    pub(crate) fn mark(&mut self, may_win: &[bool]) {
        for (k, column) in self.columns.iter().enumerate() {
            let sign = match column.good {
                Good::High => 1.0,
                Good::Low => -1.0,
                Good::Neither => continue,
            };
            let value = |row: &Vec<Cell>| row.get(k).and_then(|cell| cell.value);
            let candidates = self.rows.iter().zip(may_win).filter(|(_, may)| **may);
            let best = candidates
                .filter_map(|(row, _)| value(row))
                .max_by(|a, b| (sign * a).total_cmp(&(sign * b)));
            for (row, _) in self.rows.iter_mut().zip(may_win).filter(|(_, may)| **may) {
                if let Some(cell) = row.get_mut(k) {
                    cell.best = best.is_some() && cell.value == best;
                }
            }
        }
    }
}

/// Three digits that count, more of whole numbers.
pub(crate) fn digits(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    let size = x.abs().log10().floor();
    if !(-3.0..6.0).contains(&size) {
        return format!("{x:.1e}");
    }
    format!("{x:.*}", (2.0 - size).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let cases = [
            (0.0, "0"),
            (1.2345, "1.23"),
            (0.012_345, "0.0123"),
            (123.45, "123"),
            (4567.8, "4568"),
            (1e-5, "1.0e-5"),
            (-0.5, "-0.500"),
        ];
        for (x, text) in cases {
            assert_eq!(digits(x), text);
        }
    }

    #[test]
    fn the_best_of_those_that_may_win_is_marked() {
        let mut table = Table::new("t", "", "")
            .column("a", Good::High)
            .column("b", Good::Low);
        for (a, b) in [(1.0, 5.0), (3.0, 4.0), (9.0, 1.0)] {
            table
                .rows
                .push(vec![Cell::number(Some(a)), Cell::number(Some(b))]);
        }
        table.mark(&[true, true, false]);
        let best: Vec<Vec<bool>> = table
            .rows
            .iter()
            .map(|r| r.iter().map(|c| c.best).collect())
            .collect();
        assert_eq!(best, [[false, false], [true, true], [false, false]]);
    }
}
