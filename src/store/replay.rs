//! What a tenant's log says must be stored: its entries gone through from the first on, without rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object};
use crate::store::audit::Faults;
use crate::store::chain::{RawEntry, unreadable};
use crate::store::digest::print_of;
use crate::store::entry::{Change, PolicyHash, Sign, TenantId, life_of};
use crate::store::error::StoreError;
use crate::store::format::open_entry;
use crate::store::limits::written;

/// What the entries so far have left.
///
/// A fact is held as 128 bits of the hash of its bytes, so that a tenant takes some 40 bytes a fact and not its texts.
#[derive(Default)]
pub(super) struct Replay {
    /// The facts that are stored, and the revision that wrote each.
    pub(super) facts: HashMap<u128, Revision, FixedState>,
    /// The objects of each type.
    pub(super) kinds: BTreeMap<Name, Kind>,
    /// The active policy.
    pub(super) policy: Option<PolicyHash>,
    /// The facts of life that it states.
    stated: BTreeSet<Fact>,
}

/// The objects of a type.
#[derive(Default)]
pub(super) struct Kind {
    /// By ordinal: the print of its id, and whether it is alive.
    pub(super) given: Vec<(u128, bool)>,
    /// The ordinals of those alive.
    alive: HashMap<u128, usize, FixedState>,
}

impl Kind {
    fn bear(&mut self, id: &str) -> bool {
        let print = print_of(id.as_bytes());
        let is_new = self.alive.insert(print, self.given.len()).is_none();
        self.given.push((print, true));
        is_new
    }

    fn end(&mut self, id: &str) -> bool {
        let ordinal = self.alive.remove(&print_of(id.as_bytes()));
        let given = ordinal.and_then(|ordinal| self.given.get_mut(ordinal));
        given.map(|(_, is_alive)| *is_alive = false).is_some()
    }

    fn is_alive(&self, id: &str) -> bool {
        self.alive.contains_key(&print_of(id.as_bytes()))
    }
}

impl Replay {
    /// Goes through the next entry. What can't follow on what was before is a fault.
    ///
    /// `stated` tells the facts of life that a policy states, in the order in which objects come alive by them.
    ///
    /// # Errors
    /// An entry that can't be read.
    pub(super) fn follow(
        &mut self,
        tenant: TenantId,
        entry: &RawEntry,
        stated: &mut dyn FnMut(PolicyHash) -> Result<Vec<Fact>, String>,
        faults: &mut Faults,
    ) -> Result<(), StoreError> {
        let revision = entry.revision;
        let no_entry = |why| unreadable(tenant, revision, why);
        let (policy, changes) = open_entry(&entry.bytes).map_err(no_entry)?;
        match changes {
            None => self.activate(revision, policy, stated, faults),
            Some(changes) => {
                if self.policy != Some(policy) {
                    faults.add(|| format!("revision {} names another policy than the active one", revision.0));
                }
                for change in changes {
                    let (change, bytes) = change.map_err(no_entry)?;
                    if !self.change(&change, bytes, revision) {
                        faults.add(|| impossible(revision, change.sign, &change.fact));
                    }
                }
            }
        }
        Ok(())
    }

    fn activate(
        &mut self,
        revision: Revision,
        policy: PolicyHash,
        stated: &mut dyn FnMut(PolicyHash) -> Result<Vec<Fact>, String>,
        faults: &mut Faults,
    ) {
        self.policy = Some(policy);
        let lives = stated(policy).unwrap_or_else(|why| {
            faults.add(|| format!("the policy of revision {} can't be read: {why}", revision.0));
            Vec::new()
        });
        let before = std::mem::replace(&mut self.stated, lives.iter().cloned().collect());
        for object in before.difference(&self.stated).filter_map(living) {
            if let Some(kind) = self.kinds.get_mut(&object.kind) {
                kind.end(&object.id);
            }
        }
        for object in lives.iter().filter_map(living) {
            let kind = self.kinds.entry(object.kind.clone()).or_default();
            if !kind.is_alive(&object.id) {
                kind.bear(&object.id);
            }
        }
    }

    /// Applies a change; false if it can't be.
    fn change(&mut self, change: &Change, bytes: &[u8], revision: Revision) -> bool {
        match (life_of(&change.fact), change.sign) {
            (Some(object), Sign::Insert) => self.kinds.entry(object.kind.clone()).or_default().bear(&object.id),
            (Some(object), Sign::Delete) => self.kinds.get_mut(&object.kind).is_some_and(|kind| kind.end(&object.id)),
            (None, Sign::Insert) => self.facts.insert(print_of(bytes), revision).is_none(),
            (None, Sign::Delete) => self.facts.remove(&print_of(bytes)).is_some(),
        }
    }
}

/// The object or constant of a fact of life.
fn living(fact: &Fact) -> Option<&Object> {
    fact.values.first()?.object()
}

fn impossible(revision: Revision, sign: Sign, fact: &Fact) -> String {
    let (does, but) = match sign {
        Sign::Insert => ("inserts", "was there already"),
        Sign::Delete => ("deletes", "wasn't there"),
    };
    format!("revision {} {does} `{}`, which {but}", revision.0, written(fact))
}
