//! Convolution as a matrix product that copies no columns together. The input is laid
//! out once, padded and with the places that a stride visits side by side; then each
//! element of the kernel sees all of its values at consecutive addresses.

use std::ops::Range;

use super::pack::{PackedRows, ROWS, WIDE, padded, panels, stretches};
use super::tile::{self, Sums};
use super::window::Window;
use crate::threads::Threads;

/// Columns of a band, about: its input stays in the second cache.
const BAND: usize = 512;

/// How the input is laid out. Position p of an axis with stride s lies in phase p mod s
/// at place p div s; there are as many phases as the kernel reaches.
pub(crate) struct Layout<'w> {
    window: &'w Window,
    phases: [usize; 3],
    places: [usize; 3],
}

impl<'w> Layout<'w> {
    pub(crate) fn new(window: &'w Window) -> Self {
        let reach = |a: usize| (window.kernel[a] - 1) * window.dilation[a];
        Self {
            window,
            phases: std::array::from_fn(|a| window.stride[a].min(reach(a) + 1)),
            places: std::array::from_fn(|a| window.output[a] + reach(a) / window.stride[a]),
        }
    }

    /// The values of one channel, if they can be counted.
    pub(crate) fn channel(&self) -> Option<usize> {
        let mut all = self.phases.iter().chain(&self.places);
        all.try_fold(1usize, |n, &d| n.checked_mul(d))
    }

    /// The values of `channels`, and some after them that the last panel may touch.
    pub(crate) fn length(&self, channels: usize) -> Option<usize> {
        self.channel()?.checked_mul(channels)?.checked_add(WIDE)
    }

    /// Lays out the channels of one item.
    pub(crate) fn fill(&self, input: &[f32], out: &mut [f32], threads: &Threads) {
        let (size, w) = (self.channel().unwrap_or(0), self.window);
        let channels = input.len() / w.input_size();
        let (out, beyond) = out.split_at_mut(channels * size);
        beyond.fill(0.0);
        threads.stretches(out, size, |at, part| {
            let planes = input[at / size * w.input_size()..].chunks_exact(w.input_size());
            for (plane, out) in planes.zip(part.chunks_exact_mut(size)) {
                self.fill_channel(plane, out);
            }
        });
    }

    fn fill_channel(&self, plane: &[f32], out: &mut [f32]) {
        let (w, [deep, high, wide], [_, tall, across]) = (self.window, self.places, self.phases);
        for (i, row) in out.chunks_exact_mut(wide).enumerate() {
            let (y, z) = (i % high, i / high % deep);
            let phase = i / high / deep;
            let phase = [phase / across / tall, phase / across % tall, phase % across];
            let source = |axis: usize, place: usize| {
                let at = place * w.stride[axis] + phase[axis];
                let at = at.checked_sub(w.before[axis]);
                at.filter(|&at| at < w.input[axis])
            };
            let (Some(z), Some(y)) = (source(0, z), source(1, y)) else {
                row.fill(0.0);
                continue;
            };
            let from = (z * w.input[1] + y) * w.input[2];
            copy_row(
                &plane[from..from + w.input[2]],
                (w.stride[2], w.before[2], phase[2]),
                row,
            );
        }
    }

    /// Where the value of the first output lies for each term of the sum.
    pub(crate) fn offsets(&self, channels: usize) -> Vec<usize> {
        let (w, [deep, high, wide]) = (self.window, self.places);
        let (size, [_, tall, across]) = (self.channel().unwrap_or(0), self.phases);
        let mut offsets = Vec::with_capacity(channels * w.kernel_size());
        for channel in 0..channels {
            for tap in 0..w.kernel_size() {
                let tap = [
                    tap / w.kernel[2] / w.kernel[1],
                    tap / w.kernel[2] % w.kernel[1],
                    tap % w.kernel[2],
                ];
                let phase = |a: usize| tap[a] * w.dilation[a] % w.stride[a];
                let place = |a: usize| tap[a] * w.dilation[a] / w.stride[a];
                let phase = (phase(0) * tall + phase(1)) * across + phase(2);
                let row = (phase * deep + place(0)) * high + place(1);
                offsets.push(channel * size + row * wide + place(2));
            }
        }
        offsets
    }
}

/// One row of the input, every `step`th value from `phase` on, padded.
fn copy_row(from: &[f32], (step, before, phase): (usize, usize, usize), row: &mut [f32]) {
    let skip = before.saturating_sub(phase).div_ceil(step).min(row.len());
    let start = (skip * step + phase).saturating_sub(before).min(from.len());
    let valid = (from.len() - start).div_ceil(step).min(row.len() - skip);
    row[..skip].fill(0.0);
    row[skip + valid..].fill(0.0);
    let row = &mut row[skip..skip + valid];
    if step == 1 {
        row.copy_from_slice(&from[start..start + valid]);
    } else {
        let values = from[start..].iter().step_by(step);
        row.iter_mut().zip(values).for_each(|(o, &v)| *o = v);
    }
}

/// The convolution of one item, whose channels have been laid out.
pub(crate) struct Sliding<'a> {
    pub(crate) layout: &'a Layout<'a>,
    pub(crate) data: &'a [f32],
    pub(crate) offsets: &'a [usize],
    /// Packed weights of each group.
    pub(crate) groups: &'a [PackedRows],
    pub(crate) bias: Option<&'a [f32]>,
}

/// Some rows of output channels of a group.
struct Part<'o> {
    group: usize,
    /// The first channel, a multiple of the height of a tile.
    channel: usize,
    /// The first value of the first output.
    start: usize,
    out: Vec<&'o mut [f32]>,
}

/// Neighbouring outputs in a panel.
struct Run {
    column: usize,
    at: usize,
    length: usize,
}

/// How the output is divided: rows of a band, bands of a plane, channels that go
/// together.
struct Division {
    height: usize,
    bands: usize,
    together: usize,
}

impl Layout<'_> {
    /// The division of `channels` output channels in each of `groups`.
    fn division(&self, groups: usize, channels: usize, threads: &Threads) -> Division {
        let [deep, high, _] = self.window.output;
        let height = (BAND / self.places[2].max(1)).clamp(1, high);
        let bands = high.div_ceil(height);
        // Small images have too few bands to keep all threads busy.
        let shares = (threads.number() * 2).div_ceil(groups * deep * bands);
        Division {
            height,
            bands,
            together: channels.div_ceil(shares).next_multiple_of(ROWS),
        }
    }

    /// Factors of the number of multiply-adds for an item, per output channel and term of
    /// the sum: columns are taken in panels, those between the rows too.
    pub(crate) fn sums(&self, groups: usize, channels: usize, threads: &Threads) -> [usize; 3] {
        let Division { height, bands, .. } = self.division(groups, channels, threads);
        let [deep, _, wide] = self.window.output;
        let columns = (height - 1).saturating_mul(self.places[2]);
        [deep, bands, padded(columns.saturating_add(wide))]
    }

    /// Bytes of the lists of parts that an item is divided into.
    pub(crate) fn lists(&self, groups: usize, channels: usize, threads: &Threads) -> Option<usize> {
        let Division {
            bands, together, ..
        } = self.division(groups, channels, threads);
        let planes = groups
            .checked_mul(self.window.output[0])?
            .checked_mul(bands)?;
        let parts = channels.div_ceil(together).checked_mul(size_of::<Part>())?;
        let pieces = channels.checked_mul(size_of::<&mut [f32]>())?;
        planes.checked_mul(parts.checked_add(pieces)?)
    }
}

impl Sliding<'_> {
    /// Writes the output channels of the item.
    pub(crate) fn write(&self, out: &mut [f32], threads: &Threads) {
        let [deep, high, wide] = self.layout.window.output;
        let [_, rows, columns] = self.layout.places;
        let size = deep * high * wide;
        let channels = out.len() / size / self.groups.len();
        let Division {
            height,
            bands,
            together,
        } = (self.layout).division(self.groups.len(), channels, threads);
        let mut parts = Vec::new();
        for (group, out) in out.chunks_exact_mut(channels * size).enumerate() {
            for (share, out) in out.chunks_mut(together * size).enumerate() {
                let first = parts.len();
                for z in 0..deep {
                    parts.extend((0..bands).map(|band| Part {
                        group,
                        channel: share * together,
                        start: (z * rows + band * height) * columns,
                        out: Vec::with_capacity(out.len() / size),
                    }));
                }
                for channel in out.chunks_exact_mut(size) {
                    for (z, plane) in channel.chunks_exact_mut(high * wide).enumerate() {
                        for (band, piece) in plane.chunks_mut(height * wide).enumerate() {
                            parts[first + z * bands + band].out.push(piece);
                        }
                    }
                }
            }
        }
        threads.each(parts, || (), |(), part| self.compute(part));
    }

    fn compute(&self, mut part: Part) {
        let wide = self.layout.window.output[2];
        let row = self.layout.places[2];
        let height = part.out.first().map_or(0, |out| out.len()) / wide;
        let columns = (height - 1) * row + wide;
        let weights = &self.groups[part.group];
        let channels = self.offsets.len() / self.layout.window.kernel_size();
        let base = part.group * channels * self.layout.channel().unwrap_or(0) + part.start;
        let rows = part.out.len();
        for depth in stretches(self.offsets.len()) {
            for (first, width) in panels(0..columns) {
                let runs = runs(first..(first + width).min(columns), row, wide);
                let data = &self.data[base + first..];
                for top in (0..rows).step_by(ROWS) {
                    let tall = top..(top + ROWS).min(rows);
                    let a = weights.tile(part.channel + top, tall.len(), &depth);
                    let mut sums: Sums = [[0.0; WIDE]; ROWS];
                    let offsets = &self.offsets[depth.clone()];
                    tile::multiply_at(tall.len(), width, a, (data, offsets), &mut sums);
                    for (r, sums) in tall.zip(&sums) {
                        for run in &runs {
                            let sums = &sums[run.column..run.column + run.length];
                            let out = &mut part.out[r][run.at..run.at + run.length];
                            if depth.start == 0 {
                                out.copy_from_slice(sums);
                            } else {
                                out.iter_mut().zip(sums).for_each(|(o, s)| *o += s);
                            }
                        }
                    }
                }
            }
        }
        if let Some(bias) = self.bias {
            let bias = &bias[part.group * weights.rows() + part.channel..];
            for (out, b) in part.out.iter_mut().zip(bias) {
                out.iter_mut().for_each(|o| *o += b);
            }
        }
    }
}

/// What of some columns are outputs: each row of the layout is longer than one of
/// them.
fn runs(columns: Range<usize>, row: usize, wide: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = columns.start;
    while at < columns.end {
        let (y, x) = (at / row, at % row);
        let end = (at - x + row).min(columns.end);
        if x < wide {
            runs.push(Run {
                column: at - columns.start,
                at: y * wide + x,
                length: (wide - x).min(columns.end - at),
            });
        }
        at = end;
    }
    runs
}
