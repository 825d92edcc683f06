//! Packed numbers: integers that stand for `offset + scale·n`, by the conventions of
//! climate files.

use foresz_files::{Kind, Values, Variable};

use crate::error::{Result, invalid};

/// How the integers of a variable are unpacked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Packing {
    scale: f64,
    offset: f64,
    /// `F32` or `F64`: the type of unpacked numbers.
    pub(crate) to: Kind,
    /// Added to negative numbers: those of signed types that are meant as unsigned.
    unsigned: f64,
}

/// How near to zero the unpacked number of a step is that is meant to be zero.
const NEAR_ZERO: f64 = 1e-6;

impl Packing {
    /// The packing of a variable, if it has one.
    pub(crate) fn of(variable: &Variable) -> Option<Self> {
        let scale = variable.attribute("scale_factor");
        let offset = variable.attribute("add_offset");
        if !variable.kind.is_integer() || (scale.is_none() && offset.is_none()) {
            return None;
        }
        let number = |attribute: Option<&Values>, default| match attribute {
            None => Some(default),
            Some(values) => values.as_number().filter(|x| x.is_finite()),
        };
        let single = |attribute: Option<&Values>| attribute.is_none_or(|a| a.kind() == Kind::F32);
        let fits = variable.kind.bytes() <= Some(2);
        Some(Packing {
            scale: number(scale, 1.0).filter(|s| *s != 0.0)?,
            offset: number(offset, 0.0)?,
            to: if single(scale) && single(offset) && fits {
                Kind::F32
            } else {
                Kind::F64
            },
            unsigned: match (
                variable.attribute("_Unsigned").and_then(Values::as_text),
                variable.kind,
            ) {
                (Some("true"), Kind::I8) => 256.0,
                (Some("true"), Kind::I16) => 65_536.0,
                (Some("true"), Kind::I32) => 4_294_967_296.0,
                _ => 0.0,
            },
        })
    }

    /// Distance of neighbouring numbers.
    pub(crate) fn step(&self) -> f64 {
        self.scale.abs()
    }

    /// What a packed number stands for: computed in the type that it unpacks to.
    pub(crate) fn unpack(&self, n: f64) -> f64 {
        let n = self.as_meant(n);
        match self.to {
            Kind::F32 => f64::from(n as f32 * self.scale as f32 + self.offset as f32),
            _ => n * self.scale + self.offset,
        }
    }

    /// How many steps a bound allows, with what rounding may add on unpacking left out.
    pub(crate) fn steps_within(&self, bound: f64, kind: Kind) -> f64 {
        let bits = 8 * kind.bytes().unwrap_or(8) as i32;
        let largest = self.offset.abs() + self.scale.abs() * 2f64.powi(bits);
        let ulp = match self.to {
            Kind::F32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        };
        ((bound - 4.0 * ulp * largest) / self.scale.abs())
            .floor()
            .max(0.0)
    }

    /// The packed number that stands for 0, if there is one: rounding may leave it a little
    /// off.
    pub(crate) fn zero(&self) -> Option<f64> {
        let n = (-self.offset / self.scale).round();
        (self.unpack(n).abs() <= NEAR_ZERO * self.step()).then_some(n)
    }

    /// What a packed number is shown as. With zeros, what is next to zero is zero.
    pub(crate) fn shown(&self, n: f64, zeros: bool) -> f64 {
        let x = self.unpack(n);
        if zeros && self.is_zero(x) { 0.0 } else { x }
    }

    /// The number that a packed one is meant as: of signed types it may be an unsigned one.
    pub(crate) fn as_meant(&self, n: f64) -> f64 {
        if n < 0.0 { n + self.unsigned } else { n }
    }

    /// The packed numbers, from the first to the last, that are shown as no less than `x`;
    /// infinite ends are open. They have to rise or fall with what they are shown as.
    pub(crate) fn no_less(&self, x: f64, kind: Kind, zeros: bool) -> (f64, f64) {
        let less = |n| self.shown(n, zeros) < x;
        if self.falls() {
            (f64::NEG_INFINITY, first(kind, less) - 1.0)
        } else {
            (first(kind, |n| !less(n)), f64::INFINITY)
        }
    }

    /// The same of those that are shown as no more.
    pub(crate) fn no_more(&self, x: f64, kind: Kind, zeros: bool) -> (f64, f64) {
        let more = |n| self.shown(n, zeros) > x;
        if self.falls() {
            (first(kind, |n| !more(n)), f64::INFINITY)
        } else {
            (f64::NEG_INFINITY, first(kind, more) - 1.0)
        }
    }

    /// Whether unpacked numbers fall as packed ones rise.
    pub(crate) fn falls(&self) -> bool {
        self.scale < 0.0
    }

    /// Whether unpacked numbers grow as packed ones do.
    pub(crate) fn rises(&self) -> bool {
        self.scale > 0.0 && self.unsigned == 0.0
    }

    /// Whether unpacked numbers are in another order than packed ones, so that a bound on
    /// these is none on those.
    pub(crate) fn wraps(&self) -> bool {
        self.unsigned > 0.0
    }

    /// Whether an unpacked number is meant to be zero.
    pub(crate) fn is_zero(&self, x: f64) -> bool {
        x.abs() <= NEAR_ZERO * self.step()
    }
}

/// The least and the largest number of a kind of up to 32 bits.
pub(crate) fn range(kind: Kind) -> (f64, f64) {
    let numbers = 2f64.powi(8 * kind.bytes().unwrap_or(4) as i32);
    match kind {
        Kind::U8 | Kind::U16 | Kind::U32 => (0.0, numbers - 1.0),
        _ => (-numbers / 2.0, numbers / 2.0 - 1.0),
    }
}

/// The first number of a kind from which on something holds; the one after the last if it
/// never does.
fn first(kind: Kind, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, last) = range(kind);
    let mut high = last + 1.0;
    while low < high {
        let middle = f64::midpoint(low, high).floor();
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1.0;
        }
    }
    low
}

/// Values that mark missing ones, as stored.
pub fn missing_values(variable: &Variable) -> Vec<f64> {
    let values = ["_FillValue", "missing_value"].map(|name| variable.attribute(name));
    let mut fills: Vec<f64> = Vec::new();
    for fill in values
        .into_iter()
        .flatten()
        .filter_map(Values::to_f64)
        .flatten()
    {
        if !fill.is_nan() && !fills.contains(&fill) {
            fills.push(fill);
        }
    }
    fills
}

/// Distance of neighbouring packed numbers, if a variable is packed.
pub fn packing_step(variable: &Variable) -> Option<f64> {
    Packing::of(variable).map(|packing| packing.step())
}

/// Values of a variable as numbers that mean something: unpacked if they are packed, missing
/// ones then NaN.
pub fn unpacked(variable: &Variable, values: Values) -> Result<Values> {
    match Packing::of(variable) {
        Some(packing) => unpack(&values, &packing, &missing_values(variable)),
        None => Ok(values),
    }
}

/// Unpacked numbers of the type they unpack to; NaN for missing ones.
pub(crate) fn unpack(values: &Values, packing: &Packing, fills: &[f64]) -> Result<Values> {
    let Some(numbers) = values.to_f64() else {
        return invalid("texts cannot be unpacked");
    };
    let unpacked = |n: f64| {
        if fills.contains(&n) {
            f64::NAN
        } else {
            packing.unpack(n)
        }
    };
    let unpacked = numbers.into_iter().map(unpacked);
    Ok(match packing.to {
        Kind::F32 => Values::F32(unpacked.map(|x| x as f32).collect()),
        _ => Values::F64(unpacked.collect()),
    })
}

/// Integers as the floating-point numbers that carry them: single precision up to 16 bits,
/// double up to 32.
pub(crate) enum Carried {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

pub(crate) fn carry(values: &Values) -> Result<Carried> {
    let narrow = values.kind().bytes() <= Some(2);
    match values.to_f64() {
        Some(numbers) if narrow => Ok(Carried::F32(numbers.iter().map(|x| *x as f32).collect())),
        Some(numbers) => Ok(Carried::F64(numbers)),
        None => invalid("texts are no integers"),
    }
}

/// Back to integers of a kind: the nearest, as carried ones may have strayed by less than
/// they are allowed to, which is whole numbers.
pub(crate) fn put_down(numbers: impl Iterator<Item = f64>, kind: Kind) -> Result<Values> {
    let mut values = Values::zeros(kind, 0);
    macro_rules! collect {
        ($($variant:ident: $type:ty),*) => {
            match &mut values {
                $(Values::$variant(out) => out.extend(numbers.map(|x| x.round() as $type)),)*
                _ => return invalid(format!("{} is not carried as numbers", kind.name())),
            }
        };
    }
    collect!(I8: i8, U8: u8, I16: i16, U16: u16, I32: i32, U32: u32);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_files::Attribute;

    fn packed(kind: Kind, scale: Values, offset: Values) -> Variable {
        let attribute = |name: &str, value| Attribute {
            name: name.into(),
            value,
        };
        Variable {
            name: "x".into(),
            kind,
            dimensions: vec![0],
            attributes: vec![
                attribute("scale_factor", scale),
                attribute("add_offset", offset),
            ],
        }
    }

    #[test]
    fn numbers_unpack_to_the_type_of_the_attributes() {
        let double = packed(
            Kind::I16,
            Values::F64(vec![0.01]),
            Values::F64(vec![273.15]),
        );
        let packing = Packing::of(&double).unwrap();
        assert_eq!(packing.to, Kind::F64);
        assert_eq!(packing.unpack(-5.0), -5.0 * 0.01 + 273.15);
        let single = packed(
            Kind::I16,
            Values::F32(vec![0.01]),
            Values::F32(vec![273.15]),
        );
        assert_eq!(Packing::of(&single).unwrap().to, Kind::F32);
        let wide = packed(
            Kind::I32,
            Values::F32(vec![0.01]),
            Values::F32(vec![273.15]),
        );
        assert_eq!(Packing::of(&wide).unwrap().to, Kind::F64);
        let none = packed(Kind::F32, Values::F32(vec![0.01]), Values::F32(vec![1.0]));
        assert_eq!(Packing::of(&none), None);
    }

    #[test]
    fn steps_within_a_bound_keep_it_unpacked() {
        for (scale, offset) in [(0.01, 273.15), (-0.003, 5.0), (1.0, 0.0), (1e-7, 0.003)] {
            let variable = packed(
                Kind::I16,
                Values::F32(vec![scale]),
                Values::F32(vec![offset]),
            );
            let packing = Packing::of(&variable).unwrap();
            for factor in [0.3, 0.999, 1.0, 1.5, 3.0, 77.7] {
                let bound = f64::from(scale.abs()) * factor;
                let steps = packing.steps_within(bound, Kind::I16);
                for n in (-32768i32..32768).step_by(997) {
                    let (a, b) = (
                        packing.unpack(f64::from(n)),
                        packing.unpack(f64::from(n) + steps),
                    );
                    assert!((a - b).abs() <= bound, "{scale} {factor} {n}");
                }
            }
        }
    }

    #[test]
    fn limits_of_what_is_shown_are_limits_of_integers() {
        // The second has more integers than `f32` tells apart, the third falls.
        for (scale, offset) in [(0.01, 273.15), (1e-4, 1e5), (-0.003, 5.0), (1e-7, 0.003)] {
            let variable = packed(
                Kind::I16,
                Values::F32(vec![scale]),
                Values::F32(vec![offset]),
            );
            let packing = Packing::of(&variable).unwrap();
            let (first, last) = range(Kind::I16);
            let middle = f64::from(offset);
            for x in [middle, middle - 1.0, middle + 0.5, 1e9, -1e9] {
                let (low, high) = packing.no_less(x, Kind::I16, false);
                let (lowest, highest) = packing.no_more(x, Kind::I16, false);
                for n in (first as i32..=last as i32).map(f64::from) {
                    let shown = packing.unpack(n);
                    assert_eq!(shown >= x, low <= n && n <= high, "{scale} {x} {n}");
                    assert_eq!(shown <= x, lowest <= n && n <= highest, "{scale} {x} {n}");
                }
            }
        }
    }

    #[test]
    fn integers_are_carried_exactly() {
        for values in [
            Values::I16(vec![i16::MIN, -1, 0, i16::MAX]),
            Values::U32(vec![0, u32::MAX]),
            Values::I8(vec![-128, 127]),
        ] {
            let again = match carry(&values).unwrap() {
                Carried::F32(v) => put_down(v.into_iter().map(f64::from), values.kind()),
                Carried::F64(v) => put_down(v.into_iter(), values.kind()),
            };
            assert_eq!(again.unwrap(), values);
        }
    }
}
