//! Loss and estimated ratio over the epochs, as SVG.

use std::fmt::Write;

use crate::record::Record;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 30.0;
const PANEL: f64 = TOP + HEIGHT + 40.0;
const TICKS: usize = 4;

/// One line of a panel.
struct Line<'a> {
    name: &'a str,
    colour: &'a str,
    values: Vec<f64>,
}

pub(crate) fn svg(record: &Record) -> String {
    let of = |get: fn(&crate::record::Epoch) -> f64| record.epochs.iter().map(get).collect();
    let losses = [
        Line {
            name: "loss in training",
            colour: "#888888",
            values: of(|e| e.loss.max(1e-30).log10()),
        },
        Line {
            name: "loss in validation",
            colour: "#0060a8",
            values: of(|e| e.validation.max(1e-30).log10()),
        },
    ];
    let ratios = [Line {
        name: "estimated ratio",
        colour: "#a03000",
        values: of(|e| 32.0 / e.bits.max(1e-9)),
    }];
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + 20.0,
        2.0 * PANEL + 10.0
    );
    panel(&mut out, 0.0, &losses, &|y| {
        format!("{:.3e}", 10.0_f64.powf(y))
    });
    panel(&mut out, PANEL, &ratios, &|y| format!("{y:.1}"));
    if let Some(best) = record.best() {
        let x = across(best.epoch, record.epochs.len());
        put(
            &mut out,
            &format!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#bbbbbb\" stroke-dasharray=\"4\"/>\n",
                PANEL + TOP + HEIGHT
            ),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Writing to a string does not fail.
fn put(out: &mut String, text: &str) {
    let _ = out.write_str(text);
}

fn across(epoch: usize, count: usize) -> f64 {
    LEFT + WIDTH * epoch as f64 / count.saturating_sub(1).max(1) as f64
}

fn panel(out: &mut String, top: f64, lines: &[Line], label: &dyn Fn(f64) -> String) {
    let all = || lines.iter().flat_map(|l| l.values.iter().copied());
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(1e-9);
    let up = |y: f64| top + TOP + HEIGHT * (1.0 - (y - low) / span);
    for tick in 0..=TICKS {
        let value = low + span * tick as f64 / TICKS as f64;
        let y = up(value);
        put(
            out,
            &format!(
                "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#e4e4e4\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                LEFT + WIDTH,
                LEFT - 6.0,
                y + 4.0,
                label(value)
            ),
        );
    }
    let epochs = lines.first().map_or(0, |l| l.values.len());
    put(
        out,
        &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">epoch {}</text>\n",
            LEFT + WIDTH,
            top + TOP + HEIGHT + 18.0,
            epochs.saturating_sub(1)
        ),
    );
    for (i, line) in lines.iter().enumerate() {
        let point =
            |(epoch, y): (usize, &f64)| format!("{:.1},{:.1}", across(epoch, epochs), up(*y));
        let points: Vec<String> = line.values.iter().enumerate().map(point).collect();
        put(
            out,
            &format!(
                "<polyline fill=\"none\" stroke=\"{c}\" stroke-width=\"1.5\" points=\"{p}\"/>\n\
                 <text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{c}\">{n}</text>\n",
                c = line.colour,
                p = points.join(" "),
                x = LEFT + 10.0 + 160.0 * i as f64,
                y = top + TOP - 8.0,
                n = line.name
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Epoch;

    #[test]
    fn a_plot_has_a_line_per_series() {
        let mut record = Record::default();
        for epoch in 0..5 {
            let loss = 1.0 / (epoch + 1) as f64;
            record.push(Epoch {
                epoch,
                seconds: 0.0,
                rate: 1e-3,
                loss,
                validation: loss,
                bits: 2.0,
            });
        }
        let svg = svg(&record);
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert!(!svg.contains("NaN") && svg.ends_with("</svg>\n"));
    }
}
