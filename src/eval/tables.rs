//! Tables: the answers of procedures that read themselves, each question asked once.
//!
//! A table has a *key* for each distinct tuple of arguments. A call within the table's own component suspends: its frame
//! becomes a *consumer* of the key and is resumed once for each answer, those that are there and those that come later.
//! When a component has no event left, its tables are complete. A call that ends a rule and whose answers are the rule's
//! makes one key *lead on* to another instead: answers stay where they were found, and whoever asks follows the edges.
//!
//! # Source
//! Tabling: Chen, Warren, *Tabled Evaluation with Delaying for General Logic Programs*, JACM 1996.
//! DIVERGENCE: strata are known beforehand, so components complete one after another and nothing is delayed.

use crate::eval::limits::{Meter, Stop};
use crate::eval::row_set::RowSet;
use crate::plan::procedure::{Plans, ProcedureId};

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Something to be done before a component is complete.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// Run the rules for a new key.
    Start { procedure: ProcedureId, key: u32 },
    /// Give a key's new answers to its consumers.
    Deliver { procedure: ProcedureId, key: u32 },
    /// Give a new consumer the answers up to and with `until`.
    CatchUp { procedure: ProcedureId, key: u32, consumer: u32, until: u32 },
}

/// A suspended frame.
#[derive(Clone, Copy)]
pub(super) struct Consumer {
    /// The waiting list that holds its slots.
    pub(super) suspension: u32,
    /// Its place there.
    pub(super) row: u32,
    next: u32,
}

struct Key {
    first_answer: u32,
    last_answer: u32,
    /// The last answer that all consumers have.
    delivered: u32,
    first_consumer: u32,
    last_consumer: u32,
    first_edge: u32,
    scope: u32,
    is_dirty: bool,
}

/// The answers of one procedure, by key.
pub(super) struct Table {
    n_answers: usize,
    keys: RowSet,
    states: Vec<Key>,
    /// Each row: the key, then the answer.
    answers: RowSet,
    next_answer: Vec<u32>,
    consumers: Vec<Consumer>,
}

/// A range of one key's answers in the order of their coming: `first` to `last`, both included.
#[derive(Clone, Copy)]
pub(super) struct Answers {
    first: u32,
    last: u32,
}

/// The tables and the events of one question.
pub(super) struct Tables {
    tables: Vec<Option<Table>>,
    events: Vec<Vec<Event>>,
    edges: Vec<PassingOn>,
    /// The edges that are there.
    joined: RowSet,
    /// The consumers that are there: key and waiting row.
    registered: RowSet,
}

/// A key of a table.
pub(super) type Node = (ProcedureId, u32);

/// That one key's answers come from another as well.
struct PassingOn {
    to: Node,
    next: u32,
}

impl Tables {
    pub(super) fn new(plans: &Plans) -> Self {
        Self {
            tables: plans.procedures.iter().map(|_| None).collect(),
            events: (0..plans.components).map(|_| Vec::new()).collect(),
            edges: Vec::new(),
            joined: RowSet::new(4),
            registered: RowSet::new(4),
        }
    }

    pub(super) fn next_event(&mut self, component: u32) -> Option<Event> {
        self.events.get_mut(component as usize)?.pop()
    }

    fn push(&mut self, component: u32, event: Event) {
        if let Some(events) = self.events.get_mut(component as usize) {
            events.push(event);
        }
    }

    fn table(&self, procedure: ProcedureId) -> Option<&Table> {
        self.tables.get(procedure.0 as usize)?.as_ref()
    }

    fn table_mut(&mut self, procedure: ProcedureId) -> Option<&mut Table> {
        self.tables.get_mut(procedure.0 as usize)?.as_mut()
    }

    /// The key of these arguments; a new one gets `scope` and starts the procedure.
    pub(super) fn key(&mut self, plans: &Plans, id: ProcedureId, arguments: &[u32], scope: u32) -> u32 {
        let Some(procedure) = plans.procedures.get(id.0 as usize) else {
            return NONE;
        };
        let Some(slot) = self.tables.get_mut(id.0 as usize) else {
            return NONE;
        };
        let table = slot.get_or_insert_with(|| Table {
            n_answers: procedure.n_answers,
            keys: RowSet::new(procedure.n_arguments),
            states: Vec::new(),
            answers: RowSet::new(1 + procedure.n_answers),
            next_answer: Vec::new(),
            consumers: Vec::new(),
        });
        let (key, is_new) = table.keys.insert(arguments);
        if is_new {
            table.states.push(Key {
                first_answer: NONE,
                last_answer: NONE,
                delivered: NONE,
                first_consumer: NONE,
                last_consumer: NONE,
                first_edge: NONE,
                scope,
                is_dirty: false,
            });
            self.push(procedure.component, Event::Start { procedure: id, key });
        }
        key
    }

    /// The arguments of a key, and the scope of its frames.
    pub(super) fn arguments(&self, procedure: ProcedureId, key: u32) -> (&[u32], u32) {
        let Some(table) = self.table(procedure) else {
            return (&[], 0);
        };
        let scope = table.states.get(key as usize).map_or(0, |state| state.scope);
        (table.keys.row(key), scope)
    }

    /// Whether a key has an answer.
    pub(super) fn has_answer(&self, procedure: ProcedureId, key: u32) -> bool {
        self.state(procedure, key).is_some_and(|state| state.first_answer != NONE)
    }

    fn state(&self, procedure: ProcedureId, key: u32) -> Option<&Key> {
        self.table(procedure)?.states.get(key as usize)
    }

    /// All answers that a key has now.
    pub(super) fn answers(&self, procedure: ProcedureId, key: u32) -> Answers {
        let state = self.state(procedure, key);
        state.map_or(Answers { first: NONE, last: NONE }, |state| Answers {
            first: state.first_answer,
            last: state.last_answer,
        })
    }

    /// Takes the next answer of a range.
    pub(super) fn next_answer(&self, procedure: ProcedureId, range: &mut Answers) -> Option<&[u32]> {
        if range.first == NONE {
            return None;
        }
        let table = self.table(procedure)?;
        let position = range.first;
        range.first =
            if position == range.last { NONE } else { *table.next_answer.get(position as usize).unwrap_or(&NONE) };
        table.answers.row(position).get(1..)
    }

    /// Adds an answer, its key first.
    pub(super) fn add_answer(&mut self, component: u32, procedure: ProcedureId, row: &[u32]) {
        let Some(table) = self.table_mut(procedure) else {
            return;
        };
        let Some(&key) = row.first() else { return };
        let (position, is_new) = table.answers.insert(row);
        if !is_new {
            return;
        }
        table.next_answer.push(NONE);
        let Some(state) = table.states.get_mut(key as usize) else {
            return;
        };
        if state.first_answer == NONE {
            state.first_answer = position;
        } else if let Some(next) = table.next_answer.get_mut(state.last_answer as usize) {
            *next = position;
        }
        state.last_answer = position;
        if !state.is_dirty && state.first_consumer != NONE {
            state.is_dirty = true;
            self.push(component, Event::Deliver { procedure, key });
        }
    }

    /// Adds a consumer of a key, which gets every answer: those of the key, and of all that the key leads on to.
    pub(super) fn add_consumer(&mut self, component: u32, node: Node, suspension: u32, row: u32) {
        let mut waiting = vec![node];
        while let Some((procedure, key)) = waiting.pop() {
            if !self.registered.insert(&[procedure.0, key, suspension, row]).1 {
                continue;
            }
            self.attach(component, procedure, key, suspension, row);
            let mut edge = self.state(procedure, key).map_or(NONE, |state| state.first_edge);
            while let Some(found) = self.edges.get(edge as usize) {
                waiting.push(found.to);
                edge = found.next;
            }
        }
    }

    fn attach(&mut self, component: u32, procedure: ProcedureId, key: u32, suspension: u32, row: u32) {
        let Some(table) = self.table_mut(procedure) else {
            return;
        };
        let Some(state) = table.states.get_mut(key as usize) else {
            return;
        };
        let consumer = table.consumers.len() as u32;
        if state.first_consumer == NONE {
            state.first_consumer = consumer;
        } else if let Some(last) = table.consumers.get_mut(state.last_consumer as usize) {
            last.next = consumer;
        }
        state.last_consumer = consumer;
        let until = state.delivered;
        let is_behind = state.last_answer != state.delivered && !state.is_dirty;
        state.is_dirty |= is_behind;
        table.consumers.push(Consumer { suspension, row, next: NONE });
        if until != NONE {
            self.push(component, Event::CatchUp { procedure, key, consumer, until });
        }
        if is_behind {
            self.push(component, Event::Deliver { procedure, key });
        }
    }

    /// Makes every answer of one key an answer of another.
    pub(super) fn add_edge(&mut self, component: u32, from: Node, to: Node) {
        let edge = self.edges.len() as u32;
        if from == to || !self.joined.insert(&[from.0.0, from.1, to.0.0, to.1]).1 {
            return;
        }
        let Some(state) = self.table_mut(from.0).and_then(|table| table.states.get_mut(from.1 as usize)) else {
            return;
        };
        let next = std::mem::replace(&mut state.first_edge, edge);
        let mut consumer = state.first_consumer;
        self.edges.push(PassingOn { to, next });
        while let Some((found, next)) = self.consumer(from.0, consumer) {
            self.add_consumer(component, to, found.suspension, found.row);
            consumer = next;
        }
    }

    /// Whether answers of other keys are answers of this one.
    pub(super) fn leads_on(&self, procedure: ProcedureId, key: u32) -> bool {
        self.state(procedure, key).is_some_and(|state| state.first_edge != NONE)
    }

    /// The answers of a key and of all that it leads on to, each once.
    pub(super) fn reachable_answers(
        &self,
        procedure: ProcedureId,
        key: u32,
        meter: &mut Meter<'_>,
    ) -> Result<RowSet, Stop> {
        let width = self.table(procedure).map_or(0, |table| table.n_answers);
        let mut rows = RowSet::new(width);
        let mut seen = RowSet::new(2);
        seen.insert(&[procedure.0, key]);
        let mut waiting = vec![(procedure, key)];
        while let Some((procedure, key)) = waiting.pop() {
            let mut answers = self.answers(procedure, key);
            while let Some(row) = self.next_answer(procedure, &mut answers) {
                meter.count(1)?;
                rows.insert(row);
            }
            let mut edge = self.state(procedure, key).map_or(NONE, |state| state.first_edge);
            while let Some(found) = self.edges.get(edge as usize) {
                meter.count(1)?;
                if seen.insert(&[found.to.0.0, found.to.1]).1 {
                    waiting.push(found.to);
                }
                edge = found.next;
            }
        }
        Ok(rows)
    }

    /// The new answers of a key, now delivered, and the first and last of the consumers that wait for them.
    pub(super) fn take_delivery(&mut self, procedure: ProcedureId, key: u32) -> Option<(Answers, u32, u32)> {
        let table = self.table_mut(procedure)?;
        let state = table.states.get_mut(key as usize)?;
        let first = match state.delivered {
            NONE => state.first_answer,
            delivered => *table.next_answer.get(delivered as usize)?,
        };
        state.delivered = state.last_answer;
        state.is_dirty = false;
        Some((Answers { first, last: state.last_answer }, state.first_consumer, state.last_consumer))
    }

    /// The answers of a key up to and with `until`.
    pub(super) fn answers_until(&self, procedure: ProcedureId, key: u32, until: u32) -> Answers {
        let first = self.state(procedure, key).map_or(NONE, |state| state.first_answer);
        Answers { first, last: until }
    }

    /// A consumer, and the one after it.
    pub(super) fn consumer(&self, procedure: ProcedureId, consumer: u32) -> Option<(Consumer, u32)> {
        let found = *self.table(procedure)?.consumers.get(consumer as usize)?;
        Some((found, found.next))
    }
}
