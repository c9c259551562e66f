//! Why a fact doesn't hold: how far each way to it goes, and what opens it where it was tried.

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, MAX_MISSING, components};
use crate::engine::explain::denial::{ClosedWay, Denial, Opening, Part};
use crate::engine::explain::fork;
use crate::engine::explain::graph::Atom;
use crate::engine::explain::openings::{Candidate, DEPTH, Known, Seeker, known};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::{Way, in_column, ways_to_fact};
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::Value;
use crate::policy::checked::{InstanceLiteral, InstanceTerm};
use crate::policy::fixed::Fixed;
use crate::store::moment::Moment;

/// How many ways are told.
const MAX_WAYS: usize = 20;
/// How many candidates of a way are tried.
const MAX_TRIES: usize = 24;
/// How many openings of a way are told.
const MAX_OPENINGS: usize = 4;

/// A way with the parts of it that don't hold.
struct Analysed<'w> {
    way: &'w Way,
    closed: Vec<&'w Component<'w>>,
    /// What must hold, and whether it does.
    parts: Vec<Part>,
    n_missing: usize,
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
    let split: Vec<Vec<Component<'_>>> = ways.iter().map(|way| components(&state.active, way)).collect();
    let mut analysed = Vec::with_capacity(ways.len());
    for (way, parts) in ways.iter().zip(&split) {
        analysed.push(analyse(state, way, parts, surroundings)?);
    }
    analysed.sort_by_key(|analysed| analysed.n_missing);
    let n_ways = analysed.len();
    analysed.truncate(MAX_WAYS);
    let seeker = Seeker { state, moment, surroundings, fixed: Fixed::of(&state.active.policy) };
    let mut told = Vec::with_capacity(analysed.len());
    for Analysed { way, closed, parts, .. } in analysed {
        let openings = open(&seeker, goal, way, &closed)?;
        let rule = |rule: &u32| state.active.policy.rules.get(*rule as usize);
        let rules = way.join.rules.iter().filter_map(rule).map(|rule| state.active.policy.place(rule.span)).collect();
        told.push(ClosedWay { rules, parts, openings });
    }
    told.sort_by_key(|way| {
        let n_missing = way.parts.iter().filter(|part| part.is_missing()).count();
        (way.openings.first().map_or(usize::MAX, Opening::size), n_missing)
    });
    Ok(Denial { ways: told, n_ways })
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
    for component in components {
        let mut gap = None;
        for n_missing in 0..=MAX_MISSING.min(component.literals.len()) {
            gap = component.gaps(state, n_missing, surroundings)?.into_iter().next();
            if gap.is_some() {
                break;
            }
        }
        let (missing, values) = match gap {
            Some(gap) => (gap.missing.clone(), component.witness(state, &gap, surroundings)?),
            None => (component.literals.clone(), Vec::new()),
        };
        if !missing.is_empty() {
            analysed.closed.push(component);
            analysed.n_missing += missing.len();
        }
        for position in &component.literals {
            let holds = !missing.contains(position);
            if let Some(part) = component.literal(*position).and_then(|literal| told(state, literal, &values, holds)) {
                parts.push((*position, part));
            }
        }
    }
    parts.sort_by_key(|(position, _)| *position);
    analysed.parts = parts.into_iter().map(|(_, part)| part).collect();
    Ok(analysed)
}

/// A literal with the values that are known; none of a comparison that nothing can be said about.
fn told(state: &State, literal: &InstanceLiteral, values: &Known, holds: bool) -> Option<Part> {
    let policy = &state.active.policy;
    let (variant, not, terms, span) = match literal {
        InstanceLiteral::Positive { variant, terms, span, .. } => (variant, "", terms, span),
        InstanceLiteral::Negated { variants, terms, span, .. } => (variants.first()?, "not ", terms, span),
        InstanceLiteral::Comparison { operator, left, right, span, .. } => {
            let (left, right) = (known(left, values)?, known(right, values)?);
            let says = format!("{left} {} {right}", operator.symbol());
            return Some(Part { says, place: policy.place(*span), holds });
        }
        InstanceLiteral::OtherPermission(_) => return None,
    };
    let found = policy.variants.get(variant.0 as usize)?;
    let name = &policy.schema.predicate(found.predicate)?.name;
    let shown = |(term, column): (&InstanceTerm, _)| {
        known(term, values).map_or_else(|| "_".to_owned(), |value| in_column(&value, column).notation())
    };
    let terms: Vec<String> = terms.iter().zip(&found.columns).map(shown).collect();
    Some(Part { says: format!("{not}{name}({})", terms.join(", ")), place: policy.place(*span), holds })
}

/// The smallest changes that open a way: each was tried.
fn open(seeker: &Seeker<'_>, goal: &Atom, way: &Way, closed: &[&Component<'_>]) -> Result<Vec<Opening>, Error> {
    for n_missing in closed.len()..=MAX_MISSING {
        let mut candidates = seeker.of_parts(way, closed, n_missing, DEPTH)?;
        candidates.sort_by_key(|candidate| candidate.changes.len());
        let mut openings: Vec<Opening> = Vec::new();
        for Candidate { changes, choices } in candidates.into_iter().take(MAX_TRIES) {
            seeker.surroundings.refuse_late()?;
            let limits = seeker.surroundings.limits;
            let Some(after) = fork::after(seeker.state, changes.iter(), limits)? else { continue };
            if !holds(&after, goal, seeker.surroundings)? {
                continue;
            }
            let of = |wanted: Sign| -> Vec<Fact> {
                changes.iter().filter(|(sign, _)| *sign == wanted).map(|(_, fact)| fact.clone()).collect()
            };
            let opening = Opening { insert: of(Sign::Plus), delete: of(Sign::Minus), choices };
            if openings.iter().all(|known| (&known.insert, &known.delete) != (&opening.insert, &opening.delete)) {
                openings.push(opening);
            }
            if openings.len() == MAX_OPENINGS {
                break;
            }
        }
        if !openings.is_empty() {
            return Ok(openings);
        }
    }
    Ok(Vec::new())
}

/// Whether a derived fact holds at a state.
fn holds(state: &State, goal: &Atom, surroundings: &Surroundings<'_>) -> Result<bool, Error> {
    let terms = goal.1.iter().cloned().map(InstanceTerm::Value).collect();
    let literal = InstanceLiteral::Positive { variant: goal.0, terms, sign: None, span: Default::default() };
    let question = Question::new(state, &[literal], 0, &[], &[])?;
    Ok(!question.rows(state, &[], surroundings)?.is_empty())
}
