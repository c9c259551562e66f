//! What the doors ask the engine, and what it answers: plain text and numbers, nothing resolved.

use std::collections::BTreeMap;

use crate::engine::error::Error;
use crate::engine::token::Token;
use crate::model::fact::RawFact;
use crate::model::value::Raw;

/// Facts that come with a question, by relation; an empty list means "came, none". `now` may be given.
pub type Context = BTreeMap<String, Vec<Vec<Raw>>>;

/// "May the subject do it to the object?"
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// `user:ana`, `team:eng#member`, `user:*`.
    pub subject: String,
    /// `sequence.view`.
    pub permission: String,
    /// `sequence:42`.
    pub object: String,
    /// Contextual facts.
    pub context: Context,
    /// A token: the answer must be at least as fresh.
    pub at: Option<String>,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Allow or deny.
    pub allowed: bool,
    /// What an allow obliges its asker to, sorted, each once; a deny carries none.
    pub obligations: Vec<Raw>,
    /// The revision it was computed at, as a token.
    pub revision: Token,
}

/// The answers to a batch, in its order, all at one revision.
#[derive(Debug)]
pub struct Decisions {
    /// One for each check.
    pub results: Vec<Result<bool, Error>>,
    /// The obligations of those allows that carry some, by the position of the check: sorted, each once.
    pub obligations: BTreeMap<usize, Vec<Raw>>,
    /// The revision they were computed at, as a token.
    pub revision: Token,
}

/// "To which objects of a type may the subject do it?"
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjects {
    /// `user:ana`.
    pub subject: String,
    /// `sequence.view`.
    pub permission: String,
    /// The concrete type of the objects: `sequence`.
    pub kind: String,
    /// Contextual facts.
    pub context: Context,
    /// A token: the answer must be at least as fresh.
    pub at: Option<String>,
}

/// "Which subjects of a type may do it to the object?"
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListSubjects {
    /// The subjects' type: `user`, `team#member`, `user:*`.
    pub kind: String,
    /// `sequence.view`.
    pub permission: String,
    /// `sequence:42`.
    pub object: String,
    /// Contextual facts.
    pub context: Context,
    /// A token: the answer must be at least as fresh.
    pub at: Option<String>,
}

/// "Which permissions does the subject have on the object?"
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPermissions {
    /// `user:ana`.
    pub subject: String,
    /// `sequence:42`.
    pub object: String,
    /// Contextual facts.
    pub context: Context,
    /// A token: the answer must be at least as fresh.
    pub at: Option<String>,
}

/// "Which values make this goal true?"
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// In the language's notation: `teammate(user:ana, X)`.
    pub goal: String,
    /// Contextual facts.
    pub context: Context,
    /// A token: the answer must be at least as fresh.
    pub at: Option<String>,
}

/// Which part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most so many; none is all of them.
    pub limit: Option<usize>,
    /// Where the page before ended: its cursor.
    pub after: Option<String>,
}

/// A page of a listing: complete up to its cursor, in order of creation, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whole ids (`sequence:42`), or permissions by name.
    pub items: Vec<String>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
    /// Whether the data has changed since the page before: rows may have come or gone around the cursor.
    pub moved: bool,
    /// The revision it was computed at, as a token.
    pub revision: Token,
}

/// An exact total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// So many.
    pub count: u64,
    /// The revision it was computed at, as a token.
    pub revision: Token,
}

/// A page of the answers to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The goal's variables, in the order of their first mention.
    pub variables: Vec<String>,
    /// One value for each variable. A goal without variables has one empty row if it holds, none if not.
    pub rows: Vec<Vec<Raw>>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
    /// Whether the data has changed since the page before.
    pub moved: bool,
    /// The revision it was computed at, as a token.
    pub revision: Token,
}

/// One transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// Facts that shall hold.
    pub insert: Vec<RawFact>,
    /// Facts that shall not. A type's fact deletes the object, with every fact that mentions it.
    pub delete: Vec<RawFact>,
    /// Who writes, `user:ana`: guards judge it. Without an actor no guard is asked.
    pub actor: Option<String>,
    /// Request rules in the language's notation: `+role_of(U, X, role:lead) :- role_of(U, X, role:jr).` Their bodies read the
    /// state before.
    pub rules: Option<String>,
    /// Facts that must hold before, or nothing is written.
    pub require: Vec<RawFact>,
    /// Facts that must not hold before, or nothing is written.
    pub forbid: Vec<RawFact>,
    /// The token that the head must be at, or nothing is written.
    pub expect_revision: Option<String>,
    /// By which a second try is known for 24 hours: the same write answers what the first one did, another one is an error.
    pub idempotency_key: Option<String>,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The revision after it, as a token; the same as before when nothing changed.
    pub revision: Token,
    /// Facts that were not there before, those that completed it included.
    pub inserted: u64,
    /// Facts that are no longer there.
    pub deleted: u64,
    /// The same by relation and by what brought it about, in the order of the names; empty of a load past the journal.
    pub changes: Vec<RelationChange>,
    /// The facts that effects added.
    pub added: Vec<RawFact>,
}

/// How many facts of a relation came and went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationChange {
    /// The relation or the type.
    pub relation: String,
    /// What came.
    pub inserted: Reasons,
    /// What went.
    pub deleted: Reasons,
}

/// Facts by what brought their change about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons {
    /// The request named it.
    pub asked: u64,
    /// It completes what was asked: objects come alive, a deleted object's facts go, a replaced value goes.
    pub completed: u64,
    /// An effect added it.
    pub added: u64,
}

/// A policy as files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyText {
    /// The name of the main file.
    pub main: String,
    /// Name and text of the files. An `include` looks here first, then among the shipped packs.
    pub files: BTreeMap<String, String>,
}

/// What an activation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activated {
    /// The policy's content hash.
    pub hash: String,
    /// The revision after it, as a token; the same as before when this policy was active already.
    pub revision: Token,
    /// Lints, rendered for a terminal without colour.
    pub warnings: Vec<String>,
}

/// The active policy of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePolicy {
    /// Its content hash.
    pub hash: String,
    /// Its texts, all includes resolved.
    pub text: PolicyText,
    /// The revision at which it is active, as a token.
    pub revision: Token,
}
