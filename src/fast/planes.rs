//! Blocks of small whole numbers as bit planes: `docs/format/fast.md`.

use super::bits::{Bits, Portable, live_bytes, transpose, transpose_bytes};
use crate::bytes::Reader;
use crate::error::{Result, Section, corrupt};

/// Numbers in a block.
pub(super) const BLOCK: usize = 256;
const BYTES: usize = BLOCK / 8;
/// One bit of each number.
type Plane = [u64; 4];
/// Eight planes.
type Group = [Plane; 8];

/// Widths that fit the short header.
const SHORT: u32 = 14;
/// Low nibble of a long header.
const LONG: u8 = 15;
/// Wider blocks are stored as they are.
const WIDEST: u32 = 24;
const RAW: u32 = 32;
/// Room for any block with what is written beyond its end for speed, and for what
/// damaged bytes can announce.
const MOST: usize = 1200;

/// Bytes of a block.
pub(super) struct Packed {
    bytes: [u8; MOST],
    length: usize,
}

impl Packed {
    pub(super) fn new() -> Self {
        Packed {
            bytes: [0; MOST],
            length: 0,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Appends the first `length` of some bytes.
    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N], length: usize) {
        self.bytes[self.length..self.length + N].copy_from_slice(&bytes);
        self.length += length;
    }

    #[inline(always)]
    fn put_plane(&mut self, plane: &Plane) {
        for word in plane {
            self.put(word.to_le_bytes(), 8);
        }
    }
}

/// The bytes of a block; none if it is all zeros.
pub(super) fn pack(block: &[i32; BLOCK], out: &mut Packed) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        fn wide(bits: super::bits::Bmi2, block: &[i32; BLOCK], out: &mut Packed) {
            pack_with(bits, block, out);
        }
        if let Some(bits) = super::bits::Bmi2::find() {
            #[expect(unsafe_code, reason = "calling code compiled for AVX2")]
            // SAFETY: the CPU has just been found to have all of these.
            return unsafe { wide(bits, block, out) };
        }
    }
    pack_with(Portable, block, out);
}

/// Reads what [`pack`] wrote.
pub(super) fn unpack(reader: &mut Reader, block: &mut [i32; BLOCK]) -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        fn wide(
            bits: super::bits::Bmi2,
            reader: &mut Reader,
            block: &mut [i32; BLOCK],
        ) -> Result<()> {
            unpack_with(bits, reader, block)
        }
        if let Some(bits) = super::bits::Bmi2::find() {
            #[expect(unsafe_code, reason = "calling code compiled for AVX2")]
            // SAFETY: the CPU has just been found to have all of these.
            return unsafe { wide(bits, reader, block) };
        }
    }
    unpack_with(Portable, reader, block)
}

#[inline(always)]
fn pack_with<B: Bits>(bits: B, block: &[i32; BLOCK], out: &mut Packed) {
    let any = block.iter().fold(0, |any, x| any | x.unsigned_abs());
    let width = u32::BITS - any.leading_zeros();
    out.length = 0;
    if width == 0 {
        return;
    }
    if width <= SHORT {
        out.put([width as u8], 1);
    } else if width <= WIDEST {
        out.put([LONG, width as u8, 0], 3);
    } else {
        out.put([LONG, RAW as u8, 0], 3);
        block.iter().for_each(|x| out.put(x.to_le_bytes(), 4));
        return;
    }
    let dense = if width < 8 {
        pack_planes::<B, 1>(bits, block, width, out)
    } else {
        pack_planes::<B, 4>(bits, block, width, out)
    };
    if width <= SHORT {
        out.bytes[0] |= (dense as u8) << 4;
    } else {
        out.bytes[2] = dense as u8;
    }
}

/// Appends the planes of a block, the sign being plane `width`; returns how many
/// are stored in full. `GROUPS` groups must hold them all.
#[inline(always)]
fn pack_planes<B: Bits, const GROUPS: usize>(
    bits: B,
    block: &[i32; BLOCK],
    width: u32,
    out: &mut Packed,
) -> u32 {
    let mut dense = 0;
    let mut signs = [0; 4];
    let mut any = [0; 4];
    for g in (0..GROUPS as u32).rev().filter(|g| 8 * g <= width) {
        let group = split(block, width, 8 * g);
        let top = (width - 8 * g).min(7);
        for place in (0..=top).rev() {
            let plane = &group[place as usize];
            if 8 * g + place == width {
                signs = *plane;
                continue;
            }
            for (any, word) in any.iter_mut().zip(plane) {
                *any |= word;
            }
            if dense > 0 || !put_sparse(bits, plane, out) {
                dense = dense.max(8 * g + place + 1);
                out.put_plane(plane);
            }
        }
    }
    put_signs(bits, &signs, &any, out);
    dense
}

/// Bits `shift..shift + 8` of magnitudes with signs on top.
#[inline(always)]
fn split(block: &[i32; BLOCK], width: u32, shift: u32) -> Group {
    let mut bytes = [0; BLOCK];
    for (byte, x) in bytes.iter_mut().zip(block) {
        let number = x.unsigned_abs() | (u32::from(*x < 0) << width);
        // Not a plain cast: so the compiler sees that nothing can saturate and
        // narrows with cheaper instructions.
        *byte = ((number << (24 - shift)) >> 24) as u8;
    }
    let mut group = [[0; 4]; 8];
    let octets = bytes.as_chunks::<8>().0;
    for (j, plane) in group.iter_mut().enumerate() {
        for (w, word) in plane.iter_mut().enumerate() {
            *word = transpose(u64::from_le_bytes(octets[8 * w + j]));
        }
    }
    transpose_bytes(&mut group);
    group
}

/// Appends the bytes of a plane that are not zero, after which they are; nothing if
/// that would not be smaller than the plane.
#[inline(always)]
fn put_sparse<B: Bits>(bits: B, plane: &Plane, out: &mut Packed) -> bool {
    let live: Plane = std::array::from_fn(|k| live_bytes(plane[k]));
    let flags: [u8; 4] = std::array::from_fn(|k| bits.flags(live[k]));
    let map = u64::from(u32::from_le_bytes(flags));
    let live_map = live_bytes(map);
    let top = bits.flags(live_map);
    if 1 + top.count_ones() + map.count_ones() >= BYTES as u32 {
        return false;
    }
    out.put([top], 1);
    put_live(bits, map, live_map, top, out);
    for k in 0..4 {
        put_live(bits, plane[k], live[k], flags[k], out);
    }
    true
}

#[inline(always)]
fn put_live<B: Bits>(bits: B, word: u64, live: u64, flags: u8, out: &mut Packed) {
    let bytes = bits.extract_bytes(word, live);
    out.put(bytes.to_le_bytes(), flags.count_ones() as usize);
}

/// Appends the signs of the numbers that are not zero.
#[inline(always)]
fn put_signs<B: Bits>(bits: B, signs: &Plane, any: &Plane, out: &mut Packed) {
    let mut packed = [0u64; 5];
    let mut count = 0;
    for (sign, any) in signs.iter().zip(any) {
        let (at, shift) = (count / 64, count % 64);
        let few = bits.extract(*sign, *any);
        packed[at] |= few << shift;
        packed[at + 1] |= few >> 1 >> (63 - shift);
        count += any.count_ones() as usize;
    }
    let [signs @ .., _] = packed;
    let end = out.length + count.div_ceil(8);
    out.put_plane(&signs);
    out.length = end;
}

/// Bytes to read from, of which there are always enough.
struct Source<'a> {
    bytes: &'a [u8; MOST],
    taken: usize,
}

impl Source<'_> {
    #[inline(always)]
    fn byte(&mut self) -> u8 {
        self.taken += 1;
        self.bytes[self.taken - 1]
    }

    /// A word of which only `length` bytes count.
    #[inline(always)]
    fn word(&mut self, length: usize) -> u64 {
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.bytes[self.taken..self.taken + 8]);
        self.taken += length;
        u64::from_le_bytes(eight)
    }

    #[inline(always)]
    fn plane(&mut self) -> Plane {
        std::array::from_fn(|_| self.word(8))
    }
}

/// What is left of the bytes, and zeros.
#[cold]
fn padded(rest: &[u8]) -> [u8; MOST] {
    let mut bytes = [0; MOST];
    let length = rest.len().min(MOST);
    bytes[..length].copy_from_slice(&rest[..length]);
    bytes
}

#[inline(always)]
fn unpack_with<B: Bits>(bits: B, reader: &mut Reader, block: &mut [i32; BLOCK]) -> Result<()> {
    let copy;
    let bytes = if let Some(bytes) = reader.rest().first_chunk() {
        bytes
    } else {
        copy = padded(reader.rest());
        &copy
    };
    let mut source = Source { bytes, taken: 0 };
    let header = source.byte();
    let (mut width, mut dense) = (u32::from(header & 15), u32::from(header >> 4));
    if header & 15 == LONG {
        (width, dense) = (u32::from(source.byte()), u32::from(source.byte()));
    }
    let sound = if width < 8 && dense <= width {
        unpack_planes::<B, 1>(bits, width, dense, &mut source, block)
    } else if width <= WIDEST && dense <= width {
        unpack_planes::<B, 4>(bits, width, dense, &mut source, block)
    } else {
        block.iter_mut().for_each(|x| *x = source.word(4) as i32);
        width == RAW
    };
    // If the block ended beyond the bytes there are, this tells.
    reader.take(source.taken)?;
    if sound {
        Ok(())
    } else {
        corrupt(Section::Codes, "a block is not laid out as blocks are")
    }
}

#[inline(always)]
fn unpack_planes<B: Bits, const GROUPS: usize>(
    bits: B,
    width: u32,
    dense: u32,
    source: &mut Source,
    block: &mut [i32; BLOCK],
) -> bool {
    let mut groups = [[[0; 4]; 8]; GROUPS];
    let planes = groups.as_flattened_mut();
    let mut any = [0; 4];
    let mut sound = true;
    for place in (0..width).rev() {
        let plane = if place < dense {
            source.plane()
        } else {
            take_sparse(bits, source, &mut sound)
        };
        for (any, word) in any.iter_mut().zip(plane) {
            *any |= word;
        }
        planes[place as usize] = plane;
    }
    planes[width as usize] = take_signs(bits, &any, source);
    let mut numbers = [0; BLOCK];
    for (g, group) in groups.iter_mut().enumerate().take(width as usize / 8 + 1) {
        join(group, 8 * g as u32, &mut numbers);
    }
    for (x, number) in block.iter_mut().zip(&numbers) {
        let sign = -((number >> width) as i32);
        let magnitude = (number & ((1 << width) - 1)) as i32;
        *x = (magnitude ^ sign) - sign;
    }
    sound
}

/// Inverse of [`split`], added to what is there.
#[inline(always)]
fn join(group: &mut Group, shift: u32, numbers: &mut [u32; BLOCK]) {
    transpose_bytes(group);
    let mut bytes = [[0; 8]; BYTES];
    for (j, plane) in group.iter().enumerate() {
        for (w, word) in plane.iter().enumerate() {
            bytes[8 * w + j] = transpose(*word).to_le_bytes();
        }
    }
    for (number, byte) in numbers.iter_mut().zip(bytes.as_flattened()) {
        *number |= u32::from(*byte) << shift;
    }
}

#[inline(always)]
fn take_sparse<B: Bits>(bits: B, source: &mut Source, sound: &mut bool) -> Plane {
    let top = source.byte();
    *sound &= top < 16;
    let map = take_live(bits, top & 15, source) as u32;
    let flags = map.to_le_bytes();
    std::array::from_fn(|k| take_live(bits, flags[k], source))
}

#[inline(always)]
fn take_live<B: Bits>(bits: B, flags: u8, source: &mut Source) -> u64 {
    let bytes = source.word(flags.count_ones() as usize);
    bits.deposit_bytes(bytes, flags)
}

#[inline(always)]
fn take_signs<B: Bits>(bits: B, any: &Plane, source: &mut Source) -> Plane {
    let count: u32 = any.iter().map(|word| word.count_ones()).sum();
    let end = source.taken + count.div_ceil(8) as usize;
    let [a, b, c, d] = source.plane();
    let packed = [a, b, c, d, 0];
    source.taken = end;
    let mut from = 0;
    let mut signs = [0; 4];
    for (sign, any) in signs.iter_mut().zip(any) {
        let (at, shift) = (from / 64, from % 64);
        let few = packed[at] >> shift | packed[at + 1] << 1 << (63 - shift);
        from += any.count_ones() as usize;
        *sign = bits.deposit(few, *any);
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks() -> impl Iterator<Item = [i32; BLOCK]> {
        let mut state = 3u64;
        (0..4000).map(move |i| {
            let (width, gap) = (i % 34, 1 << (i / 34 % 8));
            std::array::from_fn(|k| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let x = (state >> 31) as i32;
                let last = if width < 33 { 0 } else { i32::MIN };
                match width {
                    0 => last,
                    _ if k % gap != 0 => last,
                    33 => i32::MIN,
                    _ => x >> (32 - width),
                }
            })
        })
    }

    #[test]
    fn blocks_come_back_and_both_ways_of_packing_agree() {
        let (mut packed, mut again) = (Packed::new(), Packed::new());
        for block in blocks() {
            pack(&block, &mut packed);
            pack_with(Portable, &block, &mut again);
            assert_eq!(packed.bytes(), again.bytes());
            if packed.bytes().is_empty() {
                assert_eq!(block, [0; BLOCK]);
                continue;
            }
            let (mut one, mut other) = ([0; BLOCK], [0; BLOCK]);
            let mut reader = Reader::new(packed.bytes(), Section::Codes);
            unpack(&mut reader, &mut one).unwrap();
            reader.finish().unwrap();
            let mut reader = Reader::new(packed.bytes(), Section::Codes);
            unpack_with(Portable, &mut reader, &mut other).unwrap();
            assert_eq!(one, block);
            assert_eq!(other, block);
        }
    }

    #[test]
    fn any_bytes_fit_the_room_there_is() {
        let bytes = [0xff; 2 * MOST];
        for header in 0..=255 {
            for width in 0..=255 {
                let mut bytes = bytes;
                (bytes[0], bytes[1]) = (header, width);
                let mut reader = Reader::new(&bytes, Section::Codes);
                let _ = unpack(&mut reader, &mut [0; BLOCK]);
                bytes[2] = 0;
                let mut reader = Reader::new(&bytes, Section::Codes);
                let _ = unpack(&mut reader, &mut [0; BLOCK]);
            }
        }
    }
}
