//! Names → what they stand for: predicates, constants, types, in one atom or body at a time.

use std::collections::HashMap;

use crate::language::span::Span;
use crate::language::syntax::{self, LiteralKind, TermKind};
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Atom, Literal, Origin, PredicateId, Term, VariableId};
use crate::policy::columns::unknown_type;
use crate::policy::misfit::short;
use crate::policy::report::{Problem, Report, error};
use crate::policy::schema::{PERMISSION, Predicate, Schema, TypeKind};
use crate::policy::suggest::did_you_mean;

/// The variables of one statement, in the order of their first mention.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) variables: Vec<Name>,
    by_name: HashMap<String, VariableId>,
}

/// Which statement a body belongs to: they differ in the signs that they may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A rule.
    Rule,
    /// A `deny`.
    Deny,
    /// A `guard` or an effect: `+p` and `-p` read the change.
    Change,
}

impl Scope {
    /// The variable of this name, made at its first mention.
    pub(super) fn variable(&mut self, name: &str) -> VariableId {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let id = VariableId(self.variables.len() as u16);
        self.variables.push(name.into());
        self.by_name.insert(name.to_owned(), id);
        id
    }
}

/// Resolves a body. `None` if some part of it can't be, which is reported; all of it is read in any case.
pub(super) fn body(
    literals: &[syntax::Literal],
    place: Place,
    schema: &Schema,
    scope: &mut Scope,
    report: &mut Report,
) -> Option<Vec<Literal>> {
    let resolved: Vec<_> = literals.iter().map(|entry| literal(entry, place, schema, scope, report)).collect();
    resolved.into_iter().collect()
}

fn literal(
    literal: &syntax::Literal,
    place: Place,
    schema: &Schema,
    scope: &mut Scope,
    report: &mut Report,
) -> Option<Literal> {
    match &literal.kind {
        LiteralKind::Atom { negated, sign, atom: written } => {
            let resolved = atom(written, schema, scope, report);
            if sign.is_some() && place != Place::Change {
                let message = match place {
                    Place::Deny => "a deny speaks of the state after a change, so it holds no `+` or `-`",
                    _ => "a rule speaks of one state, so it holds no `+` or `-`",
                };
                let help = "Only guards and effects read the change; take the sign away.";
                report.add(error("sign-not-allowed", literal.span, message).help(help));
                return None;
            }
            let resolved = resolved?;
            if sign.is_some() && schema.predicate(resolved.predicate)?.origin != Origin::Stored {
                let message = format!("`{}` is not stored, so no change holds it", written.name.node);
                let help = "A sign stands before relations and types; ask the state without it.";
                report.add(error("sign-not-allowed", literal.span, message).help(help));
                return None;
            }
            Some(Literal::Atom { negated: *negated, sign: *sign, atom: Atom { span: literal.span, ..resolved } })
        }
        LiteralKind::Comparison { operator, left, right } => {
            let mut side = |term: &syntax::Term| {
                if term.kind == TermKind::Any {
                    let message = "`_` can't be compared: it stands for no value in particular";
                    report.add(error("any-not-allowed", term.span, message).help("Name a variable."));
                    return None;
                }
                self::term(term, schema, scope, report)
            };
            let (left, right) = (side(left), side(right));
            Some(Literal::Comparison { operator: *operator, left: left?, right: right?, span: literal.span })
        }
    }
}

/// Resolves an atom: its predicate, its arity, its constants, and whether they fit the declared columns.
pub(super) fn atom(atom: &syntax::Atom, schema: &Schema, scope: &mut Scope, report: &mut Report) -> Option<Atom> {
    let terms: Vec<Option<Term>> = atom.terms.iter().map(|entry| term(entry, schema, scope, report)).collect();
    let predicate_id = predicate(&atom.name, schema, report)?;
    let predicate = schema.predicate(predicate_id)?;
    if predicate.arity != atom.terms.len() {
        let message =
            format!("`{}` has {}, here it is given {}", predicate.name, columns(predicate.arity), atom.terms.len());
        let mut problem = error("wrong-arity", atom.span, message);
        if predicate.span != Span::default() {
            problem = problem.related(predicate.span, "it gets its columns here");
        }
        let help = signature_words(predicate).map(|words| format!("Its form is `{words}`."));
        report.add(problem.help("Use `_` for a column that doesn't matter.").maybe_help(help));
        return None;
    }
    let terms: Vec<Term> = terms.into_iter().collect::<Option<_>>()?;
    let fitted: Vec<Option<Term>> = terms
        .into_iter()
        .zip(&atom.terms)
        .enumerate()
        .map(|(idx, (term, written))| fit(term, written, idx, predicate, report))
        .collect();
    Some(Atom { predicate: predicate_id, terms: fitted.into_iter().collect::<Option<_>>()?, span: atom.span })
}

/// "1 column", "2 columns".
pub(super) fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

/// The predicate of a name, or a report that there is none.
fn predicate(name: &syntax::Ident, schema: &Schema, report: &mut Report) -> Option<PredicateId> {
    let found = schema.predicate_named(&name.node);
    if found.is_none() {
        let known = schema.predicates.iter().map(|known| &*known.name);
        let shown = short(&name.node);
        let problem = error("unknown-predicate", name.span, format!("there is no relation, type or rule `{shown}`"))
            .help(format!("Declare it (`relation {shown}(…).`) or give it a rule (`{shown}(…) :- ….`)."))
            .maybe_help(did_you_mean(&name.node, known));
        report.add(problem);
    }
    found
}

/// Resolves a term.
fn term(term: &syntax::Term, schema: &Schema, scope: &mut Scope, report: &mut Report) -> Option<Term> {
    Some(match &term.kind {
        TermKind::Variable(name) => Term::Variable(scope.variable(name)),
        TermKind::Any => Term::Any,
        TermKind::VariableSet(name, relation) => {
            let variable = scope.variable(name);
            Term::SetOf(variable, set_relation(relation, term.span, schema, report)?)
        }
        TermKind::Name(name) => match schema.constants.get(name.as_str()) {
            Some(constant) => Term::Value(Value::Constant(constant.clone())),
            None => {
                report.add(unknown_constant(name, term.span, schema));
                return None;
            }
        },
        TermKind::Object(kind, id) => Term::Value(Value::Object(object(kind, id, term.span, schema, report)?)),
        TermKind::ObjectSet(kind, id, relation) => {
            let object = object(kind, id, term.span, schema, report);
            Term::Value(Value::Set(object?, set_relation(relation, term.span, schema, report)?))
        }
        TermKind::Everyone(kind) => Term::Value(Value::Everyone(object_type(kind, None, term.span, schema, report)?)),
        TermKind::Text(text) => Term::Value(Value::Text(text.as_str().into())),
        TermKind::Integer(integer) => Term::Value(Value::Integer(*integer)),
    })
}

fn object(kind: &str, id: &str, span: Span, schema: &Schema, report: &mut Report) -> Option<Object> {
    Some(Object { kind: object_type(kind, Some(id), span, schema, report)?, id: id.into() })
}

/// A type that has objects of its own, or a report of what it is instead.
fn object_type(kind: &str, id: Option<&str>, span: Span, schema: &Schema, report: &mut Report) -> Option<Name> {
    let problem = match schema.type_named(kind) {
        None => unknown_type(kind, span, schema),
        Some(found) if found.is_abstract() => abstract_type(kind, &found.concrete, span),
        Some(found) if matches!(found.kind, TypeKind::Enumeration(_)) => {
            let constant = id.filter(|id| schema.constants.get(*id).is_some_and(|constant| *constant.kind == *kind));
            let message = format!("the constants of `{kind}` are written without their type");
            error("constant-as-object", span, message)
                .help(format!("Write one of the constants of `{kind}`."))
                .maybe_help(constant.map(|id| format!("Write `{id}`.")))
        }
        Some(found) => return Some(found.name.clone()),
    };
    report.add(problem);
    None
}

/// That a type has no objects of its own.
pub(super) fn abstract_type(kind: &str, concrete: &[Name], span: Span) -> Problem {
    let listed: Vec<String> = concrete.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("`{kind}` has no objects of its own: other types are it");
    error("abstract-type", span, message).help(format!("Name the type itself: {}.", listed.join(", ")))
}

fn set_relation(relation: &str, span: Span, schema: &Schema, report: &mut Report) -> Option<Name> {
    if let Some(found) = schema.predicate_named(relation).and_then(|id| schema.predicate(id)) {
        return Some(found.name.clone());
    }
    let known = schema.predicates.iter().map(|known| &*known.name);
    let problem = error("unknown-predicate", span, format!("there is no relation `{}`", short(relation)))
        .help("A set is written with the relation that holds its members.")
        .maybe_help(did_you_mean(relation, known));
    report.add(problem);
    None
}

/// That a bare name is no constant.
fn unknown_constant(name: &str, span: Span, schema: &Schema) -> Problem {
    let known = schema.constants.keys().map(|known| &**known);
    let message = format!("there is no constant or permission `{name}`");
    error("unknown-constant", span, message)
        .help("A variable begins with a capital letter, an object is written `type:id`, text stands in quotes.")
        .maybe_help(did_you_mean(name, known))
}

/// Holds a term against the declared columns of its predicate; a text in a column of times becomes a time.
fn fit(term: Term, written: &syntax::Term, column: usize, predicate: &Predicate, report: &mut Report) -> Option<Term> {
    let kinds = declared_kinds(predicate, column);
    if kinds.is_empty() {
        return Some(term);
    }
    let fits = match &term {
        Term::Variable(_) | Term::Any => true,
        Term::SetOf(_, relation) => {
            kinds.iter().any(|kind| matches!(kind, ColumnType::Set(_, declared) if declared == relation))
        }
        Term::Value(Value::Text(text)) if kinds.contains(&ColumnType::Time) => {
            return match text.parse() {
                Ok(time) => Some(Term::Value(Value::Time(time))),
                Err(_) => {
                    report.add(malformed_time(text, written.span));
                    None
                }
            };
        }
        Term::Value(value) => kinds.contains(&value.column_type()),
    };
    if fits {
        return Some(term);
    }
    let came = match &term {
        Term::SetOf(_, relation) => format!("a set of `{relation}`"),
        Term::Value(value) => format!("`{}`", value.column_type()),
        Term::Variable(_) | Term::Any => String::new(),
    };
    let message = format!("column {} of `{}` holds {}, not {came}", column + 1, predicate.name, list(&kinds));
    let mut problem = error("wrong-type", written.span, message);
    if predicate.span != Span::default() {
        problem = problem.related(predicate.span, "its columns are declared here");
    }
    let help = match &term {
        Term::Value(Value::Text(_)) => {
            "Only text stands in quotes: write an object as `type:id`, a constant by its name."
        }
        _ => "Use a value of that type, or let the relation hold this one too.",
    };
    report.add(problem.help(help));
    None
}

/// That a text is no instant.
pub(super) fn malformed_time(text: &str, span: Span) -> Problem {
    error("malformed-time", span, format!("`{text}` is no time"))
        .help("Write date, time and offset, like `\"2026-07-01T00:00:00Z\"`.")
}

/// What the declarations of a predicate let a column hold; nothing if rules decide it.
pub(super) fn declared_kinds(predicate: &Predicate, column: usize) -> Vec<ColumnType> {
    let is_permission = matches!((&*predicate.name, column), ("can" | "oblige", 1) | ("on", 0));
    if is_permission {
        return vec![ColumnType::Object(PERMISSION.into())];
    }
    let mut kinds: Vec<ColumnType> =
        predicate.declared.iter().filter_map(|declared| declared.get(column)).flatten().cloned().collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// "`user`, `team` or `role`".
pub(super) fn list(kinds: &[ColumnType]) -> String {
    let words: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The form of a predicate: `owner(sequence | list) -> user`.
pub(super) fn signature_words(predicate: &Predicate) -> Option<String> {
    let declared = predicate.declared.first()?;
    let column = |kinds: &Vec<ColumnType>| {
        let words: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        words.join(" | ")
    };
    let words: Vec<String> = declared.iter().map(column).collect();
    let key = usize::from(predicate.key.unwrap_or(words.len() as u8));
    let (keys, value) = words.split_at_checked(key)?;
    let arrow = value.first().map(|value| format!(" -> {value}")).unwrap_or_default();
    Some(format!("{}({}){arrow}", predicate.name, keys.join(", ")))
}
