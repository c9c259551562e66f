//! What one question may cost.

use std::time::Duration;

/// What one question may cost. Beyond it there is an error, `limit-exceeded`, and no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many rows it may look at.
    pub rows: u64,
    /// How long it may take.
    pub time: Duration,
    /// How many answers a listing may have.
    pub answers: u64,
    /// How many rows a query may answer: they are put in order in memory, whole.
    pub query_rows: u64,
    /// How long request rules, effects and guards of one transaction may take together, and how long its denies. Others wait
    /// meanwhile.
    pub write_time: Duration,
}

impl Default for Limits {
    /// Two billion rows and a minute, a hundred million ids, a million rows of a query, ten seconds a step of a write: more than
    /// any sane question, less than forever.
    fn default() -> Self {
        Self {
            rows: 2_000_000_000,
            time: Duration::from_secs(60),
            answers: 100_000_000,
            query_rows: 1_000_000,
            write_time: Duration::from_secs(10),
        }
    }
}
