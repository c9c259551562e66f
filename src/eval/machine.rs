//! The evaluator: runs a procedure over facts, for the first answer or for all of them.
//!
//! The steps of a rule are tried depth first, frame upon frame; what happens to an answer is a chain of [`Then`]s on the
//! Rust stack, whose depth the planner bounds: it grows with the rules, never with the data. Procedures that read
//! themselves run from tables and events instead (see [`crate::eval::tables`]).

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::eval::facts::Facts;
use crate::eval::limits::{LimitExceeded, Meter};
use crate::eval::row_set::RowSet;
use crate::eval::tables::Tables;
use crate::eval::tabling::{WaitingList, WaitingSite};
use crate::plan::procedure::{Operand, Output, Plans, ProcedureId, RulePlan, Source, Step, Suspension};

/// Whether a procedure has an answer for these arguments. Stops at the first.
///
/// # Errors
/// [`LimitExceeded`], which is neither a yes nor a no.
pub fn holds<F: Facts>(
    plans: &Plans,
    facts: &F,
    meter: Meter<'_>,
    procedure: ProcedureId,
    arguments: &[u32],
) -> Result<bool, LimitExceeded> {
    let mut machine = Machine::new(plans, facts, meter);
    machine.slots.extend_from_slice(arguments);
    Ok(machine.call(procedure, 0, &Then::Found)? == Flow::Stop)
}

/// All answers of a procedure for these arguments: rows of its free columns, one after another, each once, in no order.
///
/// # Errors
/// [`LimitExceeded`]; there is no partial answer.
pub fn answers<F: Facts>(
    plans: &Plans,
    facts: &F,
    meter: Meter<'_>,
    procedure: ProcedureId,
    arguments: &[u32],
) -> Result<Vec<u32>, LimitExceeded> {
    let mut machine = Machine::new(plans, facts, meter);
    let width = plans.procedures.get(procedure.0 as usize).map_or(0, |found| found.n_answers);
    machine.collected = RowSet::new(width);
    machine.slots.extend_from_slice(arguments);
    machine.call(procedure, 0, &Then::Collect)?;
    Ok(machine.collected.into_cells())
}

/// Whether to look for more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    Stop,
}

pub(super) type Run = Result<Flow, LimitExceeded>;

/// A rule under way: its slots begin at `base`; frames of one scope share the memory of their `Distinct` steps.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) rule: &'a RulePlan,
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
    Table { procedure: ProcedureId, component: u32, key: u32 },
    /// The calling frame takes it and goes on.
    Return { frame: Frame<'a>, place: usize, outputs: &'a [Output], then: &'c Then<'c, 'a> },
    /// The calling frame takes it; one that fits is enough.
    Test { frame: Frame<'a>, outputs: &'a [Output] },
}

pub(super) struct Machine<'a, F> {
    pub(super) plans: &'a Plans,
    pub(super) facts: &'a F,
    pub(super) meter: Meter<'a>,
    pub(super) slots: Vec<u32>,
    pub(super) scopes: u32,
    pub(super) collected: RowSet,
    /// By the memory of a `Distinct` step: of the many that the plans have, one question uses a few.
    pub(super) distincts: HashMap<u32, RowSet, FixedState>,
    pub(super) waiting: Vec<Option<WaitingList<'a>>>,
    pub(super) tables: Option<Tables>,
}

impl<'a, F: Facts> Machine<'a, F> {
    fn new(plans: &'a Plans, facts: &'a F, meter: Meter<'a>) -> Self {
        Self {
            plans,
            facts,
            meter,
            slots: Vec::with_capacity(64),
            scopes: 0,
            collected: RowSet::new(0),
            distincts: HashMap::default(),
            waiting: Vec::new(),
            tables: None,
        }
    }

    /// Asks a procedure, whose arguments lie on the slots from `arguments` on.
    pub(super) fn call(&mut self, id: ProcedureId, arguments: usize, then: &Then<'_, 'a>) -> Run {
        let plans = self.plans;
        let Some(procedure) = plans.procedures.get(id.0 as usize) else {
            return Ok(Flow::Continue);
        };
        self.meter.count()?;
        self.scopes += 1;
        if procedure.tabled {
            let key = self.key(id, arguments);
            let is_enough = matches!(then, Then::Found);
            self.complete(procedure.component, is_enough.then_some((id, key)))?;
            return self.each_answer_of_key(id, key, then);
        }
        let scope = self.scopes;
        for rule in &procedure.rules {
            let base = self.slots.len();
            self.slots.resize(base + rule.n_slots, 0);
            let frame = Frame { rule, base, scope };
            let flow = if self.enter(frame, arguments) { self.run(frame, 0, then)? } else { Flow::Continue };
            self.slots.truncate(base);
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// Puts the arguments into a frame; whether they fit.
    pub(super) fn enter(&mut self, frame: Frame<'a>, arguments: usize) -> bool {
        frame.rule.entry.iter().enumerate().all(|(position, output)| {
            let cell = self.cell_at(arguments + position);
            self.accept(frame, *output, cell)
        })
    }

    pub(super) fn cell_at(&self, position: usize) -> u32 {
        self.slots.get(position).copied().unwrap_or_default()
    }

    pub(super) fn accept(&mut self, frame: Frame<'a>, output: Output, cell: u32) -> bool {
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

    pub(super) fn accept_all(&mut self, frame: Frame<'a>, outputs: &[Output], cells: &[u32]) -> bool {
        outputs.iter().zip(cells).all(|(output, cell)| self.accept(frame, *output, *cell))
    }

    pub(super) fn value(&self, frame: Frame<'a>, operand: Operand) -> u32 {
        match operand {
            Operand::Slot(slot) => self.cell_at(frame.base + usize::from(slot)),
            Operand::Constant(constant) => self.facts.constant(constant),
        }
    }

    /// Tries the steps of a frame from `place` on.
    pub(super) fn run(&mut self, frame: Frame<'a>, place: usize, then: &Then<'_, 'a>) -> Run {
        let Some(step) = frame.rule.steps.get(place) else {
            return self.finish(frame, then);
        };
        match step {
            Step::Each { source, outputs, exists } => match source {
                Source::Call { procedure, arguments, suspends: Some(Suspension::Waits { list, slots }) } => {
                    let site = WaitingSite { place, outputs, list: *list, live: slots };
                    self.suspend(frame, site, (*procedure, arguments), then)
                }
                Source::Call { procedure, arguments, suspends: Some(Suspension::PassesOn) } => {
                    self.pass_on(frame, (*procedure, arguments), then)
                }
                Source::Call { procedure, arguments, suspends: None } if *exists => {
                    if self.has_answer(frame, *procedure, arguments, outputs)? {
                        self.run(frame, place + 1, then)
                    } else {
                        Ok(Flow::Continue)
                    }
                }
                Source::Call { procedure, arguments, suspends: None } => {
                    let start = self.push_arguments(frame, arguments);
                    let next = Then::Return { frame, place: place + 1, outputs, then };
                    let flow = self.call(*procedure, start, &next);
                    self.slots.truncate(start);
                    flow
                }
                Source::Stored { .. } | Source::Context(_) if *exists => {
                    if self.each_row(frame, source, outputs, &mut |_| Ok(Flow::Stop))? == Flow::Stop {
                        self.run(frame, place + 1, then)
                    } else {
                        Ok(Flow::Continue)
                    }
                }
                Source::Stored { .. } | Source::Context(_) => {
                    self.each_row(frame, source, outputs, &mut |machine| machine.run(frame, place + 1, then))
                }
            },
            Step::None(sources) => {
                for (source, outputs) in sources {
                    let found = match source {
                        Source::Call { procedure, arguments, .. } => {
                            self.has_answer(frame, *procedure, arguments, outputs)?
                        }
                        Source::Stored { .. } | Source::Context(_) => {
                            self.each_row(frame, source, outputs, &mut |_| Ok(Flow::Stop))? == Flow::Stop
                        }
                    };
                    if found {
                        return Ok(Flow::Continue);
                    }
                }
                self.run(frame, place + 1, then)
            }
            Step::Compare { operator, left, right, column } => {
                if self.compares(frame, *operator, *left, *right, column) {
                    self.run(frame, place + 1, then)
                } else {
                    Ok(Flow::Continue)
                }
            }
            Step::Length { text, output, negated } => {
                let length = self.facts.length(self.value(frame, *text));
                if self.accept(frame, *output, length) != *negated {
                    self.run(frame, place + 1, then)
                } else {
                    Ok(Flow::Continue)
                }
            }
            Step::OtherPermission(operand) => {
                if self.facts.is_other_permission(self.value(frame, *operand)) {
                    self.run(frame, place + 1, then)
                } else {
                    Ok(Flow::Continue)
                }
            }
            Step::Distinct { memory, slots } => {
                if self.is_first(frame, *memory, slots) {
                    self.run(frame, place + 1, then)
                } else {
                    Ok(Flow::Continue)
                }
            }
        }
    }

    /// Hands on what a finished frame has found.
    fn finish(&mut self, frame: Frame<'a>, then: &Then<'_, 'a>) -> Run {
        if let Then::Found = then {
            return Ok(Flow::Stop);
        }
        let start = self.slots.len();
        if let Then::Table { key, .. } = then {
            self.slots.push(*key);
        }
        for &operand in &frame.rule.exit {
            self.slots.push(self.value(frame, operand));
        }
        let flow = self.hand_on(start, then);
        self.slots.truncate(start);
        flow
    }

    /// Hands on the answer that lies on the slots from `start` on.
    pub(super) fn hand_on(&mut self, start: usize, then: &Then<'_, 'a>) -> Run {
        match then {
            Then::Found => Ok(Flow::Stop),
            Then::Collect => {
                self.collected.insert(self.slots.get(start..).unwrap_or_default());
                self.meter.allow_answers(self.collected.len())?;
                Ok(Flow::Continue)
            }
            Then::Table { procedure, component, .. } => {
                let row = self.slots.get(start..).unwrap_or_default();
                if let Some(tables) = &mut self.tables {
                    tables.add_answer(*component, *procedure, row);
                }
                Ok(Flow::Continue)
            }
            Then::Return { frame, place, outputs, then } => {
                if self.accept_from(*frame, outputs, start) {
                    self.run(*frame, *place, then)
                } else {
                    Ok(Flow::Continue)
                }
            }
            Then::Test { frame, outputs } => {
                Ok(if self.accept_from(*frame, outputs, start) { Flow::Stop } else { Flow::Continue })
            }
        }
    }

    fn accept_from(&mut self, frame: Frame<'a>, outputs: &[Output], start: usize) -> bool {
        outputs.iter().enumerate().all(|(position, output)| {
            let cell = self.cell_at(start + position);
            self.accept(frame, *output, cell)
        })
    }

    pub(super) fn push_arguments(&mut self, frame: Frame<'a>, arguments: &[Operand]) -> usize {
        let start = self.slots.len();
        for &operand in arguments {
            self.slots.push(self.value(frame, operand));
        }
        start
    }

    /// Whether a procedure of another component has an answer that fits.
    fn has_answer(
        &mut self,
        frame: Frame<'a>,
        procedure: ProcedureId,
        arguments: &[Operand],
        outputs: &'a [Output],
    ) -> Result<bool, LimitExceeded> {
        let start = self.push_arguments(frame, arguments);
        let then = if outputs.is_empty() { Then::Found } else { Then::Test { frame, outputs } };
        let flow = self.call(procedure, start, &then)?;
        self.slots.truncate(start);
        Ok(flow == Flow::Stop)
    }
}
