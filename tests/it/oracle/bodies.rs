//! What makes a body true, found by trying every fact for every literal.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use entail::language::syntax::Sign;
use entail::model::comparison::Comparison;
use entail::model::fact::Fact;
use entail::model::value::{Object, Value};
use entail::policy::checked::{Atom, Literal, Origin, Policy, PredicateId, Term, VariableId};
use entail::policy::schema::TypeKind;

/// The facts of each predicate, by its id.
pub(crate) type Tables = Vec<BTreeSet<Vec<Value>>>;

/// The values of a statement's variables, as far as they are known.
pub(crate) type Binding = Vec<Option<Value>>;

/// What a transaction brings and takes.
pub(crate) struct Delta {
    plus: Tables,
    minus: Tables,
}

/// What the literals of a body read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'r> {
    /// Whose names and types are meant.
    pub(crate) policy: &'r Policy,
    /// What a plain literal reads.
    pub(crate) state: &'r Tables,
    /// What `+p` and `-p` read.
    pub(crate) change: Option<&'r Delta>,
}

/// Facts by predicate. A type that others are has their objects: `type a is b` means `b(X) :- a(X)`.
pub(crate) fn tables<'f>(policy: &Policy, facts: impl Iterator<Item = &'f Fact>) -> Tables {
    let mut tables = vec![BTreeSet::new(); policy.schema.predicates.len()];
    for fact in facts {
        tables[id(policy, &fact.relation).0 as usize].insert(fact.values.clone());
    }
    for supertype in &policy.schema.types {
        let of = id(policy, &supertype.name).0 as usize;
        for concrete in &supertype.concrete {
            let alive = tables[id(policy, concrete).0 as usize].clone();
            tables[of].extend(alive);
        }
    }
    tables
}

/// The predicate of this name, which must be there.
pub(crate) fn id(policy: &Policy, predicate: &str) -> PredicateId {
    let position = policy.schema.predicates.iter().position(|known| &*known.name == predicate);
    PredicateId(position.unwrap_or_else(|| panic!("`{predicate}` is a predicate")) as u32)
}

impl Delta {
    /// The facts of one state and not of the other.
    pub(crate) fn between(policy: &Policy, before: &BTreeSet<Fact>, after: &BTreeSet<Fact>) -> Self {
        Self { plus: tables(policy, after.difference(before)), minus: tables(policy, before.difference(after)) }
    }
}

impl Reading<'_> {
    /// Calls `found` with every binding that extends the given one and makes the body true, until it breaks.
    pub(crate) fn each(
        &self,
        body: &[Literal],
        given: Binding,
        found: &mut dyn FnMut(&Binding) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let positive = |last: bool| {
            body.iter().filter_map(move |literal| match literal {
                Literal::Atom { negated: false, sign, atom } if self.is_length(atom) == last => Some((*sign, atom)),
                _ => None,
            })
        };
        // A length needs its text: whatever else binds goes first.
        let atoms: Vec<(Option<Sign>, &Atom)> = positive(false).chain(positive(true)).collect();
        self.join(body, &atoms, &mut { given }, found)
    }

    /// Whether some binding that extends the given one makes the body true.
    pub(crate) fn holds(&self, body: &[Literal], given: Binding) -> bool {
        self.each(body, given, &mut |_| ControlFlow::Break(())).is_break()
    }

    fn join(
        &self,
        body: &[Literal],
        atoms: &[(Option<Sign>, &Atom)],
        binding: &mut Binding,
        found: &mut dyn FnMut(&Binding) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(((sign, atom), rest)) = atoms.split_first() else {
            if body.iter().all(|literal| self.allows(literal, binding)) {
                return found(binding);
            }
            return ControlFlow::Continue(());
        };
        for fact in self.candidates(*sign, atom, binding).iter() {
            let mut bound = Vec::new();
            let mut flow = ControlFlow::Continue(());
            if self.unify(&atom.terms, fact, binding, &mut bound) {
                flow = self.join(body, rest, binding, found);
            }
            bound.into_iter().for_each(|variable: VariableId| binding[variable.0 as usize] = None);
            flow?;
        }
        ControlFlow::Continue(())
    }

    fn is_length(&self, atom: &Atom) -> bool {
        self.policy.schema.predicates[atom.predicate.0 as usize].origin == Origin::Length
    }

    /// The facts that an atom may be: all of its predicate, or the one length of its text.
    fn candidates(&self, sign: Option<Sign>, atom: &Atom, binding: &Binding) -> Cow<'_, BTreeSet<Vec<Value>>> {
        if !self.is_length(atom) {
            let change = || self.change.expect("only guards and effects read a change");
            let tables = match sign {
                None => self.state,
                Some(Sign::Plus) => &change().plus,
                Some(Sign::Minus) => &change().minus,
            };
            return Cow::Borrowed(&tables[atom.predicate.0 as usize]);
        }
        let text = value_of(&atom.terms[0], binding);
        Cow::Owned(match &text {
            Value::Text(characters) => {
                let length = Value::Integer(characters.chars().count() as i64);
                BTreeSet::from([vec![text, length]])
            }
            _ => BTreeSet::new(),
        })
    }

    /// Whether a fact is what the terms say; binds free variables, and tells which.
    pub(crate) fn unify(
        &self,
        terms: &[Term],
        fact: &[Value],
        binding: &mut Binding,
        bound: &mut Vec<VariableId>,
    ) -> bool {
        // Most facts fail at what is known already.
        let known = |term: &Term, value: &Value| match term {
            Term::Variable(variable) => binding[variable.0 as usize].as_ref().is_none_or(|known| known == value),
            Term::Value(constant) => is_meant(constant, value),
            Term::Any | Term::SetOf(..) => true,
        };
        if !terms.iter().zip(fact).all(|(term, value)| known(term, value)) {
            return false;
        }
        let mut bind = |variable: VariableId, value: Value| match &binding[variable.0 as usize] {
            Some(known) => *known == value,
            None => {
                binding[variable.0 as usize] = Some(value);
                bound.push(variable);
                true
            }
        };
        terms.iter().zip(fact).all(|(term, value)| match (term, value) {
            (Term::Any, _) => true,
            (Term::Value(constant), value) => is_meant(constant, value),
            (Term::Variable(variable), value) => bind(*variable, value.clone()),
            (Term::SetOf(variable, relation), Value::Set(object, of)) => {
                relation == of && bind(*variable, self.object(object))
            }
            (Term::SetOf(..), _) => false,
        })
    }

    /// An object as the value that a column of its type holds.
    fn object(&self, object: &Object) -> Value {
        let kind = self.policy.schema.types.iter().find(|kind| kind.name == object.kind);
        match kind.map(|kind| &kind.kind) {
            Some(TypeKind::Enumeration(_)) => Value::Constant(object.clone()),
            _ => Value::Object(object.clone()),
        }
    }

    /// Whether a literal that binds nothing lets a complete binding pass.
    fn allows(&self, literal: &Literal, binding: &Binding) -> bool {
        match literal {
            Literal::Atom { negated: false, .. } => true,
            Literal::Atom { negated: true, sign, atom } => {
                let mut binding = binding.clone();
                let mut bound = Vec::new();
                let found = self
                    .candidates(*sign, atom, &binding.clone())
                    .iter()
                    .any(|fact| self.unify(&atom.terms, fact, &mut binding, &mut bound));
                assert!(bound.is_empty(), "a variable of a negated literal stands in a positive one");
                !found
            }
            Literal::Comparison { operator, left, right, .. } => compare(*operator, left, right, binding),
        }
    }
}

/// Whether a value is the one that the rules write; a text of theirs beside a time is a time.
fn is_meant(constant: &Value, value: &Value) -> bool {
    match (constant, value) {
        (Value::Text(text), Value::Time(_)) => read_time(text).as_ref() == Some(value),
        _ => constant == value,
    }
}

/// The value of a term whose variables are bound.
pub(crate) fn value_of(term: &Term, binding: &Binding) -> Value {
    let of = |variable: &VariableId| binding[variable.0 as usize].clone().expect("a safe rule binds its variables");
    match term {
        Term::Any => panic!("`_` has no value"),
        Term::Value(value) => value.clone(),
        Term::Variable(variable) => of(variable),
        Term::SetOf(variable, relation) => match of(variable) {
            Value::Object(object) | Value::Constant(object) => Value::Set(object, relation.clone()),
            other => panic!("{other:?} has no sets"),
        },
    }
}

/// Values of different types are unequal and unordered; a text of the rules beside a time is a time.
fn compare(operator: Comparison, left: &Term, right: &Term, binding: &Binding) -> bool {
    let (a, b) = (value_of(left, binding), value_of(right, binding));
    let (a, b) = match (left, &a, right, &b) {
        (Term::Value(Value::Text(text)), _, _, Value::Time(_)) => (read_time(text).unwrap_or(a), b),
        (_, Value::Time(_), Term::Value(Value::Text(text)), _) => (a, read_time(text).unwrap_or(b)),
        _ => (a, b),
    };
    let order = match (&a, &b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => None,
    };
    match operator {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => order.is_some_and(|order| order.is_lt()),
        Comparison::LessOrEqual => order.is_some_and(|order| order.is_le()),
        Comparison::Greater => order.is_some_and(|order| order.is_gt()),
        Comparison::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
    }
}

fn read_time(text: &str) -> Option<Value> {
    text.parse().ok().map(Value::Time)
}
