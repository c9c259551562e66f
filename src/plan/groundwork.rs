//! What a policy's plans leave to the plans of later questions: nothing is planned twice.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::layout::StoredId;
use crate::model::value::Value;
use crate::plan::adornment::Adornment;
use crate::plan::estimate::Known;
use crate::plan::procedure::{Procedure, ProcedureId};
use crate::plan::tabling::Extent;
use crate::policy::checked::VariantId;

/// What a planner knew when it was done.
#[derive(Debug, Default)]
pub(super) struct Groundwork {
    /// Which stored variant of the layout a variant of the policy is.
    pub(super) stored: HashMap<VariantId, StoredId>,
    /// The procedures of goals.
    pub(super) by_goal: HashMap<(VariantId, Adornment), ProcedureId>,
    /// The positions of constants.
    pub(super) constants: HashMap<Value, u16>,
    /// The variants of the context relations.
    pub(super) contexts: Vec<VariantId>,
    /// How many waiting lists there are.
    pub(super) suspensions: u32,
    /// What literals cost.
    pub(super) costs: Arc<Known>,
    /// How far each procedure leads.
    pub(super) extents: Vec<Extent>,
}

/// The procedures of some plans: first those of the policy's plans, which the plans of all its questions share, then their own.
#[derive(Clone, Debug)]
pub struct Procedures {
    shared: Arc<[Procedure]>,
    own: Vec<Procedure>,
}

impl Procedures {
    /// The procedures of a policy's plans.
    pub(super) fn of_policy(procedures: Vec<Procedure>) -> Self {
        Self { shared: procedures.into(), own: Vec::new() }
    }

    /// Those of a policy's plans, and then others.
    pub(super) fn and(&self, own: Vec<Procedure>) -> Self {
        Self { shared: self.shared.clone(), own }
    }

    /// One of them.
    #[inline]
    pub fn get(&self, ProcedureId(position): ProcedureId) -> Option<&Procedure> {
        let position = position as usize;
        match self.shared.get(position) {
            Some(procedure) => Some(procedure),
            None => self.own.get(position.checked_sub(self.shared.len())?),
        }
    }

    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (ProcedureId, &Procedure)> {
        (0..).map(ProcedureId).zip(self.shared.iter().chain(&self.own))
    }

    /// Those that are the policy's.
    pub(super) fn shared(&self) -> &Arc<[Procedure]> {
        &self.shared
    }
}
