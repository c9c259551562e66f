//! The rule on files: who may add rules and declarations to a predicate.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::policy::pack::Pack;
use crate::policy::report::{Report, error};
use crate::policy::statements::Statements;

/// Refuses predicates that two files define though neither includes the other.
///
/// The file that defines a predicate is one that speaks of it and includes no other that does; those that include it may
/// add to it. `can` and `oblige` are open to all, and so is what the language itself declares.
pub(super) fn check(pack: &Pack, statements: &Statements<'_>, report: &mut Report) {
    let mut speakers: BTreeMap<&str, BTreeMap<u32, Span>> = BTreeMap::new();
    let declared = statements.relations.iter().map(|(signature, _)| &signature.name);
    // Stating facts of what is declared defines nothing.
    let stored: BTreeSet<&str> = (statements.relations.iter().map(|(signature, _)| &signature.name))
        .chain(statements.types.iter().map(|statement| statement.name))
        .chain(statements.enumerations.iter().map(|(name, _)| *name))
        .map(|name| name.node.as_str())
        .collect();
    let ruled = statements.rules.iter().map(|rule| &rule.head.name).filter(|name| !stored.contains(name.node.as_str()));
    for name in declared.chain(ruled) {
        let open = ["can", "oblige", "label", "description", "category"];
        if !open.contains(&name.node.as_str()) {
            speakers.entry(&name.node).or_default().entry(name.span.source.0).or_insert(name.span);
        }
    }
    let reach = pack.reach();
    let includes = |file: u32, other: u32| reach.get(file as usize).is_some_and(|reached| reached.contains(&other));
    for (name, files) in speakers {
        let mut definers =
            files.iter().filter(|(file, _)| !files.keys().any(|other| other != *file && includes(**file, *other)));
        let Some((_, first)) = definers.next() else {
            continue;
        };
        for (_, span) in definers {
            let message = format!("another file defines `{name}` too, and neither includes the other");
            let problem = error("defined-twice", *span, message).related(*first, "it is defined here too");
            report.add(problem.help("Give one of them another name, or include the file whose rules you add to."));
        }
    }
}
