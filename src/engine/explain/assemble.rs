//! The smallest proof as steps: rules as they are written, with values, and what they rest on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::engine::error::Error;
use crate::engine::explain::graph::{AtomId, Derivable, Smallest};
use crate::engine::explain::premises::{Premises, Values, unbound, value_of};
use crate::engine::explain::proof::{Derivation, Proof, Reason, Statement, Step};
use crate::engine::explain::search::Search;
use crate::engine::explain::ways::in_column;
use crate::engine::explain::witnesses::Witnesses;
use crate::engine::transact::life_of;
use crate::language::span::Span;
use crate::model::fact::Fact;
use crate::model::value::{Object, Value};
use crate::policy::checked::{Atom, InstanceLiteral, Literal, Origin, Policy, Rule, Term, VariableId};
use crate::policy::schema::PERMISSION;
use crate::store::moment::Moment;

/// A proof under way.
pub(super) struct Assembly<'a, 's> {
    search: &'a Search<'s>,
    smallest: &'a Smallest,
    moment: &'a Moment<'a>,
    steps: Vec<Step>,
    /// The steps that need no rule.
    leaves: HashMap<Statement, usize>,
    /// The steps of derived facts.
    done: HashMap<AtomId, usize>,
    witnesses: HashMap<usize, Witnesses>,
}

impl<'a, 's> Assembly<'a, 's> {
    /// Nothing yet; the facts that are needed have their smallest proofs in `smallest`.
    pub(super) fn new(search: &'a Search<'s>, smallest: &'a Smallest, moment: &'a Moment<'a>) -> Self {
        let (steps, leaves, done, witnesses) = Default::default();
        Self { search, smallest, moment, steps, leaves, done, witnesses }
    }

    /// The proof of a fact: below comes before above, from left to right.
    ///
    /// # Errors
    /// What the disk says; `limit-exceeded`.
    pub(super) fn proof(mut self, goal: AtomId) -> Result<Proof, Error> {
        // INVARIANT: a list, not a recursion: proofs are as deep as the data.
        let mut waiting = vec![goal];
        while let Some(atom) = waiting.last().copied() {
            if self.done.contains_key(&atom) {
                waiting.pop();
                continue;
            }
            let derivable = self.search.graph.last_of(self.smallest, atom).ok_or_else(missing)?;
            let n_before = waiting.len();
            let open = derivable.below.iter().rev().filter(|below| !self.done.contains_key(below));
            waiting.extend(open);
            if waiting.len() == n_before {
                let step = self.derivation(atom, derivable)?;
                self.done.insert(atom, self.steps.len());
                self.steps.push(step);
                waiting.pop();
            }
        }
        Ok(Proof { steps: self.steps, size: self.smallest.size(goal).ok_or_else(missing)? })
    }

    /// One use of a rule whose derived literals have their steps; its other literals get theirs.
    fn derivation(&mut self, atom: AtomId, derivable: &Derivable) -> Result<Step, Error> {
        let search = self.search;
        let (state, policy) = (search.state, &search.state.active.policy);
        let premises = search.premises.get(&derivable.instance).ok_or_else(missing)?;
        let rule = policy.rules.get(premises.rule as usize).ok_or_else(missing)?;
        let (_, head) = search.graph.atom(atom).ok_or_else(missing)?;
        let mut values = premises.values(head, &derivable.row);
        let witnesses = match self.witnesses.entry(derivable.instance) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Witnesses::new(state, premises)?),
        };
        witnesses.complete(state, premises, &mut values, search.surroundings)?;
        let using = Using { policy, rule, premises, values: &values };
        let mut below = derivable.below.iter();
        let mut numbers = Vec::with_capacity(rule.body.len());
        for literal in &rule.body {
            let number = if using.is_derived(literal) {
                let below = below.next().ok_or_else(missing)?;
                *self.done.get(below).ok_or_else(missing)?
            } else {
                self.leaf(&using, literal)?
            };
            numbers.push(number);
        }
        let known = |variable: VariableId| values.get(usize::from(variable.0)).cloned().flatten();
        let named = rule.variables.iter().zip(&values);
        let derivation = Derivation {
            place: policy.place(rule.span),
            rule: policy.rule(rule, &|_| None),
            instance: policy.rule(rule, &known),
            variables: named.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect(),
            premises: numbers,
        };
        let says = Statement::Holds(using.fact(&rule.head)?);
        Ok(Step { says, because: Reason::Rule(derivation) })
    }

    /// The step of a literal that needs no rule.
    fn leaf(&mut self, using: &Using<'_>, literal: &Literal) -> Result<usize, Error> {
        let (says, because) = match literal {
            Literal::Comparison { operator, left, right, .. } => {
                let (left, right) = beside_time(using.term(left)?, using.term(right)?);
                (Statement::Compares { left, operator: *operator, right }, Reason::Compared)
            }
            Literal::Atom { negated: true, atom, .. } => (using.lack(atom)?, Reason::Absent),
            Literal::Atom { negated: false, atom, .. } => {
                let fact = using.fact(atom)?;
                let because = self.reason(using.policy, atom, &fact)?;
                (Statement::Holds(fact), because)
            }
        };
        if let Some(known) = self.leaves.get(&says) {
            return Ok(*known);
        }
        let number = self.steps.len();
        self.leaves.insert(says.clone(), number);
        self.steps.push(Step { says, because });
        Ok(number)
    }

    /// Why a fact holds that no rule gives.
    fn reason(&self, policy: &Policy, atom: &Atom, fact: &Fact) -> Result<Reason, Error> {
        let predicate = policy.schema.predicate(atom.predicate).ok_or_else(missing)?;
        Ok(match predicate.origin {
            Origin::Context => Reason::Given,
            Origin::Length => Reason::Counted,
            Origin::Derived => {
                let permission = fact.values.first().and_then(Value::object);
                let entry = permission.and_then(|permission| policy.schema.permission_named(&permission.id));
                Reason::Catalogue(policy.place(entry.ok_or_else(missing)?.span))
            }
            Origin::Stored => match policy.stated_place(fact) {
                Some(place) => Reason::Stated(place),
                None if life_of(fact).is_some() => Reason::Alive,
                None => {
                    let state = self.search.state;
                    let written = self.moment.written_at(state.tenant_id(), fact)?;
                    Reason::Written(state.place.token(written.ok_or_else(|| unstored(fact))?))
                }
            },
        })
    }
}

/// A rule with values for its variables.
struct Using<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    premises: &'a Premises,
    values: &'a Values,
}

impl Using<'_> {
    /// Whether a literal is one of the derived facts that the rule rests on.
    fn is_derived(&self, literal: &Literal) -> bool {
        let Literal::Atom { negated: false, atom, .. } = literal else { return false };
        let predicate = self.policy.schema.predicate(atom.predicate);
        predicate.is_some_and(|predicate| predicate.origin == Origin::Derived && &*predicate.name != "on")
    }

    /// The fact that an atom is.
    fn fact(&self, atom: &Atom) -> Result<Fact, Error> {
        let value = |(column, term): (usize, &Term)| match term {
            Term::Any => self.witness(atom, column),
            _ => self.term(term),
        };
        let values: Vec<Value> = atom.terms.iter().enumerate().map(value).collect::<Result<_, _>>()?;
        let predicate = self.policy.schema.predicate(atom.predicate).ok_or_else(missing)?;
        let relation = match values.as_slice() {
            [Value::Object(object)] if self.policy.schema.type_named(&predicate.name).is_some() => object.kind.clone(),
            _ => predicate.name.clone(),
        };
        Ok(Fact { relation, values })
    }

    /// That there is no such fact.
    fn lack(&self, atom: &Atom) -> Result<Statement, Error> {
        let value = |term: &Term| match term {
            Term::Any => Ok(None),
            _ => self.term(term).map(Some),
        };
        let values = atom.terms.iter().map(value).collect::<Result<_, _>>()?;
        let predicate = self.policy.schema.predicate(atom.predicate).ok_or_else(missing)?;
        Ok(Statement::Lacks { relation: predicate.name.clone(), values })
    }

    fn term(&self, term: &Term) -> Result<Value, Error> {
        let known = |variable: &VariableId| {
            self.values.get(usize::from(variable.0)).cloned().flatten().ok_or_else(|| self.unknown())
        };
        match term {
            Term::Value(value) => Ok(value.clone()),
            Term::Variable(variable) => known(variable),
            Term::SetOf(variable, relation) => match known(variable)? {
                Value::Object(object) => Ok(Value::Set(object, relation.clone())),
                _ => Err(missing()),
            },
            Term::Any => Err(missing()),
        }
    }

    /// The value that stands for a `_`.
    fn witness(&self, atom: &Atom, column: usize) -> Result<Value, Error> {
        match literal_at(&self.premises.body, atom.span) {
            Some(InstanceLiteral::Positive { variant, terms, .. }) => {
                let found = self.policy.variants.get(variant.0 as usize).ok_or_else(missing)?;
                // Of `on(p, _)` the type of the object is left.
                let column = if found.predicate == atom.predicate { column } else { column.saturating_sub(1) };
                let value = terms.get(column).and_then(|term| value_of(term, self.values)).ok_or_else(unbound)?;
                Ok(found.columns.get(column).map_or_else(|| value.clone(), |column| in_column(&value, column)))
            }
            // What the types have decided: some permission, on that type if it is `on(_, X)`.
            _ => {
                let kind = match atom.terms.get(1) {
                    Some(object) => self.term(object)?.object().map(|object| object.kind.clone()),
                    None => None,
                };
                let fits = |on: &[_]| kind.as_ref().is_none_or(|kind| on.contains(kind));
                let mut entries = self.policy.schema.permissions.iter().filter(|entry| fits(&entry.on));
                let entry = entries.next().ok_or_else(unbound)?;
                Ok(Value::Constant(Object::new(PERMISSION, entry.name.clone())))
            }
        }
    }

    fn unknown(&self) -> Error {
        let place = self.policy.place(self.rule.span);
        Error::internal(format!("a variable of the rule at {place} that nothing binds"))
    }
}

/// The literal of an instance's body at a place of the text.
fn literal_at(body: &[InstanceLiteral], place: Span) -> Option<&InstanceLiteral> {
    body.iter().find(|literal| matches!(literal, InstanceLiteral::Positive { span, .. } if *span == place))
}

/// A text beside a time is read as one.
fn beside_time(left: Value, right: Value) -> (Value, Value) {
    let in_time = |text: &str, other: Value| text.parse().map_or(other, Value::Time);
    match (left, right) {
        (Value::Text(text), Value::Time(time)) => (in_time(&text, Value::Text(text.clone())), Value::Time(time)),
        (Value::Time(time), Value::Text(text)) => (Value::Time(time), in_time(&text, Value::Text(text.clone()))),
        other => other,
    }
}

fn missing() -> Error {
    Error::internal("a proof rests on what isn't there")
}

fn unstored(fact: &Fact) -> Error {
    Error::internal(format!("`{fact}` is in memory, and is neither stored nor stated by the policy"))
}
