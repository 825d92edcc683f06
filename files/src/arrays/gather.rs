//! Values of arrays from bytes that lie one after the other, straight into the memory that
//! they are used from.

use std::io::{self, Read};
use std::ops::Range;

use crate::error::{Error, Result};
use crate::region::rows;
use crate::room::zeros;
use crate::values::{Kind, Values};

/// Values that are read at a time.
const AT_ONCE: usize = 1 << 14;

/// How an array lies in its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    /// Whether the first dimension is the fastest one.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// Takes the bytes from an offset on.
type Take<'a> = dyn FnMut(u64, &mut [u8]) -> io::Result<()> + 'a;

impl Form {
    pub(super) fn plain(kind: Kind, shape: Vec<usize>) -> Self {
        Form {
            kind,
            big_endian: false,
            fortran: false,
            shape,
        }
    }

    /// Fails unless there are as many bytes as the array takes.
    pub(super) fn check_size(&self, found: u64) -> Result<()> {
        let wanted = self.size(self.kind).ok_or_else(|| {
            let shown = shown(&self.shape);
            Error::Invalid(format!("no memory holds an array of shape {shown}"))
        })?;
        if found == wanted {
            return Ok(());
        }
        let other = match self.kind {
            Kind::F32 => Kind::F64,
            _ => Kind::F32,
        };
        let hint = if self.size(other) == Some(found) {
            format!("; as {} it would fit", short(other))
        } else {
            String::new()
        };
        Err(Error::Invalid(format!(
            "the shape {} of {} takes {wanted} bytes, but there are {found}{hint}",
            shown(&self.shape),
            short(self.kind)
        )))
    }

    /// Bytes that it takes, if that many can be counted.
    fn size(&self, kind: Kind) -> Option<u64> {
        let width = kind.bytes().unwrap_or(1) as u64;
        let mut lengths = self.shape.iter();
        lengths.try_fold(width, |n, length| n.checked_mul(*length as u64))
    }

    fn whole(&self) -> Vec<Range<usize>> {
        self.shape.iter().map(|n| 0..*n).collect()
    }

    /// All values of a reader that has these and nothing else.
    pub(super) fn read_whole(&self, reader: &mut dyn Read) -> Result<Values> {
        let mut found = 0;
        let read = self.read(&self.whole(), &mut |_, room| {
            let mut filled = 0;
            while filled < room.len() {
                match reader.read(&mut room[filled..]) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(n) => (filled, found) = (filled + n, found + n as u64),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        });
        match read {
            Err(Error::Io(ref e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                self.check_size(found)?;
            }
            Err(_) => {}
            Ok(_) => {
                found += io::copy(reader, &mut io::sink())?;
                self.check_size(found)?;
            }
        }
        read
    }

    /// Values of a part, in C order. Bytes are taken in the order in which they lie.
    pub(super) fn read(&self, region: &[Range<usize>], take: &mut Take) -> Result<Values> {
        self.check_countable()?;
        macro_rules! of {
            ($($kind:ident: $type:ty),*) => {
                match self.kind {
                    $(Kind::$kind => Values::$kind(gather(self, region, take, <$type>::from_le_bytes)?),)*
                    Kind::Char | Kind::Text => {
                        return Err(Error::Invalid("texts have no samples".into()));
                    }
                }
            };
        }
        Ok(of!(
            I8: i8, U8: u8, I16: i16, U16: u16, I32: i32, U32: u32, I64: i64, U64: u64,
            F32: f32, F64: f64
        ))
    }

    fn check_countable(&self) -> Result<()> {
        match self.size(self.kind) {
            Some(_) => Ok(()),
            None => self.check_size(0),
        }
    }
}

fn gather<T: bytemuck::Zeroable, const N: usize>(
    form: &Form,
    region: &[Range<usize>],
    take: &mut Take,
    number: fn([u8; N]) -> T,
) -> Result<Vec<T>> {
    let lengths: Vec<usize> = region.iter().map(Range::len).collect();
    let count = lengths.iter().product();
    let mut values: Vec<T> = zeros(count)?;
    if count == 0 {
        return Ok(values);
    }
    let runs = Runs::of(form, region, &lengths)?;
    let mut bytes = vec![0; AT_ONCE.min(runs.length) * N];
    for (row, start) in runs.starts.iter().enumerate() {
        let base = runs.base(row);
        for first in (0..runs.length).step_by(AT_ONCE) {
            let some = AT_ONCE.min(runs.length - first);
            let bytes = &mut bytes[..some * N];
            take(((start + first) * N) as u64, bytes)?;
            let (numbers, _) = bytes.as_chunks_mut::<N>();
            if form.big_endian {
                numbers.iter_mut().for_each(|bytes| bytes.reverse());
            }
            let room = values[base + first * runs.stride..].iter_mut();
            for (x, bytes) in room.step_by(runs.stride).zip(numbers) {
                *x = number(*bytes);
            }
        }
    }
    Ok(values)
}

/// Values of a region that lie one after the other in the file, and where they go.
struct Runs {
    starts: Vec<usize>,
    length: usize,
    /// Between values of a run, where they go.
    stride: usize,
    /// Length and stride of the slower dimensions, in the order of the file.
    slower: Vec<(usize, usize)>,
}

impl Runs {
    fn of(form: &Form, region: &[Range<usize>], lengths: &[usize]) -> Result<Self> {
        let stride = |d: usize| lengths[d + 1..].iter().product::<usize>();
        // Slowest first: how long it is, which part is wanted, and its stride.
        let dimensions = form.shape.iter().zip(region).enumerate();
        let mut order: Vec<(usize, Range<usize>, usize)> = dimensions
            .filter(|(_, (n, _))| **n != 1)
            .map(|(d, (n, part))| (*n, part.clone(), stride(d)))
            .collect();
        if form.fortran {
            order.reverse();
        } else {
            // What is whole goes with what is slower.
            while let [.., (n, part, _), (fast, whole, 1)] = order.as_mut_slice()
                && whole.len() == *fast
            {
                let merged = (*n * *fast, part.start * *fast..part.end * *fast, 1);
                order.truncate(order.len() - 2);
                order.push(merged);
            }
        }
        let shape: Vec<usize> = order.iter().map(|(n, ..)| *n).collect();
        let part: Vec<Range<usize>> = order.iter().map(|(_, part, _)| part.clone()).collect();
        let (starts, length) = rows(&shape, &part)?;
        let stride = order.pop().map_or(1, |(.., stride)| stride);
        let slower = order.into_iter();
        Ok(Runs {
            starts,
            length,
            stride,
            slower: slower.map(|(_, part, s)| (part.len(), s)).collect(),
        })
    }

    /// Where the first value of a run goes.
    fn base(&self, mut row: usize) -> usize {
        let mut base = 0;
        for (length, stride) in self.slower.iter().rev() {
            base += row % length * stride;
            row /= length;
        }
        base
    }
}

/// `721x1440`.
fn shown(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    lengths.join("x")
}

/// `f32`.
fn short(kind: Kind) -> String {
    let letter = &kind.name()[..1];
    format!("{letter}{}", 8 * kind.bytes().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads from memory.
    fn from(bytes: &[u8]) -> impl FnMut(u64, &mut [u8]) -> io::Result<()> {
        move |at, room| {
            let at = at as usize;
            room.copy_from_slice(&bytes[at..at + room.len()]);
            Ok(())
        }
    }

    #[test]
    fn parts_in_every_order_are_those_of_the_whole() {
        let shape = vec![3, 1, 4, 5];
        let all = Values::I32((0..60).collect());
        let regions = [
            vec![0..3, 0..1, 0..4, 0..5],
            vec![1..2, 0..1, 0..4, 0..5],
            vec![0..3, 0..1, 1..3, 2..4],
            vec![2..3, 0..1, 3..4, 4..5],
        ];
        for (fortran, big_endian) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut bytes = Vec::new();
            for k in 0..60i32 {
                // Which value lies at place k of the file.
                let value = match (fortran, k % 3, k / 3 % 4, k / 12) {
                    (true, i, j, l) => i * 20 + j * 5 + l,
                    (false, ..) => k,
                };
                let number = value.to_le_bytes();
                bytes.extend(if big_endian {
                    value.to_be_bytes()
                } else {
                    number
                });
            }
            let form = Form {
                kind: Kind::I32,
                big_endian,
                fortran,
                shape: shape.clone(),
            };
            for region in &regions {
                let found = form.read(region, &mut from(&bytes)).unwrap();
                assert_eq!(found, all.region(&shape, region).unwrap(), "{form:?}");
            }
            assert_eq!(form.read_whole(&mut bytes.as_slice()).unwrap(), all);
        }
    }

    #[test]
    fn wrong_sizes_are_told_in_bytes() {
        let form = Form::plain(Kind::F32, vec![2, 3]);
        for (bytes, wanted) in [
            (20, "takes 24 bytes, but there are 20"),
            (48, "as f64 it would"),
        ] {
            let told = form.read_whole(&mut vec![0; bytes].as_slice());
            let told = told.unwrap_err().to_string();
            assert!(told.contains(wanted), "{told}");
        }
        let form = Form::plain(Kind::F32, vec![usize::MAX, 3]);
        let told = form.read_whole(&mut [].as_slice()).unwrap_err();
        assert!(told.to_string().contains("no memory"), "{told}");
    }
}
