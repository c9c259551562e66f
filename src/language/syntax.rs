//! The syntax tree of a rule file: everything the author wrote, with spans, nothing resolved.
//!
//! Two trees are equal when they say the same thing in the same words: spans don't take part
//! ([`Spanned`] compares its node alone), comments do.

use crate::language::span::Span;
use crate::model::comparison::Comparison;

/// A node and where it stands. Equality and hashing look at the node alone.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// What was read.
    pub node: T,
    /// Where.
    pub span: Span,
}

/// A name (`sequence`, `sequence.view`) or a variable (`U`).
pub type Ident = Spanned<String>;

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// In the order of the text.
    pub statements: Vec<Statement>,
    /// Comments after the last statement.
    pub trailing_comments: Vec<Comment>,
}

/// A comment, without its `//` and the blank after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its text.
    pub text: String,
    /// Whether a blank line stands before it.
    pub blank_before: bool,
}

/// A statement and the comments that belong to it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whether a blank line stands before it (before its first comment, if it has any).
    pub blank_before: bool,
    /// Comments on lines of their own before it, or inside it.
    pub comments: Vec<Comment>,
    /// Whether a blank line stands between those comments and it.
    pub blank_after_comments: bool,
    /// The comment on the line where it ends.
    pub end_comment: Option<String>,
    /// What it says.
    pub kind: StatementKind,
    /// From its first token to its full stop.
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `include "roles.dl".`
    Include(Spanned<String>),
    /// `open type sequence, list is record.`
    Types {
        /// Whether its objects are created by their first mention.
        open: bool,
        /// The types, at least one.
        names: Vec<Ident>,
        /// What they are.
        supertypes: Vec<Ident>,
    },
    /// `type extent { own, teammates, all }.`
    Enumeration {
        /// The type.
        name: Ident,
        /// All of its constants, at least one.
        constants: Vec<Ident>,
    },
    /// `relation owner(record) -> user.`
    Relations(Vec<Signature>),
    /// `context ip(text).`
    Contexts(Vec<Signature>),
    /// `category "Tags" { … }`; the braces close it, a full stop after them is not written.
    Category {
        /// What an administrator reads.
        title: Spanned<String>,
        /// Permissions and categories, in the order of the text.
        statements: Vec<Statement>,
        /// Comments before the closing brace.
        trailing_comments: Vec<Comment>,
    },
    /// `permission sequence.edit on sequence scoped shares "Edit sequences".`
    Permission {
        /// The permission.
        name: Ident,
        /// The types of what it is for, at least one.
        kinds: Vec<Kind>,
        /// One-place relations of permissions that hold of it.
        words: Vec<Ident>,
        /// What an administrator reads.
        label: Spanned<String>,
        /// What it allows, in a sentence.
        description: Option<Spanned<String>>,
    },
    /// A rule, or with an empty body a fact.
    Rule {
        /// What holds.
        head: Atom,
        /// If all of this does.
        body: Vec<Literal>,
    },
    /// `+role_of(U, A, R) :- +user(U), …`
    Effect {
        /// What a write brings with it.
        head: Atom,
        /// If all of this holds.
        body: Vec<Literal>,
    },
    /// `deny "…" :- …`
    Deny {
        /// What the refused writer is told.
        message: Spanned<String>,
        /// What must not be.
        body: Vec<Literal>,
    },
    /// `guard -team(T) | name(T, _) by A :- …`
    Guard {
        /// The changes that it allows, at least one.
        changes: Vec<GuardedChange>,
        /// The variable for who writes.
        actor: Ident,
        /// If all of this holds; empty: always.
        body: Vec<Literal>,
    },
    /// `test "…" { … }`
    Test {
        /// What it shows.
        title: Spanned<String>,
        /// In the order of the text.
        steps: Vec<Step>,
        /// Comments before the closing brace.
        trailing_comments: Vec<Comment>,
    },
    /// A write outside a test: it runs before each.
    Write(Write),
}

/// `owner(record) -> user`; `name(user | team) -> text`.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The relation's name.
    pub name: Ident,
    /// The kinds of each column.
    pub columns: Vec<Vec<Kind>>,
    /// The kinds of the column that the others determine.
    pub value: Option<Vec<Kind>>,
    /// From the name to the last kind.
    pub span: Span,
}

/// One alternative of a column: `user`, `team#member`, `user:*`, `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A type, or `text`, `integer`, `time`.
    Name(Ident),
    /// `team#member`.
    Set(Ident, Ident),
    /// `user:*`.
    Everyone(Ident),
}

/// `owner(S, U)`.
#[derive(Clone, Debug)]
pub struct Atom {
    /// The predicate.
    pub name: Ident,
    /// Its terms, at least one.
    pub terms: Vec<Term>,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

/// A plus or a minus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// An insert.
    Plus,
    /// A delete.
    Minus,
}

/// `by` needs a sign or takes either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedChange {
    /// The sign; none means either.
    pub sign: Option<Sign>,
    /// The pattern.
    pub atom: Atom,
}

/// One part of a body.
#[derive(Clone, Debug)]
pub struct Literal {
    /// What it asks.
    pub kind: LiteralKind,
    /// All of it, `not` included.
    pub span: Span,
}

/// What a literal asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    /// `owner(S, U)`, `not owner(S, _)`, `+user(U)`.
    Atom {
        /// Whether `not` stands before it.
        negated: bool,
        /// None reads a state, a sign reads the change.
        sign: Option<Sign>,
        /// The pattern.
        atom: Atom,
    },
    /// `N > M`.
    Comparison {
        /// How they compare.
        operator: Comparison,
        /// On the left.
        left: Term,
        /// On the right.
        right: Term,
    },
}

/// A term.
#[derive(Clone, Debug)]
pub struct Term {
    /// What it is.
    pub kind: TermKind,
    /// Where.
    pub span: Span,
}

/// What a term is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TermKind {
    /// `U`
    Variable(String),
    /// `_`
    Any,
    /// `own`, `sequence.view`: a constant of a closed type.
    Name(String),
    /// `role:admin`, `user:"Ana | x"`: type and id.
    Object(String, String),
    /// `G#member`: the set of the group that a variable holds.
    VariableSet(String, String),
    /// `team:eng#member`: type, id, relation.
    ObjectSet(String, String, String),
    /// `user:*`
    Everyone(String),
    /// `"EU"`
    Text(String),
    /// `139`
    Integer(i64),
}

/// A transaction in the language's notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Its changes, in order; one with a body is a request rule.
    pub changes: Vec<WriteChange>,
    /// Whether it is written in braces, one statement a change.
    pub braces: bool,
}

/// `+owner(sequence:1, user:ana)`; `+role_of(U, X, role:lead) :- role_of(U, X, role:jr)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteChange {
    /// Insert or delete.
    pub sign: Sign,
    /// The fact, or the head of a request rule.
    pub atom: Atom,
    /// Empty for a fact.
    pub body: Vec<Literal>,
}

/// One step of a test.
#[derive(Clone, Debug)]
pub struct Step {
    /// Whether a blank line stands before it (before its first comment, if it has any).
    pub blank_before: bool,
    /// Comments on lines of their own before it, or inside it.
    pub comments: Vec<Comment>,
    /// Whether a blank line stands between those comments and it.
    pub blank_after_comments: bool,
    /// The comment on the line where it ends.
    pub end_comment: Option<String>,
    /// What it does.
    pub kind: StepKind,
    /// Contextual facts: `given now("2026-07-01T00:00:00Z")`.
    pub given: Vec<Atom>,
    /// From its first token to its full stop.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A write, perhaps as an actor, perhaps expected to be refused.
    Write {
        /// What is written.
        write: Write,
        /// Who writes; guards judge it.
        actor: Option<Term>,
        /// Whether it is expected to be refused; inside: words that the refusal holds.
        refused: Option<Option<Spanned<String>>>,
    },
    /// A question and what it expects.
    Expect {
        /// The question.
        body: Vec<Literal>,
        /// What its answer is.
        expected: Expected,
    },
}

/// What a question expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// That it holds.
    Holds,
    /// `= { sequence:1 }`: exactly these answers.
    Answers(Vec<Term>),
    /// `= 17`: so many answers.
    Count(u64),
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: std::hash::Hash> std::hash::Hash for Spanned<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.node.hash(state);
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.blank_before == other.blank_before
            && self.comments == other.comments
            && self.blank_after_comments == other.blank_after_comments
            && self.end_comment == other.end_comment
            && self.kind == other.kind
    }
}

impl Eq for Statement {}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.columns == other.columns && self.value == other.value
    }
}

impl Eq for Signature {}

impl PartialEq for Atom {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.terms == other.terms
    }
}

impl Eq for Atom {}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Literal {}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Term {}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.blank_before == other.blank_before
            && self.comments == other.comments
            && self.blank_after_comments == other.blank_after_comments
            && self.end_comment == other.end_comment
            && self.kind == other.kind
            && self.given == other.given
    }
}

impl Eq for Step {}
