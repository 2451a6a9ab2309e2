//! Texts of words that are as unlike each other as those of people: some come all the time, most hardly ever.

use std::fmt::Write as _;

/// Different words. The n-th is about n times as rare as the first one.
const VOCABULARY: u64 = 50_000;
/// Bytes of a word.
const WORD_BYTES: usize = 8;

/// A text of about so many bytes that begins with a number, the same for the same number.
pub fn text(number: u64, bytes: usize) -> String {
    let mut text = number.to_string();
    let mut place = 0;
    while text.len() + WORD_BYTES < bytes {
        write!(text, " {}", word(rank(random(number ^ place)))).expect("a text grows");
        place += 1;
    }
    // Whoever reads the number looks for its end.
    write!(text, "{:<1$}", " ", bytes.saturating_sub(text.len()).max(1)).expect("a text grows");
    text
}

/// The rank of a word in a text: the lower it is, the more often it comes.
pub fn rank(random: u64) -> u64 {
    let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
    (VOCABULARY as f64).powf(share) as u64 - 1
}

/// A word of letters for a number.
pub fn word(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va"];
    let syllable = |place: u32| SYLLABLES[usize::try_from(number >> (4 * place) & 15).expect("below 16")];
    (0..4).map(syllable).collect()
}

/// The same for the same number, and spread over all numbers.
pub fn random(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_number_its_length_and_words() {
        let told = text(1234, 100);
        assert_eq!((told.len(), told.split(' ').next()), (100, Some("1234")));
        assert!(told.split_whitespace().count() > 8);
        assert_eq!(text(1234, 1), "1234 ");
        assert_ne!(text(1235, 100)[4..], told[4..]);
    }
}
