//! What readers see of one tenant: one state, swapped as a whole, built at its first touch.
//!
//! Three parties meet here. Readers look, and build the state from the store when it isn't in memory, one of them at a
//! time. The writer publishes what it has written, before it answers. And what wasn't asked for long is withdrawn, to be
//! built anew: by the writer's thread, between two groups.
//!
//! What holds, and what `published/tests.rs` tries out in many thousand orders of events:
//! - Whoever looks after a write was acknowledged sees a state that has it.
//! - A state that was published is never replaced by an older one, though the store is read while it is written.
//! - Readers who come at once build once.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

/// Where a state lies. The product has one, [`Swapped`]; the tests have another, which tries out orders of events.
pub(super) trait Slot {
    /// What lies there.
    type State;

    /// Nothing.
    fn empty() -> Self;

    /// Looks at what is there.
    fn show<T>(&self, look: impl FnOnce(&Self::State) -> T) -> Option<T>;

    /// What is there.
    fn get(&self) -> Option<Arc<Self::State>>;

    /// Puts something else there, and gives what was there.
    fn swap(&self, state: Option<Arc<Self::State>>) -> Option<Arc<Self::State>>;

    /// Does something that only one thread does at a time.
    fn alone<T>(&self, work: impl FnOnce() -> T) -> T;
}

/// A slot whose readers take no lock and write to nothing that others read.
pub(super) struct Swapped<S> {
    state: ArcSwapOption<S>,
    building: Mutex<()>,
}

impl<S> Slot for Swapped<S> {
    type State = S;

    fn empty() -> Self {
        Self { state: ArcSwapOption::empty(), building: Mutex::default() }
    }

    #[inline]
    fn show<T>(&self, look: impl FnOnce(&S) -> T) -> Option<T> {
        self.state.load().as_deref().map(look)
    }

    #[inline]
    fn get(&self) -> Option<Arc<S>> {
        self.state.load_full()
    }

    fn swap(&self, state: Option<Arc<S>>) -> Option<Arc<S>> {
        self.state.swap(state)
    }

    fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }
}

/// The state that readers see; none until its first touch.
pub(super) struct Published<L>(L);

impl<L: Slot> Published<L> {
    /// Nothing is there yet.
    pub(super) fn empty() -> Self {
        Self(L::empty())
    }

    /// Looks at the state, if it is in memory: without a lock, and without a counter that other threads write.
    #[inline]
    pub(super) fn show<T>(&self, look: impl FnOnce(&L::State) -> T) -> Option<T> {
        self.0.show(look)
    }

    /// The state, if it is in memory.
    #[inline]
    pub(super) fn present(&self) -> Option<Arc<L::State>> {
        self.0.get()
    }

    /// The state, built if it isn't in memory.
    ///
    /// `build` reads the store while nobody else builds. It may be behind what is being written, but not for long: the
    /// writer begins with this function too, and goes on when the building is over.
    ///
    /// # Errors
    /// What `build` says; then nothing is published.
    pub(super) fn or_build<E>(&self, build: impl FnOnce() -> Result<Arc<L::State>, E>) -> Result<Arc<L::State>, E> {
        if let Some(state) = self.present() {
            return Ok(state);
        }
        self.0.alone(|| {
            if let Some(state) = self.present() {
                return Ok(state);
            }
            let state = build()?;
            self.publish(state.clone());
            Ok(state)
        })
    }

    /// Makes a state the one that readers see; gives the one before.
    ///
    /// IMPORTANT: for the writer's thread, when the state is on disk and before anyone is told: a token must see it. And
    /// only of a state that it got here, and that was never withdrawn since.
    pub(super) fn publish(&self, state: Arc<L::State>) -> Option<Arc<L::State>> {
        self.0.swap(Some(state))
    }

    /// Takes the state away, to be built anew at its next touch. Readers that hold it go on with it.
    ///
    /// IMPORTANT: for the writer's thread alone, between two groups. While the writer works on a state, that is in memory: so
    /// nobody builds it from the store meanwhile, and publishes what a write has left behind.
    pub(super) fn withdraw(&self) -> Option<Arc<L::State>> {
        self.0.swap(None)
    }
}

#[cfg(test)]
mod tests;
