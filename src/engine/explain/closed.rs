//! Why a fact doesn't hold: how far each way to it goes, and what opens it where it was tried.

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, Known, MAX_MISSING, components};
use crate::engine::explain::denial::{ClosedWay, Denial, Opening, Part};
use crate::engine::explain::graph::Atom;
use crate::engine::explain::openings::{Seeker, known};
use crate::engine::explain::trial::{self, Trial, smallest};
use crate::engine::explain::ways::{Way, in_column, ways_to_fact};
use crate::engine::limits::Limits;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::model::value::Value;
use crate::policy::checked::{InstanceLiteral, InstanceTerm};
use crate::store::moment::Moment;

/// How many ways are told.
const MAX_WAYS: usize = 20;
/// How many rows one question of the search may look at, and answer: what costs more isn't followed.
const ROWS: u64 = 500_000;
const QUERY_ROWS: u64 = 10_000;

/// A way with the parts of it that don't hold.
struct Analysed<'w> {
    way: &'w Way,
    closed: Vec<&'w Component<'w>>,
    /// What must hold, and whether it does.
    parts: Vec<Part>,
    n_missing: usize,
}

/// Ways that are told in the same words.
struct Told<'w> {
    rules: Vec<String>,
    parts: Vec<Part>,
    /// Each with its parts that don't hold; at least one.
    ways: Vec<(&'w Way, Vec<&'w Component<'w>>)>,
}

/// Why a derived fact doesn't hold at a state; `moment` is the disk at the same revision.
///
/// # Errors
/// `missing-context`; `limit-exceeded`.
pub(super) fn deny(
    state: &State,
    moment: &Moment<'_>,
    goal: &Atom,
    surroundings: &Surroundings<'_>,
) -> Result<Denial, Error> {
    let given: Vec<Option<Value>> = goal.1.iter().cloned().map(Some).collect();
    let ways = ways_to_fact(&state.active, goal.0, &given);
    let narrow = surroundings.within(Limits { rows: ROWS, query_rows: QUERY_ROWS, ..surroundings.limits });
    let split: Vec<Vec<Component<'_>>> = ways.iter().map(|way| components(&state.active, way)).collect();
    let mut analysed = Vec::with_capacity(ways.len());
    for (way, parts) in ways.iter().zip(&split) {
        analysed.push(analyse(state, way, parts, &narrow)?);
    }
    let mut alike = alike(state, analysed);
    let n_ways = alike.len();
    alike.truncate(MAX_WAYS);
    let seeker = Seeker::new(state, moment, &narrow);
    let mut told = Vec::with_capacity(alike.len());
    // How many ways may be looked at besides the first of each that are told alike.
    let mut n_spare = MAX_WAYS.saturating_sub(alike.len());
    for Told { rules, parts, ways } in alike {
        let n_others = n_spare.min(ways.len().saturating_sub(1));
        n_spare -= n_others;
        let mut openings = Vec::new();
        for (way, closed) in ways.iter().take(1 + n_others) {
            openings.extend(Trial { seeker: &seeker, goal, way, surroundings }.openings(closed)?);
        }
        let openings = smallest(openings).into_iter().map(|opening| trial::told(state, opening)).collect();
        told.push(ClosedWay { rules, parts, openings });
    }
    told.sort_by_key(|way| {
        let n_missing = way.parts.iter().filter(|part| part.is_missing()).count();
        (way.openings.first().map_or(usize::MAX, Opening::size), n_missing)
    });
    Ok(Denial { ways: told, n_ways })
}

/// The ways by how they are told, those first of which the least is missing.
fn alike<'w>(state: &State, mut analysed: Vec<Analysed<'w>>) -> Vec<Told<'w>> {
    analysed.sort_by_key(|analysed| analysed.n_missing);
    let mut alike: Vec<Told<'w>> = Vec::new();
    for Analysed { way, closed, parts, .. } in analysed {
        let rules = rules(state, way);
        match alike.iter_mut().find(|told| told.rules == rules && told.parts == parts) {
            Some(told) => told.ways.push((way, closed)),
            None => alike.push(Told { rules, parts, ways: vec![(way, closed)] }),
        }
    }
    alike
}

/// The places of a way's rules, each once. Of the catalogue's `on(P, X)` the places say nothing.
fn rules(state: &State, way: &Way) -> Vec<String> {
    let policy = &state.active.policy;
    let on = policy.schema.predicate_named("on");
    let rule = |rule: &u32| policy.rules.get(*rule as usize).filter(|rule| Some(rule.head.predicate) != on);
    let mut rules: Vec<String> = Vec::new();
    for place in way.join.rules.iter().filter_map(rule).map(|rule| policy.place(rule.span)) {
        if !rules.contains(&place) {
            rules.push(place);
        }
    }
    rules
}

/// How far a way goes: in each component as much as can hold together.
fn analyse<'w>(
    state: &State,
    way: &'w Way,
    components: &'w [Component<'w>],
    surroundings: &Surroundings<'_>,
) -> Result<Analysed<'w>, Error> {
    let mut analysed = Analysed { way, closed: Vec::new(), parts: Vec::new(), n_missing: 0 };
    let mut parts: Vec<(usize, Part)> = Vec::new();
    let literals = way.literals(&state.active);
    for component in components {
        let mut gap = None;
        for n_missing in 0..=MAX_MISSING.min(component.literals.len()) {
            gap = component.gaps(state, n_missing, surroundings)?.first();
            if gap.is_some() {
                break;
            }
        }
        let (missing, values) = match gap {
            Some(gap) => (gap.missing.clone(), component.witness(state, gap, surroundings)?),
            None => (component.literals.clone(), Vec::new()),
        };
        if !missing.is_empty() {
            analysed.closed.push(component);
            analysed.n_missing += missing.len();
        }
        for position in &component.literals {
            let says = component.literal(*position).and_then(|literal| told(state, literal, &values));
            let place = literals.get(*position).and_then(|literal| literal.place.clone());
            if let (Some(says), Some(place)) = (says, place) {
                parts.push((*position, Part { says, place, holds: !missing.contains(position) }));
            }
        }
    }
    parts.sort_by_key(|(position, _)| *position);
    analysed.parts = parts.into_iter().map(|(_, part)| part).collect();
    Ok(analysed)
}

/// A literal with the values that are known; none of a comparison that nothing can be said about.
fn told(state: &State, literal: &InstanceLiteral, values: &Known) -> Option<String> {
    let policy = &state.active.policy;
    let (variant, not, terms) = match literal {
        InstanceLiteral::Positive { variant, terms, .. } => (variant, "", terms),
        InstanceLiteral::Negated { variants, terms, .. } => (variants.first()?, "not ", terms),
        InstanceLiteral::Comparison { operator, left, right, .. } => {
            let (left, right) = (known(left, values)?, known(right, values)?);
            return Some(format!("{left} {} {right}", operator.symbol()));
        }
        InstanceLiteral::OtherPermission(_) => return None,
    };
    let found = policy.variants.get(variant.0 as usize)?;
    let name = &policy.schema.predicate(found.predicate)?.name;
    let shown = |(term, column): (&InstanceTerm, _)| {
        known(term, values).map_or_else(|| "_".to_owned(), |value| in_column(&value, column).notation())
    };
    let terms: Vec<String> = terms.iter().zip(&found.columns).map(shown).collect();
    Some(format!("{not}{name}({})", terms.join(", ")))
}
