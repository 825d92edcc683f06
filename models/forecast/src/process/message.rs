//! What is in frames. Nothing is allocated for a number that has not brought its bytes
//! along.

use sha2::{Digest, Sha256};

use crate::array::Array;
use crate::runtime::Step;

/// Of the protocol.
pub(super) const VERSION: u32 = 1;
const MOST_TENSORS: u32 = 1024;
const MOST_AXES: u8 = 16;

/// Whether a model claims to repeat itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It may differ from run to run.
    None,
    /// The same bits on the same machine with the same software.
    Here,
    /// The same bits everywhere.
    Everywhere,
}

/// How a process introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) contract: String,
    pub(super) about: String,
    pub(super) claim: Claim,
}

/// A body that is being read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (bytes, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| format!("{length} bytes are announced, {} follow", self.0.len()))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or("it is cut off")?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u32()? as usize;
        let text = std::str::from_utf8(self.bytes(length)?);
        Ok(text.map_err(|_| "a text is not UTF-8")?.to_owned())
    }

    fn tensor(&mut self) -> Result<(String, Array), String> {
        let name = self.text()?;
        let [axes] = self.array()?;
        if axes > MOST_AXES {
            return Err(format!(
                "tensor {name:?} has {axes} axes, {MOST_AXES} are the most"
            ));
        }
        let mut shape = Vec::with_capacity(axes.into());
        for _ in 0..axes {
            shape.push(usize::try_from(self.u64()?).map_err(|_| "an axis is too long")?);
        }
        let size = shape.iter().try_fold(4usize, |n, &d| n.checked_mul(d));
        let size = size.ok_or_else(|| format!("tensor {name:?} is too large: {shape:?}"))?;
        let bytes = self
            .bytes(size)
            .map_err(|e| format!("tensor {name:?}: {e}"))?;
        let (values, _) = bytes.as_chunks();
        let values = values.iter().map(|&v| f32::from_le_bytes(v)).collect();
        let array = Array::new(&shape, values).map_err(|e| e.to_string())?;
        Ok((name, array))
    }

    fn end(self) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(format!("{} bytes too many", self.0.len()))
    }
}

impl Hello {
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let mut from = Reader(body);
        let version = from.u32()?;
        if version != VERSION {
            return Err(format!(
                "it speaks version {version} of the protocol, and version {VERSION} is needed"
            ));
        }
        let contract = from.text()?;
        let hash: [u8; 32] = from.array()?;
        if Sha256::digest(contract.as_bytes())[..] != hash {
            return Err("the hash is not that of the contract".into());
        }
        let about = from.text()?;
        let claim = match from.array()? {
            [0] => Claim::None,
            [1] => Claim::Here,
            [2] => Claim::Everywhere,
            [other] => return Err(format!("it makes the unknown claim {other}")),
        };
        from.end()?;
        Ok(Self {
            contract,
            about,
            claim,
        })
    }
}

/// The outputs of a step.
pub(super) fn prediction(body: &[u8], step: Step) -> Result<Vec<(String, Array)>, String> {
    let (body, crc) = body.split_last_chunk().ok_or("it is cut off")?;
    let (said, found) = (u32::from_le_bytes(*crc), crc32fast::hash(body));
    if said != found {
        return Err(format!(
            "its CRC-32 is {said:08x}, that of its bytes {found:08x}"
        ));
    }
    let mut from = Reader(body);
    let (index, wanted) = (from.u64()?, step.index as u64);
    if index != wanted {
        return Err(format!("it is for step {index} instead of {wanted}"));
    }
    let count = from.u32()?;
    if count > MOST_TENSORS {
        return Err(format!(
            "it has {count} tensors, {MOST_TENSORS} are the most"
        ));
    }
    let mut outputs: Vec<(String, Array)> = Vec::new();
    for _ in 0..count {
        let (name, array) = from.tensor()?;
        if outputs.iter().any(|(other, _)| *other == name) {
            return Err(format!("tensor {name:?} comes twice"));
        }
        outputs.push((name, array));
    }
    from.end()?;
    Ok(outputs)
}

/// The body of a step.
pub(super) fn step(step: Step, inputs: &[(&str, Array)]) -> Vec<u8> {
    let values: usize = inputs.iter().map(|(_, array)| array.values().len()).sum();
    let mut out = Vec::with_capacity(values * 4 + 256);
    out.extend((step.index as u64).to_le_bytes());
    out.push(u8::from(step.time.is_some()));
    out.extend(step.time.unwrap_or(0).to_le_bytes());
    tensors(inputs.iter().map(|(name, array)| (*name, array)), &mut out);
    out
}

/// Writes a list of tensors.
pub(super) fn tensors<'a>(
    list: impl ExactSizeIterator<Item = (&'a str, &'a Array)>,
    out: &mut Vec<u8>,
) {
    out.extend((list.len() as u32).to_le_bytes());
    for (name, array) in list {
        out.extend((name.len() as u32).to_le_bytes());
        out.extend(name.as_bytes());
        out.push(array.shape().len() as u8);
        for &length in array.shape() {
            out.extend((length as u64).to_le_bytes());
        }
        let start = out.len();
        out.resize(start + array.values().len() * 4, 0);
        let (places, _) = out[start..].as_chunks_mut();
        let values = array.values().iter();
        places
            .iter_mut()
            .zip(values)
            .for_each(|(place, v)| *place = v.to_le_bytes());
    }
}
