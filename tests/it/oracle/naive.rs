//! The oracle: what a policy and a state mean, computed by the most obvious means: no indexes, no plans, no deltas.
//!
//! It reads the rules as the author wrote them, on dynamic values; the typed instances and all that the planner makes of
//! them take no part. From the variants it takes one thing: in which order the strata come.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use entail::model::fact::Fact;
use entail::model::value::{Name, Value};
use entail::policy::checked::{Column, Literal, Origin, Policy, PredicateId, Rule, Term, Variant};
use entail::policy::schema::PERMISSION;

use super::bodies::{Reading, Tables, id, tables, value_of};

/// The facts that came with a question, by relation, `now` included.
pub(crate) type Context = BTreeMap<Name, BTreeSet<Vec<Value>>>;

/// The least model of a policy over a state: every fact that holds, by predicate.
pub(crate) struct Meaning<'a> {
    policy: &'a Policy,
    facts: Tables,
    is_positive: bool,
}

/// In which order: `on` first, then by component.
type Stratum = (bool, u32);

impl<'a> Meaning<'a> {
    /// Everything that follows from the stored facts (aliveness included), the built-in ones and the context.
    pub(crate) fn of(policy: &'a Policy, stored: &BTreeSet<Fact>, context: &Context) -> Self {
        let is_negation = |literal: &Literal| matches!(literal, Literal::Atom { negated: true, .. });
        let is_positive = !policy.rules.iter().flat_map(|rule| &rule.body).any(is_negation);
        let facts = tables(policy, stored.iter().chain(&policy.built_in));
        let mut meaning = Self { policy, facts, is_positive };
        for (relation, rows) in context {
            meaning.facts[id(policy, relation).0 as usize].extend(rows.iter().cloned());
        }
        meaning.complete_derived();
        meaning
    }

    /// Whether a fact holds.
    pub(crate) fn holds(&self, predicate: &str, values: &[Value]) -> bool {
        self.facts(predicate).contains(values)
    }

    /// Every fact of a predicate.
    pub(crate) fn facts(&self, predicate: &str) -> &BTreeSet<Vec<Value>> {
        &self.facts[id(self.policy, predicate).0 as usize]
    }

    /// What bodies read of it, changes left out.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { policy: self.policy, state: &self.facts, change: None }
    }

    /// The answers of a goal: the values of its `n_variables` variables, by number, each row once.
    pub(crate) fn answers(&self, predicate: &str, terms: &[Term], n_variables: usize) -> BTreeSet<Vec<Value>> {
        let mut rows = BTreeSet::new();
        for fact in self.facts(predicate) {
            let mut binding = vec![None; n_variables];
            if self.reading().unify(terms, fact, &mut binding, &mut Vec::new()) {
                rows.insert(binding.into_iter().map(|value| value.expect("every variable is in the goal")).collect());
            }
        }
        rows
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
        let mut heads = BTreeSet::new();
        let _ = self.reading().each(&rule.body, vec![None; rule.variables.len()], &mut |binding| {
            heads.insert(rule.head.terms.iter().map(|term| value_of(term, binding)).collect());
            ControlFlow::Continue(())
        });
        heads
    }
}
