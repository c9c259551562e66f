//! Short texts, compared and hashed word by word: without a loop, a call, or a branch on what they hold.

/// The longest text that two words of 16 bytes cover.
const COVERED: usize = 32;

/// Whether texts of one length are equal. How they are compared, is for the length of the first one to say: that of a text
/// that is asked for is known before the other is read.
#[inline]
pub(crate) fn are_equal(one: &[u8], other: &[u8]) -> bool {
    debug_assert_eq!(one.len(), other.len());
    match one.len() {
        COVERED.. => one == other,
        17.. => are_ends_equal::<16>(one, other),
        9.. => are_ends_equal::<8>(one, other),
        4.. => are_ends_equal::<4>(one, other),
        2.. => are_ends_equal::<2>(one, other),
        _ => one == other,
    }
}

/// Whether the first and the last bytes are equal, so many each.
#[inline]
fn are_ends_equal<const N: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
}

/// A hash of the length and of the first and the last eight bytes: for tables of names that only a policy adds to. Texts that
/// callers add need a keyed one.
#[inline]
pub(crate) fn hash(text: &[u8]) -> u64 {
    let (first, last) = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    };
    let word = first ^ last.rotate_left(23) ^ (text.len() as u64) << 56;
    let product = u128::from(word) * 0x9E37_79B9_7F4A_7C15;
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_of_every_short_length_are_equal_only_if_each_byte_is() {
        for len in 0..40 {
            let text: Vec<u8> = (0..len).collect();
            assert!(are_equal(&text, &text.clone()));
            for place in 0..text.len() {
                let mut other = text.clone();
                other[place] ^= 1;
                assert!(!are_equal(&text, &other), "{len} bytes, another at {place}");
            }
        }
    }

    #[test]
    fn names_that_differ_at_their_ends_have_different_hashes() {
        let names: Vec<String> = (0..2_000).map(|number| format!("part{}.verb{}", number / 50, number % 50)).collect();
        let hashes: HashSet<u64> = names.iter().map(|name| hash(name.as_bytes())).collect();
        assert_eq!(hashes.len(), names.len());
        // Tables choose by the highest seven bits and the lowest ones.
        let chosen: HashSet<u64> = hashes.iter().map(|hash| hash % 4_096).collect();
        assert!(chosen.len() > 1_300, "{}", chosen.len());
    }
}
