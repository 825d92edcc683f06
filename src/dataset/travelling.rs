//! What of a data set goes into a stream.

use foresz_files::{Dataset, Variable};

use super::plan::VariablePlan;
use super::recipe::Recipe;
use super::roles::{Role, companions, roles};
use crate::error::{Result, invalid};

/// How much of a data set a stream is to hold.
#[derive(Debug, Clone)]
pub(crate) enum Extent {
    /// The variables that recipes name, and what has to travel with them.
    Chosen,
    /// Everything but for variables of these names.
    AllBut(Vec<String>),
}

/// The variables that go into a stream.
pub(crate) struct Travelling {
    pub(crate) dataset: Dataset,
    roles: Vec<Role>,
    /// Where each is in the source.
    pub(crate) positions: Vec<usize>,
}

impl Travelling {
    pub(crate) fn new(dataset: &Dataset, recipes: &[Recipe], extent: &Extent) -> Result<Self> {
        let find = |recipe: &Recipe| match dataset.position(&recipe.variable) {
            Some(position) => Ok(position),
            None => invalid(format!("there is no variable {}", recipe.variable)),
        };
        let chosen: Vec<usize> = recipes.iter().map(find).collect::<Result<_>>()?;
        let (positions, held) = match extent {
            Extent::Chosen if chosen.is_empty() => return invalid("no variable is asked for"),
            Extent::Chosen => {
                let positions = companions(dataset, &chosen);
                let held = subset(dataset, &positions);
                (positions, held)
            }
            Extent::AllBut(left_out) => all_but(dataset, left_out),
        };
        if let Some(missing) = chosen.iter().find(|v| !positions.contains(v)) {
            let name = &dataset.variables[*missing].name;
            return invalid(format!("{name} is asked for and left out"));
        }
        let all = roles(dataset);
        Ok(Travelling {
            dataset: held,
            roles: positions.iter().map(|p| all[*p]).collect(),
            positions,
        })
    }

    /// How a variable of these is going to be stored.
    pub(crate) fn plan(&self, recipes: &[Recipe], variable: &Variable) -> Result<VariablePlan> {
        let recipe = recipes.iter().find(|r| r.variable == variable.name);
        let role = self.dataset.position(&variable.name).map(|v| self.roles[v]);
        let role = role.unwrap_or(Role::Companion);
        VariablePlan::new(&self.dataset, variable, role, recipe)
    }
}

fn all_but(dataset: &Dataset, left_out: &[String]) -> (Vec<usize>, Dataset) {
    let variables = dataset.variables.iter().enumerate();
    let stays = |(_, v): &(usize, &Variable)| !left_out.contains(&v.name);
    let positions: Vec<usize> = variables.filter(stays).map(|(v, _)| v).collect();
    let held = Dataset {
        variables: positions
            .iter()
            .map(|p| dataset.variables[*p].clone())
            .collect(),
        ..dataset.clone()
    };
    (positions, held)
}

/// Some variables of a data set, with the dimensions that they have.
pub fn subset(dataset: &Dataset, positions: &[usize]) -> Dataset {
    let mut used: Vec<usize> = positions
        .iter()
        .flat_map(|p| dataset.variables[*p].dimensions.iter().copied())
        .collect();
    used.sort_unstable();
    used.dedup();
    let place = |d: &usize| used.partition_point(|u| u < d);
    let variable = |p: &usize| {
        let variable = &dataset.variables[*p];
        Variable {
            dimensions: variable.dimensions.iter().map(place).collect(),
            ..variable.clone()
        }
    };
    Dataset {
        dimensions: used
            .iter()
            .map(|d| dataset.dimensions[*d].clone())
            .collect(),
        attributes: dataset.attributes.clone(),
        variables: positions.iter().map(variable).collect(),
    }
}
