//! Probabilities and their logits, in whole numbers.
//!
//! A logit is ln(p/(1−p)) in units of 1/256. Both tables are computed from one
//! constant when the program is compiled, so every machine has the same ones.

/// Logits lie between −LIMIT and LIMIT − 1.
pub(super) const LIMIT: i32 = 12 * 256;

/// e^(−1/256) in units of 2^−62.
const DECAY: u128 = 4_593_706_758_521_714_574;
const ONE: u128 = 1 << 62;

/// 2^20/(1 + e^(−x/256)) for x = 0 … LIMIT.
const fn sigmoid() -> [u32; LIMIT as usize + 1] {
    let mut table = [0; LIMIT as usize + 1];
    let mut power = ONE;
    let mut x = 0;
    while x < table.len() {
        table[x] = (((ONE << 20) + u128::midpoint(ONE, power)) / (ONE + power)) as u32;
        power = (power * DECAY) >> 62;
        x += 1;
    }
    table
}

const SIGMOID: [u32; LIMIT as usize + 1] = sigmoid();

/// Probabilities in units of 2^−16 for all logits.
static SQUASH: [u16; 2 * LIMIT as usize] = {
    let mut table = [0; 2 * LIMIT as usize];
    let mut i = 0;
    while i < table.len() {
        let x = i as i32 - LIMIT;
        let p = if x < 0 {
            (1 << 20) - SIGMOID[-x as usize]
        } else {
            SIGMOID[x as usize]
        };
        let p = (p + 8) >> 4;
        table[i] = if p == 0 {
            1
        } else if p > 65_535 {
            65_535
        } else {
            p as u16
        };
        i += 1;
    }
    table
};

/// Logits of (16k + 8)/2^16, rounded towards 0.
static STRETCH: [i16; 4096] = {
    let mut table = [0; 4096];
    let mut x = 0;
    // From ½ up the logit grows, so a single pass finds them all.
    let mut k = 2048;
    while k < 4096 {
        let p = 16 * (16 * k as u32 + 8);
        while SIGMOID[x + 1] <= p {
            x += 1;
        }
        table[k] = x as i16;
        table[4095 - k] = -(x as i16);
        k += 1;
    }
    table
};

/// Probability in units of 2^−16 of a logit; never 0 or 1.
#[inline(always)]
pub(super) fn squash(logit: i32) -> i32 {
    let at = (logit + LIMIT).clamp(0, 2 * LIMIT - 1);
    i32::from(SQUASH[at as usize])
}

/// Logit of a probability in units of 2^−16.
#[inline(always)]
pub(super) fn stretch(p: u32) -> i32 {
    i32::from(STRETCH[(p >> 4 & 4095) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_the_functions() {
        for x in -2560..2560 {
            let p = 65_536.0 / (1.0 + (-f64::from(x) / 256.0).exp());
            assert!((f64::from(squash(x)) - p).abs() <= 0.56, "{x}");
        }
        for k in 0..4096 {
            let p = 16 * k + 8;
            let y = f64::from(p) / 65_536.0;
            let x = 256.0 * (y / (1.0 - y)).ln();
            assert!((f64::from(stretch(p)) - x).abs() < 1.01, "{p}");
        }
    }
}
