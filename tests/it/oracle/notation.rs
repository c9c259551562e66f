//! Facts and goals as a door takes them (raw) and as a sentence of the language says them.

use entail::model::fact::{Fact, RawFact};
use entail::model::value::{Raw, Value};
use entail::policy::checked::Term;

/// A whole string: how a subject or an object stands in a question.
pub(crate) fn whole(value: &Value) -> String {
    match value.raw() {
        Raw::Text(text) => text,
        Raw::Integer(number) => number.to_string(),
    }
}

/// A fact as JSON would bring it.
pub(crate) fn raw_fact(fact: &Fact) -> RawFact {
    RawFact { relation: fact.relation.to_string(), values: fact.values.iter().map(Value::raw).collect() }
}

/// A fact as the rules write it.
pub(crate) fn sentence(fact: &Fact) -> String {
    let values: Vec<String> = fact.values.iter().map(Value::notation).collect();
    format!("{}({})", fact.relation, values.join(", "))
}

/// A goal as a query writes it, with the variables `V0`, `V1`, …
pub(crate) fn goal(predicate: &str, terms: &[Term]) -> String {
    let terms: Vec<String> = terms
        .iter()
        .map(|term| match term {
            Term::Any => "_".to_owned(),
            Term::Variable(variable) => format!("V{}", variable.0),
            Term::SetOf(variable, relation) => format!("V{}#{relation}", variable.0),
            Term::Value(value) => value.notation(),
        })
        .collect();
    format!("{predicate}({})", terms.join(", "))
}
