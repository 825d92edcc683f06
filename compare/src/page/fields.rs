//! One part per field: rate and distortion, scales, and pictures of errors and codes.

use super::super::results::{FieldFacts, Measured, Results};
use super::super::standing::Standings;
use super::super::table::digits;
use super::super::tables::bound;
use super::super::why::Codes;
use super::chart::{Axis, Chart, Frame};
use super::html::escaped;

/// Bytes of pictures in a page: the rest of it is far smaller.
const PICTURES: usize = 3_000_000;

pub(super) fn all(results: &Results, standings: &Standings) -> String {
    let middle = standings.middle().unwrap_or_default();
    let mut room = PICTURES;
    let mut html = format!(
        "<p class=note>Left: peak signal-to-noise ratio over bits per value, a curve per contender over all bounds; up and left is better. \
         Right: power by wavenumber along rows at {at}, of the field (thick) and of errors; where errors reach the field, its scales are \
         lost. Pictures are of the first frame at {at}: errors from minus to plus the bound, of each block the largest; \
         codes by sign and order of magnitude. Noise in a picture of codes is what a back end cannot use; shapes are what it can.</p>\n\
         <div class=scale>−bound <i style=\"background:linear-gradient(90deg,rgb(45,0,75),rgb(128,115,172),rgb(247,247,247),rgb(224,130,20),rgb(127,59,8))\"></i> +bound, \
         codes −31 to 31; hatched: no number</div>\n",
        at = bound(middle)
    );
    let share = room / results.fields.len().max(1);
    for (i, field) in results.fields.iter().enumerate() {
        let open = if i == 0 { " open" } else { "" };
        let shape: Vec<String> = field.shape.iter().map(usize::to_string).collect();
        html += &format!(
            "<details{open}><summary>{}<small>{} {}, {} to {}{}</small></summary>\n",
            escaped(&field.name),
            shape.join(" × "),
            field.dtype,
            digits(field.spread.min),
            digits(field.spread.max),
            if field.specials > 0 {
                format!(", {} special values", field.specials)
            } else {
                String::new()
            }
        );
        html += "<div class=many>";
        html += &distortion(field, standings);
        html += &scales(field, standings, middle);
        html += "</div>\n";
        // What small fields leave goes to large ones.
        let mut own = room.saturating_sub(share * (results.fields.len() - i - 1));
        let before = own;
        html += &pictures(field, standings, middle, &mut own);
        room -= before - own;
        html += "</details>\n";
    }
    html
}

fn half() -> Frame {
    Frame {
        width: 480.0,
        height: 270.0,
        left: 48.0,
        right: 10.0,
        top: 18.0,
        bottom: 36.0,
    }
}

fn distortion(field: &FieldFacts, standings: &Standings) -> String {
    let curve = |name: &str| -> Vec<(f64, f64)> {
        let at = |asked: f64| {
            let m = standings.measured(name, &field.name, asked)?;
            Some((m.bits_per_value, m.quality.psnr?))
        };
        standings.bounds().into_iter().filter_map(at).collect()
    };
    let curves: Vec<_> = standings
        .names()
        .into_iter()
        .map(|name| (name, curve(name)))
        .collect();
    let points = || curves.iter().flat_map(|(_, points)| points);
    let (Some(x), Some(y)) = (
        Axis::over(points().map(|p| p.0), true),
        Axis::over(points().map(|p| p.1), false),
    ) else {
        return String::new();
    };
    let mut chart = Chart::new(
        half(),
        &format!("Rate and distortion of {}", field.name),
        x,
        y,
    );
    chart.grid_x("bits per value", 6);
    chart.grid_y("PSNR, dB", 6);
    for (k, (name, points)) in curves.iter().enumerate() {
        chart.line(k, points, |x, y| {
            format!("{name}: {} bits, {} dB", digits(x), digits(y))
        });
    }
    format!("<figure>{}</figure>", chart.finish())
}

fn scales(field: &FieldFacts, standings: &Standings, asked: f64) -> String {
    const LEAST: f64 = 1e-12;
    let spectrum = |name: &str| {
        standings
            .measured(name, &field.name, asked)
            .and_then(|m| m.quality.spectrum.clone())
    };
    let found: Vec<_> = standings
        .names()
        .into_iter()
        .map(|name| (name, spectrum(name)))
        .collect();
    let Some(first) = found.iter().find_map(|(_, s)| s.clone()) else {
        return String::new();
    };
    let peak = first.field.iter().copied().fold(0.0, f64::max);
    let curve = |from: &[usize], power: &[f64]| -> Vec<(f64, f64)> {
        let both = from.iter().zip(power).map(|(k, p)| (*k as f64, p / peak));
        both.filter(|(_, p)| *p > LEAST).collect()
    };
    let own = curve(&first.from, &first.field);
    let errors: Vec<_> = found
        .iter()
        .map(|(name, s)| {
            (
                *name,
                s.as_ref()
                    .map_or_else(Vec::new, |s| curve(&s.from, &s.error)),
            )
        })
        .collect();
    let points = || {
        own.iter()
            .chain(errors.iter().flat_map(|(_, points)| points))
    };
    let (Some(x), Some(y)) = (
        Axis::over(points().map(|p| p.0), true),
        Axis::over(points().map(|p| p.1), true),
    ) else {
        return String::new();
    };
    let mut chart = Chart::new(half(), &format!("Spectra of {}", field.name), x, y);
    chart.grid_x("wavenumber along rows", 6);
    chart.grid_y("power over the largest of the field", 6);
    chart.way("class=axis stroke-width=2.6", &own);
    for (k, (name, points)) in errors.iter().enumerate() {
        chart.group(k);
        chart.way(
            &format!(
                "class=way><title>{}</title></path><path class=way",
                escaped(name)
            ),
            points,
        );
        chart.end_group();
    }
    format!("<figure>{}</figure>", chart.finish())
}

fn pictures(field: &FieldFacts, standings: &Standings, asked: f64, room: &mut usize) -> String {
    let mut html = "<div class=maps>".to_owned();
    let mut put = |series: Option<usize>, source: Option<&String>, caption: &str| {
        let Some(source) = source else { return };
        if *room < source.len() {
            return;
        }
        *room -= source.len();
        let series = series.map_or(String::new(), |k| format!(" data-series={k}"));
        let caption = escaped(caption);
        html += &format!(
            "<figure{series}><img alt=\"{caption}\" src=\"{source}\"><figcaption>{caption}</figcaption></figure>"
        );
    };
    put(None, field.map.as_ref(), "the field itself");
    let of = |name: &str| standings.measured(name, &field.name, asked);
    let codes = |m: &Measured| m.why.as_ref()?.codes.clone();
    // What has the same codes has the same errors: one picture for all of them.
    let mut errors: Vec<(usize, Vec<&str>, &String)> = Vec::new();
    for (k, name) in standings.names().into_iter().enumerate() {
        let Some(map) = of(name).and_then(|m| m.quality.map.as_ref()) else {
            continue;
        };
        match errors.iter_mut().find(|(_, _, known)| *known == map) {
            Some((_, names, _)) => names.push(name),
            None => errors.push((k, vec![name], map)),
        }
    }
    for (k, names, map) in errors {
        put(
            Some(k),
            Some(map),
            &format!("errors of {}", names.join(", ")),
        );
    }
    // The back end does not change the codes: one picture per predictor.
    let mut shown: Vec<String> = Vec::new();
    for (k, name) in standings.names().into_iter().enumerate() {
        let Some((m, codes)) = of(name).and_then(|m| Some((m, codes(m)?))) else {
            continue;
        };
        let Some(map) = codes.map.clone() else {
            continue;
        };
        if shown.contains(&map) {
            continue;
        }
        put(Some(k), Some(&map), &caption_of(name, m, &codes));
        shown.push(map);
    }
    html + "</div>\n"
}

/// What is said below a picture of codes.
fn caption_of(name: &str, measured: &Measured, codes: &Codes) -> String {
    let why = measured.why.as_ref();
    let choice = why.and_then(|why| why.choices.first());
    let choice = choice.map_or("", |(c, _)| c);
    let predictor = name.split(" × ").next().unwrap_or(name);
    let told = if predictor.starts_with("auto") {
        format!("{predictor}, which chose {choice}")
    } else {
        predictor.into()
    };
    format!(
        "codes of {told}: {:.0} % zero, {} bits, {} told by neighbours",
        codes.zero_share * 100.0,
        digits(codes.entropy),
        digits(codes.structure())
    )
}
