//! What was found, as data: facts of `user:me` who is looked at, of what is `mine`, of what is `new`, and of `other` things.

use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Name, Object, Value};

/// The escalations of a policy.
#[derive(Clone, Debug, Default)]
pub struct Escalations {
    /// What anybody may come to hold who holds nothing yet, if something.
    pub anyone: Option<Escalation>,
    /// The permissions that lead to others, in the order of the catalogue.
    pub permissions: Vec<Escalation>,
    /// What the policy names that gives permissions, and that no path leads to: sorted.
    pub out_of_reach: Vec<Object>,
}

/// What somebody who holds a permission and nothing else may come to hold.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// The permission; none for whoever holds nothing.
    pub permission: Option<Name>,
    /// The standings that give permissions which it doesn't give itself, and no other one that is reached gives more: those that
    /// need the fewest writes first.
    pub standings: Vec<Standing>,
    /// The permissions, in the order of the catalogue.
    pub gains: Vec<Gain>,
}

/// A standing: a fact that makes the subject something that the policy names, like a built-in role.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What it makes the subject.
    pub object: Object,
    /// The fact.
    pub fact: Fact,
    /// The permissions that it gives, in the order of the catalogue.
    pub gives: Vec<Name>,
    /// How it is come to.
    pub path: Path,
}

/// A permission that is gained.
#[derive(Clone, Debug)]
pub struct Gain {
    /// The permission.
    pub permission: Name,
    /// Who holds it in the end: the subject, or one that it created.
    pub holder: Value,
    /// On what.
    pub object: Object,
    /// How it is come to.
    pub path: Path,
}

/// A path: what holds in the beginning, and the writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The stored facts that it takes for granted, besides those that the policy states: those that give the permission, and
    /// others that don't give more.
    pub given: Vec<Fact>,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who writes.
    pub actor: Value,
    /// What is written in one transaction, the fact that matters last.
    pub facts: Vec<(Sign, Fact)>,
    /// Where the guard stands that lets it through, `file:line`.
    pub guard: String,
}

/// Why nothing was found out: the rules can be used in more ways than are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;
