//! One row per case, for spreadsheets and scripts.

use super::results::{Measured, Results};

type Column = (&'static str, fn(&Measured) -> Option<f64>);

const COLUMNS: [Column; 25] = [
    ("stored_bytes", |m| Some(m.stored_bytes as f64)),
    ("ratio", |m| Some(m.ratio)),
    ("ratio_with_models", |m| Some(m.ratio_with_models)),
    ("bits_per_value", |m| Some(m.bits_per_value)),
    ("encode_seconds", |m| Some(m.encode_seconds)),
    ("decode_seconds", |m| Some(m.decode_seconds)),
    ("peak_bytes", |m| m.peak_bytes.map(|bytes| bytes as f64)),
    ("values_broken", |m| Some(m.quality.kept.broken as f64)),
    ("specials_changed", |m| Some(m.quality.kept.changed as f64)),
    ("max_error", |m| m.quality.max_error),
    ("max_over_bound", |m| m.quality.max_over_bound),
    ("bias", |m| Some(m.quality.bias)),
    ("rms", |m| Some(m.quality.rms)),
    ("psnr", |m| m.quality.psnr),
    ("pearson", |m| m.quality.pearson),
    ("dssim_worst", |m| m.quality.dssim.map(|d| d.worst)),
    ("ssim_mean", |m| m.quality.ssim.map(|s| s.mean)),
    ("gradient_error", |m| m.quality.gradient_error),
    ("error_distance", |m| {
        m.quality.errors.as_ref().map(|e| e.distance)
    }),
    ("zero_share", |m| {
        m.why.as_ref()?.codes.as_ref().map(|c| c.zero_share)
    }),
    ("entropy", |m| {
        m.why.as_ref()?.codes.as_ref().map(|c| c.entropy)
    }),
    ("conditional_entropy", |m| {
        m.why
            .as_ref()?
            .codes
            .as_ref()
            .map(|c| c.conditional_entropy)
    }),
    ("chance_entropy", |m| {
        m.why.as_ref()?.codes.as_ref().map(|c| c.chance_entropy)
    }),
    ("codes_morans_i", |m| {
        m.why.as_ref()?.codes.as_ref()?.morans_i
    }),
    ("side_bytes", |m| {
        m.why.as_ref().map(|w| w.bytes.side as f64)
    }),
];

/// Every case as a row of comma-separated values.
pub fn of(results: &Results) -> String {
    let mut text = "field,asked,bound,contender,status".to_owned();
    COLUMNS.iter().for_each(|(head, _)| {
        text.push(',');
        text.push_str(head);
    });
    text.push('\n');
    for row in &results.rows {
        let named = [
            quoted(&row.field),
            row.asked.to_string(),
            row.bound.to_string(),
            quoted(&row.contender),
            row.status.name().into(),
        ];
        text.push_str(&named.join(","));
        for (_, of) in COLUMNS {
            text.push(',');
            if let Some(value) = row.measured.as_ref().and_then(of) {
                text.push_str(&value.to_string());
            }
        }
        text.push('\n');
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_commas_are_quoted() {
        assert_eq!(quoted("raster:past=1,bands=2"), "\"raster:past=1,bands=2\"");
        assert_eq!(quoted("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(quoted("spline × huffman"), "spline × huffman");
    }
}
