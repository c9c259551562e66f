//! Which of the drawn denies and effects are worth keeping: those that some change would break, and that some would set off.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use entail::model::fact::Fact;
use entail::policy::checked::Policy;

use super::bodies::{Delta, Reading};
use super::changes::draw_write;
use super::naive::{Context, Meaning};
use super::random::Random;
use super::state::{Change, State};
use super::worlds::{Draft, Statement};

/// How many changes are tried on the first state.
const TRIED: usize = 24;
/// The most denies, and the most effects, that are kept because they matter.
const KEPT: usize = 4;

/// Thins out the denies and effects of a draft whose policy is this one, in the light of the first facts.
pub(super) fn thin(random: &Random, draft: &mut Draft, policy: &Policy, first: &[Fact]) {
    let empty = State::empty(policy);
    let state = empty.after(&Change { insert: first.to_vec(), delete: Vec::new() }).unwrap_or(empty);
    let after: Vec<State<'_>> = (0..TRIED).filter_map(|number| draw_next(random, &state, number)).collect();
    let mut denies = judge_denies(random, policy, &state, &after).into_iter();
    let mut effects = judge_effects(random, policy, &state, &after).into_iter();
    draft.statements.retain(|statement| match statement {
        Statement::Rule { head, .. } if head.starts_with("deny ") => denies.next().expect("in the order of the text"),
        Statement::Rule { head, .. } if head.starts_with('+') => effects.next().expect("in the order of the text"),
        _ => true,
    });
}

/// A state one change later: less a fact, or otherwise.
fn draw_next<'p>(random: &Random, state: &State<'p>, number: usize) -> Option<State<'p>> {
    let present: Vec<&Fact> = state.facts.iter().collect();
    let change = match random.choose(&present).filter(|_| number.is_multiple_of(2)) {
        Some(fact) => Change { insert: Vec::new(), delete: vec![(*fact).clone()] },
        None => draw_write(random, state.policy, state),
    };
    state.after(&change).ok()
}

/// A deny that is broken from the start, or by the first facts, hides the others; one that nothing breaks is idle.
fn judge_denies(random: &Random, policy: &Policy, state: &State<'_>, after: &[State<'_>]) -> Vec<bool> {
    let mean = |facts: &BTreeSet<Fact>| Meaning::of(policy, facts, &Context::new());
    let before = [mean(&BTreeSet::new()), mean(&state.facts)];
    let after: Vec<Meaning<'_>> = after.iter().map(|state| mean(&state.facts)).collect();
    let mut n_kept = 0;
    let judge = |deny: &entail::policy::checked::Deny| {
        let is_broken = |meaning: &Meaning<'_>| meaning.reading().holds(&deny.body, vec![None; deny.variables.len()]);
        if before.iter().any(is_broken) {
            return random.percent(1);
        }
        if n_kept == KEPT || !after.iter().any(is_broken) {
            return random.percent(5);
        }
        n_kept += 1;
        true
    };
    policy.denies.iter().map(judge).collect()
}

fn judge_effects(random: &Random, policy: &Policy, state: &State<'_>, after: &[State<'_>]) -> Vec<bool> {
    let meaning = Meaning::of(policy, &state.facts, &Context::new());
    let deltas: Vec<Delta> = after.iter().map(|next| Delta::between(policy, &state.facts, &next.facts)).collect();
    let mut n_kept = 0;
    let judge = |effect: &entail::policy::checked::Rule| {
        let is_set_off = |delta: &Delta| {
            let reading = Reading { change: Some(delta), ..meaning.reading() };
            let nothing = vec![None; effect.variables.len()];
            reading.each(&effect.body, nothing, &mut |_| ControlFlow::Break(())).is_break()
        };
        if n_kept == KEPT || !deltas.iter().any(is_set_off) {
            return random.percent(8);
        }
        n_kept += 1;
        true
    };
    policy.effects.iter().map(judge).collect()
}
