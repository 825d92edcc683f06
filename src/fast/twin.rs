//! The format read one bit and one sample at a time, as `docs/format/fast.md` tells it.

use foresz_predictors::Sample;

use super::geometry::Geometry;

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn number<T: Sample>(&mut self) -> T {
        let bytes = self.take(T::BYTES).iter().rev();
        T::from_bits64(bytes.fold(0, |bits, b| bits << 8 | u64::from(*b)))
    }

    fn varint(&mut self) -> usize {
        let byte = usize::from(self.byte());
        if byte < 128 {
            byte
        } else {
            byte - 128 + (self.varint() << 7)
        }
    }

    /// Of each bit of `flags` that is set a byte, else a zero.
    fn live(&mut self, flags: &[u8]) -> Vec<u8> {
        let set = |k: usize| flags[k / 8] >> (k % 8) & 1 == 1;
        (0..8 * flags.len())
            .map(|k| if set(k) { self.byte() } else { 0 })
            .collect()
    }

    fn blocks(&mut self, count: usize) -> Vec<i32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let header = self.byte();
            let (mut width, mut dense) = (header & 15, header >> 4);
            if width == 0 {
                numbers.extend(std::iter::repeat_n(0, 256 * (usize::from(dense) + 1)));
                continue;
            }
            if width == 15 {
                (width, dense) = (self.byte(), self.byte());
            }
            if width == 32 {
                let raw = self.take(1024).chunks(4);
                numbers.extend(raw.map(|c| i32::from_le_bytes([c[0], c[1], c[2], c[3]])));
                continue;
            }
            let mut magnitudes = vec![0i32; 256];
            for place in (0..width).rev() {
                let plane = if place < dense {
                    self.take(32).to_vec()
                } else {
                    let top = self.byte();
                    let map = self.live(&[top])[..4].to_vec();
                    self.live(&map)
                };
                for (k, magnitude) in magnitudes.iter_mut().enumerate() {
                    *magnitude |= i32::from(plane[k / 8] >> (k % 8) & 1) << place;
                }
            }
            let live = magnitudes.iter().filter(|m| **m != 0).count();
            let signs = self.take(live.div_ceil(8));
            let live = magnitudes.iter_mut().filter(|m| **m != 0);
            for (k, magnitude) in live.enumerate() {
                if signs[k / 8] >> (k % 8) & 1 == 1 {
                    *magnitude = -*magnitude;
                }
            }
            numbers.extend(magnitudes);
        }
        numbers
    }
}

/// The values of sound bytes, and the bytes after them.
pub(super) fn decode<'a, T: Sample>(bytes: &'a [u8], shape: &[usize]) -> (Vec<T>, &'a [u8]) {
    let Geometry {
        frames,
        rows,
        width,
    } = Geometry::new(shape).unwrap();
    let mut bytes = Bytes(bytes);
    let step: T = bytes.number();
    let first = bytes.take(4);
    let first = i32::from_le_bytes([first[0], first[1], first[2], first[3]]);
    let modes = bytes.take(frames).to_vec();
    let differences = bytes.blocks(frames * rows * width);
    let (mut x, mut e, mut d): (Vec<i32>, Vec<i32>, Vec<i32>) = Default::default();
    for (i, difference) in differences.iter().take(frames * rows * width).enumerate() {
        let (f, place) = (i / (rows * width), i % (rows * width));
        let (row, column) = (place / width, place % width);
        let has = |part: u8| modes[f] & part != 0;
        let before: i32 = match (has(1), has(2)) {
            (false, _) => 0,
            (true, true) if column == 0 => 0,
            (true, false) if place == 0 => 0,
            _ => d[i - 1],
        };
        d.push(before.wrapping_add(*difference));
        let above = if has(2) && row > 0 { e[i - width] } else { 0 };
        e.push(d[i].wrapping_add(above));
        let past: i32 = match (f, has(4)) {
            (0, true) => 0,
            (0, false) => first,
            (_, true) => x[i - rows * width],
            (_, false) => x[(f - 1) * rows * width],
        };
        x.push(e[i].wrapping_add(past));
    }
    let mut values: Vec<T> = x
        .iter()
        .map(|x| T::from_f64(f64::from(*x)) * step)
        .collect();
    let mut place = 0;
    for _ in 0..bytes.varint() {
        place += bytes.varint();
        values[place] = bytes.number();
        place += 1;
    }
    (values, bytes.0)
}
