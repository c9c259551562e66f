//! Which predicates depend on what comes with a question.

use std::collections::{BTreeSet, HashMap};

use crate::policy::checked::{Literal, Origin, PredicateId, Rule};
use crate::policy::lower::Lowered;
use crate::policy::report::{Report, error};
use crate::policy::schema::Schema;

/// Denies speak of states at rest, so none may depend on a question, directly or through rules.
pub(super) fn refuse_in_denies(lowered: &Lowered, schema: &Schema, report: &mut Report) {
    let dependent = dependent(schema, &lowered.rules, &|_| true);
    for literal in lowered.denies.iter().flat_map(|deny| &deny.body) {
        let Literal::Atom { atom, .. } = literal else {
            continue;
        };
        let Some(predicate) = schema.predicate(atom.predicate).filter(|_| dependent.contains(&atom.predicate)) else {
            continue;
        };
        let message = match predicate.origin {
            Origin::Context => {
                format!("`{}` comes with a question, and a deny speaks of the facts alone", predicate.name)
            }
            _ => format!(
                "`{}` depends on what comes with a question, and a deny speaks of the facts alone",
                predicate.name
            ),
        };
        let help = "Say it without `now` and context, or ask it in a rule for `can`.";
        report.add(error("context-in-deny", atom.span, message).help(help));
    }
}

/// The context predicates and all that read them through literals that `counts`.
pub(super) fn dependent(schema: &Schema, rules: &[Rule], counts: &dyn Fn(&Literal) -> bool) -> BTreeSet<PredicateId> {
    let context =
        (0..).map(PredicateId).zip(&schema.predicates).filter(|(_, predicate)| predicate.origin == Origin::Context);
    let mut readers: HashMap<PredicateId, Vec<PredicateId>> = HashMap::new();
    for rule in rules {
        for literal in rule.body.iter().filter(|literal| counts(literal)) {
            if let Literal::Atom { atom, .. } = literal {
                readers.entry(atom.predicate).or_default().push(rule.head.predicate);
            }
        }
    }
    let mut waiting: Vec<PredicateId> = context.map(|(id, _)| id).collect();
    let mut dependent: BTreeSet<PredicateId> = waiting.iter().copied().collect();
    while let Some(id) = waiting.pop() {
        for reader in readers.get(&id).into_iter().flatten() {
            if dependent.insert(*reader) {
                waiting.push(*reader);
            }
        }
    }
    dependent
}
