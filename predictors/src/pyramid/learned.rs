//! The pyramid's side information.

use super::MOST_BANDS;
use super::stencil::Pass;
use crate::error::{Error, Result};
use crate::predictor::Side;
use crate::references::MOST_REFERENCES;

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
        let damaged = |reason: &str| Error::Side {
            reason: reason.into(),
        };
        let mut rest = side.0.as_slice();
        let mut take = |n: usize| {
            let (taken, after) = rest
                .split_at_checked(n)
                .ok_or_else(|| damaged("it is too short"))?;
            rest = after;
            Ok(taken)
        };
        let mut eight = [0; 8];
        eight.copy_from_slice(take(8)?);
        let center = f64::from_le_bytes(eight);
        let count = usize::from(take(1)?[0]);
        if count > MOST_REFERENCES {
            return Err(damaged("it has too many references"));
        }
        let references = (0..count)
            .map(|_| Ok(take(outer)?.to_vec()))
            .collect::<Result<_>>()?;
        let (top_moves, number) = (take(1)?[0] == 1, take(1)?[0]);
        let sets = (0..number).map(|_| {
            let [kind, mask, bands] = [take(1)?[0], take(1)?[0], take(1)?[0]];
            let (level, pass) = (
                usize::from(kind / 2),
                if kind % 2 == 0 {
                    Pass::Vertical
                } else {
                    Pass::Horizontal
                },
            );
            if level >= levels
                || u32::from(mask) >> count != 0
                || !(1..=MOST_BANDS).contains(&usize::from(bands))
            {
                return Err(damaged(
                    "a set is for a level, references or bands that are not there",
                ));
            }
            let bytes = 2 * pass.taps(mask.count_ones());
            let row = |bytes: &[u8]| {
                bytes
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|t| i16::from_le_bytes(*t))
                    .collect()
            };
            let taps = (0..bands)
                .map(|_| take(bytes).map(row))
                .collect::<Result<_>>()?;
            Ok(Set {
                level,
                pass,
                mask,
                taps,
            })
        });
        let sets = sets.collect::<Result<_>>()?;
        if rest.is_empty() {
            Ok(Learned {
                center,
                references,
                top_moves,
                sets,
            })
        } else {
            Err(damaged("it is too long"))
        }
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
