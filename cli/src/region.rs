//! Regions as text: `3:7,0:100,:`.

use std::ops::Range;

use super::failure::invalid;

/// The region that `text` means in a field of that shape. Nothing is clamped:
/// whoever asks for more than there is has a wrong idea of the field.
pub(crate) fn parse(
    text: &str,
    shape: &[usize],
    names: &[String],
) -> anyhow::Result<Vec<Range<usize>>> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.len() != shape.len() {
        return Err(invalid(format!(
            "the region {text} has {} items, but the field {} dimensions ({}); write one item per dimension, : for all of it",
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
