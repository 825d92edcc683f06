//! Pictures of few colours as PNG, in the address of an image.

use miniz_oxide::deflate::compress_to_vec_zlib;

/// Colours of a palette, besides one for "nothing here".
pub(crate) const SHADES: usize = 33;

/// Purple through white to orange: told apart by all kinds of colour vision, and in grey by how
/// far from the middle.
pub(crate) static DIVERGING: [[u8; 3]; SHADES] = palette(&[
    [45, 0, 75],
    [128, 115, 172],
    [247, 247, 247],
    [224, 130, 20],
    [127, 59, 8],
]);

/// Dark blue to yellow, evenly lighter: the same to all kinds of colour vision.
pub(crate) static SEQUENTIAL: [[u8; 3]; SHADES] = palette(&[
    [0, 32, 81],
    [60, 77, 110],
    [127, 124, 117],
    [187, 175, 113],
    [253, 234, 69],
]);

/// Transparent, so that the page shows through.
const NOTHING: [u8; 3] = [128, 128, 128];

/// Straight lines between five colours.
const fn palette(anchors: &[[u8; 3]; 5]) -> [[u8; 3]; SHADES] {
    const STEPS: usize = (SHADES - 1) / 4;
    let mut shades = [[0; 3]; SHADES];
    let mut i = 0;
    while i < SHADES {
        let (from, part) = if i == SHADES - 1 {
            (3, STEPS)
        } else {
            (i / STEPS, i % STEPS)
        };
        let mut c = 0;
        while c < 3 {
            let (a, b) = (anchors[from][c] as usize, anchors[from + 1][c] as usize);
            shades[i][c] = ((a * (STEPS - part) + b * part) / STEPS) as u8;
            c += 1;
        }
        i += 1;
    }
    shades
}

/// Rows of pixels as `data:image/png;base64,…`. Pixels are places in the palette; the one
/// behind its end is transparent.
pub(crate) fn png_url(pixels: &[u8], columns: usize, palette: &[[u8; 3]; SHADES]) -> String {
    format!(
        "data:image/png;base64,{}",
        base64(&png(pixels, columns, palette))
    )
}

fn png(pixels: &[u8], columns: usize, palette: &[[u8; 3]; SHADES]) -> Vec<u8> {
    const DEPTH: u8 = 8;
    const INDEXED: u8 = 3;
    const LEVEL: u8 = 9;
    let rows = pixels.len() / columns.max(1);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend((columns as u32).to_be_bytes());
    head.extend((rows as u32).to_be_bytes());
    head.extend([DEPTH, INDEXED, 0, 0, 0]);
    part(&mut png, *b"IHDR", &head);
    let colours = [palette.concat(), NOTHING.to_vec()].concat();
    part(&mut png, *b"PLTE", &colours);
    let mut opacity = [255; SHADES + 1];
    opacity[SHADES] = 0;
    part(&mut png, *b"tRNS", &opacity);
    // Each row starts with how it was filtered: not at all.
    let lines: Vec<u8> = pixels
        .chunks(columns.max(1))
        .flat_map(|row| std::iter::once(0).chain(row.iter().copied()))
        .collect();
    part(&mut png, *b"IDAT", &compress_to_vec_zlib(&lines, LEVEL));
    part(&mut png, *b"IEND", &[]);
    png
}

fn part(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let sum = crc32fast::hash(&png[start..]);
    png.extend(sum.to_be_bytes());
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for k in 0..4 {
            if k <= three.len() {
                text.push(DIGITS[(bits >> (18 - 6 * k) & 63) as usize].into());
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_its_standard_has_it() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn palettes_start_and_end_where_they_should() {
        assert_eq!(
            (DIVERGING[0], DIVERGING[16]),
            ([45, 0, 75], [247, 247, 247])
        );
        assert_eq!(DIVERGING[SHADES - 1], [127, 59, 8]);
        assert_eq!(
            (SEQUENTIAL[0], SEQUENTIAL[SHADES - 1]),
            ([0, 32, 81], [253, 234, 69])
        );
    }

    #[test]
    fn a_picture_has_its_parts_in_order() {
        let png = png(&[0, 1, 2, 33, 32, 16], 3, &DIVERGING);
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!(png[16..24], [0, 0, 0, 3, 0, 0, 0, 2]);
        let (mut at, mut kinds) = (8, Vec::new());
        while at < png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let data = &png[at + 8..at + 8 + length];
            if &png[at + 4..at + 8] == b"IDAT" {
                let lines = miniz_oxide::inflate::decompress_to_vec_zlib(data).unwrap();
                assert_eq!(lines, [0, 0, 1, 2, 0, 33, 32, 16]);
            }
            kinds.push(String::from_utf8(png[at + 4..at + 8].to_vec()).unwrap());
            at += length + 12;
        }
        assert_eq!(kinds, ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
    }
}
