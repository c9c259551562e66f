//! What the questions of a policy cost, and which rules are to blame.

use std::collections::HashMap;

use crate::engine::activate::{read_policy, resolved_texts};
use crate::engine::active::Active;
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::request::PolicyText;
use crate::index::snapshot::Snapshot;
use crate::language::syntax::Sign;
use crate::model::layout::{StoredId, StoredVariant};
use crate::plan::blame::cost_of;
use crate::plan::cost::{CostClass, CostlyStep, Read, Shape, questions, scans_of_deletions};
use crate::plan::planner::column_types;
use crate::plan::procedure::Plans;
use crate::policy::checked::{Column, Deny, Policy, VariantId};

/// What a policy costs.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyCost {
    /// The questions on `can`, by shape.
    pub questions: Vec<QuestionCost>,
    /// What deleting an object has to read whole, by relation.
    pub deletions: Vec<DeletionCost>,
    /// What judging a change by each deny costs, in the order of the text.
    pub denies: Vec<DenyCost>,
}

/// What judging a change by a deny costs, at worst over the changes that may break it.
#[derive(Clone, Debug, PartialEq)]
pub struct DenyCost {
    /// The deny's words.
    pub message: String,
    /// `file:line`.
    pub place: String,
    /// The worst class of what is asked from the change: of the facts that it holds, each is looked at once.
    pub class: CostClass,
    /// The steps that are of this class; none if that is [`CostClass::Constant`].
    pub steps: Vec<StepCost>,
    /// The changes after which the whole state is asked, such as `+parent(folder, folder)`: they reach the deny through
    /// recursion, or by too many ways.
    pub whole_after: Vec<String>,
}

/// What one question on `can` costs.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionCost {
    /// Which question.
    pub shape: Shape,
    /// The subjects' type.
    pub subject: String,
    /// The permission; none stands for all that no rule names.
    pub permission: Option<String>,
    /// The objects' type.
    pub object: String,
    /// The worst class of its steps.
    pub class: CostClass,
    /// The steps that are of this class; none if that is [`CostClass::Constant`].
    pub steps: Vec<StepCost>,
}

/// A step of the worst class.
#[derive(Clone, Debug, PartialEq)]
pub struct StepCost {
    /// The relation that is read, or the predicate that reads itself.
    pub relation: String,
    /// The type of each of its columns.
    pub columns: Vec<String>,
    /// Which of them are given, from 1, in the order of the index; none of a predicate that reads itself.
    pub bound: Vec<u8>,
    /// Whether it is a predicate that reads itself.
    pub is_recursion: bool,
    /// The rules that read it, `file:line`, then those that called them. None where the question itself asks.
    pub rules: Vec<String>,
    /// What a store says about it; none without a store, and of a predicate that reads itself.
    pub statistics: Option<Statistics>,
}

/// A column by which nothing is found, of objects that can be deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletionCost {
    /// The objects' type.
    pub kind: String,
    /// The relation whose rows are all read when one of them is deleted.
    pub relation: String,
    /// The type of each of its columns.
    pub columns: Vec<String>,
    /// Which column holds the objects, from 1.
    pub column: u8,
    /// How many rows that are; none without a store.
    pub rows: Option<u64>,
}

/// How many rows a store has for a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// All rows of the relation with these column types.
    pub rows: u64,
    /// The rows of one value of the first given column, on average over the values that have any; none if nothing is given.
    pub mean: Option<f64>,
    /// Those of the value that has most.
    pub largest: Option<u64>,
    /// How many the step reads at worst, each time that it runs.
    pub read: u64,
}

impl Engine {
    /// What the questions of a policy cost, by its plans alone.
    ///
    /// # Errors
    /// `policy-invalid` with every diagnostic; `rules-too-deep`, `too-many-constants`.
    pub fn cost_of(policy: &PolicyText) -> Result<PolicyCost, Error> {
        Ok(measure(&planned(policy)?, None))
    }

    /// What the questions of a policy cost, with what a tenant's facts say about each step; without a policy, of the tenant's
    /// own. A policy that isn't active may want a direction that the tenant's index hasn't: its figures are counted row by row.
    ///
    /// # Errors
    /// `unknown-tenant`; as [`Engine::cost_of`].
    pub fn cost(&self, tenant: &str, policy: Option<&PolicyText>) -> Result<PolicyCost, Error> {
        let state = self.state(tenant, None)?;
        let other = policy.map(planned).transpose()?;
        Ok(measure(other.as_ref().unwrap_or(&state.active), Some(&state.snapshot)))
    }
}

/// What an author is told when a policy is activated: each relation that some question reads whole.
pub(super) fn warnings_of_scans(active: &Active) -> Vec<String> {
    let mut scans: Vec<(StepCost, QuestionCost, usize)> = Vec::new();
    let questions = costs_of_questions(active, &mut Figures { snapshot: None, known: HashMap::new() });
    for question in questions.into_iter().filter(|question| question.class == CostClass::Scan) {
        for step in &question.steps {
            match scans.iter_mut().find(|(other, ..)| other == step) {
                Some((_, _, others)) => *others += 1,
                None => scans.push((step.clone(), question.clone(), 0)),
            }
        }
    }
    let warnings = scans.into_iter().map(|(step, question, others)| {
        let QuestionCost { shape, subject, permission, object, .. } = question;
        let permission = permission.unwrap_or_else(|| "a permission that no rule names".to_owned());
        let others = if others == 0 { String::new() } else { format!(", and {others} more") };
        format!(
            "warning: every row of `{}({})` is read to answer {} ({subject}, {permission}, {object}){others}\n  = rules: {}\n  \
             = help: `entail rules cost FILE` tells what each question costs.",
            step.relation,
            step.columns.join(", "),
            shape.name(),
            step.rules.join(", ")
        )
    });
    warnings.collect()
}

fn planned(policy: &PolicyText) -> Result<Active, Error> {
    let (checked, warnings) = read_policy(&policy.main, &policy.files)?;
    let texts = resolved_texts(&checked, &policy.main);
    Active::new(checked, texts, warnings)
}

fn measure(active: &Active, snapshot: Option<&Snapshot>) -> PolicyCost {
    let mut figures = Figures { snapshot, known: HashMap::new() };
    PolicyCost {
        questions: costs_of_questions(active, &mut figures),
        deletions: deletions(&active.policy, &active.plans, snapshot),
        denies: denies(active, &mut figures),
    }
}

fn costs_of_questions(active: &Active, figures: &mut Figures<'_>) -> Vec<QuestionCost> {
    let (policy, plans) = (&active.policy, &active.plans);
    let mut costs = Vec::new();
    for (shape, procedure) in questions(policy, plans) {
        let variant = plans.procedures.get(procedure).map(|found| found.variant);
        let variant = variant.and_then(|variant| policy.variants.get(variant.0 as usize));
        let Some([Column::Type(subject), permission, Column::Type(object)]) = variant.map(|variant| &*variant.columns)
        else {
            continue;
        };
        let cost = cost_of(policy, plans, procedure);
        costs.push(QuestionCost {
            shape,
            subject: subject.to_string(),
            permission: match permission {
                Column::Permission(name) => Some(name.to_string()),
                Column::Type(_) | Column::OtherPermission => None,
            },
            object: object.to_string(),
            class: cost.class,
            steps: cost.steps.iter().filter_map(|step| step_cost(policy, plans, figures, step)).collect(),
        });
    }
    costs
}

fn denies(active: &Active, figures: &mut Figures<'_>) -> Vec<DenyCost> {
    let (policy, plans) = (&active.policy, &active.plans);
    let cost = |(position, deny): (usize, &Deny)| {
        let cases = active.statements.denies.iter().filter(|case| case.deny == position);
        let mut found = DenyCost {
            message: deny.message.to_string(),
            place: policy.place(deny.span),
            class: CostClass::Constant,
            steps: Vec::new(),
            whole_after: Vec::new(),
        };
        for case in cases {
            let whole = (!case.plan.whole_after.is_empty()).then_some(case.plan.whole);
            for procedure in case.plan.watches.iter().map(|watch| watch.procedure).chain(whole) {
                let cost = cost_of(policy, plans, procedure);
                if cost.class > found.class {
                    (found.class, found.steps) = (cost.class, Vec::new());
                }
                if cost.class == found.class && cost.class > CostClass::Constant {
                    let steps = cost.steps.iter().filter_map(|step| step_cost(policy, plans, figures, step));
                    let new: Vec<StepCost> = steps.filter(|step| !found.steps.contains(step)).collect();
                    found.steps.extend(new);
                }
            }
            let after = case.plan.whole_after.iter().filter_map(|(sign, stored)| {
                let variant = plans.layout.variants.get(stored.0 as usize)?;
                let sign = if *sign == Sign::Plus { '+' } else { '-' };
                let columns: Vec<String> = variant.columns.iter().map(ToString::to_string).collect();
                Some(format!("{sign}{}({})", variant.relation, columns.join(", ")))
            });
            found.whole_after.extend(after);
        }
        found.whole_after.sort_unstable();
        found.whole_after.dedup();
        found
    };
    policy.denies.iter().enumerate().map(cost).collect()
}

fn step_cost(policy: &Policy, plans: &Plans, figures: &mut Figures<'_>, step: &CostlyStep) -> Option<StepCost> {
    let rules = step.rules.iter().filter_map(|rule| policy.rules.get(*rule as usize));
    let rules = rules.map(|rule| policy.place(rule.span)).collect();
    Some(match step.read {
        Read::Stored { stored, order, n_bound } => {
            let variant = plans.layout.variants.get(stored.0 as usize)?;
            let bound: Vec<u8> = variant.orders.get(usize::from(order))?.iter().take(n_bound).copied().collect();
            StepCost {
                relation: variant.relation.to_string(),
                columns: variant.columns.iter().map(ToString::to_string).collect(),
                statistics: figures.of(variant, bound.first().copied()),
                bound: bound.iter().map(|column| column + 1).collect(),
                is_recursion: false,
                rules,
            }
        }
        Read::Recursion(variant) => {
            let (relation, columns) = derived(policy, variant)?;
            StepCost { relation, columns, bound: Vec::new(), is_recursion: true, rules, statistics: None }
        }
    })
}

/// A derived variant as people read it.
fn derived(policy: &Policy, variant: VariantId) -> Option<(String, Vec<String>)> {
    let variant = policy.variants.get(variant.0 as usize)?;
    let types = column_types(variant);
    let columns = variant.columns.iter().zip(&types).map(|(column, column_type)| match column {
        Column::Permission(name) => name.to_string(),
        Column::Type(_) | Column::OtherPermission => column_type.to_string(),
    });
    Some((policy.schema.predicate(variant.predicate)?.name.to_string(), columns.collect()))
}

fn deletions(policy: &Policy, plans: &Plans, snapshot: Option<&Snapshot>) -> Vec<DeletionCost> {
    let found = scans_of_deletions(policy, &plans.layout).into_iter().filter_map(|(stored, column)| {
        let variant = plans.layout.variants.get(stored.0 as usize)?;
        let kind = variant.columns.get(usize::from(column))?.to_string();
        Some(DeletionCost {
            kind: kind.split('#').next().unwrap_or_default().to_owned(),
            relation: variant.relation.to_string(),
            columns: variant.columns.iter().map(ToString::to_string).collect(),
            column: column + 1,
            rows: snapshot.map(|snapshot| {
                let stored = snapshot.stored(&variant.relation, &variant.columns);
                stored.map_or(0, |stored| snapshot.relation(stored).len() as u64)
            }),
        })
    });
    found.collect()
}

/// The figures of a tenant's relations, each counted once.
struct Figures<'s> {
    snapshot: Option<&'s Snapshot>,
    known: HashMap<(StoredId, Option<u8>), Statistics>,
}

impl Figures<'_> {
    /// Those of a variant of any policy, found by one of its columns or by none.
    fn of(&mut self, variant: &StoredVariant, column: Option<u8>) -> Option<Statistics> {
        let snapshot = self.snapshot?;
        let Some(stored) = snapshot.stored(&variant.relation, &variant.columns) else {
            // The tenant's policy has no such relation, so there are no facts.
            return Some(Statistics { rows: 0, mean: None, largest: None, read: 0 });
        };
        Some(*self.known.entry((stored, column)).or_insert_with(|| count(snapshot, stored, column)))
    }
}

fn count(snapshot: &Snapshot, stored: StoredId, column: Option<u8>) -> Statistics {
    let relation = snapshot.relation(stored);
    let rows = relation.len() as u64;
    let Some(column) = column.filter(|_| relation.arity() > 1) else {
        return Statistics { rows, mean: None, largest: None, read: rows };
    };
    let orders = snapshot.layout().variants.get(stored.0 as usize).map(|variant| variant.orders.as_slice());
    let order = orders.unwrap_or_default().iter().position(|order| order.first() == Some(&column));
    let (n_values, largest) = match order {
        Some(order) => {
            let lengths = relation.firsts(order, 0).map(|first| relation.tails(order, first).len() as u64);
            lengths.fold((0_u64, 0), |(n_values, largest), length| (n_values + 1, length.max(largest)))
        }
        None => {
            let mut lengths: HashMap<u32, u64> = HashMap::new();
            for cell in relation.rows().filter_map(|row| row.get(usize::from(column)).copied()) {
                *lengths.entry(cell).or_default() += 1;
            }
            (lengths.len() as u64, lengths.into_values().max().unwrap_or(0))
        }
    };
    let mean = (n_values > 0).then(|| rows as f64 / n_values as f64);
    Statistics { rows, mean, largest: Some(largest), read: largest }
}
