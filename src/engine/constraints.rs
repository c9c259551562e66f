//! Denies: what no state may hold, judged on the state after a change, from the change or whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::ask::Asking;
use crate::engine::delta::Delta;
use crate::engine::error::{Error, Kind};
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::statements::Asked;
use crate::language::syntax::Sign;
use crate::model::layout::StoredId;
use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Column, Deny, Literal, VariableId};

/// How many violations an error names.
const MAX_NAMED: usize = 20;

/// The ways in which a state breaks the policy's denies.
#[derive(Debug, Default)]
pub(super) struct Violations {
    /// By the deny's position in the text: the values of its variables that make its body hold.
    found: BTreeMap<usize, BTreeSet<Vec<(VariableId, Value)>>>,
}

/// The denies that a change may break, as what is to be asked; empty if it touches none.
pub(super) fn touched(state: &State, delta: &Delta<'_>) -> BTreeSet<Asked> {
    let statements = &state.active.statements;
    delta.touched().flat_map(|(sign, stored)| statements.asked_after(sign, stored)).copied().collect()
}

/// What a change that led to this state has broken. `asked` is what [`touched`] said of it.
///
/// # Errors
/// `limit-exceeded`: nothing is known then.
pub(super) fn violations_of(
    after: &State,
    delta: &Delta<'_>,
    asked: &BTreeSet<Asked>,
    surroundings: &Surroundings<'_>,
) -> Result<Violations, Error> {
    let asking = Asking::of_change(after, &after.active.plans, &after.constants, delta, surroundings);
    let mut violations = Violations::default();
    for asked in asked {
        violations.ask(after, &asking, asked)?;
    }
    Ok(violations)
}

/// The positions of all denies among the planned ones.
pub(super) fn all_denies(state: &State) -> BTreeSet<usize> {
    (0..state.active.statements.denies.len()).collect()
}

/// The positions of the denies that a change of these variants may break.
pub(super) fn denies_after(state: &State, touched: impl Iterator<Item = (Sign, StoredId)>) -> BTreeSet<usize> {
    let statements = &state.active.statements;
    touched.flat_map(|(sign, stored)| statements.asked_after(sign, stored)).map(|asked| asked.deny).collect()
}

/// All violations of some denies in a state.
///
/// # Errors
/// `limit-exceeded`: nothing is known then.
pub(super) fn violations(
    state: &State,
    denies: &BTreeSet<usize>,
    surroundings: &Surroundings<'_>,
) -> Result<Violations, Error> {
    let asking = Asking::of_change(state, &state.active.plans, &state.constants, &Delta::default(), surroundings);
    let mut violations = Violations::default();
    let cases = state.active.statements.denies.iter().enumerate();
    for (deny, case) in cases.filter(|(deny, _)| denies.contains(deny)) {
        violations.ask(state, &asking, &Asked { deny, procedure: case.plan.whole })?;
    }
    Ok(violations)
}

impl Violations {
    fn ask(&mut self, state: &State, asking: &Asking<'_>, asked: &Asked) -> Result<(), Error> {
        let Some(case) = state.active.statements.denies.get(asked.deny) else { return Ok(()) };
        let permission = ColumnType::Object(crate::policy::schema::PERMISSION.into());
        let columns: Vec<&ColumnType> = case
            .plan
            .variables
            .iter()
            .map(|(_, column)| match column {
                Column::Type(column) => column,
                Column::Permission(_) | Column::OtherPermission => &permission,
            })
            .collect();
        if columns.is_empty() {
            if asking.holds_procedure(asked.procedure)? {
                self.found.entry(case.deny).or_default().insert(Vec::new());
            }
            return Ok(());
        }
        let cells = asking.rows_of(asked.procedure)?;
        for row in cells.chunks_exact(columns.len()) {
            let values = asking.values(columns.iter().copied(), row)?;
            let variables = case.plan.variables.iter().map(|(variable, _)| *variable);
            self.found.entry(case.deny).or_default().insert(variables.zip(values).collect());
        }
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.found.values().map(|found| found.len() as u64).sum()
    }

    /// Each in words: the author's sentence, the facts that break the rule, and its place.
    pub(super) fn in_words(&self, state: &State) -> impl Iterator<Item = String> {
        let denies =
            self.found.iter().filter_map(|(deny, found)| Some((state.active.policy.denies.get(*deny)?, found)));
        denies.flat_map(move |(deny, found)| found.iter().map(move |row| violation(state, deny, row)))
    }

    /// The refusal of what would lead to a state with these violations; nothing if there are none.
    ///
    /// # Errors
    /// `constraint-violated`, with the words of the first deny; each violation, with its facts and its rule, in the details.
    pub(super) fn refuse(&self, state: &State) -> Result<(), Error> {
        let policy = &state.active.policy;
        let denies = self.found.iter().filter_map(|(deny, found)| Some((policy.denies.get(*deny)?, found)));
        let denies: Vec<(&Deny, _)> = denies.collect();
        let Some((first, _)) = denies.first() else { return Ok(()) };
        let n_violations: usize = denies.iter().map(|(_, found)| found.len()).sum();
        // One of each deny first: none goes unsaid.
        let firsts = denies.iter().filter_map(|(deny, found)| Some((*deny, found.iter().next()?)));
        let others = denies.iter().flat_map(|(deny, found)| found.iter().skip(1).map(move |row| (*deny, row)));
        let n_named = MAX_NAMED.max(denies.len());
        let named = firsts.chain(others).take(n_named);
        let details: Vec<String> = named.map(|(deny, row)| violation(state, deny, row)).collect();
        let count = match n_violations > n_named {
            true => format!("There are {n_violations} violations, of which {n_named} are named. "),
            false => String::new(),
        };
        let help = format!("{count}Make the rule hold after the change; nothing was changed.");
        Err(Error::new(Kind::Conflict, "constraint-violated", first.message.to_string())
            .with_help(help)
            .with_details(details))
    }
}

/// A violation: the author's words, the facts that break the rule, and its place.
fn violation(state: &State, deny: &Deny, row: &[(VariableId, Value)]) -> String {
    let policy = &state.active.policy;
    let known =
        |wanted: VariableId| row.iter().find(|(variable, _)| *variable == wanted).map(|(_, value)| value.clone());
    let literals = deny.body.iter().filter(|literal| matches!(literal, Literal::Atom { .. }));
    let facts: Vec<String> = literals.map(|literal| policy.literal(literal, &deny.variables, &known)).collect();
    format!("{}: {} ({})", deny.message, facts.join(", "), policy.place(deny.span))
}
