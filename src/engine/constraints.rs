//! Denies: what no state may hold, judged on the state after a change, from the change or whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::active::plain;
use crate::engine::ask::Asking;
use crate::engine::delta::Delta;
use crate::engine::error::{Error, Kind};
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::statements::{Asked, DenyCase};
use crate::language::syntax::Sign;
use crate::model::layout::StoredId;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Deny, Literal, VariableId};
use crate::policy::schema::PERMISSION;

/// How many violations an error names.
const MAX_NAMED: usize = 20;

/// The ways in which a state breaks the policy's denies.
#[derive(Debug, Default)]
pub(super) struct Violations {
    /// By the deny's position in the text.
    found: BTreeMap<usize, Broken>,
}

/// The ways in which a state breaks one deny.
#[derive(Debug, Default)]
struct Broken {
    count: u64,
    /// Of the first ones: the values of the deny's variables that make its body hold.
    named: Vec<Vec<(VariableId, Value)>>,
}

/// Violations as they are found: rows of cells, by the position of the planned deny. Those of different watches may repeat.
#[derive(Default)]
struct Finding(BTreeMap<usize, Vec<u32>>);

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
    let mut finding = Finding::default();
    for asked in asked {
        finding.ask(after, &asking, asked)?;
    }
    finding.finish(after, &asking)
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
    let mut finding = Finding::default();
    let cases = state.active.statements.denies.iter().enumerate();
    for (deny, case) in cases.filter(|(deny, _)| denies.contains(deny)) {
        finding.ask(state, &asking, &Asked { deny, procedure: case.plan.whole })?;
    }
    finding.finish(state, &asking)
}

impl Finding {
    fn ask(&mut self, state: &State, asking: &Asking<'_>, asked: &Asked) -> Result<(), Error> {
        let Some(case) = state.active.statements.denies.get(asked.deny) else { return Ok(()) };
        if case.plan.variables.is_empty() {
            if asking.holds_procedure(asked.procedure)? {
                self.0.entry(asked.deny).or_default();
            }
            return Ok(());
        }
        let rows = asking.rows_of(asked.procedure)?;
        if !rows.is_empty() {
            self.0.entry(asked.deny).or_default().extend(rows);
        }
        Ok(())
    }

    /// Counts what was found, each row once, and looks up the values of the first ones.
    fn finish(self, state: &State, asking: &Asking<'_>) -> Result<Violations, Error> {
        let mut violations = Violations::default();
        // Cases that tell the same of a deny differ in what it doesn't name: a row of theirs is one violation.
        let mut alike: Vec<(&DenyCase, Vec<u32>)> = Vec::new();
        for (position, cells) in self.0 {
            let Some(case) = state.active.statements.denies.get(position) else { continue };
            let is_alike = |other: &DenyCase| {
                (other.deny, &other.plan.variables, &other.plan.fixed)
                    == (case.deny, &case.plan.variables, &case.plan.fixed)
            };
            match alike.iter_mut().find(|(other, _)| is_alike(other)) {
                Some((_, other)) => other.extend(cells),
                None => alike.push((case, cells)),
            }
        }
        for (case, cells) in alike {
            let broken = violations.found.entry(case.deny).or_default();
            let permission = |name: &Name| Value::Constant(Object::new(PERMISSION, name.clone()));
            let fixed = case.plan.fixed.iter().map(|(variable, name)| (*variable, permission(name)));
            if case.plan.variables.is_empty() {
                broken.count += 1;
                broken.named.push(fixed.collect());
                continue;
            }
            let columns: Vec<ColumnType> = case.plan.variables.iter().map(|(_, column)| plain(column)).collect();
            let mut rows: Vec<&[u32]> = cells.chunks_exact(columns.len()).collect();
            rows.sort_unstable();
            rows.dedup();
            broken.count += rows.len() as u64;
            for row in rows.into_iter().take(MAX_NAMED) {
                let variables = case.plan.variables.iter().map(|(variable, _)| *variable);
                let values = variables.zip(asking.values(columns.iter(), row)?);
                broken.named.push(values.chain(fixed.clone()).collect());
            }
        }
        Ok(violations)
    }
}

impl Violations {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.found.values().map(|broken| broken.count).sum()
    }

    /// The first ones in words, one of each deny before others: the author's sentence, the facts that break the rule, and its
    /// place.
    pub(super) fn in_words(&self, state: &State) -> Vec<String> {
        let broken = self.broken(state);
        // None goes unsaid.
        let firsts = broken.iter().filter_map(|(deny, broken)| Some((*deny, broken.named.first()?)));
        let others = broken.iter().flat_map(|(deny, broken)| broken.named.iter().skip(1).map(move |row| (*deny, row)));
        let named = firsts.chain(others).take(MAX_NAMED.max(broken.len()));
        named.map(|(deny, row)| violation(state, deny, row)).collect()
    }

    fn broken<'s>(&'s self, state: &'s State) -> Vec<(&'s Deny, &'s Broken)> {
        let denies = &state.active.policy.denies;
        self.found.iter().filter_map(|(deny, broken)| Some((denies.get(*deny)?, broken))).collect()
    }

    /// The refusal of what would lead to a state with these violations; nothing if there are none.
    ///
    /// # Errors
    /// `constraint-violated`, with the words of the first deny; each violation, with its facts and its rule, in the details.
    pub(super) fn refuse(&self, state: &State) -> Result<(), Error> {
        let broken = self.broken(state);
        let Some((first, _)) = broken.first() else { return Ok(()) };
        let details = self.in_words(state);
        let (n_violations, n_named) = (self.count(), details.len() as u64);
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
