//! A data set in memory.

use std::ops::Range;

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::region::rows;
use crate::sink::Sink;
use crate::source::Source;
use crate::values::{Kind, Values};

/// A data set whose values are all at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    dataset: Dataset,
    values: Vec<Values>,
}

impl Memory {
    /// Values for each variable, in C order.
    pub fn new(dataset: Dataset, values: Vec<Values>) -> Result<Self> {
        let fits = |(variable, values): (&crate::Variable, &Values)| {
            let count: usize = dataset.shape(variable).iter().product();
            variable.kind == values.kind() && values.len() == count
        };
        let all = dataset.variables.iter().zip(&values).all(fits);
        if all && dataset.variables.len() == values.len() {
            Ok(Memory { dataset, values })
        } else {
            Err(Error::Invalid(
                "values do not fit the variables they are for".into(),
            ))
        }
    }

    /// Zeros and empty texts, to be written over.
    pub fn blank(dataset: Dataset) -> Self {
        let blank = |variable: &crate::Variable| {
            let count = dataset.shape(variable).iter().product();
            Values::zeros(variable.kind, count)
        };
        let values = dataset.variables.iter().map(blank).collect();
        Memory { dataset, values }
    }

    /// All values of a variable.
    pub fn values(&self, variable: usize) -> &Values {
        &self.values[variable]
    }

    fn shape(&self, variable: usize) -> Vec<usize> {
        self.dataset.shape(&self.dataset.variables[variable])
    }
}

impl Source for Memory {
    fn format(&self) -> String {
        "memory".into()
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        self.values[variable].region(&self.shape(variable), region)
    }

    fn pieces(&self, _: usize) -> Option<Vec<usize>> {
        None
    }
}

impl Sink for Memory {
    fn write(&mut self, variable: usize, region: &[Range<usize>], values: &Values) -> Result<()> {
        let shape = self.shape(variable);
        self.values[variable].place(&shape, region, values)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Values {
    /// So many zeros, or empty texts.
    pub fn zeros(kind: Kind, count: usize) -> Self {
        match kind {
            Kind::I8 => Values::I8(vec![0; count]),
            Kind::U8 => Values::U8(vec![0; count]),
            Kind::I16 => Values::I16(vec![0; count]),
            Kind::U16 => Values::U16(vec![0; count]),
            Kind::I32 => Values::I32(vec![0; count]),
            Kind::U32 => Values::U32(vec![0; count]),
            Kind::I64 => Values::I64(vec![0; count]),
            Kind::U64 => Values::U64(vec![0; count]),
            Kind::F32 => Values::F32(vec![0.0; count]),
            Kind::F64 => Values::F64(vec![0.0; count]),
            Kind::Char => Values::Char(vec![0; count]),
            Kind::Text => Values::Text(vec![String::new(); count]),
        }
    }

    /// So many values, these over and over.
    pub fn repeated(&self, count: usize) -> Self {
        macro_rules! repeat {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) => {
                        Values::$variant(v.iter().cycle().take(count).cloned().collect())
                    })*
                }
            };
        }
        repeat!(I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, Char, Text)
    }

    /// Those of a region of an array of that shape.
    pub fn region(&self, shape: &[usize], region: &[Range<usize>]) -> Result<Values> {
        let (starts, columns) = rows(shape, region)?;
        macro_rules! cut {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) => Values::$variant(
                        starts.iter().flat_map(|s| v[*s..s + columns].iter().cloned()).collect(),
                    ),)*
                }
            };
        }
        Ok(cut!(
            I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, Char, Text
        ))
    }

    /// Overwrites a region of an array of that shape with others of the same type.
    pub fn place(
        &mut self,
        shape: &[usize],
        region: &[Range<usize>],
        values: &Values,
    ) -> Result<()> {
        let (starts, columns) = rows(shape, region)?;
        if self.kind() != values.kind() || values.len() != starts.len() * columns {
            return Err(Error::Invalid(format!(
                "{} values of type {} do not fit a region of {} of type {}",
                values.len(),
                values.kind().name(),
                starts.len() * columns,
                self.kind().name()
            )));
        }
        macro_rules! put {
            ($($variant:ident),*) => {
                match (self, values) {
                    $((Values::$variant(to), Values::$variant(from)) => {
                        for (k, start) in starts.iter().enumerate() {
                            let row = &from[k * columns..(k + 1) * columns];
                            to[*start..start + columns].clone_from_slice(row);
                        }
                    })*
                    _ => {}
                }
            };
        }
        put!(I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, Char, Text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_go_out_and_back_in() {
        let shape = [3, 4, 5];
        let all = Values::I32((0..60).collect());
        for region in [[0..3, 0..4, 0..5], [1..2, 0..4, 2..3], [0..3, 3..4, 0..5]] {
            let part = all.region(&shape, &region).unwrap();
            let mut again = Values::zeros(Kind::I32, 60);
            again.place(&shape, &region, &part).unwrap();
            assert_eq!(again.region(&shape, &region).unwrap(), part);
        }
        let part = all.region(&shape, &[1..2, 1..3, 4..5]).unwrap();
        assert_eq!(part, Values::I32(vec![29, 34]));
        assert!(all.region(&shape, &[0..3, 0..4, 0..6]).is_err());
        let scalar = Values::Text(vec!["one".into()]);
        assert_eq!(scalar.region(&[], &[]).unwrap(), scalar);
    }
}
