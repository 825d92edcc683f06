//! The codec of `--effort fast`: whole multiples of a step, differences of
//! neighbours, bit planes. Laid out in `docs/format/fast.md`.

mod bits;
mod blocks;
mod choice;
mod exceptions;
mod geometry;
mod lorenzo;
mod planes;
mod scale;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;

use foresz_predictors::Sample;

use crate::bytes::{Reader, put_sample};
use crate::check::Errors;
use crate::error::{Result, Section, corrupt};
use crate::values::sweeps;
use blocks::{Packer, Unpacker};
use exceptions::Exceptions;
use geometry::{Geometry, Run};
use lorenzo::{Around, Mode, put_on, take_off};
use planes::BLOCK;
use scale::{Scale, Tally, quantise, restore};

/// At most one value in this many may be an exception.
const FEWEST_PER_EXCEPTION: usize = 100;
/// A choice of mode serves at least this many values: half as many cost frames of 41×41
/// a tenth of their speed.
const CHOICE_LASTS: usize = 1 << 16;

/// Appends the bytes of a chunk, and tells what errors a decoder of them will make.
///
/// None, and nothing appended, if the chunk does not suit: it has values that are not
/// finite, or too many that whole multiples of a step cannot bring within `bound`.
pub(crate) fn encode<T: Sample>(
    values: &[T],
    shape: &[usize],
    bound: f64,
    out: &mut Vec<u8>,
) -> Option<Errors> {
    let geometry = Geometry::new(shape).filter(|g| g.samples() == values.len())?;
    let start = out.len();
    // The first is quick and misses large values at times; if too many, the second does
    // not.
    for largest in [largest_of_some, largest_of_all] {
        let scale = Scale::new(bound, largest(values))?;
        if let Some(errors) = encode_at(&scale, &geometry, values, out) {
            return Some(errors);
        }
        out.truncate(start);
    }
    None
}

fn largest_of_all<T: Sample>(values: &[T]) -> T {
    sweeps::farthest(sweeps::range(values).unwrap_or_default())
}

/// The largest magnitude in a part of the values.
fn largest_of_some<T: Sample>(values: &[T]) -> T {
    let parts = values.chunks(4096).map(|part| &part[..part.len().min(64)]);
    parts
        .map(largest_of_all)
        .fold(T::ZERO, |a, b| if b > a { b } else { a })
}

/// The numbers around the place that is being worked on.
struct Neighbours {
    mode: Mode,
    base: i32,
    past: Vec<i32>,
    above: Vec<i32>,
    left: i32,
}

impl Neighbours {
    fn new(geometry: Geometry, base: i32) -> Self {
        let past = if geometry.frames > 1 {
            geometry.frame()
        } else {
            0
        };
        let above = if geometry.rows > 1 { geometry.width } else { 0 };
        Neighbours {
            mode: Mode(0),
            base,
            past: vec![0; past],
            above: vec![0; above],
            left: 0,
        }
    }

    fn begin_frame(&mut self, frame: usize, mode: Mode) {
        self.mode = mode;
        self.left = 0;
        if mode.has(Mode::ABOVE) {
            self.above.fill(0);
        }
        if frame > 0 {
            self.base = self.past[0];
        }
    }

    fn of(&mut self, run: &Run) -> Around<'_> {
        if run.column == 0 && self.mode.has(Mode::ABOVE) {
            self.left = 0;
        }
        let past = self.past.get_mut(run.place..run.place + run.length);
        let above = self.above.get_mut(run.column..run.column + run.length);
        Around {
            mode: self.mode,
            base: self.base,
            past: past.unwrap_or_default(),
            above: above.unwrap_or_default(),
            left: &mut self.left,
        }
    }
}

fn encode_at<T: Sample>(
    scale: &Scale<T>,
    geometry: &Geometry,
    values: &[T],
    out: &mut Vec<u8>,
) -> Option<Errors> {
    let (base, ..) = scale.nearest(values[0]);
    put_sample(out, scale.step);
    out.extend_from_slice(&base.to_le_bytes());
    let at = out.len();
    out.resize(at + geometry.frames, 0);

    let mut modes = Vec::with_capacity(geometry.frames);
    let mut neighbours = Neighbours::new(*geometry, base);
    let mut exceptions = Exceptions::default();
    let mut tally = Tally::new();
    let mut packer = Packer::new(out);
    let (mut codes, mut room) = ([0; BLOCK], [T::ZERO; BLOCK]);
    let mut since_choice = 0;
    for (frame, values) in values.chunks_exact(geometry.frame()).enumerate() {
        // The second frame is the first to have one before it.
        if frame <= 1 || since_choice >= CHOICE_LASTS {
            let past = (frame > 0).then_some(neighbours.past.as_slice());
            neighbours.mode = choice::choose(scale, geometry, values, past);
            since_choice = 0;
        }
        since_choice += values.len();
        modes.push(neighbours.mode.0);
        neighbours.begin_frame(frame, neighbours.mode);
        for run in geometry.runs(frame) {
            let originals = &values[run.place..run.place + run.length];
            let codes = &mut codes[..run.length];
            if !quantise(scale, originals, codes, &mut room, &mut tally) {
                let place = frame * values.len() + run.place;
                exceptions.collect(scale, originals, place, codes, &mut tally)?;
                if exceptions.count() > geometry.samples() / FEWEST_PER_EXCEPTION {
                    return None;
                }
            }
            packer.put(run.length, |out| take_off(codes, neighbours.of(&run), out));
        }
    }
    packer.finish();
    exceptions.write(out);
    out[at..at + modes.len()].copy_from_slice(&modes);
    Some(tally.errors(scale))
}

/// The values of a chunk.
pub(crate) fn decode<T: Sample>(reader: &mut Reader, shape: &[usize]) -> Result<Vec<T>> {
    let Some(geometry) = Geometry::new(shape) else {
        return corrupt(Section::Chunk, "its shape is not one that can be coded");
    };
    let step: T = reader.sample()?;
    let base = reader.u32()? as i32;
    let modes = reader.take(geometry.frames)?;
    if let Some(mode) = modes.iter().find(|mode| **mode > Mode::ALL) {
        return corrupt(Section::Codes, format!("there is no mode {mode}"));
    }
    let mut neighbours = Neighbours::new(geometry, base);
    let mut values = Vec::with_capacity(geometry.samples());
    let mut unpacker = Unpacker::new(reader);
    for (frame, mode) in modes.iter().enumerate() {
        neighbours.begin_frame(frame, Mode(*mode));
        for run in geometry.runs(frame) {
            let codes = unpacker.take(run.length)?;
            put_on(codes, neighbours.of(&run));
            restore(step, codes, &mut values);
        }
    }
    Exceptions::read(reader, &mut values)?;
    Ok(values)
}
