//! The evaluator: runs a procedure over facts, for the first answer or for all of them.
//!
//! The branches of a procedure are tried depth first, frame upon frame; what happens to an answer is a chain of [`Then`]s on
//! the Rust stack, whose depth the planner bounds: it grows with the rules, never with the data. Procedures that read
//! themselves run from tables and events instead (see [`crate::eval::tables`]).

use std::ops::Range;

use smallvec::SmallVec;

use crate::eval::cells::Cells;
use crate::eval::facts::Facts;
use crate::eval::filters::is_among;
use crate::eval::goal::Goal;
use crate::eval::limits::{Meter, Stop};
use crate::eval::row_set::RowSet;
use crate::eval::rows::Stored;
use crate::eval::seen::Seen;
use crate::eval::tables::{TableId, Tables};
use crate::eval::tabling::{Waiting, WaitingSite};
use crate::plan::procedure::{Branch, Operand, Output, Plans, ProcedureId, Source, Step, Suspension};

/// What becomes of a part of an evaluation: everything was tried, or it stops.
pub(super) type Run = Result<(), Stop>;

/// A join under way: its slots begin at `base`; frames of one scope share the memory of their `Distinct` steps.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) base: usize,
    pub(super) scope: u32,
}

/// What happens to an answer.
pub(super) enum Then<'c, 'a> {
    /// One was enough.
    Found,
    /// It belongs to the result.
    Collect,
    /// It belongs to a table.
    Table { table: TableId, key: u32 },
    /// The calling frame takes it and goes on.
    Return { frame: Frame, next: &'a [Branch], outputs: &'a [Output], then: &'c Then<'c, 'a> },
    /// The calling frame takes it; one that fits is enough.
    Test { frame: Frame, outputs: &'a [Output] },
}

/// The result so far.
pub(super) enum Collected {
    /// Nobody wants it.
    Nothing,
    /// Answers of one column, as far as they lie in a window.
    Cells(Cells, Range<u32>),
    /// Answers of any columns.
    Rows(RowSet),
}

/// Slots that need no heap: more than a question on the shipped packs has.
const SLOTS: usize = 48;

pub(super) struct Machine<'a, F> {
    pub(super) plans: &'a Plans,
    pub(super) facts: &'a F,
    pub(super) meter: Meter<'a>,
    pub(super) slots: SmallVec<[u32; SLOTS]>,
    pub(super) scopes: u32,
    pub(super) collected: Collected,
    pub(super) seen: Seen,
    pub(super) waiting: Waiting<'a>,
    pub(super) tables: Option<Tables>,
}

impl<'a, F: Facts> Machine<'a, F> {
    /// A machine whose slots are those of the goal, the arguments first.
    pub(super) fn new(
        plans: &'a Plans,
        facts: &'a F,
        meter: Meter<'a>,
        (goal, arguments): (Goal<'a>, &[u32]),
        collected: Collected,
    ) -> Self {
        let n_slots = goal.residual.map_or(0, |residual| residual.procedure.n_slots).max(arguments.len());
        let mut slots = SmallVec::from_buf_and_len([0; SLOTS], n_slots.min(SLOTS));
        slots.resize(n_slots, 0);
        slots.iter_mut().zip(arguments).for_each(|(slot, argument)| *slot = *argument);
        Self {
            plans,
            facts,
            meter,
            slots,
            scopes: 0,
            collected,
            seen: Seen::default(),
            waiting: Waiting::default(),
            tables: None,
        }
    }

    /// Asks a goal, whose arguments are the slots.
    pub(super) fn enter(&mut self, goal: Goal<'a>, then: &Then<'_, 'a>) -> Run {
        let Some(residual) = goal.residual else {
            return self.call(goal.procedure, 0, then);
        };
        self.scopes += 1;
        self.run(Frame { base: 0, scope: self.scopes }, &residual.procedure.branches, then)
    }

    /// Asks a procedure, whose arguments are the last slots, from `arguments` on. Leaves more slots than there were.
    pub(super) fn call(&mut self, id: ProcedureId, arguments: usize, then: &Then<'_, 'a>) -> Run {
        let plans = self.plans;
        let Some(procedure) = plans.procedures.get(id) else {
            return Ok(());
        };
        if procedure.tabled {
            return self.call_table(id, arguments, then);
        }
        self.scopes += 1;
        let frame = Frame { base: arguments, scope: self.scopes };
        self.slots.resize(arguments + procedure.n_slots, 0);
        self.run(frame, &procedure.branches, then)
    }

    pub(super) fn cell_at(&self, position: usize) -> u32 {
        self.slots.get(position).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn accept(&mut self, frame: Frame, output: Output, cell: u32) -> bool {
        match output {
            Output::Bind(slot) => {
                if let Some(place) = self.slots.get_mut(frame.base + usize::from(slot)) {
                    *place = cell;
                }
                true
            }
            Output::Equal(operand) => self.value(frame, operand) == cell,
            Output::Ignore => true,
        }
    }

    #[inline]
    pub(super) fn accept_all(&mut self, frame: Frame, outputs: &[Output], cells: &[u32]) -> bool {
        // A loop by hand: an iterator's `all` isn't inlined here.
        let mut cells = cells;
        for output in outputs {
            let Some((cell, rest)) = cells.split_first() else { break };
            if !self.accept(frame, *output, *cell) {
                return false;
            }
            cells = rest;
        }
        true
    }

    #[inline]
    pub(super) fn value(&self, frame: Frame, operand: Operand) -> u32 {
        match operand {
            Operand::Slot(slot) => self.cell_at(frame.base + usize::from(slot)),
            Operand::Constant(constant) => self.facts.constant(constant),
            Operand::Cell(cell) => cell,
        }
    }

    /// Tries alternatives, one after another. What comes after the last of them needs no call of its own.
    pub(super) fn run(&mut self, frame: Frame, branches: &'a [Branch], then: &Then<'_, 'a>) -> Run {
        let mut rest = branches.iter();
        while let Some(Branch { step, next }) = rest.next() {
            if !self.step(frame, step, next, then)? {
                continue;
            }
            if rest.as_slice().is_empty() {
                rest = next.iter();
            } else {
                self.run(frame, next, then)?;
            }
        }
        Ok(())
    }

    /// Does a step. Whether what comes next is to be tried: not if the frame doesn't pass, or `next` was tried already.
    #[inline]
    fn step(&mut self, frame: Frame, step: &'a Step, next: &'a [Branch], then: &Then<'_, 'a>) -> Result<bool, Stop> {
        match step {
            Step::Each { source: Source::Stored { stored, order, prefix }, outputs, exists, is_windowed } => {
                let source = Stored { stored: *stored, order: *order, prefix };
                if outputs.is_empty() {
                    return Ok(self.has_row(frame, source));
                }
                if let ([first], [output]) = (prefix.as_slice(), outputs.as_slice())
                    && let Some(value) = self.facts.value(*stored, *order, self.value(frame, *first))
                {
                    // A key has one value, and is in no window.
                    return Ok(value.is_some_and(|cell| self.accept(frame, *output, cell)));
                }
                if *exists {
                    return self.has_any_row(frame, source, outputs);
                }
                let window = (*is_windowed && matches!(then, Then::Collect)).then(|| self.window());
                self.each_stored_row(frame, source, outputs, window, |machine| machine.run(frame, next, then))?;
                Ok(false)
            }
            Step::Answer { exit, .. } => self.finish(frame, exit, then).map(|()| false),
            Step::Among(operand, cells) => Ok(is_among(self.value(frame, *operand), cells)),
            Step::Distinct { memory, slots } => Ok(self.is_first(frame, *memory, slots)),
            Step::Same(left, right) => Ok(self.value(frame, *left) == self.value(frame, *right)),
            _ => self.other_step(frame, step, next, then),
        }
    }

    /// The steps that few questions have.
    fn other_step(
        &mut self,
        frame: Frame,
        step: &'a Step,
        next: &'a [Branch],
        then: &Then<'_, 'a>,
    ) -> Result<bool, Stop> {
        self.meter.count(1)?;
        match step {
            Step::Each { source: Source::Call { procedure, arguments, suspends }, outputs, exists, .. } => {
                let call = (*procedure, arguments.as_slice());
                match suspends {
                    Some(Suspension::Waits { list, slots }) => {
                        let site = WaitingSite { next, outputs, list: *list, live: slots };
                        self.suspend(frame, site, call, then)?;
                    }
                    Some(Suspension::PassesOn) => self.pass_on(frame, call, then)?,
                    None if *exists => return self.has_answer(frame, *procedure, arguments, outputs),
                    None => {
                        let start = self.push_arguments(frame, arguments);
                        self.call(*procedure, start, &Then::Return { frame, next, outputs, then })?;
                        self.slots.truncate(start);
                    }
                }
                Ok(false)
            }
            Step::Each { source: Source::Context(context), outputs, exists, .. } => {
                if *exists {
                    return is_stopped(self.each_context_row(frame, *context, outputs, |_| Err(Stop::Enough)));
                }
                self.each_context_row(frame, *context, outputs, |machine| machine.run(frame, next, then))?;
                Ok(false)
            }
            Step::All { stored, order, prefix, column, .. } => {
                let source = Stored { stored: *stored, order: *order, prefix };
                self.all_rows(frame, source, *column, then).map(|()| false)
            }
            Step::None(sources) => self.has_any(frame, sources).map(|found| !found),
            Step::Compare { operator, left, right, column } => {
                Ok(self.compares(frame, *operator, *left, *right, column))
            }
            Step::Length { text, output, negated } => {
                let length = self.facts.length(self.value(frame, *text));
                Ok(self.accept(frame, *output, length) != *negated)
            }
            Step::OtherPermission(operand) => Ok(self.facts.is_other_permission(self.value(frame, *operand))),
            Step::Each { source: Source::Stored { .. }, .. }
            | Step::Answer { .. }
            | Step::Among(..)
            | Step::Distinct { .. }
            | Step::Same(..) => Ok(false),
        }
    }

    fn has_any(&mut self, frame: Frame, sources: &'a [(Source, Vec<Output>)]) -> Result<bool, Stop> {
        for (source, outputs) in sources {
            let found = match source {
                Source::Call { procedure, arguments, .. } => self.has_answer(frame, *procedure, arguments, outputs)?,
                Source::Stored { stored, order, prefix } => {
                    let source = Stored { stored: *stored, order: *order, prefix };
                    self.has_any_row(frame, source, outputs)?
                }
                Source::Context(context) => {
                    is_stopped(self.each_context_row(frame, *context, outputs, |_| Err(Stop::Enough)))?
                }
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Hands on what a finished frame has found.
    fn finish(&mut self, frame: Frame, exit: &[Operand], then: &Then<'_, 'a>) -> Run {
        if let Then::Found = then {
            return Err(Stop::Enough);
        }
        let start = self.slots.len();
        if let Then::Table { key, .. } = then {
            self.slots.push(*key);
        }
        for &operand in exit {
            self.slots.push(self.value(frame, operand));
        }
        let flow = self.hand_on(start, then);
        self.slots.truncate(start);
        flow
    }

    /// Hands on an answer of one column.
    pub(super) fn hand_on_cell(&mut self, cell: Option<u32>, then: &Then<'_, 'a>) -> Run {
        let start = self.slots.len();
        if let Then::Table { key, .. } = then {
            self.slots.push(*key);
        }
        self.slots.extend(cell);
        let flow = self.hand_on(start, then);
        self.slots.truncate(start);
        flow
    }

    /// Hands on the answer that lies on the slots from `start` on.
    pub(super) fn hand_on(&mut self, start: usize, then: &Then<'_, 'a>) -> Run {
        match then {
            Then::Found => Err(Stop::Enough),
            Then::Collect => {
                let Self { slots, collected, meter, .. } = self;
                let answer = slots.get(start..).unwrap_or_default();
                match (collected, answer) {
                    (Collected::Rows(rows), row) => {
                        rows.insert(row);
                        meter.allow_answers(u64::from(rows.len()))?;
                    }
                    (Collected::Cells(cells, window), [cell]) if window.contains(cell) => cells.add(*cell),
                    (Collected::Cells(..) | Collected::Nothing, _) => {}
                }
                Ok(())
            }
            Then::Table { table, key } => self.add_answer((*table, *key), start),
            Then::Return { frame, next, outputs, then } => {
                if self.accept_from(*frame, outputs, start) {
                    self.run(*frame, next, then)
                } else {
                    Ok(())
                }
            }
            Then::Test { frame, outputs } => {
                if self.accept_from(*frame, outputs, start) {
                    Err(Stop::Enough)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// The window of the answers that are collected.
    pub(super) fn window(&self) -> Range<u32> {
        match &self.collected {
            Collected::Cells(_, window) => window.clone(),
            Collected::Nothing | Collected::Rows(_) => 0..u32::MAX,
        }
    }

    fn accept_from(&mut self, frame: Frame, outputs: &[Output], start: usize) -> bool {
        outputs.iter().enumerate().all(|(position, output)| {
            let cell = self.cell_at(start + position);
            self.accept(frame, *output, cell)
        })
    }

    pub(super) fn push_arguments(&mut self, frame: Frame, arguments: &[Operand]) -> usize {
        let start = self.slots.len();
        for &operand in arguments {
            self.slots.push(self.value(frame, operand));
        }
        start
    }

    /// Whether a procedure of another component has an answer that fits.
    fn has_answer(
        &mut self,
        frame: Frame,
        procedure: ProcedureId,
        arguments: &[Operand],
        outputs: &'a [Output],
    ) -> Result<bool, Stop> {
        let start = self.push_arguments(frame, arguments);
        let then = if outputs.is_empty() { Then::Found } else { Then::Test { frame, outputs } };
        let found = is_stopped(self.call(procedure, start, &then))?;
        self.slots.truncate(start);
        Ok(found)
    }
}

/// Whether a part of an evaluation stopped because it found what it was to find.
#[inline]
pub(super) fn is_stopped(run: Run) -> Result<bool, Stop> {
    match run {
        Ok(()) => Ok(false),
        Err(Stop::Enough) => Ok(true),
        Err(Stop::Limit) => Err(Stop::Limit),
    }
}
