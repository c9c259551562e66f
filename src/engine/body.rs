//! Several literals asked together, as the tests of a policy do.

use std::collections::BTreeSet;

use crate::engine::active::QueryPlan;
use crate::engine::ask::{Asking, permission_column};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::facts::Constants;
use crate::engine::request::Context;
use crate::engine::state::State;
use crate::language::syntax::Literal;
use crate::model::value::{ColumnType, Object, Value};
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::policy::checked::{Case, Column, InstanceTerm, VariableId};
use crate::policy::schema::PERMISSION;

/// The rows that make a body true, each once: a value for each of its variables. A body without variables has one row without
/// values if it holds.
pub(crate) struct BodyAnswers {
    /// The names of the variables, in the order of their first mention.
    pub(crate) variables: Vec<String>,
    /// The rows.
    pub(crate) rows: BTreeSet<Vec<Value>>,
}

impl Engine {
    /// Asks literals together: they share their variables.
    ///
    /// # Errors
    /// `malformed-goal` with what is wrong with them; as [`Engine::query`].
    pub(crate) fn ask_body(&self, tenant: &str, body: &[Literal], context: &Context) -> Result<BodyAnswers, Error> {
        let state = self.state(tenant, None)?;
        let question = state.active.policy.question(body).map_err(|diagnostics| {
            let words: Vec<String> = diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect();
            Error::invalid("malformed-goal", words.join("; ")).with_help("Ask for what the policy declares.")
        })?;
        let mut rows = BTreeSet::new();
        for case in &question.cases {
            self.ask_case(&state, case, context, &mut rows)?;
        }
        Ok(BodyAnswers { variables: question.variables.iter().map(ToString::to_string).collect(), rows })
    }

    fn ask_case(
        &self,
        state: &State,
        case: &Case,
        context: &Context,
        rows: &mut BTreeSet<Vec<Value>>,
    ) -> Result<(), Error> {
        let active = &state.active;
        let mut head = Vec::new();
        let mut columns: Vec<Result<ColumnType, Value>> = Vec::new();
        for (number, column) in case.variables.iter().enumerate() {
            let variable = InstanceTerm::Variable(VariableId(number as u16));
            match column {
                // A variable that is one permission is written out.
                Some(Column::Permission(name)) => {
                    columns.push(Err(Value::Constant(Object::new(PERMISSION, name.clone()))));
                }
                Some(Column::OtherPermission) => {
                    columns.push(Ok(permission_column()));
                    head.push((variable, Binding::Free));
                }
                Some(Column::Type(kind)) => {
                    columns.push(Ok(kind.clone()));
                    head.push((variable, Binding::Free));
                }
                None => return Err(Error::internal("a variable that nothing binds")),
            }
        }
        let QueryPlan { plans, goal } = active.body_plan(Purpose::Question, &head, &case.body, case.variables.len())?;
        let constants = Constants::resolve(&plans, active, &state.snapshot);
        let surroundings = self.surroundings(state, context, None)?;
        let asking = Asking::new(state, &plans, &constants, [&goal], &surroundings)?.for_query();
        let free: Vec<&ColumnType> = columns.iter().filter_map(|column| column.as_ref().ok()).collect();
        let mut add = |values: Vec<Value>| {
            let mut values = values.into_iter();
            let row = columns.iter().filter_map(|column| column.clone().map_or_else(Some, |_| values.next()));
            rows.insert(row.collect());
        };
        if free.is_empty() {
            if asking.holds(asking.goal(&goal, &[]), &[])? {
                add(Vec::new());
            }
            return Ok(());
        }
        for row in asking.answers(&goal, &[])?.chunks_exact(free.len()) {
            add(asking.values(free.iter().copied(), row)?);
        }
        Ok(())
    }
}
