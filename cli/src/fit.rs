//! Whether what is asked for of chunks suits the variables.

use foresz::dataset::Recipe;
use foresz::files::{Dataset, Variable};
use foresz::time_dimension;

use crate::compress::Compress;
use crate::failure::invalid;

/// Refuses chunks and key frames that suit none of the variables, and says which ones they do
/// not suit.
pub(crate) fn check(args: &Compress, dataset: &Dataset, recipes: &[Recipe]) -> anyhow::Result<()> {
    let variables: Vec<&Variable> = recipes
        .iter()
        .filter_map(|recipe| Some(&dataset.variables[dataset.position(&recipe.variable)?]))
        .collect();
    if let Some(chunk) = &args.chunk {
        let lengths = chunk.0.len();
        let shown: Vec<String> = chunk.0.iter().map(usize::to_string).collect();
        let option = format!("--chunk {}", shown.join("x"));
        let suits = |variable: &Variable| variable.dimensions.len() == lengths;
        let why = format!("has {lengths} lengths");
        tell((&option, &why), (dataset, &variables), suits)?;
    }
    if let Some(frames) = args.keyframe {
        let option = format!("--keyframe {frames}");
        let suits = |variable: &Variable| {
            let names: Vec<String> = dataset.dims(variable).into_iter().map(Into::into).collect();
            let time = time_dimension(&names, names.len()).ok().flatten();
            time.is_some_and(|t| t + 1 < names.len())
        };
        let why = "needs frames along time";
        tell((&option, why), (dataset, &variables), suits)?;
    }
    Ok(())
}

fn tell(
    (option, why): (&str, &str),
    (dataset, variables): (&Dataset, &[&Variable]),
    suits: impl Fn(&Variable) -> bool,
) -> anyhow::Result<()> {
    let (suited, others): (Vec<&Variable>, Vec<&Variable>) =
        variables.iter().copied().partition(|v| suits(v));
    let shown = |variable: &Variable| {
        let dims = dataset.dims(variable);
        format!(
            "{} has {} dimensions ({})",
            variable.name,
            dims.len(),
            dims.join(", ")
        )
    };
    if let ([], [first, ..]) = (suited.as_slice(), others.as_slice()) {
        return Err(invalid(format!("{option} {why}, and {}", shown(first))));
    }
    for other in others {
        eprintln!("foresz: note: {option} does not suit {}", shown(other));
    }
    Ok(())
}
