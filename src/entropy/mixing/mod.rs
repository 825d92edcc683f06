//! The strongest back end: every code is a few decisions, and the probability of
//! each is mixed from what came out in several contexts.
//!
//! What lies around a code ([`scene`]) says how large it will be and to which side
//! it leans ([`estimate`]); this and the codes themselves select contexts
//! ([`contexts`]); a code is written as decisions ([`symbol`]), each predicted by
//! the mixture of its contexts ([`model`]) and put into one number ([`arithmetic`]).
//! All arithmetic is on whole numbers. `docs/format-mixing.md` specifies it.

mod arithmetic;
mod contexts;
mod estimate;
mod logistic;
mod model;
mod scene;
mod symbol;
mod walk;

use foresz_predictors::Plane;

use super::PlaneReader;
use crate::error::{Result, Section, corrupt};
use arithmetic::{Reader, Writer};
use walk::Walker;

/// The bytes of all planes of a chunk of that shape.
pub(crate) fn encode(shape: &[usize], planes: &[Plane], codes: &[i32]) -> Vec<u8> {
    let mut walker = Walker::new(shape);
    let mut writer = Writer::new();
    let mut codes = codes.to_vec();
    let mut rest = codes.as_mut_slice();
    for plane in planes {
        let (own, later) = rest.split_at_mut(plane.len());
        rest = later;
        walker.plane(&mut writer, plane, own);
    }
    writer.finish()
}

/// Reads planes as they come.
pub(crate) struct Decoder {
    walker: Walker,
    reader: Reader,
}

impl Decoder {
    #[expect(clippy::unnecessary_wraps, reason = "the other back ends may refuse the bytes here")]
    pub(crate) fn new(bytes: &[u8], shape: &[usize]) -> Result<Self> {
        Ok(Decoder {
            walker: Walker::new(shape),
            reader: Reader::new(bytes.to_vec()),
        })
    }
}

impl PlaneReader for Decoder {
    fn read(&mut self, plane: &Plane, codes: &mut [i32]) -> Result<()> {
        self.walker.plane(&mut self.reader, plane, codes);
        if self.reader.overrun() {
            return corrupt(Section::Codes, "it ends before the last code");
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        if self.reader.left_over() {
            return corrupt(Section::Codes, "something is left after the last code");
        }
        Ok(())
    }
}
