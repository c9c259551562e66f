//! Procedures for what stands in no rule: a single literal that is asked, the body of a question, that of a statement.

use crate::language::span::Span;
use crate::plan::adornment::{Adornment, Binding};
use crate::plan::emit::Clause;
use crate::plan::planner::{PlanError, Planner};
use crate::plan::procedure::ProcedureId;
use crate::plan::unfold::{OF_QUESTIONS, OF_STATEMENTS, Unfolded};
use crate::policy::checked::{InstanceLiteral, InstanceTerm, VariableId, VariantId};

/// The variant of a procedure that answers none.
const NO_VARIANT: VariantId = VariantId(u32::MAX);

/// What a body is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be asked over all there is.
    Question,
    /// To judge or complete a write, as an effect, a guard, or a part of one: few facts ask it, and there are many such bodies.
    Statement,
}

impl Planner<'_> {
    /// A procedure for a single literal of any origin. Its arguments are the variables that come bound, its answers the
    /// others, both by number.
    ///
    /// # Errors
    /// [`PlanError`], after which the planner is of no further use.
    pub fn query(
        &mut self,
        variant: VariantId,
        terms: &[InstanceTerm],
        bound: &[bool],
    ) -> Result<ProcedureId, PlanError> {
        let variables = 0..bound.len();
        let head: Vec<InstanceTerm> =
            variables.map(|number| InstanceTerm::Variable(VariableId(number as u16))).collect();
        let bindings: Adornment =
            bound.iter().map(|&bound| if bound { Binding::Bound } else { Binding::Free }).collect();
        let literal = InstanceLiteral::Positive { variant, terms: terms.to_vec(), sign: None, span: Span::default() };
        let body = [literal];
        let clause = Clause {
            rules: &[],
            head: &head,
            bindings: &bindings,
            body: &body,
            n_variables: bound.len(),
            component: None,
        };
        let join = clause.emit(self)?;
        self.plan_waiting()?;
        let component = self.policy.variants.get(variant.0 as usize).map_or(0, |found| found.component);
        self.add_goal(variant, bindings, component, vec![join])
    }

    /// A procedure for a body that stands in no rule. Its arguments and answers are those terms of the head that are bound and
    /// free.
    ///
    /// # Errors
    /// [`PlanError`], after which the planner is of no further use.
    pub fn body(
        &mut self,
        purpose: Purpose,
        head: &[(InstanceTerm, Binding)],
        body: &[InstanceLiteral],
        n_variables: usize,
    ) -> Result<ProcedureId, PlanError> {
        let bounds = match purpose {
            Purpose::Question => &OF_QUESTIONS,
            Purpose::Statement => &OF_STATEMENTS,
        };
        let (terms, bindings): (Vec<InstanceTerm>, Vec<Binding>) = head.iter().cloned().unzip();
        let clause = Unfolded::new(terms, body.to_vec(), n_variables);
        let clauses = clause.unfold(self.policy, &self.estimates, bounds);
        self.joins(&bindings.into(), clauses)
    }

    /// A procedure with these joins as alternatives, which nothing calls.
    pub(super) fn joins(&mut self, bindings: &Adornment, clauses: Vec<Unfolded>) -> Result<ProcedureId, PlanError> {
        let mut joins = Vec::with_capacity(clauses.len());
        for clause in &clauses {
            let clause = Clause {
                rules: &clause.rules,
                head: &clause.head,
                bindings,
                body: &clause.body,
                n_variables: clause.n_variables,
                component: None,
            };
            joins.push(clause.emit(self)?);
        }
        self.plan_waiting()?;
        self.add_goal(NO_VARIANT, bindings.clone(), 0, joins)
    }
}
