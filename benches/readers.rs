//! Checks while others write: `cargo bench --bench readers`.
//!
//! Two threads check, each check timed alone, first in peace, then while 64 threads write, each a durable transaction after
//! the other that gives a sequence another owner.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use entail::Engine;
use entail::engine::request::Check;

use workload::random::Random;
use workload::timing::in_words;
use workload::{Size, TENANT, World, fact, new_engine, sequence, stored, user};

const SEED: u64 = 1;
const READERS: usize = 2;
const WRITERS: usize = 64;
const PHASE: Duration = Duration::from_secs(4);
/// The 99th percentile while others write is at most so many times that in peace.
const TARGET: f64 = 3.0;

fn main() {
    println!("| size | | checks a second | p50 | p99 | p99.9 | longest | writes a second |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let directory = tempfile::tempdir().unwrap();
        let engine = new_engine(directory.path());
        stored::load(&engine, world.each_fact());
        let checks: Vec<Check> = world.checks(65_536, SEED + 1).into_iter().map(|(check, _)| check).collect();
        read(&engine, &checks, Duration::from_secs(1));
        let idle = read(&engine, &checks, PHASE);
        row(size, "idle", &idle, 0.0);
        let (busy, n_written) = read_while_others_write(&engine, &world, &checks);
        row(size, "64 writers", &busy, n_written as f64 / PHASE.as_secs_f64());
        let ratio = percentile(&busy, 0.99) / percentile(&idle, 0.99);
        let met = if ratio <= TARGET { "met" } else { "missed" };
        println!("\n{}: p99 {ratio:.2} × that of idle (target: {TARGET} ×, {met})\n", size.name);
    }
}

/// How long each check took, in nanoseconds, sorted.
fn read(engine: &Engine, checks: &[Check], phase: Duration) -> Vec<u32> {
    let mut times: Vec<u32> = thread::scope(|scope| {
        let start = Instant::now();
        let readers: Vec<_> = (0..READERS)
            .map(|number| {
                let mut next = checks.iter().cycle().skip(number * checks.len() / READERS);
                scope.spawn(move || {
                    let mut times = Vec::new();
                    while start.elapsed() < phase {
                        let check = next.next().unwrap();
                        let before = Instant::now();
                        black_box(engine.check(TENANT, black_box(check)).unwrap());
                        times.push(u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX));
                    }
                    times
                })
            })
            .collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    times.sort_unstable();
    times
}

/// The same while others write, and how many writes were acknowledged.
fn read_while_others_write(engine: &Engine, world: &World, checks: &[Check]) -> (Vec<u32>, usize) {
    let is_over = AtomicBool::new(false);
    let n_written = AtomicUsize::new(0);
    let times = thread::scope(|scope| {
        for number in 0..WRITERS {
            let (is_over, n_written) = (&is_over, &n_written);
            scope.spawn(move || {
                let mut random = Random::new(SEED + number as u64);
                while !is_over.load(Ordering::Relaxed) {
                    let [object, owner] =
                        [sequence(random.below(world.size.sequences)), user(random.below(world.size.users))];
                    engine.load(TENANT, &[fact("owner", &[&object, &owner])]).unwrap();
                    n_written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let times = read(engine, checks, PHASE);
        is_over.store(true, Ordering::Relaxed);
        times
    });
    (times, n_written.into_inner())
}

fn percentile(times: &[u32], part: f64) -> f64 {
    f64::from(times[((times.len() - 1) as f64 * part) as usize])
}

fn row(size: Size, what: &str, times: &[u32], writes: f64) {
    let [p50, p99, p999, longest] = [0.5, 0.99, 0.999, 1.0].map(|part| in_words(percentile(times, part)));
    let rate = times.len() as f64 / PHASE.as_secs_f64();
    println!("| {} | {what} | {rate:.0} | {p50} | {p99} | {p999} | {longest} | {writes:.0} |", size.name);
}
