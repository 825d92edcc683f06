//! `NumPy` archives: zip files of `.npy` files.

use foresz::Store;

use super::failure::invalid;
use super::zip::{self, Member};

/// What is taken of several arrays unless said, as Baler lays out its files: `data`, and
/// `names` of what it holds.
const USUAL: &str = "data";

/// An array of an archive, which is a `.npy` file.
pub(crate) struct Taken {
    pub(crate) name: String,
    pub(crate) member: Member,
    /// The arrays that were left, where nobody asked for this one.
    pub(crate) left: Vec<String>,
}

/// Names of all arrays of an archive.
pub(crate) fn names(archive: &dyn Store) -> anyhow::Result<Vec<String>> {
    Ok(zip::members(archive)?.iter().map(array).collect())
}

/// Takes the array of that name, or the only one, or the usual one.
pub(crate) fn take(archive: &dyn Store, asked: Option<&str>) -> anyhow::Result<Taken> {
    let mut members = zip::members(archive)?;
    let names: Vec<String> = members.iter().map(array).collect();
    let found = match asked {
        Some(asked) => names.iter().position(|name| name == asked),
        None if names.len() == 1 => Some(0),
        None => names.iter().position(|name| name == USUAL),
    };
    let Some(found) = found else {
        let all = names.join(", ");
        return Err(invalid(match asked {
            Some(asked) => format!("the .npz file has no array {asked:?}; there are: {all}"),
            None if names.is_empty() => "the .npz file holds no arrays".into(),
            None => format!("which array? Say so with -v NAME; there are: {all}"),
        }));
    };
    let mut left = names;
    let name = left.remove(found);
    if asked.is_some() {
        left.clear();
    }
    Ok(Taken {
        member: members.swap_remove(found),
        name,
        left,
    })
}

/// A member's name as `NumPy` gives it.
fn array(member: &Member) -> String {
    let name = &member.name;
    name.strip_suffix(".npy").unwrap_or(name).to_owned()
}
