//! Built-in facts: what the texts state of stored predicates, and what declarations stand for.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::model::fact::Fact;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{Atom, Literal, Origin, Rule, Term};
use crate::policy::declare::on_relation;
use crate::policy::oversights::object_like_variable;
use crate::policy::report::{Report, error, warning};
use crate::policy::resolve::abstract_type;
use crate::policy::schema::{PERMISSION, Schema, TypeKind};
use crate::policy::suggest::closest;

/// The built-in facts, sorted, each once, with the statement that says so.
///
/// `stated` are atoms over stored predicates whose terms are all values; `rules` are looked at for the objects that
/// their heads name, which must be alive.
pub(super) fn built_in(schema: &Schema, stated: &[Atom], rules: &[Rule], report: &mut Report) -> BTreeMap<Fact, Span> {
    let mut facts: BTreeMap<Fact, Span> = BTreeMap::new();
    let declared = declared_facts(schema);
    let implied: BTreeSet<&Fact> = declared.iter().map(|(fact, _)| fact).collect();
    for atom in stated {
        let Some(fact) = fact(schema, atom, report) else {
            continue;
        };
        if let Some(earlier) = facts.get(&fact) {
            let problem = warning("duplicate-rule", atom.span, "this fact is stated twice")
                .related(*earlier, "it is stated here first");
            report.add(problem.help("Take one of them away."));
        } else if !implied.contains(&fact) {
            facts.insert(fact, atom.span);
        }
    }
    for (fact, span) in declared {
        facts.entry(fact).or_insert(span);
    }
    come_alive(schema, &mut facts);
    refuse_unknown(schema, stated, rules, &facts, report);
    refuse_two_values(schema, &facts, report);
    facts
}

/// What permissions and enumerations stand for.
fn declared_facts(schema: &Schema) -> Vec<(Fact, Span)> {
    let mut facts = Vec::new();
    for (name, object) in &schema.constants {
        let constant = Value::Constant(Object::new(object.kind.clone(), name.clone()));
        let of_type = schema.type_named(&object.kind).map(|entry| entry.span).unwrap_or_default();
        let span = schema.permission_named(name).map_or(of_type, |permission| permission.span);
        facts.push((Fact { relation: object.kind.clone(), values: vec![constant] }, span));
    }
    for permission in &schema.permissions {
        let constant = Value::Constant(Object::new(PERMISSION, permission.name.clone()));
        let mut state = |relation: Name, text: Option<&Name>| {
            let values = [constant.clone()].into_iter().chain(text.cloned().map(Value::Text)).collect();
            facts.push((Fact { relation, values }, permission.span));
        };
        permission.on.iter().for_each(|kind| state(on_relation(kind).into(), None));
        permission.words.iter().for_each(|word| state(word.clone(), None));
        permission.categories.iter().for_each(|category| state("category".into(), Some(category)));
        state("label".into(), Some(&permission.label));
        if let Some(description) = &permission.description {
            state("description".into(), Some(description));
        }
    }
    facts
}

/// A stated fact, if it fits one declaration of its relation as a whole.
fn fact(schema: &Schema, atom: &Atom, report: &mut Report) -> Option<Fact> {
    let predicate = schema.predicate(atom.predicate)?;
    let values: Vec<Value> = atom
        .terms
        .iter()
        .map(|term| match term {
            Term::Value(value) => Some(value.clone()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if let Some(entry) = schema.type_named(&predicate.name).filter(|entry| entry.is_abstract()) {
        report.add(abstract_type(&entry.name, &entry.concrete, atom.span));
        return None;
    }
    let fits =
        |declared: &Vec<Vec<_>>| values.iter().zip(declared).all(|(value, kinds)| kinds.contains(&value.column_type()));
    if !predicate.declared.iter().any(fits) {
        let message = format!("no declaration of `{}` takes these types together", predicate.name);
        let problem = error("wrong-type", atom.span, message).related(predicate.span, "its columns are declared here");
        report.add(problem.help("Declare the relation for these types, or change the fact."));
        return None;
    }
    Some(Fact { relation: predicate.name.clone(), values })
}

/// The objects of open types that facts mention are alive.
fn come_alive(schema: &Schema, facts: &mut BTreeMap<Fact, Span>) {
    let mut alive: Vec<(Fact, Span)> = Vec::new();
    for (fact, span) in facts.iter() {
        for object in fact.values.iter().filter_map(Value::object) {
            if schema.type_named(&object.kind).is_some_and(|entry| entry.kind == TypeKind::Open) {
                alive.push((is_alive(object), *span));
            }
        }
    }
    for (fact, span) in alive {
        facts.entry(fact).or_insert(span);
    }
}

/// The fact that an object is alive.
fn is_alive(object: &Object) -> Fact {
    Fact { relation: object.kind.clone(), values: vec![Value::Object(object.clone())] }
}

/// Objects of closed types must be stated, and so must every object that a rule's head names.
fn refuse_unknown(schema: &Schema, stated: &[Atom], rules: &[Rule], facts: &BTreeMap<Fact, Span>, report: &mut Report) {
    let mut told: BTreeSet<&Object> = BTreeSet::new();
    let of_facts = stated.iter().map(|atom| (atom, None));
    let of_heads = rules.iter().map(|rule| (&rule.head, Some(&rule.variables)));
    for (atom, variables) in of_facts.chain(of_heads) {
        for term in &atom.terms {
            let Term::Value(value @ (Value::Object(_) | Value::Set(..))) = term else {
                continue;
            };
            let Some(object) = value.object() else {
                continue;
            };
            if facts.contains_key(&is_alive(object)) || !told.insert(object) {
                continue;
            }
            let words = schema.type_named(&object.kind).map(|entry| entry.kind == TypeKind::Open).unwrap_or_default();
            let state = format!("State it: `{}({object}).`", object.kind);
            if variables.is_some_and(|variables| variables.contains(&object.id)) {
                report.add(object_like_variable(error, object, atom.span));
                break;
            } else if variables.is_some() {
                let message = format!("`{object}` stands in the head of a rule, but the text doesn't state it");
                let name = schema.predicate(atom.predicate).map(|predicate| &*predicate.name).unwrap_or_default();
                let stored =
                    schema.predicates.iter().filter(|known| known.origin == Origin::Stored).map(|known| &*known.name);
                let meant =
                    closest(name, stored).map(|meant| format!("If `{name}` is to be `{meant}`, mend it. {state}"));
                report.add(error("unknown-head-object", atom.span, message).help(state).maybe_help(meant));
                break;
            } else if !words {
                let message = format!("`{object}` isn't stated, and no mention creates a `{}`", object.kind);
                report.add(error("unknown-object", atom.span, message).help(state));
            }
        }
    }
}

/// One value for each key of a `->`.
fn refuse_two_values(schema: &Schema, facts: &BTreeMap<Fact, Span>, report: &mut Report) {
    let mut values: BTreeMap<(&Name, &[Value]), Span> = BTreeMap::new();
    for (fact, span) in facts {
        let key = schema
            .predicate_named(&fact.relation)
            .and_then(|id| schema.predicate(id))
            .and_then(|predicate| predicate.key);
        let Some((keys, _)) = key.and_then(|key| fact.values.split_at_checked(usize::from(key))) else {
            continue;
        };
        if let Some(other) = values.insert((&fact.relation, keys), *span) {
            let (first, second) =
                if (other.source, other.start) <= (span.source, span.start) { (other, *span) } else { (*span, other) };
            let message = format!("`{}` has one value for each key, and this is a second one", fact.relation);
            let problem = error("two-values", second, message).related(first, "the first is stated here");
            report.add(problem.help("Take one of them away."));
        }
    }
}

/// The rules that declarations stand for: `on(P, X)` for each type that permissions are on.
pub(super) fn on_rules(schema: &Schema) -> Vec<Rule> {
    let Some(on) = schema.predicate_named("on") else {
        return Vec::new();
    };
    let kinds: BTreeSet<&Name> = schema.permissions.iter().flat_map(|permission| &permission.on).collect();
    let rule = |kind: &Name| {
        let span = schema.permissions.iter().find(|permission| permission.on.contains(kind))?.span;
        let [permission, object] = [0, 1].map(|idx| Term::Variable(crate::policy::checked::VariableId(idx)));
        let hidden = schema.predicate_named(&on_relation(kind))?;
        let of_type = schema.predicate_named(kind)?;
        let literal = |predicate, term| Literal::Atom {
            negated: false,
            sign: None,
            atom: Atom { predicate, terms: vec![term], span },
        };
        Some(Rule {
            head: Atom { predicate: on, terms: vec![permission.clone(), object.clone()], span },
            body: vec![literal(hidden, permission), literal(of_type, object)],
            variables: vec!["P".into(), "X".into()],
            span,
        })
    };
    kinds.into_iter().filter_map(rule).collect()
}
