//! The range that a variable says its numbers have: `valid_min`, `valid_max`, `valid_range`.

use foresz_files::{Kind, Values, Variable};

use super::packing::Packing;

/// The attributes, with which of their numbers are which ends.
const MIN: &str = "valid_min";
const MAX: &str = "valid_max";
const RANGE: &str = "valid_range";
pub(crate) const NAMES: [&str; 3] = [MIN, MAX, RANGE];

/// Both ends; infinite where there is none.
pub(crate) type Ends = (f64, f64);

/// What is left open.
const OPEN: Ends = (f64::NEG_INFINITY, f64::INFINITY);

/// Ends as they are declared, those of packed numbers and those of what they stand for.
struct Declared {
    packed: Ends,
    shown: Ends,
}

/// Whether an attribute of a packed variable is about its integers: by convention it then is
/// an integer, too.
pub(crate) fn is_packed(value: &Values) -> bool {
    value.kind().is_integer()
}

fn declared(variable: &Variable, packing: Option<&Packing>) -> Result<Declared, String> {
    let mut found = Declared {
        packed: OPEN,
        shown: OPEN,
    };
    for name in NAMES {
        let Some(value) = variable.attribute(name) else {
            continue;
        };
        let numbers = value.to_f64().unwrap_or_default();
        let (low, high) = match numbers[..] {
            [x] if name == MIN => (x, f64::INFINITY),
            [x] if name == MAX => (f64::NEG_INFINITY, x),
            [low, high] if name == RANGE => (low, high),
            _ => return Err(format!("{name} is not {}", expected(name))),
        };
        if low.is_nan() || high.is_nan() {
            return Err(format!("{name} is not a number"));
        }
        let ends = match packing {
            Some(packing) if is_packed(value) => {
                let (low, high) = (packing.as_meant(low), packing.as_meant(high));
                both(&mut found.packed, (low, high))
            }
            _ => both(&mut found.shown, (low, high)),
        };
        if ends.0 > ends.1 {
            return Err(format!("{name} leaves no number valid"));
        }
    }
    Ok(found)
}

fn expected(name: &str) -> &'static str {
    if name == RANGE {
        "two numbers"
    } else {
        "a single number"
    }
}

/// Narrows ends.
fn both(ends: &mut Ends, more: Ends) -> Ends {
    *ends = (ends.0.max(more.0), ends.1.min(more.1));
    *ends
}

/// The range of numbers as they are shown. With zeros, packed numbers next to zero are shown
/// as zero. Nothing if none is declared.
pub(crate) fn shown(variable: &Variable, zeros: bool) -> Result<Option<Ends>, String> {
    let packing = Packing::of(variable);
    let declared = declared(variable, packing.as_ref())?;
    let mut ends = declared.shown;
    if let Some(packing) = &packing {
        let end = |n: f64| packing.shown(n, zeros);
        let (low, high) = declared.packed;
        both(
            &mut ends,
            if packing.falls() {
                (end(high), end(low))
            } else {
                (end(low), end(high))
            },
        );
    }
    settled(ends)
}

/// The range of packed numbers, where these are in the order of what they stand for or in
/// the opposite one.
pub(crate) fn packed(variable: &Variable, zeros: bool) -> Result<Option<Ends>, String> {
    let Some(packing) = Packing::of(variable) else {
        return Ok(None);
    };
    let declared = declared(variable, Some(&packing))?;
    let mut ends = declared.packed;
    let (low, high) = declared.shown;
    let kind = variable.kind;
    if low > f64::NEG_INFINITY {
        both(&mut ends, packing.no_less(low, kind, zeros));
    }
    if high < f64::INFINITY {
        both(&mut ends, packing.no_more(high, kind, zeros));
    }
    settled(ends)
}

fn settled(ends: Ends) -> Result<Option<Ends>, String> {
    if ends.0 > ends.1 {
        return Err("the range that it declares leaves no number valid".into());
    }
    Ok(Some(ends).filter(|ends| *ends != OPEN))
}

/// What is wrong with the range that a variable declares valid: then nothing is kept within
/// it.
pub fn odd_range(variable: &Variable) -> Option<String> {
    let wrong = |found: Result<Option<Ends>, String>| found.err();
    wrong(shown(variable, false))
}

/// The range of unpacked numbers in the attributes that declare it, for a variable that is
/// shown unpacked: of one that falls as its integers rise, the ends change places.
pub(crate) fn unpacked(
    name: &str,
    value: &Values,
    packing: &Packing,
    zeros: bool,
) -> (String, Values) {
    let mut numbers: Vec<f64> = value.to_f64().unwrap_or_default();
    for n in &mut numbers {
        *n = packing.shown(packing.as_meant(*n), zeros);
    }
    let mut name = name;
    if packing.falls() {
        numbers.reverse();
        name = match name {
            MIN => MAX,
            MAX => MIN,
            other => other,
        };
    }
    let values = match packing.to {
        Kind::F32 => Values::F32(numbers.iter().map(|x| *x as f32).collect()),
        _ => Values::F64(numbers),
    };
    (name.into(), values)
}
