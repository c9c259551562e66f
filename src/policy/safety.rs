//! Safety: every variable stands in a positive literal, so every question has finitely many answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::language::syntax::{self, LiteralKind, TermKind};
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::{Literal, Origin, Term, VariableId};
use crate::policy::report::{Report, error};
use crate::policy::resolve::declared_kinds;
use crate::policy::schema::Schema;

/// A statement as safety sees it: both what was written and what it means.
pub(super) struct Statement<'a> {
    pub(super) body: &'a [Literal],
    pub(super) variables: &'a [Name],
    /// Atoms outside the body: a head, the changes of a guard.
    pub(super) outside: Vec<&'a syntax::Atom>,
    pub(super) written: &'a [syntax::Literal],
    /// Variables that are bound from outside: a guard's actor, the variables of its changes.
    pub(super) given: BTreeSet<VariableId>,
}

/// Reports each variable that no positive literal binds. Returns whether there is none.
pub(super) fn check(statement: &Statement<'_>, schema: &Schema, report: &mut Report) -> bool {
    let bound = bound(statement, schema);
    let mut is_safe = true;
    for (idx, name) in statement.variables.iter().enumerate() {
        if bound.contains(&VariableId(idx as u16)) {
            continue;
        }
        is_safe = false;
        let Mention { span, kinds, is_length, is_asked } = mention(name, statement, schema);
        let message = format!("nothing binds `{name}`: it stands in no positive literal");
        let help = match (is_length, literal_for(&kinds, schema)) {
            (true, _) => {
                format!("Add a literal that holds `{name}`, such as `name(_, {name})`: `length` needs its text.")
            }
            (false, Some(kind)) => {
                format!("Add a literal that binds it, such as `{kind}({name})`.")
            }
            (false, None) if is_asked => {
                format!("Add a literal that holds `{name}`, or write `_` if any value will do.")
            }
            (false, None) => format!("Add a literal that holds `{name}`."),
        };
        report.add(error("unbound-variable", span, message).help(help));
    }
    is_safe
}

/// The variables that positive literals bind; the length of a text is bound once the text is.
fn bound(statement: &Statement<'_>, schema: &Schema) -> BTreeSet<VariableId> {
    let mut bound = statement.given.clone();
    let mut lengths: Vec<(&Term, &Term)> = Vec::new();
    for literal in statement.body {
        let Literal::Atom { negated: false, atom, .. } = literal else {
            continue;
        };
        let is_length = schema.predicate(atom.predicate).is_some_and(|predicate| predicate.origin == Origin::Length);
        if let (true, [text, number]) = (is_length, atom.terms.as_slice()) {
            lengths.push((text, number));
            continue;
        }
        for term in &atom.terms {
            if let Term::Variable(variable) | Term::SetOf(variable, _) = term {
                bound.insert(*variable);
            }
        }
    }
    for (text, number) in lengths {
        let is_known = match text {
            Term::Variable(variable) => bound.contains(variable),
            Term::Value(_) => true,
            Term::Any | Term::SetOf(..) => false,
        };
        // INVARIANT: lengths are integers and no text is, so one length never binds the text of another.
        if let (true, Term::Variable(variable)) = (is_known, number) {
            bound.insert(*variable);
        }
    }
    bound
}

/// Where a variable is first mentioned, and what the columns hold in which it stands.
struct Mention {
    span: Span,
    kinds: BTreeMap<ColumnType, usize>,
    is_length: bool,
    /// Whether it stands in literals of the body alone.
    is_asked: bool,
}

fn mention(name: &str, statement: &Statement<'_>, schema: &Schema) -> Mention {
    let mut found = Mention { span: Span::default(), kinds: BTreeMap::new(), is_length: false, is_asked: true };
    let mut first: Option<Span> = None;
    let is_it = |term: &syntax::Term| matches!(&term.kind, TermKind::Variable(other) | TermKind::VariableSet(other, _) if other == name);
    let in_body = statement.written.iter().filter_map(|literal| match &literal.kind {
        LiteralKind::Atom { atom, .. } => Some(atom),
        LiteralKind::Comparison { .. } => None,
    });
    found.is_asked = !statement.outside.iter().flat_map(|atom| &atom.terms).any(is_it);
    for atom in statement.outside.iter().copied().chain(in_body) {
        for (column, term) in atom.terms.iter().enumerate().filter(|(_, term)| is_it(term)) {
            first.get_or_insert(term.span);
            found.is_length |= atom.name.node == "length" && column == 0;
            let predicate = schema.predicate_named(&atom.name.node).and_then(|id| schema.predicate(id));
            for kind in predicate.map(|predicate| declared_kinds(predicate, column)).unwrap_or_default() {
                *found.kinds.entry(kind).or_default() += 1;
            }
        }
    }
    for literal in statement.written {
        if let LiteralKind::Comparison { left, right, .. } = &literal.kind {
            found.is_asked &= !is_it(left) && !is_it(right);
            first = first.or([left, right].into_iter().find(|term| is_it(term)).map(|term| term.span));
        }
    }
    found.span = first.unwrap_or_default();
    found
}

/// The narrowest type that has all of these kinds.
fn literal_for<'s>(kinds: &BTreeMap<ColumnType, usize>, schema: &'s Schema) -> Option<&'s Name> {
    let objects: Option<BTreeSet<&Name>> = kinds
        .keys()
        .map(|kind| match kind {
            ColumnType::Object(name) => Some(name),
            _ => None,
        })
        .collect();
    let objects = objects.filter(|objects| !objects.is_empty())?;
    let has_all = |entry: &&crate::policy::schema::Type| objects.iter().all(|name| entry.concrete.contains(name));
    schema.types.iter().filter(has_all).min_by_key(|entry| entry.concrete.len()).map(|entry| &entry.name)
}
