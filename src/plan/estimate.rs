//! What asking a literal costs, roughly, before there are statistics: enough to choose an order of joining.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::value::ColumnType;
use crate::plan::order::choose_order;
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, Policy, VariantId};
use crate::policy::schema::{PERMISSION, TypeKind};

/// A cost class, as a weight: a sum of two never reaches the next class up.
pub(super) type Cost = u32;

/// Decided without a row.
pub(super) const FREE: Cost = 0;
/// One look-up: whether objects stand in a relation.
pub(super) const TEST: Cost = 1;
/// One row at most, by a key.
pub(super) const KEY: Cost = 2;
/// One look-up that says little: whether one value has a property, which most have that are asked about.
pub(super) const PROPERTY: Cost = 3;
/// The rows that came with the question, or with the transaction.
pub(super) const CONTEXT: Cost = 5;
/// The rows of one object.
pub(super) const DEGREE: Cost = 10;
/// What recursion reaches from one object.
pub(super) const CLOSURE: Cost = 40;
/// All constants of a closed type.
pub(super) const CONSTANTS: Cost = 60;
/// All rows of a short relation: of one column, or selected by constants alone.
pub(super) const SHORT_SCAN: Cost = 200;
/// All rows, or all objects of a type.
pub(super) const SCAN: Cost = 5000;

/// Deeper chains of predicates are taken to cost a degree: an estimate need not be exact, only finite.
const MAX_DEPTH: usize = 12;

/// What derived variants cost by the columns that come bound; none while it is being estimated.
type Costs = HashMap<(VariantId, Vec<bool>), Option<Cost>>;

/// What estimating found out about a policy, for later estimates to build on.
#[derive(Debug, Default)]
pub(super) struct Known {
    instances: Arc<HashMap<VariantId, Vec<usize>>>,
    costs: Costs,
}

/// Estimates of derived variants, remembered.
pub(super) struct Estimates<'p> {
    policy: &'p Policy,
    before: Arc<Known>,
    costs: Costs,
    depth: usize,
}

impl<'p> Estimates<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let mut instances: HashMap<VariantId, Vec<usize>> = HashMap::new();
        for (position, instance) in policy.instances.iter().enumerate() {
            instances.entry(instance.head).or_default().push(position);
        }
        Self::after(policy, Arc::new(Known { instances: Arc::new(instances), costs: Costs::new() }))
    }

    /// Estimates of the same policy, after others.
    pub(super) fn after(policy: &'p Policy, before: Arc<Known>) -> Self {
        Self { policy, before, costs: Costs::new(), depth: 0 }
    }

    /// What is known now, of a policy that was estimated from the beginning.
    pub(super) fn into_known(self) -> Known {
        Known { instances: self.before.instances.clone(), costs: self.costs }
    }

    /// The positions of the instances whose head is this variant.
    pub(super) fn instances_of(&self, variant: VariantId) -> &[usize] {
        self.before.instances.get(&variant).map_or(&[], Vec::as_slice)
    }

    /// The cost of a positive literal on `variant` of which these columns are bound.
    pub(super) fn positive(&mut self, variant: VariantId, bound: &[bool]) -> Cost {
        let policy = self.policy;
        let Some(found) = policy.variants.get(variant.0 as usize) else {
            return SCAN;
        };
        match found.origin {
            Origin::Stored => self.stored(variant, bound),
            Origin::Context => CONTEXT,
            Origin::Length => FREE,
            Origin::Derived => self.derived(variant, bound),
        }
    }

    fn stored(&self, variant: VariantId, bound: &[bool]) -> Cost {
        let Some(found) = self.policy.variants.get(variant.0 as usize) else {
            return SCAN;
        };
        let predicate = self.policy.schema.predicates.get(found.predicate.0 as usize);
        if bound.iter().all(|&is_bound| is_bound) {
            return if bound.len() == 1 { PROPERTY } else { TEST };
        }
        if let Some(key) = predicate.and_then(|predicate| predicate.key)
            && bound.iter().take(usize::from(key)).all(|&is_bound| is_bound)
        {
            return KEY;
        }
        let columns = found.columns.iter();
        if columns.clone().zip(bound).any(|(column, &is_bound)| is_bound && !self.is_constant(column)) {
            return DEGREE;
        }
        if bound.iter().any(|&is_bound| is_bound) {
            return SHORT_SCAN;
        }
        match found.columns.first() {
            Some(column) if found.columns.len() == 1 => {
                if self.is_constant(column) {
                    CONSTANTS
                } else if predicate.is_some_and(|predicate| self.is_type(&predicate.name)) {
                    SCAN
                } else {
                    SHORT_SCAN
                }
            }
            _ => SCAN * 2,
        }
    }

    /// Whether a column holds constants of a closed type: few values, each in many rows.
    pub(super) fn is_constant(&self, column: &Column) -> bool {
        match column {
            Column::Permission(_) | Column::OtherPermission => true,
            Column::Type(ColumnType::Object(kind)) => {
                &**kind == PERMISSION
                    || self.type_kind(kind).is_some_and(|kind| matches!(kind, TypeKind::Enumeration(_)))
            }
            Column::Type(_) => false,
        }
    }

    fn is_type(&self, name: &str) -> bool {
        self.type_kind(name).is_some()
    }

    fn type_kind(&self, name: &str) -> Option<&TypeKind> {
        self.policy.schema.types.iter().find(|declared| &*declared.name == name).map(|declared| &declared.kind)
    }

    /// The costliest step of the costliest instance.
    fn derived(&mut self, variant: VariantId, bound: &[bool]) -> Cost {
        let key = (variant, bound.to_vec());
        if let Some(known) = self.costs.get(&key).or_else(|| self.before.costs.get(&key)) {
            // An estimate under way is a recursion.
            return known.unwrap_or(CLOSURE);
        }
        if self.depth >= MAX_DEPTH {
            return DEGREE;
        }
        self.depth += 1;
        self.costs.insert(key.clone(), None);
        let policy = self.policy;
        let mut cost = TEST;
        for position in self.instances_of(variant).to_vec() {
            let Some(instance) = policy.instances.get(position) else {
                continue;
            };
            let mut known = vec![false; instance.variables.len()];
            for (term, &is_bound) in instance.terms.iter().zip(bound) {
                if let (InstanceTerm::Variable(variable), true) = (term, is_bound)
                    && let Some(known) = known.get_mut(usize::from(variable.0))
                {
                    *known = true;
                }
            }
            for (_, step) in choose_order(self, &instance.body, known) {
                cost = cost.max(step);
            }
        }
        self.depth -= 1;
        self.costs.insert(key, Some(cost));
        cost
    }

    /// The cost of a literal when these variables are bound; none if it can't be asked yet.
    pub(super) fn literal(&mut self, literal: &InstanceLiteral, known: &[bool]) -> Option<Cost> {
        let policy = self.policy;
        match literal {
            InstanceLiteral::Positive { terms, sign: Some(_), .. } => {
                Some(if terms.iter().all(|term| is_known(term, known)) { TEST } else { CONTEXT })
            }
            InstanceLiteral::Positive { variant, terms, sign: None, .. } => {
                let bound: Vec<bool> = terms.iter().map(|term| is_known(term, known)).collect();
                let is_length =
                    policy.variants.get(variant.0 as usize).is_some_and(|found| found.origin == Origin::Length);
                if is_length && bound.first() != Some(&true) {
                    return None;
                }
                Some(self.positive(*variant, &bound))
            }
            InstanceLiteral::Negated { terms, .. } => {
                let ready = terms.iter().all(|term| matches!(term, InstanceTerm::Any) || is_known(term, known));
                ready.then_some(TEST)
            }
            InstanceLiteral::Comparison { left, right, .. } => {
                (is_known(left, known) && is_known(right, known)).then_some(FREE)
            }
            InstanceLiteral::OtherPermission(variable) => {
                known.get(usize::from(variable.0)).copied().unwrap_or(false).then_some(FREE)
            }
        }
    }
}

/// Whether a term's value is known.
pub(super) fn is_known(term: &InstanceTerm, known: &[bool]) -> bool {
    match term {
        InstanceTerm::Variable(variable) => known.get(usize::from(variable.0)).copied().unwrap_or(false),
        InstanceTerm::Any => false,
        InstanceTerm::Value(_) => true,
    }
}
