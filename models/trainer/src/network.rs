//! The networks of autoencoders.

use crate::convolution::{Border, Convolution, Doubling, Window};
use crate::dense::{Dense, Flatten, Unflatten};
use crate::error::{Error, Result};
use crate::gdn::Gdn;
use crate::layer::{Chain, Maker, Relu};
use crate::settings::{Family, Settings};

/// Slope of a leaky `ReLU` below 0.
const LEAK: f64 = 0.01;
/// Cells that the last stage of convolutions leaves along each dimension, at least.
const FEWEST_CELLS: usize = 2;

/// Sizes of an autoencoder, with what the user left open filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) tile: Vec<usize>,
    pub(crate) latents: usize,
    hidden: Vec<usize>,
    channels: Vec<usize>,
}

impl Sizes {
    pub(crate) fn of(settings: &Settings, shape: &[usize]) -> Result<Self> {
        let tile = if settings.tile.is_empty() {
            usual_tile(settings.family, shape)?
        } else {
            settings.tile.clone()
        };
        if !(1..=3).contains(&tile.len()) || tile.contains(&0) {
            return Err(Error::Settings(format!(
                "a tile of {tile:?}: it has to have one to three lengths above 0, such as 32x32 or 8x8x8"
            )));
        }
        let cells: usize = tile.iter().product();
        let given = |list: &[usize], usual: Vec<usize>| {
            if list.is_empty() {
                usual
            } else {
                list.to_vec()
            }
        };
        let sizes = match settings.family {
            Family::Sparse => Sizes {
                latents: 10 * cells,
                hidden: given(&settings.layers, vec![2 * cells]),
                channels: Vec::new(),
                tile,
            },
            Family::Conv => Sizes {
                latents: (cells / 64).max(4),
                hidden: Vec::new(),
                channels: given(&settings.channels, usual_channels(&tile)),
                tile,
            },
            _ => Sizes {
                latents: (cells / 64).max(4),
                hidden: given(&settings.layers, vec![200, 100, 50]),
                channels: Vec::new(),
                tile,
            },
        };
        let sizes = match settings.latents {
            0 => sizes,
            latents => Sizes { latents, ..sizes },
        };
        sizes.checked()
    }

    fn checked(self) -> Result<Self> {
        let stages = self.channels.len();
        let divisor = 1_usize.checked_shl(stages as u32).unwrap_or(usize::MAX);
        if self.tile.iter().any(|n| n % divisor != 0) {
            return Err(Error::Settings(format!(
                "{stages} stages of convolutions halve a tile {stages} times, so its lengths have to be multiples of {divisor}; \
                 found {:?}",
                self.tile
            )));
        }
        if self.hidden.contains(&0) || self.channels.contains(&0) {
            return Err(Error::Settings("a layer or stage of no width".into()));
        }
        Ok(self)
    }

    pub(crate) fn cells(&self) -> usize {
        self.tile.iter().product()
    }
}

/// Tiles that suit a family, made smaller where a series has fewer rows or columns.
fn usual_tile(family: Family, shape: &[usize]) -> Result<Vec<usize>> {
    let wanted = if family == Family::Sparse { 8 } else { 32 };
    let frame = &shape[shape.len().saturating_sub(2)..];
    let along = |n: &usize| {
        let most = n.checked_ilog2().map_or(0, |bits| 1 << bits);
        wanted.min(most)
    };
    let tile: Vec<usize> = frame.iter().map(along).collect();
    if tile.len() < 2 || tile.contains(&0) {
        return Err(Error::Settings(format!(
            "a series of {shape:?} has no rows and columns to take tiles from: give a --tile"
        )));
    }
    Ok(tile)
}

/// As in AE-SZ, with as many stages as the tile can be halved.
fn usual_channels(tile: &[usize]) -> Vec<usize> {
    let halvings = |n: &usize| {
        let most = n.trailing_zeros();
        (1..=most).take_while(|s| n >> s >= FEWEST_CELLS).count()
    };
    let stages = tile.iter().map(halvings).min().unwrap_or(0);
    [32, 64, 128].into_iter().take(stages).collect()
}

/// An encoder, from cells to a list of latents, and its decoder.
pub(crate) fn autoencoder(
    maker: &mut Maker,
    settings: &Settings,
    sizes: &Sizes,
) -> Result<(Chain, Chain)> {
    if settings.family == Family::Conv {
        convolutional(maker, settings.gdn, sizes)
    } else {
        dense(maker, settings.family == Family::Sparse, sizes)
    }
}

fn dense(maker: &mut Maker, sparse: bool, sizes: &Sizes) -> Result<(Chain, Chain)> {
    let slope = if sparse { 0.0 } else { LEAK };
    let mut widths = vec![sizes.cells()];
    widths.extend(&sizes.hidden);
    widths.push(sizes.latents);
    maker.called("encoder");
    let mut encoder: Chain = vec![Box::new(Flatten)];
    encoder.extend(stack(maker, &widths, slope)?);
    if sparse {
        // Latents that are 0 exactly.
        encoder.push(Box::new(Relu { slope }));
    }
    widths.reverse();
    maker.called("decoder");
    let mut decoder = stack(maker, &widths, slope)?;
    let lengths = sizes.tile.clone();
    decoder.push(Box::new(Unflatten { lengths }));
    Ok((encoder, decoder))
}

/// Fully connected layers with a `ReLU` between them.
fn stack(maker: &mut Maker, widths: &[usize], slope: f64) -> Result<Chain> {
    let mut chain: Chain = Vec::new();
    for pair in widths.windows(2) {
        if !chain.is_empty() {
            chain.push(Box::new(Relu { slope }));
        }
        chain.push(Box::new(Dense::new(maker, pair[0], pair[1])?));
    }
    Ok(chain)
}

/// Stages as in AE-SZ (Liu et al., 2021): a convolution, one with a stride, a
/// normalisation; the decoder is the encoder turned round.
#[expect(clippy::too_many_lines, reason = "one graph, node by node")]
fn convolutional(maker: &mut Maker, gdn: bool, sizes: &Sizes) -> Result<(Chain, Chain)> {
    let dims = sizes.tile.len();
    let window = Window { kernel: 3, dims };
    let mut widths = vec![1];
    widths.extend(&sizes.channels);
    let last = widths[widths.len() - 1];
    let lengths: Vec<usize> = sizes
        .tile
        .iter()
        .map(|n| n >> sizes.channels.len())
        .collect();
    let list = last * lengths.iter().product::<usize>();
    let between = |maker: &mut Maker, channels: usize, inverse: bool| -> Result<Chain> {
        Ok(if gdn {
            vec![Box::new(Gdn::new(maker, channels, inverse)?)]
        } else {
            vec![Box::new(Relu { slope: LEAK })]
        })
    };

    maker.called("encoder");
    let mut encoder: Chain = Vec::new();
    for pair in widths.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        encoder.push(Box::new(Convolution::new(
            maker,
            window,
            [from, to],
            1,
            Border::Zero,
        )?));
        encoder.push(Box::new(Relu { slope: LEAK }));
        encoder.push(Box::new(Convolution::new(
            maker,
            window,
            [to, to],
            2,
            Border::Zero,
        )?));
        encoder.extend(between(maker, to, false)?);
    }
    encoder.push(Box::new(Flatten));
    encoder.push(Box::new(Dense::new(maker, list, sizes.latents)?));

    maker.called("decoder");
    let mut decoder: Chain = vec![
        Box::new(Dense::new(maker, sizes.latents, list)?),
        Box::new(Unflatten { lengths }),
    ];
    for pair in widths.windows(2).rev() {
        // The last stage keeps its channels for the layer that makes values of them.
        let [to, from] = [pair[0].max(sizes.channels[0]), pair[1]];
        decoder.extend(between(maker, from, true)?);
        decoder.push(Box::new(Doubling::new(maker, window, [from, from])?));
        decoder.push(Box::new(Relu { slope: LEAK }));
        decoder.push(Box::new(Convolution::new(
            maker,
            window,
            [from, to],
            1,
            Border::Zero,
        )?));
    }
    let first = sizes.channels.first().copied().unwrap_or(1);
    decoder.push(Box::new(Convolution::new(
        maker,
        window,
        [first, 1],
        1,
        Border::Zero,
    )?));
    Ok((encoder, decoder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_suit() {
        let sizes = |family, shape: &[usize]| Sizes::of(&Settings::new("x", family), shape);
        let dense = sizes(Family::Dense, &[100, 33, 49]).unwrap();
        assert_eq!((dense.tile, dense.latents), (vec![32, 32], 16));
        let conv = sizes(Family::Conv, &[100, 20, 200]).unwrap();
        assert_eq!(
            (conv.tile, conv.channels),
            (vec![16, 32], vec![32, 64, 128])
        );
        let sparse = sizes(Family::Sparse, &[100, 200]).unwrap();
        assert_eq!((sparse.hidden, sparse.latents), (vec![128], 640));
        assert!(sizes(Family::Dense, &[100]).is_err());
    }

    #[test]
    fn tiles_that_cannot_be_halved() {
        let settings = Settings {
            tile: vec![12, 12],
            channels: vec![8, 8, 8],
            ..Settings::new("x", Family::Conv)
        };
        let refused = Sizes::of(&settings, &[50, 50]).unwrap_err();
        assert!(refused.to_string().contains("multiples of 8"));
    }
}
