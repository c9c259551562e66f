//! What a transaction did, told by relation and by what brought it about.

use std::collections::BTreeMap;

use crate::engine::changes::raw_fact;
use crate::engine::request::{Reasons, RelationChange, Written};
use crate::engine::token::Token;
use crate::store::entry::{Change, Mark, Sign};

impl Written {
    /// Nothing.
    pub(super) fn nothing(revision: Token) -> Self {
        Self { revision, inserted: 0, deleted: 0, changes: Vec::new(), added: Vec::new() }
    }

    /// These changes, as they are in the log.
    pub(super) fn new(revision: Token, changes: &[Change]) -> Self {
        let mut by_relation: BTreeMap<&str, RelationChange> = BTreeMap::new();
        let mut written = Self::nothing(revision);
        for Change { sign, mark, fact } in changes {
            let relation = by_relation.entry(&fact.relation).or_default();
            let (total, reasons) = match sign {
                Sign::Insert => (&mut written.inserted, &mut relation.inserted),
                Sign::Delete => (&mut written.deleted, &mut relation.deleted),
            };
            *total += 1;
            *reasons.of(*mark) += 1;
            if *mark == Mark::Added {
                written.added.push(raw_fact(fact));
            }
        }
        let named =
            |(relation, change): (&str, RelationChange)| RelationChange { relation: relation.to_owned(), ..change };
        written.changes = by_relation.into_iter().map(named).collect();
        written
    }
}

impl Reasons {
    fn of(&mut self, mark: Mark) -> &mut u64 {
        match mark {
            Mark::Asked => &mut self.asked,
            Mark::Completed => &mut self.completed,
            Mark::Added => &mut self.added,
        }
    }
}
