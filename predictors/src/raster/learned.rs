//! The side information of `raster`.

use super::{AROUND, MOST_BANDS, OWN_TAPS};
use crate::error::Result;
use crate::predictor::Side;
use crate::references::{Frames, Reference};
use crate::side::{SideReader, damaged};

/// Taps for frames that have certain references, one row per band.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    /// Which references and, after them, forecasts it uses.
    pub(super) mask: u8,
    pub(super) taps: Vec<Vec<i16>>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Learned {
    pub(super) center: f64,
    pub(super) references: Vec<Vec<u8>>,
    pub(super) bands: usize,
    pub(super) sets: Vec<Set>,
}

pub(super) fn taps_of(mask: u8) -> usize {
    OWN_TAPS + AROUND.len() * mask.count_ones() as usize
}

impl Learned {
    pub(super) fn to_side(&self) -> Side {
        let mut out = self.center.to_le_bytes().to_vec();
        out.push(self.references.len() as u8);
        self.references.iter().for_each(|back| out.extend(back));
        out.extend([self.bands as u8, self.sets.len() as u8]);
        for set in &self.sets {
            out.push(set.mask);
            set.taps
                .iter()
                .flatten()
                .for_each(|t| out.extend(t.to_le_bytes()));
        }
        Side(out)
    }

    /// From side information of a field with so many outer dimensions and forecasters.
    pub(super) fn from_side(side: &Side, outer: usize, forecasters: usize) -> Result<Self> {
        let mut reader = SideReader::new(side);
        let (center, references) = reader.center_and_references(outer)?;
        let (bands, sets) = (usize::from(reader.byte()?), usize::from(reader.byte()?));
        let features = references.len() + forecasters;
        if bands == 0 || bands > MOST_BANDS || sets > 1 << features {
            return Err(damaged("its bands or sets cannot be"));
        }
        let sets = (0..sets).map(|_| {
            let mask = reader.byte()?;
            if u32::from(mask) >> features != 0 {
                return Err(damaged("a set uses a reference that is not there"));
            }
            let taps = (0..bands).map(|_| reader.taps(taps_of(mask)));
            Ok(Set {
                mask,
                taps: taps.collect::<Result<_>>()?,
            })
        });
        let sets = sets.collect::<Result<_>>()?;
        reader.finish()?;
        Ok(Learned {
            center,
            references,
            bands,
            sets,
        })
    }

    /// The references, as far as the field has such frames.
    pub(super) fn references(&self, frames: &Frames) -> Result<Vec<Reference>> {
        let references = self.references.iter().map(|back| {
            frames
                .reference(back)
                .ok_or_else(|| damaged("a reference lies outside the field"))
        });
        references.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_information_round_trips_and_damage_is_noticed() {
        let learned = Learned {
            center: 271.5,
            references: vec![vec![1, 0], vec![0, 1]],
            bands: 2,
            sets: vec![
                Set {
                    mask: 0,
                    taps: vec![vec![5; OWN_TAPS]; 2],
                },
                Set {
                    mask: 3,
                    taps: vec![vec![-7; OWN_TAPS + 16]; 2],
                },
            ],
        };
        let side = learned.to_side();
        assert_eq!(Learned::from_side(&side, 2, 0).unwrap(), learned);
        for cut in 0..side.0.len() {
            assert!(Learned::from_side(&Side(side.0[..cut].to_vec()), 2, 0).is_err());
        }
        assert!(Learned::from_side(&Side([side.0, vec![0]].concat()), 2, 0).is_err());
    }
}
