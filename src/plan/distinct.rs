//! Where a join forgets how it came to a row: `Distinct` steps.

use crate::plan::adornment::Binding;
use crate::plan::emit::{Clause, Frame, is_needed};
use crate::plan::estimate::{Cost, DEGREE};
use crate::plan::planner::Planner;
use crate::plan::procedure::{Output, Slot, Source, Step, Suspension};
use crate::policy::checked::{InstanceLiteral, Origin, VariantId};

impl Clause<'_> {
    /// Whether a step can go on more than once.
    pub(super) fn is_multiple(
        &self,
        planner: &mut Planner<'_>,
        step: &Step,
        literal: &InstanceLiteral,
        before: &[bool],
    ) -> bool {
        let Step::Each { exists: false, .. } = step else {
            return false;
        };
        planner.estimates.literal(literal, before).is_some_and(|cost| cost > crate::plan::estimate::KEY)
    }

    /// Whether the literal at a place of the order is worth asking once only.
    pub(super) fn is_costly(&self, planner: &Planner<'_>, order: &[(usize, Cost)], place: usize) -> bool {
        let Some(&(position, cost)) = order.get(place) else {
            return false;
        };
        let is_derived = |variant: &VariantId| {
            planner.policy.variants.get(variant.0 as usize).is_some_and(|found| found.origin == Origin::Derived)
        };
        cost >= DEGREE
            || match self.body.get(position) {
                Some(InstanceLiteral::Positive { variant, .. }) => is_derived(variant),
                Some(InstanceLiteral::Negated { variants, .. }) => variants.iter().any(is_derived),
                _ => false,
            }
    }

    /// Takes away a `Distinct` before a call at the end whose table remembers what was asked just as well: one that passes
    /// its answers on, or that says yes for a rule that says no more.
    pub(super) fn leave_repeats_to_a_table(&self, planner: &Planner<'_>, steps: &mut Vec<Step>) {
        let [.., Step::Distinct { .. }, Step::Each { source: Source::Call { procedure, suspends, .. }, outputs, .. }] =
            steps.as_slice()
        else {
            return;
        };
        let is_yes = outputs.is_empty() && !self.bindings.contains(&Binding::Free) && planner.is_tabled(*procedure);
        if is_yes || *suspends == Some(Suspension::PassesOn) {
            steps.remove(steps.len() - 2);
        }
    }
}

/// Whether rows that agree in what is needed can come twice after the step at a place: what it brought, or what was there
/// before, is needed no longer. Arguments don't tell rows of one scope apart.
pub(super) fn forgets(step: &Step, frame: &Frame, place: usize, before: &[bool]) -> bool {
    let was_needed = |slot: usize| place.checked_sub(1).is_none_or(|place| is_needed(frame, place, slot as Slot));
    let is_given = |slot: usize| frame.given.get(slot).copied().unwrap_or(false);
    let dies = (0..)
        .zip(before)
        .any(|(slot, &known)| known && !is_given(slot) && was_needed(slot) && !is_needed(frame, place, slot as Slot));
    let repeats = match step {
        Step::Each { source, outputs, exists: false, .. } => {
            let is_forgotten =
                |output: &Output| matches!(output, Output::Bind(slot) if !is_needed(frame, place, *slot));
            matches!(source, Source::Call { .. } | Source::Context(_))
                || outputs.contains(&Output::Ignore)
                || outputs.iter().any(is_forgotten)
        }
        _ => false,
    };
    dies || repeats
}
