//! A small random number generator, so that a workload is the same everywhere.

/// A stream of numbers that its seed alone decides.
///
/// # Source
/// Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators* (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`, all alike.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of `0..end`, `k` about half as often as `k / 2`: Zipf's law with exponent 1.
    pub(crate) fn zipf(&mut self, end: usize) -> usize {
        let fraction = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((end + 1) as f64).powf(fraction) as usize;
        rank.clamp(1, end) - 1
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}
