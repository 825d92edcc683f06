//! What the stream of an array says of itself, for people.

use std::fmt::Write;

use foresz::Info;

use super::summary;

/// The models that a stream was made with, and what they take.
fn models(info: &Info) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    for model in &info.models {
        let made = match model.made.as_str() {
            "" => "the exact runtime",
            made => made,
        };
        let size = summary::bytes(model.bytes);
        rows.push(("model", format!("{}, {size}, made on {made}", model.name)));
        rows.push(("", format!("sha256 {}", model.sha256)));
        if model.stored_bytes > 0 {
            rows.push(("", format!("stored: {} bytes", model.stored_bytes)));
        }
    }
    let part = |bytes: u64| {
        let part = 100.0 * bytes as f64 / info.stream_bytes as f64;
        format!("{}, {part:.1} % of the stream", summary::bytes(bytes))
    };
    if info.models.iter().any(|m| m.guarded) {
        rows.push(("guard band", part(info.guard_bytes)));
    } else if !info.models.is_empty() {
        let exact = "not needed: the same bits everywhere";
        rows.push(("guard band", exact.into()));
    }
    if info.latent_bytes > 0 {
        rows.push(("latents", part(info.latent_bytes)));
    }
    rows
}

pub(crate) fn describe(input: &str, info: &Info) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let mut row = |label: &str, value: &str| writeln!(text, "{label:<12}{value}");
    row(
        "stream",
        &format!("{input}, format version {}", info.format_version),
    )?;
    row(
        "field",
        &format!(
            "{} {}, {}",
            info.dtype,
            summary::shape(&info.shape),
            summary::bytes(info.raw_bytes)
        ),
    )?;
    row("dimensions", &dimensions(info))?;
    row(
        "chunks",
        &format!("{} of {}", info.chunks, summary::shape(&info.chunk)),
    )?;
    row("bound", &bound(info))?;
    row("max error", &format!("{}", info.max_error))?;
    let predictors: Vec<String> = info
        .predictors
        .iter()
        .map(|(spec, chunks)| {
            let spec = summary::spec(spec);
            format!("{spec} ({chunks} of {} chunks)", info.chunks)
        })
        .collect();
    row("predictors", &predictors.join(", "))?;
    if info.lattice > 0.0 {
        row("lattice", &lattice(info))?;
    }
    for (label, value) in models(info) {
        row(label, &value)?;
    }
    row("previews", &previews(info))?;
    row("effort", info.effort.name())?;
    row("back ends", &info.backends.join(", "))?;
    if !info.fills.is_empty() {
        let fills: Vec<String> = info.fills.iter().map(f64::to_string).collect();
        row("fill values", &fills.join(", "))?;
    }
    for (i, (key, value)) in info.attributes.iter().enumerate() {
        row(
            if i == 0 { "attributes" } else { "" },
            &format!("{key} = {value}"),
        )?;
    }
    for (label, value) in size(info) {
        row(label, &value)?;
    }
    Ok(text)
}

fn lattice(info: &Info) -> String {
    let coarser = if info.lattice > 2.0 * info.bound {
        ", coarser than the bound: nothing was lost"
    } else {
        ""
    };
    format!("values are multiples of {}{coarser}", info.lattice)
}

/// How large it is, with models and without.
fn size(info: &Info) -> Vec<(&'static str, String)> {
    let size = summary::bytes(info.stream_bytes);
    let ratio = summary::number(info.ratio);
    let bits = summary::number(info.bits_per_value);
    let mut rows = vec![("size", format!("{size}, ratio {ratio}, {bits} bits/value"))];
    if info.models.iter().any(|m| m.stored_bytes == 0) {
        let with = summary::number(info.ratio_with_models);
        rows.push(("", format!("ratio {with} with the weights of the model")));
    }
    if info.models.iter().any(|m| m.stored_bytes > 0) {
        let without = summary::number(info.ratio_without_models);
        rows.push(("", format!("ratio {without} without the stored model")));
    }
    rows
}

fn dimensions(info: &Info) -> String {
    let dimension = |(i, (name, length)): (usize, (&String, &usize))| {
        let time = if info.time == Some(i) { " is time" } else { "" };
        let name = if name.is_empty() {
            format!("[{i}]")
        } else {
            name.clone()
        };
        format!("{name} {length}{time}")
    };
    info.dims
        .iter()
        .zip(&info.shape)
        .enumerate()
        .map(dimension)
        .collect::<Vec<_>>()
        .join(", ")
}

fn previews(info: &Info) -> String {
    match info.preview_levels {
        0 => "take as long as the whole field".into(),
        level => format!("take their share of the time up to level {level}"),
    }
}

fn bound(info: &Info) -> String {
    let asked = summary::bound(info.asked);
    match info.asked {
        foresz::Bound::RangeRelative(_) | foresz::Bound::Psnr(_) => {
            format!("{asked}, kept by an absolute {}", info.bound)
        }
        _ => asked,
    }
}
