//! Which variables are data, and which go with them.

use foresz_files::{Dataset, Values, Variable};

/// What a variable is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Fields: what is compressed under a bound.
    Data,
    /// Axes, bounds of cells, grid mappings, texts and single values: kept as they are.
    Companion,
}

/// Attributes that name other variables.
const NAMING: [&str; 8] = [
    "coordinates",
    "bounds",
    "climatology",
    "grid_mapping",
    "ancillary_variables",
    "cell_measures",
    "formula_terms",
    "quantization",
];

/// Names in such an attribute; those before a colon are keys.
fn names(value: &Values) -> impl Iterator<Item = &str> {
    let text = value.as_text().unwrap_or_default();
    text.split_whitespace().filter(|word| !word.ends_with(':'))
}

fn named_by(variable: &Variable) -> impl Iterator<Item = &str> {
    let values = NAMING.iter().filter_map(|name| variable.attribute(name));
    values.flat_map(names)
}

/// What each variable is there for.
pub fn roles(dataset: &Dataset) -> Vec<Role> {
    let global = dataset
        .attributes
        .iter()
        .filter(|a| a.name == "coordinates");
    let global = global.flat_map(|a| names(&a.value));
    let named: Vec<&str> = dataset
        .variables
        .iter()
        .flat_map(named_by)
        .chain(global)
        .collect();
    let role = |variable: &Variable| {
        let is_axis = dataset.dimensions.iter().any(|d| d.name == variable.name);
        let is_field = variable.kind.is_integer() || variable.kind.is_float();
        let is_field = is_field && !variable.dimensions.is_empty();
        if is_axis || !is_field || named.contains(&variable.name.as_str()) {
            Role::Companion
        } else {
            Role::Data
        }
    };
    dataset.variables.iter().map(role).collect()
}

/// The variables that have to travel with some: companions that extend along the same
/// dimensions or are named by what travels, and those that these need in turn.
pub fn companions(dataset: &Dataset, chosen: &[usize]) -> Vec<usize> {
    let roles = roles(dataset);
    let mut travels = vec![false; dataset.variables.len()];
    chosen.iter().for_each(|v| travels[*v] = true);
    let mut along: Vec<bool> = vec![false; dataset.dimensions.len()];
    for v in chosen {
        let dimensions = &dataset.variables[*v].dimensions;
        dimensions.iter().for_each(|d| along[*d] = true);
    }
    for (v, variable) in dataset.variables.iter().enumerate() {
        let fits = variable.dimensions.iter().all(|d| along[*d]);
        travels[v] |= roles[v] == Role::Companion && fits;
    }
    loop {
        let before = travels.clone();
        for (v, variable) in dataset.variables.iter().enumerate() {
            if before[v] {
                let named = named_by(variable).filter_map(|name| dataset.position(name));
                named.for_each(|n| travels[n] = true);
            }
        }
        if travels == before {
            let all = travels.iter().enumerate();
            return all
                .filter_map(|(v, travels)| travels.then_some(v))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_files::{Attribute, Dimension, Kind};

    fn variable(name: &str, kind: Kind, dimensions: &[usize], tells: &[(&str, &str)]) -> Variable {
        let attribute = |(name, text): &(&str, &str)| Attribute {
            name: (*name).into(),
            value: Values::text(text),
        };
        Variable {
            name: name.into(),
            kind,
            dimensions: dimensions.to_vec(),
            attributes: tells.iter().map(attribute).collect(),
        }
    }

    #[test]
    fn axes_bounds_and_mappings_go_with_data() {
        let dimension = |name: &str, length| Dimension {
            name: name.into(),
            length,
            unlimited: false,
        };
        let dataset = Dataset {
            dimensions: vec![dimension("time", 4), dimension("x", 3), dimension("nv", 2)],
            attributes: Vec::new(),
            variables: vec![
                variable("time", Kind::F64, &[0], &[("bounds", "time_bnds")]),
                variable("time_bnds", Kind::F64, &[0, 2], &[]),
                variable(
                    "t2m",
                    Kind::F32,
                    &[0, 1],
                    &[("grid_mapping", "crs"), ("cell_measures", "area: cells")],
                ),
                variable("crs", Kind::I32, &[], &[]),
                variable("cells", Kind::F32, &[1], &[]),
                variable("other", Kind::F32, &[1], &[]),
                variable("nv", Kind::I32, &[2], &[]),
            ],
        };
        let data: Vec<usize> = (0..7)
            .filter(|v| roles(&dataset)[*v] == Role::Data)
            .collect();
        assert_eq!(data, [2, 5]);
        assert_eq!(companions(&dataset, &[2]), [0, 1, 2, 3, 4]);
        assert_eq!(companions(&dataset, &[5]), [3, 4, 5]);
    }
}
