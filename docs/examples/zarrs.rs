use std::path::Path;
use std::sync::Arc;

use foresz_zarrs::{Config, ForeszCodec};
use zarrs::array::{Array, ArrayBuilder, ZARR_NAN_F32, data_type};
use zarrs::filesystem::FilesystemStore;

pub fn write_and_read(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let store = Arc::new(FilesystemStore::new(folder)?);
    let config = Config {
        bound: Some(0.05),
        ..Config::default()
    };
    let array = ArrayBuilder::new(
        [24, 90, 180],
        [8, 90, 180],
        data_type::float32(),
        ZARR_NAN_F32,
    )
    .array_to_bytes_codec(Arc::new(ForeszCodec::new(config)?))
    .build(store.clone(), "/")?;
    array.store_metadata()?;
    array.store_chunk(&[1, 0, 0], vec![281.3_f32; 8 * 90 * 180])?;

    let again = Array::open(store, "/")?;
    let values: Vec<f32> = again.retrieve_array_subset(&[8..9, 0..2, 5..6])?;
    assert!(values.iter().all(|x| (x - 281.3).abs() <= 0.05));
    Ok(())
}
