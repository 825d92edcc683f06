//! The strongest back end: every code is a few decisions, and the probability of
//! each is mixed from what came out in several contexts.
//!
//! What lies around a code ([`scene`]) says how large it will be and to which side
//! it leans ([`estimate`]); this and the codes themselves select contexts
//! ([`contexts`]); a code is written as decisions ([`symbol`]), each predicted by
//! the mixture of its contexts ([`model`]) and put into one number ([`arithmetic`]).
//! All arithmetic is on whole numbers. `docs/format/mixing.md` specifies it.

mod arithmetic;
mod contexts;
mod estimate;
mod logistic;
mod low;
mod model;
mod scene;
mod spare;
mod symbol;
mod walk;

use foresz_predictors::Plane;

use super::PlaneReader;
use crate::error::{Result, Section, corrupt};
use arithmetic::{Reader, Writer};
use walk::Walker;

/// The bytes of all planes of a chunk of that shape.
pub(super) fn encode(shape: &[usize], planes: &[Plane], codes: &[i32]) -> Vec<u8> {
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
pub(super) struct Decoder {
    walker: Walker,
    reader: Reader,
}

impl Decoder {
    pub(super) fn new(bytes: &[u8], shape: &[usize]) -> Self {
        Decoder {
            walker: Walker::new(shape),
            reader: Reader::new(bytes.to_vec()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::{ESCAPE, HOLE};
    use foresz_predictors::Axis;

    fn round_trip(shape: &[usize], planes: &[Plane], codes: &[i32]) -> usize {
        let bytes = encode(shape, planes, codes);
        assert_eq!(bytes, encode(shape, planes, codes));
        let mut decoder = Decoder::new(&bytes, shape);
        let mut rest = codes;
        for plane in planes {
            let (want, later) = rest.split_at(plane.len());
            rest = later;
            let mut got: Vec<i32> = want
                .iter()
                .map(|c| if *c == HOLE { HOLE } else { 0 })
                .collect();
            decoder.read(plane, &mut got).unwrap();
            assert_eq!(got, want);
        }
        decoder.finish().unwrap();
        bytes.len()
    }

    fn wavy(n: usize) -> Vec<i32> {
        let mut state = 7u64;
        (0..n)
            .map(|i| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let scale = 1 + (i / 700) % 5 * 6;
                ((state >> 33) % (2 * scale as u64 + 1)) as i32 - scale as i32
            })
            .collect()
    }

    #[test]
    fn planes_come_back_with_holes_escapes_and_large_codes() {
        let shape = [3, 40, 70];
        let whole = [Plane::whole(&shape)];
        let mut codes = wavy(8400);
        let odd = [HOLE, ESCAPE, 1 << 30, -70_000, 0, -(1 << 30)];
        (0..300).for_each(|i| codes[i * 17] = odd[i % 6]);
        round_trip(&shape, &whole, &codes);
        round_trip(&shape, &whole, &vec![ESCAPE; 8400]);
        round_trip(&shape, &whole, &vec![1 << 30; 8400]);
        round_trip(&[5], &[Plane::whole(&[5])], &[0, 1, -1, HOLE, 400]);
        round_trip(&[2, 2500], &[Plane::whole(&[2, 2500])], &wavy(5000));
        round_trip(&[1], &[Plane::whole(&[1])], &[-3]);
        round_trip(&[1, 1], &[Plane::whole(&[1, 1])], &[ESCAPE]);
        assert_eq!(round_trip(&[4], &[Plane::whole(&[4])], &[HOLE; 4]), 0);
        assert!(round_trip(&shape, &whole, &vec![0; 8400]) <= 12);
    }

    #[test]
    fn planes_with_gaps_see_those_before_them() {
        let shape = [2, 8, 12];
        let axis = |start, step, count| Axis { start, step, count };
        let plane = |axes: [Axis; 3], class| Plane {
            axes: axes.to_vec(),
            level: class / 2,
            class,
            tighten: 1.0,
        };
        let (slices, rows) = (Axis::all(2), Axis::all(8));
        let planes = [
            plane([slices, axis(0, 2, 4), axis(0, 2, 6)], 5),
            plane([Axis::only(0), axis(1, 2, 4), axis(0, 2, 6)], 0),
            plane([Axis::only(0), rows, axis(1, 2, 6)], 1),
            plane([Axis::only(1), axis(1, 2, 4), axis(0, 2, 6)], 0),
            plane([Axis::only(1), rows, axis(1, 2, 6)], 1),
        ];
        round_trip(&shape, &planes, &wavy(192));
        let thirds = [
            plane([axis(0, 2, 1), rows, Axis::all(12)], 0),
            plane([axis(1, 2, 1), rows, Axis::all(12)], 3),
        ];
        round_trip(&shape, &thirds, &wavy(192));
        let nothing = plane([Axis::only(0), axis(0, 1, 0), Axis::all(12)], 0);
        round_trip(&shape, &[nothing, Plane::whole(&shape)], &wavy(192));
    }

    #[test]
    fn rough_regions_pay_for_themselves_only() {
        let shape = [100, 100];
        let mut codes = wavy(10_000);
        codes[..5000].fill(0);
        let half = wavy(5000);
        codes[5000..].copy_from_slice(&half);
        let size = round_trip(&shape, &[Plane::whole(&shape)], &codes);
        let plain = super::super::token::estimate_bits(&half) as usize / 8;
        assert!(size < plain, "{size} bytes, {plain} without contexts");
    }

    #[test]
    fn a_model_that_is_used_again_has_forgotten_everything() {
        // In a thread of its own every model is a new one.
        let fresh = |shape: &'static [usize], codes: Vec<i32>| {
            let encode = move || encode(shape, &[Plane::whole(shape)], &codes);
            std::thread::spawn(encode).join().unwrap()
        };
        let shapes: [&'static [usize]; 4] = [&[64], &[7, 9], &[3, 20, 40], &[64, 65]];
        for turn in 0..3 {
            for shape in shapes {
                let mut codes = wavy(shape.iter().product());
                codes.iter_mut().step_by(7 + turn).for_each(|c| *c *= 900);
                codes.iter_mut().step_by(41).for_each(|c| *c = ESCAPE);
                let again = encode(shape, &[Plane::whole(shape)], &codes);
                assert_eq!(again, fresh(shape, codes), "{shape:?}");
            }
        }
    }

    #[test]
    fn hostile_bytes_never_panic() {
        let shape = [20, 20];
        let good = encode(&shape, &[Plane::whole(&shape)], &wavy(400));
        let read = |bytes: &[u8]| {
            let mut decoder = Decoder::new(bytes, &shape);
            decoder.read(&Plane::whole(&shape), &mut [0; 400])?;
            decoder.finish()
        };
        for cut in 0..good.len() - 8 {
            assert!(read(&good[..cut]).is_err(), "cut at {cut}");
        }
        let longer = [good.as_slice(), &[1; 9]].concat();
        assert!(read(&longer).is_err());
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 0x55;
            let _ = read(&bad);
        }
    }
}
