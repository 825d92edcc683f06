//! What is told of a chunk: the bytes of its side information.

use super::adaptive::{Reader, Writer};
use super::contract::{Contract, Scaling};
use super::latents::{Latents, Walk};
use super::scaling::{Scale, take_f32};
use super::tiles::Tiling;

/// What predictions are made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) scale: Scale,
    /// What latents are multiples of.
    pub(crate) step: f32,
    pub(crate) latents: Latents,
}

impl Told {
    /// The bytes, and with a guard band their number before them: more follows then.
    pub(crate) fn write(&mut self, contract: &Contract, tiling: &Tiling, guarded: bool) -> Vec<u8> {
        let mut out = self.step.to_le_bytes().to_vec();
        self.scale.tell(&contract.normalise, &mut out);
        let mut writer = Writer::default();
        let mut walk = Walk::new(&contract.code, contract.latents, tiling);
        for tile in 0..tiling.len() {
            walk.tile(&mut writer, &mut self.latents, tile);
        }
        let bytes = writer.finish();
        if guarded {
            out.extend((bytes.len() as u32).to_le_bytes());
        }
        out.extend(bytes);
        out
    }

    /// Reads what nobody vouches for. Returns what follows, too.
    pub(crate) fn read<'a>(
        contract: &Contract,
        tiling: &Tiling,
        bound: f64,
        guarded: bool,
        mut bytes: &'a [u8],
    ) -> Option<(Self, &'a [u8])> {
        let step = take_f32(&mut bytes).filter(|s| s.is_normal() && *s > 0.0)?;
        let scale = Scale::told(&contract.normalise, bound, &mut bytes)?;
        let (own, rest) = if guarded {
            let (length, rest) = bytes.split_first_chunk()?;
            rest.split_at_checked(u32::from_le_bytes(*length) as usize)?
        } else {
            (bytes, &[][..])
        };
        let means = contract.normalise.kind == Scaling::Tile;
        let mut latents = Latents::unknown(tiling.len(), contract.latents, means);
        let mut reader = Reader::new(own);
        let mut walk = Walk::new(&contract.code, contract.latents, tiling);
        for tile in 0..tiling.len() {
            walk.tile(&mut reader, &mut latents, tile);
        }
        let told = Told {
            scale,
            step,
            latents,
        };
        reader.is_finished().then_some((told, rest))
    }
}
