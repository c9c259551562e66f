//! Levels: in which order rules are worked out, so that what a `not` asks is complete before.

use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Column, InstanceLiteral, Origin, Policy, PredicateId};
use crate::policy::schema::PERMISSION;

/// The level of each variant. A rule may derive facts of several.
pub(super) struct Levels {
    /// By predicate: the columns of each derived variant, and its level.
    variants: Vec<Vec<(Box<[Column]>, u32)>>,
    /// How many levels there are.
    pub(super) count: u32,
}

impl Levels {
    /// The levels of a policy: what a variant denies lies below it, what it reads not above.
    pub(super) fn of(policy: &Policy) -> Self {
        let n_components = policy.variants.iter().map(|variant| variant.component + 1).max().unwrap_or(0);
        let mut levels = vec![0_u32; n_components as usize];
        let component = |id: crate::policy::checked::VariantId| {
            policy.variants.get(id.0 as usize).map_or(0, |variant| variant.component as usize)
        };
        // What a component reads has a smaller number, so that its level is known already.
        let mut instances: Vec<_> = policy.instances.iter().collect();
        instances.sort_by_key(|instance| component(instance.head));
        for instance in instances {
            let below = instance.body.iter().flat_map(|literal| match literal {
                InstanceLiteral::Positive { variant, .. } => vec![(component(*variant), 0)],
                InstanceLiteral::Negated { variants, .. } => {
                    variants.iter().map(|variant| (component(*variant), 1)).collect()
                }
                InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => Vec::new(),
            });
            let least = below.map(|(read, above)| levels.get(read).copied().unwrap_or(0) + above).max().unwrap_or(0);
            if let Some(level) = levels.get_mut(component(instance.head)) {
                *level = least.max(*level);
            }
        }
        let mut variants = vec![Vec::new(); policy.schema.predicates.len()];
        for variant in policy.variants.iter().filter(|variant| variant.origin == Origin::Derived) {
            let level = levels.get(variant.component as usize).copied().unwrap_or(0);
            if let Some(of_predicate) = variants.get_mut(variant.predicate.0 as usize) {
                of_predicate.push((variant.columns.clone(), level));
            }
        }
        let count = levels.into_iter().max().map_or(0, |last| last + 1);
        Self { variants, count }
    }

    /// Whether a predicate has facts of a level.
    pub(super) fn has(&self, predicate: PredicateId, level: u32) -> bool {
        self.of_predicate(predicate).iter().any(|(_, of)| *of == level)
    }

    /// The level of a derived fact; the first one for a fact of no variant, which no rule should derive.
    pub(super) fn level(&self, predicate: PredicateId, values: &[Value]) -> u32 {
        let variants = self.of_predicate(predicate);
        match variants {
            [(_, level), rest @ ..] if rest.iter().all(|(_, other)| other == level) => return *level,
            _ => {}
        }
        let fits = |exact: bool| {
            variants
                .iter()
                .find(|(columns, _)| columns.iter().zip(values).all(|(column, value)| holds(column, value, exact)))
        };
        fits(true).or_else(|| fits(false)).map_or(0, |(_, level)| *level)
    }

    fn of_predicate(&self, predicate: PredicateId) -> &[(Box<[Column]>, u32)] {
        self.variants.get(predicate.0 as usize).map_or(&[], Vec::as_slice)
    }
}

/// Whether a column holds a value; `exact` leaves out the permissions that no rule names, which another variant may have.
fn holds(column: &Column, value: &Value, exact: bool) -> bool {
    let is_permission = value.column_type() == ColumnType::Object(PERMISSION.into());
    match column {
        Column::Type(column) => *column == value.column_type(),
        Column::Permission(name) => is_permission && value.object().is_some_and(|object| object.id == *name),
        Column::OtherPermission => !exact && is_permission,
    }
}
