//! Why a fact doesn't hold: how far each way to it goes, and what opens it where it was tried.

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, Known, MAX_MISSING, components};
use crate::engine::explain::denial::{ClosedWay, Denial, Opening, Part};
use crate::engine::explain::fork;
use crate::engine::explain::graph::Atom;
use crate::engine::explain::openings::{Candidate, DEPTH, MAX_QUESTIONS, Seeker, known};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::{Way, in_column, ways_to_fact};
use crate::engine::limits::Limits;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Name, Value};
use crate::policy::checked::{InstanceLiteral, InstanceTerm};
use crate::store::moment::Moment;

/// How many ways are told.
const MAX_WAYS: usize = 20;
/// How many candidates of a way are tried.
const MAX_TRIES: usize = 24;
/// How many rows one question of the search may look at, and answer: what costs more isn't followed.
const ROWS: u64 = 500_000;
const QUERY_ROWS: u64 = 10_000;
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
    let narrow = surroundings.within(Limits { rows: ROWS, query_rows: QUERY_ROWS, ..surroundings.limits });
    let split: Vec<Vec<Component<'_>>> = ways.iter().map(|way| components(&state.active, way)).collect();
    let mut analysed = Vec::with_capacity(ways.len());
    for (way, parts) in ways.iter().zip(&split) {
        analysed.push(analyse(state, way, parts, &narrow)?);
    }
    analysed.sort_by_key(|analysed| analysed.n_missing);
    let n_ways = analysed.len();
    analysed.truncate(MAX_WAYS);
    let seeker = Seeker::new(state, moment, &narrow);
    let mut told = Vec::with_capacity(analysed.len());
    for Analysed { way, closed, parts, .. } in analysed {
        let openings = open(&seeker, goal, way, &closed, surroundings)?;
        // Of the catalogue's `on(P, X)` the places say nothing.
        let on = state.active.policy.schema.predicate_named("on");
        let rule =
            |rule: &u32| state.active.policy.rules.get(*rule as usize).filter(|rule| Some(rule.head.predicate) != on);
        let mut rules: Vec<String> = Vec::new();
        for place in way.join.rules.iter().filter_map(rule).map(|rule| state.active.policy.place(rule.span)) {
            if !rules.contains(&place) {
                rules.push(place);
            }
        }
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

/// The smallest changes that open a way: each was tried.
fn open(
    seeker: &Seeker<'_>,
    goal: &Atom,
    way: &Way,
    closed: &[&Component<'_>],
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Opening>, Error> {
    if seeker.left.get() == 0 {
        // What was given up for want of questions may be worth more now.
        seeker.followed.borrow_mut().clear();
    }
    seeker.left.set(MAX_QUESTIONS);
    for n_missing in closed.len()..=MAX_MISSING {
        let mut candidates = seeker.of_parts(way, closed, n_missing, DEPTH)?;
        candidates.sort_by_key(|candidate| candidate.changes.len());
        let mut openings: Vec<Opening> = Vec::new();
        // Of many that differ in the objects that they name, one is told.
        let mut forms: Vec<Vec<(Sign, Name)>> = Vec::new();
        for Candidate { changes, choices } in candidates.into_iter().take(MAX_TRIES) {
            let form: Vec<(Sign, Name)> = changes.iter().map(|(sign, fact)| (*sign, fact.relation.clone())).collect();
            if choices != Some(1) && forms.contains(&form) {
                continue;
            }
            surroundings.refuse_late()?;
            let Some(after) = fork::after(seeker.state, changes.iter(), surroundings.limits)? else { continue };
            if !holds(&after, goal, surroundings)? {
                continue;
            }
            let of = |wanted: Sign| -> Vec<Fact> {
                changes.iter().filter(|(sign, _)| *sign == wanted).map(|(_, fact)| fact.clone()).collect()
            };
            let (insert, delete) = (of(Sign::Plus), of(Sign::Minus));
            let replaces = insert.iter().filter_map(|fact| seeker.state.snapshot.value_of(fact)).collect();
            let opening = Opening { insert, replaces, delete, choices };
            if openings.iter().all(|known| (&known.insert, &known.delete) != (&opening.insert, &opening.delete)) {
                openings.push(opening);
                forms.push(form);
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
