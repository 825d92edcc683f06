//! The outcome in a few lines: on the terminal, and as sentences on top of the page.

use std::fmt::Write;

use super::results::Make;
use super::results::{Entrant, Measured, Results};
use super::standing::{Gain, Standings};
use super::table::digits;
use super::tables::{self, bound, unit};

/// What the numbers say, a sentence each.
pub(crate) fn sentences(results: &Results) -> Vec<String> {
    let standings = Standings::new(results);
    let mut said = Vec::new();
    let complete: Vec<&str> = standings
        .names()
        .into_iter()
        .filter(|name| standings.is_complete(name))
        .collect();
    for asked in standings.bounds() {
        let ratio = |name: &&str| standings.mean(name, Some(asked), |m| Some(m.ratio));
        let mut ranked: Vec<(f64, &str)> = complete
            .iter()
            .filter_map(|name| Some((ratio(name)?, *name)))
            .collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        if let [(best, winner), rest @ ..] = &ranked[..] {
            let next = rest.first().map_or(String::new(), |(ratio, name)| {
                format!(
                    ", {} % ahead of {name} ({})",
                    digits((best / ratio - 1.0) * 100.0),
                    digits(*ratio)
                )
            });
            said.push(format!(
                "At {}{} the smallest streams are those of {winner}: a ratio of {} over {} fields{next}.",
                bound(asked),
                unit(results),
                digits(*best),
                results.fields.len()
            ));
        }
    }
    let baseline = standings.baseline();
    let gains = complete.iter().filter(|name| **name != baseline);
    let gains = gains.filter_map(|name| Some((*name, standings.gain(name, baseline)?)));
    if let Some((name, gain)) = gains.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean)) {
        said.push(over(name, baseline, &gain));
    }
    let ours = complete.iter().filter(|name| standings.is_ours(name));
    let over_peers = ours.filter_map(|name| Some((*name, standings.gain_over_peers(name)?)));
    if let Some((name, gain)) = over_peers.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean)) {
        said.push(over(name, "the best peer of each case", &gain));
    }
    said.extend(back_ends(results, &standings));
    said.extend(partial(results, &standings, &complete));
    said.extend(speed(&standings, &complete));
    said.push(promises(results, &standings));
    said
}

fn over(name: &str, other: &str, gain: &Gain) -> String {
    format!(
        "{name} has {} times the ratio of {other} ({} cases): {} times at worst ({}), {} times at best ({}).",
        digits(gain.mean),
        gain.cases,
        digits(gain.worst.0),
        gain.worst.1,
        digits(gain.best.0),
        gain.best.1
    )
}

/// What changing the back end does to every predictor, and changing the predictor to every
/// back end.
fn back_ends(results: &Results, standings: &Standings) -> Option<String> {
    let ours = || results.contenders.iter().filter(|c| c.make.is_ours());
    let mut gains: Vec<(f64, &str)> = Vec::new();
    for context in ours().filter(|c| c.make.backend.as_deref() == Some("context")) {
        let (predictor, effort) = (&context.make.predictor, &context.make.effort);
        let same = |make: &Make| (&make.predictor, &make.effort) == (predictor, effort);
        let plain = |make: &Make| make.backend.as_deref() == Some("huffman") && same(make);
        let plain = ours().find(|c| plain(&c.make));
        let gain = plain.and_then(|plain| standings.gain(&context.name, &plain.name));
        gains.extend(gain.map(|gain| (gain.mean, predictor.as_deref().unwrap_or_default())));
    }
    let least = gains.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let most = gains.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (gains.len() > 1).then(|| {
        format!(
            "context instead of huffman behind the same predictor gives between {} ({}) and {} times the ratio ({}).",
            digits(least.0),
            least.1,
            digits(most.0),
            most.1
        )
    })
}

/// Contenders of ours that take some fields only: on those, beside the best of the same back
/// end that takes all.
fn partial<'a>(results: &'a Results, standings: &Standings<'a>, complete: &[&str]) -> Vec<String> {
    let ours = || results.contenders.iter().filter(|c| c.make.is_ours());
    let mut backends: Vec<&str> = ours().filter_map(|c| c.make.backend.as_deref()).collect();
    backends.sort_unstable();
    backends.dedup();
    let sentence = |backend: &&str| {
        let same = ours().filter(|c| c.make.backend.as_deref() == Some(*backend));
        let (all, some): (Vec<&'a Entrant>, Vec<&'a Entrant>) =
            same.partition(|c| complete.contains(&c.name.as_str()));
        let told = |one: &&'a Entrant| {
            let gain = |rival: &'a Entrant| {
                Some((
                    standings.gain_where(&one.name, &rival.name, &one.name)?,
                    rival,
                ))
            };
            let gains = all.iter().copied().filter_map(gain);
            let (gain, rival) = gains.min_by(|a, b| a.0.mean.total_cmp(&b.0.mean))?;
            let predictor = |c: &Entrant| c.make.predictor.clone().unwrap_or_default();
            let (name, cases) = (predictor(one), gain.cases);
            Some(format!(
                "{name} {} of {} ({cases} cases)",
                digits(gain.mean),
                predictor(rival)
            ))
        };
        let told: Vec<String> = some.iter().filter_map(told).collect();
        (!told.is_empty()).then(|| {
            format!(
                "On the cases that they can take, beside the best of the same back end ({backend}) that takes all, the ratio is: {}.",
                told.join(", ")
            )
        })
    };
    backends.iter().filter_map(sentence).collect()
}

fn speed(standings: &Standings, complete: &[&str]) -> Option<String> {
    let fastest = |of: fn(&Measured) -> f64| {
        let mean = |name: &str| standings.mean(name, None, |m| Some(of(m)));
        let speeds = complete
            .iter()
            .filter_map(|name| Some((mean(name)?, *name)));
        speeds.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let (encode, encoder) = fastest(|m| m.encode_speed)?;
    let (decode, decoder) = fastest(|m| m.decode_speed)?;
    Some(format!(
        "{encoder} encodes fastest, {} MB/s of CPU time on one thread; {decoder} decodes fastest, {} MB/s.",
        digits(encode),
        digits(decode)
    ))
}

fn promises(results: &Results, standings: &Standings) -> String {
    let names = standings.names();
    let broken = |name: &str| {
        let rows = results.rows.iter().filter(|row| row.contender == name);
        rows.filter(|row| row.status == super::results::Status::Broken)
            .count()
    };
    let breakers: Vec<String> = names
        .iter()
        .filter(|name| broken(name) > 0)
        .map(|name| format!("{name} in {} cases", broken(name)))
        .collect();
    let measured = results
        .rows
        .iter()
        .filter(|row| row.measured.is_some())
        .count();
    if breakers.is_empty() {
        format!("Every value of all {measured} decoded fields is within its bound.")
    } else {
        format!(
            "The bound was broken by {}; all others kept it.",
            breakers.join(", ")
        )
    }
}

/// For a terminal.
pub fn text(results: &Results) -> String {
    let table = tables::headline(&Standings::new(results));
    let cells = |row: &[super::table::Cell]| row.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    let mut lines = vec![
        table
            .columns
            .iter()
            .map(|c| c.head.clone())
            .collect::<Vec<_>>(),
    ];
    lines.extend(table.rows.iter().map(|row| cells(row)));
    let width = |k: usize| {
        lines
            .iter()
            .map(|line| line[k].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        for (k, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            // Writing to a string cannot fail.
            let _ = if k == 0 {
                write!(text, "{cell}{pad}")
            } else {
                write!(text, "  {pad}{cell}")
            };
        }
        text.push('\n');
    }
    text.push('\n');
    for sentence in sentences(results) {
        text.push_str(&sentence);
        text.push('\n');
    }
    text
}
