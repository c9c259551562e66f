//! What a component has still to do, run by run.
//!
//! A call from outside of a component begins a *run*. One that only wants a yes stops at it, and leaves events behind that a
//! later run need not care for: as long as it reaches no key of a run that stopped, its own events are all that its keys
//! depend on. When it does reach one, it works off everything.

use crate::eval::tables::Node;

/// Something to be done before a component is complete.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// Run the rules for a new key.
    Start(Node),
    /// Give a key's new answers to its consumers.
    Deliver(Node),
    /// Give a new consumer the answers up to and with `until`.
    CatchUp { node: Node, consumer: u32, until: u32 },
}

/// The events of a component, the last first.
#[derive(Default)]
pub(super) struct Events {
    waiting: Vec<Event>,
    /// The run under way, or the last one.
    run: u32,
    /// So many of the first events are of runs that stopped, and not of this one's concern.
    floor: usize,
    /// The runs that left events behind, in order.
    stopped: Vec<u32>,
}

impl Events {
    /// Begins a run. The one before has ended: what runs inside of a component calls others alone.
    pub(super) fn begin(&mut self) {
        self.run += 1;
        self.floor = self.waiting.len();
    }

    /// The run that new keys are of.
    pub(super) fn run(&self) -> u32 {
        self.run
    }

    /// Tells that the answers of a key of this run are asked for.
    pub(super) fn reach(&mut self, run: u32) {
        if run != self.run && self.stopped.binary_search(&run).is_ok() {
            self.floor = 0;
        }
    }

    pub(super) fn push(&mut self, event: Event) {
        self.waiting.push(event);
    }

    /// The next event of the run; without one, its keys are complete.
    pub(super) fn next(&mut self) -> Option<Event> {
        if self.waiting.len() > self.floor {
            return self.waiting.pop();
        }
        if self.floor == 0 {
            self.stopped.clear();
        }
        None
    }

    /// Ends a run before its keys are complete.
    pub(super) fn stop(&mut self) {
        if self.waiting.len() > self.floor {
            self.stopped.push(self.run);
        }
    }
}
