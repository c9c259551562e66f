//! Faults: processes that are killed, disks that fail, damaged input; and many threads at once.
//!
//! What each test does, and what the environment variables ask for: `docs/testing.md`.

mod child;
#[cfg(target_os = "linux")]
mod disk;
mod event;
mod fight;
mod fuzz;
mod history;
mod kill;
mod large;
mod mutate;
mod shutdown;
mod work;

/// How much a test does: so much in a normal run, so much when `ENTAIL_FAULTS=full` asks for all of it.
pub(crate) fn amount(normal: usize, full: usize) -> usize {
    let asks_for_all = std::env::var("ENTAIL_FAULTS").is_ok_and(|asked| asked == "full");
    if asks_for_all { full } else { normal }
}

/// Where a test's random numbers begin: `ENTAIL_SEED`, or 1. It is printed, for a test that fails.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("ENTAIL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("ENTAIL_SEED={seed}");
    seed
}
