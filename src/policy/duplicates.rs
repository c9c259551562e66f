//! Statements that say the same twice.

use std::collections::HashMap;

use crate::language::span::Span;
use crate::language::syntax::{Atom, GuardedChange, Literal, LiteralKind, Term, TermKind};
use crate::policy::checked::Origin;
use crate::policy::report::{Report, warning};
use crate::policy::schema::Schema;
use crate::policy::statements::{RuleStatement, Statements};

/// Warns of rules, effects, denies and guards that differ from an earlier one in the names of their variables alone.
/// Facts on stored predicates are compared elsewhere, as values.
pub(super) fn check(statements: &Statements<'_>, schema: &Schema, report: &mut Report) {
    let mut seen: HashMap<Shape, Span> = HashMap::new();
    let rule = |statement: &RuleStatement<'_>| {
        let mut names = Names::default();
        vec![names.atom(statement.head), names.body(statement.body)]
    };
    let is_derived = |statement: &&RuleStatement<'_>| {
        let predicate = schema.predicate_named(&statement.head.name.node).and_then(|id| schema.predicate(id));
        predicate.is_some_and(|predicate| predicate.origin == Origin::Derived)
    };
    let rules = statements.rules.iter().filter(is_derived);
    let rules = rules.map(|statement| ((0, rule(statement)), statement.span, "rule"));
    let effects = statements.effects.iter().map(|statement| ((1, rule(statement)), statement.span, "effect"));
    let denies = statements.denies.iter().map(|statement| {
        let parts = vec![statement.message.to_owned(), Names::default().body(statement.body)];
        ((2, parts), statement.span, "deny")
    });
    let guards = statements.guards.iter().map(|statement| {
        let mut names = Names::default();
        let mut parts = vec![names.name(&statement.actor.node)];
        parts.extend(
            statement.changes.iter().map(|GuardedChange { sign, atom }| format!("{sign:?} {}", names.atom(atom))),
        );
        parts.push(names.body(statement.body));
        ((3, parts), statement.span, "guard")
    });
    for (shape, span, what) in rules.chain(effects).chain(denies).chain(guards) {
        if let Some(earlier) = seen.get(&shape) {
            let message = format!("this {what} is stated twice");
            let problem = warning("duplicate-rule", span, message).related(*earlier, "it is stated here first");
            report.add(problem.help("Take one of them away."));
        } else {
            seen.insert(shape, span);
        }
    }
}

/// What is left of a statement when its variables are numbered.
type Shape = (u8, Vec<String>);

/// Variables, numbered by their first mention.
#[derive(Default)]
struct Names<'a>(HashMap<&'a str, usize>);

impl<'a> Names<'a> {
    fn name(&mut self, name: &'a str) -> String {
        let next = self.0.len();
        format!("?{}", self.0.entry(name).or_insert(next))
    }

    fn body(&mut self, literals: &'a [Literal]) -> String {
        let parts: Vec<String> = literals.iter().map(|literal| self.literal(literal)).collect();
        parts.join(", ")
    }

    fn literal(&mut self, literal: &'a Literal) -> String {
        match &literal.kind {
            LiteralKind::Atom { negated, sign, atom } => format!("{negated} {sign:?} {}", self.atom(atom)),
            LiteralKind::Comparison { operator, left, right } => {
                let left = self.term(left);
                format!("{left} {operator:?} {}", self.term(right))
            }
        }
    }

    fn atom(&mut self, atom: &'a Atom) -> String {
        let terms: Vec<String> = atom.terms.iter().map(|term| self.term(term)).collect();
        format!("{}({})", atom.name.node, terms.join(", "))
    }

    fn term(&mut self, term: &'a Term) -> String {
        match &term.kind {
            TermKind::Variable(name) => self.name(name),
            TermKind::VariableSet(name, relation) => format!("{}#{relation}", self.name(name)),
            other => format!("{other:?}"),
        }
    }
}
