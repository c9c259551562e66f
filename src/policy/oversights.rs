//! What is allowed and reads like something else: objects like variables, variables like constants, a `not` in vain.

use std::collections::BTreeSet;

use crate::language::span::{SourceId, Span};
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{InstanceLiteral, Literal, Origin, Policy, Term};
use crate::policy::report::{Problem, Report, warning};

/// The main file is the author's; an included one may wait for types that another pack adds.
const MAIN: SourceId = SourceId(0);

/// Every term of a statement with the span of its atom or comparison, and the names of the statement's variables.
type Terms<'a> = (Vec<(&'a Term, Span)>, &'a [Name]);

fn terms(policy: &Policy) -> impl Iterator<Item = Terms<'_>> {
    let rules = policy.rules.iter().chain(&policy.effects).map(|rule| (vec![&rule.head], &rule.body, &rule.variables));
    let denies = policy.denies.iter().map(|deny| (Vec::new(), &deny.body, &deny.variables));
    let guards = policy
        .guards
        .iter()
        .map(|guard| (guard.changes.iter().map(|(_, atom)| atom).collect(), &guard.body, &guard.variables));
    rules.chain(denies).chain(guards).map(|(outside, body, variables)| {
        let of_body = body.iter().flat_map(|literal| match literal {
            Literal::Atom { atom, .. } => atom.terms.iter().map(|term| (term, atom.span)).collect::<Vec<_>>(),
            Literal::Comparison { left, right, span, .. } => vec![(left, *span), (right, *span)],
        });
        let of_heads = outside.into_iter().flat_map(|atom| atom.terms.iter().map(|term| (term, atom.span)));
        (of_heads.chain(of_body).collect(), variables.as_slice())
    })
}

/// `role:R` beside a variable `R` is the object called "R", hardly what was meant.
pub(super) fn objects_like_variables(policy: &Policy, report: &mut Report) {
    for (terms, variables) in terms(policy) {
        for (term, span) in terms {
            let Term::Value(Value::Object(object) | Value::Set(object, _)) = term else {
                continue;
            };
            if variables.contains(&object.id) {
                report.add(object_like_variable(warning, object, span));
            }
        }
    }
}

/// The same, as a warning or as an error: in a head the object would have to be stated.
pub(super) fn object_like_variable(
    problem: fn(&'static str, Span, String) -> Problem,
    object: &Object,
    span: Span,
) -> Problem {
    let Object { kind, id } = object;
    let message = format!("`{object}` is the object with the id `{id}`, not the variable `{id}`");
    let help = format!("Write `{id}` alone, and `{kind}({id})` if its type must be said.");
    problem("object-like-variable", span, message).help(help)
}

/// `access(D, U, Write)` with `Write` nowhere else takes any value, where `write` was meant.
pub(super) fn variables_like_constants(policy: &Policy, report: &mut Report) {
    for (terms, variables) in terms(policy) {
        for (position, name) in variables.iter().enumerate() {
            let constant = name.to_lowercase();
            let is_it = |term: &Term| matches!(term, Term::Variable(variable) | Term::SetOf(variable, _) if usize::from(variable.0) == position);
            let mut places = terms.iter().filter(|(term, _)| is_it(term));
            let (Some((_, span)), None) = (places.next(), places.next()) else {
                continue;
            };
            if policy.schema.constants.contains_key(constant.as_str()) {
                let message =
                    format!("`{name}` is a variable that stands once: any value will do, not only `{constant}`");
                let help = format!("Write `{constant}` for the constant, or `_` if any value is meant.");
                report.add(warning("variable-like-constant", *span, message).help(help));
            }
        }
    }
}

/// A `not` of facts that no types allow: it excludes nothing, and the rule lets in all that the rest of it does.
pub(super) fn idle_negations(policy: &Policy, report: &mut Report) {
    let mut fitting: BTreeSet<u32> = BTreeSet::new();
    let mut excluding: BTreeSet<(u32, u32)> = BTreeSet::new();
    for instance in &policy.instances {
        fitting.insert(instance.rule);
        excluding.extend(instance.body.iter().filter_map(|literal| match literal {
            InstanceLiteral::Negated { span, .. } => Some((instance.rule, span.start)),
            _ => None,
        }));
    }
    for (number, rule) in (0..).zip(&policy.rules) {
        if rule.span.source != MAIN || !fitting.contains(&number) {
            continue;
        }
        for literal in &rule.body {
            let Literal::Atom { negated: true, atom, .. } = literal else {
                continue;
            };
            let Some(predicate) = policy.schema.predicate(atom.predicate) else {
                continue;
            };
            if predicate.origin != Origin::Length && !excluding.contains(&(number, atom.span.start)) {
                let message = format!("this `not` excludes nothing: no fact of `{}` has these types", predicate.name);
                let help = "Ask for what its columns hold, or take it away.";
                report.add(warning("idle-negation", atom.span, message).help(help));
            }
        }
    }
}
