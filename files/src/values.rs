//! Values of any type that a variable or an attribute can have.

/// Type of the values of a variable, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 8 bits with a sign.
    I8,
    /// 8 bits.
    U8,
    /// 16 bits with a sign.
    I16,
    /// 16 bits.
    U16,
    /// 32 bits with a sign.
    I32,
    /// 32 bits.
    U32,
    /// 64 bits with a sign.
    I64,
    /// 64 bits.
    U64,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Bytes of text, each a value.
    Char,
    /// Texts of any length.
    Text,
}

/// Values of one type, in C order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is a Kind, and explained there")]
pub enum Values {
    I8(Vec<i8>),
    U8(Vec<u8>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Char(Vec<u8>),
    Text(Vec<String>),
}

/// Does the same with the vector in any of the variants.
#[macro_export]
macro_rules! each_values {
    ($values:expr, $vector:ident => $body:expr) => {
        match $values {
            $crate::Values::I8($vector) => $body,
            $crate::Values::U8($vector) => $body,
            $crate::Values::I16($vector) => $body,
            $crate::Values::U16($vector) => $body,
            $crate::Values::I32($vector) => $body,
            $crate::Values::U32($vector) => $body,
            $crate::Values::I64($vector) => $body,
            $crate::Values::U64($vector) => $body,
            $crate::Values::F32($vector) => $body,
            $crate::Values::F64($vector) => $body,
            $crate::Values::Char($vector) => $body,
            $crate::Values::Text($vector) => $body,
        }
    };
}

impl Kind {
    /// All there are.
    pub const ALL: [Kind; 12] = [
        Kind::I8,
        Kind::U8,
        Kind::I16,
        Kind::U16,
        Kind::I32,
        Kind::U32,
        Kind::I64,
        Kind::U64,
        Kind::F32,
        Kind::F64,
        Kind::Char,
        Kind::Text,
    ];

    /// Bytes per value; none for texts, which have any length.
    pub fn bytes(self) -> Option<usize> {
        Some(match self {
            Kind::I8 | Kind::U8 | Kind::Char => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 => 8,
            Kind::Text => return None,
        })
    }

    /// As numpy calls it, with `char` and `text` for those it calls otherwise.
    pub fn name(self) -> &'static str {
        match self {
            Kind::I8 => "int8",
            Kind::U8 => "uint8",
            Kind::I16 => "int16",
            Kind::U16 => "uint16",
            Kind::I32 => "int32",
            Kind::U32 => "uint32",
            Kind::I64 => "int64",
            Kind::U64 => "uint64",
            Kind::F32 => "float32",
            Kind::F64 => "float64",
            Kind::Char => "char",
            Kind::Text => "text",
        }
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        !matches!(self, Kind::F32 | Kind::F64 | Kind::Char | Kind::Text)
    }

    /// Whether values have a fraction.
    pub fn is_float(self) -> bool {
        matches!(self, Kind::F32 | Kind::F64)
    }
}

/// Whether memory has numbers as files have them.
const IS_LITTLE: bool = cfg!(target_endian = "little");

impl Values {
    /// A text as attributes mostly are.
    pub fn text(text: &str) -> Self {
        Values::Char(text.into())
    }

    /// Their type.
    pub fn kind(&self) -> Kind {
        match self {
            Values::I8(_) => Kind::I8,
            Values::U8(_) => Kind::U8,
            Values::I16(_) => Kind::I16,
            Values::U16(_) => Kind::U16,
            Values::I32(_) => Kind::I32,
            Values::U32(_) => Kind::U32,
            Values::I64(_) => Kind::I64,
            Values::U64(_) => Kind::U64,
            Values::F32(_) => Kind::F32,
            Values::F64(_) => Kind::F64,
            Values::Char(_) => Kind::Char,
            Values::Text(_) => Kind::Text,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        each_values!(self, v => v.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A text, if that is what it is: of characters, or the only one of several.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Values::Char(bytes) => std::str::from_utf8(bytes).ok(),
            Values::Text(texts) => match texts.as_slice() {
                [text] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// All as double precision, which 64-bit integers may not fit; nothing for texts.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        Some(match self {
            Values::I8(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::U8(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::I16(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::U16(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::I32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::U32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::I64(v) => v.iter().map(|x| *x as f64).collect(),
            Values::U64(v) => v.iter().map(|x| *x as f64).collect(),
            Values::F32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Values::F64(v) => v.clone(),
            Values::Char(_) | Values::Text(_) => return None,
        })
    }

    /// All as little-endian bytes; nothing for texts of any length.
    pub fn to_le_bytes(&self) -> Option<Vec<u8>> {
        macro_rules! bytes {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) if IS_LITTLE => bytemuck::cast_slice(v).to_vec(),
                    Values::$variant(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),)*
                    Values::Char(v) => v.clone(),
                    Values::Text(_) => return None,
                }
            };
        }
        Some(bytes!(I8, U8, I16, U16, I32, U32, I64, U64, F32, F64))
    }

    /// Writes all as little-endian bytes, a part at a time; nothing of texts of any length.
    pub fn write_le_bytes(&self, sink: &mut dyn std::io::Write) -> std::io::Result<()> {
        const AT_ONCE: usize = 1 << 16;
        macro_rules! write {
            ($($variant:ident),*) => {
                match self {
                    $(Values::$variant(v) if IS_LITTLE => sink.write_all(bytemuck::cast_slice(v))?,
                    Values::$variant(v) => for part in v.chunks(AT_ONCE) {
                        let bytes = part.iter().flat_map(|x| x.to_le_bytes());
                        sink.write_all(&bytes.collect::<Vec<u8>>())?;
                    })*
                    Values::Char(v) => sink.write_all(v)?,
                    Values::Text(_) => {}
                }
            };
        }
        write!(I8, U8, I16, U16, I32, U32, I64, U64, F32, F64);
        Ok(())
    }

    /// How many values are not those of another to the bit; all, if the other has not as
    /// many or another type.
    pub fn differing(&self, other: &Values) -> usize {
        if self.kind() != other.kind() || self.len() != other.len() {
            return self.len().max(other.len());
        }
        match (self, other) {
            (Values::Text(a), Values::Text(b)) => a.iter().zip(b).filter(|(x, y)| x != y).count(),
            _ => {
                let width = self.kind().bytes().unwrap_or(1);
                let (a, b) = (self.to_le_bytes(), other.to_le_bytes());
                let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
                let pairs = a.chunks(width).zip(b.chunks(width));
                pairs.filter(|(x, y)| x != y).count()
            }
        }
    }

    /// Inverse of [`to_le_bytes`](Self::to_le_bytes); a rest too short for a value is left
    /// out.
    pub fn from_le_bytes(kind: Kind, bytes: &[u8]) -> Option<Self> {
        macro_rules! numbers {
            ($($variant:ident: $type:ty),*) => {
                match kind {
                    $(Kind::$variant => {
                        let (all, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
                        Values::$variant(all.iter().map(|b| <$type>::from_le_bytes(*b)).collect())
                    })*
                    Kind::Char => Values::Char(bytes.to_vec()),
                    Kind::Text => return None,
                }
            };
        }
        Some(numbers!(
            I8: i8, U8: u8, I16: i16, U16: u16, I32: i32, U32: u32, I64: i64, U64: u64, F32: f32,
            F64: f64
        ))
    }

    /// The only number, if there is just one.
    pub fn as_number(&self) -> Option<f64> {
        match self.to_f64()?.as_slice() {
            [x] => Some(*x),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers() {
        assert_eq!(Values::text("K").as_text(), Some("K"));
        assert_eq!(
            Values::Text(vec!["a".into(), "b".into()]).as_text(),
            None,
            "two texts are not one"
        );
        assert_eq!(Values::I16(vec![-3]).as_number(), Some(-3.0));
        assert_eq!(Values::I16(vec![1, 2]).as_number(), None);
        assert_eq!(Values::text("3").as_number(), None);
    }
}
