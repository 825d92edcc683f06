//! Whatever can be read, as a source of variables.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use foresz::files::arrays::{self, Arrays, DATA, Layout};
use foresz::files::{self, Attribute, Dataset, Kind, Source, Values};
use foresz::{AnyField, Error};
use ndarray::{ArrayD, IxDyn};

use super::args::{LayoutArgs, is_stdio};
use super::choice;
use super::failure::invalid;
use super::stream;
use super::summary;

/// First bytes of files with named variables.
const OF_DATA_SETS: [&[u8]; 3] = [b"CDF", b"\x89HDF", b"GRIB"];
/// GRIB files can start with something else.
const EXTENSIONS: [&str; 10] = [
    "nc", "nc4", "cdf", "h5", "hdf5", "grib", "grb", "grib1", "grib2", "zarr",
];

/// An open file, store or standard input. Its errors say which one it is.
pub(crate) struct Input {
    source: Box<dyn Source>,
    /// As it is shown.
    dataset: Dataset,
    path: PathBuf,
    /// Whether it has arrays and nothing that describes them.
    bare: bool,
    /// Which variable of the source is the only one that is shown.
    pub(super) picked: Option<usize>,
}

/// The first bytes of a file; nothing if it cannot be read, which is reported when it is read.
pub(crate) fn first_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if !is_stdio(path)
        && let Ok(file) = File::open(path)
    {
        let _ = file.take(8).read_to_end(&mut bytes);
    }
    bytes
}

/// Whether a path leads to a file, or a folder, of variables with names.
pub(crate) fn has_names(path: &Path) -> bool {
    let bytes = first_bytes(path);
    !is_stdio(path)
        && (is_named_like_data(path)
            || path.is_dir()
            || OF_DATA_SETS.iter().any(|magic| bytes.starts_with(magic)))
}

/// Whether the ending of a name is that of a file of variables.
pub(crate) fn is_named_like_data(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// Opens anything but a stream.
pub(crate) fn open(path: &Path, layout: &LayoutArgs) -> anyhow::Result<Input> {
    if stream::is_one(path) {
        return Err(invalid(format!(
            "{} is a stream already: give the original, or decompress it first",
            path.display()
        )));
    }
    if !has_names(path) {
        return open_arrays(path, &layout.layout());
    }
    if layout.layout() != Layout::default() {
        return Err(invalid(format!(
            "{} describes its own variables: --shape, --dtype and --dims are for arrays that do not",
            path.display()
        )));
    }
    let source = files::open(path).map_err(Error::from);
    let source = source.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Input::new(source, path, false))
}

/// Opens raw samples, a `.npy` file or a `.npz` archive.
pub(crate) fn open_arrays(path: &Path, layout: &Layout) -> anyhow::Result<Input> {
    let opened = if is_stdio(path) {
        standard_input(layout)
    } else {
        arrays::open(path, layout).map_err(anyhow::Error::from)
    };
    let arrays = opened.map_err(|error| match error.downcast::<files::Error>() {
        Ok(e @ files::Error::Io(_)) => {
            anyhow::Error::from(Error::from(e)).context(format!("cannot read {}", name(path)))
        }
        Ok(e) => anyhow::Error::from(Error::from(e)).context(name(path)),
        Err(other) => other,
    })?;
    Ok(Input::new(Box::new(arrays), path, true))
}

fn standard_input(layout: &Layout) -> anyhow::Result<Arrays> {
    let mut head = Vec::new();
    let first = io::stdin().take(8).read_to_end(&mut head);
    first.context("cannot read standard input")?;
    if head.starts_with(stream::MAGIC) {
        return Err(invalid("standard input is a stream: decompress it first"));
    }
    if OF_DATA_SETS.iter().any(|magic| head.starts_with(magic)) {
        return Err(invalid(
            "NetCDF and GRIB are read from files: standard input can carry raw samples, .npy or .npz",
        ));
    }
    let reader = Box::new(Cursor::new(head).chain(io::stdin()));
    Ok(arrays::read(reader, layout, Kind::F32)?)
}

pub(crate) fn name(path: &Path) -> String {
    if is_stdio(path) {
        "standard input".into()
    } else {
        path.display().to_string()
    }
}

impl Input {
    fn new(source: Box<dyn Source>, path: &Path, bare: bool) -> Self {
        Input {
            dataset: source.dataset().clone(),
            source,
            path: path.into(),
            bare,
            picked: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing but shape and type is known of its arrays.
    pub(crate) fn is_bare(&self) -> bool {
        self.bare
    }

    /// Shows one variable only, described like that.
    pub(super) fn show_as(&mut self, picked: usize, dataset: Dataset) {
        (self.picked, self.dataset) = (Some(picked), dataset);
    }

    /// Refuses an array that is not what options say of it.
    pub(crate) fn check(&self, variable: usize, layout: &LayoutArgs) -> anyhow::Result<()> {
        let about = &self.dataset.variables[variable];
        let (found, asked) = (self.dataset.shape(about), layout.layout());
        let file = || format!("{}: the {} file", name(&self.path), self.format());
        if let Some(kind) = asked.kind.filter(|kind| *kind != about.kind) {
            let (found, kind) = (short(about.kind), short(kind));
            return Err(invalid(format!("{} holds {found}, not {kind}", file())));
        }
        if let Some(shape) = asked.shape.filter(|shape| *shape != found) {
            let (found, shape) = (summary::shape(&found), summary::shape(&shape));
            return Err(invalid(format!(
                "{} has the shape {found}, not {shape}",
                file()
            )));
        }
        foresz::time_dimension(&layout.dims, found.len())?;
        Ok(())
    }

    /// Describes bare arrays as a data set does: the first of three dimensions is time, unless
    /// names say otherwise, and attributes are those of options.
    pub(crate) fn describe(
        &mut self,
        named: bool,
        attributes: &[(String, String)],
        fill: Option<f64>,
    ) {
        let variables = self.dataset.variables.iter();
        let first = variables.filter(|v| v.dimensions.len() > 2 && !named);
        if let Some(d) = first.map(|v| v.dimensions[0]).next() {
            self.dataset.dimensions[d].name = "time".into();
        }
        for variable in &mut self.dataset.variables {
            let text = attributes.iter().map(|(name, text)| Attribute {
                name: name.clone(),
                value: Values::text(text),
            });
            variable.attributes.extend(text);
            let fill = fill.and_then(|fill| match variable.kind {
                Kind::F32 => Some(Values::F32(vec![fill as f32])),
                Kind::F64 => Some(Values::F64(vec![fill])),
                _ => None,
            });
            variable.attributes.extend(fill.map(|value| Attribute {
                name: "_FillValue".into(),
                value,
            }));
        }
    }

    /// All of a variable of floating-point numbers, as they are stored.
    pub(crate) fn into_field(self, variable: usize) -> anyhow::Result<AnyField> {
        let shape = self.dataset.shape(&self.dataset.variables[variable]);
        let values = Box::new(self).take(variable).map_err(Error::from)?;
        field(&shape, values)
    }

    fn blame(&self, error: files::Error) -> files::Error {
        blame(&self.path, error)
    }
}

fn short(kind: Kind) -> &'static str {
    super::args::kind_name(kind)
}

fn blame(path: &Path, error: files::Error) -> files::Error {
    let shown = name(path);
    match error {
        files::Error::Io(e) => {
            let text = match e.kind() {
                ErrorKind::UnexpectedEof => format!("{shown} is shorter than when it was opened"),
                _ => format!("cannot read {shown}: {e}"),
            };
            files::Error::Io(io::Error::new(e.kind(), text))
        }
        files::Error::Damaged(why) => files::Error::Damaged(format!("cannot read {shown}: {why}")),
        files::Error::Invalid(why) => files::Error::Invalid(format!("{shown}: {why}")),
        other => other,
    }
}

/// Floating-point values as an array.
pub(crate) fn field(shape: &[usize], values: Values) -> anyhow::Result<AnyField> {
    fn array<T>(shape: &[usize], values: Vec<T>) -> anyhow::Result<ArrayD<T>> {
        ArrayD::from_shape_vec(IxDyn(shape), values).map_err(|e| invalid(e.to_string()))
    }
    match values {
        Values::F32(v) => Ok(AnyField::F32(array(shape, v)?)),
        Values::F64(v) => Ok(AnyField::F64(array(shape, v)?)),
        other => Err(invalid(format!(
            "this needs floating-point numbers, and the values are {}",
            other.kind().name()
        ))),
    }
}

/// All of one variable, unpacked, with missing values as NaN where the file names them, and the
/// names of its dimensions if they have any.
pub(crate) fn whole(
    path: &Path,
    layout: &LayoutArgs,
    named: &[String],
) -> anyhow::Result<(AnyField, Vec<String>)> {
    let input = open(path, layout)?;
    let v = choice::one(&input, named)?;
    input.check(v, layout)?;
    let variable = input.dataset.variables[v].clone();
    let shape = input.dataset.shape(&variable);
    if input.bare {
        return Ok((input.into_field(v)?, layout.dims.clone()));
    }
    let dims = input
        .dataset
        .dims(&variable)
        .into_iter()
        .map(Into::into)
        .collect();
    if shape.contains(&0) {
        return Err(invalid(format!("{} has no values", variable.name)));
    }
    let values = Box::new(input).take(v).map_err(Error::from)?;
    let missing = foresz::dataset::missing_values(&variable);
    let mut values = foresz::dataset::unpacked(&variable, values)?;
    match &mut values {
        Values::F32(v) => {
            let gone = v.iter_mut().filter(|x| missing.contains(&f64::from(**x)));
            gone.for_each(|x| *x = f32::NAN);
        }
        Values::F64(v) => {
            let gone = v.iter_mut().filter(|x| missing.contains(x));
            gone.for_each(|x| *x = f64::NAN);
        }
        _ => {}
    }
    let field = field(&shape, values).with_context(|| variable.name.clone())?;
    Ok((field, dims))
}

impl Source for Input {
    fn format(&self) -> String {
        self.source.format()
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> files::Result<Values> {
        let read = self.source.read(self.picked.unwrap_or(variable), region);
        read.map_err(|e| self.blame(e))
    }

    fn take(self: Box<Self>, variable: usize) -> files::Result<Values> {
        let taken = self.source.take(self.picked.unwrap_or(variable));
        taken.map_err(|e| blame(&self.path, e))
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        self.source.pieces(self.picked.unwrap_or(variable))
    }

    fn skipped(&self) -> &[(String, String)] {
        self.source.skipped()
    }
}

/// What the only array of something bare is called.
pub(crate) fn is_nameless(dataset: &Dataset) -> bool {
    matches!(dataset.variables.as_slice(), [one] if one.name == DATA)
}
#[cfg(test)]
mod tests {
    use foresz::files::{Dimension, Variable};

    use super::*;

    /// A file with one variable of 64 kB.
    fn save(path: &Path) {
        let count = 1 << 14;
        let dataset = Dataset {
            dimensions: vec![Dimension {
                name: "x".into(),
                length: count,
                unlimited: false,
            }],
            attributes: Vec::new(),
            variables: vec![Variable {
                name: "v".into(),
                kind: Kind::F32,
                dimensions: vec![0],
                attributes: Vec::new(),
            }],
        };
        let values = (0..count).map(|i| (i * i % 9973) as f32).collect();
        let mut sink = files::create(path, &dataset).unwrap();
        sink.write(0, std::slice::from_ref(&(0..count)), &Values::F32(values))
            .unwrap();
        sink.finish().unwrap();
    }

    #[test]
    fn what_shrinks_while_it_is_read_is_to_blame() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.nc");
        save(&path);
        let mut source = open(&path, &LayoutArgs::default()).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(4000).unwrap();
        let whole = 0..1 << 14;
        let error = source.read(0, std::slice::from_ref(&whole)).unwrap_err();
        let text = Error::from(error).to_string();
        assert!(
            text.contains("file.nc is shorter than when it was opened"),
            "{text}"
        );
    }
}
