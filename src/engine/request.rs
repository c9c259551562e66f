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
    /// The revision it was computed at, as a token.
    pub revision: Token,
}

/// The answers to a batch, in its order, all at one revision.
#[derive(Debug)]
pub struct Decisions {
    /// One for each check.
    pub results: Vec<Result<bool, Error>>,
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
    /// Who writes; guards judge it.
    pub actor: Option<String>,
    /// Request rules in the language's notation.
    pub rules: Option<String>,
    /// The token that the head must be at, or nothing is written.
    pub expect_revision: Option<String>,
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
    /// Whether it states denies or guards, which aren't enforced yet.
    pub states_denies_or_guards: bool,
}
