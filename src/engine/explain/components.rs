//! The parts of a way that have no variable in common: each is closed or open by itself.

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

/// Literals of a way that share variables, by position in its body.
pub(super) struct Component<'w> {
    way: &'w Way,
    /// The positions.
    pub(super) literals: Vec<usize>,
}

/// Literals of a component that are left out so that the others hold together.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    /// What is missing, by position in the way's body.
    pub(super) missing: Vec<usize>,
    /// The variables of what is missing that the others bind.
    pub(super) bound: Vec<VariableId>,
    /// The values with which the others hold, each row once, in order of creation.
    pub(super) rows: Vec<Vec<Value>>,
}

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
    components.into_iter().map(|(literals, _)| Component { way, literals }).collect()
}

impl<'w> Component<'w> {
    /// The literal at a position of the way's body.
    pub(super) fn literal(&self, position: usize) -> Option<&'w InstanceLiteral> {
        self.way.join.body.get(position)
    }

    /// All choices of so many missing literals with which the others hold together.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`.
    pub(super) fn gaps(
        &self,
        state: &State,
        n_missing: usize,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Gap>, Error> {
        let mut gaps = Vec::new();
        for missing in subsets(&self.literals, n_missing) {
            surroundings.refuse_late()?;
            if let Some(gap) = self.gap(state, missing, surroundings)? {
                gaps.push(gap);
            }
        }
        Ok(gaps)
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
        let wanted = self.way.typed(&bound)?;
        let rows = match rest.as_slice() {
            [] => vec![Vec::new()],
            rest => {
                let question = Question::new(state, rest, self.way.join.n_variables, &[], &wanted)?;
                question.rows(state, &[], surroundings)?
            }
        };
        Ok((!rows.is_empty()).then_some(Gap { missing, bound, rows }))
    }

    /// Values for the variables of what isn't missing, those of the first row, with which it holds.
    ///
    /// # Errors
    /// `limit-exceeded`.
    pub(super) fn witness(
        &self,
        state: &State,
        gap: &Gap,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<(VariableId, Value)>, Error> {
        let (rest, known) = self.rest(&state.active, &gap.missing);
        let row = gap.rows.first().cloned().unwrap_or_default();
        let mut values: Vec<(VariableId, Value)> = gap.bound.iter().copied().zip(row).collect();
        for variable in known {
            if values.iter().any(|(bound, _)| *bound == variable) {
                continue;
            }
            let terms: Vec<_> = values.iter().map(|(bound, _)| InstanceTerm::Variable(*bound)).collect();
            let given: Vec<Value> = values.iter().map(|(_, value)| value.clone()).collect();
            let wanted = self.way.typed(&[variable])?;
            let question = Question::new(state, &rest, self.way.join.n_variables, &terms, &wanted)?;
            values.extend(question.first(state, &given, 1, surroundings)?.pop().map(|value| (variable, value)));
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
