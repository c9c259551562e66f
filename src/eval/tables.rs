//! Tables: the answers of procedures that read themselves, each question asked once.
//!
//! A table has a *key* for each distinct tuple of arguments. A call within the table's own component suspends: its frame
//! becomes a *consumer* of the key and is resumed once for each answer, those that are there and those that come later.
//! When a component has no event left, its tables are complete. A call that ends a rule and whose answers are the rule's
//! makes one key *lead on* to another instead: answers stay where they were found, and whoever asks follows the edges. Only
//! a yes, the answer without columns, goes back along them at once: keys that lead on to others are then a graph that is
//! searched depth first, each key visited once, until the key that was asked has its yes.
//!
//! # Source
//! Tabling: Chen, Warren, *Tabled Evaluation with Delaying for General Logic Programs*, JACM 1996.
//! DIVERGENCE: strata are known beforehand, so components complete one after another and nothing is delayed.

use crate::eval::events::{Event, Events};
use crate::eval::limits::{Meter, Stop};
use crate::eval::row_set::RowSet;
use crate::eval::table::{Answers, Consumer, NONE, Owed, Table};
use crate::eval::touched::Touched;
use crate::plan::procedure::{Plans, ProcedureId};

/// A table that the question has touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TableId(u32);

/// A key of a table.
pub(super) type Node = (TableId, u32);

/// The tables and the events of one question: as many as it touches, however many the policy has.
#[derive(Default)]
pub(super) struct Tables {
    procedures: Touched,
    tables: Vec<Table>,
    components: Touched,
    /// By touched component.
    events: Vec<Events>,
    /// From a key to those that it leads on to; without answer columns, from a key to those that lead on to it.
    edges: Vec<Edge>,
    /// The edges that are there, but for keys without answer columns, which may have one twice.
    joined: Option<RowSet>,
    /// The consumers that are there, but for such keys: key and waiting row.
    registered: Option<RowSet>,
    /// Keys whose yes has still to go on.
    told: Vec<Node>,
}

/// That two keys share answers.
struct Edge {
    to: Node,
    next: u32,
}

impl Tables {
    /// The events of the component that a table belongs to.
    pub(super) fn events_of(&mut self, TableId(table): TableId) -> Option<&mut Events> {
        let queue = self.tables.get(table as usize)?.queue;
        self.events.get_mut(queue)
    }

    fn push(&mut self, table: TableId, event: Event) {
        if let Some(events) = self.events_of(table) {
            events.push(event);
        }
    }

    pub(super) fn table(&self, TableId(table): TableId) -> Option<&Table> {
        self.tables.get(table as usize)
    }

    fn table_mut(&mut self, TableId(table): TableId) -> Option<&mut Table> {
        self.tables.get_mut(table as usize)
    }

    /// The table of a procedure; `caller` is often the same.
    pub(super) fn table_of(&mut self, plans: &Plans, id: ProcedureId, caller: Option<TableId>) -> Option<TableId> {
        if let Some(caller) = caller
            && self.table(caller).is_some_and(|table| table.procedure == id)
        {
            return Some(caller);
        }
        let (table, is_new) = self.procedures.touch(id.0);
        if is_new {
            let procedure = plans.procedures.get(id)?;
            let (queue, is_new) = self.components.touch(procedure.component);
            if is_new {
                self.events.push(Events::default());
            }
            self.tables.push(Table::new(id, procedure, queue));
        }
        Some(TableId(table as u32))
    }

    /// The key of arguments that lie on the slots from `start` on; a new one gets `scope` and starts the procedure.
    pub(super) fn key(&mut self, TableId(id): TableId, slots: &[u32], start: usize, scope: u32) -> Option<Node> {
        let table = self.tables.get_mut(id as usize)?;
        let events = self.events.get_mut(table.queue)?;
        let arguments = slots.get(start..start + table.n_arguments)?;
        let (key, is_new) = table.key(arguments, scope, events.run());
        let node = (TableId(id), key);
        if is_new {
            events.push(Event::Start(node));
        } else if !table.is_settled(key) {
            events.reach(table.state(key)?.run);
        }
        Some(node)
    }

    /// Whether a key has an answer.
    pub(super) fn has_answer(&self, (table, key): Node) -> bool {
        self.table(table).and_then(|table| table.state(key)).is_some_and(|state| state.first_answer != NONE)
    }

    /// Whether a key has the one answer that it can have.
    pub(super) fn is_settled(&self, (table, key): Node) -> bool {
        self.table(table).is_some_and(|table| table.is_settled(key))
    }

    /// Adds an answer, its key first. Whether the key can have no other.
    pub(super) fn add_answer(&mut self, node: Node, row: &[u32]) -> bool {
        let Some(table) = self.table_mut(node.0) else {
            return false;
        };
        if table.n_answers == 0 {
            self.say_yes(node);
            return true;
        }
        if table.add_answer(row) {
            self.push(node.0, Event::Deliver(node));
        }
        false
    }

    /// Gives a yes to a key and to all that lead on to it.
    fn say_yes(&mut self, node: Node) {
        self.told.push(node);
        while let Some(node) = self.told.pop() {
            let Some(table) = self.table_mut(node.0) else {
                continue;
            };
            let (is_new, is_news) = table.say_yes(node.1);
            if !is_new {
                continue;
            }
            let mut edge = table.state(node.1).map_or(NONE, |state| state.first_edge);
            if is_news {
                self.push(node.0, Event::Deliver(node));
            }
            while let Some(found) = self.edges.get(edge as usize) {
                self.told.push(found.to);
                edge = found.next;
            }
        }
    }

    /// Adds a consumer of a key, which gets every answer: those of the key, and of all that the key leads on to.
    pub(super) fn add_consumer(&mut self, node: Node, list: u32, row: u32) {
        if self.table(node.0).is_some_and(|table| table.n_answers == 0) {
            // The yes of another key comes to this one.
            return self.attach(node, list, row);
        }
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            let registered = self.registered.get_or_insert_with(|| RowSet::new(4));
            if !registered.insert(&[node.0.0, node.1, list, row]).1 {
                continue;
            }
            self.attach(node, list, row);
            let mut edge = self.first_edge(node);
            while let Some(found) = self.edges.get(edge as usize) {
                waiting.push(found.to);
                edge = found.next;
            }
        }
    }

    fn attach(&mut self, node: Node, list: u32, row: u32) {
        let Some(table) = self.table_mut(node.0) else {
            return;
        };
        let Owed { catch_up, is_behind } = table.attach(node.1, list, row);
        if let Some((consumer, until)) = catch_up {
            self.push(node.0, Event::CatchUp { node, consumer, until });
        }
        if is_behind {
            self.push(node.0, Event::Deliver(node));
        }
    }

    fn first_edge(&self, (table, key): Node) -> u32 {
        self.table(table).and_then(|table| table.state(key)).map_or(NONE, |state| state.first_edge)
    }

    fn insert_edge(&mut self, (table, key): Node, to: Node) {
        let edge = self.edges.len() as u32;
        if let Some(state) = self.table_mut(table).and_then(|table| table.state_mut(key)) {
            let next = std::mem::replace(&mut state.first_edge, edge);
            self.edges.push(Edge { to, next });
        }
    }

    /// Makes every answer of the second key an answer of the first. Whether the first has now all that it can have.
    pub(super) fn lead_on(&mut self, from: Node, to: Node) -> bool {
        if from == to {
            return false;
        }
        let Some(table) = self.table(to.0) else {
            return false;
        };
        if table.n_answers == 0 {
            let is_yes = table.is_settled(to.1);
            match is_yes {
                true => self.say_yes(from),
                false => self.insert_edge(to, from),
            }
            return is_yes;
        }
        let joined = self.joined.get_or_insert_with(|| RowSet::new(4));
        if !joined.insert(&[from.0.0, from.1, to.0.0, to.1]).1 {
            return false;
        }
        self.insert_edge(from, to);
        let state = self.table(from.0).and_then(|table| table.state(from.1));
        let mut consumer = state.map_or(NONE, |state| state.first_consumer);
        while let Some(found) = self.consumer(from.0, consumer) {
            self.add_consumer(to, found.list, found.row);
            consumer = found.next;
        }
        false
    }

    /// Whether answers of other keys are answers of this one, and stay with them.
    pub(super) fn leads_on(&self, node: Node) -> bool {
        self.first_edge(node) != NONE && self.table(node.0).is_some_and(|table| table.n_answers > 0)
    }

    /// The answers of a key and of all that it leads on to, each once.
    pub(super) fn reachable_answers(&self, node: Node, meter: &mut Meter<'_>) -> Result<RowSet, Stop> {
        let width = self.table(node.0).map_or(0, |table| table.n_answers);
        let mut rows = RowSet::new(width);
        let mut seen = RowSet::new(2);
        seen.insert(&[node.0.0, node.1]);
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            let Some(table) = self.table(node.0) else {
                continue;
            };
            let mut answers = table.answers(node.1);
            while let Some(row) = table.next_answer(&mut answers) {
                meter.count(1)?;
                rows.insert(row);
            }
            let mut edge = self.first_edge(node);
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
    pub(super) fn take_delivery(&mut self, (table, key): Node) -> Option<(Answers, u32, u32)> {
        self.table_mut(table)?.take_delivery(key)
    }

    pub(super) fn consumer(&self, table: TableId, consumer: u32) -> Option<Consumer> {
        self.table(table)?.consumer(consumer)
    }
}
