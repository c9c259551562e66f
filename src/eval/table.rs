//! One table: the keys of a procedure, what is known of each, and who waits for it.

use crate::eval::row_set::RowSet;
use crate::plan::procedure::{Procedure, ProcedureId};

/// The end of a list.
pub(super) const NONE: u32 = u32::MAX;

/// The only answer of a key without answer columns.
const YES: u32 = 0;

/// A suspended frame.
#[derive(Clone, Copy)]
pub(super) struct Consumer {
    /// The waiting list that holds its slots.
    pub(super) list: u32,
    /// Its place there.
    pub(super) row: u32,
    /// The next consumer of the key.
    pub(super) next: u32,
}

/// What is known of one key.
pub(super) struct Key {
    pub(super) first_answer: u32,
    pub(super) last_answer: u32,
    /// The last answer that all consumers have.
    pub(super) delivered: u32,
    pub(super) first_consumer: u32,
    last_consumer: u32,
    pub(super) first_edge: u32,
    pub(super) scope: u32,
    /// The run that it is of (see [`crate::eval::events`]).
    pub(super) run: u32,
    is_dirty: bool,
}

/// What a consumer that was just added has to be given.
#[derive(Clone, Copy, Default)]
pub(super) struct Owed {
    /// The consumer, and the last of the answers that were delivered before it came.
    pub(super) catch_up: Option<(u32, u32)>,
    /// Whether there are answers that nobody has got yet, and that nobody is about to be given.
    pub(super) is_behind: bool,
}

/// The answers of one procedure, by key.
pub(super) struct Table {
    pub(super) procedure: ProcedureId,
    /// The events of its component.
    pub(super) queue: usize,
    pub(super) n_arguments: usize,
    pub(super) n_answers: usize,
    keys: RowSet,
    states: Vec<Key>,
    /// Each row: the key, then the answer. Empty without answer columns.
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

impl Table {
    pub(super) fn new(id: ProcedureId, procedure: &Procedure, queue: usize) -> Self {
        Self {
            procedure: id,
            queue,
            n_arguments: procedure.n_arguments,
            n_answers: procedure.n_answers,
            keys: RowSet::new(procedure.n_arguments),
            states: Vec::new(),
            answers: RowSet::new(1 + procedure.n_answers),
            next_answer: Vec::new(),
            consumers: Vec::new(),
        }
    }

    /// The key of these arguments, and whether it is new; a new one gets `scope`, and is of this run.
    pub(super) fn key(&mut self, arguments: &[u32], scope: u32, run: u32) -> (u32, bool) {
        let (key, is_new) = self.keys.insert(arguments);
        if is_new {
            self.states.push(Key {
                first_answer: NONE,
                last_answer: NONE,
                delivered: NONE,
                first_consumer: NONE,
                last_consumer: NONE,
                first_edge: NONE,
                scope,
                run,
                is_dirty: false,
            });
        }
        (key, is_new)
    }

    pub(super) fn arguments(&self, key: u32) -> &[u32] {
        self.keys.row(key)
    }

    pub(super) fn state(&self, key: u32) -> Option<&Key> {
        self.states.get(key as usize)
    }

    pub(super) fn state_mut(&mut self, key: u32) -> Option<&mut Key> {
        self.states.get_mut(key as usize)
    }

    /// Whether a key needs no more work: it has the one answer that it can have.
    pub(super) fn is_settled(&self, key: u32) -> bool {
        self.n_answers == 0 && self.state(key).is_some_and(|state| state.first_answer != NONE)
    }

    /// All answers that a key has now.
    pub(super) fn answers(&self, key: u32) -> Answers {
        let state = self.state(key);
        state.map_or(Answers { first: NONE, last: NONE }, |state| Answers {
            first: state.first_answer,
            last: state.last_answer,
        })
    }

    /// The answers of a key up to and with `until`.
    pub(super) fn answers_until(&self, key: u32, until: u32) -> Answers {
        Answers { last: until, ..self.answers(key) }
    }

    /// Takes the next answer of a range.
    pub(super) fn next_answer(&self, range: &mut Answers) -> Option<&[u32]> {
        if range.first == NONE {
            return None;
        }
        let position = range.first;
        range.first =
            if position == range.last { NONE } else { *self.next_answer.get(position as usize).unwrap_or(&NONE) };
        if self.n_answers == 0 { Some(&[]) } else { self.answers.row(position).get(1..) }
    }

    /// Gives a key without answer columns its answer. Whether it is new, and whether consumers have to be given it.
    pub(super) fn say_yes(&mut self, key: u32) -> (bool, bool) {
        match self.states.get_mut(key as usize) {
            Some(state) if state.first_answer == NONE => {
                (state.first_answer, state.last_answer) = (YES, YES);
                (true, state.soil())
            }
            _ => (false, false),
        }
    }

    /// Adds an answer, its key first. Whether consumers have to be given it, and nobody knows yet.
    pub(super) fn add_answer(&mut self, row: &[u32]) -> bool {
        let Some(&key) = row.first() else { return false };
        let (position, is_new) = self.answers.insert(row);
        if !is_new {
            return false;
        }
        self.next_answer.push(NONE);
        let Some(state) = self.states.get_mut(key as usize) else {
            return false;
        };
        if state.first_answer == NONE {
            state.first_answer = position;
        } else if let Some(next) = self.next_answer.get_mut(state.last_answer as usize) {
            *next = position;
        }
        state.last_answer = position;
        state.soil()
    }

    /// Adds a consumer of a key.
    pub(super) fn attach(&mut self, key: u32, list: u32, row: u32) -> Owed {
        let Some(state) = self.states.get_mut(key as usize) else {
            return Owed::default();
        };
        let consumer = self.consumers.len() as u32;
        if state.first_consumer == NONE {
            state.first_consumer = consumer;
        } else if let Some(last) = self.consumers.get_mut(state.last_consumer as usize) {
            last.next = consumer;
        }
        state.last_consumer = consumer;
        self.consumers.push(Consumer { list, row, next: NONE });
        let until = state.delivered;
        let is_behind = state.last_answer != state.delivered && !state.is_dirty;
        state.is_dirty |= is_behind;
        Owed { catch_up: (until != NONE).then_some((consumer, until)), is_behind }
    }

    /// The new answers of a key, now delivered, and the first and last of the consumers that wait for them.
    pub(super) fn take_delivery(&mut self, key: u32) -> Option<(Answers, u32, u32)> {
        let state = self.states.get_mut(key as usize)?;
        let first = match state.delivered {
            NONE => state.first_answer,
            delivered => *self.next_answer.get(delivered as usize)?,
        };
        state.delivered = state.last_answer;
        state.is_dirty = false;
        Some((Answers { first, last: state.last_answer }, state.first_consumer, state.last_consumer))
    }

    pub(super) fn consumer(&self, consumer: u32) -> Option<Consumer> {
        self.consumers.get(consumer as usize).copied()
    }
}

impl Key {
    /// Whether consumers wait for an answer that has just come, and were not to be given others already.
    fn soil(&mut self) -> bool {
        let is_news = !self.is_dirty && self.first_consumer != NONE;
        self.is_dirty |= is_news;
        is_news
    }
}
