//! Witnesses: the values that a rule's body holds with, where nothing else has told them.

use crate::engine::active::plain;
use crate::engine::error::Error;
use crate::engine::explain::premises::{Premises, Values, mentions, one_permission, unbound, variables};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::in_column;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::model::value::Value;
use crate::policy::checked::{InstanceLiteral, InstanceTerm, VariableId};

/// The variables of an instance whose values nothing has told yet, each with what finds its first value.
pub(super) struct Witnesses {
    /// In the order in which they are asked.
    questions: Vec<(VariableId, Question)>,
    /// The variables that are known before: their values come with each asking.
    given: Vec<VariableId>,
}

impl Witnesses {
    /// Plans how the rest of an instance's variables is found.
    ///
    /// # Errors
    /// When it has no plan.
    pub(super) fn new(state: &State, premises: &Premises) -> Result<Self, Error> {
        let known = |variable: &VariableId| {
            mentions(&premises.head, *variable)
                || premises.telling.contains(variable)
                || premises.columns.get(usize::from(variable.0)).and_then(one_permission).is_some()
        };
        let given: Vec<VariableId> = {
            let all = (0..premises.columns.len()).map(|number| VariableId(number as u16));
            all.filter(|variable| mentions(&premises.head, *variable) || premises.telling.contains(variable)).collect()
        };
        // What its derived literals say is known: all their variables are.
        let others = premises.body.iter().enumerate().filter(|(position, _)| !premises.derived.contains(position));
        let body: Vec<InstanceLiteral> = others.map(|(_, literal)| literal.clone()).collect();
        let mut terms: Vec<InstanceTerm> = given.iter().map(|variable| InstanceTerm::Variable(*variable)).collect();
        let mut questions = Vec::new();
        for (number, column) in premises.columns.iter().enumerate() {
            let variable = VariableId(number as u16);
            let stands_there = body.iter().any(|literal| variables(literal).contains(&variable));
            if known(&variable) || !stands_there {
                continue;
            }
            let wanted = [(variable, plain(column))];
            questions.push((variable, Question::new(state, &body, premises.columns.len(), &terms, &wanted)?));
            terms.push(InstanceTerm::Variable(variable));
        }
        Ok(Self { questions, given })
    }

    /// Gives each variable that has no value yet the first one with which the whole body holds.
    ///
    /// # Errors
    /// `limit-exceeded`.
    pub(super) fn complete(
        &self,
        state: &State,
        premises: &Premises,
        values: &mut Values,
        surroundings: &Surroundings<'_>,
    ) -> Result<(), Error> {
        let value = |variable: &VariableId| values.get(usize::from(variable.0)).cloned().flatten().ok_or_else(unbound);
        let mut given: Vec<Value> = self.given.iter().map(value).collect::<Result<_, _>>()?;
        for (variable, question) in &self.questions {
            let first = question.first(state, &given, 1, surroundings)?.pop().ok_or_else(unbound)?;
            let column = premises.columns.get(usize::from(variable.0));
            let first = column.map_or_else(|| first.clone(), |column| in_column(&first, column));
            if let Some(slot) = values.get_mut(usize::from(variable.0)) {
                *slot = Some(first.clone());
            }
            given.push(first);
        }
        Ok(())
    }
}
