//! Loading a store, opening it again, and the memory of both: `cargo bench --bench load`.
//!
//! The memory is that of processes of their own, which hold nothing else. Beside the index they hold what fjall is allowed:
//! 16 MB of cached blocks, and memtables of at most 16 MB for each of log, facts and objects and 4 MB for each of the two
//! others, of which a load past the journal fills none.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};
use entail::{Engine, Options};

use workload::{Size, TENANT, World, new_engine, resident_megabytes};

/// The arguments by which the processes are started whose memory is told, before the store's directory.
const LOAD: &str = "--load";
const OPEN: &str = "--open";
const SEED: u64 = 1;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let directory = |argument: &str| {
        let position = arguments.iter().position(|given| given == argument)?;
        Some(Path::new(&arguments[position + 1]))
    };
    for size in Size::wanted() {
        match (directory(LOAD), directory(OPEN)) {
            (Some(directory), _) => tell_memory_of_load(size, directory),
            (_, Some(directory)) => tell_memory_of_opening(size, directory),
            _ => bench(size),
        }
    }
}

fn bench(size: Size) {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let world = World::new(size, SEED);
    let facts = world.facts();
    let mut last = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("load");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(facts.len() as u64));
    group.bench_function(format!("engine/{}", size.name), |bencher| {
        bencher.iter_custom(|n| {
            let mut took = Duration::ZERO;
            for _ in 0..n {
                last = tempfile::tempdir().unwrap();
                let engine = new_engine(last.path());
                let start = Instant::now();
                engine.load(TENANT, &facts).unwrap();
                took += start.elapsed();
            }
            took
        });
    });
    group.finish();
    drop(facts);
    let (check, expected) = world.checks(1, SEED).remove(0);
    let mut group = criterion.benchmark_group("open");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(format!("engine/{}", size.name), |bencher| {
        bencher.iter_custom(|n| {
            let mut took = Duration::ZERO;
            for _ in 0..n {
                let start = Instant::now();
                let engine = Engine::open(last.path(), Options::default()).unwrap();
                assert_eq!(engine.check(TENANT, &check).unwrap().allowed, expected);
                took += start.elapsed();
            }
            took
        });
    });
    group.finish();
    let this = std::env::current_exe().unwrap();
    let fresh = tempfile::tempdir().unwrap();
    for argument in [LOAD, OPEN] {
        let process = Command::new(&this).arg(argument).arg(fresh.path()).env("ENTAIL_BENCH_SIZES", size.name).status();
        assert!(process.unwrap().success());
    }
}

fn tell_memory_of_load(size: Size, directory: &Path) {
    let facts = World::new(size, SEED).facts();
    let engine = new_engine(directory);
    let before = resident_megabytes();
    let start = Instant::now();
    let written = engine.load(TENANT, &facts).unwrap();
    row_of_time(size, "loaded", start.elapsed(), written.inserted);
    row(size, "resident with the facts to load", before);
    row(size, "most resident while they were loaded", peak_megabytes());
    drop(facts);
    row(size, "resident after the load", resident_megabytes());
}

fn tell_memory_of_opening(size: Size, directory: &Path) {
    let world = World::new(size, SEED);
    let (check, expected) = world.checks(1, SEED).remove(0);
    drop(world);
    let before = resident_megabytes();
    let start = Instant::now();
    let engine = Engine::open(directory, Options::default()).unwrap();
    assert_eq!(engine.check(TENANT, &check).unwrap().allowed, expected);
    row_of_time(size, "opened until the first answer", start.elapsed(), 1);
    row(size, "resident before opening", before);
    row(size, "resident after the first answer", resident_megabytes());
}

/// The most memory that this process ever had resident, in megabytes, where the system tells it.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn row_of_time(size: Size, what: &str, took: Duration, n: u64) {
    let seconds = took.as_secs_f64();
    println!("| {:<2} | {what:<37} | {:>6.0} ms | {:.0} a second |", size.name, seconds * 1e3, n as f64 / seconds);
}

fn row(size: Size, what: &str, megabytes: Option<f64>) {
    if let Some(megabytes) = megabytes {
        println!("| {:<2} | {what:<37} | {megabytes:>6.0} MB |", size.name);
    }
}
