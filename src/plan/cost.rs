//! What questions cost, as data: classes, steps with the rules to blame, the questions there are.

use crate::model::layout::{Layout, StoredId};
use crate::model::value::ColumnType;
use crate::plan::adornment::Binding;
use crate::plan::procedure::{Plans, ProcedureId};
use crate::policy::checked::{Policy, VariantId};
use crate::policy::schema::{PERMISSION, TypeKind};

/// How the cost of a question grows with the data; a greater class grows faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CostClass {
    /// Not at all: tests, keys, constants of closed types, of which the policy has so many, and what came with the question.
    Constant,
    /// With the rows of one object in one relation.
    Degree,
    /// With the answer: beyond the rows of one object, each row that is read is an answer.
    Answer,
    /// With what recursion reaches.
    Closure,
    /// With all rows of a relation that is taken to be short: of one column that is no type, or selected by constants
    /// of closed types and literals. That they are few is a guess, which statistics confirm or not.
    ShortScan,
    /// With all rows of a relation, or all objects of a type, answers or not.
    Scan,
}

/// Which question of `can` a procedure answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// May the subject do it to the object? Also which permissions, where the rules name the permission.
    Check,
    /// To which objects may the subject do it?
    Objects,
    /// Which subjects may do it to the object?
    Subjects,
    /// Which permissions, of those that no rule names, does the subject have on the object?
    Permissions,
}

/// What a procedure costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureCost {
    /// The worst class of its steps, and of those of the procedures that it calls.
    pub class: CostClass,
    /// The steps that are of this class, each once, those nearest to the question first; none for [`CostClass::Constant`].
    pub steps: Vec<CostlyStep>,
}

/// A step of the worst class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostlyStep {
    /// What it reads.
    pub read: Read,
    /// The rules that led to it, by their positions in [`Policy::rules`]: those that mention what is read first, then those
    /// that called them. None where the question itself asks.
    pub rules: Vec<u32>,
}

/// What a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The rows of a stored variant, in one of its directions, that agree in its first columns.
    Stored {
        /// The variant.
        stored: StoredId,
        /// The direction.
        order: u8,
        /// How many of its columns are given.
        n_bound: usize,
    },
    /// A variant that reads itself.
    Recursion(VariantId),
}

impl CostClass {
    /// Its name, for people and for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Degree => "degree",
            Self::Answer => "answer",
            Self::Closure => "closure",
            Self::ShortScan => "short scan",
            Self::Scan => "scan",
        }
    }
}

impl Shape {
    /// Its name, for people and for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Objects => "objects",
            Self::Subjects => "subjects",
            Self::Permissions => "permissions",
        }
    }
}

/// The procedures that answer the questions on `can`, by shape, then in the order of the variants.
pub fn questions(policy: &Policy, plans: &Plans) -> Vec<(Shape, ProcedureId)> {
    use Binding::{Bound, Free, Ignored};
    let can = policy.schema.predicate_named("can");
    let mut found: Vec<(Shape, VariantId, ProcedureId)> = Vec::new();
    for (id, procedure) in plans.procedures.iter() {
        let variant = policy.variants.get(procedure.variant.0 as usize);
        if procedure.is_query || variant.is_none_or(|variant| Some(variant.predicate) != can) {
            continue;
        }
        let shape = match *procedure.adornment {
            [Bound, Bound | Ignored, Bound] => Shape::Check,
            [Bound, Bound | Ignored, Free] => Shape::Objects,
            [Free, Bound | Ignored, Bound] => Shape::Subjects,
            [Bound, Free, Bound] => Shape::Permissions,
            _ => continue,
        };
        found.push((shape, procedure.variant, id));
    }
    found.sort();
    found.into_iter().map(|(shape, _, procedure)| (shape, procedure)).collect()
}

/// The columns that hold objects which can be deleted, and that no direction begins with: to delete an object reads all rows
/// of the variant. Each with its variant, in the order of the layout.
pub fn scans_of_deletions(policy: &Policy, layout: &Layout) -> Vec<(StoredId, u8)> {
    let mut found = Vec::new();
    for (position, variant) in (0..).zip(&layout.variants) {
        for (number, column) in (0..).zip(&variant.columns) {
            let is_mortal =
                matches!(column, ColumnType::Object(_) | ColumnType::Set(..)) && !is_constant(policy, column);
            let is_served = variant.orders.iter().any(|order| order.first() == Some(&number));
            if is_mortal && !is_served {
                found.push((StoredId(position), number));
            }
        }
    }
    found
}

/// Whether a column holds constants of a closed type: the policy bounds how many there are.
pub(super) fn is_constant(policy: &Policy, column: &ColumnType) -> bool {
    match column {
        ColumnType::Object(kind) => {
            &**kind == PERMISSION
                || policy.schema.type_named(kind).is_some_and(|found| matches!(found.kind, TypeKind::Enumeration(_)))
        }
        ColumnType::Everyone(_) => true,
        ColumnType::Set(..) | ColumnType::Text | ColumnType::Integer | ColumnType::Time => false,
    }
}
