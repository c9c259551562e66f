//! Declarations → the schema: types and what is what, enumerations, relations, context.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::language::syntax::{Kind, Signature};
use crate::model::value::{ColumnType, Name, Object};
use crate::policy::catalogue;
use crate::policy::checked::{Origin, PredicateId};
use crate::policy::columns;
use crate::policy::kinds;
use crate::policy::report::{Problem, Report, error};
use crate::policy::resolve;
use crate::policy::schema::{PERMISSION, Predicate, Schema};
use crate::policy::statements::Statements;
use crate::policy::suggest::did_you_mean;

/// The predicates that the language itself knows, with their columns if their facts aren't derived.
const RESERVED: &[(&str, usize, Origin)] = &[
    ("can", 3, Origin::Derived),
    ("category", 2, Origin::Stored),
    ("description", 2, Origin::Stored),
    ("label", 2, Origin::Stored),
    ("length", 2, Origin::Length),
    ("now", 1, Origin::Context),
    ("oblige", 4, Origin::Derived),
    ("on", 2, Origin::Derived),
];

/// The name of the hidden relation that holds the permissions on a type. A name that is written has no blank in it.
pub(super) fn on_relation(kind: &str) -> String {
    format!("on {kind}")
}

/// The schema, and the predicates whose declarations were refused: what is said about them is not judged.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) schema: Schema,
    pub(super) broken: BTreeSet<PredicateId>,
    /// Whether nothing was wrong with types and permissions. If something was, what goes together isn't judged.
    pub(super) types_fit: bool,
}

/// Builds the schema from every declaration of a pack.
pub(super) fn declare(statements: &Statements<'_>, report: &mut Report) -> Declared {
    let n_before = report.diagnostics.len();
    let mut schema = Schema { types: kinds::types(statements, report), ..Schema::default() };
    schema.constants = constants(statements, report);
    catalogue::declare(statements, &mut schema, report);
    let types_fit = report.diagnostics.len() == n_before;

    let mut predicates: BTreeMap<Name, Predicate> = BTreeMap::new();
    let mut broken_names: BTreeSet<Name> = BTreeSet::new();
    for (name, arity, origin) in RESERVED {
        predicates.insert((*name).into(), reserved(name, *arity, *origin));
    }
    for entry in &schema.types {
        let columns = entry.concrete.iter().map(|name| ColumnType::Object(name.clone())).collect();
        let predicate = Predicate {
            name: entry.name.clone(),
            arity: 1,
            origin: Origin::Stored,
            key: None,
            declared: vec![vec![columns]],
            span: entry.span,
        };
        if RESERVED.iter().any(|(reserved, ..)| **reserved == *entry.name) {
            report.add(is_reserved(&entry.name, entry.span));
        } else {
            predicates.insert(entry.name.clone(), predicate);
        }
    }
    for (signature, origin) in &statements.relations {
        if relation(signature, *origin, &schema, &mut predicates, report).is_none() {
            broken_names.insert(signature.name.node.as_str().into());
        }
    }
    let kinds: BTreeSet<&Name> = schema.permissions.iter().flat_map(|permission| &permission.on).collect();
    for kind in kinds {
        let name: Name = on_relation(kind).into();
        let declared = vec![vec![vec![ColumnType::Object(PERMISSION.into())]]];
        let span = schema.type_named(kind).map(|entry| entry.span).unwrap_or_default();
        let predicate = Predicate { name: name.clone(), arity: 1, origin: Origin::Stored, key: None, declared, span };
        predicates.insert(name, predicate);
    }
    for rule in &statements.rules {
        let name = &rule.head.name;
        predicates.entry(name.node.as_str().into()).or_insert_with(|| Predicate {
            name: name.node.as_str().into(),
            arity: rule.head.terms.len(),
            origin: Origin::Derived,
            key: None,
            declared: Vec::new(),
            span: name.span,
        });
    }
    set_relations(statements, &predicates, report);
    schema.predicates = predicates.into_values().collect();
    catalogue::check_words(statements, &schema, report);
    let broken = broken_names.iter().filter_map(|name| schema.predicate_named(name)).collect();
    Declared { schema, broken, types_fit }
}

fn reserved(name: &str, arity: usize, origin: Origin) -> Predicate {
    let permission = vec![ColumnType::Object(PERMISSION.into())];
    let text = vec![ColumnType::Text];
    let (key, declared) = match name {
        "category" => (None, vec![vec![permission, text]]),
        "description" | "label" => (Some(1), vec![vec![permission, text]]),
        "length" => (None, vec![vec![text, vec![ColumnType::Integer]]]),
        "now" => (None, vec![vec![vec![ColumnType::Time]]]),
        _ => (None, Vec::new()),
    };
    Predicate { name: name.into(), arity, origin, key, declared, span: Span::default() }
}

/// That a name can't be declared.
pub(super) fn is_reserved(name: &str, span: Span) -> Problem {
    error("reserved-name", span, format!("`{name}` belongs to the language")).help("Give it another name.")
}

/// The constants of enumerations and the permissions, which share one namespace.
fn constants(statements: &Statements<'_>, report: &mut Report) -> BTreeMap<Name, Object> {
    let mut constants: BTreeMap<Name, (Object, Span)> = BTreeMap::new();
    let enumerated =
        statements.enumerations.iter().flat_map(|(kind, names)| names.iter().map(|name| (&*kind.node, name)));
    let permissions = statements.permissions.iter().map(|statement| (PERMISSION, statement.name));
    for (kind, constant) in enumerated.chain(permissions) {
        let name: Name = constant.node.as_str().into();
        if let Some((earlier, span)) = constants.get(&name) {
            let message = format!("`{name}` is already a constant of `{}`", earlier.kind);
            let problem = error("duplicate-constant", constant.span, message).related(*span, "it was named here first");
            report.add(
                problem.help("Give one of them another name: a constant stands for one thing in the whole policy."),
            );
            continue;
        }
        constants.insert(name.clone(), (Object::new(kind, name), constant.span));
    }
    constants.into_iter().map(|(name, (object, _))| (name, object)).collect()
}

/// Enters one signature. `None` if it is refused, which is reported.
fn relation(
    signature: &Signature,
    origin: Origin,
    schema: &Schema,
    predicates: &mut BTreeMap<Name, Predicate>,
    report: &mut Report,
) -> Option<()> {
    let name: Name = signature.name.node.as_str().into();
    let columns = columns::of_signature(signature, schema, report);
    let arity = signature.columns.len() + usize::from(signature.value.is_some());
    let key = signature.value.is_some().then_some(signature.columns.len() as u8);
    let Some(earlier) = predicates.get_mut(&name) else {
        let declared = columns.iter().cloned().collect();
        let span = signature.name.span;
        predicates.insert(name.clone(), Predicate { name, arity, origin, key, declared, span });
        return columns.map(|_| ());
    };
    let is_open = matches!(&*name, "label" | "description" | "category") || earlier.span != Span::default();
    let is_type = schema.type_named(&name).is_some();
    if !is_open || &*name == PERMISSION {
        report.add(is_reserved(&name, signature.name.span));
        return None;
    }
    let columns = columns?;
    let first: BTreeSet<&ColumnType> = columns.iter().take(1).flatten().collect();
    let shared = earlier
        .declared
        .iter()
        .flat_map(|declared| declared.iter().take(1).flatten())
        .find(|kind| first.contains(kind));
    let conflict = if is_type {
        format!("`{name}` is a type, and a type is a relation of its own")
    } else if earlier.origin != origin {
        format!("`{name}` is declared as a relation and as context")
    } else if earlier.arity != arity {
        format!("`{name}` was declared with {}, here it has {arity}", resolve::columns(earlier.arity))
    } else if earlier.key != key {
        format!("`{name}` was declared {} `->`, here it is {}", with(earlier.key), with(key))
    } else if let Some(kind) = shared {
        format!("`{name}` is already declared for `{kind}`")
    } else if let Some(idx) = mixed_with(earlier, &columns) {
        let message =
            format!("with this declaration column {} of `{name}` holds what, written, looks the same", idx + 1);
        let problem = error("mixed-column", signature.span, message).related(earlier.span, "declared here first");
        report.add(
            problem.help("Where one declaration holds a text or a time, all do, or integers; use another relation."),
        );
        return None;
    } else {
        earlier.declared.push(columns);
        return Some(());
    };
    let mut problem = error("conflicting-declaration", signature.name.span, conflict);
    if earlier.span != Span::default() {
        problem = problem.related(earlier.span, "declared here first");
    }
    let help = "A relation may be declared again only for other first types, with as many columns and the same arrow.";
    report.add(problem.help(if is_type { "Give the relation another name." } else { help }));
    None
}

/// The first column in which two declarations of a relation can't be told apart by what is written.
fn mixed_with(earlier: &Predicate, columns: &[Vec<ColumnType>]) -> Option<usize> {
    columns.iter().enumerate().position(|(idx, kinds)| {
        let others = earlier.declared.iter().filter_map(|declared| declared.get(idx)).flatten();
        let all: BTreeSet<ColumnType> = others.chain(kinds).cloned().collect();
        columns::is_mixed(&all.into_iter().collect::<Vec<_>>())
    })
}

fn with(key: Option<u8>) -> &'static str {
    if key.is_some() { "with" } else { "without" }
}

/// The relation of a set (`team#member`) must be something that the policy knows.
fn set_relations(statements: &Statements<'_>, predicates: &BTreeMap<Name, Predicate>, report: &mut Report) {
    let signatures = statements.relations.iter().map(|(signature, _)| *signature);
    for kind in signatures.flat_map(|signature| signature.columns.iter().chain(&signature.value)).flatten() {
        if let Kind::Set(_, relation) = kind
            && !predicates.contains_key(relation.node.as_str())
        {
            let message = format!("there is no relation `{}`", relation.node);
            let problem = error("unknown-predicate", relation.span, message)
                .help(format!("Declare it: `relation {}(…).`", relation.node))
                .maybe_help(did_you_mean(&relation.node, predicates.keys().map(|known| &**known)));
            report.add(problem);
        }
    }
}
