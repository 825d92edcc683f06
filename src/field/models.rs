//! Learned models that travel in a stream.

use std::io::Read;

use foresz_predictors::{Allowance, Parcel, Registry, Spec};

use crate::bytes::{Reader, put_bytes, put_number};
use crate::container::used::Used;
use crate::container::{Index, Stored};
use crate::entropy::squeeze;
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::limits::{Limits, Models, Task};

/// Bytes that the models of a stream may have when they are unpacked.
const MOST_BYTES: usize = 1 << 28;
/// Fewer if they are packed so tightly that they can hold nothing that was learned: these
/// many, and so many for each packed one.
const PLAIN: usize = 1 << 24;
const LARGER: usize = 16;
/// Files of a model.
const MOST_FILES: usize = 64;
/// Weights are words of four bytes, of which the lowest are noise and the highest not:
/// planes of bytes take 9 % less than words as they lie.
const PLANES: [usize; 2] = [1, 4];
/// Large models would take minutes at the highest level, to gain a percent.
const SMALL: usize = 1 << 23;
const LEVELS: [i32; 2] = [3, 19];

/// Bytes that models of so many packed bytes may have.
fn room(packed: usize) -> usize {
    let room = packed.saturating_mul(LARGER).saturating_add(PLAIN);
    room.min(MOST_BYTES)
}

/// Bytes of a model when it is unpacked.
pub(crate) fn size(parcel: &Parcel) -> usize {
    parcel.files.iter().map(|(_, bytes)| bytes.len()).sum()
}

/// Files of a model as they are stored.
fn pack(parcel: &Parcel) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, parcel.files.len() as u64);
    for (name, bytes) in &parcel.files {
        put_bytes(&mut out, name.as_bytes());
        put_number(&mut out, bytes.len() as u64);
        let level = LEVELS[usize::from(bytes.len() <= SMALL)];
        let [plain, planes] = PLANES.map(|p| squeeze(&to_planes(bytes, p), level));
        let smaller = planes.len() < plain.len();
        out.push(PLANES[usize::from(smaller)] as u8);
        put_bytes(&mut out, if smaller { &planes } else { &plain });
    }
    out
}

/// Every `count`-th byte, from the first one on; then from the second one on, and so on.
fn to_planes(bytes: &[u8], count: usize) -> Vec<u8> {
    let plane = |k| bytes.iter().skip(k).step_by(count).copied();
    (0..count).flat_map(plane).collect()
}

fn from_planes(planes: Vec<u8>, count: usize) -> Vec<u8> {
    if count == 1 {
        return planes;
    }
    let mut bytes = vec![0; planes.len()];
    let places = (0..count).flat_map(|k| (k..planes.len()).step_by(count));
    places.zip(&planes).for_each(|(at, byte)| bytes[at] = *byte);
    bytes
}

/// Inverse of [`pack`]. Takes what it unpacks off `room`.
fn unpack(bytes: &[u8], room: &mut usize) -> Result<Vec<(String, Vec<u8>)>> {
    let mut reader = Reader::new(bytes, Section::Models);
    let mut files = Vec::new();
    for _ in 0..reader.count(MOST_FILES, "files of a model")? {
        let name = reader.text()?;
        let length = reader.count(*room, "bytes of a file")?;
        *room -= length;
        let planes = usize::from(reader.byte()?);
        if !PLANES.contains(&planes) {
            return Err(Error::Unsupported(format!(
                "a model stored in {planes} planes: install a newer foresz"
            )));
        }
        let plain = stretch(reader.bytes()?, length)?;
        files.push((name, from_planes(plain, planes)));
    }
    reader.finish()?;
    Ok(files)
}

/// As for chunks, but room is made as bytes come: here a length is not bounded by a shape.
fn stretch(squeezed: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    let wanted = length as u64 + 1;
    match squeezed.split_first() {
        Some((0, rest)) => plain.extend_from_slice(rest),
        Some((1, rest)) => {
            let decoder = zstd::stream::read::Decoder::with_buffer(rest);
            let read = decoder.and_then(|d| d.single_frame().take(wanted).read_to_end(&mut plain));
            if let Err(reason) = read {
                return corrupt(Section::Models, format!("zstd: {reason}"));
            }
        }
        _ => return corrupt(Section::Models, "a file is neither plain nor zstd"),
    }
    if plain.len() != length {
        return corrupt(
            Section::Models,
            format!("a file should have {length} bytes and does not"),
        );
    }
    Ok(plain)
}

/// Models as stored in a stream.
pub(crate) struct Packed {
    pub(crate) rows: Vec<Stored>,
    pub(crate) bytes: Vec<u8>,
    /// Bytes when they are unpacked.
    unpacked: usize,
}

impl Packed {
    pub(crate) fn sizes(&self) -> Models {
        Models {
            stored: self.bytes.len(),
            unpacked: self.unpacked,
        }
    }
}

/// The models that chunks were coded with, in the order of the choices.
pub(crate) fn store(registry: &Registry, choices: &[String]) -> Result<Packed> {
    let (mut rows, mut bytes, mut room) = (Vec::new(), Vec::new(), MOST_BYTES);
    let mut parcels: Vec<Parcel> = Vec::new();
    for choice in choices {
        let spec: Spec = choice.parse()?;
        for parcel in registry.pack(&spec)? {
            if parcels.iter().all(|known| known.sha256 != parcel.sha256) {
                parcels.push(parcel);
            }
        }
    }
    for (model, used) in Used::by_choices(choices).iter().enumerate() {
        let Some(parcel) = parcels.iter().find(|p| p.sha256 == used.sha256) else {
            return invalid(format!("model {} cannot be stored in a stream", used.name));
        };
        let size = size(parcel);
        if size > room || parcel.files.len() > MOST_FILES {
            return invalid(format!(
                "model {} is too large to be stored: {size} bytes in {} files; a stream takes {MOST_BYTES} bytes of models, with {MOST_FILES} files each",
                parcel.name,
                parcel.files.len()
            ));
        }
        room -= size;
        let packed = pack(parcel);
        rows.push(Stored {
            model,
            bytes: packed.len(),
            checksum: crc32fast::hash(&packed),
        });
        bytes.extend(packed);
    }
    let unpacked = MOST_BYTES - room;
    if unpacked > self::room(bytes.len()) {
        return invalid(format!(
            "the models are too large to be stored: they pack into {} bytes, and a stream may hold no more than {} bytes that pack so tightly",
            bytes.len(),
            self::room(bytes.len())
        ));
    }
    Ok(Packed {
        rows,
        bytes,
        unpacked,
    })
}

/// Whether decoders will let the models that chunks were coded with do their task.
pub(crate) fn check(registry: &Registry, choice: &str, task: Task) -> Result<()> {
    let allowance = Limits::default().allow(task);
    Ok(registry.check(&choice.parse()?, task.values, &allowance)?)
}

/// The models of a stream that some choices name. `bytes` are those of all models.
pub(crate) fn unpacked(
    index: &Index,
    bytes: &[u8],
    is_needed: impl Fn(&Used) -> bool,
) -> Result<Vec<Parcel>> {
    let (all, mut rest, mut room) = (Used::of(index), bytes, room(bytes.len()));
    let mut parcels = Vec::new();
    for row in &index.stored {
        let Some((packed, more)) = rest.split_at_checked(row.bytes) else {
            return corrupt(Section::Models, "they are cut short");
        };
        rest = more;
        let Some(used) = all.get(row.model).filter(|used| is_needed(used)) else {
            continue;
        };
        if crc32fast::hash(packed) != row.checksum {
            return corrupt(
                Section::Models,
                format!("the checksum of {} does not match", used.name),
            );
        }
        parcels.push(Parcel {
            name: used.name.clone(),
            sha256: used.sha256.clone(),
            files: unpack(packed, &mut room)?,
        });
    }
    Ok(parcels)
}

/// The same predictors, with models of a stream at hand.
pub(crate) fn stocked(
    registry: &Registry,
    parcels: &[Parcel],
    allowance: &Allowance,
) -> Result<Registry> {
    if parcels.is_empty() {
        return Ok(registry.clone());
    }
    let unpacked = registry.unpack(parcels, allowance);
    unpacked.or_else(|e| corrupt(Section::Models, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel() -> Parcel {
        let words = (0..1003u32).flat_map(|i| (i as f32).sqrt().to_le_bytes());
        Parcel {
            name: "m".into(),
            sha256: String::new(),
            files: vec![
                ("model.toml".into(), b"name = \"m\"".to_vec()),
                ("odd".into(), words.skip(1).collect()),
                ("empty".into(), Vec::new()),
            ],
        }
    }

    #[test]
    fn files_come_back() {
        let packed = pack(&parcel());
        assert!(packed.len() < 3000, "{}", packed.len());
        let mut room = 5000;
        assert_eq!(unpack(&packed, &mut room).unwrap(), parcel().files);
        assert_eq!(room, 5000 - 10 - 4011);
        assert!(unpack(&packed, &mut 4000).is_err());
        for end in 0..packed.len() {
            assert!(unpack(&packed[..end], &mut 5000).is_err(), "{end}");
        }
    }

    #[test]
    fn a_frame_that_is_longer_than_it_says_is_refused() {
        let long = squeeze(&vec![0; 1 << 20], 3);
        assert!(stretch(&long, 1 << 20).is_ok());
        for length in [0, 1, (1 << 20) - 1, (1 << 20) + 1, MOST_BYTES] {
            assert!(stretch(&long, length).is_err(), "{length}");
        }
    }
}
