//! The planner: goals → procedures, with everything that they reach.

use std::collections::HashMap;
use std::sync::Arc;

use crate::language::syntax::Sign;
use crate::model::layout::{Layout, StoredId, StoredVariant};
use crate::model::value::{ColumnType, Value};
use crate::plan::adornment::{Adornment, Binding};
use crate::plan::emit::Clause;
use crate::plan::estimate::Estimates;
use crate::plan::groundwork::{Groundwork, Procedures};
use crate::plan::premises::premises;
use crate::plan::procedure::{ContextVariant, Plans, Procedure, ProcedureId};
use crate::plan::tabling::{MAX_DEPTH, choose_tables};
use crate::plan::tree::{Join, plant};
use crate::plan::unfold::unfold;
use crate::policy::checked::{Column, Origin, Policy, Variant, VariantId};

/// Why a policy has no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A body that can't be ordered, or an index out of range: the checker lets none through.
    #[error("a rule can't be put into an order in which each literal can be asked")]
    Unsafe,
    /// Predicates that call one another too deep.
    #[error("the rules call one another more than {MAX_DEPTH} literals deep")]
    TooDeep,
    /// More constants than a plan can name.
    #[error("the rules name more than 65,535 values")]
    TooManyConstants,
}

/// Makes the plans of a policy.
pub struct Planner<'p> {
    pub(super) policy: &'p Policy,
    pub(super) estimates: Estimates<'p>,
    layout: Arc<Layout>,
    /// Whether this plans the policy itself: then directions may still be added.
    is_open: bool,
    /// What was planned before, and its procedures: the first ones.
    pub(super) ground: Arc<Groundwork>,
    shared: Procedures,
    /// The procedures after those.
    procedures: Vec<Procedure>,
    by_goal: HashMap<(VariantId, Adornment), ProcedureId>,
    constants: HashMap<Value, u16>,
    constant_list: Vec<(ColumnType, Value)>,
    contexts: Vec<(VariantId, ContextVariant)>,
    distincts: u32,
    suspensions: u32,
    planned: usize,
    /// How many procedures the goals of questions reach; none while they are being planned.
    n_questions: Option<usize>,
}

impl<'p> Planner<'p> {
    /// A planner that chooses the directions that its goals need: the layout grows with them.
    pub fn new(policy: &'p Policy) -> Self {
        let layout = natural_layout(policy);
        let stored = stored_ids(policy, &layout);
        Self {
            policy,
            estimates: Estimates::new(policy),
            layout: Arc::new(layout),
            is_open: true,
            ground: Arc::new(Groundwork { stored, ..Groundwork::default() }),
            shared: Procedures::of_policy(Vec::new()),
            procedures: Vec::new(),
            by_goal: HashMap::new(),
            constants: HashMap::new(),
            constant_list: Vec::new(),
            contexts: Vec::new(),
            distincts: 0,
            suspensions: 0,
            planned: 0,
            n_questions: None,
        }
    }

    /// A planner that builds on the plans of its policy: it makes do with their directions, and scans where none serves.
    pub fn over(policy: &'p Policy, plans: &Plans) -> Self {
        let ground = plans.groundwork.clone();
        Self {
            policy,
            estimates: Estimates::after(policy, ground.costs.clone()),
            layout: plans.layout.clone(),
            is_open: false,
            shared: plans.procedures.and(Vec::new()),
            procedures: Vec::new(),
            by_goal: HashMap::new(),
            constants: HashMap::new(),
            constant_list: plans.constants.clone(),
            contexts: ground.contexts.iter().copied().zip(plans.contexts.iter().cloned()).collect(),
            distincts: plans.memories,
            suspensions: ground.suspensions,
            planned: 0,
            n_questions: None,
            ground,
        }
    }

    /// The procedure of a derived variant under an adornment; columns of one permission count as ignored.
    ///
    /// # Errors
    /// [`PlanError`], after which the planner is of no further use.
    pub fn goal(&mut self, variant: VariantId, adornment: &[Binding]) -> Result<ProcedureId, PlanError> {
        let columns = self.policy.variants.get(variant.0 as usize).ok_or(PlanError::Unsafe)?;
        let adornment = adornment
            .iter()
            .zip(&columns.columns)
            .map(|(binding, column)| match column {
                Column::Permission(_) => Binding::Ignored,
                Column::Type(_) | Column::OtherPermission => *binding,
            })
            .collect();
        let procedure = self.procedure(variant, adornment);
        self.plan_waiting()?;
        Ok(procedure)
    }

    /// Adds a procedure that nothing calls, when none is waiting to be planned.
    pub(super) fn add_goal(
        &mut self,
        variant: VariantId,
        bindings: Adornment,
        component: u32,
        joins: Vec<Join>,
    ) -> Result<ProcedureId, PlanError> {
        let id = self.next_procedure();
        self.planned += 1;
        let mut procedure = new_procedure(variant, bindings, component, false);
        procedure.is_query = true;
        plant(&mut procedure, joins);
        self.procedures.push(procedure);
        Ok(id)
    }

    /// Says that all questions are planned: what comes now judges and completes transactions, and no question is specialised by
    /// it.
    pub fn end_questions(&mut self) {
        self.n_questions = Some(self.procedures.len());
    }

    /// The finished plans.
    ///
    /// # Errors
    /// [`PlanError::TooDeep`].
    pub fn finish(mut self) -> Result<Plans, PlanError> {
        let before = (&**self.shared.shared(), &*self.ground.extents);
        let extents = choose_tables(before, &mut self.procedures)?;
        let contexts: (Vec<VariantId>, Vec<ContextVariant>) = self.contexts.into_iter().unzip();
        if !self.is_open {
            return Ok(Plans {
                premises: Vec::new(),
                memories: self.distincts,
                procedures: self.shared.and(self.procedures),
                constants: self.constant_list,
                contexts: contexts.1,
                layout: self.layout,
                groundwork: self.ground,
            });
        }
        let of_questions = self.n_questions.and_then(|n| self.procedures.get(..n)).unwrap_or(&self.procedures);
        let stored = &self.ground.stored;
        let premises = premises(self.policy, &self.estimates, stored, of_questions, &self.layout);
        let groundwork = Groundwork {
            stored: stored.clone(),
            by_goal: self.by_goal,
            constants: self.constants,
            contexts: contexts.0,
            suspensions: self.suspensions,
            costs: Arc::new(self.estimates.into_known()),
            extents,
        };
        Ok(Plans {
            premises,
            memories: self.distincts,
            procedures: Procedures::of_policy(self.procedures),
            constants: self.constant_list,
            contexts: contexts.1,
            layout: self.layout,
            groundwork: Arc::new(groundwork),
        })
    }

    /// The procedure of a goal, planned later if it is new.
    pub(super) fn procedure(&mut self, variant: VariantId, adornment: Adornment) -> ProcedureId {
        let goal = (variant, adornment);
        if let Some(known) = self.by_goal.get(&goal).or_else(|| self.ground.by_goal.get(&goal)) {
            return *known;
        }
        let (variant, adornment) = goal;
        let id = self.next_procedure();
        let found = self.policy.variants.get(variant.0 as usize);
        let component = found.map_or(0, |found| found.component);
        let tabled = found.is_some_and(|found| found.recursive);
        self.procedures.push(new_procedure(variant, adornment.clone(), component, tabled));
        self.by_goal.insert((variant, adornment), id);
        id
    }

    fn next_procedure(&self) -> ProcedureId {
        ProcedureId((self.shared.shared().len() + self.procedures.len()) as u32)
    }

    /// Whether a procedure keeps a table because it reads itself.
    pub(super) fn is_tabled(&self, procedure: ProcedureId) -> bool {
        let own = || self.procedures.get((procedure.0 as usize).checked_sub(self.shared.shared().len())?);
        self.shared.get(procedure).or_else(own).is_some_and(|found| found.tabled)
    }

    /// Plans procedures until none is waiting: a list, not a recursion, so that long chains of predicates are no danger.
    pub(super) fn plan_waiting(&mut self) -> Result<(), PlanError> {
        while let Some(procedure) = self.procedures.get(self.planned) {
            let position = self.planned;
            let (variant, adornment, component) = (procedure.variant, procedure.adornment.clone(), procedure.component);
            self.planned += 1;
            if self.policy.variants.get(variant.0 as usize).is_none_or(|found| found.origin != Origin::Derived) {
                continue;
            }
            let mut joins: Vec<Join> = Vec::new();
            for unfolded in unfold(self.policy, &self.estimates, variant, &adornment) {
                let clause = Clause {
                    rules: &unfolded.rules,
                    head: &unfolded.head,
                    bindings: &adornment,
                    body: &unfolded.body,
                    n_variables: unfolded.n_variables,
                    component: Some(component),
                };
                joins.push(clause.emit(self)?);
            }
            if let Some(procedure) = self.procedures.get_mut(position) {
                plant(procedure, joins);
            }
        }
        Ok(())
    }

    /// The direction that serves these bound columns best, made if there is none and the layout is open. One that begins with
    /// a value which the rule names, `named`, comes last, however many columns it serves: that value may stand in most rows.
    pub(super) fn direction(
        &mut self,
        variant: VariantId,
        bound: &[bool],
        named: &[bool],
    ) -> Result<(StoredId, u8), PlanError> {
        let stored = self.stored_id(variant)?;
        let found = self.layout.variants.get(stored.0 as usize).ok_or(PlanError::Unsafe)?;
        let is_bound = |column: &u8| bound.get(usize::from(*column)).copied().unwrap_or(false);
        let served = |order: &[u8]| order.iter().take_while(|column| is_bound(column)).count();
        let is_named =
            |order: &[u8]| order.first().and_then(|column| named.get(usize::from(*column))).copied().unwrap_or(false);
        // How many columns are served, none first; where the best one stands.
        let mut best = ((false, 0), 0);
        for (position, order) in found.orders.iter().enumerate() {
            let n_served = served(order);
            let rank = (n_served > 0 && !is_named(order), n_served);
            if rank > best.0 {
                best = (rank, position);
            }
        }
        let n_bound = bound.iter().filter(|&&bound| bound).count();
        if best.0.1 == 0 && n_bound > 0 && self.is_open {
            let columns = 0..found.columns.len() as u8;
            let order = columns.clone().filter(is_bound).chain(columns.filter(|column| !is_bound(column))).collect();
            best.1 = found.orders.len();
            let found = Arc::make_mut(&mut self.layout).variants.get_mut(stored.0 as usize);
            found.ok_or(PlanError::Unsafe)?.orders.push(order);
        }
        Ok((stored, best.1 as u8))
    }

    pub(super) fn columns_of(&self, stored: StoredId, order: u8) -> Vec<u8> {
        let found = self.layout.variants.get(stored.0 as usize);
        found.and_then(|found| found.orders.get(usize::from(order))).map_or_else(Vec::new, |order| order.to_vec())
    }

    pub(super) fn constant(&mut self, column: ColumnType, value: &Value) -> Result<u16, PlanError> {
        if let Some(known) = self.constants.get(value).or_else(|| self.ground.constants.get(value)) {
            return Ok(*known);
        }
        let position = u16::try_from(self.constant_list.len()).map_err(|_| PlanError::TooManyConstants)?;
        self.constants.insert(value.clone(), position);
        self.constant_list.push((column, value.clone()));
        Ok(position)
    }

    /// The context relation of a variant, or with a sign what changes of it.
    pub(super) fn context(&mut self, variant: VariantId, sign: Option<Sign>) -> Result<u16, PlanError> {
        let change = match sign {
            Some(sign) => Some((sign, self.stored_id(variant)?)),
            None => None,
        };
        let is_it = |(of, known): &(VariantId, ContextVariant)| *of == variant && known.change == change;
        if let Some(known) = self.contexts.iter().position(is_it) {
            return Ok(known as u16);
        }
        let found = self.policy.variants.get(variant.0 as usize).ok_or(PlanError::Unsafe)?;
        let relation = self.policy.schema.predicates.get(found.predicate.0 as usize).ok_or(PlanError::Unsafe)?;
        let context = ContextVariant { relation: relation.name.clone(), columns: column_types(found), change };
        self.contexts.push((variant, context));
        Ok(self.contexts.len() as u16 - 1)
    }

    pub(super) fn next_distinct(&mut self) -> u32 {
        self.distincts += 1;
        self.distincts - 1
    }

    pub(super) fn next_suspension(&mut self) -> u32 {
        self.suspensions += 1;
        self.suspensions - 1
    }
}

/// A procedure whose alternatives are yet to come.
fn new_procedure(variant: VariantId, adornment: Adornment, component: u32, tabled: bool) -> Procedure {
    let n_of = |wanted: Binding| adornment.iter().filter(|&&binding| binding == wanted).count();
    Procedure {
        variant,
        component,
        tabled,
        is_query: false,
        n_arguments: n_of(Binding::Bound),
        n_answers: n_of(Binding::Free),
        n_slots: 0,
        is_windowed: false,
        adornment,
        branches: Vec::new(),
    }
}

/// Every stored variant in its natural direction alone, sorted by relation and columns.
fn natural_layout(policy: &Policy) -> Layout {
    let mut variants: Vec<StoredVariant> = policy
        .variants
        .iter()
        .filter(|variant| variant.origin == Origin::Stored)
        .map(|variant| {
            let columns = column_types(variant);
            let n_columns = columns.len() as u8;
            StoredVariant {
                relation: relation_of(policy, variant).into(),
                columns,
                key: policy.schema.predicates.get(variant.predicate.0 as usize).and_then(|found| found.key),
                orders: vec![(0..n_columns).collect()],
            }
        })
        .collect();
    variants.sort_by(|a, b| (&a.relation, &a.columns).cmp(&(&b.relation, &b.columns)));
    Layout { variants }
}

/// Which stored variant of a layout each one of a policy is.
fn stored_ids(policy: &Policy, layout: &Layout) -> HashMap<VariantId, StoredId> {
    let mut positions: HashMap<(&str, &[ColumnType]), StoredId> = HashMap::new();
    for (position, variant) in (0..).map(StoredId).zip(&layout.variants) {
        positions.insert((&variant.relation, &variant.columns), position);
    }
    let stored = (0..).map(VariantId).zip(&policy.variants).filter(|(_, found)| found.origin == Origin::Stored);
    let place = |found: &Variant| positions.get(&(relation_of(policy, found), &*column_types(found))).copied();
    stored.filter_map(|(variant, found)| Some((variant, place(found)?))).collect()
}

fn relation_of<'p>(policy: &'p Policy, variant: &Variant) -> &'p str {
    policy.schema.predicates.get(variant.predicate.0 as usize).map_or("", |predicate| &predicate.name)
}

/// The column types of a variant; a column of permissions is of the type `permission`.
pub fn column_types(variant: &Variant) -> Box<[ColumnType]> {
    variant
        .columns
        .iter()
        .map(|column| match column {
            Column::Type(column) => column.clone(),
            Column::Permission(_) | Column::OtherPermission => {
                ColumnType::Object(crate::policy::schema::PERMISSION.into())
            }
        })
        .collect()
}
