//! What a question may cost: hitting it is an error, never a deny and never a shorter list.

/// A question ran out of rows or of time. Nothing found so far may be used as an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    /// It looked at more rows than it may.
    #[error("the question looks at more than {limit} rows")]
    Rows {
        /// So many rows are allowed.
        limit: u64,
    },
    /// It has more answers than it may.
    #[error("the question has more than {limit} answers")]
    Answers {
        /// So many are allowed.
        limit: u64,
    },
    /// It took longer than it may.
    #[error("the question takes longer than it may")]
    Time,
}

/// After how many rows the clock is asked.
const ROWS_PER_LOOK: u64 = 8_192;

/// Counts the rows that a question looks at. The clock is the caller's.
#[derive(Clone)]
pub struct Meter<'a> {
    limit: u64,
    max_answers: u64,
    rows: u64,
    next_look: u64,
    is_late: &'a dyn Fn() -> bool,
}

impl<'a> Meter<'a> {
    /// A meter for one question, of so many rows and answers; `is_late` is asked every few thousand rows.
    pub fn new(limit: u64, max_answers: u64, is_late: &'a dyn Fn() -> bool) -> Self {
        Self { limit, max_answers, rows: 0, next_look: ROWS_PER_LOOK.min(limit), is_late }
    }

    /// How many rows were looked at.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Goes on where another one of the same question has come to.
    pub(super) fn go_on_from(&mut self, other: &Meter<'_>) {
        (self.rows, self.next_look) = (other.rows, other.next_look);
    }

    /// Counts rows.
    ///
    /// # Errors
    /// [`LimitExceeded`] when it was one too many.
    #[inline]
    pub(super) fn count(&mut self, n_rows: u64) -> Result<(), LimitExceeded> {
        self.rows += n_rows;
        if self.rows < self.next_look { Ok(()) } else { self.look() }
    }

    /// Whether so many answers are allowed.
    ///
    /// # Errors
    /// [`LimitExceeded`] if not.
    pub(super) fn allow_answers(&self, n_answers: u64) -> Result<(), LimitExceeded> {
        if n_answers <= self.max_answers { Ok(()) } else { Err(LimitExceeded::Answers { limit: self.max_answers }) }
    }

    #[cold]
    fn look(&mut self) -> Result<(), LimitExceeded> {
        if self.rows > self.limit {
            return Err(LimitExceeded::Rows { limit: self.limit });
        }
        if (self.is_late)() {
            return Err(LimitExceeded::Time);
        }
        self.next_look =
            if self.rows == self.limit { self.limit + 1 } else { (self.rows + ROWS_PER_LOOK).min(self.limit) };
        Ok(())
    }
}
