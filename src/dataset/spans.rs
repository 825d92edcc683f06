//! What has to be known of a whole variable before its first piece is coded.

use foresz_files::{Source, Values};
use foresz_predictors::Sample;

use super::directory::Storage;
use super::job::named;
use super::packing::missing_values;
use super::plan::VariablePlan;
use crate::bound::Bound;
use crate::error::Result;

/// Largest less smallest number of a variable, unpacked; 0 if it has none.
pub(crate) type Span = f64;

/// The span of a variable, if bounds depend on it and a piece cannot tell. This reads all of
/// it once.
pub(crate) fn needed(
    plan: &VariablePlan,
    asked: &[Bound],
    position: usize,
    source: &mut dyn Source,
) -> Result<Option<Span>> {
    let depends = |bound: &Bound| matches!(bound, Bound::RangeRelative(_) | Bound::Psnr(_));
    let whole = plan.entry.cuts.count() == Some(1) && plan.entry.storage == Storage::Floats;
    if whole || !asked.iter().any(depends) {
        return Ok(None);
    }
    let variable = source.dataset().variables[position].clone();
    let fills = missing_values(&variable);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..plan.entry.cuts.count().unwrap_or(0) {
        let values = source.read(position, &plan.entry.cuts.piece(i));
        let values = values.map_err(|e| named(e, &variable.name))?;
        let giants = match &values {
            Values::F32(v) => giants(v, &fills),
            Values::F64(v) => giants(v, &fills),
            _ => Vec::new(),
        };
        let numbers = values.to_f64().unwrap_or_default();
        let is_number = |x: &&f64| x.is_finite() && !fills.contains(x) && !giants.contains(x);
        // As they are meant: packed ones may be in another order.
        let meant = |n: &f64| plan.packing.map_or(*n, |packing| packing.unpack(*n));
        for x in numbers.iter().filter(is_number).map(meant) {
            (low, high) = (low.min(x), high.max(x));
        }
    }
    Ok(Some(if low <= high { high - low } else { 0.0 }))
}

/// A bound that a piece can keep on its own, so that the whole keeps what was asked for.
pub(crate) fn absolute(asked: Bound, span: Option<Span>) -> Bound {
    // A little less, as products are rounded.
    const LESS: f64 = 1.0 - 1e-12;
    let Some(span) = span else {
        return asked;
    };
    let bound = match asked {
        Bound::RangeRelative(part) => part * span * LESS,
        // No pattern of errors at all can miss the PSNR.
        Bound::Psnr(db) => span * 10f64.powf(-db / 20.0) * LESS,
        other => return other,
    };
    if bound.is_finite() && bound > 0.0 {
        Bound::Absolute(bound)
    } else {
        Bound::Lossless
    }
}

/// Numbers that nobody measured and that mark missing values in all likelihood, though
/// nothing says so: a few different ones beyond all that is physical.
pub(crate) fn giants<T: Sample>(values: &[T], known: &[f64]) -> Vec<f64> {
    const GIANT: f64 = 1e19;
    const MOST: usize = 4;
    let mut giants: Vec<f64> = Vec::new();
    for x in values.iter().map(|x| x.to_f64()) {
        let giant = x.abs() >= GIANT && x.is_finite();
        if giant && !giants.contains(&x) && !known.contains(&x) {
            if giants.len() == MOST {
                return Vec::new();
            }
            giants.push(x);
        }
    }
    giants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giants_are_few() {
        assert_eq!(
            giants(&[1.0f32, 1e20, 3.0, 1e20, f32::NAN], &[]),
            [f64::from(1e20f32)]
        );
        assert_eq!(giants(&[1e20f64, 9.9e36], &[1e20]), [9.9e36]);
        let many: Vec<f64> = (0..9).map(|i| 1e20 * f64::from(i + 1)).collect();
        assert!(giants(&many, &[]).is_empty());
        assert!(giants(&[f64::INFINITY], &[]).is_empty());
    }

    #[test]
    fn bounds_of_pieces_keep_that_of_the_whole() {
        assert_eq!(
            absolute(Bound::Absolute(0.1), Some(5.0)),
            Bound::Absolute(0.1)
        );
        assert_eq!(
            absolute(Bound::RangeRelative(0.1), None),
            Bound::RangeRelative(0.1)
        );
        assert_eq!(
            absolute(Bound::RangeRelative(0.1), Some(0.0)),
            Bound::Lossless
        );
        let Bound::Absolute(bound) = absolute(Bound::Psnr(40.0), Some(100.0)) else {
            panic!("a PSNR becomes absolute");
        };
        assert!((bound - 1.0).abs() < 1e-9);
    }
}
