//! The complete check of a tenant on disk: its log from the first entry on, and what is stored against what it wrote.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object};
use crate::store::chain::{Chain, Link, unreadable};
use crate::store::digest::{Digest, print_of};
use crate::store::disk::Space;
use crate::store::entry::{Head, PolicyHash, Sign, TenantId, life_of};
use crate::store::error::StoreError;
use crate::store::format::open_entry;
use crate::store::keys::{FactReader, decode_object_key, put_fact};
use crate::store::limits::written;
use crate::store::moment::{Moment, read_fact};
use crate::store::reader::decode_object;
use crate::store::replay::Replay;

/// How many faults are told in words.
pub const MAX_TOLD: usize = 20;

/// What was found of a tenant.
#[derive(Debug)]
pub struct Audit {
    /// Where its log ends.
    pub head: Head,
    /// How many entries were walked.
    pub entries: u64,
    /// What is wrong with the log: its chain ends there, and nothing was held against what comes after.
    pub log: Faults,
    /// How many stored facts were held against the log, facts of life left out.
    pub facts: u64,
    /// How many objects were, dead ones too.
    pub objects: u64,
    /// Where what is stored isn't what the log wrote.
    pub store: Faults,
    /// What is stored, to hold something else against it.
    pub stored: Stored,
}

/// What is wrong: the first ones in words, and how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// At most [`MAX_TOLD`]: lower case, no full stop.
    pub first: Vec<String>,
    /// All of them.
    pub count: u64,
}

impl Faults {
    /// Counts a fault, and puts it in words while few were.
    pub fn add(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_TOLD {
            self.first.push(words());
        }
    }
}

/// What is stored of a tenant, without its texts.
#[derive(Debug, Default)]
pub struct Stored {
    facts: HashSet<u128, FixedState>,
    alive: HashMap<Name, HashSet<u128, FixedState>>,
}

impl Stored {
    /// Whether a fact is stored that isn't one of life.
    pub fn contains(&self, fact: &Fact) -> bool {
        let mut bytes = Vec::new();
        put_fact(&mut bytes, fact);
        self.facts.contains(&print_of(&bytes))
    }

    /// Whether an object is stored as alive.
    pub fn is_alive(&self, object: &Object) -> bool {
        self.alive.get(&object.kind).is_some_and(|ids| ids.contains(&print_of(object.id.as_bytes())))
    }

    /// How many facts are stored, those of life included.
    pub fn count(&self) -> u64 {
        (self.facts.len() + self.alive.values().map(HashSet::len).sum::<usize>()) as u64
    }
}

/// Walks a tenant's log from its first entry on, each entry checked against the one before and against what it can change;
/// then holds every stored object and fact against what the log left, and the head against all of it.
///
/// `stated` tells which facts of life a policy states, in the order in which an activation gives their objects ordinals, or
/// why it can't tell.
///
/// # Errors
/// `unknown-tenant`, `store-io`. Damage is what is found, and no error.
pub(super) fn audit(
    moment: &Moment<'_>,
    tenant: TenantId,
    stated: &mut dyn FnMut(PolicyHash) -> Result<Vec<Fact>, String>,
) -> Result<Audit, StoreError> {
    let head = moment.head(tenant)?;
    let (log, store, stored) = (Faults::default(), Faults::default(), Stored::default());
    let mut audit = Audit { head, entries: 0, log, facts: 0, objects: 0, store, stored };
    let mut replay = Replay::default();
    for entry in Chain::beside_a_load(&moment.view, tenant, Link::START, head.link()) {
        let followed = entry.and_then(|entry| replay.follow(tenant, &entry, stated, &mut audit.log));
        match followed {
            Ok(()) => audit.entries += 1,
            Err(error @ StoreError::Io { .. }) => return Err(error),
            Err(error) => {
                // What is stored can't be held against a log that isn't known.
                audit.log.add(|| error.message());
                return Ok(audit);
            }
        }
    }
    if replay.policy != Some(head.policy) {
        audit.log.add(|| "the head names another policy than the last activation".to_owned());
    }
    let mut digest = Digest::default();
    audit.walk_objects(moment, tenant, &replay, &mut digest)?;
    audit.walk_facts(moment, tenant, &mut replay, &mut digest)?;
    if !replay.facts.is_empty() {
        audit.tell_missing(moment, tenant, &replay)?;
    }
    if (audit.facts, audit.objects, digest.0) != (head.facts, head.objects, head.digest) && audit.store.count == 0 {
        audit.store.add(|| "the head's counts and digest aren't those of what is stored".to_owned());
    }
    Ok(audit)
}

impl Audit {
    fn walk_objects(
        &mut self,
        moment: &Moment<'_>,
        tenant: TenantId,
        replay: &Replay,
        digest: &mut Digest,
    ) -> Result<(), StoreError> {
        let mut seen: HashMap<Name, usize> = HashMap::new();
        for row in moment.rows(tenant, Space::Objects)? {
            let (key, value) = row?;
            digest.add(Space::Objects, &key, &value);
            self.objects += 1;
            let (Some((kind, ordinal)), Some((is_alive, id))) = (decode_object_key(&key), decode_object(&value)) else {
                self.store.add(|| "a stored object can't be read".to_owned());
                continue;
            };
            let kind = Name::from(kind);
            let print = print_of(id.as_bytes());
            let given = replay.kinds.get(&kind).and_then(|known| known.given.get(ordinal as usize));
            let state = |is_alive: bool| if is_alive { "alive" } else { "dead" };
            match given {
                None => self.store.add(|| format!("`{kind}:{id}` is stored, and the log never wrote it")),
                Some((other, _)) if *other != print => {
                    self.store.add(|| format!("`{kind}:{id}` is stored in the place of another object"));
                }
                Some((_, alive)) if *alive != is_alive => {
                    let (stored, right) = (state(is_alive), state(*alive));
                    self.store.add(|| format!("`{kind}:{id}` is stored as {stored}, and is {right} by the log"));
                }
                Some(_) => {}
            }
            *seen.entry(kind.clone()).or_default() += usize::from(given.is_some());
            if is_alive {
                self.stored.alive.entry(kind).or_default().insert(print);
            }
        }
        for (kind, known) in &replay.kinds {
            let n_missing = known.given.len() - seen.get(kind).copied().unwrap_or(0).min(known.given.len());
            if n_missing > 0 {
                self.store.add(|| format!("{n_missing} objects of type `{kind}` aren't stored"));
            }
        }
        Ok(())
    }

    /// What is found is taken out of `replay`: what stays there is missing.
    fn walk_facts(
        &mut self,
        moment: &Moment<'_>,
        tenant: TenantId,
        replay: &mut Replay,
        digest: &mut Digest,
    ) -> Result<(), StoreError> {
        let mut reader = FactReader::default();
        for row in moment.rows(tenant, Space::Facts)? {
            let (key, value) = row?;
            digest.add(Space::Facts, &key, &value);
            self.facts += 1;
            let print = print_of(key.get(size_of::<TenantId>()..).unwrap_or_default());
            let mut words = |what: &str| match read_fact(&mut reader, &key) {
                Some(fact) => format!("`{}` {what}", written(&fact)),
                None => "a stored fact can't be read".to_owned(),
            };
            match replay.facts.remove(&print) {
                None => self.store.add(|| words("is stored, and isn't by the log")),
                Some(Revision(revision)) if *value != revision.to_be_bytes() => {
                    self.store
                        .add(|| words(&format!("is stored with another revision than {revision}, which wrote it")));
                }
                Some(_) => {}
            }
            self.stored.facts.insert(print);
        }
        Ok(())
    }

    /// Names the facts that are missing, in the order in which the log wrote them: only it still has their texts.
    fn tell_missing(&mut self, moment: &Moment<'_>, tenant: TenantId, replay: &Replay) -> Result<(), StoreError> {
        for entry in Chain::beside_a_load(&moment.view, tenant, Link::START, self.head.link()) {
            let entry = entry?;
            let no_entry = |why| unreadable(tenant, entry.revision, why);
            let (_, changes) = open_entry(&entry.bytes).map_err(no_entry)?;
            for change in changes.into_iter().flatten() {
                let (change, bytes) = change.map_err(no_entry)?;
                if change.sign == Sign::Insert
                    && life_of(&change.fact).is_none()
                    && replay.facts.get(&print_of(bytes)) == Some(&entry.revision)
                {
                    let revision = entry.revision.0;
                    self.store
                        .add(|| format!("`{}` isn't stored, and revision {revision} wrote it", written(&change.fact)));
                }
            }
        }
        Ok(())
    }
}
