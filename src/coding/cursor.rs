//! Where a walk stands, and whether it keeps the rules.

use foresz_predictors::{Error, Plane, Result, RowOffsets};

use super::cover::first_missing;

/// Follows the planes of a walk row by row.
pub(super) struct Cursor {
    shape: Vec<usize>,
    rows: Option<RowOffsets>,
    rows_left: usize,
    columns: usize,
    step: usize,
    coded: usize,
    fault: Option<String>,
}

impl Cursor {
    pub(super) fn new(shape: &[usize]) -> Self {
        Cursor {
            shape: shape.to_vec(),
            rows: None,
            rows_left: 0,
            columns: 0,
            step: 1,
            coded: 0,
            fault: None,
        }
    }

    pub(super) fn begin(&mut self, plane: &Plane) -> Result<()> {
        if self.rows_left > 0 {
            return fail(format!(
                "a plane begins while {} rows of the last one are missing",
                self.rows_left
            ));
        }
        if !plane.fits(&self.shape) {
            return fail(format!(
                "the plane {plane:?} leaves the field {:?}",
                self.shape
            ));
        }
        if !(1.0..=1024.0).contains(&plane.tighten) {
            return fail(format!(
                "a plane's bound cannot be tightened {} times (1 to 1024)",
                plane.tighten
            ));
        }
        let total: usize = self.shape.iter().product();
        if self.coded + plane.len() > total {
            return fail(format!(
                "{} samples are coded in a field of {total}",
                self.coded + plane.len()
            ));
        }
        self.coded += plane.len();
        self.rows = Some(plane.row_offsets(&self.shape));
        self.rows_left = if plane.is_empty() { 0 } else { plane.rows() };
        (self.columns, self.step) = (plane.columns(), plane.row_step());
        Ok(())
    }

    /// Start and step of the next row. A row too many, or of the wrong width, is
    /// remembered as a fault and not coded.
    #[inline]
    pub(super) fn next_row(&mut self, width: usize) -> Option<(usize, usize)> {
        if self.rows_left == 0 || width != self.columns {
            let columns = self.columns;
            self.fault.get_or_insert_with(|| {
                format!("a row of {width} samples where {columns} were announced, or one too many")
            });
            return None;
        }
        self.rows_left -= 1;
        let start = self.rows.as_mut()?.next()?;
        Some((start, self.step))
    }

    /// Complains unless all planes so far are complete.
    pub(super) fn pause(&self) -> Result<()> {
        match &self.fault {
            Some(fault) => fail(fault.clone()),
            None if self.rows_left > 0 => fail(format!(
                "{} rows of the last plane are missing",
                self.rows_left
            )),
            None => Ok(()),
        }
    }

    /// Complains unless as many samples were coded as the field has.
    pub(super) fn finish(&self) -> Result<()> {
        self.pause()?;
        let total: usize = self.shape.iter().product();
        if self.coded != total {
            return fail(format!("{} of {total} samples were coded", self.coded));
        }
        Ok(())
    }

    /// Complains as well if some sample was coded twice and another not at all. These
    /// planes were all of the walk.
    pub(super) fn finish_covered(&self, planes: &[Plane]) -> Result<()> {
        self.finish()?;
        // A plane holds no sample twice.
        let missing = match planes {
            [_] => None,
            _ => first_missing(&self.shape, planes),
        };
        match missing {
            Some(sample) => fail(format!("sample {sample} was left out, another coded twice")),
            None => Ok(()),
        }
    }
}

fn fail(reason: String) -> Result<()> {
    Err(Error::Walk { reason })
}
