//! Types of values as Zarr names them, and values from bytes.

use serde_json::{Value, json};

use crate::dataset::Attribute;
use crate::error::{Error, Result};
use crate::values::{Kind, Values};
use crate::zarr::json::{as_number, word};

/// How one value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) form: Form,
    /// Bytes of each; of texts of any length, 1.
    pub(super) bytes: usize,
    pub(super) big_endian: bool,
}

/// What the bytes of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A number, or a byte of text.
    Plain(Kind),
    /// True or false, in a byte.
    Truth,
    /// Bytes of text, zeros at the end.
    Bytes,
    /// Characters of four bytes, zeros at the end.
    Wide,
    /// Texts of any length, each after its length.
    Texts,
}

impl Item {
    /// The type of a variable of such values.
    pub(super) fn kind(&self) -> Kind {
        match self.form {
            Form::Plain(kind) => kind,
            Form::Truth => Kind::I8,
            Form::Bytes | Form::Wide | Form::Texts => Kind::Text,
        }
    }

    /// As version 3 names it.
    pub(super) fn third(data_type: &Value) -> Result<Self> {
        let name = data_type.as_str().or_else(|| data_type["name"].as_str());
        let length = data_type["configuration"]["length_bytes"].as_u64();
        let length = length.and_then(|l| usize::try_from(l).ok());
        let known = match (name, length) {
            (Some("bool"), _) => Some((Form::Truth, 1)),
            (Some("string"), _) => Some((Form::Texts, 1)),
            (Some("null_terminated_bytes"), Some(length)) => Some(bytes(length)),
            (Some("fixed_length_utf32"), Some(length)) => Some((Form::Wide, length)),
            (Some(name), _) => plain(name),
            _ => None,
        };
        known.map_or_else(
            || Err(unknown(&data_type.to_string())),
            |(form, bytes)| Self::new(form, bytes, false),
        )
    }

    /// As version 2 names it, the way numpy does.
    pub(super) fn second(dtype: &Value, texts: bool) -> Result<Self> {
        let found = dtype.as_str().filter(|d| d.is_ascii() && d.len() >= 2);
        let wrong = || unknown(&dtype.to_string());
        let name = found.ok_or_else(wrong)?;
        let (order, letter) = name.split_at(1);
        let (letter, size) = letter.split_at(1);
        let size = || size.parse::<usize>().map_err(|_| wrong());
        let (form, bytes) = match letter {
            "O" if texts => (Form::Texts, 1),
            "b" => (Form::Truth, size()?),
            "S" => bytes(size()?),
            "U" => (Form::Wide, size()?.saturating_mul(4)),
            "i" => plain(&format!("int{}", size()?.saturating_mul(8))).ok_or_else(wrong)?,
            "u" => plain(&format!("uint{}", size()?.saturating_mul(8))).ok_or_else(wrong)?,
            "f" => plain(&format!("float{}", size()?.saturating_mul(8))).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        Self::new(form, bytes, order == ">")
    }

    fn new(form: Form, bytes: usize, big_endian: bool) -> Result<Self> {
        if bytes == 0 || bytes > 1 << 20 {
            return Err(Error::Unsupported(format!("values of {bytes} bytes each")));
        }
        Ok(Item {
            form,
            bytes,
            big_endian,
        })
    }

    /// Values of a chunk.
    pub(super) fn values(&self, bytes: &[u8]) -> Result<Values> {
        macro_rules! numbers {
            ($type:ty) => {{
                let each = bytes.as_chunks().0.iter();
                if self.big_endian {
                    each.map(|b| <$type>::from_be_bytes(*b)).collect()
                } else {
                    each.map(|b| <$type>::from_le_bytes(*b)).collect()
                }
            }};
        }
        Ok(match self.form {
            Form::Plain(Kind::I8) => Values::I8(numbers!(i8)),
            Form::Plain(Kind::U8) => Values::U8(bytes.to_vec()),
            Form::Plain(Kind::I16) => Values::I16(numbers!(i16)),
            Form::Plain(Kind::U16) => Values::U16(numbers!(u16)),
            Form::Plain(Kind::I32) => Values::I32(numbers!(i32)),
            Form::Plain(Kind::U32) => Values::U32(numbers!(u32)),
            Form::Plain(Kind::I64) => Values::I64(numbers!(i64)),
            Form::Plain(Kind::U64) => Values::U64(numbers!(u64)),
            Form::Plain(Kind::F32) => Values::F32(numbers!(f32)),
            Form::Plain(Kind::F64) => Values::F64(numbers!(f64)),
            Form::Plain(Kind::Char) => Values::Char(bytes.to_vec()),
            Form::Truth => Values::I8(bytes.iter().map(|b| i8::from(*b != 0)).collect()),
            Form::Bytes => Values::Text(each(bytes, self.bytes, ended)?),
            Form::Wide => Values::Text(each(bytes, self.bytes, |c| self.wide(c))?),
            Form::Plain(Kind::Text) | Form::Texts => Values::Text(texts(bytes)?),
        })
    }

    fn wide(&self, text: &[u8]) -> Option<String> {
        let character = |b: &[u8; 4]| {
            let code = if self.big_endian {
                u32::from_be_bytes(*b)
            } else {
                u32::from_le_bytes(*b)
            };
            char::from_u32(code)
        };
        let text: Option<String> = text.as_chunks().0.iter().map(character).collect();
        Some(text?.trim_end_matches('\0').into())
    }

    /// The value of chunks that are not there.
    pub(super) fn fill(&self, value: &Value) -> Result<Values> {
        let wrong = || Error::Damaged(format!("the fill value {value} does not fit its type"));
        let real = || real(value, self.bytes).ok_or_else(wrong);
        let signed = || whole(value).ok_or_else(wrong);
        Ok(match self.form {
            _ if value.is_null() => Values::zeros(self.kind(), 1),
            Form::Truth => {
                let truth = value.as_bool().or_else(|| Some(whole(value)? != 0));
                Values::I8(vec![i8::from(truth.ok_or_else(wrong)?)])
            }
            Form::Plain(Kind::F32) => Values::F32(vec![real()? as f32]),
            Form::Plain(Kind::F64) => Values::F64(vec![real()?]),
            Form::Plain(Kind::I8) => Values::I8(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::U8) => Values::U8(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::I16) => Values::I16(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::U16) => Values::U16(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::I32) => Values::I32(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::U32) => Values::U32(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::I64) => Values::I64(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::U64) => Values::U64(vec![fit(signed()?).ok_or_else(wrong)?]),
            Form::Plain(Kind::Char) => Values::Char(vec![0]),
            Form::Plain(Kind::Text) | Form::Bytes | Form::Wide | Form::Texts => {
                // Of texts of bytes it is in base 64, and hardly ever anything but empty.
                let text = if self.form == Form::Texts {
                    value.as_str()
                } else {
                    None
                };
                Values::Text(vec![text.unwrap_or_default().into()])
            }
        })
    }

    /// Notes that numbers are truths, as xarray does where a format has none.
    pub(super) fn note_truth(&self, attributes: &mut Vec<Attribute>) {
        if self.form == Form::Truth {
            attributes.push(Attribute {
                name: "dtype".into(),
                value: Values::text("bool"),
            });
        }
    }

    /// How values of a type are stored by us.
    pub(super) fn ours(kind: Kind) -> Self {
        let form = match kind {
            Kind::Text => Form::Texts,
            other => Form::Plain(other),
        };
        Item {
            form,
            bytes: kind.bytes().unwrap_or(1),
            big_endian: false,
        }
    }

    /// The name of one of our types in version 3.
    pub(super) fn third_name(kind: Kind) -> Value {
        match kind {
            Kind::Char => json!({
                "name": "null_terminated_bytes",
                "configuration": {"length_bytes": 1},
            }),
            Kind::Text => "string".into(),
            other => other.name().into(),
        }
    }

    /// The name of one of our types in version 2.
    pub(super) fn second_name(kind: Kind) -> &'static str {
        match kind {
            Kind::I8 => "|i1",
            Kind::U8 => "|u1",
            Kind::I16 => "<i2",
            Kind::U16 => "<u2",
            Kind::I32 => "<i4",
            Kind::U32 => "<u4",
            Kind::I64 => "<i8",
            Kind::U64 => "<u8",
            Kind::F32 => "<f4",
            Kind::F64 => "<f8",
            Kind::Char => "|S1",
            Kind::Text => "|O",
        }
    }
}

fn bytes(length: usize) -> (Form, usize) {
    match length {
        1 => (Form::Plain(Kind::Char), 1),
        _ => (Form::Bytes, length),
    }
}

fn plain(name: &str) -> Option<(Form, usize)> {
    let kind = Kind::ALL.into_iter().find(|k| k.name() == name)?;
    Some((Form::Plain(kind), kind.bytes()?))
}

fn unknown(name: &str) -> Error {
    Error::Unsupported(format!("values of the type {name} are not supported"))
}

fn fit<T: TryFrom<i128>>(number: i128) -> Option<T> {
    T::try_from(number).ok()
}

fn whole(value: &Value) -> Option<i128> {
    let number = value.as_i64().map(i128::from);
    let number = number.or_else(|| value.as_u64().map(i128::from));
    // Version 2 has whole numbers with a point now and then.
    number.or_else(|| {
        value
            .as_f64()
            .filter(|x| x.fract() == 0.0)
            .map(|x| x as i128)
    })
}

/// A number, a word for one, or its bits as `0x7fc00000`.
fn real(value: &Value, bytes: usize) -> Option<f64> {
    let hexadecimal = || {
        let bits = u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()?;
        Some(match bytes {
            4 => f64::from(f32::from_bits(u32::try_from(bits).ok()?)),
            _ => f64::from_bits(bits),
        })
    };
    as_number(value).or_else(hexadecimal)
}

/// A fill value as metadata have it.
pub(super) fn write_fill(fill: &Values) -> Value {
    let number = |x: f64| match serde_json::Number::from_f64(x) {
        Some(number) => Value::Number(number),
        None => word(x).into(),
    };
    match fill {
        Values::F32(v) => v.first().map_or(Value::Null, |x| number(f64::from(*x))),
        Values::F64(v) => v.first().map_or(Value::Null, |x| number(*x)),
        Values::Char(_) | Values::Text(_) => "".into(),
        whole => crate::zarr::attributes::write(whole),
    }
}

fn ended(text: &[u8]) -> Option<String> {
    let end = text.iter().rposition(|b| *b != 0).map_or(0, |p| p + 1);
    String::from_utf8(text[..end].into()).ok()
}

/// Texts of so many bytes each.
fn each(
    bytes: &[u8],
    length: usize,
    text: impl Fn(&[u8]) -> Option<String>,
) -> Result<Vec<String>> {
    let texts: Option<Vec<String>> = bytes.chunks(length).map(text).collect();
    texts.ok_or_else(not_unicode)
}

fn not_unicode() -> Error {
    Error::Unsupported("texts that are not Unicode are not supported".into())
}

/// A count and that many texts, each after its length.
fn texts(bytes: &[u8]) -> Result<Vec<String>> {
    let short = || Error::Damaged("a chunk of texts is cut short".into());
    let mut rest = bytes;
    let mut take = |length: Option<usize>| -> Result<&[u8]> {
        let (found, after) = length
            .and_then(|l| rest.split_at_checked(l))
            .ok_or_else(short)?;
        rest = after;
        Ok(found)
    };
    let number = |b: &[u8]| {
        let b: Option<[u8; 4]> = b.try_into().ok();
        b.map(|b| u32::from_le_bytes(b) as usize)
    };
    let count = number(take(Some(4))?).unwrap_or(0);
    let mut all = Vec::new();
    for _ in 0..count {
        let length = number(take(Some(4))?);
        let text = String::from_utf8(take(length)?.into());
        all.push(text.map_err(|_| not_unicode())?);
    }
    Ok(all)
}

/// The bytes of values as we store them.
pub(super) fn to_bytes(values: &Values) -> Vec<u8> {
    macro_rules! bytes {
        ($($kind:ident)*) => {
            match values {
                $(Values::$kind(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),)*
                Values::Char(v) => v.clone(),
                Values::Text(v) => {
                    let mut out = (v.len() as u32).to_le_bytes().to_vec();
                    for text in v {
                        out.extend((text.len() as u32).to_le_bytes());
                        out.extend(text.as_bytes());
                    }
                    out
                }
            }
        };
    }
    bytes!(I8 U8 I16 U16 I32 U32 I64 U64 F32 F64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_versions() {
        let second = |name: &str| Item::second(&name.into(), false);
        assert_eq!(second("<f4").unwrap().kind(), Kind::F32);
        assert!(second(">i2").unwrap().big_endian);
        assert_eq!(second("|b1").unwrap().kind(), Kind::I8);
        for wrong in ["<f2", "<c8", "|O", "<M8[ns]", "", "<", "<iä"] {
            assert!(second(wrong).is_err(), "{wrong}");
        }
        for kind in Kind::ALL {
            let texts = kind == Kind::Text;
            let third = Item::third(&Item::third_name(kind)).unwrap();
            let second = Item::second(&Item::second_name(kind).into(), texts).unwrap();
            assert_eq!(third, Item::ours(kind));
            assert_eq!(second, Item::ours(kind));
        }
    }

    #[test]
    fn texts_of_any_kind() {
        let wide = Item::second(&"<U2".into(), false).unwrap();
        let bytes = [b'a', 0, 0, 0, 0xe9, 0, 0, 0, b'b', 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(
            wide.values(&bytes).unwrap(),
            Values::Text(vec!["aé".into(), "b".into()])
        );
        let ours = Values::Text(vec![String::new(), "été".into()]);
        assert_eq!(
            Item::ours(Kind::Text).values(&to_bytes(&ours)).unwrap(),
            ours
        );
        assert!(Item::ours(Kind::Text).values(&[9, 0, 0, 0, 1]).is_err());
    }

    #[test]
    fn fill_values() {
        let float = Item::ours(Kind::F32);
        let Values::F32(nan) = float.fill(&"0x7fc00000".into()).unwrap() else {
            panic!("not a float");
        };
        assert!(nan[0].is_nan());
        assert_eq!(
            float.fill(&json!(-9999)).unwrap(),
            Values::F32(vec![-9999.0])
        );
        assert_eq!(float.fill(&Value::Null).unwrap(), Values::F32(vec![0.0]));
        assert!(float.fill(&"much".into()).is_err());
        assert!(Item::ours(Kind::I8).fill(&json!(200)).is_err());
    }
}
