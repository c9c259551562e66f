//! The oracle: what a policy and a state mean, computed by the most obvious means: no indexes, no plans, no deltas.
//!
//! It reads the rules as the author wrote them, on dynamic values; the typed instances and all that the planner makes of
//! them take no part. From the variants it takes one thing: in which order the strata come.

use std::collections::{BTreeMap, BTreeSet};

use entail::model::comparison::Comparison;
use entail::model::fact::Fact;
use entail::model::value::{Name, Object, Value};
use entail::policy::checked::{Atom, Column, Literal, Origin, Policy, PredicateId, Rule, Term, VariableId, Variant};
use entail::policy::schema::{PERMISSION, TypeKind};

/// The facts that came with a question, by relation, `now` included.
pub(crate) type Context = BTreeMap<Name, BTreeSet<Vec<Value>>>;

/// The least model of a policy over a state: every fact that holds, by predicate.
pub(crate) struct Meaning<'a> {
    policy: &'a Policy,
    facts: Vec<BTreeSet<Vec<Value>>>,
    is_positive: bool,
}

/// In which order: `on` first, then by component.
type Stratum = (bool, u32);

type Binding = Vec<Option<Value>>;

impl<'a> Meaning<'a> {
    /// Everything that follows from the stored facts (aliveness included), the built-in ones and the context.
    pub(crate) fn of(policy: &'a Policy, stored: &BTreeSet<Fact>, context: &Context) -> Self {
        let is_negation = |literal: &Literal| matches!(literal, Literal::Atom { negated: true, .. });
        let is_positive = !policy.rules.iter().flat_map(|rule| &rule.body).any(is_negation);
        let facts = vec![BTreeSet::new(); policy.schema.predicates.len()];
        let mut meaning = Self { policy, facts, is_positive };
        for fact in stored.iter().chain(&policy.built_in) {
            meaning.add_given(&fact.relation, &fact.values);
        }
        for (relation, rows) in context {
            rows.iter().for_each(|row| meaning.add_given(relation, row));
        }
        meaning.complete_supertypes();
        meaning.complete_derived();
        meaning
    }

    /// Whether a fact holds.
    pub(crate) fn holds(&self, predicate: &str, values: &[Value]) -> bool {
        self.facts(predicate).contains(values)
    }

    /// Every fact of a predicate.
    pub(crate) fn facts(&self, predicate: &str) -> &BTreeSet<Vec<Value>> {
        &self.facts[self.id(predicate).0 as usize]
    }

    /// The answers of a goal: the values of its `n_variables` variables, by number, each row once.
    pub(crate) fn answers(&self, predicate: &str, terms: &[Term], n_variables: usize) -> BTreeSet<Vec<Value>> {
        let mut rows = BTreeSet::new();
        for fact in self.facts(predicate) {
            let mut binding = vec![None; n_variables];
            if self.unify(terms, fact, &mut binding, &mut Vec::new()) {
                rows.insert(binding.into_iter().map(|value| value.expect("every variable is in the goal")).collect());
            }
        }
        rows
    }

    fn id(&self, predicate: &str) -> PredicateId {
        let position = self.policy.schema.predicates.iter().position(|p| &*p.name == predicate);
        PredicateId(position.unwrap_or_else(|| panic!("`{predicate}` is a predicate")) as u32)
    }

    fn add_given(&mut self, relation: &str, values: &[Value]) {
        let id = self.id(relation);
        self.facts[id.0 as usize].insert(values.to_vec());
    }

    /// A type that others are has their objects: `type a is b` means `b(X) :- a(X)`.
    fn complete_supertypes(&mut self) {
        for supertype in &self.policy.schema.types {
            let of = self.id(&supertype.name);
            for concrete in &supertype.concrete {
                let alive = self.facts(concrete).clone();
                self.facts[of.0 as usize].extend(alive);
            }
        }
    }

    /// Stratum by stratum, each to its fixpoint. A rule may have heads in several strata; only those of this one count.
    fn complete_derived(&mut self) {
        let policy = self.policy;
        let derived = policy.variants.iter().filter(|variant| variant.origin == Origin::Derived);
        let strata: BTreeSet<Stratum> = derived.clone().map(|variant| self.stratum_of(variant)).collect();
        for stratum in strata {
            let predicates: BTreeSet<PredicateId> =
                derived.clone().filter(|variant| self.stratum_of(variant) == stratum).map(|v| v.predicate).collect();
            loop {
                let mut fresh = Vec::new();
                for rule in policy.rules.iter().filter(|rule| predicates.contains(&rule.head.predicate)) {
                    for head in self.heads(rule) {
                        if self.stratum(rule.head.predicate, &head) == stratum {
                            fresh.push((rule.head.predicate, head));
                        }
                    }
                }
                let before = self.n_facts();
                for (predicate, head) in fresh {
                    self.facts[predicate.0 as usize].insert(head);
                }
                if self.n_facts() == before {
                    break;
                }
            }
        }
    }

    /// Without negation all is one stratum. `on` reads stored facts alone and comes first: where the types say that it
    /// holds, the variants don't depend on it.
    fn stratum_of(&self, variant: &Variant) -> Stratum {
        if self.is_positive {
            return (false, 0);
        }
        let is_on = &*self.policy.schema.predicates[variant.predicate.0 as usize].name == "on";
        (!is_on, variant.component)
    }

    fn n_facts(&self) -> usize {
        self.facts.iter().map(BTreeSet::len).sum()
    }

    /// The stratum of a derived fact is that of its variant.
    fn stratum(&self, predicate: PredicateId, values: &[Value]) -> Stratum {
        let fits = |exact: bool| {
            self.policy.variants.iter().find(|variant| {
                variant.predicate == predicate
                    && variant.columns.iter().zip(values).all(|(column, value)| match column {
                        Column::Type(column) => *column == value.column_type(),
                        Column::Permission(name) => {
                            value.object().is_some_and(|o| &*o.kind == PERMISSION && o.id == *name)
                        }
                        Column::OtherPermission => !exact && value.object().is_some_and(|o| &*o.kind == PERMISSION),
                    })
            })
        };
        let name = &self.policy.schema.predicates[predicate.0 as usize].name;
        let variant = fits(true).or_else(|| fits(false));
        self.stratum_of(variant.unwrap_or_else(|| panic!("a variant of `{name}` holds {values:?}")))
    }

    /// Every head that the facts so far give the rule.
    fn heads(&self, rule: &Rule) -> BTreeSet<Vec<Value>> {
        let is_length = |atom: &Atom| self.policy.schema.predicates[atom.predicate.0 as usize].origin == Origin::Length;
        let positive = |length: bool| {
            rule.body.iter().filter_map(move |literal| match literal {
                Literal::Atom { negated: false, atom, .. } if is_length(atom) == length => Some(atom),
                _ => None,
            })
        };
        // A length needs its text: whatever else binds goes first.
        let atoms: Vec<&Atom> = positive(false).chain(positive(true)).collect();
        let mut heads = BTreeSet::new();
        self.join(rule, &atoms, &mut vec![None; rule.variables.len()], &mut heads);
        heads
    }

    fn join(&self, rule: &Rule, atoms: &[&Atom], binding: &mut Binding, heads: &mut BTreeSet<Vec<Value>>) {
        let Some((atom, rest)) = atoms.split_first() else {
            if rule.body.iter().all(|literal| self.allows(literal, binding)) {
                heads.insert(rule.head.terms.iter().map(|term| value_of(term, binding)).collect());
            }
            return;
        };
        for fact in self.candidates(atom, binding).iter() {
            let mut bound = Vec::new();
            if self.unify(&atom.terms, fact, binding, &mut bound) {
                self.join(rule, rest, binding, heads);
            }
            bound.into_iter().for_each(|variable: VariableId| binding[variable.0 as usize] = None);
        }
    }

    /// The facts that an atom may be: all of its predicate, or the one length of its text.
    fn candidates(&self, atom: &Atom, binding: &Binding) -> std::borrow::Cow<'_, BTreeSet<Vec<Value>>> {
        if self.policy.schema.predicates[atom.predicate.0 as usize].origin != Origin::Length {
            return std::borrow::Cow::Borrowed(&self.facts[atom.predicate.0 as usize]);
        }
        let text = value_of(&atom.terms[0], binding);
        std::borrow::Cow::Owned(match &text {
            Value::Text(characters) => {
                let length = Value::Integer(characters.chars().count() as i64);
                BTreeSet::from([vec![text, length]])
            }
            _ => BTreeSet::new(),
        })
    }

    /// Whether a fact is what the terms say; binds free variables, and tells which.
    fn unify(&self, terms: &[Term], fact: &[Value], binding: &mut Binding, bound: &mut Vec<VariableId>) -> bool {
        // Most facts fail at what is known already.
        let known = |term: &Term, value: &Value| match term {
            Term::Variable(variable) => binding[variable.0 as usize].as_ref().is_none_or(|known| known == value),
            Term::Value(constant) => constant == value,
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
            (Term::Value(constant), value) => constant == value,
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
            Literal::Atom { sign: Some(_), .. } => panic!("a rule reads no change"),
            Literal::Atom { negated: false, .. } => true,
            Literal::Atom { negated: true, atom, .. } => {
                let mut binding = binding.clone();
                let mut bound = Vec::new();
                let found = self
                    .candidates(atom, &binding.clone())
                    .iter()
                    .any(|fact| self.unify(&atom.terms, fact, &mut binding, &mut bound));
                assert!(bound.is_empty(), "a variable of a negated literal stands in a positive one");
                !found
            }
            Literal::Comparison { operator, left, right, .. } => compare(*operator, left, right, binding),
        }
    }
}

fn value_of(term: &Term, binding: &Binding) -> Value {
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
