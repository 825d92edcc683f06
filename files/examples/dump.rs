//! Shows what a file holds: `dump FILE` its variables, `dump FILE VARIABLE` the values of
//! one as little-endian bytes, or as lines of text.

use std::io::Write;

use foresz_files::{Dataset, Source, Values};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let mut source = open(&path)?;
    match arguments.next() {
        None => list(source.as_ref()),
        Some(name) => {
            let dataset = source.dataset();
            let variable = dataset.position(&name).ok_or("no such variable")?;
            let shape = dataset.shape(&dataset.variables[variable]);
            let whole: Vec<_> = shape.iter().map(|n| 0..*n).collect();
            let values = source.read(variable, &whole)?;
            std::io::stdout().write_all(&bytes(&values))?;
        }
    }
    Ok(())
}

fn open(path: &str) -> foresz_files::Result<Box<dyn Source>> {
    if std::path::Path::new(path).is_dir() {
        return Ok(Box::new(foresz_files::zarr::open(path)?));
    }
    Ok(Box::new(foresz_files::grib::open(path)?))
}

fn list(source: &dyn Source) {
    let dataset: &Dataset = source.dataset();
    println!("{}", source.format());
    for attribute in &dataset.attributes {
        println!("  :{} = {}", attribute.name, shown(&attribute.value));
    }
    for (number, variable) in dataset.variables.iter().enumerate() {
        let (name, kind) = (&variable.name, variable.kind.name());
        let (dims, shape) = (dataset.dims(variable), dataset.shape(variable));
        println!(
            "{kind} {name} {dims:?} {shape:?} {:?}",
            source.pieces(number)
        );
        for attribute in &variable.attributes {
            println!("  {name}:{} = {}", attribute.name, shown(&attribute.value));
        }
    }
    for (name, why) in source.skipped() {
        println!("left out: {name}: {why}");
    }
}

fn shown(values: &Values) -> String {
    let text = values.as_text().map(|t| format!("{t:?}"));
    text.unwrap_or_else(|| format!("{values:?}"))
}

fn bytes(values: &Values) -> Vec<u8> {
    macro_rules! bytes {
        ($($kind:ident)*) => {
            match values {
                $(Values::$kind(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),)*
                Values::Char(v) => v.clone(),
                Values::Text(v) => v.join("\n").into_bytes(),
            }
        };
    }
    bytes!(I8 U8 I16 U16 I32 U32 I64 U64 F32 F64)
}
