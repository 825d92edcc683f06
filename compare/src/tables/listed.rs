//! Tables that list cases, as against those of means.

use super::super::results::{Measured, Results, Status};
use super::super::standing::Standings;
use super::super::table::{Cell, Good, Table};
use super::bound;

/// What was chosen where it was left to foresz.
pub(super) fn choices(results: &Results) -> Option<Table> {
    let chooses = |name: &str| {
        let entrant = results.contenders.iter().find(|c| c.name == name);
        entrant.is_some_and(|c| c.make.predictor.as_deref() == Some("auto"))
    };
    let mut table = Table::new(
        "choices",
        "What auto chose",
        "The predictor that most chunks of the field were coded with, by bound.",
    )
    .column("field", Good::Neither)
    .column("contender", Good::Neither);
    let bounds = Standings::new(results).bounds();
    for asked in &bounds {
        table = table.column(bound(*asked), Good::Neither);
    }
    for entrant in results.contenders.iter().filter(|c| chooses(&c.name)) {
        for field in &results.fields {
            let of_bound = |asked: &f64| {
                let row = results.rows.iter().find(|row| {
                    (&row.contender, &row.field, row.asked) == (&entrant.name, &field.name, *asked)
                });
                let why = row.and_then(|row| row.measured.as_ref()?.why.as_ref());
                let most = why.and_then(|why| why.choices.iter().max_by_key(|(_, n)| *n));
                Cell::text(most.map_or("–", |(choice, _)| choice))
            };
            let mut row = vec![Cell::text(&field.name), Cell::text(&entrant.name)];
            row.extend(bounds.iter().map(of_bound));
            table.rows.push(row);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

pub(super) fn wind(results: &Results) -> Option<Table> {
    if results.winds.is_empty() {
        return None;
    }
    let mut table = Table::new(
        "wind",
        "Wind speed",
        "Errors of √(u² + v²) where both components were compressed under the bound of their own field.",
    )
    .column("fields", Good::Neither)
    .column("bound", Good::Neither)
    .column("contender", Good::Neither)
    .column("largest error", Good::Low)
    .column("RMS error", Good::Low)
    .column("bias", Good::Neither);
    for wind in &results.winds {
        table.rows.push(vec![
            Cell::text(format!("{}, {}", wind.u, wind.v)),
            Cell {
                text: bound(wind.asked),
                value: Some(wind.asked),
                best: false,
            },
            Cell::text(&wind.contender),
            Cell::number(wind.max_error),
            Cell::number(Some(wind.rms)),
            Cell::number(Some(wind.bias)),
        ]);
    }
    Some(table)
}

pub(super) fn failures(results: &Results) -> Option<Table> {
    let mut table = Table::new(
        "failures",
        "What did not work",
        "Cases without a result within the bound. Refused: the contender says itself that it cannot take the field. \
         Absent: it is not installed here.",
    )
    .column("contender", Good::Neither)
    .column("what", Good::Neither)
    .column("why", Good::Neither)
    .column("fields", Good::Neither)
    .column("bounds", Good::Neither);
    let gone = results
        .contenders
        .iter()
        .filter_map(|c| Some((c, c.absent.as_ref()?)));
    for (contender, reason) in gone {
        let cells = [&contender.name, "absent", reason, "all", "all"];
        table.rows.push(cells.map(Cell::text).into());
    }
    for left in &results.left_out {
        let cells = ["all", "left out", &left.reason, &left.field, "all"];
        table.rows.push(cells.map(Cell::text).into());
    }
    let failed = |status| !matches!(status, Status::Kept | Status::Absent);
    let mut alike: Vec<Alike> = Vec::new();
    for row in results.rows.iter().filter(|row| failed(row.status)) {
        let why = row
            .measured
            .as_ref()
            .map(beyond)
            .or(row.reason.clone())
            .unwrap_or_default();
        let (contender, what) = (row.contender.as_str(), row.status.name());
        let same = |a: &Alike| (a.contender, a.what, &a.why) == (contender, what, &why);
        let place = alike.iter().position(same).unwrap_or(alike.len());
        if place == alike.len() {
            alike.push(Alike {
                contender,
                what,
                why,
                fields: Vec::new(),
                bounds: Vec::new(),
            });
        }
        put_once(&mut alike[place].fields, &row.field);
        put_once(&mut alike[place].bounds, &bound(row.asked));
    }
    for group in alike {
        let (fields, bounds) = (group.fields.join(", "), group.bounds.join(", "));
        let cells = [group.contender, group.what, &group.why, &fields, &bounds];
        table.rows.push(cells.map(Cell::text).into());
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Cases that failed in the same way.
struct Alike<'a> {
    contender: &'a str,
    what: &'static str,
    why: String,
    fields: Vec<String>,
    bounds: Vec<String>,
}

fn put_once(all: &mut Vec<String>, one: &str) {
    if !all.iter().any(|known| known == one) {
        all.push(one.into());
    }
}

/// How far beyond the bound.
fn beyond(m: &Measured) -> String {
    let (kept, worst) = (&m.quality.kept, m.quality.max_over_bound);
    let worst = worst.map_or_else(|| "∞".into(), |w| format!("{w:.5}"));
    let specials = match kept.changed {
        0 => String::new(),
        changed => format!("; {changed} of {} special values changed", kept.specials),
    };
    format!(
        "{} of {} values beyond the bound, the worst {worst} times it{specials}",
        kept.broken, kept.numbers
    )
}

/// Every case, for whoever wants to look closer.
pub(crate) fn cases(results: &Results) -> Table {
    let mut table = Table::new(
        "cases",
        "Every case",
        "One row per field, bound and contender. MB/s are raw bytes over CPU seconds.",
    )
    .column("field", Good::Neither)
    .column("bound", Good::Neither)
    .column("contender", Good::Neither)
    .column("result", Good::Neither)
    .column("ratio", Good::Neither)
    .column("bits per value", Good::Neither)
    .column("largest error / bound", Good::Neither)
    .column("PSNR dB", Good::Neither)
    .column("DSSIM", Good::Neither)
    .column("encode MB/s", Good::Neither)
    .column("decode MB/s", Good::Neither);
    for row in results
        .rows
        .iter()
        .filter(|row| row.status != Status::Absent)
    {
        let m = row.measured.as_ref();
        let number = |of: &dyn Fn(&Measured) -> Option<f64>| Cell::number(m.and_then(of));
        let exact = |value: Option<f64>| Cell {
            text: value.map_or_else(|| "–".into(), |v| format!("{v:.5}")),
            value,
            best: false,
        };
        table.rows.push(vec![
            Cell::text(&row.field),
            Cell {
                text: bound(row.asked),
                value: Some(row.asked),
                best: false,
            },
            Cell::text(&row.contender),
            Cell::text(row.status.name()),
            number(&|m| Some(m.ratio)),
            number(&|m| Some(m.bits_per_value)),
            exact(m.and_then(|m| m.quality.max_over_bound)),
            number(&|m| m.quality.psnr),
            exact(m.and_then(|m| m.quality.dssim.map(|d| d.worst))),
            number(&|m| Some(m.encode_speed)),
            number(&|m| Some(m.decode_speed)),
        ]);
    }
    table
}
