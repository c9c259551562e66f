//! Explanations as a terminal shows them: a proof as an indented tree, a deny as its ways.

use crate::api::explain::{Because, DenialReply, OpeningReply, ProofReply, StepReply, WayReply};

/// How deep a tree is indented: what lies deeper says how deep it is.
const MAX_INDENT: usize = 24;

/// A proof, a line for each node, what a rule rests on below it. What stands there more than once is shown once.
pub(super) fn proof(proof: &ProofReply) -> Vec<String> {
    let mut n_uses = vec![0_usize; proof.steps.len()];
    for premise in proof.steps.iter().flat_map(|step| &step.premises) {
        if let Some(n_uses) = usize::try_from(*premise).ok().and_then(|premise| n_uses.get_mut(premise)) {
            *n_uses += 1;
        }
    }
    let mut lines = Vec::new();
    let mut is_shown = vec![false; proof.steps.len()];
    let mut waiting: Vec<(usize, usize)> = proof.steps.len().checked_sub(1).map(|last| (last, 0)).into_iter().collect();
    while let Some((number, depth)) = waiting.pop() {
        let (Some(step), Some(is_shown)) = (proof.steps.get(number), is_shown.get_mut(number)) else { continue };
        let indent = "  ".repeat(depth.min(MAX_INDENT));
        let deeper = if depth > MAX_INDENT { format!("({depth} deep) ") } else { String::new() };
        let is_shared = step.because == Because::Rule && n_uses.get(number).is_some_and(|n_uses| *n_uses > 1);
        let why = match (is_shared, *is_shown) {
            (true, true) => format!("step {number}, above"),
            (true, false) => format!("{}, step {number}", why(step)),
            (false, _) => why(step),
        };
        lines.push(format!("{indent}{deeper}{}  ({why})", step.says));
        if !(is_shared && *is_shown) {
            let below = step.premises.iter().rev().filter_map(|premise| usize::try_from(*premise).ok());
            waiting.extend(below.map(|premise| (premise, depth + 1)));
        }
        *is_shown = true;
    }
    lines
}

fn why(step: &StepReply) -> String {
    let place = step.place.as_deref().unwrap_or_default();
    match step.because {
        Because::Written => format!("written at {}", step.revision.as_deref().unwrap_or_default()),
        Because::Stated => format!("stated at {place}"),
        Because::Exists => "exists".to_owned(),
        Because::Given => "came with the question".to_owned(),
        Because::Catalogue => format!("catalogue, {place}"),
        Because::Counted => "counted".to_owned(),
        Because::Compared => "compared".to_owned(),
        Because::Absent => "there is none".to_owned(),
        Because::Rule => format!("by {place}"),
    }
}

/// The ways of a deny: what holds of each, what is missing, and what would open it.
pub(super) fn denial(denial: &DenialReply) -> Vec<String> {
    let mut lines = Vec::new();
    if denial.way_count == 0 {
        lines.push("no rule gives it to such a subject on such an object".to_owned());
    }
    for (number, WayReply { rules, parts, openings }) in (1..).zip(&denial.ways) {
        lines.push(format!("way {number} of {}: {}", denial.way_count, rules.join(", ")));
        for part in parts {
            let mark = if part.holds { "holds  " } else { "missing" };
            lines.push(format!("  {mark}  {}  ({})", part.says, part.place));
        }
        for OpeningReply { write, choices, .. } in openings {
            let others = match choices {
                0 | 1 => String::new(),
                choices => format!("  (the first of {choices} such)"),
            };
            lines.push(format!("  would be allowed with {}{others}", write.join(", ")));
        }
    }
    let n_told = denial.ways.len() as u64;
    if denial.way_count > n_told {
        lines.push(format!("and {} ways more", denial.way_count - n_told));
    }
    lines
}
