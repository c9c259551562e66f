//! One durable write beside one sync of as many bytes, and 64 writers at once: `cargo bench --bench write`.
//!
//! A write is a load of one fact, which brings an object: the sales pack has effects, and loads take facts as they are.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};
use entail::Engine;
use entail::model::fact::RawFact;
use entail::model::value::Raw;

use workload::{Size, TENANT, World, new_engine};

const SEED: u64 = 1;
const WRITERS: u64 = 64;
/// The size of the file that is synced for comparison, like a journal's: it never grows.
const JOURNAL: u64 = 64 << 20;
/// About what fjall's journal gets by one write: the log's entry, a fact, an object and the head.
const WRITTEN: usize = 512;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let directory = tempfile::tempdir().unwrap();
        let engine = new_engine(directory.path());
        engine.load(TENANT, &world.facts()).unwrap();
        let next = AtomicU64::new(0);
        let mut group = criterion.benchmark_group("write");
        group.sample_size(20).measurement_time(Duration::from_secs(4));
        let mut journal = File::create(directory.path().join("compared")).unwrap();
        journal.write_all(&vec![0; JOURNAL as usize]).unwrap();
        journal.sync_all().unwrap();
        let (mut place, bytes) = (0, [1; WRITTEN]);
        for turn in ["", "/again"] {
            group.bench_function(format!("fsync/{}{turn}", size.name), |bencher| {
                bencher.iter(|| {
                    place = (place + WRITTEN as u64) % (JOURNAL - WRITTEN as u64);
                    journal.seek(SeekFrom::Start(place)).unwrap();
                    journal.write_all(&bytes).unwrap();
                    journal.sync_data().unwrap();
                });
            });
            group.bench_function(format!("engine/{}{turn}", size.name), |bencher| {
                bencher.iter(|| write(&engine, &world, &next));
            });
        }
        group.finish();
        let mut group = criterion.benchmark_group("writers_64");
        group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(WRITERS * 100));
        group.measurement_time(Duration::from_secs(5));
        group.bench_function(format!("engine/{}", size.name), |bencher| {
            bencher.iter_custom(|n| {
                let start = Instant::now();
                thread::scope(|scope| {
                    for _ in 0..WRITERS {
                        scope.spawn(|| (0..n * 100).for_each(|_| write(&engine, &world, &next)));
                    }
                });
                start.elapsed()
            });
        });
        group.finish();
    }
}

/// A new sequence gets its owner.
fn write(engine: &Engine, world: &World, next: &AtomicU64) {
    let n = next.fetch_add(1, Ordering::Relaxed);
    let user = n.wrapping_mul(0x9E37_79B9) % world.size.users as u64;
    let values = [format!("sequence:new{n}"), format!("user:u{user}")].map(Raw::Text).into();
    let owner = RawFact { relation: "owner".into(), values };
    assert_eq!(engine.load(TENANT, &[owner]).unwrap().inserted, 2);
}
