//! Bits moved from scattered places together and back.

/// The two moves. Both kinds do the same; BMI2 has an instruction for each.
pub(super) trait Bits: Copy {
    /// The bits of `x` where `mask` has ones, moved down without gaps.
    fn extract(self, x: u64, mask: u64) -> u64;
    /// The lowest bits of `x`, moved up to where `mask` has ones.
    fn deposit(self, x: u64, mask: u64) -> u64;

    /// The bytes of `x` that `live`, made by [`live_bytes`], marks, moved down.
    #[inline(always)]
    fn extract_bytes(self, x: u64, live: u64) -> u64 {
        self.extract(x, live.wrapping_mul(0xff))
    }

    /// The lowest bytes of `x`, moved up to where `flags` has ones.
    #[inline(always)]
    fn deposit_bytes(self, x: u64, flags: u8) -> u64 {
        self.deposit(x, self.live_of(flags).wrapping_mul(0xff))
    }

    /// One bit per byte of [`live_bytes`], the lowest byte's lowest.
    #[inline(always)]
    fn flags(self, live: u64) -> u8 {
        self.extract(live, ONES) as u8
    }

    /// Inverse of [`Bits::flags`].
    #[inline(always)]
    fn live_of(self, flags: u8) -> u64 {
        self.deposit(u64::from(flags), ONES)
    }
}

/// One in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// In plain arithmetic.
#[derive(Clone, Copy)]
pub(super) struct Portable;

/// For each power of two below 64 the bits that `extract` moves down by it: a bit
/// moves by the number of zeros of the mask below it (Warren, Hacker's Delight, 7-4).
#[inline(always)]
fn moves(mask: u64) -> [u64; 6] {
    let mut mask = mask;
    let mut zeros_below = !mask << 1;
    std::array::from_fn(|k| {
        let mut odd = zeros_below;
        for shift in [1, 2, 4, 8, 16, 32] {
            odd ^= odd << shift;
        }
        let moved = odd & mask;
        mask = mask ^ moved | moved >> (1 << k);
        zeros_below &= !odd;
        moved
    })
}

impl Bits for Portable {
    #[inline(always)]
    fn extract(self, x: u64, mask: u64) -> u64 {
        let moves = moves(mask);
        (0..6).fold(x & mask, |x, k| {
            let moved = x & moves[k];
            x ^ moved | moved >> (1 << k)
        })
    }

    #[inline(always)]
    fn deposit(self, x: u64, mask: u64) -> u64 {
        let moves = moves(mask);
        let scattered = (0..6).rev().fold(x, |x, k| {
            let up = x << (1 << k);
            x & !moves[k] | up & moves[k]
        });
        scattered & mask
    }

    #[inline(always)]
    fn extract_bytes(self, x: u64, live: u64) -> u64 {
        let (mut to, mut out) = (0, 0);
        for from in (0..64).step_by(8) {
            let one = live >> from & 1;
            out |= (x >> from & one.wrapping_mul(0xff)) << (to & 63);
            to += 8 * one;
        }
        out
    }

    #[inline(always)]
    fn deposit_bytes(self, x: u64, flags: u8) -> u64 {
        let (mut rest, mut out) = (x, 0);
        for k in 0..8 {
            let one = u64::from(flags >> k & 1);
            out |= (rest & one.wrapping_mul(0xff)) << (8 * k);
            rest >>= 8 * one;
        }
        out
    }

    #[inline(always)]
    fn flags(self, live: u64) -> u8 {
        (live.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
    }

    #[inline(always)]
    fn live_of(self, flags: u8) -> u64 {
        live_bytes(u64::from(flags).wrapping_mul(ONES) & 0x8040_2010_0804_0201)
    }
}

/// With the instructions of BMI2: the token that they are there.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Bmi2(());

#[cfg(target_arch = "x86_64")]
impl Bmi2 {
    pub(super) fn find() -> Option<Self> {
        let found = foresz_predictors::cpu::has_avx2() && is_x86_feature_detected!("popcnt");
        found.then_some(Bmi2(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Bits for Bmi2 {
    #[inline(always)]
    fn extract(self, x: u64, mask: u64) -> u64 {
        #[expect(unsafe_code, reason = "an instruction of BMI2")]
        // SAFETY: only `Bmi2::find` makes a `Bmi2`, on CPUs that have BMI2.
        unsafe {
            std::arch::x86_64::_pext_u64(x, mask)
        }
    }

    #[inline(always)]
    fn deposit(self, x: u64, mask: u64) -> u64 {
        #[expect(unsafe_code, reason = "an instruction of BMI2")]
        // SAFETY: only `Bmi2::find` makes a `Bmi2`, on CPUs that have BMI2.
        unsafe {
            std::arch::x86_64::_pdep_u64(x, mask)
        }
    }
}

/// Eight bytes as an 8×8 matrix of bits, transposed; its own inverse.
#[inline(always)]
pub(super) fn transpose(mut x: u64) -> u64 {
    for (shift, mask) in [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ] {
        let swap = (x ^ (x >> shift)) & mask;
        x ^= swap ^ (swap << shift);
    }
    x
}

/// A one in every byte that is not zero.
#[inline(always)]
pub(super) fn live_bytes(x: u64) -> u64 {
    let x = x | (x >> 4);
    let x = x | (x >> 2);
    (x | (x >> 1)) & ONES
}

/// Eight times four words as four 8×8 matrices of bytes, each transposed; its own
/// inverse.
#[inline(always)]
pub(super) fn transpose_bytes(words: &mut [[u64; 4]; 8]) {
    let [a, b, c, d, e, f, g, h] = words;
    for (low, high) in [(&mut *a, &mut *e), (b, f), (c, g), (d, h)] {
        swap::<32>(low, high, 0x0000_0000_ffff_ffff);
    }
    let [a, b, c, d, e, f, g, h] = words;
    for (low, high) in [(&mut *a, &mut *c), (b, d), (e, g), (f, h)] {
        swap::<16>(low, high, 0x0000_ffff_0000_ffff);
    }
    let [a, b, c, d, e, f, g, h] = words;
    for (low, high) in [(&mut *a, &mut *b), (c, d), (e, f), (g, h)] {
        swap::<8>(low, high, 0x00ff_00ff_00ff_00ff);
    }
}

/// Swaps the bits of `low` that are `SHIFT` above those of the mask with those of
/// `high` in it.
#[inline(always)]
fn swap<const SHIFT: u32>(low: &mut [u64; 4], high: &mut [u64; 4], mask: u64) {
    for (a, b) in low.iter_mut().zip(high) {
        let swap = ((*a >> SHIFT) ^ *b) & mask;
        *a ^= swap << SHIFT;
        *b ^= swap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> impl Iterator<Item = u64> {
        let mut state = 7u64;
        (0..2000).map(move |i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            match i {
                0 => 0,
                1 => u64::MAX,
                _ => state ^ (state >> 29),
            }
        })
    }

    #[test]
    fn transposing_moves_every_bit_to_its_mirror() {
        for x in numbers() {
            let y = transpose(x);
            for (row, column) in (0..64).map(|k| (k / 8, k % 8)) {
                assert_eq!(x >> (8 * row + column) & 1, y >> (8 * column + row) & 1);
            }
        }
    }

    #[test]
    fn transposing_bytes_moves_every_byte_to_its_mirror() {
        let mut all = numbers();
        let words: [[u64; 4]; 8] =
            std::array::from_fn(|_| std::array::from_fn(|_| all.next().unwrap()));
        let mut mirrored = words;
        transpose_bytes(&mut mirrored);
        for (row, column) in (0..64).map(|k| (k / 8, k % 8)) {
            for w in 0..4 {
                let (a, b) = (
                    words[row][w].to_le_bytes(),
                    mirrored[column][w].to_le_bytes(),
                );
                assert_eq!(a[column], b[row]);
            }
        }
    }

    #[test]
    fn flags_tell_which_bytes_are_not_zero() {
        for x in numbers().map(|x| x & x.rotate_left(9) & x.rotate_left(31)) {
            let want = (0..8).fold(0, |f, k| f | u8::from(x.to_le_bytes()[k] != 0) << k);
            assert_eq!(Portable.flags(live_bytes(x)), want);
            assert_eq!(Portable.live_of(want), live_bytes(x));
            #[cfg(target_arch = "x86_64")]
            if let Some(fast) = Bmi2::find() {
                assert_eq!(fast.flags(live_bytes(x)), want);
                assert_eq!(fast.live_of(want), live_bytes(x));
            }
        }
    }

    #[test]
    fn moved_bytes_come_back_and_the_instructions_agree() {
        for (x, flags) in numbers().zip(0..=255) {
            let live = Portable.live_of(flags);
            let low = Portable.extract_bytes(x, live);
            assert_eq!(low, Portable.extract(x, live * 0xff));
            assert_eq!(Portable.deposit_bytes(low, flags), x & (live * 0xff));
            assert_eq!(
                Portable.deposit_bytes(x, flags),
                Portable.deposit(x, live * 0xff)
            );
        }
    }

    #[test]
    fn moved_bits_come_back_and_the_instructions_agree() {
        for (x, mask) in numbers().zip(numbers().skip(5)) {
            let (mut low, mut count) = (0, 0);
            for k in (0..64).filter(|k| mask >> k & 1 == 1) {
                low |= (x >> k & 1) << count;
                count += 1;
            }
            assert_eq!(Portable.extract(x, mask), low);
            assert_eq!(Portable.deposit(low, mask), x & mask);
            #[cfg(target_arch = "x86_64")]
            if let Some(fast) = Bmi2::find() {
                assert_eq!(fast.extract(x, mask), low);
                assert_eq!(fast.deposit(x, mask), Portable.deposit(x, mask));
            }
        }
    }
}
