//! The tables of a comparison.

mod listed;

use super::made::Bounds;
use super::results::{Measured, Quality, Results};
use super::standing::{Gain, Standings, arithmetic};
use super::table::{Cell, Good, Table, digits};
use super::why::Codes;

pub(super) use listed::cases;

/// Every table, the most important first.
pub(super) fn all(results: &Results) -> Vec<Table> {
    let standings = Standings::new(results);
    let tables = [
        Some(headline(&standings)),
        back_ends(results, &standings),
        Some(quality(&standings)),
        why(&standings),
        listed::choices(results),
        listed::wind(results),
        listed::failures(results),
    ];
    tables.into_iter().flatten().collect()
}

/// A bound as columns are headed by it.
pub(super) fn bound(asked: f64) -> String {
    if (1e-3..1e4).contains(&asked) && (asked * 1000.0).fract() == 0.0 && asked >= 0.1 {
        format!("{asked}")
    } else {
        format!("{asked:e}")
    }
}

/// "of the range" or nothing.
pub(super) fn unit(results: &Results) -> &'static str {
    match results.made.bounds {
        Bounds::RangeRelative => " of the range",
        Bounds::Absolute => "",
    }
}

/// What the first table has beside what it always has.
struct Columns {
    bounds: Vec<f64>,
    peers: bool,
    weights: bool,
}

pub(super) fn headline(standings: &Standings) -> Table {
    let names = standings.names();
    let columns = Columns {
        bounds: standings.bounds(),
        peers: names.iter().any(|name| !standings.is_ours(name)),
        weights: names.iter().any(|name| {
            let uses = |m: &Measured| (!m.models.is_empty()).then_some(1.0);
            !standings.values(name, None, uses).is_empty()
        }),
    };
    let mut table = headings(standings.baseline(), &columns);
    for name in &names {
        table.rows.push(ratios(name, standings, &columns));
    }
    mark(&mut table, standings);
    table
}

fn headings(baseline: &str, columns: &Columns) -> Table {
    let mut table = Table::new(
        "ratios",
        "Compression ratios",
        format!(
            "Geometric means over all fields of raw over stored bytes. Gains are means of quotients case by case, with the \
             worst and the best case in brackets; the baseline is {baseline}. A contender that does not hold every case \
             (a field under a bound) has its means over fewer, and is marked best nowhere. A peer that misses the bound by \
             less than half a percent still counts here. Speeds are raw bytes over CPU seconds of one thread, memory is that of the \
             whole process with its libraries; both are geometric means. With weights: what is left of the ratio if the weights of \
             learned models that are not in the stream count, too."
        ),
    )
    .column("contender", Good::Neither);
    for asked in &columns.bounds {
        table = table.column(format!("ratio at {}", bound(*asked)), Good::High);
    }
    table = table.column("gain over baseline", Good::High);
    if columns.peers {
        table = table.column("gain over best peer", Good::High);
    }
    if columns.weights {
        table = table.column("with weights", Good::Neither);
    }
    table
        .column("encode MB/s", Good::High)
        .column("decode MB/s", Good::High)
        .column("memory MB", Good::Low)
        .column("cases held", Good::Neither)
}

/// The row of a contender.
fn ratios<'a>(name: &'a str, standings: &Standings<'a>, columns: &Columns) -> Vec<Cell> {
    let gain = |gain: Option<Gain>| match gain {
        None => Cell::number(None),
        Some(gain) => Cell {
            text: format!(
                "{} ({} – {})",
                digits(gain.mean),
                digits(gain.worst.0),
                digits(gain.best.0)
            ),
            value: Some(gain.mean),
            best: false,
        },
    };
    let mut row = vec![Cell::text(name)];
    for asked in &columns.bounds {
        row.push(Cell::number(
            standings.mean(name, Some(*asked), |m| Some(m.ratio)),
        ));
    }
    row.push(gain(standings.gain(name, standings.baseline())));
    if columns.peers {
        row.push(gain(standings.gain_over_peers(name)));
    }
    if columns.weights {
        let over = |m: &Measured| Some(m.ratio_with_models / m.ratio);
        row.push(percent(standings.mean(name, None, over)));
    }
    let megabytes = |m: &Measured| m.peak_bytes.map(|bytes| bytes as f64 / 1e6);
    row.push(Cell::number(
        standings.mean(name, None, |m| Some(m.encode_speed)),
    ));
    row.push(Cell::number(
        standings.mean(name, None, |m| Some(m.decode_speed)),
    ));
    row.push(Cell::number(standings.mean(name, None, megabytes)));
    let (held, all) = standings.held(name);
    row.push(Cell {
        text: format!("{held} of {all}"),
        value: Some(held as f64),
        best: false,
    });
    row
}

fn mark(table: &mut Table, standings: &Standings) {
    let names = standings.names();
    let complete: Vec<bool> = names
        .iter()
        .map(|name| standings.is_complete(name))
        .collect();
    table.mark(&complete);
}

/// Back ends that several predictors have: others tell nothing of predictors.
fn shared_back_ends(results: &Results) -> Vec<&str> {
    let ours = results.contenders.iter().filter(|c| c.make.is_ours());
    let all: Vec<&str> = ours.filter_map(|c| c.make.backend.as_deref()).collect();
    let several = |backend: &&str| all.iter().filter(|b| *b == backend).count() > 1;
    let mut shared: Vec<&str> = all.iter().copied().filter(several).collect();
    shared.sort_unstable();
    shared.dedup();
    shared
}

fn headings_of_back_ends(baseline: &str, backends: &[&str]) -> Table {
    let mut table = Table::new(
        "backends",
        "Predictors under identical back ends",
        format!(
            "Geometric mean of the ratio over that of {baseline}, on the cases that both hold. Down a column only predictors \
             differ, along a row only back ends. The last columns are bits per code under the first back end: its \
             order-0 entropy, and what neighbouring codes and the pyramid level leave of it (less what as many contexts \
             dealt out at random take off)."
        ),
    )
    .column("predictor", Good::Neither);
    for backend in backends {
        table = table.column(*backend, Good::High);
    }
    table
        .column("entropy", Good::Low)
        .column("left given neighbours", Good::Low)
        .column("cases held", Good::Neither)
}

/// Predictors down, back ends across: does the predictor matter, or what codes its residuals?
fn back_ends(results: &Results, standings: &Standings) -> Option<Table> {
    let ours = || results.contenders.iter().filter(|c| c.make.is_ours());
    let backends = shared_back_ends(results);
    if backends.len() < 2 {
        return None;
    }
    let baseline = standings.baseline();
    let mut table = headings_of_back_ends(baseline, &backends);
    let mut predictors: Vec<(&str, &str)> = Vec::new();
    let mut complete = Vec::new();
    for c in ours().filter(|c| {
        c.make
            .backend
            .as_deref()
            .is_some_and(|b| backends.contains(&b))
    }) {
        let pair = (c.make.predictor.as_deref()?, c.make.effort.as_deref()?);
        if !predictors.contains(&pair) {
            predictors.push(pair);
        }
    }
    for (predictor, effort) in predictors {
        let named = |backend: Option<&str>| {
            let found = ours().find(|c| {
                c.make.predictor.as_deref() == Some(predictor)
                    && c.make.effort.as_deref() == Some(effort)
                    && (backend.is_none() || c.make.backend.as_deref() == backend)
            });
            found.map(|c| c.name.as_str())
        };
        let label = if effort == "default" {
            predictor.into()
        } else {
            format!("{predictor} ({effort})")
        };
        let mut row = vec![Cell::text(label)];
        for backend in &backends {
            let gain = named(Some(backend)).and_then(|name| standings.gain(name, baseline));
            row.push(Cell::number(gain.map(|gain| gain.mean)));
        }
        let codes = |of: fn(&Codes) -> f64| {
            let name = named(None)?;
            let value = |m: &Measured| Some(of(m.why.as_ref()?.codes.as_ref()?));
            arithmetic(&standings.values(name, None, value))
        };
        row.push(Cell::number(codes(|c| c.entropy)));
        row.push(Cell::number(codes(|c| c.entropy - c.structure())));
        let (held, all) = named(None).map_or((0, 0), |name| standings.held(name));
        row.push(Cell::text(format!("{held} of {all}")));
        complete.push(held == all);
        table.rows.push(row);
    }
    table.mark(&complete);
    Some(table)
}

fn headings_of_quality() -> Table {
    Table::new(
        "quality",
        "What the errors are like",
        "Over all cases. Largest error: the worst case, as a part of the bound. DSSIM: the least of all frames, and the \
         part of cases in which every frame reaches 0.99995, the threshold of Baker et al. Gradients: RMS error of \
         differences between neighbours over their RMS. Not uniform: distance of Kolmogorov and Smirnov from errors spread \
         evenly between the bounds. Extremes: the largest shift of minimum, maximum, median and the quantiles 0.001 and 0.999, \
         over the bound. Autocorrelation: of errors one sample apart along rows. Resolved: the part of \
         wavenumbers along rows up to which errors have less than a tenth of the power of the field. All but the first two are \
         means.",
    )
    .column("contender", Good::Neither)
    .column("largest error / bound", Good::Neither)
    .column("worst DSSIM", Good::High)
    .column("DSSIM passes", Good::High)
    .column("PSNR dB", Good::High)
    .column("gradients", Good::Low)
    .column("bias / bound", Good::Low)
    .column("extremes / bound", Good::Low)
    .column("not uniform", Good::Neither)
    .column("autocorrelation", Good::Low)
    .column("resolved", Good::High)
}

fn quality(standings: &Standings) -> Table {
    let mut table = headings_of_quality();
    for name in standings.names() {
        let values =
            |of: &dyn Fn(&Quality) -> Option<f64>| standings.values(name, None, |m| of(&m.quality));
        let mean = |of: &dyn Fn(&Quality) -> Option<f64>| Cell::number(arithmetic(&values(of)));
        let worst = values(&|q| q.max_over_bound)
            .into_iter()
            .max_by(f64::total_cmp);
        let dssim = values(&|q| q.dssim.map(|d| d.worst))
            .into_iter()
            .min_by(f64::total_cmp);
        let passes = values(&|q| q.dssim.map(|d| f64::from(u8::from(d.alike == 1.0))));
        let exact = |value: Option<f64>| Cell {
            text: value.map_or_else(|| "–".into(), |v| format!("{v:.5}")),
            value,
            best: false,
        };
        let over_bound = |of: fn(&Quality) -> Option<f64>| {
            let part = |m: &Measured| {
                let bound = m.quality.max_error? / m.quality.max_over_bound?;
                Some((of(&m.quality)? / bound).abs()).filter(|part| part.is_finite())
            };
            Cell::number(arithmetic(&standings.values(name, None, part)))
        };
        table.rows.push(vec![
            Cell::text(name),
            exact(worst),
            exact(dssim),
            Cell {
                text: arithmetic(&passes)
                    .map_or_else(|| "–".into(), |p| format!("{:.0} %", p * 100.0)),
                value: arithmetic(&passes),
                best: false,
            },
            mean(&|q| q.psnr),
            mean(&|q| q.gradient_error),
            over_bound(|q| Some(q.bias)),
            over_bound(|q| q.spread_shift),
            mean(&|q| q.errors.as_ref().map(|e| e.distance)),
            mean(&|q| {
                q.autocorrelation
                    .get("along rows")
                    .and_then(|l| l.first().copied().flatten())
                    .map(f64::abs)
            }),
            mean(&|q| {
                q.spectrum
                    .as_ref()
                    .map(|s| s.resolved as f64 / s.wavenumbers as f64)
            }),
        ]);
    }
    let names = standings.names();
    let lossy = |name: &&str| standings.is_complete(name) && !standings.is_lossless(name);
    table.mark(&names.iter().map(lossy).collect::<Vec<_>>());
    table
}

fn why(standings: &Standings) -> Option<Table> {
    let mut table = Table::new(
        "why",
        "Why: what is left for the back end",
        "Means over all cases. Entropy is bits per code to a coder that is blind to order, as Huffman codes are; what \
         neighbours tell is how much of it goes once the codes around and the pyramid level are known, beyond what chance \
         takes off. Moran's I of the codes is 0 for noise. Side information is what predictors learned, latents and guard bands \
         included, as a part of the stream.",
    )
    .column("contender", Good::Neither)
    .column("zero codes", Good::High)
    .column("entropy", Good::Low)
    .column("neighbours tell", Good::Neither)
    .column("Moran's I", Good::Neither)
    .column("bits per value", Good::Low)
    .column("side information", Good::Neither)
    .column("of which guard bands", Good::Neither)
    .column("literals", Good::Neither);
    for name in standings
        .names()
        .into_iter()
        .filter(|name| standings.is_ours(name))
    {
        let codes = |of: &dyn Fn(&Codes) -> Option<f64>| {
            let value = |m: &Measured| of(m.why.as_ref()?.codes.as_ref()?);
            arithmetic(&standings.values(name, None, value))
        };
        let part = |of: &dyn Fn(&super::why::Bytes) -> u64| {
            let value =
                |m: &Measured| Some(of(&m.why.as_ref()?.bytes) as f64 / m.stored_bytes as f64);
            percent(arithmetic(&standings.values(name, None, value)))
        };
        let bits = arithmetic(&standings.values(name, None, |m| Some(m.bits_per_value)));
        table.rows.push(vec![
            Cell::text(name),
            percent(codes(&|c| Some(c.zero_share))),
            Cell::number(codes(&|c| Some(c.entropy))),
            Cell::number(codes(&|c| Some(c.structure()))),
            Cell::number(codes(&|c| c.morans_i)),
            Cell::number(bits),
            part(&|b| b.side),
            part(&|b| b.guard),
            part(&|b| b.literals),
        ]);
    }
    if table.rows.is_empty() {
        return None;
    }
    let names = standings.names();
    let ours = names.iter().filter(|name| standings.is_ours(name));
    table.mark(
        &ours
            .map(|name| standings.is_complete(name))
            .collect::<Vec<_>>(),
    );
    Some(table)
}

fn percent(part: Option<f64>) -> Cell {
    Cell {
        text: part.map_or_else(|| "–".into(), |part| format!("{:.1} %", part * 100.0)),
        value: part,
        best: false,
    }
}
