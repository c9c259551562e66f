//! Ways: what a derived fact rests on, each a join of what is stored and of calls that can't be unfolded.
//!
//! The unfolding is that of all plans; what becomes of it here is told to people, so it goes on for longer.

use crate::model::value::{ColumnType, Value};
use crate::plan::estimate::Estimates;
use crate::plan::planner::column_types;
use crate::plan::unfold::{Bindings, Bounds, Unfolded, is_decided, unfold_all, with_terms};
use crate::policy::checked::{InstanceLiteral, InstanceTerm, Origin, Policy, VariantId};

/// How far the ways to a fact are unfolded: what goes beyond stays a call.
const OF_WAYS: Bounds = Bounds { joins: 1_024, literals: 48, calls: 4_096 };

/// One way to the facts of a derived variant: literals that give such a fact when they hold together.
#[derive(Clone, Debug)]
pub struct Way {
    /// The variant of the fact.
    pub variant: VariantId,
    /// Positions in [`Policy::rules`]: the rule whose head the fact is, then those that were unfolded into it.
    pub rules: Vec<u32>,
    /// The fact, a term for each column.
    pub head: Vec<InstanceTerm>,
    /// What must hold: facts, calls of predicates that read themselves, negations, comparisons. What the policy states is left
    /// out, and so is that an object is alive which a stored fact mentions. Each literal has its place in the rule that it
    /// comes from.
    pub body: Vec<InstanceLiteral>,
    /// How many variables head and body have.
    pub n_variables: usize,
}

/// The ways to what a policy derives.
pub struct Ways<'p> {
    policy: &'p Policy,
    estimates: Estimates<'p>,
}

impl<'p> Ways<'p> {
    /// Those of a policy.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, estimates: Estimates::new(policy) }
    }

    /// The ways to the facts of a derived variant that have these values where one is given, by column; in the order of the text.
    /// A permission that is given for a column of those which no rule names must be one.
    pub fn to(&self, variant: VariantId, given: &[Option<Value>]) -> Vec<Way> {
        let instances = self.estimates.instances_of(variant).iter().rev();
        let clauses = instances.filter_map(|position| {
            let instance = self.policy.instances.get(*position)?;
            let clause = Unfolded::new(instance.terms.clone(), instance.body.clone(), instance.variables.len());
            with_values(&clause.of_rules(vec![instance.rule]), given)
        });
        self.unfold(variant, clauses.collect())
    }

    /// A way with one of its calls replaced by the rules that answer it, once for each; none if it isn't a call.
    pub fn through(&self, way: &Way, position: usize) -> Option<Vec<Way>> {
        let callee = match way.body.get(position) {
            Some(InstanceLiteral::Positive { variant, sign: None, .. }) => *variant,
            _ => return None,
        };
        let clause = Unfolded::new(way.head.clone(), way.body.clone(), way.n_variables);
        let clause = clause.of_rules(way.rules.clone());
        let instances = self.estimates.instances_of(callee);
        let opened = clause.replace(self.policy, position, instances, OF_WAYS.literals)?;
        Some(self.unfold(way.variant, opened.into_iter().rev().collect()))
    }

    fn unfold(&self, variant: VariantId, clauses: Vec<Unfolded>) -> Vec<Way> {
        let unfolded = unfold_all(self.policy, &self.estimates, clauses, &OF_WAYS);
        unfolded.into_iter().map(|unfolded| Way::new(variant, unfolded)).collect()
    }
}

impl Way {
    /// The type of each variable, by its number; none of one that stands in no fact. A variable for the object of a set may have
    /// the set's.
    pub fn columns(&self, policy: &Policy) -> Vec<Option<ColumnType>> {
        let mut columns = vec![None; self.n_variables];
        let mut note = |term: &InstanceTerm, column: &ColumnType| {
            if let InstanceTerm::Variable(variable) = term
                && let Some(slot) = columns.get_mut(usize::from(variable.0))
                && matches!(slot, None | Some(ColumnType::Set(..)))
            {
                *slot = Some(column.clone());
            }
        };
        let types = policy.variants.get(self.variant.0 as usize).map(column_types);
        self.head.iter().zip(types.iter().flatten()).for_each(|(term, column)| note(term, column));
        for literal in &self.body {
            match literal {
                InstanceLiteral::Positive { variant, terms, .. } => {
                    let types = policy.variants.get(variant.0 as usize).map(column_types);
                    terms.iter().zip(types.iter().flatten()).for_each(|(term, column)| note(term, column));
                }
                InstanceLiteral::Comparison { left, right, column, .. } => {
                    [left, right].into_iter().for_each(|term| note(term, column));
                }
                InstanceLiteral::Negated { .. } | InstanceLiteral::OtherPermission(_) => {}
            }
        }
        columns
    }

    /// Whether a literal calls a predicate: it holds by rules, which stand for it.
    pub fn is_call(&self, policy: &Policy, position: usize) -> bool {
        match self.body.get(position) {
            Some(InstanceLiteral::Positive { variant, .. }) => {
                policy.variants.get(variant.0 as usize).is_some_and(|found| found.origin == Origin::Derived)
            }
            _ => false,
        }
    }

    /// The way to the facts that have these values where one is given, by column; none if it leads to no such fact.
    pub fn with(&self, given: &[Option<Value>]) -> Option<Self> {
        let clause = Unfolded::new(self.head.clone(), self.body.clone(), self.n_variables);
        let given = with_values(&clause.of_rules(self.rules.clone()), given);
        given.map(|given| Self::new(self.variant, given))
    }

    fn new(variant: VariantId, unfolded: Unfolded) -> Self {
        let Unfolded { rules, head, body, n_variables, .. } = unfolded;
        Self { variant, rules, head, body, n_variables }
    }
}

/// A clause for the facts that have these values; none if its head has others.
fn with_values(clause: &Unfolded, given: &[Option<Value>]) -> Option<Unfolded> {
    let mut bindings = Bindings::new(clause.n_variables);
    for (term, value) in clause.head.iter().zip(given) {
        if let Some(value) = value
            && !bindings.unify(&InstanceTerm::Value(value.clone()), term)
        {
            return None;
        }
    }
    let resolve = |term: &InstanceTerm| bindings.resolve(term);
    let open = clause.body.iter().filter(|literal| !is_decided(literal, &resolve));
    let body = open.map(|literal| with_terms(literal, &|term| Some(resolve(term)))).collect::<Option<_>>()?;
    let head = clause.head.iter().map(resolve).collect();
    Some(Unfolded::new(head, body, clause.n_variables).of_rules(clause.rules.clone()))
}
