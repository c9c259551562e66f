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

/// Why an evaluation ends before it has tried everything. One byte: it is handed back through every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// What was found is enough.
    Enough,
    /// The meter ran out: [`Meter::failure`] says of what.
    Limit,
}

/// Counts the rows that a question looks at. The clock is the caller's.
#[derive(Clone)]
pub struct Meter<'a> {
    limit: u64,
    max_answers: u64,
    rows: u64,
    next_look: u64,
    failure: LimitExceeded,
    is_late: &'a dyn Fn() -> bool,
}

impl<'a> Meter<'a> {
    /// A meter for one question, of so many rows and answers; `is_late` is asked every few thousand rows.
    pub fn new(limit: u64, max_answers: u64, is_late: &'a dyn Fn() -> bool) -> Self {
        let failure = LimitExceeded::Time;
        Self { limit, max_answers, rows: 0, next_look: ROWS_PER_LOOK.min(limit), failure, is_late }
    }

    /// Goes on where another one of the same question has come to.
    pub(super) fn go_on_from(&mut self, other: &Meter<'_>) {
        (self.rows, self.next_look) = (other.rows, other.next_look);
    }

    /// What ran out, after a [`Stop::Limit`].
    pub(super) fn failure(&self) -> LimitExceeded {
        self.failure
    }

    /// Counts rows; stops when they were too many.
    #[inline]
    pub(super) fn count(&mut self, n_rows: u64) -> Result<(), Stop> {
        self.rows += n_rows;
        if self.rows < self.next_look { Ok(()) } else { self.look() }
    }

    /// Stops if so many answers are too many.
    pub(super) fn allow_answers(&mut self, n_answers: u64) -> Result<(), Stop> {
        if n_answers <= self.max_answers {
            return Ok(());
        }
        self.failure = LimitExceeded::Answers { limit: self.max_answers };
        Err(Stop::Limit)
    }

    #[cold]
    fn look(&mut self) -> Result<(), Stop> {
        if self.rows > self.limit {
            self.failure = LimitExceeded::Rows { limit: self.limit };
            return Err(Stop::Limit);
        }
        if (self.is_late)() {
            self.failure = LimitExceeded::Time;
            return Err(Stop::Limit);
        }
        self.next_look =
            if self.rows == self.limit { self.limit + 1 } else { (self.rows + ROWS_PER_LOOK).min(self.limit) };
        Ok(())
    }
}
