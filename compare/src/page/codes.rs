//! What codes are like, in pictures.

use super::super::standing::{Standings, arithmetic};
use super::super::table::{Cell, Good, Table, digits};
use super::super::why::{Bytes, Codes, Level};
use super::chart::{Axis, Chart, Frame};
use super::figure;
use super::html::escaped;

pub(super) fn figures(standings: &Standings) -> String {
    histograms(standings) + &bytes(standings) + &levels(standings)
}

fn ours<'a>(standings: &Standings<'a>) -> Vec<(usize, &'a str)> {
    let all = standings.names().into_iter().enumerate();
    all.filter(|(_, name)| standings.is_ours(name)).collect()
}

/// Those of ours that differ by more than what made bytes of their codes.
fn coders<'a>(standings: &Standings<'a>) -> Vec<(usize, &'a str)> {
    let mut known: Vec<Vec<f64>> = Vec::new();
    let mut different = ours(standings);
    different.retain(|(_, name)| {
        let of = shares(standings, name);
        let is_new = !of.is_empty() && !known.contains(&of);
        known.push(of);
        is_new
    });
    different
}

/// How often each code occurs, mean over all cases.
fn shares(standings: &Standings, name: &str) -> Vec<f64> {
    let found: Vec<Vec<f64>> = standings.collect(name, |m| {
        let counts = &m.why.as_ref()?.codes.as_ref()?.histogram;
        let all: u64 = counts.iter().sum();
        Some(counts.iter().map(|n| *n as f64 / all as f64).collect())
    });
    let mean = |bin: usize| {
        let of_bin: Vec<f64> = found.iter().filter_map(|s| s.get(bin).copied()).collect();
        arithmetic(&of_bin).unwrap_or(0.0)
    };
    (0..found.first().map_or(0, Vec::len)).map(mean).collect()
}

/// Of a chart per predictor.
const SMALL: Frame = Frame {
    width: 230.0,
    height: 130.0,
    left: 30.0,
    right: 6.0,
    top: 8.0,
    bottom: 34.0,
};

fn histograms(standings: &Standings) -> String {
    let mut many = "<div class=few>".to_owned();
    let all: Vec<_> = coders(standings)
        .into_iter()
        .map(|(k, name)| (k, name, shares(standings, name)))
        .collect();
    let top = all
        .iter()
        .flat_map(|(_, _, shares)| shares)
        .copied()
        .fold(0.0, f64::max);
    for (k, name, shares) in all {
        let Some(last) = shares.len().checked_sub(1) else {
            continue;
        };
        let far = last as f64 / 2.0 + 0.5;
        let (Some(x), Some(y)) = (
            Axis::over([-far, far].into_iter(), false),
            Axis::over([0.0, top].into_iter(), false),
        ) else {
            continue;
        };
        let mut chart = Chart::new(SMALL, name, x, y);
        chart.grid_x("code", 4);
        chart.grid_y("", 4);
        chart.group(k);
        for (bin, share) in shares.iter().enumerate() {
            let code = bin as i64 - last as i64 / 2;
            let what = match bin {
                0 => format!("below {}", code + 1),
                bin if bin == last => format!("above {}", code - 1),
                _ => code.to_string(),
            };
            let (middle, percent) = (code as f64, digits(share * 100.0));
            chart.bar(
                middle - 0.5,
                middle + 0.5,
                *share,
                &format!("{what}: {percent} %"),
            );
        }
        chart.end_group();
        many += &format!(
            "<figure data-series={k}>{}<figcaption>{}</figcaption></figure>",
            chart.finish(),
            escaped(name)
        );
    }
    figure(
        "Codes",
        "How often each code from -8 to 8 occurs, and all beyond in the outermost bars; means over all cases. The better a \
         prediction, the higher the bar in the middle. Back ends do not change codes, so there is one chart per predictor.",
        &(many + "</div>"),
    )
}

/// Parts of streams as bars of one length.
fn bytes(standings: &Standings) -> String {
    type Of = fn(&Bytes) -> u64;
    const PARTS: [(&str, Of, usize); 5] = [
        ("codes", |b| b.codes, 0),
        ("side information", |b| b.side, 1),
        ("holes", |b| b.holes, 2),
        ("literals", |b| b.literals, 3),
        ("index and rest", |b| b.rest, 6),
    ];
    const LEFT: f64 = 265.0;
    const WIDE: f64 = 620.0;
    let all = ours(standings);
    let height = 22.0 * all.len() as f64 + 30.0;
    let mut svg = format!(
        "<svg class=chart viewBox=\"0 0 900 {height}\" role=img><title>What takes the bytes</title>"
    );
    let mut at = LEFT;
    for (name, _, colour) in PARTS {
        svg += &format!(
            "<g class=\"series l{colour}\"><rect class=bar x={at} y=4 width=12 height=12 /></g><text x={} y=14>{name}</text>",
            at + 17.0
        );
        at += 40.0 + 7.0 * name.len() as f64;
    }
    for (row, (k, name)) in all.iter().enumerate() {
        let y = 26.0 + 22.0 * row as f64;
        svg += &format!(
            "<g data-series={k}><text x={} y={} text-anchor=end>{}</text>",
            LEFT - 6.0,
            y + 12.0,
            escaped(name)
        );
        let mut left = LEFT;
        for (part, of, colour) in PARTS {
            let share = |m: &super::super::results::Measured| {
                Some(of(&m.why.as_ref()?.bytes) as f64 / m.stored_bytes as f64)
            };
            let share = arithmetic(&standings.values(name, None, share)).unwrap_or(0.0);
            let wide = WIDE * share;
            svg += &format!(
                "<g class=\"series l{colour}\"><rect class=bar x={left:.1} y={y} width={wide:.1} height=16><title>{part}: {} %</title></rect></g>",
                digits(share * 100.0)
            );
            left += wide;
        }
        svg += "</g>";
    }
    figure(
        "What takes the bytes",
        "Parts of the streams, means over all cases. Side information is what predictors learned: taps, latents, guard bands.",
        &(svg + "</svg>"),
    )
}

/// Entropy by pyramid level, for contenders that have more than one.
fn levels(standings: &Standings) -> String {
    let mut table = Table::new(
        "levels",
        "Codes by level",
        "Of predictors that work from coarse to fine: level 0 is the finest. Means over all cases; entropies in bits per code. \
         The last column is bits of the level per sample of the field by order-0 entropy. Levels with few codes have low \
         entropies given neighbours by chance.",
    )
    .column("contender", Good::Neither)
    .column("level", Good::Neither)
    .column("% of codes", Good::Neither)
    .column("% zero", Good::Neither)
    .column("entropy", Good::Neither)
    .column("given neighbours", Good::Neither)
    .column("bits per value", Good::Neither);
    for (_, name) in coders(standings) {
        let found: Vec<Codes> = standings.collect(name, |m| m.why.as_ref()?.codes.clone());
        let most = found
            .iter()
            .map(|codes| codes.levels.len())
            .max()
            .unwrap_or(0);
        for depth in (0..most).filter(|_| most > 1) {
            let mean = |of: &dyn Fn(&Level, f64) -> f64| {
                let level = |codes: &Codes| {
                    let level = codes
                        .levels
                        .iter()
                        .find(|l| usize::from(l.depth) == depth)?;
                    Some(of(level, level.count as f64 / codes.count as f64))
                };
                let values: Vec<f64> = found.iter().filter_map(level).collect();
                Cell::number(arithmetic(&values))
            };
            table.rows.push(vec![
                Cell::text(name),
                Cell::count(depth),
                mean(&|_, share| share * 100.0),
                mean(&|level, _| level.zero_share * 100.0),
                mean(&|level, _| level.entropy),
                mean(&|level, _| level.conditional_entropy),
                mean(&|level, share| level.entropy * share),
            ]);
        }
    }
    if table.rows.is_empty() {
        return String::new();
    }
    super::section(Some(&table))
}
