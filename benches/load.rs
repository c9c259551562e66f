//! Loading a store, opening it again, and the memory of both: `cargo bench --bench load`.
//!
//! Each store is opened again by a process of its own, whose memory holds nothing else.
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
use std::time::Instant;

use entail::{Engine, Options};

use workload::{Size, TENANT, World, milliseconds, new_engine, resident_megabytes};

/// The argument by which the process that opens the store again is started, before the store's directory.
const REOPEN: &str = "--reopen";
const SEED: u64 = 1;

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
    let facts = World::new(size, SEED).facts();
    let directory = tempfile::tempdir().unwrap();
    let engine = new_engine(directory.path());
    let start = Instant::now();
    let written = engine.load(TENANT, &facts).unwrap();
    let took = start.elapsed();
    drop(facts);
    row(size, "facts inserted", &written.inserted.to_string(), "");
    row(size, "load, one durable transaction", &milliseconds(took), "ms");
    row(size, "loaded", &format!("{:.0}", written.inserted as f64 / took.as_secs_f64()), "facts/s");
    row_of_memory(size, "resident after the load");
    drop(engine);
    let this = std::env::current_exe().unwrap();
    let status = Command::new(this).arg(REOPEN).arg(directory.path()).env("ENTAIL_BENCH_SIZES", size.name).status();
    assert!(status.unwrap().success());
}

fn reopen(size: Size, directory: &Path) {
    let world = World::new(size, SEED);
    let (check, expected) = world.checks(1, SEED).remove(0);
    drop(world);
    let before = resident_megabytes();
    let start = Instant::now();
    let engine = Engine::open(directory, Options::default()).unwrap();
    let opened = start.elapsed();
    assert_eq!(engine.check(TENANT, &check).unwrap().allowed, expected);
    let answered = start.elapsed();
    row(size, "open the store", &milliseconds(opened), "ms");
    row(size, "open until the first answer", &milliseconds(answered), "ms");
    if let Some(before) = before {
        row(size, "resident before opening", &format!("{before:.0}"), "MB");
    }
    row_of_memory(size, "resident after the first answer");
}

fn row_of_memory(size: Size, what: &str) {
    if let Some(megabytes) = resident_megabytes() {
        row(size, what, &format!("{megabytes:.0}"), "MB");
    }
}

fn row(size: Size, what: &str, value: &str, unit: &str) {
    println!("| {:<2} | {what:<32} | {value:>10} {unit:<7} |", size.name);
}
