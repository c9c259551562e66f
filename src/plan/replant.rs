//! Another order for what is left of a procedure of yes or no: what rules most out goes first, and is looked up once.

use crate::plan::procedure::{Branch, Operand, Output, Procedure, Slot, Source, Step};
use crate::plan::tree::{Join, plant};

/// Puts each way of a residual in order anew, and joins them to a tree again. Its `Distinct` steps get memories from
/// `first_memory` on, which no procedure has that it calls.
///
/// Tests of a set of cells, which cost nothing, follow the look-up that they wait for, and such a look-up goes before others
/// that go on for several rows, and before tests that say little: the role of a user who is asked about decides most ways,
/// and they begin alike. It doesn't overtake a test of two columns or more, which may spare it. Steps from the first
/// `Distinct` on stay where they are: it names what they need.
pub fn replant(residual: &mut Procedure, first_memory: u32) {
    let mut joins = Vec::new();
    let entry: Vec<Output> = (0..residual.n_arguments).map(|argument| Output::Bind(argument as Slot)).collect();
    let is_whole = ways(&residual.branches, &mut Vec::new(), &mut |steps, exit, rules| {
        let end = steps.iter().position(|step| matches!(step, Step::Distinct { .. })).unwrap_or(steps.len());
        let (first, rest) = steps.split_at_checked(end).unwrap_or((steps, &[]));
        let Some(mut steps) = reorder(first.to_vec(), residual.n_arguments) else {
            return false;
        };
        steps.extend(rest.iter().cloned());
        joins.push(Join { entry: entry.clone(), steps, exit: exit.to_vec(), rules: rules.to_vec() });
        true
    });
    if is_whole {
        plant(residual, joins);
        let mut next = first_memory;
        number_memories(&mut residual.branches, &mut next);
    }
}

/// Calls `each` for the steps of each way to an answer; false if there is another end, or `each` says so.
fn ways(
    branches: &[Branch],
    before: &mut Vec<Step>,
    each: &mut impl FnMut(&[Step], &[Operand], &[u32]) -> bool,
) -> bool {
    branches.iter().all(|Branch { step, next }| match step {
        Step::Answer { exit, rules } => each(before, exit, rules),
        _ if next.is_empty() => false,
        _ => {
            before.push(step.clone());
            let is_whole = ways(next, before, each);
            before.pop();
            is_whole
        }
    })
}

/// The steps in their new order; none if one reads what no step brings.
fn reorder(steps: Vec<Step>, n_arguments: usize) -> Option<Vec<Step>> {
    let mut bound: Vec<Slot> = (0..n_arguments as Slot).collect();
    let mut waiting = steps;
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready = |step: &Step| read(step).iter().all(|slot| bound.contains(slot));
        let is_awaited = |step: &Step| {
            let brings = brought(step);
            let waits = |other: &Step| is_set(other) && read(other).iter().any(|slot| brings.contains(slot));
            is_set(step) || waiting.iter().any(waits)
        };
        let last = waiting.iter().position(|step| !is_overtaken(step)).unwrap_or(waiting.len());
        let first = waiting.iter().take(last + 1).position(|step| is_ready(step) && is_awaited(step));
        let place = first.or_else(|| waiting.iter().position(is_ready))?;
        let step = waiting.remove(place);
        bound.extend(brought(&step));
        ordered.push(step);
    }
    Some(ordered)
}

/// Whether a look-up that a set waits for may go before this step: one that goes on for each of its rows, or asks whether an
/// object has a property, as most have that are asked about.
fn is_overtaken(step: &Step) -> bool {
    match step {
        Step::Each { source: Source::Stored { prefix, .. }, outputs, exists, .. } => {
            !exists || (prefix.len() == 1 && outputs.is_empty())
        }
        _ => false,
    }
}

fn is_set(step: &Step) -> bool {
    matches!(step, Step::Among(..))
}

/// The slots that a step reads.
fn read(step: &Step) -> Vec<Slot> {
    let of_source = |source: &Source, outputs: &[Output]| {
        let fixed = match source {
            Source::Stored { prefix, .. } => prefix.clone(),
            Source::Context(_) => Vec::new(),
            Source::Call { arguments, .. } => arguments.clone(),
        };
        // What the step itself brings, it may compare with.
        let own: Vec<Slot> = outputs.iter().filter_map(bind).collect();
        let checked = outputs.iter().filter_map(|output| match output {
            Output::Equal(operand) => Some(*operand),
            Output::Bind(_) | Output::Ignore => None,
        });
        slots(fixed.into_iter().chain(checked)).into_iter().filter(|slot| !own.contains(slot)).collect::<Vec<_>>()
    };
    match step {
        Step::Each { source, outputs, .. } => of_source(source, outputs),
        Step::None(sources) => sources.iter().flat_map(|(source, outputs)| of_source(source, outputs)).collect(),
        Step::All { prefix, .. } => slots(prefix.iter().copied()),
        Step::Answer { exit, .. } => slots(exit.iter().copied()),
        Step::Same(left, right) | Step::Compare { left, right, .. } => slots([*left, *right]),
        Step::Length { text, output, .. } => match output {
            Output::Equal(operand) => slots([*text, *operand]),
            Output::Bind(_) | Output::Ignore => slots([*text]),
        },
        Step::OtherPermission(operand) | Step::Among(operand, _) => slots([*operand]),
        Step::Distinct { slots, .. } => slots.clone(),
    }
}

/// The slots that a step fills.
fn brought(step: &Step) -> Vec<Slot> {
    match step {
        Step::Each { outputs, .. } => outputs.iter().filter_map(bind).collect(),
        Step::Length { output, .. } => bind(output).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn bind(output: &Output) -> Option<Slot> {
    match output {
        Output::Bind(slot) => Some(*slot),
        Output::Equal(_) | Output::Ignore => None,
    }
}

fn slots(operands: impl IntoIterator<Item = Operand>) -> Vec<Slot> {
    let slot = |operand| match operand {
        Operand::Slot(slot) => Some(slot),
        Operand::Constant(_) | Operand::Cell(_) => None,
    };
    operands.into_iter().filter_map(slot).collect()
}

/// Gives each `Distinct` a memory of its own: one that stood before two ways may stand in each of them now.
fn number_memories(branches: &mut [Branch], next: &mut u32) {
    for branch in branches {
        if let Step::Distinct { memory, .. } = &mut branch.step {
            *memory = *next;
            *next += 1;
        }
        number_memories(&mut branch.next, next);
    }
}
