//! What the log holds and what a commit brings: entries, changes, births, policies by hash.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object, Value};
use crate::store::receipt::Receipt;

/// The number of a tenant in its store, given at its first commit and never again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub u32);

/// The hash of a log entry's bytes, which hold the hash of the entry before: it stands for the whole log up to there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntryHash(pub [u8; 32]);

/// The content hash of a policy's texts: its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyHash(pub [u8; 32]);

/// One entry of a tenant's log, as it was read: its place and what it records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the state after it.
    pub revision: Revision,
    /// The hash of the entry before; zeros before the first.
    pub previous: EntryHash,
    /// The policy that is active after it.
    pub policy: PolicyHash,
    /// What it records.
    pub record: Record,
}

/// What one entry records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was decided, by the engine's clock.
    pub time: Timestamp,
    /// Who wrote, if anyone was named.
    pub actor: Option<Name>,
    /// The caller's key, by which a second try is known.
    pub idempotency_key: Option<Name>,
    /// What happened.
    pub action: Action,
}

/// What happened in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Facts came and went: the whole completed change, so that replay needs neither rules nor policy. A fact occurs
    /// once.
    Transaction(Vec<Change>),
    /// A policy became the active one.
    Activation(PolicyHash),
}

/// A fact that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it came or went.
    pub sign: Sign,
    /// Why it is in the transaction.
    pub mark: Mark,
    /// The fact.
    pub fact: Fact,
}

/// Whether a fact came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// It wasn't stored and is now.
    Insert,
    /// It was stored and isn't any more.
    Delete,
}

/// Why a change is in its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The request named it.
    Asked,
    /// It completes what was asked: objects come alive, a deleted object's facts go, a replaced value goes.
    Completed,
    /// An effect added it.
    Added,
}

/// One entry to append, and what it does to the tenant's objects.
///
/// The facts to store and to drop are those of the transaction. A fact of life — a type's fact about an object of that
/// type, `sequence(sequence:42)` — isn't kept among the facts but by the object itself, so each one that is inserted
/// needs its birth, and each one that is deleted its death. An activation may bear and end objects too: those of the
/// policy's built-in facts.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Whose log.
    pub tenant: TenantRef,
    /// The revision that the tenant must be at: 0 for a new one.
    pub expected: Revision,
    /// What the entry records.
    pub record: Record,
    /// The texts of the policy that an activation activates; may be left out if the store has them.
    pub policy: Option<PolicyTexts>,
    /// Objects that come alive, with ordinals that their type never had.
    pub births: Vec<Birth>,
    /// Objects that die. Their ordinals stay theirs.
    pub deaths: Vec<Death>,
    /// By which a second try of the write is known.
    pub receipt: Option<Receipt>,
}

/// Whose log a commit is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantRef {
    /// A tenant that the store has.
    Known(TenantId),
    /// A tenant that this commit makes, by its name.
    New(String),
    /// The tenant of this name that a commit before it in the group makes.
    Made(String),
}

/// An object that comes alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The object.
    pub object: Object,
    /// Its ordinal among the objects of its type.
    pub ordinal: u32,
}

/// An object that dies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// Its type.
    pub kind: Name,
    /// Its ordinal among the objects of its type.
    pub ordinal: u32,
}

/// Where a tenant's log ends, and what the state there adds up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last entry's number.
    pub revision: Revision,
    /// The last entry's hash.
    pub hash: EntryHash,
    /// The active policy.
    pub policy: PolicyHash,
    /// How many facts are stored, facts of life left out.
    pub facts: u64,
    /// How many objects are stored, dead ones too.
    pub objects: u64,
    /// The digest of all of them; see `digest.rs`.
    pub(crate) digest: u128,
}

/// The texts of a policy, all includes among them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PolicyTexts {
    /// The name of the main file.
    pub main: String,
    /// The files: name and text.
    pub files: BTreeMap<String, String>,
}

/// The object whose life this fact is: `sequence(sequence:42)` says that `sequence:42` is alive.
pub(super) fn life_of(fact: &Fact) -> Option<&Object> {
    match fact.values.as_slice() {
        [Value::Object(object)] if object.kind == fact.relation => Some(object),
        _ => None,
    }
}

fn hexadecimal(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&data_encoding::HEXLOWER.encode(bytes))
}

impl fmt::Display for PolicyHash {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Display for EntryHash {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}
