//! Why not, as data: the ways to what was asked for, how far each goes, and what would open it.

use crate::model::fact::Fact;

/// Why something doesn't hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// The ways that lead there, those first that the fewest facts would open, then those that go farthest; at most twenty.
    pub ways: Vec<ClosedWay>,
    /// How many there are in all. None at all: no rule gives it between such a subject and such an object.
    pub n_ways: usize,
}

/// A way that isn't open: rules, and what must hold for them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedWay {
    /// The places of its rules, `file:line`: the one that gives what was asked for, then those that it rests on.
    pub rules: Vec<String>,
    /// What must hold, with the values for which most of it does.
    pub parts: Vec<Part>,
    /// The fewest facts that would open it, as far as some were found: each was tried on a copy of the data, with all that a
    /// write brings with it, and what was asked for held there. The smallest first.
    pub openings: Vec<Opening>,
}

/// A part of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// A literal in the language's notation; `_` is any value.
    pub says: String,
    /// Its place, `file:line`.
    pub place: String,
    /// Whether it holds, together with all others that do.
    pub holds: bool,
}

/// Facts to write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// Those to insert. One of a relation with `->` takes the place of another.
    pub insert: Vec<Fact>,
    /// Those to delete.
    pub delete: Vec<Fact>,
    /// Of how many such openings this is the first: they differ in the objects that they name.
    pub choices: usize,
}

impl Opening {
    /// How many facts it has.
    pub fn size(&self) -> usize {
        self.insert.len() + self.delete.len()
    }
}

impl Part {
    /// Whether a part is missing.
    pub fn is_missing(&self) -> bool {
        !self.holds
    }
}
