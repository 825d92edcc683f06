//! Wind speed, where both of its components are there: what errors in two fields come to in a
//! third.

use foresz::Sample;
use foresz_compare::metrics::{Errors, speed};

use super::super::samples;
use super::data::{self, Source, Subject};
use super::measure::{Bench, Outcome};
use super::store;
use foresz::DType;
use foresz_compare::Original;
use foresz_compare::results::{FieldFacts, Row, Status, Wind};

/// Every contender that kept the bound on both components.
pub(super) fn all(
    bench: &mut Bench,
    sources: &[Source],
    fields: &[FieldFacts],
    rows: &[Row],
) -> anyhow::Result<Vec<Wind>> {
    let mut winds = Vec::new();
    for u in fields {
        let other = fields
            .iter()
            .find(|v| partner(&u.name).is_some_and(|name| name == v.name));
        let Some(v) = other.filter(|v| v.shape == u.shape && v.dtype == u.dtype) else {
            continue;
        };
        let source = |facts: &FieldFacts| sources.iter().find(|s| s.name == facts.name);
        let (Some(from_u), Some(from_v)) = (source(u), source(v)) else {
            continue;
        };
        let (data_u, data_v) = (
            data::load(from_u, bench.args)?,
            data::load(from_v, bench.args)?,
        );
        let pair = [(from_u, u, &data_u), (from_v, v, &data_v)];
        for k in 0..bench.contenders.len() {
            for asked in bench.bounds().0.to_vec() {
                let found = match data_u.dtype {
                    DType::F32 => one::<f32>(bench, pair, k, asked, rows)?,
                    DType::F64 => one::<f64>(bench, pair, k, asked, rows)?,
                };
                winds.extend(found);
            }
        }
    }
    Ok(winds)
}

/// The name of the second component: `u` of a name becomes `v`, as in `u10` or `ml_u`.
fn partner(name: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let places = name.match_indices('u').map(|(at, _)| at);
    let mut alone = places.filter(|at| {
        let after = name[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit());
        !name[..*at].ends_with(is_part) && !after.starts_with(is_part)
    });
    let at = alone.next()?;
    Some(format!("{}v{}", &name[..at], &name[at + 1..]))
}

type Component<'a> = (&'a Source, &'a FieldFacts, &'a Subject);

fn one<T: Sample>(
    bench: &mut Bench,
    pair: [Component; 2],
    k: usize,
    asked: f64,
    rows: &[Row],
) -> anyhow::Result<Option<Wind>> {
    let entrant = bench.contenders[k].1.clone();
    let [(_, u, _), (_, v, _)] = pair;
    let key = store::key(&(
        "wind",
        &u.sha256,
        &v.sha256,
        asked,
        &entrant.name,
        &entrant.version,
    ))?;
    if let Some(known) = bench.store.get::<Wind>(&key) {
        return Ok(Some(known));
    }
    let (mut originals, mut decoded) = (Vec::new(), Vec::new());
    for (source, facts, subject) in pair {
        let case = |row: &&Row| {
            (&row.field, &row.contender, row.asked) == (&facts.name, &entrant.name, asked)
        };
        let kept = |row: &&Row| row.status == Status::Kept;
        let Some(row) = rows.iter().find(case).filter(kept) else {
            return Ok(None);
        };
        let original = Original::<T>::new(
            samples::from_bytes(&subject.bytes),
            &subject.shape,
            &bench.args.fill,
            None,
        );
        let laid = bench.lay(source, subject, &original)?;
        let Outcome::Done(_, bytes) = bench.run(&laid, k, row.bound, 1)? else {
            return Ok(None);
        };
        let Some(back) = original.decoded(&samples::from_bytes(&bytes)) else {
            return Ok(None);
        };
        originals.push(original.numbers);
        decoded.push(back);
    }
    let errors = Errors::between(
        &speed(&originals[0], &originals[1]),
        &speed(&decoded[0], &decoded[1]),
        None,
    );
    let wind = Wind {
        u: u.name.clone(),
        v: v.name.clone(),
        asked,
        contender: entrant.name,
        max_error: errors.max.is_finite().then_some(errors.max),
        bias: errors.bias,
        rms: errors.rms,
    };
    bench.store.put(key, &wind)?;
    Ok(Some(wind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_told_by_their_names() {
        let told = |name| partner(name);
        assert_eq!(told("u"), Some("v".into()));
        assert_eq!(told("u10"), Some("v10".into()));
        assert_eq!(told("era5__ml_u"), Some("era5__ml_v".into()));
        assert_eq!(told("humidity"), None);
        assert_eq!(told("uv"), None);
    }
}
