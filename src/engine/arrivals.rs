//! Waiting for a revision that isn't here yet, woken by its publication.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where those wait who asked for a later revision of a tenant than the present one.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    gate: Mutex<()>,
    came: Condvar,
}

impl Arrivals {
    /// Wakes all who wait; called when what they look for can be found.
    pub(super) fn announce(&self) {
        // IMPORTANT: through the gate. Whoever has looked in vain and doesn't sleep yet holds it, and would miss this.
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        self.came.notify_all();
    }

    /// Looks, and looks again after each announcement, until something is found or the time is over.
    pub(super) fn wait_for<T>(&self, time: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
        let start = Instant::now();
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            let left = time.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
            (gate, _) = self.came.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn what_comes_while_somebody_waits_is_found() {
        let (arrivals, number) = (Arrivals::default(), AtomicU32::new(0));
        let at_least = |wanted| (number.load(Ordering::Acquire) >= wanted).then_some(wanted);
        std::thread::scope(|scope| {
            let (arrivals, at_least) = (&arrivals, &at_least);
            let long = Duration::from_secs(600);
            let waiting: Vec<_> =
                (1..=8).map(|n| scope.spawn(move || arrivals.wait_for(long, || at_least(n)))).collect();
            for n in 1..=8 {
                number.store(n, Ordering::Release);
                arrivals.announce();
            }
            for (thread, n) in waiting.into_iter().zip(1..) {
                assert_eq!(thread.join().unwrap(), Some(n));
            }
        });
    }

    #[test]
    fn what_never_comes_is_waited_for_no_longer_than_is_said() {
        assert_eq!(Arrivals::default().wait_for(Duration::from_millis(1), || None::<()>), None);
        assert_eq!(Arrivals::default().wait_for(Duration::ZERO, || Some(1)), Some(1));
    }
}
