//! The model: readers, a writer and withdrawals in all orders that a scheduler thinks of.
//!
//! shuttle replaces threads and locks, and runs each test body thousands of times, with another order of events each time.
//! The last tests break a rule of the house on purpose: the model must find an order in which that does harm.

use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use super::*;

/// How many orders are tried.
const ORDERS: usize = 10_000;

/// A slot whose every touch lets another thread come between.
struct Modelled {
    state: Mutex<Option<Arc<u64>>>,
    building: Mutex<()>,
}

impl Slot for Modelled {
    type State = u64;

    fn empty() -> Self {
        Self { state: Mutex::new(None), building: Mutex::new(()) }
    }

    fn show<T>(&self, look: impl FnOnce(&u64) -> T) -> Option<T> {
        self.get().as_deref().map(look)
    }

    fn get(&self) -> Option<Arc<u64>> {
        self.state.lock().unwrap().clone()
    }

    fn swap(&self, state: Option<Arc<u64>>) -> Option<Arc<u64>> {
        std::mem::replace(&mut *self.state.lock().unwrap(), state)
    }

    fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let _building = self.building.lock().unwrap();
        work()
    }
}

/// A tenant whose state is the number of its writes.
struct Tenant {
    published: Published<Modelled>,
    /// What is on disk.
    stored: AtomicU64,
    /// What was acknowledged.
    acknowledged: AtomicU64,
    n_builds: AtomicU64,
}

impl Tenant {
    fn new() -> Arc<Self> {
        let [stored, acknowledged, n_builds] = [0; 3].map(AtomicU64::new);
        Arc::new(Self { published: Published::empty(), stored, acknowledged, n_builds })
    }

    fn state(&self) -> u64 {
        let build = || {
            self.n_builds.fetch_add(1, Ordering::SeqCst);
            Ok::<_, ()>(Arc::new(self.stored.load(Ordering::SeqCst)))
        };
        *self.published.or_build(build).unwrap()
    }

    /// A group of the writer: the state before, a sync, the state after, the answer.
    fn write(&self) {
        let before = self.state();
        self.write_upon(before);
        self.publish_and_answer(before + 1);
    }

    fn write_upon(&self, before: u64) {
        let stored = self.stored.swap(before + 1, Ordering::SeqCst);
        assert_eq!(stored, before, "a write upon a state that isn't the last");
    }

    fn publish_and_answer(&self, state: u64) {
        let old = self.published.publish(Arc::new(state));
        assert!(old.is_none_or(|old| *old < state), "an older state in place of a later one");
        self.acknowledged.store(state, Ordering::SeqCst);
    }

    /// A question: by a look if the state is there, else by building it.
    fn ask(&self, last: &mut u64) {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let seen = self.published.show(|state| *state).unwrap_or_else(|| self.state());
        assert!(seen >= acknowledged, "{seen} is older than {acknowledged}, which was acknowledged");
        assert!(seen >= *last, "{seen} is older than {last}, which was seen");
        *last = seen;
    }
}

/// Threads that ask now and again.
fn readers(tenant: &Arc<Tenant>, n_readers: usize) -> Vec<thread::JoinHandle<()>> {
    let reader = |_| {
        let tenant = tenant.clone();
        thread::spawn(move || {
            let mut last = 0;
            (0..3).for_each(|_| tenant.ask(&mut last));
        })
    };
    (0..n_readers).map(reader).collect()
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Tries a body in random orders, and in orders that prefer one thread for a while.
fn try_out(body: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(body, ORDERS);
    shuttle::check_pct(body, ORDERS, 3);
}

/// Whether some order does harm.
fn is_harmful(body: impl Fn() + Send + Sync + Copy + 'static) -> bool {
    catch_unwind(AssertUnwindSafe(|| try_out(body))).is_err()
}

#[test]
fn readers_see_what_was_acknowledged_while_states_are_withdrawn_between_groups() {
    try_out(|| {
        let tenant = Tenant::new();
        let readers = readers(&tenant, 2);
        for _ in 0..3 {
            tenant.write();
            tenant.published.withdraw();
        }
        join(readers);
        assert_eq!(tenant.state(), 3);
    });
}

#[test]
fn readers_that_come_at_once_build_once() {
    try_out(|| {
        let tenant = Tenant::new();
        join(readers(&tenant, 3));
        assert_eq!(tenant.n_builds.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_building_that_fails_publishes_nothing_and_is_tried_again() {
    try_out(|| {
        let tenant = Tenant::new();
        let reading = readers(&tenant, 1);
        let failed = tenant.published.or_build(|| Err("the disk"));
        assert!(failed == Err("the disk") || failed == Ok(Arc::new(0)));
        tenant.write();
        join(reading);
        assert_eq!(tenant.state(), 1);
    });
}

#[test]
fn the_model_finds_harm_in_a_withdrawal_beside_a_group() {
    assert!(is_harmful(|| {
        let tenant = Tenant::new();
        let readers = readers(&tenant, 1);
        let withdrawing = {
            let tenant = tenant.clone();
            thread::spawn(move || (0..3).for_each(|_| drop(tenant.published.withdraw())))
        };
        (0..3).for_each(|_| tenant.write());
        join(readers);
        withdrawing.join().unwrap();
    }));
}

#[test]
fn the_model_finds_harm_in_an_answer_before_the_publication() {
    assert!(is_harmful(|| {
        let tenant = Tenant::new();
        let readers = readers(&tenant, 1);
        for _ in 0..3 {
            let before = tenant.state();
            tenant.write_upon(before);
            tenant.acknowledged.store(before + 1, Ordering::SeqCst);
            tenant.published.publish(Arc::new(before + 1));
        }
        join(readers);
    }));
}

#[test]
fn the_model_finds_harm_in_a_writer_that_publishes_what_it_did_not_get_here() {
    assert!(is_harmful(|| {
        let tenant = Tenant::new();
        let readers = readers(&tenant, 1);
        // It knows the state from the store, and a reader may be building the one before.
        for before in 0..3 {
            tenant.write_upon(before);
            tenant.publish_and_answer(before + 1);
            tenant.published.withdraw();
        }
        join(readers);
    }));
}
