//! Running tabled procedures: frames that wait, events, and answers that are handed on.

use crate::eval::facts::Facts;
use crate::eval::machine::{Frame, Machine, Run, Then};
use crate::eval::row_set::RowSet;
use crate::eval::tables::{Answers, Event, Tables};
use crate::plan::procedure::{Branch, Operand, Output, ProcedureId, Slot};

/// The step at which a frame waits: what comes after it, what an answer does, its waiting list, what the frame keeps.
pub(super) struct WaitingSite<'a> {
    pub(super) next: &'a [Branch],
    pub(super) outputs: &'a [Output],
    pub(super) list: u32,
    pub(super) live: &'a [Slot],
}

/// A place in a rule where frames wait.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    procedure: ProcedureId,
    component: u32,
    n_slots: usize,
    next: &'a [Branch],
    outputs: &'a [Output],
    live: &'a [Slot],
}

/// The waiting frames of one place: each row is the waiting key, the key waited for, and the live slots.
pub(super) struct WaitingList<'a> {
    site: Site<'a>,
    rows: RowSet,
}

impl<'a, F: Facts> Machine<'a, F> {
    pub(super) fn tables(&mut self) -> &mut Tables {
        let plans = self.plans;
        self.tables.get_or_insert_with(|| Tables::new(plans))
    }

    /// The key of the arguments on the slots from `arguments` to the end that the procedure takes.
    pub(super) fn key(&mut self, id: ProcedureId, arguments: usize) -> u32 {
        let plans = self.plans;
        let n_arguments = plans.procedures.get(id.0 as usize).map_or(0, |found| found.n_arguments);
        let tables = self.tables.get_or_insert_with(|| Tables::new(plans));
        let cells = self.slots.get(arguments..arguments + n_arguments).unwrap_or_default();
        self.scopes += 1;
        tables.key(plans, id, cells, self.scopes)
    }

    /// Makes the answers of the callee's key answers of the calling frame's key.
    pub(super) fn pass_on(
        &mut self,
        frame: Frame,
        (callee, arguments): (ProcedureId, &'a [Operand]),
        then: &Then<'_, 'a>,
    ) -> Run {
        let Then::Table { procedure, component, key: calling_key } = then else {
            return Ok(());
        };
        let start = self.push_arguments(frame, arguments);
        let key = self.key(callee, start);
        self.slots.truncate(start);
        if let Some(tables) = &mut self.tables {
            tables.add_edge(*component, (*procedure, *calling_key), (callee, key));
        }
        Ok(())
    }

    /// Makes the calling frame wait for a key of its own component.
    pub(super) fn suspend(
        &mut self,
        frame: Frame,
        WaitingSite { next, outputs, list: suspension, live }: WaitingSite<'a>,
        (callee, arguments): (ProcedureId, &'a [Operand]),
        then: &Then<'_, 'a>,
    ) -> Run {
        // Only a frame of a table calls its own component: what lies between would be of the component too.
        let Then::Table { procedure, component, key: waiting_key } = then else {
            return Ok(());
        };
        let start = self.push_arguments(frame, arguments);
        let key = self.key(callee, start);
        self.slots.truncate(start);
        self.slots.extend([*waiting_key, key]);
        for &slot in live {
            self.slots.push(self.cell_at(frame.base + usize::from(slot)));
        }
        if self.waiting.is_empty() {
            self.waiting.resize_with(self.plans.suspensions as usize, || None);
        }
        let row = self.slots.get(start..).unwrap_or_default();
        let mut consumer = None;
        if let Some(list) = self.waiting.get_mut(suspension as usize) {
            let site = Site {
                procedure: *procedure,
                component: *component,
                n_slots: self.plans.procedures.get(procedure.0 as usize).map_or(0, |found| found.n_slots),
                next,
                outputs,
                live,
            };
            let list = list.get_or_insert_with(|| WaitingList { site, rows: RowSet::new(2 + live.len()) });
            let (position, is_new) = list.rows.insert(row);
            consumer = is_new.then_some(position);
        }
        self.slots.truncate(start);
        if let (Some(row), Some(tables)) = (consumer, &mut self.tables) {
            tables.add_consumer(*component, (callee, key), suspension, row);
        }
        Ok(())
    }

    /// Works off the events of a component, or until one key has an answer.
    pub(super) fn complete(&mut self, component: u32, until: Option<(ProcedureId, u32)>) -> Run {
        loop {
            if let Some((procedure, key)) = until
                && self.tables().has_answer(procedure, key)
            {
                return Ok(());
            }
            let Some(event) = self.tables().next_event(component) else {
                return Ok(());
            };
            match event {
                Event::Start { procedure, key } => self.start(procedure, component, key)?,
                Event::CatchUp { procedure, key, consumer, until } => {
                    let answers = self.tables().answers_until(procedure, key, until);
                    self.resume(procedure, consumer, answers)?;
                }
                Event::Deliver { procedure, key } => {
                    let Some((answers, mut consumer, last)) = self.tables().take_delivery(procedure, key) else {
                        continue;
                    };
                    while let Some((_, next)) = self.tables().consumer(procedure, consumer) {
                        self.resume(procedure, consumer, answers)?;
                        if consumer == last {
                            break;
                        }
                        consumer = next;
                    }
                }
            }
        }
    }

    /// Runs the rules of a table for a key.
    pub(super) fn start(&mut self, id: ProcedureId, component: u32, key: u32) -> Run {
        let plans = self.plans;
        let Some(procedure) = plans.procedures.get(id.0 as usize) else {
            return Ok(());
        };
        let arguments = self.slots.len();
        let Some(tables) = &self.tables else {
            return Ok(());
        };
        let (cells, scope) = tables.arguments(id, key);
        self.slots.extend_from_slice(cells);
        let frame = Frame { base: arguments, scope };
        self.slots.resize(arguments + procedure.n_slots, 0);
        self.meter.count(1)?;
        self.run(frame, &procedure.branches, &Then::Table { procedure: id, component, key })?;
        self.slots.truncate(arguments);
        Ok(())
    }

    /// Gives answers of a key to one of its consumers.
    pub(super) fn resume(&mut self, answered: ProcedureId, consumer: u32, mut answers: Answers) -> Run {
        let Some(tables) = &self.tables else {
            return Ok(());
        };
        let Some((consumer, _)) = tables.consumer(answered, consumer) else {
            return Ok(());
        };
        let Some(Some(list)) = self.waiting.get(consumer.suspension as usize) else {
            return Ok(());
        };
        let site = list.site;
        let Some((&[key, _], live)) = list.rows.row(consumer.row).split_first_chunk() else {
            return Ok(());
        };
        let (_, scope) = tables.arguments(site.procedure, key);
        let base = self.slots.len();
        self.slots.resize(base + site.n_slots, 0);
        for (&slot, &cell) in site.live.iter().zip(live) {
            if let Some(place) = self.slots.get_mut(base + usize::from(slot)) {
                *place = cell;
            }
        }
        let frame = Frame { base, scope };
        let table = Then::Table { procedure: site.procedure, component: site.component, key };
        let then = Then::Return { frame, next: site.next, outputs: site.outputs, then: &table };
        self.each_answer(answered, &mut answers, &then)?;
        self.slots.truncate(base);
        Ok(())
    }

    /// Hands on each answer of a key, and of those that its answers come from.
    pub(super) fn each_answer_of_key(&mut self, procedure: ProcedureId, key: u32, then: &Then<'_, 'a>) -> Run {
        let Some(tables) = &self.tables else {
            return Ok(());
        };
        if !tables.leads_on(procedure, key) {
            let mut answers = tables.answers(procedure, key);
            return self.each_answer(procedure, &mut answers, then);
        }
        let rows = tables.reachable_answers(procedure, key, &mut self.meter)?;
        let start = self.slots.len();
        for position in 0..rows.len() {
            self.slots.extend_from_slice(rows.row(position));
            self.meter.count(1)?;
            self.hand_on(start, then)?;
            self.slots.truncate(start);
        }
        Ok(())
    }

    /// Hands on each of a range of answers.
    pub(super) fn each_answer(&mut self, procedure: ProcedureId, answers: &mut Answers, then: &Then<'_, 'a>) -> Run {
        let start = self.slots.len();
        while let Some(tables) = &self.tables {
            // The row is copied: what follows may make the table grow.
            let Some(row) = tables.next_answer(procedure, answers) else {
                break;
            };
            self.slots.extend_from_slice(row);
            self.meter.count(1)?;
            self.hand_on(start, then)?;
            self.slots.truncate(start);
        }
        Ok(())
    }
}
