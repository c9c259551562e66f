//! Atoms of the language as facts for a door: what `.dl` facts and the CLI's `write` hand to the engine.

use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::syntax::{Atom, Term, TermKind};
use crate::model::fact::RawFact;
use crate::model::value::Raw;

/// The fact that an atom states, its values raw: `user:ana`, `team:eu#member`, `user:*`, `own`, texts without quotes.
///
/// # Errors
/// `fact-with-variable` when a term is a variable, a set of one, or `_`.
pub fn raw_fact(atom: &Atom) -> Result<RawFact, Diagnostic> {
    let values = atom.terms.iter().map(raw_value).collect::<Result<_, _>>()?;
    Ok(RawFact { relation: atom.name.node.clone(), values })
}

fn raw_value(term: &Term) -> Result<Raw, Diagnostic> {
    Ok(Raw::Text(match &term.kind {
        TermKind::Variable(name) => return Err(variable(term, name)),
        TermKind::VariableSet(name, relation) => {
            return Err(variable(term, &format!("{name}#{relation}")));
        }
        TermKind::Any => return Err(variable(term, "_")),
        TermKind::Integer(integer) => return Ok(Raw::Integer(*integer)),
        TermKind::Name(name) => name.clone(),
        TermKind::Object(kind, id) => format!("{kind}:{id}"),
        TermKind::ObjectSet(kind, id, relation) => format!("{kind}:{id}#{relation}"),
        TermKind::Everyone(kind) => format!("{kind}:*"),
        TermKind::Text(text) => text.clone(),
    }))
}

fn variable(term: &Term, name: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "fact-with-variable",
        message: format!("a fact can't hold the variable `{name}`"),
        span: term.span,
        related: Vec::new(),
        help: Some("Name the object or value itself: `user:ana`, `own`, `\"EU\"`, `139`.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::parser::parse_atom;
    use crate::language::span::SourceId;

    fn raw(text: &str) -> Result<RawFact, &'static str> {
        let (atom, diagnostics) = parse_atom(SourceId(0), text);
        assert_eq!(diagnostics, []);
        raw_fact(&atom.unwrap()).map_err(|diagnostic| diagnostic.code)
    }

    #[test]
    fn each_constant_becomes_the_whole_raw_string_that_a_door_takes() {
        let fact = raw(r#"f(user:"Ana | x", own, a.b, team:eu#member, user:*, "say \"hi\"", -5)"#).unwrap();
        let text = |text: &str| Raw::Text(text.to_owned());
        assert_eq!(fact.relation, "f");
        assert_eq!(
            fact.values,
            [
                text("user:Ana | x"),
                text("own"),
                text("a.b"),
                text("team:eu#member"),
                text("user:*"),
                text("say \"hi\""),
                Raw::Integer(-5)
            ]
        );
    }

    #[test]
    fn variables_in_facts_are_refused() {
        for text in ["f(X)", "f(a:1, _)", "f(T#member)"] {
            assert_eq!(raw(text), Err("fact-with-variable"), "{text}");
        }
    }
}
