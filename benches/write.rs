//! One durable write beside one sync of as many bytes, and 64 writers at once: `cargo bench --bench write`.
//!
//! Each write is made under the sales pack as it is, by an actor whom its guards judge, and under the pack without its guards,
//! denies and effects, by the operator: a user creates a sequence; an admin gives a user another role.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};
use entail::Engine;
use entail::engine::request::{PolicyText, Write};
use entail::language::parser::parse;
use entail::language::span::SourceId;
use entail::language::syntax::StatementKind;
use entail::model::fact::RawFact;
use entail::model::value::Raw;

use workload::{Reach, Size, TENANT, World, new_engine};

const SEED: u64 = 1;
const WRITERS: u64 = 64;
/// The size of the file that is synced for comparison, like a journal's: it never grows.
const JOURNAL: u64 = 64 << 20;
/// About what fjall's journal gets by one write: the log's entry, a fact, an object and the head.
const WRITTEN: usize = 512;

/// The roles that a user is given in turn.
const ROLES: [&str; 2] = ["role:sales_lead", "role:sales_rep"];

/// A tenant, and what is written to it.
struct Bench<'w> {
    engine: Engine,
    world: &'w World,
    /// Whether the pack judges what is written.
    is_judged: bool,
    admin: String,
    /// The users who aren't admins.
    others: Vec<usize>,
    next: AtomicU64,
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let benches = [("judged", true), ("plain", false)].map(|(name, is_judged)| {
            let engine = new_engine(directories[usize::from(is_judged)].path());
            if !is_judged {
                engine.activate(TENANT, &without_judgement()).unwrap();
            }
            engine.load(TENANT, &world.facts()).unwrap();
            // Everyone may create.
            engine.load(TENANT, &[fact("enabled", &["role:sales_lead", "sequence.create"])]).unwrap();
            let (admins, others): (Vec<usize>, Vec<usize>) =
                (0..size.users).partition(|user| matches!(world.reaches[*user], Reach::All));
            let admin = format!("user:u{}", admins[0]);
            (name, Bench { engine, world: &world, is_judged, admin, others, next: AtomicU64::new(0) })
        });
        let mut group = criterion.benchmark_group("write");
        group.sample_size(20).measurement_time(Duration::from_secs(4));
        let mut journal = File::create(directories[0].path().join("compared")).unwrap();
        journal.write_all(&vec![0; JOURNAL as usize]).unwrap();
        journal.sync_all().unwrap();
        let (mut place, bytes) = (0, [1; WRITTEN]);
        group.bench_function(format!("fsync/{}", size.name), |bencher| {
            bencher.iter(|| {
                place = (place + WRITTEN as u64) % (JOURNAL - WRITTEN as u64);
                journal.seek(SeekFrom::Start(place)).unwrap();
                journal.write_all(&bytes).unwrap();
                journal.sync_data().unwrap();
            });
        });
        for (name, bench) in &benches {
            group.bench_function(format!("create/{name}/{}", size.name), |bencher| bencher.iter(|| bench.create()));
            group.bench_function(format!("role/{name}/{}", size.name), |bencher| bencher.iter(|| bench.give_role()));
        }
        group.finish();
        let mut group = criterion.benchmark_group("writers_64");
        group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(WRITERS * 100));
        group.measurement_time(Duration::from_secs(5));
        for (name, bench) in &benches {
            for what in ["create", "role"] {
                let write = || if what == "create" { bench.create() } else { bench.give_role() };
                group.bench_function(format!("{what}/{name}/{}", size.name), |bencher| {
                    bencher.iter_custom(|n| {
                        let start = Instant::now();
                        thread::scope(|scope| {
                            for _ in 0..WRITERS {
                                scope.spawn(|| (0..n * 100).for_each(|_| write()));
                            }
                        });
                        start.elapsed()
                    });
                });
            }
        }
        group.finish();
    }
}

impl Bench<'_> {
    /// A user creates a sequence.
    fn create(&self) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let user = format!("user:u{}", n.wrapping_mul(0x9E37_79B9) % self.world.size.users as u64);
        self.write(fact("owner", &[&format!("sequence:new{n}"), &user]), &user);
    }

    /// An admin gives a user another role.
    fn give_role(&self) {
        let n = self.next.fetch_add(1, Ordering::Relaxed) as usize;
        let user = format!("user:u{}", self.others[n % self.others.len()]);
        let role = ROLES[n / self.others.len() % 2];
        self.write(fact("role_of", &[&user, "account:acme", role]), &self.admin);
    }

    fn write(&self, fact: RawFact, actor: &str) {
        let actor = self.is_judged.then(|| actor.to_owned());
        self.engine.write(TENANT, &Write { insert: vec![fact], actor, ..Write::default() }).unwrap();
    }
}

fn fact(relation: &str, values: &[&str]) -> RawFact {
    RawFact {
        relation: relation.to_owned(),
        values: values.iter().map(|value| Raw::Text((*value).to_owned())).collect(),
    }
}

/// The sales pack without its guards, denies and effects.
fn without_judgement() -> PolicyText {
    let files = [("roles.dl", include_str!("../rules/roles.dl")), ("sales.dl", include_str!("../rules/sales.dl"))];
    let stripped = files.map(|(name, text)| {
        let (file, _) = parse(SourceId(0), text);
        let kept = file.statements.iter().filter(|statement| {
            !matches!(
                statement.kind,
                StatementKind::Guard { .. } | StatementKind::Deny { .. } | StatementKind::Effect { .. }
            )
        });
        let texts: Vec<&str> =
            kept.map(|statement| &text[statement.span.start as usize..statement.span.end as usize]).collect();
        (name.to_owned(), texts.join("\n"))
    });
    PolicyText { main: "sales.dl".to_owned(), files: BTreeMap::from(stripped) }
}
