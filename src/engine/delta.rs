//! A change as the statements of a policy see it: the facts that come and go, by variant.

use std::collections::BTreeMap;

use crate::index::snapshot::Snapshot;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::layout::StoredId;
use crate::model::value::Value;
use crate::store::entry::{self, Change};

/// The facts of a change.
#[derive(Debug, Default)]
pub(super) struct Delta<'c> {
    facts: BTreeMap<(Sign, StoredId), Vec<&'c Fact>>,
}

impl<'c> Delta<'c> {
    /// A completed change, over any snapshot of the policy's layout.
    pub(super) fn new(changes: &'c [Change], snapshot: &Snapshot) -> Self {
        let mut facts: BTreeMap<_, Vec<&Fact>> = BTreeMap::new();
        for Change { sign, fact, .. } in changes {
            // What is no fact of the layout is in no state of it.
            if let Some(stored) = snapshot.variant_of(fact) {
                facts.entry((sign_of(*sign), stored)).or_default().push(fact);
            }
        }
        Self { facts }
    }

    /// The variants of which facts come or go.
    pub(super) fn touched(&self) -> impl Iterator<Item = (Sign, StoredId)> {
        self.facts.keys().copied()
    }

    /// Whether facts of a variant come or go.
    pub(super) fn touches(&self, sign: Sign, stored: StoredId) -> bool {
        self.facts.contains_key(&(sign, stored))
    }

    /// The values of the facts of a variant that come or go.
    pub(super) fn rows(&self, sign: Sign, stored: StoredId) -> impl Iterator<Item = &'c [Value]> {
        self.facts.get(&(sign, stored)).into_iter().flatten().map(|fact| fact.values.as_slice())
    }
}

/// A sign of the log as one of the language.
pub(super) fn sign_of(sign: entry::Sign) -> Sign {
    match sign {
        entry::Sign::Insert => Sign::Plus,
        entry::Sign::Delete => Sign::Minus,
    }
}
