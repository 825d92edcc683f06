//! Attributes as JSON, and back.
//!
//! JSON knows no types of numbers: whole ones become 64 bits wide, others doubles, and one
//! number is the same as a list of one. What has no counterpart here, as objects, truths and
//! nothing, becomes the text of its JSON.

use serde_json::{Map, Value};

use crate::dataset::Attribute;
use crate::values::Values;
use crate::zarr::json;

/// Attributes of a group or an array.
pub(super) fn read(object: &Map<String, Value>) -> Vec<Attribute> {
    let attribute = |(name, value): (&String, &Value)| Attribute {
        name: name.clone(),
        value: values(value),
    };
    object.iter().map(attribute).collect()
}

fn values(value: &Value) -> Values {
    let plain = match value {
        Value::Array(list) => numbers(list).or_else(|| texts(list)),
        one => numbers(std::slice::from_ref(one)).or_else(|| Some(Values::text(one.as_str()?))),
    };
    plain.unwrap_or_else(|| Values::text(&value.to_string()))
}

fn numbers(list: &[Value]) -> Option<Values> {
    fn all<T>(list: &[Value], each: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        list.iter().map(each).collect()
    }
    let real = |v: &Value| {
        let number = v.is_number() || json::is_marked(v);
        json::as_number(v).filter(|_| number)
    };
    all(list, Value::as_i64)
        .map(Values::I64)
        .or_else(|| all(list, Value::as_u64).map(Values::U64))
        .or_else(|| all(list, real).map(Values::F64))
}

fn texts(list: &[Value]) -> Option<Values> {
    let texts: Option<Vec<String>> = list.iter().map(|v| Some(v.as_str()?.into())).collect();
    texts.map(Values::Text)
}

/// An attribute as JSON.
pub(super) fn write(values: &Values) -> Value {
    fn list<T: Copy + Into<Value>>(list: &[T]) -> Value {
        one_or_all(list.iter().map(|x| (*x).into()).collect())
    }
    match values {
        Values::I8(v) => list(v),
        Values::U8(v) => list(v),
        Values::I16(v) => list(v),
        Values::U16(v) => list(v),
        Values::I32(v) => list(v),
        Values::U32(v) => list(v),
        Values::I64(v) => list(v),
        Values::U64(v) => list(v),
        // The shortest digits that are this float, not those of the double next to it.
        Values::F32(v) => one_or_all(v.iter().map(|x| json::number(shortest(*x))).collect()),
        Values::F64(v) => one_or_all(v.iter().map(|x| json::number(*x)).collect()),
        Values::Char(v) => String::from_utf8_lossy(v).into(),
        Values::Text(v) => one_or_all(v.iter().map(|t| t.as_str().into()).collect()),
    }
}

fn shortest(x: f32) -> f64 {
    x.to_string().parse().unwrap_or(f64::from(x))
}

fn one_or_all(mut all: Vec<Value>) -> Value {
    match all.len() {
        1 => all.remove(0),
        _ => Value::Array(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for value in [
            Values::text("K"),
            Values::I64(vec![1]),
            Values::I64(vec![1, -2]),
            Values::I64(vec![]),
            Values::U64(vec![u64::MAX, 1]),
            Values::F64(vec![0.1, f64::from(f32::MAX)]),
            Values::F64(vec![f64::INFINITY]),
            Values::Text(vec!["a".into(), "b".into()]),
        ] {
            let text = json::write(&write(&value));
            assert_eq!(values(&json::parse(&text).unwrap()), value);
        }
        assert_eq!(
            values(&write(&Values::F32(vec![0.1]))),
            Values::F64(vec![0.1])
        );
        assert_eq!(
            values(&serde_json::json!({"k": null})),
            Values::text("{\"k\":null}")
        );
        assert_eq!(values(&serde_json::json!(true)), Values::text("true"));
    }
}
