//! MD5 of eight texts side by side. Each step of MD5 waits for the one before, so that one text leaves most of the
//! processor idle; eight take about twice the time of one.
//!
//! <https://www.rfc-editor.org/rfc/rfc1321>

use wide::u32x8;

/// Texts that are digested together.
pub(super) const LANES: usize = 8;

const BLOCK: usize = 64;
const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The table T of the RFC: the integer part of 2³² × |sin(step + 1)|.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The digest of each text.
pub(super) fn digests(texts: &[&[u8]; LANES]) -> [[u8; 16]; LANES] {
    let mut state = START.map(u32x8::splat);
    let mut digests = [[0; 16]; LANES];
    let counts = texts.map(blocks);
    for number in 0..counts.into_iter().max().unwrap_or_default() {
        compress(&mut state, &words(texts, number));
        let words = state.map(u32x8::to_array);
        for (lane, _) in counts.iter().enumerate().filter(|(_, count)| **count == number + 1) {
            for (bytes, word) in digests[lane].chunks_exact_mut(4).zip(&words) {
                bytes.copy_from_slice(&word[lane].to_le_bytes());
            }
        }
    }
    digests
}

/// Blocks of a text with its padding: a one and the length, at least.
fn blocks(text: &[u8]) -> usize {
    (text.len() + 8) / BLOCK + 1
}

/// The 16 words of a block of each text; what is behind a text's end does not matter.
fn words(texts: &[&[u8]; LANES], number: usize) -> [u32x8; 16] {
    let blocks: [[u8; BLOCK]; LANES] = std::array::from_fn(|lane| block(texts[lane], number));
    std::array::from_fn(|word| {
        u32x8::new(std::array::from_fn(|lane| {
            let [.., a, b, c, d] = blocks[lane][..word * 4 + 4] else { return 0 };
            u32::from_le_bytes([a, b, c, d])
        }))
    })
}

fn block(text: &[u8], number: usize) -> [u8; BLOCK] {
    let rest = text.get(number * BLOCK..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return *whole;
    }
    let mut padded = [0; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    if number * BLOCK <= text.len() {
        padded[rest.len()] = 0x80;
    }
    if number + 1 == blocks(text) {
        padded[BLOCK - 8..].copy_from_slice(&(text.len() as u64 * 8).to_le_bytes());
    }
    padded
}

fn compress(state: &mut [u32x8; 4], block: &[u32x8; 16]) {
    let [mut a, mut b, mut c, mut d] = *state;
    // Written out four steps at a time, so that the names change places and nothing is moved.
    macro_rules! step {
        ($mix:ident, $a:ident $b:ident $c:ident $d:ident, $number:expr, $word:expr, $shift:literal) => {
            let sum = $a + $mix($b, $c, $d) + block[$word % 16] + u32x8::splat(SINES[$number]);
            $a = $b + ((sum << $shift) | (sum >> (32 - $shift)));
        };
    }
    macro_rules! round {
        ($number:literal, $mix:ident, $factor:literal $first:literal, $s:literal $t:literal $u:literal $v:literal) => {
            for step in [0, 4, 8, 12] {
                let number = $number * 16 + step;
                step!($mix, a b c d, number, step * $factor + $first, $s);
                step!($mix, d a b c, number + 1, (step + 1) * $factor + $first, $t);
                step!($mix, c d a b, number + 2, (step + 2) * $factor + $first, $u);
                step!($mix, b c d a, number + 3, (step + 3) * $factor + $first, $v);
            }
        };
    }
    round!(0, f, 1 0, 7 12 17 22);
    round!(1, g, 5 1, 5 9 14 20);
    round!(2, h, 3 5, 4 11 16 23);
    round!(3, i, 7 0, 6 10 15 21);
    for (before, after) in state.iter_mut().zip([a, b, c, d]) {
        *before += after;
    }
}

// The four functions of the RFC, by its names.

fn f(x: u32x8, y: u32x8, z: u32x8) -> u32x8 {
    z ^ (x & (y ^ z))
}

fn g(x: u32x8, y: u32x8, z: u32x8) -> u32x8 {
    f(z, x, y)
}

fn h(x: u32x8, y: u32x8, z: u32x8) -> u32x8 {
    x ^ y ^ z
}

fn i(x: u32x8, y: u32x8, z: u32x8) -> u32x8 {
    y ^ (x | !z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_lengths_have_the_digests_they_have_alone() {
        for length in (0..130).chain([1000, 1024, 4096]) {
            let texts: [Vec<u8>; LANES] = std::array::from_fn(|lane| {
                (0..length + lane * 37).map(|at| (at as u64 * 31 + lane as u64).to_le_bytes()[0]).collect()
            });
            let alone = texts.each_ref().map(|text| super::super::of_body(text));
            assert_eq!(digests(&texts.each_ref().map(Vec::as_slice)), alone, "{length}");
        }
    }
}
