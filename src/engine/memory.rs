//! What the tenants' indexes take of memory, who was asked last, and where old states go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::engine::error::Error;
use crate::engine::state::State;

/// How often states that somebody still reads are looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// What tenants' indexes take of memory, and what they may take.
///
/// The bytes of an index are what its structures ask of the heap, estimated from their counts after each publication;
/// states before the present one, which share most of it, aren't counted, nor are policies. What is there at the moment
/// goes over the budget while a tenant is built, and until the writer comes to drop another one.
pub(super) struct Memory {
    budget: Option<u64>,
    /// The bytes of all tenants' present indexes.
    used: AtomicU64,
    /// Two more with each index that is built, which was asked in between. Tenants that are asked between two builds are asked
    /// at the same time.
    now: AtomicU64,
    reaper: Reaper,
}

/// What a tenant takes.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// The bytes of its present index.
    bytes: AtomicU64,
    /// When it was asked last.
    asked: AtomicU64,
}

impl Usage {
    /// When it was asked last: greater is later.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Memory {
    /// Nothing is used yet.
    ///
    /// # Errors
    /// When the thread that drops old states can't be started.
    pub(super) fn new(budget: Option<u64>) -> Result<Self, Error> {
        Ok(Self { budget, used: AtomicU64::new(0), now: AtomicU64::new(0), reaper: Reaper::start()? })
    }

    /// A tenant was asked: a load, and where others were built since, a store.
    #[inline]
    pub(super) fn touch(&self, usage: &Usage) {
        let now = self.now.load(Ordering::Relaxed);
        if usage.asked() != now {
            usage.asked.store(now, Ordering::Relaxed);
        }
    }

    /// A tenant's index was built because it was asked.
    pub(super) fn built(&self, usage: &Usage) {
        usage.asked.store(self.now.fetch_add(2, Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A tenant's present index takes so many bytes from now on.
    pub(super) fn account(&self, usage: &Usage, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        self.used.fetch_sub(usage.bytes.swap(bytes, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The bytes of all tenants' present indexes.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether more is used than may be.
    pub(super) fn is_over(&self) -> bool {
        self.budget.is_some_and(|budget| self.used() > budget)
    }

    /// Takes a state that no new reader will see, and drops it when nobody reads it any more.
    pub(super) fn retire(&self, state: Arc<State>) {
        self.reaper.take(state);
    }
}

/// A thread that holds old states as long as somebody reads them, so that it is never a reader or the writer who drops the
/// last one: a whole index takes a while to give back.
struct Reaper {
    queue: Option<Sender<Arc<State>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reaper {
    fn start() -> Result<Self, Error> {
        let (queue, retired) = channel();
        let thread = std::thread::Builder::new()
            .name("entail-reaper".to_owned())
            .spawn(move || reap(&retired))
            .map_err(|error| Error::internal(format!("the thread that drops old states can't be started: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    fn take(&self, state: Arc<State>) {
        if let Some(queue) = &self.queue {
            // Without its thread it is dropped here: late, but dropped.
            let _ = queue.send(state);
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It owes nobody anything.
            let _ = thread.join();
        }
    }
}

fn reap(retired: &Receiver<Arc<State>>) {
    let mut held: Vec<Arc<State>> = Vec::new();
    loop {
        let next = if held.is_empty() {
            retired.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            retired.recv_timeout(PAUSE)
        };
        match next {
            Ok(state) => held.push(state),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // Nobody can find a retired state: if it is held here alone, that stays so.
        held.retain(|state| Arc::strong_count(state) > 1);
    }
}
