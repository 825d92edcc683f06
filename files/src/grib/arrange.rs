//! From messages to variables.

use std::collections::HashMap;

use crate::dataset::{Attribute, Dataset, Dimension, Variable};
use crate::grib::coordinates::{attributes, text};
use crate::grib::cube::{Cube, Moments};
use crate::grib::describe;
use crate::grib::field::{Code, Field};
use crate::grib::grid::{Grid, Layout};
use crate::grib::parameters::{self, Parameter};
use crate::grib::scan::Contents;
use crate::values::{Kind, Values};

/// What variables there are, and where their values come from.
pub(super) struct Arranged {
    pub(super) dataset: Dataset,
    /// Of each variable.
    pub(super) origins: Vec<Origin>,
    /// What was left out, and why.
    pub(super) skipped: Vec<(String, String)>,
}

/// Where the values of a variable come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    /// Coordinates that are here already.
    Held(Values),
    /// Latitudes of a grid, or its longitudes.
    Axis { grid: usize, latitude: bool },
    /// The same where they have a value at every point.
    Places { grid: usize, latitude: bool },
    /// Fields in C order over all dimensions before those of the grid.
    Fields(Vec<usize>),
}

/// What the fields of a variable have in common.
#[derive(PartialEq, Eq, Hash, Clone)]
struct Family {
    variable: String,
    level: String,
    step_type: &'static str,
    grid: usize,
    ensemble: bool,
}

/// Arranges all fields of a file as variables.
pub(super) fn arrange(contents: &Contents) -> Arranged {
    let mut arranging = Arranging {
        contents,
        dataset: Dataset::default(),
        origins: Vec::new(),
        data: Vec::new(),
        skipped: Vec::new(),
    };
    for (why, messages) in &contents.skipped {
        let more = match messages.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let name = format!("message {}{more}", messages[0]);
        arranging.skipped.push((name, why.clone()));
    }
    for (parameter, fields) in families(&contents.fields) {
        arranging.add(&parameter, &fields);
    }
    arranging.finish()
}

/// Fields of the same quantity on the same type of level and grid, in the order of the file.
fn families(fields: &[Field]) -> Vec<(Parameter, Vec<usize>)> {
    let mut parameters: HashMap<(Code, u16), Parameter> = HashMap::new();
    let mut places: HashMap<Family, usize> = HashMap::new();
    let mut found: Vec<(Parameter, Vec<usize>)> = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        let code = (field.code, field.centre);
        let parameter = parameters
            .entry(code)
            .or_insert_with(|| parameters::find(&field.code, field.centre));
        let family = Family {
            variable: parameter.variable.clone(),
            level: field.level.kind.clone(),
            step_type: field.step_type,
            grid: field.grid,
            ensemble: field.member.is_some(),
        };
        let place = *places.entry(family).or_insert_with(|| {
            found.push((parameter.clone(), Vec::new()));
            found.len() - 1
        });
        found[place].1.push(number);
    }
    found
}

/// A data set that is being put together. Data follow all coordinates.
struct Arranging<'a> {
    contents: &'a Contents,
    dataset: Dataset,
    origins: Vec<Origin>,
    data: Vec<(Variable, Origin)>,
    skipped: Vec<(String, String)>,
}

impl Arranging<'_> {
    /// Adds a variable and the coordinates it needs.
    fn add(&mut self, parameter: &Parameter, numbers: &[usize]) {
        let contents = self.contents;
        let fields = || numbers.iter().map(|n| &contents.fields[*n]);
        let Some(first) = fields().next() else {
            return;
        };
        let name = self.free_name(&parameter.variable, first);
        let cube = match Cube::new(&contents.fields, numbers) {
            Ok(cube) => cube,
            Err(why) => {
                self.skipped.push((name, why));
                return;
            }
        };
        if cube.repeated > 0 {
            let note = format!(
                "{} of its messages come twice; the last of them count",
                cube.repeated
            );
            self.skipped.push((name.clone(), note));
        }
        let mut beside = Vec::new();
        let mut dimensions = self.lead(&cube, first, &mut beside);
        dimensions.extend(self.grid(first.grid, &mut beside));
        let grid = &contents.grids[first.grid];
        let mut attributes = describe::variable(parameter, first, grid);
        attributes.extend(describe::packing(fields()));
        attributes.push(text("coordinates", &beside.join(" ")));
        let wide = fields().any(Field::is_wide);
        let variable = Variable {
            name,
            kind: if wide { Kind::F64 } else { Kind::F32 },
            dimensions,
            attributes,
        };
        self.data.push((variable, Origin::Fields(cube.fields)));
    }

    /// A name that no variable has: of several that could have it, the first does.
    fn free_name(&self, name: &str, field: &Field) -> String {
        let taken = |name: &String| {
            self.dataset.position(name).is_some() || self.data.iter().any(|(v, _)| v.name == *name)
        };
        let candidates = [
            name.to_string(),
            format!("{name}_{}", field.level.kind),
            format!("{name}_{}", field.step_type),
        ];
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let mut all = candidates.into_iter().chain(numbered);
        all.find(|name| !taken(name)).unwrap_or_default()
    }

    /// Dimensions before those of the grid; what has only one place is a scalar beside.
    fn lead(&mut self, cube: &Cube, first: &Field, beside: &mut Vec<String>) -> Vec<usize> {
        let mut dimensions = Vec::new();
        if !cube.members.is_empty() {
            let members = Values::I64(cube.members.clone());
            self.along("number", members, &mut dimensions, beside);
        }
        match &cube.moments {
            Moments::Steps { times, steps } => {
                let hours = steps.iter().map(|s| *s as f64 / 3600.0).collect();
                let before = dimensions.len();
                self.along("time", Values::I64(times.clone()), &mut dimensions, beside);
                self.along("step", Values::F64(hours), &mut dimensions, beside);
                let valid = times.iter().flat_map(|t| steps.iter().map(move |s| t + s));
                let valid = Values::I64(valid.collect());
                let along = dimensions[before..].to_vec();
                beside.push(self.coordinate("valid_time", along, Origin::Held(valid)));
            }
            Moments::Valid(pairs) => {
                let valid = pairs.iter().map(|[time, step]| time + step).collect();
                let before = dimensions.len();
                self.along("valid_time", Values::I64(valid), &mut dimensions, beside);
                let along = dimensions[before..].to_vec();
                let times = Values::I64(pairs.iter().map(|p| p[0]).collect());
                let hours = Values::F64(pairs.iter().map(|p| p[1] as f64 / 3600.0).collect());
                beside.push(self.coordinate("time", along.clone(), Origin::Held(times)));
                beside.push(self.coordinate("step", along, Origin::Held(hours)));
            }
        }
        let levels = Values::F64(cube.levels.clone());
        self.along(&first.level.kind, levels, &mut dimensions, beside);
        dimensions
    }

    /// Adds a dimension with its coordinate, or a scalar if there is only one place.
    fn along(
        &mut self,
        name: &str,
        values: Values,
        dimensions: &mut Vec<usize>,
        beside: &mut Vec<String>,
    ) {
        if values.len() == 1 {
            beside.push(self.coordinate(name, Vec::new(), Origin::Held(values)));
        } else {
            let length = values.len();
            dimensions.push(self.dimension(name, length, Some(Origin::Held(values))));
        }
    }

    /// Dimensions of a grid, with what is known of its places.
    fn grid(&mut self, number: usize, beside: &mut Vec<String>) -> Vec<usize> {
        let grid: &Grid = &self.contents.grids[number];
        let lengths = grid.dimensions().iter().zip(grid.shape());
        if let Layout::Axes { .. } = grid.layout {
            let axis = |name: &str| Origin::Axis {
                grid: number,
                latitude: name == "latitude",
            };
            return lengths
                .map(|(name, length)| self.dimension(name, length, Some(axis(name))))
                .collect();
        }
        // Grids of the same shape still lie elsewhere.
        let known = self
            .origins
            .iter()
            .position(|o| matches!(o, Origin::Places { grid, latitude: true } if *grid == number));
        if let Some(known) = known {
            let dimensions = self.dataset.variables[known].dimensions.clone();
            let names = self.dataset.variables[known..known + 2].iter();
            beside.extend(names.map(|v| v.name.clone()));
            return dimensions;
        }
        let dimensions: Vec<usize> = lengths
            .map(|(name, length)| self.dimension(name, length, None))
            .collect();
        if !matches!(grid.layout, Layout::Plane { .. } | Layout::Points(_)) {
            for (name, latitude) in [("latitude", true), ("longitude", false)] {
                let places = Origin::Places {
                    grid: number,
                    latitude,
                };
                beside.push(self.coordinate(name, dimensions.clone(), places));
            }
        }
        dimensions
    }

    /// A dimension of that name, length and coordinate, which may be there already.
    fn dimension(&mut self, name: &str, length: usize, origin: Option<Origin>) -> usize {
        for name in numbered(name) {
            let known = self.dataset.dimensions.iter().position(|d| d.name == name);
            let variable = self.dataset.position(&name);
            match (known, variable, &origin) {
                (None, None, _) => return self.new_dimension(name, length, origin),
                (Some(d), None, None) if self.dataset.dimensions[d].length == length => return d,
                (Some(d), Some(v), Some(origin)) if self.origins[v] == *origin => return d,
                _ => {}
            }
        }
        0
    }

    fn new_dimension(&mut self, name: String, length: usize, origin: Option<Origin>) -> usize {
        let number = self.dataset.dimensions.len();
        self.dataset.dimensions.push(Dimension {
            name: name.clone(),
            length,
            unlimited: false,
        });
        if let Some(origin) = origin {
            self.new_variable(name, vec![number], origin);
        }
        number
    }

    /// A coordinate of that name and origin that is no dimension; its name.
    fn coordinate(&mut self, name: &str, dimensions: Vec<usize>, origin: Origin) -> String {
        for name in numbered(name) {
            match self.dataset.position(&name) {
                None if !self.dataset.dimensions.iter().any(|d| d.name == name) => {
                    self.new_variable(name.clone(), dimensions, origin);
                    return name;
                }
                Some(v)
                    if self.origins[v] == origin
                        && self.dataset.variables[v].dimensions == dimensions =>
                {
                    return name;
                }
                _ => {}
            }
        }
        String::new()
    }

    fn new_variable(&mut self, name: String, dimensions: Vec<usize>, origin: Origin) {
        let kind = match &origin {
            Origin::Held(values) => values.kind(),
            _ => Kind::F64,
        };
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let mut attributes = attributes(plain);
        if let Origin::Axis { grid, latitude } = &origin {
            attributes.extend(self.decreasing(*grid, *latitude));
        }
        self.dataset.variables.push(Variable {
            name,
            kind,
            dimensions,
            attributes,
        });
        self.origins.push(origin);
    }

    fn decreasing(&self, grid: usize, latitude: bool) -> Option<Attribute> {
        let [first, last] = self.contents.grids[grid].latitudes()?;
        (latitude && first > last).then(|| text("stored_direction", "decreasing"))
    }

    fn finish(mut self) -> Arranged {
        for (variable, origin) in self.data {
            self.dataset.variables.push(variable);
            self.origins.push(origin);
        }
        if let Some(first) = self.contents.fields.first() {
            self.dataset.attributes = describe::file(first);
        }
        Arranged {
            dataset: self.dataset,
            origins: self.origins,
            skipped: self.skipped,
        }
    }
}

/// `name`, `name_2`, `name_3`, …
fn numbered(name: &str) -> impl Iterator<Item = String> {
    let more = (2..).map(move |n: u32| format!("{name}_{n}"));
    std::iter::once(name.to_string()).chain(more)
}
