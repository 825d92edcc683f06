//! Predictors as text: `lorenzo:order=2`, `persistence+spline`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a user asks for: parts joined by `+`, each coding what the one before
/// left.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Spec {
    /// From left to right; never empty.
    pub parts: Vec<Part>,
}

/// One predictor with its parameters: `name:key=value,key=value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Part {
    /// Name in the registry.
    pub name: String,
    /// In the order given.
    pub params: Vec<(String, String)>,
}

impl FromStr for Spec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let pieces = split_outside_quotes(text, '+');
        let parts = pieces
            .into_iter()
            .map(|piece| parse_part(text, piece))
            .collect::<Result<_>>()?;
        Ok(Spec { parts })
    }
}

fn parse_part(text: &str, piece: &str) -> Result<Part> {
    let wrong = |reason: &str| Error::Syntax {
        text: text.into(),
        reason: reason.into(),
    };
    let (name, rest) = match piece.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (piece, None),
    };
    let word = |w: &str| {
        !w.is_empty()
            && w.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if !word(name) {
        return Err(wrong(
            "expected name:key=value,… parts joined by '+', names of letters, digits, '-' and '_'",
        ));
    }
    let mut params: Vec<(String, String)> = Vec::new();
    for pair in rest
        .map(|r| split_outside_quotes(r, ','))
        .unwrap_or_default()
    {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong("a parameter is written key=value"))?;
        if !word(key) {
            return Err(wrong(
                "a parameter's name is made of letters, digits, '-' and '_'",
            ));
        }
        if params.iter().any(|(k, _)| k == key) {
            return Err(wrong("a parameter is given twice"));
        }
        let value = unquote(value).ok_or_else(|| {
            wrong("a value with , + or \" in it is written in double quotes, quotes in it doubled")
        })?;
        params.push((key.into(), value));
    }
    Ok(Part {
        name: name.into(),
        params,
    })
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted) = (Vec::new(), 0, false);
    for (i, c) in text.char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if c == separator && !quoted {
            pieces.push(&text[start..i]);
            start = i + c.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn needs_quotes(value: &str) -> bool {
    value.is_empty() || value.contains(['"', ',', '+'])
}

fn unquote(value: &str) -> Option<String> {
    let Some(rest) = value.strip_prefix('"') else {
        return (!needs_quotes(value)).then(|| value.into());
    };
    let inner = rest.strip_suffix('"')?;
    let plain = inner.replace("\"\"", "\u{0}");
    (!plain.contains('"')).then(|| plain.replace('\u{0}', "\""))
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)?;
        for (i, (key, value)) in self.params.iter().enumerate() {
            let separator = if i == 0 { ':' } else { ',' };
            if needs_quotes(value) {
                write!(f, "{separator}{key}=\"{}\"", value.replace('"', "\"\""))?;
            } else {
                write!(f, "{separator}{key}={value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            if i > 0 {
                f.write_str("+")?;
            }
            part.fmt(f)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Spec {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Spec> for String {
    fn from(spec: Spec) -> String {
        spec.to_string()
    }
}

/// Reads the parameters of a part and complains of what is wrong with them.
#[derive(Debug)]
pub struct Params<'a> {
    part: &'a Part,
}

impl<'a> Params<'a> {
    /// The parameters of `part`.
    pub fn new(part: &'a Part) -> Self {
        Params { part }
    }

    /// The text of a parameter, if it is given.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.part
            .params
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }

    /// A whole number within `range`, or `default`.
    pub fn integer(
        &mut self,
        key: &str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<usize> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|n| range.contains(n))
            .ok_or_else(|| {
                self.wrong(format!(
                    "{key}={text} is not a whole number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }

    /// A number within `range`, or `default`.
    pub fn number(&mut self, key: &str, default: f64, range: RangeInclusive<f64>) -> Result<f64> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|n| range.contains(n))
            .ok_or_else(|| {
                self.wrong(format!(
                    "{key}={text} is not a number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }

    /// The position of the value among `choices`, or 0.
    pub fn choice(&mut self, key: &str, choices: &[&str]) -> Result<usize> {
        let Some(text) = self.text(key) else {
            return Ok(0);
        };
        choices.iter().position(|c| *c == text).ok_or_else(|| {
            self.wrong(format!(
                "{key}={text} is not one of: {}",
                choices.join(", ")
            ))
        })
    }

    /// Refuses parameters that are not in `known`.
    pub fn finish(self, known: &[&str]) -> Result<()> {
        match self
            .part
            .params
            .iter()
            .find(|(k, _)| !known.contains(&k.as_str()))
        {
            None => Ok(()),
            Some((key, _)) if known.is_empty() => {
                Err(self.wrong(format!("it takes no parameters, not even {key:?}")))
            }
            Some((key, _)) => Err(self.wrong(format!(
                "no parameter {key:?}; there are: {}",
                known.join(", ")
            ))),
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Parameter {
            predictor: self.part.name.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in [
            "zero",
            "lorenzo:order=2",
            "persistence+spline:kernel=linear,levels=3",
            "forecast:model=\"a+b,\"\"c\"\"\"+zero",
        ] {
            let spec: Spec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec.to_string().parse::<Spec>().unwrap(), spec);
        }
        let spec: Spec = "forecast:model=\"a+b\"+zero".parse().unwrap();
        assert_eq!(spec.parts[0].params[0].1, "a+b");
    }

    #[test]
    fn bad_text_is_refused() {
        for text in [
            "",
            "+",
            "a+",
            "a:",
            "a:b",
            "a:=1",
            "a:b=1,b=2",
            "a:b=\"1",
            "a b",
            "a:b=\"x\"y",
        ] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
    }
}
