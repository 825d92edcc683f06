//! Bare arrays: raw samples, `.npy` files and `.npz` archives.
//!
//! Each array is a variable. One that has no name is called [`DATA`], and dimensions without
//! names are called `dim_0`, `dim_1` and so on.

mod gather;
pub mod npy;
mod npz;
mod source;
mod zip;

use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use crate::dataset::{Dataset, Dimension, Variable};
use crate::error::{Error, Result};
use crate::values::Kind;

pub use source::Arrays;

use gather::Form;
use source::Place;

/// What an array without a name is called.
pub const DATA: &str = "data";

/// What raw samples do not tell of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Shape of raw samples, slowest dimension first. The other formats know theirs.
    pub shape: Option<Vec<usize>>,
    /// Type of raw samples; without it the ending of the name tells, or else they are `f32`.
    pub kind: Option<Kind>,
    /// Names for the dimensions of arrays that have as many.
    pub dims: Vec<String>,
}

/// Whether the first bytes of a file are those of a `.npy` file or a `.npz` archive.
pub fn is_array(head: &[u8]) -> bool {
    head.starts_with(npy::MAGIC) || head.starts_with(zip::MAGIC)
}

/// Opens a file of arrays: `.npy` or `.npz` if it starts like one, else raw samples.
pub fn open(path: &Path, layout: &Layout) -> Result<Arrays> {
    let mut file = std::fs::File::open(path)?;
    let about = file.metadata()?;
    let kind = || by_extension(path);
    if !about.is_file() {
        return read(Box::new(file), layout, kind());
    }
    let head = head(&mut file)?;
    file.rewind()?;
    if head.starts_with(zip::MAGIC) {
        return npz::open(Box::new(file), layout);
    }
    let form = form(&mut file, &head, layout, kind())?;
    let start = file.stream_position()?;
    form.check_size(about.len().saturating_sub(start))?;
    let file = BufReader::new(file);
    let place = Place::File { file, start };
    Ok(single(&head, form, place, layout))
}

/// The same from something that is read once, from its start to its end.
pub fn read(mut reader: Box<dyn Read + Send>, layout: &Layout, kind: Kind) -> Result<Arrays> {
    let head = head(&mut reader)?;
    let mut bytes = Cursor::new(head.clone()).chain(reader);
    if head.starts_with(zip::MAGIC) {
        let mut all = Vec::new();
        bytes.read_to_end(&mut all)?;
        return npz::open(Box::new(Cursor::new(all)), layout);
    }
    let form = form(&mut bytes, &head, layout, kind)?;
    let values = form.read_whole(&mut bytes)?;
    Ok(single(&head, form, Place::Memory(values), layout))
}

/// The type of raw samples that the ending of a name tells.
fn by_extension(path: &Path) -> Kind {
    match path.extension().and_then(|e| e.to_str()) {
        Some("f64" | "d64") => Kind::F64,
        _ => Kind::F32,
    }
}

fn head(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let length = npy::MAGIC.len() as u64;
    reader.take(length).read_to_end(&mut head)?;
    Ok(head)
}

/// The form of the only array, up to which its header is read.
fn form(reader: &mut dyn Read, head: &[u8], layout: &Layout, kind: Kind) -> Result<Form> {
    if head == npy::MAGIC {
        return npy::read(reader);
    }
    let Some(shape) = layout.shape.clone() else {
        return Err(Error::Invalid(
            "raw samples do not tell their shape: give it with --shape, slowest dimension first, such as --shape 721x1440 \
             (a .npy file brings its own)"
                .into(),
        ));
    };
    Ok(Form::plain(layout.kind.unwrap_or(kind), shape))
}

fn single(head: &[u8], form: Form, place: Place, layout: &Layout) -> Arrays {
    let format = if head == npy::MAGIC {
        "npy"
    } else {
        "raw samples"
    };
    let mut dataset = Dataset::default();
    add(&mut dataset, DATA.into(), &form, &layout.dims);
    Arrays::new(format, dataset, vec![form], place)
}

/// Adds a variable. Arrays share dimensions of the same name and length.
fn add(dataset: &mut Dataset, name: String, form: &Form, dims: &[String]) {
    let names: Vec<String> = if dims.len() == form.shape.len() {
        dims.into()
    } else {
        (0..form.shape.len()).map(|d| format!("dim_{d}")).collect()
    };
    let mut dimension = |plain: &String, length: usize| {
        let all = &mut dataset.dimensions;
        let own = format!("{name}_{plain}");
        let known = |name: &str| all.iter().position(|d| d.name == name);
        match known(plain) {
            Some(d) if all[d].length == length => d,
            other => {
                all.push(Dimension {
                    name: other.map_or(plain.clone(), |_| own),
                    length,
                    unlimited: false,
                });
                all.len() - 1
            }
        }
    };
    let dimensions = names.iter().zip(&form.shape);
    let dimensions = dimensions.map(|(name, n)| dimension(name, *n)).collect();
    dataset.variables.push(Variable {
        name,
        kind: form.kind,
        dimensions,
        attributes: Vec::new(),
    });
}
