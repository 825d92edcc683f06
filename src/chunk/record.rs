//! What a chunk is made of, noted while it is decoded.

use foresz_predictors::Plane;

use crate::entropy::PlaneReader;
use crate::error::Result;

/// Codes of a chunk, and the bytes that each part of it takes.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) planes: Vec<(Plane, Vec<i32>)>,
    pub(crate) side: usize,
    pub(crate) holes: usize,
    pub(crate) literals: usize,
    pub(crate) codes: usize,
}

/// A reader of planes that takes notes.
pub(super) struct Recorder<'a> {
    pub(super) reader: Box<dyn PlaneReader>,
    pub(super) record: &'a mut Record,
}

impl PlaneReader for Recorder<'_> {
    fn read(&mut self, plane: &Plane, codes: &mut [i32]) -> Result<()> {
        self.reader.read(plane, codes)?;
        self.record.planes.push((plane.clone(), codes.to_vec()));
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        self.reader.finish()
    }
}
