//! Regions as text, `3:7,0:100,:` or `time=3:7`: a range for each of some dimensions.

use std::ops::Range;

use foresz::files::{Dataset, Dimension};

use crate::failure::invalid;

/// Ranges along the dimensions of a data set.
pub(crate) type Ranges = Vec<Range<usize>>;

/// Everything.
pub(crate) fn whole(dataset: &Dataset) -> Ranges {
    dataset.dimensions.iter().map(|d| 0..d.length).collect()
}

/// Narrows ranges to a region: `time=3:7,latitude=0:100`, or without names one item for each
/// dimension of the variables that are asked for.
pub(crate) fn narrow(
    ranges: &mut Ranges,
    text: &str,
    dataset: &Dataset,
    wanted: &[usize],
) -> anyhow::Result<()> {
    if text.contains('=') {
        for item in text.split(',') {
            let Some((name, range)) = item.split_once('=') else {
                return Err(invalid(format!(
                    "region {item:?}: name all dimensions, or none"
                )));
            };
            let d = dimension(dataset, name.trim())?;
            let length = dataset.dimensions[d].length;
            let names = [dataset.dimensions[d].name.clone()];
            let parsed = parse(range, &[length], &names)?;
            let parsed = parsed.into_iter().next().unwrap_or(0..length);
            set(ranges, d, parsed, dataset)?;
        }
        return Ok(());
    }
    let mut dimensions = wanted.iter().map(|v| &dataset.variables[*v].dimensions);
    let first = dimensions.next().cloned().unwrap_or_default();
    if dimensions.any(|other| *other != first) {
        return Err(invalid(
            "the variables have different dimensions: name the dimensions, as in time=3:7",
        ));
    }
    let shape: Vec<usize> = first
        .iter()
        .map(|d| dataset.dimensions[*d].length)
        .collect();
    let names: Vec<String> = first
        .iter()
        .map(|d| dataset.dimensions[*d].name.clone())
        .collect();
    for (d, range) in first.iter().zip(parse(text, &shape, &names)?) {
        set(ranges, *d, range, dataset)?;
    }
    Ok(())
}

/// Narrows a dimension that is whole so far.
pub(crate) fn set(
    ranges: &mut Ranges,
    d: usize,
    range: Range<usize>,
    dataset: &Dataset,
) -> anyhow::Result<()> {
    let Dimension { name, length, .. } = &dataset.dimensions[d];
    if ranges[d] != (0..*length) {
        return Err(invalid(format!("{name} is selected twice")));
    }
    ranges[d] = range;
    Ok(())
}

/// The dimension of that name.
pub(crate) fn dimension(dataset: &Dataset, name: &str) -> anyhow::Result<usize> {
    let found = dataset.dimensions.iter().position(|d| d.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = dataset.dimensions.iter().map(|d| d.name.as_str()).collect();
        invalid(format!(
            "there is no dimension {name}; the stream has {}",
            names.join(", ")
        ))
    })
}

/// Samples and bytes of parts of variables.
pub(crate) fn samples(
    dataset: &Dataset,
    variables: impl IntoIterator<Item = usize>,
    ranges: &Ranges,
) -> (usize, u64) {
    variables.into_iter().fold((0, 0), |(samples, bytes), v| {
        let region = of(dataset, v, ranges);
        let more: usize = region.iter().map(ExactSizeIterator::len).product();
        let width = dataset.variables[v].kind.bytes().unwrap_or(1);
        (samples + more, bytes + (more * width) as u64)
    })
}

/// The region of a variable.
pub(crate) fn of(dataset: &Dataset, variable: usize, ranges: &Ranges) -> Ranges {
    let dimensions = &dataset.variables[variable].dimensions;
    dimensions.iter().map(|d| ranges[*d].clone()).collect()
}

/// The region that `text` means in a field of that shape. Nothing is clamped:
/// whoever asks for more than there is has a wrong idea of the field.
fn parse(text: &str, shape: &[usize], names: &[String]) -> anyhow::Result<Vec<Range<usize>>> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.len() != shape.len() {
        return Err(invalid(format!(
            "the region {text} has {} items, and the array has {} dimensions ({}): write one item per dimension, : for a whole one",
            items.len(),
            shape.len(),
            super::summary::shape(shape),
        )));
    }
    let whole = |i: usize| match names.get(i).map_or("", String::as_str) {
        "" => format!("dimension {i}"),
        name => format!("dimension {i} ({name})"),
    };
    let range = |(i, (item, &length)): (usize, (&&str, &usize))| {
        item_range(item, length).map_err(|reason| {
            invalid(format!(
                "region {item:?}: {reason}; {} has length {length}",
                whole(i)
            ))
        })
    };
    items.iter().zip(shape).enumerate().map(range).collect()
}

fn item_range(item: &str, length: usize) -> Result<Range<usize>, String> {
    let Some((start, end)) = item.split_once(':') else {
        let at = place(item, length)?;
        if at == length {
            return Err(format!("{item} lies outside"));
        }
        return Ok(at..at + 1);
    };
    if end.contains(':') {
        return Err("a step is not possible".into());
    }
    let start = if start.is_empty() {
        0
    } else {
        place(start, length)?
    };
    let end = if end.is_empty() {
        length
    } else {
        place(end, length)?
    };
    if start < end {
        Ok(start..end)
    } else {
        Err("it is empty".into())
    }
}

/// A place from 0 to `length`; negative numbers count from the end.
fn place(text: &str, length: usize) -> Result<usize, String> {
    let number: i64 = text.trim().parse().map_err(|_| {
        format!("{text:?} is not a whole number; write a:b, a:, :b, : or a single index")
    })?;
    let length = length as i64;
    let at = if number < 0 {
        number.saturating_add(length)
    } else {
        number
    };
    if (0..=length).contains(&at) {
        Ok(at as usize)
    } else {
        Err(format!("{number} lies outside"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(text: &str, shape: &[usize]) -> Result<Vec<Range<usize>>, String> {
        let names = ["time".to_owned(), String::new()];
        parse(text, shape, &names[..shape.len()]).map_err(|e| e.to_string())
    }

    #[test]
    fn every_way_of_writing() {
        assert_eq!(region("3:7,:", &[10, 20]).unwrap(), [3..7, 0..20]);
        assert_eq!(region("3:, :5", &[10, 20]).unwrap(), [3..10, 0..5]);
        assert_eq!(region("5,-1", &[10, 20]).unwrap(), [5..6, 19..20]);
        assert_eq!(region("-3:,:-18", &[10, 20]).unwrap(), [7..10, 0..2]);
        assert_eq!(region("0:10,0:20", &[10, 20]).unwrap(), [0..10, 0..20]);
    }

    #[test]
    fn errors_name_the_dimension_and_its_length() {
        for wrong in [
            "10,:", "-11,:", "3:11,:", "7:3,:", "4:4,:", "x,:", "1:2:3,:", ",:",
        ] {
            let text = region(wrong, &[10, 20]).unwrap_err();
            assert!(text.contains("dimension 0 (time) has length 10"), "{text}");
        }
        assert!(
            region(":,20", &[10, 20])
                .unwrap_err()
                .contains("dimension 1 has length 20")
        );
        assert!(region(":", &[10, 20]).unwrap_err().contains("10x20"));
    }
}
