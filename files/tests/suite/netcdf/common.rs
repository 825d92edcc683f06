//! What the tests share.

use std::ops::Range;
use std::path::Path;

use foresz_files::{
    Attribute, Dataset, Dimension, Kind, Result, Sink, Source, Values, Variable, netcdf,
};

pub(crate) fn whole(shape: &[usize]) -> Vec<Range<usize>> {
    shape.iter().map(|n| 0..*n).collect()
}

pub(crate) fn dimension(name: &str, length: usize, unlimited: bool) -> Dimension {
    Dimension {
        name: name.into(),
        length,
        unlimited,
    }
}

pub(crate) fn attribute(name: &str, value: Values) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

pub(crate) fn variable(name: &str, kind: Kind, dimensions: &[usize]) -> Variable {
    Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.into(),
        attributes: Vec::new(),
    }
}

/// So many values of a kind, none of them the same.
pub(crate) fn values(kind: Kind, count: usize) -> Values {
    let numbers = 0..count;
    match kind {
        Kind::I8 => Values::I8(numbers.map(|n| (n as i8).wrapping_mul(37)).collect()),
        Kind::U8 => Values::U8(numbers.map(|n| (n as u8).wrapping_mul(37)).collect()),
        Kind::I16 => Values::I16(numbers.map(|n| (n as i16).wrapping_mul(-1237)).collect()),
        Kind::U16 => Values::U16(numbers.map(|n| (n as u16).wrapping_mul(1237)).collect()),
        Kind::I32 => Values::I32(numbers.map(|n| i32::MIN + n as i32).collect()),
        Kind::U32 => Values::U32(numbers.map(|n| u32::MAX - n as u32).collect()),
        Kind::I64 => Values::I64(numbers.map(|n| i64::MIN + n as i64).collect()),
        Kind::U64 => Values::U64(numbers.map(|n| u64::MAX - n as u64).collect()),
        Kind::F32 => Values::F32(numbers.map(|n| 0.1 - n as f32).collect()),
        Kind::F64 => Values::F64(numbers.map(|n| 0.1 - n as f64).collect()),
        Kind::Char => Values::Char(numbers.map(|n| b'a' + (n % 26) as u8).collect()),
        Kind::Text => Values::Text(numbers.map(|n| "ä".repeat(n % 5)).collect()),
    }
}

/// Writes all the variables whole.
pub(crate) fn fill(mut sink: Box<dyn Sink>, dataset: &Dataset, all: &[Values]) -> Result<()> {
    for (id, (variable, values)) in dataset.variables.iter().zip(all).enumerate() {
        let shape = dataset.shape(variable);
        if !shape.contains(&0) {
            sink.write(id, &whole(&shape), values)?;
        }
    }
    sink.finish()
}

pub(crate) fn write(path: &Path, dataset: &Dataset, all: &[Values]) {
    fill(netcdf::create(path, dataset).unwrap(), dataset, all).unwrap();
}

/// Reads all the variables whole.
pub(crate) fn read(source: &mut dyn Source) -> Result<Vec<Values>> {
    let dataset = source.dataset().clone();
    let shapes = dataset.variables.iter().map(|v| (v.kind, dataset.shape(v)));
    let mut all = Vec::new();
    for (id, (kind, shape)) in shapes.enumerate() {
        all.push(if shape.contains(&0) {
            values(kind, 0)
        } else {
            source.read(id, &whole(&shape))?
        });
    }
    Ok(all)
}

/// Whether values are the same, which NaN is not to `==`.
pub(crate) fn same(some: &[Values], others: &[Values]) -> bool {
    let alike = |pair: (&Values, &Values)| match pair {
        (Values::F32(a), Values::F32(b)) => a
            .iter()
            .map(|x| x.to_bits())
            .eq(b.iter().map(|x| x.to_bits())),
        (Values::F64(a), Values::F64(b)) => a
            .iter()
            .map(|x| x.to_bits())
            .eq(b.iter().map(|x| x.to_bits())),
        (a, b) => a == b,
    };
    some.len() == others.len() && some.iter().zip(others).all(alike)
}

/// A data set with everything in it that a file can have, and its values.
pub(crate) fn everything() -> (Dataset, Vec<Values>) {
    let dimensions = vec![
        dimension("time", 5, true),
        dimension("y", 3, false),
        dimension("length", 4, false),
        dimension("never", 0, true),
        dimension("group/y", 2, false),
    ];
    let mut attributes = vec![
        attribute("empty", Values::Char(Vec::new())),
        attribute("latin-1", Values::Char(b"22 \xb0C".into())),
        attribute("group/of the group", Values::text("a note")),
        attribute("group/inner/number", Values::F64(vec![-0.0])),
    ];
    let mut variables = vec![
        variable("time", Kind::F64, &[0]),
        variable("alone", Kind::I32, &[]),
        variable("alone text", Kind::Text, &[]),
        // Named like a dimension that it does not describe.
        variable("length", Kind::Char, &[1, 2]),
        variable("nothing", Kind::F32, &[3, 1]),
        variable("no text", Kind::Text, &[3]),
        variable("group/y", Kind::I16, &[4]),
        variable("group/inner/of parents", Kind::F32, &[1, 4]),
    ];
    for kind in Kind::ALL {
        let name = kind.name();
        attributes.push(attribute(name, values(kind, 3)));
        variables.push(variable(&format!("{name} grows"), kind, &[0, 1]));
        variables.push(variable(&format!("{name} stays"), kind, &[1, 2]));
        for variable in variables.iter_mut().rev().take(2) {
            variable.attributes = vec![
                attribute("units", Values::text("K")),
                attribute("scale_factor", Values::F32(vec![0.1])),
            ];
            if kind != Kind::Text {
                let fill = attribute("_FillValue", values(kind, 1));
                variable.attributes.push(fill);
            }
        }
    }
    let dataset = Dataset {
        dimensions,
        attributes,
        variables,
    };
    let size = |v: &Variable| dataset.shape(v).iter().product();
    let of = dataset.variables.iter();
    let all = of.map(|v| values(v.kind, size(v))).collect();
    (dataset, all)
}
