//! What is read, as options say it.

use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use foresz::files::Kind;
use foresz::files::arrays::Layout;

pub(crate) const INPUT: &str = "Input";

/// Types of raw samples.
const KINDS: [(&str, Kind); 10] = [
    ("f32", Kind::F32),
    ("f64", Kind::F64),
    ("i8", Kind::I8),
    ("u8", Kind::U8),
    ("i16", Kind::I16),
    ("u16", Kind::U16),
    ("i32", Kind::I32),
    ("u32", Kind::U32),
    ("i64", Kind::I64),
    ("u64", Kind::U64),
];

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LayoutArgs {
    /// Shape of raw samples, slowest dimension first, such as 721x1440
    #[arg(help_heading = INPUT, long, value_name = "SHAPE", conflicts_with = "sdr_dims")]
    shape: Option<Shape>,
    #[arg(
        help_heading = INPUT,
        long,
        value_name = "SHAPE",
        help = "Shape, fastest dimension first, as SDRBench gives it: 1440,721"
    )]
    sdr_dims: Option<Shape>,
    /// Type of raw samples [default: by the extension .f32, .f64 or .dat, else f32]
    #[arg(help_heading = INPUT, long, value_parser = kinds())]
    dtype: Option<Kind>,
    /// Names of an array's dimensions, slowest first: time,level,lat,lon. The one called time
    /// is time
    #[arg(help_heading = INPUT, long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) dims: Vec<String>,
}

impl LayoutArgs {
    /// The same for the reader of arrays.
    pub(crate) fn layout(&self) -> Layout {
        let reversed = |sdr: &Shape| sdr.0.iter().rev().copied().collect();
        let sdr = self.sdr_dims.as_ref().map(reversed);
        Layout {
            shape: self.shape.as_ref().map(|s| s.0.clone()).or(sdr),
            kind: self.dtype,
            dims: self.dims.clone(),
        }
    }

    /// The same with a shape that a name tells.
    pub(crate) fn with_shape(&self, shape: Option<Vec<usize>>) -> Self {
        LayoutArgs {
            shape: shape.map(Shape),
            sdr_dims: None,
            ..self.clone()
        }
    }

    /// The options that say the same, to be copied.
    pub(crate) fn words(&self) -> String {
        let shape = self
            .layout()
            .shape
            .map(|shape| crate::summary::shape(&shape));
        let dims = Some(self.dims.join(",")).filter(|dims| !dims.is_empty());
        let said = [
            ("shape", shape),
            ("dtype", self.dtype.map(|kind| name(kind).into())),
            ("dims", dims),
        ];
        let word =
            |(option, value): (&str, Option<String>)| Some(format!(" --{option} {}", value?));
        said.into_iter().filter_map(word).collect()
    }
}

/// Which variables.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct VariableArgs {
    /// Which variables, by name; may be repeated, or have commas [default: of a stream all, of a
    /// file the only one, or the one called data]
    #[arg(help_heading = INPUT, short = 'v', long = "variable", value_name = "NAME", value_delimiter = ',')]
    pub(crate) names: Vec<String>,
}

/// The type as `--dtype` calls it.
pub(crate) fn name(kind: Kind) -> &'static str {
    let found = KINDS.iter().find(|(_, other)| *other == kind);
    found.map_or(kind.name(), |(name, _)| name)
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(KINDS.map(|(name, _)| name)).map(|name| {
        let found = KINDS.iter().find(|(known, _)| *known == name);
        found.map_or(Kind::F32, |(_, kind)| *kind)
    })
}

/// Lengths joined by `x` or `,`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape(pub(crate) Vec<usize>);

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = |n: &str| {
            n.trim().parse().map_err(|_| {
                format!("{n:?} is not a length; write a shape as 721x1440 or 721,1440")
            })
        };
        text.split(['x', ','])
            .map(length)
            .collect::<Result<_, _>>()
            .map(Shape)
    }
}

pub(crate) fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("an attribute is written key=value".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_in_both_notations() {
        assert_eq!("721x1440".parse(), Ok(Shape(vec![721, 1440])));
        assert_eq!("2, 3,4".parse(), Ok(Shape(vec![2, 3, 4])));
        for wrong in ["", "x", "3x", "-3", "3.5", "99999999999999999999999"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong}");
        }
    }
}
