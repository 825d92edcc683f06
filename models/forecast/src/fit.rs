//! Where the frames of a field lie on the grid of a model, and which of their slices are
//! its variables and levels.

use foresz_predictors::Scene;

use crate::calendar;
use crate::contract::{Contract, Forcing, Grid, Keep, Slot, Wiring};
use crate::forcing::Places;

/// Names of the dimension whose indices are variables.
const VARIABLES: [&str; 3] = ["variable", "variables", "var"];
/// Coordinates agree if they differ by less than this part of a step.
const CLOSE: f64 = 0.01;

/// A field seen as a model sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fit {
    /// Rows and columns of a frame.
    pub(crate) frame: (usize, usize),
    /// Row of the frame for each row of the model.
    pub(crate) rows: Vec<usize>,
    /// Column of the frame for each column of the model.
    pub(crate) columns: Vec<usize>,
    /// Slice of the frame for each slot of the model.
    pub(crate) slices: Vec<usize>,
    /// Latitude of each row of the model, in degrees; empty if nobody says.
    pub(crate) latitudes: Vec<f64>,
    /// Longitude of each column of the model.
    pub(crate) longitudes: Vec<f64>,
    /// When the first frame of the scene is valid.
    start: Option<i64>,
    step: Option<i64>,
}

impl Fit {
    /// Where the cells of the model lie.
    pub(crate) fn places(&self) -> Places<'_> {
        Places {
            rows: self.rows.len(),
            columns: self.columns.len(),
            latitudes: &self.latitudes,
            longitudes: &self.longitudes,
        }
    }

    /// Fits a model to the field that a scene is part of, or says what does not fit.
    pub(crate) fn new(contract: &Contract, wiring: &Wiring, scene: &Scene) -> Result<Fit, String> {
        let time = scene.time.ok_or("the field has no time")?;
        let mut dims: Vec<usize> = (0..scene.shape.len()).filter(|d| *d != time).collect();
        let (Some(column), Some(row)) = (dims.pop(), dims.pop()) else {
            return Err("it forecasts frames of rows and columns; the field has none".into());
        };
        let origin = |d: usize| scene.place.origin.get(d).copied().unwrap_or(0);
        if dims.iter().chain([&row, &column]).any(|d| origin(*d) > 0) {
            return Err("it needs whole frames: let chunks divide time alone".into());
        }
        let attribute = |key| scene.place.attribute(key);
        let frame = (scene.shape[row], scene.shape[column]);
        let latitudes = Axis::of_field(attribute("latitudes"), frame.0, "latitudes")?;
        let longitudes = Axis::of_field(attribute("longitudes"), frame.1, "longitudes")?;
        let rows = rows(&contract.grid, latitudes, frame.0)?;
        let columns = columns(&contract.grid, longitudes, frame.1)?;
        let of_model = |axis: Option<[f64; 2]>, own: Option<Axis>, places: &[usize]| {
            let model = axis.map(|[first, step]| Axis { first, step });
            match (model, own) {
                (Some(model), _) => (0..places.len()).map(|i| model.at(i)).collect(),
                (None, Some(own)) => places.iter().map(|i| own.at(*i)).collect(),
                (None, None) => Vec::new(),
            }
        };
        let fit = Fit {
            frame,
            latitudes: of_model(contract.grid.latitudes, latitudes, &rows),
            longitudes: of_model(contract.grid.longitudes, longitudes, &columns),
            rows,
            columns,
            slices: slices(wiring, scene, &dims)?,
            start: None,
            step: None,
        };
        fit.in_time(wiring, scene, origin(time))
    }

    fn in_time(mut self, wiring: &Wiring, scene: &Scene, origin: usize) -> Result<Fit, String> {
        let attribute = |key| scene.place.attribute(key);
        let step = attribute("step").map(calendar::duration).transpose()?;
        if let (Some(own), Some(step)) = (step, wiring.step)
            && own != step
        {
            return Err(format!(
                "its steps are {step} s, those of the field {own} s (attribute step)"
            ));
        }
        self.step = step.or(wiring.step);
        let start = attribute("start").map(calendar::time).transpose()?;
        self.start = match (start, self.step) {
            (Some(start), Some(step)) => (origin as i64)
                .checked_mul(step)
                .and_then(|passed| start.checked_add(passed)),
            _ => None,
        };
        let lacks = |needs: fn(Forcing) -> bool| wiring.forcings().any(needs);
        if self.start.is_none() && lacks(Forcing::needs_time) {
            return Err("it has to know the time: give the attributes start=2018-06-01T00:00 (UTC) and step=6h".into());
        }
        if self.latitudes.is_empty() && lacks(Forcing::needs_latitude) {
            return Err("it has to know latitudes: give the attribute latitudes=FIRST:LAST".into());
        }
        if self.longitudes.is_empty() && lacks(Forcing::needs_longitude) {
            return Err(
                "it has to know longitudes: give the attribute longitudes=FIRST:LAST".into(),
            );
        }
        Ok(self)
    }

    /// When a frame is valid, counted from the first of the scene.
    pub(crate) fn time_of(&self, index: i64) -> Option<i64> {
        self.start?.checked_add(self.step?.checked_mul(index)?)
    }

    /// Cells of a plane of the model.
    pub(crate) fn cells(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Samples of a slice of the frame.
    pub(crate) fn slice_len(&self) -> usize {
        self.frame.0 * self.frame.1
    }
}

/// Equidistant coordinates.
#[derive(Debug, Clone, Copy)]
struct Axis {
    first: f64,
    step: f64,
}

impl Axis {
    /// From `FIRST:LAST`.
    fn of_field(text: Option<&str>, count: usize, key: &str) -> Result<Option<Axis>, String> {
        let Some(text) = text else { return Ok(None) };
        let number = |n: &str| n.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let ends = text
            .split_once(':')
            .and_then(|(first, last)| Some((number(first)?, number(last)?)));
        match ends {
            Some((first, last)) if count > 1 && first != last => Ok(Some(Axis {
                first,
                step: (last - first) / (count - 1) as f64,
            })),
            _ => Err(format!(
                "attribute {key}={text}: expected FIRST:LAST in degrees"
            )),
        }
    }

    fn at(self, index: usize) -> f64 {
        self.first + index as f64 * self.step
    }

    /// Where a coordinate lies in steps from the first.
    fn place(self, coordinate: f64) -> Option<i64> {
        let steps = (coordinate - self.first) / self.step;
        let whole = (steps + 0.5).floor();
        ((steps - whole).abs() < CLOSE).then_some(whole as i64)
    }
}

fn rows(grid: &Grid, own: Option<Axis>, count: usize) -> Result<Vec<usize>, String> {
    let wanted = grid.rows.unwrap_or(count);
    if wanted > count {
        return Err(format!("it takes {wanted} rows, the field has {count}"));
    }
    if let (Some([first, step]), Some(own)) = (grid.latitudes, own) {
        let model = Axis { first, step };
        let place = |i| {
            let at = own.place(model.at(i))?;
            usize::try_from(at).ok().filter(|row| *row < count)
        };
        let rows: Option<Vec<usize>> = (0..wanted).map(place).collect();
        return rows.ok_or_else(|| {
            format!(
                "its latitudes are {first}, {}, …; those of the field {}, {}, … do not hold them",
                model.at(1),
                own.first,
                own.at(1)
            )
        });
    }
    let from = match grid.keep {
        Keep::First => 0,
        Keep::Last => count - wanted,
    };
    Ok((from..from + wanted).collect())
}

fn columns(grid: &Grid, own: Option<Axis>, count: usize) -> Result<Vec<usize>, String> {
    let wanted = grid.columns.unwrap_or(count);
    if wanted != count {
        return Err(format!("it takes {wanted} columns, the field has {count}"));
    }
    let (Some([first, step]), Some(own)) = (grid.longitudes, own) else {
        return Ok((0..count).collect());
    };
    let model = Axis { first, step };
    // Longitudes come round: 350 is −10.
    let round = (360.0 / own.step).abs();
    let place = |i| {
        let at = own.place(model.at(i))?;
        let at = if (round - count as f64).abs() < CLOSE {
            at.rem_euclid(count as i64)
        } else {
            at
        };
        usize::try_from(at).ok().filter(|column| *column < count)
    };
    let columns: Option<Vec<usize>> = (0..count).map(place).collect();
    columns.ok_or_else(|| {
        format!(
            "its longitudes are {first}, {}, …; those of the field {}, {}, … do not hold them",
            model.at(1),
            own.first,
            own.at(1)
        )
    })
}

/// Which slices of a frame are what. `dims` are the dimensions before rows and columns.
fn slices(wiring: &Wiring, scene: &Scene, dims: &[usize]) -> Result<Vec<usize>, String> {
    let name = |d: usize| scene.place.dims.get(d).map_or("", String::as_str);
    let is_variable = |d: &&usize| VARIABLES.contains(&name(**d));
    let (variable, level) = match dims {
        [] => (None, None),
        [d] if is_variable(&d) => (Some(*d), None),
        [d] => (None, Some(*d)),
        [d, e] => match (is_variable(&d), is_variable(&e)) {
            (true, false) => (Some(*d), Some(*e)),
            (false, true) => (Some(*e), Some(*d)),
            _ => {
                return Err(
                    "one of the dimensions before rows and columns has to be called variable"
                        .into(),
                );
            }
        },
        _ => {
            return Err(format!(
                "it cannot tell apart {} dimensions before rows and columns",
                dims.len()
            ));
        }
    };
    let length = |d: Option<usize>| d.map_or(1, |d| scene.shape[d]);
    let variables = variables(wiring, scene, length(variable))?;
    let levels = levels(wiring, scene, level.map(|d| scene.shape[d]))?;
    // The first of the dimensions varies slowest.
    let variable_first = variable < level;
    let index = |v: usize, l: usize| {
        if variable_first {
            v * length(level) + l
        } else {
            l * length(variable) + v
        }
    };
    let slice = |slot: &Slot| {
        let label = slot.label();
        if level.is_none()
            && let Some(v) = variables.iter().position(|name| *name == label)
        {
            return Ok(v);
        }
        let v = variables.iter().position(|name| *name == slot.variable);
        let v = v.ok_or_else(|| {
            format!(
                "it forecasts {}, which the field lacks; it holds {}",
                slot.variable,
                variables.join(", ")
            )
        })?;
        let l = match slot.level {
            None => Some(0),
            Some(level) => levels.iter().position(|l| *l == level),
        };
        let l = l.ok_or_else(|| {
            format!("it forecasts {slot}, a level that the field lacks; it holds {levels:?}")
        })?;
        Ok(index(v, l))
    };
    wiring.slots.iter().map(slice).collect()
}

fn variables(wiring: &Wiring, scene: &Scene, count: usize) -> Result<Vec<String>, String> {
    let list = |key| -> Option<Vec<String>> {
        let text = scene.place.attribute(key)?;
        Some(text.split(',').map(|v| v.trim().to_owned()).collect())
    };
    let mut known: Vec<(String, String)> = Vec::new();
    for slot in &wiring.slots {
        if known.iter().all(|(name, _)| *name != slot.variable) {
            known.push((slot.variable.clone(), slot.units.clone()));
        }
    }
    let names = match list("variable") {
        Some(names) => names,
        None if known.len() == count => known.iter().map(|(name, _)| name.clone()).collect(),
        None => wiring.slots.iter().map(Slot::label).collect(),
    };
    if names.len() != count {
        return Err(format!(
            "say what the field holds with the attribute variable=NAME,… ({count} in all): it forecasts {}",
            known
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ));
    }
    if let Some(units) = list("units") {
        for (name, own) in names.iter().zip(&units) {
            let name = name.split('@').next().unwrap_or(name);
            let of_model = known.iter().find(|(known, _)| known == name);
            if let Some((_, wanted)) = of_model
                && !wanted.is_empty()
                && wanted != own
            {
                return Err(format!(
                    "it takes {name} in {wanted}, the field has it in {own} (attribute units)"
                ));
            }
        }
    }
    Ok(names)
}

fn levels(wiring: &Wiring, scene: &Scene, count: Option<usize>) -> Result<Vec<f64>, String> {
    let Some(count) = count else {
        // A field without the dimension is of one level, whichever the model knows.
        return Ok(scene
            .place
            .attribute("levels")
            .and_then(|text| text.trim().parse().ok())
            .or_else(|| wiring.slots.iter().find_map(|s| s.level))
            .into_iter()
            .collect());
    };
    if let Some(text) = scene.place.attribute("levels") {
        let levels: Option<Vec<f64>> = text.split(',').map(|l| l.trim().parse().ok()).collect();
        return levels
            .filter(|l| l.len() == count)
            .ok_or_else(|| format!("attribute levels={text}: expected {count} numbers"));
    }
    let first = &wiring.slots[0].variable;
    let of_first = wiring.slots.iter().filter(|s| s.variable == *first);
    let levels: Vec<f64> = of_first.filter_map(|s| s.level).collect();
    if levels.len() == count || (levels.is_empty() && count == 1) {
        return Ok(levels);
    }
    Err(format!(
        "the field has {count} levels, the model {}: say which with the attribute levels=1000,850,…",
        levels.len()
    ))
}
