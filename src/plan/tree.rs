//! Joins → the branches of a procedure: slots in the order of their filling, common beginnings once, sets as sets.

use std::collections::HashMap;

use crate::plan::procedure::{Branch, Operand, Output, Procedure, Slot, Source, Step, Suspension};

/// One join in its order, over slots that are the variables of its clause.
pub(super) struct Join {
    /// What each argument does.
    pub(super) entry: Vec<Output>,
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// Where each answer column is read.
    pub(super) exit: Vec<Operand>,
    /// The rules that it comes from.
    pub(super) rules: Vec<u32>,
}

/// Makes these joins the alternatives of a procedure.
pub(super) fn plant(procedure: &mut Procedure, joins: Vec<Join>) {
    procedure.branches.clear();
    procedure.n_slots = procedure.n_arguments;
    for join in joins {
        let passes_on = join.steps.last().is_some_and(is_passed_on);
        let (mut steps, exit, n_slots) = renumber(join.entry, join.steps, &join.exit);
        procedure.n_slots = procedure.n_slots.max(n_slots);
        if !passes_on {
            steps.push(Step::Answer { exit, rules: join.rules });
        }
        graft(&mut procedure.branches, steps);
    }
    // Without columns an answer is a yes: the shortest way to it goes first, and what other keys say comes last.
    if procedure.n_answers == 0 {
        answers_first(&mut procedure.branches);
    }
    procedure.is_windowed = procedure.n_answers == 1;
    if let Some(is_windowed) = mark_sets(&mut procedure.branches, procedure.n_arguments, procedure.n_answers) {
        procedure.is_windowed &= is_windowed;
    }
}

fn is_passed_on(step: &Step) -> bool {
    matches!(step, Step::Each { source: Source::Call { suspends: Some(Suspension::PassesOn), .. }, .. })
}

/// Gives slots new numbers: the arguments first, the others as they are filled. So equal beginnings look the same.
fn renumber(entry: Vec<Output>, steps: Vec<Step>, exit: &[Operand]) -> (Vec<Step>, Vec<Operand>, usize) {
    let mut numbers = Numbers { next: entry.len() as Slot, by_variable: HashMap::new() };
    let mut renumbered = Vec::with_capacity(steps.len() + 1);
    for (argument, output) in (0..).zip(&entry) {
        if let Output::Bind(variable) = output {
            numbers.by_variable.insert(*variable, argument);
        }
    }
    for (argument, output) in (0..).zip(&entry) {
        if let Output::Equal(operand) = output {
            renumbered.push(Step::Same(Operand::Slot(argument), numbers.operand(*operand)));
        }
    }
    renumbered.extend(steps.into_iter().map(|step| numbers.step(step)));
    let exit = exit.iter().map(|operand| numbers.operand(*operand)).collect();
    (renumbered, exit, usize::from(numbers.next))
}

struct Numbers {
    next: Slot,
    by_variable: HashMap<Slot, Slot>,
}

impl Numbers {
    fn slot(&mut self, variable: Slot) -> Slot {
        let next = self.next;
        *self.by_variable.entry(variable).or_insert_with(|| {
            self.next += 1;
            next
        })
    }

    fn operand(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Slot(variable) => Operand::Slot(self.slot(variable)),
            Operand::Constant(_) | Operand::Cell(_) => operand,
        }
    }

    fn operands(&mut self, operands: Vec<Operand>) -> Vec<Operand> {
        operands.into_iter().map(|operand| self.operand(operand)).collect()
    }

    fn outputs(&mut self, outputs: Vec<Output>) -> Vec<Output> {
        let output = |output| match output {
            Output::Bind(variable) => Output::Bind(self.slot(variable)),
            Output::Equal(operand) => Output::Equal(self.operand(operand)),
            Output::Ignore => Output::Ignore,
        };
        outputs.into_iter().map(output).collect()
    }

    fn slots(&mut self, variables: Vec<Slot>) -> Vec<Slot> {
        let mut slots: Vec<Slot> = variables.into_iter().map(|variable| self.slot(variable)).collect();
        slots.sort_unstable();
        slots
    }

    fn source(&mut self, source: Source) -> Source {
        match source {
            Source::Stored { stored, order, prefix } => Source::Stored { stored, order, prefix: self.operands(prefix) },
            Source::Context(_) => source,
            Source::Call { procedure, arguments, suspends } => {
                let arguments = self.operands(arguments);
                let suspends = suspends.map(|suspension| match suspension {
                    Suspension::Waits { list, slots } => Suspension::Waits { list, slots: self.slots(slots) },
                    Suspension::PassesOn => Suspension::PassesOn,
                });
                Source::Call { procedure, arguments, suspends }
            }
        }
    }

    fn step(&mut self, step: Step) -> Step {
        match step {
            Step::Each { source, outputs, exists, is_windowed } => {
                let source = self.source(source);
                Step::Each { source, outputs: self.outputs(outputs), exists, is_windowed }
            }
            Step::All { stored, order, prefix, column, rules } => {
                Step::All { stored, order, prefix: self.operands(prefix), column, rules }
            }
            Step::Answer { exit, rules } => Step::Answer { exit: self.operands(exit), rules },
            Step::None(sources) => {
                let sources = sources.into_iter();
                Step::None(sources.map(|(source, outputs)| (self.source(source), self.outputs(outputs))).collect())
            }
            Step::Same(left, right) => Step::Same(self.operand(left), self.operand(right)),
            Step::Compare { operator, left, right, column } => {
                Step::Compare { operator, left: self.operand(left), right: self.operand(right), column }
            }
            Step::Length { text, output, negated } => {
                let text = self.operand(text);
                let outputs = self.outputs(vec![output]);
                Step::Length { text, output: outputs.first().copied().unwrap_or(Output::Ignore), negated }
            }
            Step::OtherPermission(operand) => Step::OtherPermission(self.operand(operand)),
            Step::Among(operand, cells) => Step::Among(self.operand(operand), cells),
            Step::Distinct { memory, slots } => Step::Distinct { memory, slots: self.slots(slots) },
        }
    }
}

/// Adds a join, along the branches that begin as it does.
fn graft(branches: &mut Vec<Branch>, steps: Vec<Step>) {
    let mut branches = branches;
    for step in steps {
        let position = branches.iter().position(|branch| is_shared(&branch.step, &step)).unwrap_or(branches.len());
        if position == branches.len() {
            branches.push(Branch { step, next: Vec::new() });
        }
        match branches.get_mut(position) {
            Some(branch) => branches = &mut branch.next,
            None => return,
        }
    }
}

/// Whether one step serves for two alternatives. A memory of what was seen serves both; a waiting list, only one.
fn is_shared(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Distinct { slots, .. }, Step::Distinct { slots: others, .. }) => slots == others,
        (Step::Answer { exit, .. }, Step::Answer { exit: other, .. }) => exit == other,
        _ => one == other,
    }
}

fn answers_first(branches: &mut [Branch]) {
    branches.sort_by_key(|branch| match branch.step {
        Step::Answer { .. } => 0,
        _ if suspends(branch) => 2,
        _ => 1,
    });
    for branch in branches {
        answers_first(&mut branch.next);
    }
}

/// Whether a branch comes to a call of its own component.
fn suspends(branch: &Branch) -> bool {
    matches!(branch.step, Step::Each { source: Source::Call { suspends: Some(_), .. }, .. })
        || branch.next.iter().any(suspends)
}

/// Turns rows that are nothing but answers into sets, and marks the steps that a window narrows. Says whether every answer
/// column below is bound by such a step or comes with the question; nothing if there is no answer below.
fn mark_sets(branches: &mut [Branch], n_arguments: usize, n_answers: usize) -> Option<bool> {
    if n_answers != 1 {
        return None;
    }
    let mut all = None;
    for branch in branches {
        let answers = answer_slots(&branch.next);
        let below = mark_sets(&mut branch.next, n_arguments, n_answers);
        let own = match &mut branch.step {
            Step::Answer { exit, .. } => Some(match exit.as_slice() {
                [Operand::Slot(slot)] => usize::from(*slot) < n_arguments,
                [Operand::Constant(_) | Operand::Cell(_)] => true,
                _ => false,
            }),
            Step::Each { source: Source::Stored { .. }, outputs, exists: false, is_windowed } => {
                match (outputs.first(), answers.as_slice()) {
                    (Some(Output::Bind(first)), [answer]) if first == answer => {
                        *is_windowed = true;
                        Some(true)
                    }
                    _ => below,
                }
            }
            // A call that ends a rule has answers of its own.
            Step::Each { source: Source::Call { suspends: Some(_), .. }, .. } => Some(false),
            _ => below,
        };
        if let Some(set) = as_set(branch) {
            branch.next.clear();
            // A column beyond the first isn't sorted: its window is a filter, which saves nothing.
            all = Some(all.unwrap_or(true) && matches!(set, Step::All { column: 0, .. }));
            branch.step = set;
            continue;
        }
        all = match (all, own) {
            (Some(all), Some(own)) => Some(all && own),
            (all, own) => all.or(own),
        };
    }
    all
}

/// The slots that the answers below are read from.
fn answer_slots(branches: &[Branch]) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut waiting: Vec<&Branch> = branches.iter().collect();
    while let Some(branch) = waiting.pop() {
        if let Step::Answer { exit, .. } = &branch.step {
            for operand in exit {
                match operand {
                    Operand::Slot(slot) if !slots.contains(slot) => slots.push(*slot),
                    Operand::Slot(_) => {}
                    // No slot at all: nothing that a step binds is the answer.
                    Operand::Constant(_) | Operand::Cell(_) => slots.push(Slot::MAX),
                }
            }
        }
        waiting.extend(&branch.next);
    }
    slots
}

/// The set that a branch is, if all of its rows are answers by one column.
fn as_set(branch: &Branch) -> Option<Step> {
    let Step::Each { source: Source::Stored { stored, order, prefix }, outputs, exists: false, .. } = &branch.step
    else {
        return None;
    };
    let [Branch { step: Step::Answer { exit, rules }, .. }] = branch.next.as_slice() else {
        return None;
    };
    let [Operand::Slot(answer)] = exit.as_slice() else {
        return None;
    };
    let column = outputs.iter().position(|output| *output == Output::Bind(*answer))?;
    let is_plain = outputs.iter().enumerate().all(|(place, output)| place == column || *output == Output::Ignore);
    is_plain.then(|| Step::All { stored: *stored, order: *order, prefix: prefix.clone(), column, rules: rules.clone() })
}
