//! From code planes to bytes and back.
//!
//! A back end sees planes of whole numbers with their geometry; it knows nothing
//! of predictors, quantisers or values.

mod bits;
mod context;
mod huffman;
mod mixing;
mod token;

use std::cell::RefCell;

use foresz_predictors::Plane;
use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use crate::error::{Error, Result, Section, corrupt};

/// A code that says the value follows literally.
pub const ESCAPE: i32 = i32::MIN;
/// A place that is masked: nothing is coded, the value is the prediction itself.
pub const HOLE: i32 = i32::MIN + 1;

/// How codes become bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// One Huffman code for the whole chunk, then zstd: the back end of the SZ
    /// family, blind to the geometry of the planes.
    Huffman,
    /// Contexts from the codes around, clustered histograms, interleaved rANS.
    #[default]
    Context,
    /// Binary decisions under mixed contexts: the smallest and the slowest.
    Mixing,
    /// Bit-packed integers: the codec of the fast effort, which has a predictor of
    /// its own. Cannot be asked for with another.
    Packed,
    /// Values as they are, where all else takes more. Cannot be asked for.
    Stored,
}

/// Reads the planes of a chunk in the order they were written.
pub(crate) trait PlaneReader {
    /// Fills in the codes of the next plane; places that hold
    /// [`HOLE`] have no code and stay as they are.
    fn read(&mut self, plane: &Plane, codes: &mut [i32]) -> Result<()>;

    /// Complains if anything is left to read.
    fn finish(&self) -> Result<()>;
}

impl Backend {
    /// All that can be asked for, with the names they have on the command line.
    pub const ALL: [Backend; 3] = [Backend::Huffman, Backend::Context, Backend::Mixing];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Huffman => "huffman",
            Backend::Context => "context",
            Backend::Mixing => "mixing",
            Backend::Packed => "packed",
            Backend::Stored => "stored",
        }
    }

    pub(crate) fn id(self) -> u8 {
        match self {
            Backend::Huffman => 0,
            Backend::Context => 1,
            Backend::Mixing => 2,
            Backend::Packed => 3,
            Backend::Stored => 4,
        }
    }

    pub(crate) fn from_id(id: u8) -> Result<Self> {
        match id {
            0 => Ok(Backend::Huffman),
            1 => Ok(Backend::Context),
            2 => Ok(Backend::Mixing),
            3 => Ok(Backend::Packed),
            4 => Ok(Backend::Stored),
            _ => Err(Error::Unsupported(format!(
                "back end {id} is newer than this foresz: install a newer one"
            ))),
        }
    }

    /// The bytes of all planes of a chunk of that shape.
    pub(crate) fn encode(self, shape: &[usize], planes: &[Plane], codes: &[i32]) -> Vec<u8> {
        match self {
            Backend::Huffman => huffman::encode(codes),
            Backend::Context | Backend::Packed | Backend::Stored => {
                context::encode(shape, planes, codes)
            }
            Backend::Mixing => mixing::encode(shape, planes, codes),
        }
    }

    /// A reader of the planes of a chunk of that shape.
    pub(crate) fn decoder(self, bytes: &[u8], shape: &[usize]) -> Result<Box<dyn PlaneReader>> {
        match self {
            Backend::Huffman => Ok(Box::new(huffman::Decoder::new(
                bytes,
                shape.iter().product(),
            )?)),
            Backend::Context => Ok(Box::new(context::Decoder::new(bytes, shape)?)),
            Backend::Mixing => Ok(Box::new(mixing::Decoder::new(bytes, shape))),
            Backend::Packed => corrupt(Section::Chunk, "planes cannot be packed"),
            Backend::Stored => corrupt(Section::Chunk, "planes cannot be stored"),
        }
    }
}

impl std::str::FromStr for Backend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let names = Backend::ALL.map(Backend::name).join(", ");
        let found = Backend::ALL.into_iter().find(|b| b.name() == text);
        found.ok_or_else(|| {
            Error::Invalid(format!(
                "no back end is called {text:?}; there are: {names}"
            ))
        })
    }
}

/// An estimate of the bits that codes will take, in order-0 entropy.
pub(crate) use token::estimate_bits;

/// An estimate of the bits that planes of codes will take where contexts count.
pub(crate) use context::estimate_bits as estimate_bits_in_context;

/// zstd's state is large and needed for small parts again and again: each thread keeps
/// one.
fn compress(bytes: &[u8], level: i32) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Compressor<'static>> = RefCell::default();
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.set_compression_level(level)?;
        compressor.compress(bytes)
    })
}

fn decompress(bytes: &[u8], most: usize) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Decompressor<'static>> = RefCell::default();
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.decompress(bytes, most))
}

/// Bytes through zstd, or as they are if that is not smaller: a flag byte tells.
pub(crate) fn squeeze(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut out = vec![0];
    // A failure of zstd, which only lack of memory could cause, costs size alone.
    match compress(bytes, level) {
        Ok(smaller) if smaller.len() < bytes.len() => {
            out[0] = 1;
            out.extend_from_slice(&smaller);
        }
        _ => out.extend_from_slice(bytes),
    }
    out
}

/// Inverse of [`squeeze`] for a result of exactly `length` bytes.
pub(crate) fn stretch(bytes: &[u8], length: usize, at: Section) -> Result<Vec<u8>> {
    let plain = match bytes.split_first() {
        Some((0, rest)) => rest.to_vec(),
        Some((1, rest)) => match decompress(rest, length) {
            Ok(plain) => plain,
            Err(reason) => return corrupt(at, format!("zstd: {reason}")),
        },
        _ => return corrupt(at, "it is neither stored nor compressed by zstd"),
    };
    if plain.len() != length {
        return corrupt(
            at,
            format!("{length} bytes are wanted, {} are there", plain.len()),
        );
    }
    Ok(plain)
}
