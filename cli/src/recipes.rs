//! What is asked for of each variable, and what people should know before numbers are lost.

use std::fs;

use anyhow::Context;
use foresz::Bound;
use foresz::dataset::{BoundsFile, Recipe, lossy_before, odd_range, odd_times};
use foresz::files::{Dataset, Source};

use super::choice;
use super::compress::Compress;
use super::failure::invalid;

/// What is asked for of each variable.
pub(crate) fn of(
    args: &Compress,
    source: &mut dyn Source,
    wanted: &[usize],
) -> anyhow::Result<Vec<Recipe>> {
    let dataset = source.dataset().clone();
    let bounds = match &args.bound.bounds {
        None => BoundsFile::default(),
        Some(path) => {
            let text = fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            BoundsFile::parse(&text).with_context(|| path.display().to_string())?
        }
    };
    let names: Vec<String> = bounds.names().map(String::from).collect();
    choice::refuse_skipped(source, &names)?;
    for name in &names {
        choice::find(&dataset, name).context("in the file of bounds")?;
    }
    let mut recipe = |v: usize| {
        let name = &dataset.variables[v].name;
        let mut recipe = match (args.bound.one.bound(), bounds.recipe(name)?) {
            (Some(bound), _) => Recipe::new(name, bound.check()?),
            (None, Some(recipe)) => Recipe {
                variable: name.clone(),
                ..recipe
            },
            (None, None) => preset(args, source, v)?,
        };
        recipe.keep_zeros |= args.keep_zeros;
        recipe.non_negative |= args.non_negative;
        Ok(recipe)
    };
    wanted.iter().map(|v| recipe(*v)).collect()
}

fn preset(args: &Compress, source: &mut dyn Source, v: usize) -> anyhow::Result<Recipe> {
    let name = source.dataset().variables[v].name.clone();
    let Some(preset) = args.bound.preset else {
        return Err(invalid(format!(
            "the file of bounds has no bound for {name}: add [{name}], or [\"*\"] for all others"
        )));
    };
    if let Some(recipe) = preset.recipe(source, v)? {
        return Ok(recipe);
    }
    eprintln!(
        "foresz: note: {} does not know {name}: nothing of it is lost; give it a bound with --bounds FILE",
        preset.name()
    );
    Ok(Recipe::new(name, Bound::Lossless))
}

/// Says what users should know before numbers are lost.
pub(crate) fn warn(recipes: &[Recipe], source: &mut dyn Source) -> anyhow::Result<()> {
    let dataset = source.dataset().clone();
    for recipe in recipes {
        let v = choice::find(&dataset, &recipe.variable)?;
        if let Some(warning) = lossy_before(&dataset.variables[v], recipe) {
            eprintln!("foresz: warning: {}: {warning}", recipe.variable);
        }
        let lossy = recipe.bounds.all().iter().any(|b| *b != Bound::Lossless);
        if let Some(odd) = odd_range(&dataset.variables[v]).filter(|_| lossy) {
            eprintln!(
                "foresz: note: {}: {odd}: the valid range is ignored",
                recipe.variable
            );
        }
    }
    for odd in odd_times(source, &positions(recipes, &dataset)) {
        eprintln!("foresz: note: {odd}");
    }
    for (name, reason) in source.skipped() {
        eprintln!("foresz: warning: {name} is left out: {reason}");
    }
    Ok(())
}

fn positions(recipes: &[Recipe], dataset: &Dataset) -> Vec<usize> {
    recipes
        .iter()
        .filter_map(|r| dataset.position(&r.variable))
        .collect()
}
