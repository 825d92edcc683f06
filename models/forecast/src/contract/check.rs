//! Whether a contract makes sense. Complaints name the field.

use super::wiring::{Feed, Get, Kind, Plane, Slot, Wiring};
use super::{Channel, Contract, Forcing, Numbers, Static, Variable};
use crate::calendar;
use crate::found::FORECAST;

type Checked<T> = std::result::Result<T, String>;

/// More of anything is a mistake.
const MOST: usize = 4096;
const MOST_HISTORY: usize = 64;

impl Contract {
    /// Works the contract out, or says which field is wrong.
    pub(crate) fn wire(&self) -> Checked<Wiring> {
        word("name", &self.name)?;
        if self.kind.as_deref().is_some_and(|kind| kind != FORECAST) {
            return Err(format!(
                "kind = {:?}: this is not a model for forecasts",
                self.kind.as_deref().unwrap_or_default()
            ));
        }
        hash("weights.sha256", &self.weights.sha256)?;
        plain_file("weights.file", &self.weights.file, true)?;
        self.check_grid()?;
        if !(1..=MOST_HISTORY).contains(&self.time.history) {
            return Err(format!(
                "time.history = {}: a model looks back on 1 to {MOST_HISTORY} frames",
                self.time.history
            ));
        }
        let step = match &self.time.step {
            Some(text) => Some(calendar::duration(text).map_err(|e| format!("time.step: {e}"))?),
            None => None,
        };
        self.statics.iter().enumerate().try_for_each(check_static)?;
        let slots = self.slots()?;
        let wiring = Wiring {
            feeds: self.feeds(&slots)?,
            gets: self.gets(&slots)?,
            slots,
            step,
        };
        Ok(wiring)
    }

    fn check_grid(&self) -> Checked<()> {
        let lengths = [
            ("grid.rows", self.grid.rows),
            ("grid.columns", self.grid.columns),
        ];
        for (field, length) in lengths {
            if length == Some(0) {
                return Err(format!("{field} = 0: a grid has at least one"));
            }
        }
        let axes = [
            ("grid.latitudes", self.grid.latitudes),
            ("grid.longitudes", self.grid.longitudes),
        ];
        for (field, axis) in axes {
            if axis.is_some_and(|[first, step]| !first.is_finite() || !step.is_normal()) {
                return Err(format!("{field}: expected [first, step] with a step"));
            }
        }
        Ok(())
    }

    fn slots(&self) -> Checked<Vec<Slot>> {
        let mut slots: Vec<Slot> = Vec::new();
        for (i, variable) in self.variables.iter().enumerate() {
            let field = format!("variables[{i}]");
            word(&format!("{field}.name"), &variable.name)?;
            if slots.iter().any(|s| s.variable == variable.name) {
                return Err(format!("{field}.name: {:?} is there twice", variable.name));
            }
            slots.extend(slots_of(&field, variable)?);
        }
        match slots.len() {
            0 => Err("variables: there is none".into()),
            n if n > MOST => Err(format!("variables: {n} levels in all, {MOST} are the most")),
            _ => Ok(slots),
        }
    }

    fn feeds(&self, slots: &[Slot]) -> Checked<Vec<Feed>> {
        if self.inputs.is_empty() {
            return Err("inputs: there is none".into());
        }
        let mut feeds: Vec<Feed> = Vec::new();
        for (i, input) in self.inputs.iter().enumerate() {
            let mut planes = Vec::new();
            for (k, channel) in input.channels.iter().enumerate() {
                let planes_of = self.planes(channel, slots);
                planes.extend(planes_of.map_err(|e| format!("inputs[{i}].channels[{k}]{e}"))?);
            }
            if planes.is_empty() || planes.len() > MOST {
                return Err(format!(
                    "inputs[{i}].channels: {} planes; a tensor holds 1 to {MOST}",
                    planes.len()
                ));
            }
            if feeds.iter().any(|f| f.tensor == input.tensor) {
                return Err(format!(
                    "inputs[{i}].tensor: {:?} is there twice",
                    input.tensor
                ));
            }
            feeds.push(Feed {
                tensor: input.tensor.clone(),
                layout: input.layout,
                shape: input.shape.clone(),
                planes,
            });
        }
        Ok(feeds)
    }

    fn planes(&self, channel: &Channel, slots: &[Slot]) -> Checked<Vec<Plane>> {
        match (&channel.variable, channel.forcing, &channel.fixed) {
            (Some(variable), None, None) => self.values(channel, variable, slots),
            (variable, Some(forcing), None) => {
                let slot = match (forcing, variable) {
                    (Forcing::LogBound, Some(name)) => slots_named(slots, name, channel.level)?[0],
                    (Forcing::LogBound, None) => {
                        return Err(".forcing: log_bound is of a variable; add variable = …".into());
                    }
                    (_, None) => 0,
                    (_, Some(_)) => return Err(".variable: this forcing has none".into()),
                };
                let steps = self.steps(channel, &[1], 1)?;
                let plane = |step| Plane::Forcing {
                    forcing,
                    step,
                    slot,
                };
                Ok(steps.into_iter().map(plane).collect())
            }
            (None, None, Some(name)) => {
                let found = self.statics.iter().position(|s| s.name == *name);
                let found =
                    found.ok_or_else(|| format!(".static: {name:?} is not among the statics"))?;
                Ok(vec![Plane::Static(found)])
            }
            _ => Err(": expected exactly one of variable, forcing and static".into()),
        }
    }

    fn values(&self, channel: &Channel, variable: &str, slots: &[Slot]) -> Checked<Vec<Plane>> {
        let of_variable = slots_named(slots, variable, channel.level)?;
        let mut planes = Vec::new();
        for step in self.steps(channel, &[0], 0)? {
            let since = channel.minus;
            if let Some(since) = since {
                self.check_step(".minus", since, 0)?;
                if since >= step {
                    return Err(format!(".minus = {since}: it has to be before {step}"));
                }
            }
            planes.extend(of_variable.iter().map(|&slot| match since {
                Some(since) => Plane::Change { slot, step, since },
                None => Plane::Value { slot, step },
            }));
        }
        Ok(planes)
    }

    fn steps(&self, channel: &Channel, usual: &[i64], last: i64) -> Checked<Vec<i64>> {
        let steps = channel.steps.as_deref().unwrap_or(usual);
        for step in steps {
            self.check_step(".steps", *step, last)?;
        }
        Ok(steps.to_vec())
    }

    fn check_step(&self, field: &str, step: i64, last: i64) -> Checked<()> {
        let first = 1 - self.time.history as i64;
        if (first..=last).contains(&step) {
            return Ok(());
        }
        Err(format!(
            "{field}: step {step} is not from {first} to {last} (time.history is {})",
            self.time.history
        ))
    }

    fn gets(&self, slots: &[Slot]) -> Checked<Vec<Get>> {
        let mut gets = Vec::new();
        let mut given = vec![false; slots.len()];
        for (i, output) in self.outputs.iter().enumerate() {
            let mut out = Vec::new();
            for (k, channel) in output.channels.iter().enumerate() {
                let field = format!("outputs[{i}].channels[{k}]");
                let Channel {
                    variable: Some(variable),
                    level,
                    steps: None,
                    minus: None,
                    forcing: None,
                    fixed: None,
                } = channel
                else {
                    return Err(format!(
                        "{field}: an output is of a variable, at a level if it has some, and nothing else"
                    ));
                };
                let found =
                    slots_named(slots, variable, *level).map_err(|e| format!("{field}{e}"))?;
                for &slot in &found {
                    if std::mem::replace(&mut given[slot], true) {
                        return Err(format!("{field}: {} comes out twice", slots[slot]));
                    }
                }
                out.extend(found);
            }
            if out.is_empty() {
                return Err(format!("outputs[{i}].channels: there is none"));
            }
            if output.kind == Kind::Increment
                && output.normalised
                && let Some(slot) = out.iter().find(|s| slots[**s].increment_std == 0.0)
            {
                return Err(format!(
                    "variables: {} needs increment_std, since output {:?} is a normalised increment",
                    slots[*slot].variable, output.tensor
                ));
            }
            gets.push(Get {
                tensor: output.tensor.clone(),
                layout: output.layout,
                kind: output.kind,
                normalised: output.normalised,
                slots: out,
            });
        }
        if gets.is_empty() {
            return Err("outputs: there is none".into());
        }
        Ok(gets)
    }
}

fn check_static((i, fixed): (usize, &Static)) -> Checked<()> {
    word(&format!("statics[{i}].name"), &fixed.name)?;
    plain_file(&format!("statics[{i}].file"), &fixed.file, false)?;
    hash(&format!("statics[{i}].sha256"), &fixed.sha256)?;
    if fixed.mean.is_finite() && fixed.std.is_normal() {
        return Ok(());
    }
    Err(format!(
        "statics[{i}]: mean and std have to be numbers, std not 0"
    ))
}

fn slots_of(field: &str, variable: &Variable) -> Checked<Vec<Slot>> {
    let levels: Vec<Option<f64>> = match variable.levels.as_slice() {
        [] => vec![None],
        levels => levels.iter().copied().map(Some).collect(),
    };
    if variable.levels.iter().any(|l| !l.is_finite()) {
        return Err(format!("{field}.levels: not all are numbers"));
    }
    let count = levels.len();
    let each = |name: &str, numbers: &Numbers| {
        let numbers = match numbers {
            Numbers::One(x) => vec![*x; count],
            Numbers::Each(each) => each.clone(),
        };
        if numbers.len() != count {
            return Err(format!(
                "{field}.{name}: {} numbers for {count} levels",
                numbers.len()
            ));
        }
        Ok(numbers)
    };
    let (mean, std) = (each("mean", &variable.mean)?, each("std", &variable.std)?);
    let increments = match &variable.increment_std {
        Some(numbers) => each("increment_std", numbers)?,
        None => vec![0.0; count],
    };
    if mean.iter().any(|x| !x.is_finite()) {
        return Err(format!("{field}.mean: not a number"));
    }
    let scale = |x: &f64| x.is_normal() && *x > 0.0;
    if !std.iter().all(scale) {
        return Err(format!("{field}.std: has to be positive"));
    }
    if variable.increment_std.is_some() && !increments.iter().all(scale) {
        return Err(format!("{field}.increment_std: has to be positive"));
    }
    let slot = |(k, level)| Slot {
        variable: variable.name.clone(),
        level,
        units: variable.units.clone(),
        mean: mean[k],
        std: std[k],
        increment_std: increments[k],
    };
    Ok(levels.into_iter().enumerate().map(slot).collect())
}

fn slots_named(slots: &[Slot], variable: &str, level: Option<f64>) -> Checked<Vec<usize>> {
    let of_variable = |s: &&(usize, &Slot)| s.1.variable == variable;
    let all: Vec<(usize, &Slot)> = slots.iter().enumerate().collect();
    let named: Vec<_> = all.iter().filter(of_variable).collect();
    if named.is_empty() {
        return Err(format!(
            ".variable: {variable:?} is not among the variables"
        ));
    }
    let at: Vec<usize> = named
        .iter()
        .filter(|(_, s)| level.is_none() || s.level == level)
        .map(|(i, _)| *i)
        .collect();
    match (at.is_empty(), level) {
        (true, Some(level)) => Err(format!(".level: {variable} has no level {level}")),
        _ => Ok(at),
    }
}

pub(crate) fn word(field: &str, text: &str) -> Checked<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.len() <= 100 && text.chars().all(fits) {
        return Ok(());
    }
    Err(format!(
        "{field} = {text:?}: expected letters, digits, '-', '_' and '.'"
    ))
}

pub(crate) fn hash(field: &str, text: &str) -> Checked<()> {
    let fits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if text.len() == 64 && text.chars().all(fits) {
        return Ok(());
    }
    Err(format!(
        "{field} = {text:?}: expected 64 hexadecimal digits in lower case"
    ))
}

/// A contract names files beside it and no others.
pub(crate) fn plain_file(field: &str, name: &str, may_lack: bool) -> Checked<()> {
    let mut parts = std::path::Path::new(name).components();
    let one = matches!(
        (parts.next(), parts.next()),
        (Some(std::path::Component::Normal(_)), None)
    );
    if one || (may_lack && name.is_empty()) {
        return Ok(());
    }
    Err(format!(
        "{field} = {name:?}: expected the name of a file in the folder of the contract"
    ))
}
