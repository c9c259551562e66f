//! A checker of proofs: every step by hand, against the rules as the author wrote them, the stored facts, and what the oracle
//! says does not hold. And the sizes of all smallest proofs, by trying everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use entail::engine::explain::proof::{Derivation, Proof, Reason, Statement};
use entail::model::comparison::Comparison;
use entail::model::fact::Fact;
use entail::model::value::{Name, Value};
use entail::policy::checked::{Atom, Literal, Origin, Policy, Rule, Term};

use super::bodies::{Binding, value_of};
use super::naive::{Context, Meaning};

/// What proofs are held against.
pub(crate) struct Court<'a> {
    /// The rules.
    pub(crate) policy: &'a Policy,
    /// The stored facts, aliveness included.
    pub(crate) stored: &'a BTreeSet<Fact>,
    /// What came with the question, `now` included.
    pub(crate) context: &'a Context,
    /// What follows from all that.
    pub(crate) meaning: &'a Meaning<'a>,
}

impl Court<'_> {
    /// Whether a proof shows a fact, step by step; what is wrong with it if not.
    pub(crate) fn accept(&self, proof: &Proof, goal: &Fact) -> Result<(), String> {
        let mut sizes: Vec<u64> = Vec::new();
        for (number, step) in proof.steps.iter().enumerate() {
            let wrong = |why: &str| format!("step {number}, {}: {why} ({:?})", step.says, step.because);
            let size = match &step.because {
                Reason::Rule(derivation) => {
                    if derivation.premises.iter().any(|premise| *premise >= number) {
                        return Err(wrong("it rests on a later step"));
                    }
                    let premises: Vec<&Statement> =
                        derivation.premises.iter().map(|premise| &proof.steps[*premise].says).collect();
                    let mut rules = self.policy.rules.iter().filter(|rule| self.is_at(rule, derivation));
                    if !rules.any(|rule| self.gives(rule, derivation, &step.says, &premises)) {
                        return Err(wrong("no rule there gives it"));
                    }
                    let below = derivation.premises.iter().map(|premise| sizes[*premise]);
                    below.fold(1, u64::saturating_add)
                }
                reason if self.is_so(&step.says, reason) => 1,
                _ => return Err(wrong("it isn't so")),
            };
            sizes.push(size);
        }
        let last = proof.steps.last().ok_or("there are no steps")?;
        match last.says == Statement::Holds(goal.clone()) && sizes.last() == Some(&proof.size) {
            true => Ok(()),
            false => {
                Err(format!("it shows {} with {:?} nodes, not {goal} with {}", last.says, sizes.last(), proof.size))
            }
        }
    }

    fn is_at(&self, rule: &Rule, derivation: &Derivation) -> bool {
        self.policy.place(rule.span) == derivation.place && self.policy.rule(rule, &|_| None) == derivation.rule
    }

    /// Whether a rule gives a statement from others, with the values that are told.
    fn gives(&self, rule: &Rule, derivation: &Derivation, says: &Statement, premises: &[&Statement]) -> bool {
        let value = |name: &Name| derivation.variables.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
        let binding: Binding = rule.variables.iter().map(value).collect();
        let is_literal = |(literal, premise): (&Literal, &&Statement)| match (literal, premise) {
            (Literal::Atom { negated: false, atom, .. }, Statement::Holds(fact)) => self.is_atom(atom, fact, &binding),
            (Literal::Atom { negated: true, atom, .. }, Statement::Lacks { relation, values }) => {
                let is_term = |(term, value): (&Term, &Option<Value>)| match term {
                    Term::Any => value.is_none(),
                    _ => *value == Some(value_of(term, &binding)),
                };
                self.name_of(atom) == relation && atom.terms.iter().zip(values).all(is_term)
            }
            (
                Literal::Comparison { operator, left, right, .. },
                Statement::Compares { left: a, operator: told, right: b },
            ) => {
                let is_side = |term: &Term, told: &Value| match (value_of(term, &binding), told) {
                    (Value::Text(text), Value::Time(time)) => {
                        text.parse().is_ok_and(|read: jiff::Timestamp| read == *time)
                    }
                    (value, told) => value == *told,
                };
                operator == told && is_side(left, a) && is_side(right, b)
            }
            _ => false,
        };
        rule.body.len() == premises.len()
            && matches!(says, Statement::Holds(fact) if self.is_atom(&rule.head, fact, &binding))
            && rule.body.iter().zip(premises).all(is_literal)
    }

    fn name_of(&self, atom: &Atom) -> &Name {
        &self.policy.schema.predicates[atom.predicate.0 as usize].name
    }

    /// Whether a fact is what an atom says; a type that others are has theirs.
    fn is_atom(&self, atom: &Atom, fact: &Fact, binding: &Binding) -> bool {
        let name = self.name_of(atom);
        let kind = self.policy.schema.types.iter().find(|kind| kind.name == *name);
        let is_named = fact.relation == *name || kind.is_some_and(|kind| kind.concrete.contains(&fact.relation));
        let is_term = |(term, value): (&Term, &Value)| *term == Term::Any || value_of(term, binding) == *value;
        is_named && fact.values.len() == atom.terms.len() && atom.terms.iter().zip(&fact.values).all(is_term)
    }

    /// Whether a statement that needs no rule is so.
    fn is_so(&self, says: &Statement, reason: &Reason) -> bool {
        let is_life = |fact: &Fact| self.policy.schema.types.iter().any(|kind| kind.name == fact.relation);
        let is_stated = |fact: &Fact| self.policy.built_in.contains(fact);
        match (says, reason) {
            (Statement::Holds(fact), Reason::Written(_)) => self.stored.contains(fact) && !is_life(fact),
            (Statement::Holds(fact), Reason::Alive) => self.stored.contains(fact) && is_life(fact),
            (Statement::Holds(fact), Reason::Stated(place)) => is_stated(fact) && place.starts_with("world.dl:"),
            (Statement::Holds(fact), Reason::Given) => {
                self.context.get(&fact.relation).is_some_and(|rows| rows.contains(&fact.values))
            }
            (Statement::Holds(fact), Reason::Catalogue(_)) => {
                let [permission, object] = fact.values.as_slice() else { return false };
                let (Some(permission), Some(object)) = (permission.object(), object.object()) else { return false };
                let life = Fact { relation: object.kind.clone(), values: vec![fact.values[1].clone()] };
                let entry = self.policy.schema.permissions.iter().find(|entry| entry.name == permission.id);
                &*fact.relation == "on"
                    && entry.is_some_and(|entry| entry.on.contains(&object.kind))
                    && (self.stored.contains(&life) || is_stated(&life))
            }
            (Statement::Holds(fact), Reason::Counted) => match fact.values.as_slice() {
                [Value::Text(text), Value::Integer(length)] => text.chars().count() as i64 == *length,
                _ => false,
            },
            (Statement::Compares { left, operator, right }, Reason::Compared) => compare(left, *operator, right),
            (Statement::Lacks { relation, values }, Reason::Absent) => {
                let is_it = |row: &&Vec<Value>| {
                    row.iter().zip(values).all(|(there, value)| value.as_ref().is_none_or(|value| value == there))
                };
                !self.meaning.facts(relation).iter().any(|row| is_it(&row))
            }
            _ => false,
        }
    }

    /// The size of the smallest proof of every derived fact, by predicate and values: rules are tried until nothing gets smaller.
    pub(crate) fn sizes(&self) -> BTreeMap<(Name, Vec<Value>), u64> {
        let mut sizes: BTreeMap<(Name, Vec<Value>), u64> = BTreeMap::new();
        let is_leaf = |atom: &Atom| {
            let predicate = &self.policy.schema.predicates[atom.predicate.0 as usize];
            predicate.origin != Origin::Derived || &*predicate.name == "on"
        };
        loop {
            let mut smaller = Vec::new();
            for rule in &self.policy.rules {
                let name = self.name_of(&rule.head);
                let _ = self.meaning.reading().each(&rule.body, vec![None; rule.variables.len()], &mut |binding| {
                    let size = rule.body.iter().try_fold(1_u64, |sum, literal| match literal {
                        Literal::Atom { negated: false, atom, .. } if !is_leaf(atom) => {
                            let of_atom = sizes.iter().filter(|((name, row), _)| {
                                let fact = Fact { relation: name.clone(), values: row.clone() };
                                self.is_atom(atom, &fact, binding)
                            });
                            of_atom.map(|(_, size)| *size).min().map(|size| sum.saturating_add(size))
                        }
                        _ => Some(sum + 1),
                    });
                    let head = rule.head.terms.iter().map(|term| value_of(term, binding)).collect();
                    smaller.extend(size.map(|size| ((name.clone(), head), size)));
                    ControlFlow::Continue(())
                });
            }
            let mut has_changed = false;
            for (fact, size) in smaller {
                let known = sizes.entry(fact).or_insert(u64::MAX);
                has_changed |= size < *known;
                *known = size.min(*known);
            }
            if !has_changed {
                return sizes;
            }
        }
    }
}

/// Values of different types are unequal and unordered.
fn compare(left: &Value, operator: Comparison, right: &Value) -> bool {
    let is_ordered = matches!(
        (left, right),
        (Value::Integer(_), Value::Integer(_)) | (Value::Time(_), Value::Time(_)) | (Value::Text(_), Value::Text(_))
    );
    match operator {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => is_ordered && left < right,
        Comparison::LessOrEqual => is_ordered && left <= right,
        Comparison::Greater => is_ordered && left > right,
        Comparison::GreaterOrEqual => is_ordered && left >= right,
    }
}
