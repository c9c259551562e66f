//! Which of a policy's many numbers one question has touched.

use crate::eval::row_set::RowSet;

/// Numbers, each at a position in the order of its first touch. Costs what was touched, not what the policy has.
pub(super) struct Touched(RowSet);

impl Default for Touched {
    fn default() -> Self {
        Self(RowSet::new(1))
    }
}

impl Touched {
    /// The position of a number, and whether it was touched just now for the first time.
    pub(super) fn touch(&mut self, number: u32) -> (usize, bool) {
        let (position, is_new) = self.0.insert(&[number]);
        (position as usize, is_new)
    }
}
