//! The memory of an index: `ENTAIL_BENCH_SIZES=L cargo bench --bench memory`.
//!
//! An allocator counts what is alive on the heap. After a load it is what the engine holds beyond an engine without facts:
//! dictionary and index, and the store's memtables and block cache, whose caps `store::disk` states. After an opening, in a
//! process of its own, it is what the first answer brought beyond an open store: dictionary and index, the checked policy
//! with its plans, and what the block cache, of at most 16 MiB, took up while they were built.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]
#![allow(unsafe_code, reason = "an allocator can't be counted without being one; it passes every call on unchanged")]

mod workload;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use entail::engine::request::PolicyText;
use entail::{Engine, Options};

use workload::{Size, TENANT, World, new_engine, resident_megabytes, stored};

const SEED: u64 = 1;
/// The argument by which the process that opens the store again is started, before the store's directory.
const REOPEN: &str = "--reopen";
/// At most so many bytes a fact.
const TARGET: f64 = 64.0;

/// The system's allocator, counted.
struct Counted;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn grew(bytes: usize) {
    let alive = ALIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(alive, Ordering::Relaxed);
}

fn shrank(bytes: usize) {
    ALIVE.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator with the caller's own arguments, whose contract is the same, and comes
// back as it is; the counters are atomics that nothing else reads.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrank(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grew(size);
        shrank(layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for size in Size::wanted() {
        match arguments.iter().position(|argument| argument == REOPEN) {
            Some(position) => reopen(size, Path::new(&arguments[position + 1])),
            None => load(size),
        }
    }
}

fn load(size: Size) {
    println!("| size | after | facts | live heap | bytes a fact | target | met | peak heap | resident |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let world = World::new(size, SEED);
    let directory = tempfile::tempdir().unwrap();
    let engine = new_engine(directory.path());
    let before = start();
    stored::load(&engine, world.each_fact());
    row(size, "load", n_facts(&world), before);
    drop(world);
    drop(engine);
    let this = std::env::current_exe().unwrap();
    let status = Command::new(this).arg(REOPEN).arg(directory.path()).env("ENTAIL_BENCH_SIZES", size.name).status();
    assert!(status.unwrap().success());
}

fn reopen(size: Size, directory: &Path) {
    let world = World::new(size, SEED);
    let n_facts = n_facts(&world);
    let (check, expected) = world.checks(1, SEED).remove(0);
    drop(world);
    // One tenant is served whatever the budget: so the next one that comes takes its place.
    let engine = Engine::open(directory, Options { memory: Some(0), ..Options::default() }).unwrap();
    let before = start();
    assert_eq!(engine.check(TENANT, &check).unwrap().allowed, expected);
    row(size, "open and first answer", n_facts, before);
    given_back(&engine);
}

/// Holds what the engine counts for its index against what the allocator gets back when another tenant takes its place.
fn given_back(engine: &Engine) {
    let counted = engine.memory().bytes;
    let before = ALIVE.load(Ordering::Relaxed);
    engine.activate("other", &PolicyText { main: "sales.dl".into(), ..PolicyText::default() }).unwrap();
    while engine.memory().tenants > 1 {
        std::thread::yield_now();
    }
    // The reaper's thread is giving it back.
    std::thread::sleep(Duration::from_secs(2));
    let other = engine.memory().bytes;
    let given_back = before.saturating_sub(ALIVE.load(Ordering::Relaxed)) as u64 + other;
    let ratio = counted as f64 / given_back as f64;
    println!("The index: {counted} bytes by the engine's count, {given_back} given back ({ratio:.3}).");
    assert!((0.85..1.15).contains(&ratio), "the engine's count is off");
}

/// All facts that are stored: those of the world, and the lives of the sequences, which their owners bring.
fn n_facts(world: &World) -> usize {
    world.each_fact().count() + world.size.sequences
}

/// What is alive now, from which on the peak counts.
fn start() -> usize {
    let alive = ALIVE.load(Ordering::Relaxed);
    PEAK.store(alive, Ordering::Relaxed);
    alive
}

/// Everything beyond what was alive before.
fn row(size: Size, after: &str, n_facts: usize, before: usize) {
    let live = ALIVE.load(Ordering::Relaxed).saturating_sub(before);
    let peak = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    let of_fact = live as f64 / n_facts as f64;
    let met = if of_fact <= TARGET { "yes" } else { "no" };
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    let resident = resident_megabytes().map_or_else(String::new, |megabytes| format!("{megabytes:.0} MB"));
    println!(
        "| {} | {after} | {n_facts} | {:.1} MB | {of_fact:.1} | {TARGET} | {met} | {:.1} MB | {resident} |",
        size.name,
        megabytes(live),
        megabytes(peak)
    );
}
