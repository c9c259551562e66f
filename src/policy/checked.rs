//! The checked policy: what the rules say, with every name resolved and every rule typed.
//!
//! Two levels stand side by side. [`Rule`]s are what the author wrote, names resolved, one for each statement; their
//! values are dynamic. [`Instance`]s are the same rules on concrete column types: what the planner reads.

use std::sync::Arc;

use crate::language::span::{Source, Span};
use crate::language::syntax::Sign;
use crate::model::comparison::Comparison;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name, Value};
use crate::policy::schema::Schema;

/// The position of a predicate in [`Schema::predicates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PredicateId(pub u32);

/// The position of a variant in [`Policy::variants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariantId(pub u32);

/// A variable of one rule: the position in its `variables`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(pub u16);

/// A policy that passed every check.
#[derive(Debug)]
pub struct Policy {
    /// The texts it was read from, the main file first, then its includes in the order of first mention.
    pub sources: Vec<Source>,
    /// The content hash of the texts, 64 hexadecimal digits.
    pub hash: String,
    /// Types, predicates, permissions.
    pub schema: Schema,
    /// Facts that the texts state, and those that declarations stand for (constants and permissions are alive, `label`,
    /// words, `on <type>`), sorted, each once.
    pub built_in: Vec<Fact>,
    /// The statement that says so, of each built-in fact.
    pub stated_at: Vec<Span>,
    /// Rules of derived predicates, in the order of the text; those that declarations stand for come last.
    pub rules: Vec<Rule>,
    /// Every variant that a fact of a stored, context or derived predicate can have.
    pub variants: Vec<Variant>,
    /// Each rule on each combination of column types that its positive literals allow.
    pub instances: Vec<Instance>,
    /// `deny` statements.
    pub denies: Vec<Deny>,
    /// `guard` statements.
    pub guards: Vec<Guard>,
    /// Effects: `+` rules.
    pub effects: Vec<Rule>,
    /// Denies, guards and effects on concrete column types.
    pub cases: Cases,
}

/// The statements that judge and complete a transaction, on concrete column types: those of each statement in the order of
/// [`Policy::denies`], [`Policy::guards`] and [`Policy::effects`].
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// What no state may satisfy.
    pub denies: Vec<Vec<Case>>,
    /// What lets an actor make a change; one form of a guard after the other.
    pub guards: Vec<Vec<Case>>,
    /// What a change brings with it.
    pub effects: Vec<Vec<Case>>,
}

/// A predicate for one combination of column types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The family it belongs to.
    pub predicate: PredicateId,
    /// One for each column.
    pub columns: Box<[Column]>,
    /// Where its facts come from.
    pub origin: Origin,
    /// Its strongly connected component among the variants: what a component reads comes no later. Equal numbers read
    /// one another. `on` is left out of instances where types imply it: whoever evaluates rules by component does it first.
    pub component: u32,
    /// Whether it reads itself, directly or through others.
    pub recursive: bool,
}

/// Where the facts of a predicate come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The store, and the text.
    Stored,
    /// Rules.
    Derived,
    /// The question.
    Context,
    /// `length(T, N)`: N is the number of characters of the text T, which must be bound.
    Length,
}

/// The type of one column of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// Any value of this type. Columns of permissions are this only in stored, context and `Length` variants.
    Type(ColumnType),
    /// In a derived variant: this permission alone, which some rule names.
    Permission(Name),
    /// In a derived variant: the permissions that no rule names.
    OtherPermission,
}

/// A statement of the text with its names resolved.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it derives.
    pub head: Atom,
    /// What must hold. A `can` rule ends with the `on(P, X)` that the language adds unasked.
    pub body: Vec<Literal>,
    /// The names of its variables.
    pub variables: Vec<Name>,
    /// The statement.
    pub span: Span,
}

/// A predicate and its terms.
#[derive(Clone, Debug)]
pub struct Atom {
    /// The predicate.
    pub predicate: PredicateId,
    /// One for each column.
    pub terms: Vec<Term>,
    /// Where.
    pub span: Span,
}

/// A term of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A variable.
    Variable(VariableId),
    /// `_`: in a positive literal anything, in a negated one "no value at all". Never in a head.
    Any,
    /// A value. In a column of times a text is a [`Value::Time`] already.
    Value(Value),
    /// `G#member`.
    SetOf(VariableId, Name),
}

/// One part of a body.
#[derive(Clone, Debug)]
pub enum Literal {
    /// A predicate asked, perhaps negated; `sign` reads the change instead of the state (guards and effects only).
    Atom {
        /// Whether it has a `not`.
        negated: bool,
        /// `+` or `-`: the change instead of the state.
        sign: Option<Sign>,
        /// What is asked.
        atom: Atom,
    },
    /// A comparison. Values of different types are unequal; `<` and its kin compare integers, times, or texts (by their
    /// bytes). A text compared with a time is read as a time.
    Comparison {
        /// How.
        operator: Comparison,
        /// The left term.
        left: Term,
        /// The right term.
        right: Term,
        /// Where.
        span: Span,
    },
}

/// A rule on concrete column types.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The position of its rule in [`Policy::rules`].
    pub rule: u32,
    /// The derived variant that its head belongs to.
    pub head: VariantId,
    /// One for each column of the head, never `Any`.
    pub terms: Vec<InstanceTerm>,
    /// What must hold.
    pub body: Vec<InstanceLiteral>,
    /// The column of each variable, by [`VariableId`]. A variable whose column is one permission is replaced by it
    /// everywhere, in the head too.
    pub variables: Vec<Column>,
}

/// A deny, a guard for one of its changes, or an effect, on concrete column types.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the guard lets an actor write, or what the effect writes; none of a deny.
    pub change: Option<CaseChange>,
    /// What must hold.
    pub body: Vec<InstanceLiteral>,
    /// The column of each variable, by [`VariableId`]; none of one that only another change of the guard mentions, and of an
    /// actor whose type doesn't matter.
    pub variables: Vec<Option<Column>>,
}

/// The change that a guard or an effect speaks of.
#[derive(Clone, Debug)]
pub struct CaseChange {
    /// Whether it comes or goes; none is either.
    pub sign: Option<Sign>,
    /// What it is a fact of: a stored variant.
    pub variant: VariantId,
    /// One for each column.
    pub terms: Vec<InstanceTerm>,
}

/// A term of an instance. `G#member` in a set's column is the variable `G` itself: columns are typed, so the object names
/// the set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InstanceTerm {
    /// A variable.
    Variable(VariableId),
    /// `_`.
    Any,
    /// A value of the column's type.
    Value(Value),
}

/// One part of an instance's body.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InstanceLiteral {
    /// A fact of this variant.
    Positive {
        /// What is asked.
        variant: VariantId,
        /// One for each column.
        terms: Vec<InstanceTerm>,
        /// `+` or `-`: the change instead of the state.
        sign: Option<Sign>,
        /// Where.
        span: Span,
    },
    /// No fact of any of these variants (at least one; a literal that no variant fits holds and is left out).
    Negated {
        /// What is asked.
        variants: Vec<VariantId>,
        /// One for each column.
        terms: Vec<InstanceTerm>,
        /// `+` or `-`: the change instead of the state.
        sign: Option<Sign>,
        /// Where.
        span: Span,
    },
    /// A comparison of two values of one column type (others are decided when the instance is made).
    Comparison {
        /// How.
        operator: Comparison,
        /// The left term.
        left: InstanceTerm,
        /// The right term.
        right: InstanceTerm,
        /// The type of both.
        column: ColumnType,
        /// Where.
        span: Span,
    },
    /// The variable holds a permission that no rule names: stands for its column where stored facts bind it.
    OtherPermission(VariableId),
}

/// `deny`: no state may satisfy the body.
#[derive(Clone, Debug)]
pub struct Deny {
    /// What the writer is told.
    pub message: Arc<str>,
    /// What must not hold.
    pub body: Vec<Literal>,
    /// The names of its variables.
    pub variables: Vec<Name>,
    /// The statement.
    pub span: Span,
}

/// `guard`: an actor may make a change of one of these forms if the body holds.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The forms; no sign means either.
    pub changes: Vec<(Option<Sign>, Atom)>,
    /// Who asks.
    pub actor: VariableId,
    /// What must hold.
    pub body: Vec<Literal>,
    /// The names of its variables.
    pub variables: Vec<Name>,
    /// The statement.
    pub span: Span,
}
