//! Another order for what is left of a procedure of yes or no: what rules most out goes first, and is looked up once.

use crate::plan::procedure::{Branch, Operand, Output, Procedure, Slot, Source, Step};
use crate::plan::tree::{Join, plant};

/// Puts each way of a residual in order anew, and joins them to a tree again.
///
/// Tests of a set of cells, which cost nothing, follow the look-up that they wait for, and such a look-up goes before others:
/// the role of a user who is asked about decides most ways, and they begin alike. Steps from the first `Distinct` on stay
/// where they are: it names what they need.
pub fn replant(residual: &mut Procedure) {
    let mut joins = Vec::new();
    let entry: Vec<Output> = (0..residual.n_arguments).map(|argument| Output::Bind(argument as Slot)).collect();
    let is_whole = ways(&residual.branches, &mut Vec::new(), &mut |steps, exit, rules| {
        let (mut steps, exit, rules) = (steps.to_vec(), exit.to_vec(), rules.to_vec());
        let end = steps.iter().position(|step| matches!(step, Step::Distinct { .. })).unwrap_or(steps.len());
        let rest = steps.split_off(end);
        let mut steps = reorder(steps, residual.n_arguments);
        steps.extend(rest);
        joins.push(Join { entry: entry.clone(), steps, exit, rules });
    });
    if is_whole {
        plant(residual, joins);
        number_memories(&mut residual.branches, &mut 0);
    }
}

/// Calls `each` for the steps of each way to an answer; false if there is another end.
fn ways(branches: &[Branch], before: &mut Vec<Step>, each: &mut impl FnMut(&[Step], &[Operand], &[u32])) -> bool {
    branches.iter().all(|Branch { step, next }| match step {
        Step::Answer { exit, rules } => {
            each(before, exit, rules);
            true
        }
        _ if next.is_empty() => false,
        _ => {
            before.push(step.clone());
            let is_whole = ways(next, before, each);
            before.pop();
            is_whole
        }
    })
}

fn reorder(steps: Vec<Step>, n_arguments: usize) -> Vec<Step> {
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
        let ready = |(_, step): &(usize, &Step)| is_ready(step);
        let place = waiting.iter().enumerate().filter(ready).min_by_key(|(place, step)| (!is_awaited(step), *place));
        // Something is ready always: as they stood before, each step read what those before it brought.
        let step = waiting.remove(place.map_or(0, |(place, _)| place));
        bound.extend(brought(&step));
        ordered.push(step);
    }
    ordered
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
