//! The parts of a way that have no variable in common: each is closed or open by itself.

use std::cell::OnceCell;

use crate::engine::active::Active;
use crate::engine::error::Error;
use crate::engine::explain::premises::{binds_of, variables};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::Way;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::model::value::Value;
use crate::policy::checked::{InstanceLiteral, InstanceTerm, VariableId};

/// How many literals of a component may be missing.
pub(super) const MAX_MISSING: usize = 3;

/// What is known of a way's variables.
pub(super) type Known = Vec<(VariableId, Value)>;

/// Literals of a way that share variables, by position in its body.
pub(super) struct Component<'w> {
    way: &'w Way,
    /// The positions.
    pub(super) literals: Vec<usize>,
    /// The gaps that are known, by how much is missing.
    known: [OnceCell<Vec<Gap>>; MAX_MISSING + 1],
}

/// Literals of a component that are left out so that the others hold together.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    /// What is missing, by position in the way's body.
    pub(super) missing: Vec<usize>,
    /// The variables of what is missing that the others bind.
    pub(super) bound: Vec<VariableId>,
    /// The first values with which the others hold, in order of creation.
    pub(super) rows: Vec<Vec<Value>>,
    /// How many there are; none if they are too many to count.
    pub(super) choices: Option<usize>,
}

/// How many rows of a gap are looked at more closely.
pub(super) const MAX_ROWS: usize = 8;

/// The literals of a way that are looked at, sorted into components, in the order of the text.
pub(super) fn components<'w>(active: &Active, way: &'w Way) -> Vec<Component<'w>> {
    let mut components: Vec<(Vec<usize>, Vec<VariableId>)> = Vec::new();
    for (position, literal) in way.join.body.iter().enumerate() {
        if matches!(literal, InstanceLiteral::OtherPermission(_)) || way.is_implied(active, position) {
            continue;
        }
        let mut own = (vec![position], variables(literal));
        let (shared, apart): (Vec<_>, Vec<_>) =
            components.into_iter().partition(|(_, known)| known.iter().any(|variable| own.1.contains(variable)));
        for (positions, variables) in shared {
            own.0.extend(positions);
            own.1.extend(variables);
        }
        own.0.sort_unstable();
        components = apart;
        components.push(own);
    }
    components.sort();
    components.into_iter().map(|(literals, _)| Component { way, literals, known: Default::default() }).collect()
}

impl<'w> Component<'w> {
    /// The literal at a position of the way's body.
    pub(super) fn literal(&self, position: usize) -> Option<&'w InstanceLiteral> {
        self.way.join.body.get(position)
    }

    /// How many questions it takes to know the gaps with so many missing literals.
    pub(super) fn cost(&self, n_missing: usize) -> usize {
        let is_known = self.known.get(n_missing).is_none_or(|known| known.get().is_some());
        if is_known { 0 } else { subsets(&self.literals, n_missing).len() }
    }

    /// All choices of so many missing literals, at most [`MAX_MISSING`], with which the others hold together.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`.
    pub(super) fn gaps(
        &self,
        state: &State,
        n_missing: usize,
        surroundings: &Surroundings<'_>,
    ) -> Result<&[Gap], Error> {
        let Some(known) = self.known.get(n_missing) else { return Ok(&[]) };
        if let Some(gaps) = known.get() {
            return Ok(gaps);
        }
        let mut gaps = Vec::new();
        for missing in subsets(&self.literals, n_missing) {
            surroundings.refuse_late()?;
            if let Some(gap) = self.gap(state, missing, surroundings)? {
                gaps.push(gap);
            }
        }
        Ok(known.get_or_init(|| gaps))
    }

    /// What holds without some literals; none if the others don't hold together, or can't be asked.
    fn gap(&self, state: &State, missing: Vec<usize>, surroundings: &Surroundings<'_>) -> Result<Option<Gap>, Error> {
        let (rest, known) = self.rest(&state.active, &missing);
        if !rest.iter().flat_map(variables).all(|variable| known.contains(&variable)) {
            return Ok(None);
        }
        let mut bound: Vec<VariableId> = Vec::new();
        for variable in missing.iter().filter_map(|position| self.literal(*position)).flat_map(variables) {
            if known.contains(&variable) && !bound.contains(&variable) {
                bound.push(variable);
            }
        }
        if rest.is_empty() {
            return Ok(Some(Gap { missing, bound, rows: vec![Vec::new()], choices: Some(1) }));
        }
        let n_variables = self.way.join.n_variables;
        let question = Question::new(state, &rest, n_variables, &[], &self.way.typed(&bound)?)?;
        if let Some(mut rows) = surroundings.unless_costly(question.rows(state, &[], surroundings))? {
            let choices = Some(rows.len());
            rows.truncate(MAX_ROWS);
            return Ok((!rows.is_empty()).then_some(Gap { missing, bound, rows, choices }));
        }
        // Too many to be told apart, perhaps; one will do.
        let question = Question::new(state, &rest, n_variables, &[], &[])?;
        let holds = surroundings.unless_costly(question.rows(state, &[], surroundings))?;
        if holds.is_none_or(|rows| rows.is_empty()) {
            return Ok(None);
        }
        let values = self.first(state, &rest, Vec::new(), &bound, surroundings);
        let Some(values) = surroundings.unless_costly(values)? else { return Ok(None) };
        let row: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
        Ok((row.len() == bound.len()).then(|| Gap { missing, bound, rows: vec![row], choices: None }))
    }

    /// Values for the variables of what isn't missing, those of the first row, with which it holds.
    ///
    /// # Errors
    /// `limit-exceeded`.
    pub(super) fn witness(&self, state: &State, gap: &Gap, surroundings: &Surroundings<'_>) -> Result<Known, Error> {
        let (rest, known) = self.rest(&state.active, &gap.missing);
        let row = gap.rows.first().cloned().unwrap_or_default();
        let values: Known = gap.bound.iter().copied().zip(row).collect();
        let found = self.first(state, &rest, values.clone(), &known, surroundings);
        Ok(surroundings.unless_costly(found)?.unwrap_or(values))
    }

    /// The values that are known, and the first ones of other variables with which some literals hold.
    fn first(
        &self,
        state: &State,
        body: &[InstanceLiteral],
        mut values: Known,
        wanted: &[VariableId],
        surroundings: &Surroundings<'_>,
    ) -> Result<Known, Error> {
        for variable in wanted {
            if values.iter().any(|(known, _)| known == variable) {
                continue;
            }
            let terms: Vec<_> = values.iter().map(|(known, _)| InstanceTerm::Variable(*known)).collect();
            let given: Vec<Value> = values.iter().map(|(_, value)| value.clone()).collect();
            let typed = self.way.typed(&[*variable])?;
            let question = Question::new(state, body, self.way.join.n_variables, &terms, &typed)?;
            values.extend(question.first(state, &given, 1, surroundings)?.pop().map(|value| (*variable, value)));
        }
        Ok(values)
    }

    /// The literals that aren't missing, and the variables that they bind.
    fn rest(&self, active: &Active, missing: &[usize]) -> (Vec<InstanceLiteral>, Vec<VariableId>) {
        let there = self.literals.iter().filter(|position| !missing.contains(position));
        let rest: Vec<InstanceLiteral> = there.filter_map(|position| self.literal(*position)).cloned().collect();
        let mut known: Vec<VariableId> = Vec::new();
        for variable in rest.iter().flat_map(|literal| binds_of(&active.policy, literal)) {
            if !known.contains(&variable) {
                known.push(variable);
            }
        }
        (rest, known)
    }
}

/// All subsets of so many, in the order of what they were taken from.
fn subsets(from: &[usize], size: usize) -> Vec<Vec<usize>> {
    match (size, from.split_first()) {
        (0, _) => vec![Vec::new()],
        (_, None) => Vec::new(),
        (size, Some((first, rest))) => {
            let with = subsets(rest, size - 1).into_iter().map(|subset| [vec![*first], subset].concat());
            with.chain(subsets(rest, size)).collect()
        }
    }
}
