//! A proof as data: steps that can be checked one by one by hand. How it is shown is the doors' business.

use crate::engine::token::Token;
use crate::model::comparison::Comparison;
use crate::model::fact::Fact;
use crate::model::value::{Name, Value};

/// Why something holds: the smallest proof of it.
///
/// A proof is a tree: a rule stands above one node for each literal of its body, and leaves are what needs no rule. Its size is
/// the number of its nodes, and none is smaller. What stands at several places of the tree is one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Each rests on steps before it; the last one says what was to be shown. There is at least one.
    pub steps: Vec<Step>,
    /// The nodes of the tree, each as often as it stands there.
    pub size: u64,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What holds.
    pub says: Statement,
    /// Why.
    pub because: Reason,
}

/// What a step says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// A fact holds: stored, derived, or come with the question.
    Holds(Fact),
    /// No such fact holds; none stands for any value.
    Lacks {
        /// The predicate.
        relation: Name,
        /// One for each column.
        values: Vec<Option<Value>>,
    },
    /// Two values compare so.
    Compares {
        /// The left side.
        left: Value,
        /// How.
        operator: Comparison,
        /// The right side.
        right: Value,
    },
}

/// Why a step holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is stored; the revision that wrote it, as a token.
    Written(Token),
    /// The policy states it, at this place (`file:line`).
    Stated(String),
    /// The object is alive.
    Alive,
    /// It came with the question, or is the instant at which the question was judged.
    Given,
    /// The permission is on objects of that type; where the catalogue says so.
    Catalogue(String),
    /// The text has so many characters.
    Counted,
    /// The values compare so.
    Compared,
    /// Nothing stored, stated or derived is such a fact.
    Absent,
    /// A rule gives it.
    Rule(Derivation),
}

/// One use of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// The rule's place, `file:line`.
    pub place: String,
    /// The rule, without its full stop. One of `can` shows the `on(P, X)` that the language adds.
    pub rule: String,
    /// The rule with the values put in.
    pub instance: String,
    /// Its variables and what they stand for.
    pub variables: Vec<(Name, Value)>,
    /// The numbers of the steps that its literals are, in their order.
    pub premises: Vec<usize>,
}

impl Proof {
    /// The step that says what was to be shown, and its number.
    pub fn conclusion(&self) -> Option<(usize, &Step)> {
        Some((self.steps.len().checked_sub(1)?, self.steps.last()?))
    }
}

impl std::fmt::Display for Statement {
    /// In the language's notation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Holds(fact) => write!(f, "{fact}"),
            Self::Lacks { relation, values } => {
                let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "_".to_owned(), Value::notation);
                let values: Vec<String> = values.iter().map(value).collect();
                write!(f, "not {relation}({})", values.join(", "))
            }
            Self::Compares { left, operator, right } => write!(f, "{left} {} {right}", operator.symbol()),
        }
    }
}
