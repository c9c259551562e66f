//! What happened to a tenant: the entries of its log after a revision, oldest first.

use jiff::Timestamp;

use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::token::Token;
use crate::model::fact::{Fact, RawFact};
use crate::model::revision::Revision;
use crate::model::value::Value;
use crate::store::entry::{Action, Change, Entry, EntryHash, Mark, Sign};

/// An entry of a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The revision that it made, as a token: where to go on behind it.
    pub revision: Token,
    /// When it was decided, by the engine's clock.
    pub time: Timestamp,
    /// Who wrote, if anyone was named.
    pub actor: Option<String>,
    /// The caller's key, by which a second try is known.
    pub idempotency_key: Option<String>,
    /// What names the policy that is active after it: 64 hexadecimal digits.
    pub policy: String,
    /// The hash of the entry: 64 hexadecimal digits.
    pub hash: String,
    /// The hash of the entry before; zeros before the first.
    pub previous: String,
    /// What happened.
    pub happened: Happened,
}

/// What happened in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The policy became the active one.
    Activation,
    /// Facts came and went, each once.
    Transaction {
        /// Facts that weren't stored and are now.
        inserts: Vec<ChangedFact>,
        /// Facts that were stored and aren't any more.
        deletes: Vec<ChangedFact>,
    },
}

/// A fact that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFact {
    /// The fact.
    pub fact: RawFact,
    /// Why it is in the transaction.
    pub reason: Reason,
}

/// Why a fact is in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request named it.
    Asked,
    /// It completes what was asked: objects come alive, a deleted object's facts go, a replaced value goes.
    Completed,
    /// An effect added it.
    Added,
}

impl Engine {
    /// The entries of a tenant's log after a revision, oldest first, at most `limit` of them; without a token from the
    /// first one on. `each` is called once an entry; its error ends the walk. Answers with the head at the beginning: who
    /// has come so far has seen everything.
    ///
    /// An entry is handed over whole: one that loaded millions of facts holds them all. No index is brought to memory.
    ///
    /// # Errors
    /// `unknown-tenant`, `malformed-token`, `foreign-token`, `revision-ahead`, `store-damaged`, and what `each` answers.
    pub fn changes(
        &self,
        tenant: &str,
        after: Option<&str>,
        limit: Option<u64>,
        each: &mut dyn FnMut(LogEntry) -> Result<(), Error>,
    ) -> Result<Token, Error> {
        let tenant = self.tenants.get(tenant)?;
        let place = self.tenants.place(tenant.id);
        let after = after.map_or(Ok(Revision(0)), |token| place.revision(token))?;
        let mut entries = self.tenants.reader.read_from(tenant.id, after)?;
        let head = place.token(entries.head());
        let mut left = limit.unwrap_or(u64::MAX);
        while left > 0
            && let Some(entry) = entries.next()
        {
            let entry = entry?;
            each(log_entry(place.token(entry.revision), entry, entries.hash()))?;
            left -= 1;
        }
        Ok(head)
    }
}

fn log_entry(revision: Token, entry: Entry, hash: EntryHash) -> LogEntry {
    let Entry { previous, policy, record, .. } = entry;
    LogEntry {
        revision,
        time: record.time,
        actor: record.actor.map(|actor| actor.to_string()),
        idempotency_key: record.idempotency_key.map(|key| key.to_string()),
        policy: policy.to_string(),
        hash: hash.to_string(),
        previous: previous.to_string(),
        happened: match record.action {
            Action::Activation(_) => Happened::Activation,
            Action::Transaction(changes) => {
                let (inserts, deletes): (Vec<_>, Vec<_>) =
                    changes.into_iter().partition(|change| change.sign == Sign::Insert);
                let changed = |changes: Vec<Change>| changes.into_iter().map(changed_fact).collect();
                Happened::Transaction { inserts: changed(inserts), deletes: changed(deletes) }
            }
        },
    }
}

fn changed_fact(change: Change) -> ChangedFact {
    let reason = match change.mark {
        Mark::Asked => Reason::Asked,
        Mark::Completed => Reason::Completed,
        Mark::Added => Reason::Added,
    };
    ChangedFact { fact: raw_fact(&change.fact), reason }
}

/// A fact as it goes through a door.
pub(super) fn raw_fact(fact: &Fact) -> RawFact {
    RawFact { relation: fact.relation.to_string(), values: fact.values.iter().map(Value::raw).collect() }
}
