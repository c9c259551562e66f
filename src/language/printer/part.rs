//! The parts of statements as text.

use crate::language::printer::MAX_WIDTH;
use crate::language::syntax::{
    Atom, Expected, GuardedChange, Ident, Kind, Literal, LiteralKind, Sign, Signature, Term, TermKind, Write,
};
use crate::model::value::{object_notation, text_notation};

/// An atom in canonical form: `owner(S, user:ana)`.
#[must_use]
pub fn print_atom(atom: &Atom) -> String {
    let terms: Vec<String> = atom.terms.iter().map(print_term).collect();
    format!("{}({})", atom.name.node, terms.join(", "))
}

/// A literal in canonical form: `not owner(S, _)`.
#[must_use]
pub fn print_literal(literal: &Literal) -> String {
    match &literal.kind {
        LiteralKind::Atom { negated, sign, atom } => {
            let not = if *negated { "not " } else { "" };
            format!("{not}{}{}", sign.map_or("", sign_text), print_atom(atom))
        }
        LiteralKind::Comparison { operator, left, right } => {
            format!("{} {} {}", print_term(left), operator.symbol(), print_term(right))
        }
    }
}

/// A term in canonical form: `user:"Ana | x"`.
#[must_use]
pub fn print_term(term: &Term) -> String {
    match &term.kind {
        TermKind::Variable(name) | TermKind::Name(name) => name.clone(),
        TermKind::Any => "_".to_owned(),
        TermKind::Object(kind, id) => object_notation(kind, id),
        TermKind::VariableSet(name, relation) => format!("{name}#{relation}"),
        TermKind::ObjectSet(kind, id, relation) => {
            format!("{}#{relation}", object_notation(kind, id))
        }
        TermKind::Everyone(kind) => format!("{kind}:*"),
        TermKind::Text(text) => text_notation(text),
        TermKind::Integer(integer) => integer.to_string(),
    }
}

pub(super) fn names(names: &[Ident]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
    names.join(", ")
}

pub(super) fn constants(constants: &[Ident]) -> String {
    format!("{{ {} }}", names(constants))
}

pub(super) fn kinds(kinds: &[Kind]) -> String {
    let kinds: Vec<String> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::Name(name) => name.node.clone(),
            Kind::Set(group, relation) => format!("{}#{}", group.node, relation.node),
            Kind::Everyone(name) => format!("{}:*", name.node),
        })
        .collect();
    kinds.join(" | ")
}

pub(super) fn signatures(signatures: &[Signature]) -> String {
    let signatures: Vec<String> = signatures
        .iter()
        .map(|signature| {
            let columns: Vec<String> = signature.columns.iter().map(|column| kinds(column)).collect();
            let value = signature.value.as_ref().map(|value| format!(" -> {}", kinds(value)));
            format!("{}({}){}", signature.name.node, columns.join(", "), value.unwrap_or_default())
        })
        .collect();
    signatures.join(", ")
}

pub(super) fn guarded(changes: &[GuardedChange]) -> String {
    let changes: Vec<String> = changes
        .iter()
        .map(|change| format!("{}{}", change.sign.map_or("", sign_text), print_atom(&change.atom)))
        .collect();
    changes.join(" | ")
}

/// A head with its body, or a fact; with its full stop. Divided between literals if it is too wide.
pub(super) fn clause(head: String, body: &[Literal], indent: usize) -> String {
    if body.is_empty() {
        return head + ".";
    }
    let literals: Vec<String> = body.iter().map(print_literal).collect();
    let line = format!("{head} :- {}.", literals.join(", "));
    if fits(&line, indent) {
        return line;
    }
    let inner = new_line(indent + 4);
    format!("{head} :-{inner}{}.", literals.join(&format!(",{inner}")))
}

/// A write and what ends its statement. Divided between changes if it is too wide.
pub(super) fn write(write: &Write, end: &str, indent: usize) -> String {
    let changes: Vec<String> = write
        .changes
        .iter()
        .map(|change| {
            let head = format!("{}{}", sign_text(change.sign), print_atom(&change.atom));
            if write.braces { clause(head, &change.body, indent + 2) } else { head }
        })
        .collect();
    if !write.braces {
        return list(&changes, end, indent);
    }
    if changes.is_empty() {
        return format!("{{}}{end}");
    }
    let line = format!("{{ {} }}{end}", changes.join(" "));
    if fits(&line, indent) {
        return line;
    }
    let inner = new_line(indent + 2);
    format!("{{{inner}{}{}}}{end}", changes.join(&inner), new_line(indent))
}

/// A question, what it expects, and what ends its statement.
pub(super) fn expectation(body: &[Literal], expected: &Expected, end: &str, indent: usize) -> String {
    let literals: Vec<String> = body.iter().map(print_literal).collect();
    let expected = match expected {
        Expected::Holds => String::new(),
        Expected::Count(count) => format!(" = {count}"),
        Expected::Answers(answers) if answers.is_empty() => " = {}".to_owned(),
        Expected::Answers(answers) => {
            let answers: Vec<String> = answers.iter().map(print_term).collect();
            format!(" = {{ {} }}", answers.join(", "))
        }
    };
    list(&literals, &format!("{expected}{end}"), indent)
}

fn list(parts: &[String], end: &str, indent: usize) -> String {
    let line = format!("{}{end}", parts.join(", "));
    if fits(&line, indent) {
        return line;
    }
    format!("{}{end}", parts.join(&format!(",{}", new_line(indent + 4))))
}

fn fits(line: &str, indent: usize) -> bool {
    indent + line.chars().count() <= MAX_WIDTH && !line.contains('\n')
}

fn new_line(indent: usize) -> String {
    format!("\n{}", " ".repeat(indent))
}

fn sign_text(sign: Sign) -> &'static str {
    match sign {
        Sign::Plus => "+",
        Sign::Minus => "-",
    }
}
