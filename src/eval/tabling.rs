//! Running tabled procedures: frames that wait, events, and answers that are handed on.

use crate::eval::events::Event;
use crate::eval::facts::Facts;
use crate::eval::limits::Stop;
use crate::eval::machine::{Frame, Machine, Run, Then};
use crate::eval::row_set::RowSet;
use crate::eval::table::Answers;
use crate::eval::tables::{Node, TableId};
use crate::eval::touched::Touched;
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
struct Site<'a> {
    table: TableId,
    n_slots: usize,
    next: &'a [Branch],
    outputs: &'a [Output],
    live: &'a [Slot],
}

/// The waiting frames of one place: each row is the waiting key, the key waited for, and the live slots.
struct WaitingList<'a> {
    site: Site<'a>,
    rows: RowSet,
}

/// The waiting lists of a question.
#[derive(Default)]
pub(super) struct Waiting<'a> {
    touched: Touched,
    lists: Vec<WaitingList<'a>>,
}

impl<'a, F: Facts> Machine<'a, F> {
    /// The key that a frame calls in its own component; the table is often the caller's.
    fn called_key(
        &mut self,
        frame: Frame,
        (callee, arguments): (ProcedureId, &'a [Operand]),
        caller: TableId,
    ) -> Option<Node> {
        let start = self.push_arguments(frame, arguments);
        self.scopes += 1;
        let tables = self.tables.get_or_insert_default();
        let table = tables.table_of(self.plans, callee, Some(caller));
        let node = table.and_then(|table| tables.key(table, &self.slots, start, self.scopes));
        self.slots.truncate(start);
        node
    }

    /// Asks a tabled procedure of another component, and hands on its answers; one is enough for a yes.
    pub(super) fn call_table(&mut self, id: ProcedureId, arguments: usize, then: &Then<'_, 'a>) -> Run {
        self.scopes += 1;
        let tables = self.tables.get_or_insert_default();
        let Some(table) = tables.table_of(self.plans, id, None) else {
            return Ok(());
        };
        if let Some(events) = tables.events_of(table) {
            events.begin();
        }
        let Some(node) = tables.key(table, &self.slots, arguments, self.scopes) else {
            return Ok(());
        };
        self.complete(node, matches!(then, Then::Found))?;
        self.each_answer_of_key(node, then)
    }

    /// Makes the answers of the callee's key answers of the calling frame's key.
    pub(super) fn pass_on(&mut self, frame: Frame, call: (ProcedureId, &'a [Operand]), then: &Then<'_, 'a>) -> Run {
        // Only a frame of a table calls its own component: what lies between would be of the component too.
        let Then::Table { table, key: calling_key } = *then else {
            return Ok(());
        };
        let Some(node) = self.called_key(frame, call, table) else {
            return Ok(());
        };
        let is_settled = self.tables.as_mut().is_some_and(|tables| tables.lead_on((table, calling_key), node));
        if is_settled { Err(Stop::Enough) } else { Ok(()) }
    }

    /// Makes the calling frame wait for a key of its own component.
    pub(super) fn suspend(
        &mut self,
        frame: Frame,
        WaitingSite { next, outputs, list, live }: WaitingSite<'a>,
        call: (ProcedureId, &'a [Operand]),
        then: &Then<'_, 'a>,
    ) -> Run {
        let Then::Table { table, key: waiting_key } = *then else {
            return Ok(());
        };
        let Some(node) = self.called_key(frame, call, table) else {
            return Ok(());
        };
        if self.tables.as_ref().is_some_and(|tables| tables.is_settled(node)) {
            return self.run(frame, next, then);
        }
        let start = self.slots.len();
        self.slots.extend([waiting_key, node.1]);
        for &slot in live {
            self.slots.push(self.cell_at(frame.base + usize::from(slot)));
        }
        let Self { tables: Some(tables), waiting, plans, slots, .. } = self else {
            return Ok(());
        };
        let (list, is_first) = waiting.touched.touch(list);
        if is_first {
            let procedure = tables.table(table).map(|table| table.procedure);
            let procedure = procedure.and_then(|procedure| plans.procedures.get(procedure));
            let n_slots = procedure.map_or(0, |procedure| procedure.n_slots);
            let site = Site { table, n_slots, next, outputs, live };
            waiting.lists.push(WaitingList { site, rows: RowSet::new(2 + live.len()) });
        }
        if let Some(found) = waiting.lists.get_mut(list) {
            let (row, is_new) = found.rows.insert(slots.get(start..).unwrap_or_default());
            if is_new {
                tables.add_consumer(node, list as u32, row);
            }
        }
        slots.truncate(start);
        Ok(())
    }

    /// Works off the events of a key's component, or until the key has an answer if that is enough.
    fn complete(&mut self, node: Node, is_enough: bool) -> Run {
        while let Some(tables) = &mut self.tables {
            let is_answered = is_enough && tables.has_answer(node);
            let Some(events) = tables.events_of(node.0) else {
                return Ok(());
            };
            if is_answered {
                events.stop();
                return Ok(());
            }
            let Some(event) = events.next() else {
                return Ok(());
            };
            match event {
                Event::Start(node) => self.start(node)?,
                Event::CatchUp { node, consumer, until } => {
                    let Some(answers) = tables.table(node.0).map(|table| table.answers_until(node.1, until)) else {
                        continue;
                    };
                    self.resume(node.0, consumer, answers)?;
                }
                Event::Deliver(node) => {
                    let Some((answers, mut consumer, last)) = tables.take_delivery(node) else {
                        continue;
                    };
                    loop {
                        let next = self.resume(node.0, consumer, answers)?;
                        if consumer == last {
                            break;
                        }
                        consumer = next;
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the rules of a table for a key.
    fn start(&mut self, node: Node) -> Run {
        let (Some(tables), plans) = (&self.tables, self.plans) else {
            return Ok(());
        };
        let Some(table) = tables.table(node.0).filter(|table| !table.is_settled(node.1)) else {
            return Ok(());
        };
        let Some(procedure) = plans.procedures.get(table.procedure) else {
            return Ok(());
        };
        let base = self.slots.len();
        self.slots.extend_from_slice(table.arguments(node.1));
        let scope = table.state(node.1).map_or(0, |state| state.scope);
        self.slots.resize(base + procedure.n_slots, 0);
        self.meter.count(1)?;
        let run = self.run(Frame { base, scope }, &procedure.branches, &Then::Table { table: node.0, key: node.1 });
        self.slots.truncate(base);
        or_settled(run)
    }

    /// Gives answers of a key to one of its consumers. The consumer after it.
    fn resume(&mut self, answered: TableId, consumer: u32, mut answers: Answers) -> Result<u32, Stop> {
        let Some((tables, consumer)) =
            self.tables.as_ref().and_then(|tables| Some((tables, tables.consumer(answered, consumer)?)))
        else {
            return Ok(consumer);
        };
        let Some(WaitingList { site, rows }) = self.waiting.lists.get(consumer.list as usize) else {
            return Ok(consumer.next);
        };
        let (site, Some((&[key, _], live))) = (*site, rows.row(consumer.row).split_first_chunk()) else {
            return Ok(consumer.next);
        };
        let Some(state) = tables.table(site.table).filter(|table| !table.is_settled(key)).and_then(|it| it.state(key))
        else {
            return Ok(consumer.next);
        };
        let base = self.slots.len();
        self.slots.resize(base + site.n_slots, 0);
        for (&slot, &cell) in site.live.iter().zip(live) {
            if let Some(place) = self.slots.get_mut(base + usize::from(slot)) {
                *place = cell;
            }
        }
        let frame = Frame { base, scope: state.scope };
        let table = Then::Table { table: site.table, key };
        let then = Then::Return { frame, next: site.next, outputs: site.outputs, then: &table };
        let run = self.each_answer(answered, &mut answers, &then);
        self.slots.truncate(base);
        or_settled(run)?;
        Ok(consumer.next)
    }

    /// Adds the answer on the slots from `start` on, its key first. Stops the frame if the key can have no other.
    pub(super) fn add_answer(&mut self, node: Node, start: usize) -> Run {
        let row = self.slots.get(start..).unwrap_or_default();
        let is_settled = self.tables.as_mut().is_some_and(|tables| tables.add_answer(node, row));
        if is_settled { Err(Stop::Enough) } else { Ok(()) }
    }

    /// Hands on each answer of a key, and of those that its answers come from.
    fn each_answer_of_key(&mut self, node: Node, then: &Then<'_, 'a>) -> Run {
        let Some(tables) = &self.tables else {
            return Ok(());
        };
        if !tables.leads_on(node) {
            let Some(mut answers) = tables.table(node.0).map(|table| table.answers(node.1)) else {
                return Ok(());
            };
            return self.each_answer(node.0, &mut answers, then);
        }
        let rows = tables.reachable_answers(node, &mut self.meter)?;
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
    fn each_answer(&mut self, id: TableId, answers: &mut Answers, then: &Then<'_, 'a>) -> Run {
        let start = self.slots.len();
        while let Some(tables) = &self.tables {
            // The row is copied: what follows may make the table grow.
            let Some(row) = tables.table(id).and_then(|table| table.next_answer(answers)) else {
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

/// A frame of a table stops only when its key has all that it can have: that is no reason for others to stop.
fn or_settled(run: Run) -> Run {
    match run {
        Err(Stop::Enough) => Ok(()),
        run => run,
    }
}
