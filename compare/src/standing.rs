//! How contenders stand: means over cases, always over the same cases for all that are set
//! side by side.

use std::collections::HashMap;

use super::results::{Measured, Results, Row, Status};

/// By how much of the bound a peer may miss it and still count in means.
const ROUNDING: f64 = 0.005;

/// A field under a bound as asked.
type Case<'a> = (&'a str, u64);

/// Rows by contender and case, those within their bound.
pub(crate) struct Standings<'a> {
    results: &'a Results,
    kept: HashMap<(&'a str, Case<'a>), &'a Measured>,
}

/// Geometric mean, worst and best of a ratio over cases.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gain<'a> {
    pub(crate) mean: f64,
    pub(crate) worst: (f64, &'a str),
    pub(crate) best: (f64, &'a str),
    pub(crate) cases: usize,
}

impl<'a> Standings<'a> {
    pub(crate) fn new(results: &'a Results) -> Self {
        let mut standings = Standings {
            results,
            kept: HashMap::new(),
        };
        for row in &results.rows {
            if let Some(measured) = row.measured.as_ref().filter(|m| standings.counts(row, m)) {
                standings
                    .kept
                    .insert((row.contender.as_str(), case(row)), measured);
            }
        }
        standings
    }

    /// Whether a case counts. A peer that misses the bound by rounding alone is still a rival,
    /// and we would look better without it; of us nothing but the bound itself will do.
    fn counts(&self, row: &Row, measured: &Measured) -> bool {
        let quality = &measured.quality;
        let nearly = quality.kept.changed == 0
            && quality
                .max_over_bound
                .is_some_and(|part| part <= 1.0 + ROUNDING);
        row.status == Status::Kept || (nearly && !self.is_ours(&row.contender))
    }

    /// Bounds as asked, the loosest first.
    pub(crate) fn bounds(&self) -> Vec<f64> {
        let mut bounds: Vec<f64> = self.results.rows.iter().map(|row| row.asked).collect();
        bounds.sort_unstable_by(|a, b| b.total_cmp(a));
        bounds.dedup();
        bounds
    }

    /// The bound in the middle: where there is room to show one only.
    pub(crate) fn middle(&self) -> Option<f64> {
        let bounds = self.bounds();
        bounds.get(bounds.len() / 2).copied()
    }

    /// Names of all that are here.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let here = self
            .results
            .contenders
            .iter()
            .filter(|c| c.absent.is_none());
        here.map(|c| c.name.as_str()).collect()
    }

    /// What others are compared with: the first.
    pub(crate) fn baseline(&self) -> &'a str {
        self.names().first().copied().unwrap_or_default()
    }

    pub(crate) fn is_ours(&self, name: &str) -> bool {
        let entrant = self.results.contenders.iter().find(|c| c.name == name);
        entrant.is_some_and(|c| c.make.is_ours())
    }

    fn cases(&self) -> impl Iterator<Item = Case<'a>> + '_ {
        let fields = self.results.fields.iter();
        let bounds = self.bounds();
        fields.flat_map(move |field| {
            let of_field = bounds.clone().into_iter();
            of_field.map(|asked| (field.name.as_str(), asked.to_bits()))
        })
    }

    pub(crate) fn measured(&self, name: &str, field: &str, asked: f64) -> Option<&'a Measured> {
        self.kept.get(&(name, (field, asked.to_bits()))).copied()
    }

    fn of(&self, name: &'a str, case: Case<'a>) -> Option<&'a Measured> {
        self.kept.get(&(name, case)).copied()
    }

    /// Whether it never loses anything, and so cannot win by losing little.
    pub(crate) fn is_lossless(&self, name: &'a str) -> bool {
        self.values(name, None, |m| Some(m.quality.rms))
            .iter()
            .all(|rms| *rms == 0.0)
    }

    /// How many cases a contender has within the bound, and how many there are.
    pub(crate) fn held(&self, name: &'a str) -> (usize, usize) {
        let held = self.cases().filter(|case| self.of(name, *case).is_some());
        (held.count(), self.cases().count())
    }

    pub(crate) fn is_complete(&self, name: &'a str) -> bool {
        let (held, all) = self.held(name);
        held == all
    }

    /// The geometric mean of something over the cases that a contender holds, of one bound or
    /// of all; numbers that are not positive are left out.
    pub(crate) fn mean(
        &self,
        name: &'a str,
        asked: Option<f64>,
        of: impl Fn(&Measured) -> Option<f64>,
    ) -> Option<f64> {
        geometric(&self.values(name, asked, of))
    }

    /// Something of all cases that a contender holds.
    pub(crate) fn values(
        &self,
        name: &'a str,
        asked: Option<f64>,
        of: impl Fn(&Measured) -> Option<f64>,
    ) -> Vec<f64> {
        let wanted = |case: &Case| asked.is_none_or(|asked| case.1 == asked.to_bits());
        let held = self
            .cases()
            .filter(wanted)
            .filter_map(|case| self.of(name, case));
        held.filter_map(of).collect()
    }

    /// Whatever there is to collect of all cases that a contender holds.
    pub(crate) fn collect<R>(&self, name: &'a str, of: impl Fn(&Measured) -> Option<R>) -> Vec<R> {
        self.cases()
            .filter_map(|case| of(self.of(name, case)?))
            .collect()
    }

    /// Ratios over those of another contender under one bound, on the fields that both hold.
    pub(crate) fn quotients(&self, name: &'a str, over: &'a str, asked: f64) -> Vec<f64> {
        let cases = self.cases().filter(|case| case.1 == asked.to_bits());
        let pair = |case| Some(self.of(name, case)?.ratio / self.of(over, case)?.ratio);
        cases.filter_map(pair).collect()
    }

    /// Ratios over those of another contender, on the cases that both hold.
    pub(crate) fn gain(&self, name: &'a str, over: &'a str) -> Option<Gain<'a>> {
        let pair = |case: Case<'a>| {
            let (ours, theirs) = (self.of(name, case)?, self.of(over, case)?);
            Some((ours.ratio / theirs.ratio, case.0))
        };
        gain(self.cases().filter_map(pair).collect())
    }

    /// The same on the cases of a third only.
    pub(crate) fn gain_where(
        &self,
        name: &'a str,
        over: &'a str,
        third: &'a str,
    ) -> Option<Gain<'a>> {
        let pair = |case: Case<'a>| {
            self.of(third, case)?;
            let (ours, theirs) = (self.of(name, case)?, self.of(over, case)?);
            Some((ours.ratio / theirs.ratio, case.0))
        };
        gain(self.cases().filter_map(pair).collect())
    }

    /// Ratios over that of the best peer of each case.
    pub(crate) fn gain_over_peers(&self, name: &'a str) -> Option<Gain<'a>> {
        let peers: Vec<&str> = self
            .names()
            .into_iter()
            .filter(|n| !self.is_ours(n))
            .collect();
        let pair = |case: Case<'a>| {
            let rivals = peers.iter().filter(|peer| **peer != name);
            let ratios = rivals
                .filter_map(|peer| self.of(peer, case))
                .map(|m| m.ratio);
            let best = ratios.max_by(f64::total_cmp)?;
            Some((self.of(name, case)?.ratio / best, case.0))
        };
        gain(self.cases().filter_map(pair).collect())
    }
}

fn case(row: &Row) -> Case<'_> {
    (&row.field, row.asked.to_bits())
}

fn gain(ratios: Vec<(f64, &str)>) -> Option<Gain<'_>> {
    let by_ratio = |a: &&(f64, &str), b: &&(f64, &str)| a.0.total_cmp(&b.0);
    let alone: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
    Some(Gain {
        mean: geometric(&alone)?,
        worst: *ratios.iter().min_by(by_ratio)?,
        best: *ratios.iter().max_by(by_ratio)?,
        cases: ratios.len(),
    })
}

/// None without positive numbers.
pub(crate) fn geometric(values: &[f64]) -> Option<f64> {
    let logs: Vec<f64> = values
        .iter()
        .filter(|x| **x > 0.0)
        .map(|x| x.ln())
        .collect();
    arithmetic(&logs).map(f64::exp)
}

/// None without numbers.
pub(crate) fn arithmetic(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means() {
        assert!((geometric(&[2.0, 8.0, -1.0]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!((geometric(&[]), arithmetic(&[1.0, 2.0])), (None, Some(1.5)));
        let found = gain(vec![(2.0, "a"), (0.5, "b"), (1.0, "c")]).unwrap();
        assert!((found.mean - 1.0).abs() < 1e-12);
        assert_eq!((found.worst, found.best), ((0.5, "b"), (2.0, "a")));
    }
}
