//! Figures over all fields.

use super::super::results::Results;
use super::super::standing::{Standings, arithmetic, geometric};
use super::super::table::digits;
use super::super::tables::bound;
use super::chart::{Axis, Chart, Frame, dot, key};
use super::figure;
use super::html::escaped;

/// Every contender with its colour; ticks show and hide it everywhere.
pub(super) fn legend(standings: &Standings) -> String {
    let mut html = "<div class=legend>".to_owned();
    for (k, name) in standings.names().iter().enumerate() {
        html += &format!(
            "<label class=pick><input type=checkbox checked data-pick={k}>{}{}</label>",
            key(k),
            escaped(name)
        );
    }
    html + "<button type=button id=all>all / none</button></div>\n"
}

/// Gain over the baseline by bound.
pub(super) fn gains(standings: &Standings) -> String {
    let baseline = standings.baseline();
    let curve = |name: &str| -> Vec<(f64, f64)> {
        let at = |asked: f64| {
            let pairs: Vec<f64> = standings.quotients(name, baseline, asked);
            Some((asked, geometric(&pairs)?))
        };
        standings.bounds().into_iter().filter_map(at).collect()
    };
    let curves: Vec<(usize, &str, _)> = standings
        .names()
        .into_iter()
        .enumerate()
        .map(|(k, name)| (k, name, curve(name)))
        .collect();
    let points = || curves.iter().flat_map(|(_, _, points)| points);
    let (Some(x), Some(y)) = (
        Axis::over(points().map(|p| p.0), true),
        Axis::over(points().map(|p| p.1), true),
    ) else {
        return String::new();
    };
    let frame = Frame {
        width: 900.0,
        height: 400.0,
        left: 48.0,
        right: 12.0,
        top: 18.0,
        bottom: 36.0,
    };
    let mut chart = Chart::new(frame, "Gain over the baseline by bound", x, y);
    chart.grid_x("bound", 8);
    chart.grid_y("ratio over that of the baseline", 8);
    for (k, name, points) in &curves {
        chart.line(*k, points, |x, y| {
            format!("{name}: {} times at {}", digits(y), bound(x))
        });
    }
    figure(
        "Gain over the baseline",
        &format!(
            "Geometric mean of the ratio over that of {baseline} at the same bound, over all fields that both hold. Up is smaller; \
             both axes are logarithmic."
        ),
        &chart.finish(),
    )
}

/// Ratio of every field at the bound in the middle.
pub(super) fn ratios(results: &Results, standings: &Standings) -> String {
    let Some(asked) = standings.middle() else {
        return String::new();
    };
    let names = standings.names();
    let ratio = |name: &str, field: &str| standings.measured(name, field, asked).map(|m| m.ratio);
    let all = results
        .fields
        .iter()
        .flat_map(|f| names.iter().filter_map(|n| ratio(n, &f.name)));
    let count = results.fields.len() as f64;
    let (Some(x), Some(y)) = (
        Axis::over(all, true),
        Axis::over([0.0, count + 0.5].into_iter(), false),
    ) else {
        return String::new();
    };
    let frame = Frame {
        width: 900.0,
        height: 60.0 + 21.0 * count,
        left: 265.0,
        right: 14.0,
        top: 16.0,
        bottom: 36.0,
    };
    let mut chart = Chart::new(frame, "Ratios of every field", x, y);
    chart.grid_x("compression ratio", 8);
    for (i, field) in results.fields.iter().enumerate() {
        chart.name_row(count - i as f64, &shortened(&field.name, 38));
    }
    for (k, name) in names.iter().enumerate() {
        chart.group(k);
        for (i, field) in results.fields.iter().enumerate() {
            if let Some(ratio) = ratio(name, &field.name) {
                let tell = format!("{}, {name}: {}", field.name, digits(ratio));
                let (x, y) = (chart.place_x(ratio), chart.place_y(count - i as f64));
                chart.put(&dot(k, x, y, &tell));
            }
        }
        chart.end_group();
    }
    let at = bound(asked);
    figure(
        &format!("Ratio of every field at {at}"),
        "One dot per contender, further right is smaller; the axis is logarithmic. Hover over a dot for its number.",
        &chart.finish(),
    )
}

/// The end of a long name says more than its start.
pub(super) fn shortened(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most {
        return name.into();
    }
    let end: String = name.chars().skip(length - most + 1).collect();
    format!("…{end}")
}

/// How errors are spread between the bounds, a small chart each.
pub(super) fn distributions(standings: &Standings) -> String {
    let mut many = "<div class=few>".to_owned();
    for (k, name) in standings.names().into_iter().enumerate() {
        let shares: Vec<Vec<f64>> = standings.collect(name, |m| {
            let counts = &m.quality.errors.as_ref()?.histogram;
            let all: u64 = counts.iter().sum();
            let level = |n: &u64| *n as f64 / all as f64 * counts.len() as f64;
            Some(counts.iter().map(level).collect())
        });
        let Some(bins) = shares.first().map(Vec::len) else {
            continue;
        };
        let mean = |bin: usize| {
            let of_bin: Vec<f64> = shares.iter().filter_map(|s| s.get(bin).copied()).collect();
            arithmetic(&of_bin).unwrap_or(0.0)
        };
        let means: Vec<f64> = (0..bins).map(mean).collect();
        let top = means.iter().copied().fold(2.0, f64::max);
        let (Some(x), Some(y)) = (
            Axis::over([-1.0, 1.0].into_iter(), false),
            Axis::over([0.0, top].into_iter(), false),
        ) else {
            continue;
        };
        let mut chart = Chart::new(small(), name, x, y);
        chart.grid_x("error / bound", 4);
        chart.grid_y("", 3);
        chart.group(k);
        for (bin, height) in means.iter().enumerate() {
            let edge = |bin: usize| bin as f64 / bins as f64 * 2.0 - 1.0;
            let tell = format!("{} times as often as evenly", digits(*height));
            chart.bar(edge(bin), edge(bin + 1), *height, &tell);
        }
        chart.end_group();
        chart.way(
            "class=axis stroke-dasharray=\"4 3\"",
            &[(-1.0, 1.0), (1.0, 1.0)],
        );
        many += &format!(
            "<figure data-series={k}>{}<figcaption>{}</figcaption></figure>",
            chart.finish(),
            escaped(name)
        );
    }
    figure(
        "Errors between the bounds",
        "How often errors fall into each of 32 bins from minus the bound to the bound, mean over all cases; the dashed line is \
         errors spread evenly, as a quantiser without structure leaves them. A peak in the middle is precision that was paid for and \
         not asked for.",
        &(many + "</div>"),
    )
}

fn small() -> Frame {
    Frame {
        width: 230.0,
        height: 130.0,
        left: 30.0,
        right: 6.0,
        top: 8.0,
        bottom: 34.0,
    }
}

/// How far errors know of each other.
pub(super) fn autocorrelations(standings: &Standings) -> String {
    const ALONG: &str = "along rows";
    let curve = |name: &str| -> Vec<(f64, f64)> {
        let lags: Vec<Vec<Option<f64>>> =
            standings.collect(name, |m| m.quality.autocorrelation.get(ALONG).cloned());
        let most = lags.iter().map(Vec::len).max().unwrap_or(0);
        let at = |lag: usize| {
            let found: Vec<f64> = lags
                .iter()
                .filter_map(|l| l.get(lag).copied().flatten())
                .collect();
            Some(((lag + 1) as f64, arithmetic(&found)?))
        };
        (0..most).filter_map(at).collect()
    };
    let curves: Vec<_> = standings
        .names()
        .into_iter()
        .map(|name| (name, curve(name)))
        .collect();
    let points = || curves.iter().flat_map(|(_, points)| points);
    let (Some(x), Some(y)) = (
        Axis::over(points().map(|p| p.0), false),
        Axis::over(points().map(|p| p.1).chain([0.0]), false),
    ) else {
        return String::new();
    };
    let frame = Frame {
        width: 900.0,
        height: 280.0,
        left: 48.0,
        right: 12.0,
        top: 18.0,
        bottom: 36.0,
    };
    let mut chart = Chart::new(frame, "Autocorrelation of errors", x, y);
    chart.grid_x("distance along rows, samples", 8);
    chart.grid_y("autocorrelation", 6);
    for (k, (name, points)) in curves.iter().enumerate() {
        chart.line(k, points, |x, y| format!("{name}: {} at {x}", digits(y)));
    }
    figure(
        "Autocorrelation of errors",
        "Mean over all cases. Errors that know nothing of each other are at 0; averages over many samples then err by far less than \
         the bound.",
        &chart.finish(),
    )
}
