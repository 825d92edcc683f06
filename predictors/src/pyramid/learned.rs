//! The pyramid's side information.

use super::MOST_BANDS;
use super::stencil::Pass;
use crate::error::Result;
use crate::predictor::Side;
use crate::side::{SideReader, damaged};

/// What was learned, stored as:
///
/// | bytes | what |
/// |---|---|
/// | 8 | centre: subtracted from all values to keep sums small, `f64` |
/// | 1 | references; then for each its steps back, a byte per outer dimension |
/// | 1 | whether the coarsest grid is coded on differences to the first reference |
/// | 1 | sets; then for each: 2·level + pass (V 0, H 1), references it uses (bits), bands, and per band its taps, two bytes each in units of 2^−13 |
///
/// A pass uses the set for its level with most of the references that its frame has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Learned {
    pub(super) center: f64,
    pub(super) references: Vec<Vec<u8>>,
    pub(super) top_moves: bool,
    pub(super) sets: Vec<Set>,
}

/// Taps for a pass of frames that have certain references, one row per band.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    pub(super) level: usize,
    pub(super) pass: Pass,
    pub(super) mask: u8,
    pub(super) taps: Vec<Vec<i16>>,
}

impl Learned {
    pub(super) fn set(&self, level: usize, pass: Pass, mask: u8) -> Option<&Set> {
        let fits = |s: &&Set| s.level == level && s.pass == pass && s.mask & !mask == 0;
        self.sets
            .iter()
            .filter(fits)
            .max_by_key(|s| s.mask.count_ones())
    }

    pub(super) fn to_side(&self) -> Side {
        let mut out = self.center.to_le_bytes().to_vec();
        out.push(self.references.len() as u8);
        self.references.iter().for_each(|back| out.extend(back));
        out.extend([u8::from(self.top_moves), self.sets.len() as u8]);
        for set in &self.sets {
            out.extend([
                2 * set.level as u8 + u8::from(set.pass == Pass::Horizontal),
                set.mask,
                set.taps.len() as u8,
            ]);
            set.taps
                .iter()
                .flatten()
                .for_each(|t| out.extend(t.to_le_bytes()));
        }
        Side(out)
    }

    pub(super) fn from_side(side: &Side, outer: usize, levels: usize) -> Result<Self> {
        let mut reader = SideReader::new(side);
        let (center, references) = reader.center_and_references(outer)?;
        let (top_moves, number) = (reader.byte()? == 1, reader.byte()?);
        let sets = (0..number).map(|_| {
            let [kind, mask, bands] = [reader.byte()?, reader.byte()?, reader.byte()?];
            let level = usize::from(kind / 2);
            let pass = if kind % 2 == 0 {
                Pass::Vertical
            } else {
                Pass::Horizontal
            };
            if level >= levels
                || u32::from(mask) >> references.len() != 0
                || !(1..=MOST_BANDS).contains(&usize::from(bands))
            {
                return Err(damaged(
                    "a set is for a level, references or bands that are not there",
                ));
            }
            let taps = (0..bands).map(|_| reader.taps(pass.taps(mask.count_ones())));
            Ok(Set {
                level,
                pass,
                mask,
                taps: taps.collect::<Result<_>>()?,
            })
        });
        let sets = sets.collect::<Result<_>>()?;
        reader.finish()?;
        Ok(Learned {
            center,
            references,
            top_moves,
            sets,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_information_round_trips_and_damage_is_noticed() {
        let set = |level, pass: Pass, mask: u8, bands| Set {
            level,
            pass,
            mask,
            taps: vec![vec![-7; pass.taps(mask.count_ones())]; bands],
        };
        let learned = Learned {
            center: 271.5,
            references: vec![vec![1, 0], vec![0, 1]],
            top_moves: true,
            sets: vec![set(0, Pass::Vertical, 3, 6), set(2, Pass::Horizontal, 0, 1)],
        };
        let side = learned.to_side();
        assert_eq!(Learned::from_side(&side, 2, 3).unwrap(), learned);
        assert!(Learned::from_side(&side, 2, 2).is_err());
        for cut in 0..side.0.len() {
            assert!(Learned::from_side(&Side(side.0[..cut].to_vec()), 2, 3).is_err());
        }
        assert!(Learned::from_side(&Side([side.0, vec![0]].concat()), 2, 3).is_err());
    }
}
