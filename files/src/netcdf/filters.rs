//! What chunks of HDF5 are compressed with.

use std::io::Read;
use std::sync::{PoisonError, RwLock};

use hdf5_reader::error::{Error as Hdf5Error, Result as Hdf5Result};
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::filter_pipeline::FilterDescription;
use hdf5_reader::{DEFAULT_MAX_CHUNK_BYTES, Dataset, FilterRegistry, Hdf5File, filters};

use crate::error::{Error, Result};

const ZSTANDARD: u16 = 32015;

/// Filters that are often met and cannot be undone here.
const NAMES: [(u16, &str); 11] = [
    (307, "bzip2"),
    (32000, "LZF"),
    (32001, "Blosc"),
    (32008, "Bitshuffle"),
    (32013, "ZFP"),
    (32016, "FPZIP"),
    (32017, "SZ"),
    (32024, "SZ3"),
    (32022, "BitGroom"),
    (32023, "Granular BitRound"),
    (32026, "Blosc2"),
];

/// A filter that is undone elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// Its number.
    pub id: u16,
    /// Undoes it.
    pub undo: Undo,
}

/// The bytes of a chunk from the numbers that the filter was configured with, what is stored,
/// and how many bytes there may be; or what is wrong with it.
pub type Undo = fn(&[u32], &[u8], usize) -> std::result::Result<Vec<u8>, String>;

static ADDED: RwLock<Vec<Filter>> = RwLock::new(Vec::new());

/// Lets files be read whose chunks went through a filter that is not known here. The last
/// filter of a number counts.
pub fn add_filter(filter: Filter) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    added.retain(|other| other.id != filter.id);
    added.push(filter);
}

fn added() -> Vec<Filter> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    added.clone()
}

/// Everything that can be undone.
pub(super) fn registry() -> FilterRegistry {
    let mut registry = FilterRegistry::new();
    registry.register(ZSTANDARD, Box::new(|_, data, _| zstandard(data)));
    for Filter { id, undo } in added() {
        let undo = move |filter: &FilterDescription, data: &[u8]| {
            undo(&filter.client_data, data, DEFAULT_MAX_CHUNK_BYTES)
                .map_err(Hdf5Error::DecompressionError)
        };
        registry.register(id, Box::new(move |filter, data, _| undo(filter, data)));
    }
    registry
}

fn zstandard(data: &[u8]) -> Hdf5Result<Vec<u8>> {
    let mut decoded = Vec::new();
    // No chunk may be larger, whatever the stream expands to.
    zstd::stream::read::Decoder::new(data)?
        .take(DEFAULT_MAX_CHUNK_BYTES as u64 + 1)
        .read_to_end(&mut decoded)
        .map_err(|e| Hdf5Error::DecompressionError(format!("Zstandard: {e}")))?;
    Ok(decoded)
}

/// Says so if the chunks of a dataset need a filter that is not here.
pub(super) fn check(file: &Hdf5File, dataset: &Dataset) -> Result<()> {
    let header = file.get_or_parse_header(dataset.address())?;
    let pipelines = header.messages.iter().filter_map(|message| match message {
        HdfMessage::FilterPipeline(pipeline) => Some(&pipeline.filters),
        _ => None,
    });
    let Some(filter) = pipelines.flatten().find(|f| !is_known(f.id)) else {
        return Ok(());
    };
    let named = NAMES.iter().find(|(id, _)| *id == filter.id);
    let name = match (named, &filter.name) {
        (Some((_, name)), _) => name,
        (None, Some(name)) if !name.is_empty() => name.as_str(),
        _ => "without a name",
    };
    Err(Error::Unsupported(format!(
        "it is compressed with HDF5 filter {} ({name}), which is not supported; \
         rewrite the file with `nccopy -d 1` or `h5repack -f GZIP=1`, where that filter is installed",
        filter.id,
    )))
}

fn is_known(id: u16) -> bool {
    use filters::{
        FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_LZ4, FILTER_NBIT, FILTER_SCALEOFFSET,
        FILTER_SHUFFLE, FILTER_SZIP,
    };
    let known = [
        FILTER_DEFLATE,
        FILTER_SHUFFLE,
        FILTER_FLETCHER32,
        FILTER_SZIP,
        FILTER_NBIT,
        FILTER_SCALEOFFSET,
        FILTER_LZ4,
        ZSTANDARD,
    ];
    known.contains(&id) || added().iter().any(|filter| filter.id == id)
}
