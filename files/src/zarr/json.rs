//! JSON as Zarr has it: with numbers that are none.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Stands for a number that JSON does not know, within a text that nobody writes.
const MARK: &str = "\u{0}";
const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Reads what Python writes: `NaN` and infinities may stand where numbers do.
pub(super) fn parse(bytes: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::Damaged("metadata are no text in UTF-8".into()))?;
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&marked(text)));
    parsed.map_err(|e| Error::Damaged(format!("metadata are no JSON: {e}")))
}

/// Puts words that JSON does not know into texts of their own.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut quoted, mut escaped) = (text, false, false);
    while let Some(next) = rest.chars().next() {
        let word = WORDS.iter().find(|w| !quoted && rest.starts_with(**w));
        if let Some(word) = word {
            out.extend(["\"\\u0000", word, "\""]);
            rest = &rest[word.len()..];
            continue;
        }
        quoted ^= next == '"' && !escaped;
        escaped = quoted && next == '\\' && !escaped;
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}

/// Writes what Python reads.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}");
    for word in WORDS {
        text = text.replace(&format!("\"\\u0000{word}\""), word);
    }
    text.into_bytes()
}

/// A number, which JSON may not know.
pub(super) fn number(x: f64) -> Value {
    serde_json::Number::from_f64(x)
        .map_or_else(|| format!("{MARK}{}", word(x)).into(), Value::Number)
}

/// What a number that JSON does not know is called.
pub(super) fn word(x: f64) -> &'static str {
    match x {
        _ if x.is_nan() => "NaN",
        _ if x > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// A number, as itself or as the text that stands for it.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => match text.trim_start_matches(MARK) {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is a number that JSON does not know, and not a text.
pub(super) fn is_marked(value: &Value) -> bool {
    value.as_str().is_some_and(|t| t.starts_with(MARK))
}

/// The members of an object.
pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>> {
    let found = value.as_object();
    found.ok_or_else(|| Error::Damaged(format!("{what} is no object")))
}

/// A member that has to be there.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Result<&'a Value> {
    let found = value.get(name);
    found.ok_or_else(|| Error::Damaged(format!("metadata have no {name}")))
}

/// A member that has to be a list of lengths.
pub(super) fn lengths(value: &Value, name: &str) -> Result<Vec<usize>> {
    let list = member(value, name)?.as_array();
    let length = |v: &Value| usize::try_from(v.as_u64()?).ok();
    let found = list.and_then(|list| list.iter().map(length).collect());
    found.ok_or_else(|| Error::Damaged(format!("{name} is no list of lengths")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none() {
        let text = br#"{"a": NaN, "b": [1, -Infinity], "c": "NaN \" Infinity"}"#;
        let value = parse(text).unwrap();
        assert!(as_number(&value["a"]).unwrap().is_nan());
        assert_eq!(as_number(&value["b"][1]), Some(f64::NEG_INFINITY));
        assert_eq!(value["c"], "NaN \" Infinity");
        let again = String::from_utf8(write(&value)).unwrap();
        assert!(again.contains("\"a\": NaN"), "{again}");
        assert!(parse(b"{\"a\": ").is_err());
        assert!(parse(b"\xff").is_err());
    }
}
