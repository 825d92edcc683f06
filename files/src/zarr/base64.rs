//! Base 64, in which xarray writes the fill values of floats.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text.
pub(super) fn encode(bytes: &[u8]) -> String {
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0u32, |b, i| {
            b << 8 | u32::from(three.get(i).copied().unwrap_or(0))
        });
        let digit = move |i: usize| DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char;
        let kept = three.len() + 1;
        (0..4).map(move |i| if i < kept { digit(i) } else { '=' })
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// Bytes from text, if that is what it is.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || digits.len() + 2 < text.len() {
        return None;
    }
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|d| *d == digit)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode(&f64::NAN.to_le_bytes()), "AAAAAAAA+H8=");
        for length in 0..10 {
            let bytes: Vec<u8> = (0..length)
                .map(|i: u8| i.wrapping_mul(37).wrapping_add(200))
                .collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
        assert_eq!(decode("a"), None);
        assert_eq!(decode("ab*d"), None);
    }
}
