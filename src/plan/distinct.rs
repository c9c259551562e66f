//! Where a join forgets how it came to a row: `Distinct` steps.

use crate::plan::emit::{Clause, Frame, is_needed, needed_slots};
use crate::plan::estimate::{Cost, DEGREE};
use crate::plan::planner::Planner;
use crate::plan::procedure::{Output, Slot, Source, Step};
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

    /// Whether what follows is worth doing once only.
    pub(super) fn has_work_after(&self, planner: &Planner<'_>, order: &[(usize, Cost)], place: usize) -> bool {
        order.iter().skip(place + 1).any(|&(position, cost)| {
            let is_derived = |variant: &VariantId| {
                planner.policy.variants.get(variant.0 as usize).is_some_and(|found| found.origin == Origin::Derived)
            };
            cost >= DEGREE
                || match self.body.get(position) {
                    Some(InstanceLiteral::Positive { variant, .. }) => is_derived(variant),
                    Some(InstanceLiteral::Negated { variants, .. }) => variants.iter().any(is_derived),
                    _ => false,
                }
        })
    }

    /// Adds a `Distinct` if rows that agree in what is needed can come twice: after a step that goes on more than once, what
    /// it brought, or what was there before, is needed no longer.
    pub(super) fn distinct(
        &self,
        planner: &mut Planner<'_>,
        steps: &mut Vec<Step>,
        frame: &Frame,
        place: usize,
        before: &[bool],
    ) {
        let was_needed = |slot: usize| place.checked_sub(1).is_none_or(|place| is_needed(frame, place, slot as Slot));
        let dies = before
            .iter()
            .enumerate()
            .any(|(slot, &known)| known && was_needed(slot) && !is_needed(frame, place, slot as Slot));
        let repeats = match steps.last() {
            Some(Step::Each { source, outputs, exists: false, .. }) => {
                let is_forgotten =
                    |output: &Output| matches!(output, Output::Bind(slot) if !is_needed(frame, place, *slot));
                matches!(source, Source::Call { .. } | Source::Context(_))
                    || outputs.contains(&Output::Ignore)
                    || outputs.iter().any(is_forgotten)
            }
            _ => false,
        };
        if dies || repeats {
            let slots = needed_slots(frame, place, &frame.known);
            steps.push(Step::Distinct { memory: planner.next_distinct(), slots });
        }
    }
}
