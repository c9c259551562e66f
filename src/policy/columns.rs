//! Kinds as written → the concrete column types that they stand for.

use crate::language::span::Span;
use crate::language::syntax::{Ident, Kind, Signature};
use crate::model::value::{ColumnType, Name};
use crate::policy::report::{Report, error};
use crate::policy::schema::{Schema, Type, TypeKind};
use crate::policy::suggest::did_you_mean;

/// The most columns of a predicate.
pub(super) const MAX_COLUMNS: usize = 16;

/// The column types of a signature, a `->` column last; none if something is wrong with it, which is reported.
pub(super) fn of_signature(
    signature: &Signature,
    schema: &Schema,
    report: &mut Report,
) -> Option<Vec<Vec<ColumnType>>> {
    let kinds: Vec<&Vec<Kind>> = signature.columns.iter().chain(&signature.value).collect();
    if kinds.len() > MAX_COLUMNS {
        let message =
            format!("`{}` has {} columns; at most {MAX_COLUMNS} are possible", signature.name.node, kinds.len());
        report.add(error("too-many-columns", signature.span, message).help("Split the relation."));
        return None;
    }
    let columns: Vec<_> = kinds.into_iter().map(|kinds| of_kinds(kinds, schema, report)).collect();
    columns.into_iter().collect()
}

/// The column types of one column, sorted.
fn of_kinds(kinds: &[Kind], schema: &Schema, report: &mut Report) -> Option<Vec<ColumnType>> {
    let mut types = Vec::new();
    let mut complete = true;
    for kind in kinds {
        match of_kind(kind, schema, report) {
            Some(more) => types.extend(more),
            None => complete = false,
        }
    }
    types.sort();
    types.dedup();
    if is_mixed(&types) {
        let listed: Vec<String> = types.iter().map(|kind| format!("`{kind}`")).collect();
        let message = format!("one column can't hold {}: written, they look the same", listed.join(" and "));
        let problem = error("mixed-column", span_of(kinds), message);
        report.add(problem.help("Use a second relation for text or times, or `integer` beside a type."));
        return None;
    }
    complete.then_some(types)
}

/// Whether a text or a time stands beside something else that is written as a string.
pub(super) fn is_mixed(types: &[ColumnType]) -> bool {
    let strings = types.iter().filter(|kind| **kind != ColumnType::Integer).count();
    strings > 1 && types.iter().any(|kind| matches!(kind, ColumnType::Text | ColumnType::Time))
}

fn of_kind(kind: &Kind, schema: &Schema, report: &mut Report) -> Option<Vec<ColumnType>> {
    let (name, wrap): (&Ident, &dyn Fn(&Name) -> ColumnType) = match kind {
        Kind::Name(name) => match name.node.as_str() {
            "text" => return Some(vec![ColumnType::Text]),
            "integer" => return Some(vec![ColumnType::Integer]),
            "time" => return Some(vec![ColumnType::Time]),
            _ => (name, &|concrete| ColumnType::Object(concrete.clone())),
        },
        Kind::Set(name, relation) => {
            let relation: Name = relation.node.as_str().into();
            (name, &move |concrete| ColumnType::Set(concrete.clone(), relation.clone()))
        }
        Kind::Everyone(name) => (name, &|concrete| ColumnType::Everyone(concrete.clone())),
    };
    let found = known_type(name, schema, report)?;
    if !matches!(kind, Kind::Name(_)) && matches!(found.kind, TypeKind::Enumeration(_)) {
        let message = format!("`{}` has fixed constants, so there are no sets and no everyone of it", name.node);
        report.add(error("wrong-kind", name.span, message).help("Use a type whose objects are data."));
        return None;
    }
    Some(found.concrete.iter().map(wrap).collect())
}

/// The type that a name stands for, or a report that there is none.
pub(super) fn known_type<'s>(name: &Ident, schema: &'s Schema, report: &mut Report) -> Option<&'s Type> {
    let found = schema.type_named(&name.node);
    if found.is_none() {
        report.add(unknown_type(&name.node, name.span, schema));
    }
    found
}

/// That a type isn't declared.
pub(super) fn unknown_type(name: &str, span: Span, schema: &Schema) -> crate::policy::report::Problem {
    let builtin = ["text", "integer", "time"];
    let known = schema.types.iter().map(|entry| &*entry.name).chain(builtin);
    let message = format!("there is no type `{name}`");
    if builtin.contains(&name) {
        return error("unknown-type", span, format!("`{name}` has no objects"))
            .help("Use a type whose objects are data.");
    }
    error("unknown-type", span, message)
        .help(format!("Declare it: `type {name}.`, or `open type {name}.` if its first mention creates it."))
        .maybe_help(did_you_mean(name, known).or_else(|| named_otherwise(name)))
}

/// What other languages call the types that every policy has.
fn named_otherwise(name: &str) -> Option<String> {
    let help = match name {
        "string" | "str" | "varchar" => "Text is `text`.",
        "int" | "number" | "bigint" => "A whole number is an `integer`.",
        "date" | "datetime" | "timestamp" | "instant" => "An instant is a `time`.",
        "bool" | "boolean" => "There are no truth values: a fact that is there is true, `not` asks for one that isn't.",
        _ => return None,
    };
    Some(help.to_owned())
}

fn span_of(kinds: &[Kind]) -> Span {
    let one = |kind: &Kind| match kind {
        Kind::Name(name) | Kind::Everyone(name) => name.span,
        Kind::Set(name, relation) => name.span.to(relation.span),
    };
    kinds.iter().map(one).reduce(Span::to).unwrap_or_default()
}
