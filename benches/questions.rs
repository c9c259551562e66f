//! Questions through the library, text ids in and out, each beside the baseline: `cargo bench --bench questions`.
//!
//! `ENTAIL_BENCH_SIZES=S,M,L,XL` names the sizes, `ENTAIL_BENCH_STORE=DIRECTORY` keeps the stores from run to run.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

#[path = "workload/table.rs"]
mod table;
mod workload;

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use entail::Engine;
use entail::engine::request::{Check, Page};

use table::{Measured, Table, Target};
use workload::limit::Limit;
use workload::stored::Stored;
use workload::{Size, TENANT, World};

const SEED: u64 = 1;
/// The checks of a batch.
const BATCH: usize = 1_000;
/// The ids of a page.
const PAGE: usize = 100;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut table = Table::default();
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let stored = Stored::new(&world, SEED);
        let limit = stored.limit(&world);
        let mut bench = Bench { criterion: &mut criterion, table: &mut table, world: &world, limit: &limit };
        bench.checks(&stored.engine);
        bench.objects(&stored.engine);
        bench.subjects(&stored.engine);
    }
    criterion.final_summary();
    table.print();
}

/// One size.
struct Bench<'a> {
    criterion: &'a mut Criterion,
    table: &'a mut Table,
    world: &'a World,
    limit: &'a Limit,
}

impl Bench<'_> {
    fn checks(&mut self, engine: &Engine) {
        let asked = self.world.checks(65_536, SEED + 1);
        for (check, expected) in &asked {
            assert_eq!(engine.check(TENANT, check).unwrap().allowed, *expected, "{check:?}");
            assert_eq!(self.limit.check(check), *expected, "{check:?}");
        }
        let checks: Vec<Check> = asked.into_iter().map(|(check, _)| check).collect();
        let batches: Vec<&[Check]> = checks.chunks_exact(BATCH).collect();
        for batch in &batches {
            let decisions = engine.check_batch(TENANT, batch).unwrap().results.into_iter();
            assert_eq!(decisions.map(Result::unwrap).collect::<Vec<_>>(), self.limit.check_batch(batch));
        }
        let limit = self.limit;
        self.measure(
            "check",
            &[("M", Target::Times(3.0)), ("L", Target::Times(3.0))],
            1,
            &checks,
            |check| {
                black_box(engine.check(TENANT, black_box(check)).unwrap());
            },
            |check| {
                black_box(limit.check(black_box(check)));
            },
        );
        self.measure(
            "batch",
            &[("L", Target::Times(1.5))],
            BATCH as u64,
            &batches,
            |batch| {
                black_box(engine.check_batch(TENANT, black_box(batch)).unwrap());
            },
            |batch| {
                black_box(limit.check_batch(black_box(batch)));
            },
        );
    }

    fn objects(&mut self, engine: &Engine) {
        let asked = self.world.object_lists(16, SEED + 2);
        let all = Page::default();
        let first = Page { limit: Some(PAGE), after: None };
        let limit = self.limit;
        for (list, n_items) in &asked {
            let items = engine.list_objects(TENANT, list, &all).unwrap().items;
            let page = engine.list_objects(TENANT, list, &first).unwrap().items;
            assert_eq!(items.len(), *n_items, "{list:?}");
            assert_eq!(engine.count_objects(TENANT, list).unwrap().count, *n_items as u64, "{list:?}");
            assert_eq!(limit.count(list), *n_items, "{list:?}");
            assert_eq!(page, limit.first(list, PAGE), "{list:?}");
            assert_eq!(page, items[..items.len().min(PAGE)], "{list:?}");
            assert!(items == limit.list(list), "{list:?}");
        }
        println!("list/{}: {} ids on the average", self.world.size.name, average(&asked));
        let lists: Vec<_> = asked.into_iter().map(|(list, _)| list).collect();
        self.measure(
            "list",
            &[("M", Target::Times(2.0)), ("L", Target::Times(2.0))],
            1,
            &lists,
            |list| {
                black_box(engine.list_objects(TENANT, black_box(list), &all).unwrap());
            },
            |list| {
                black_box(limit.list(black_box(list)));
            },
        );
        let most = Target::AtMost(Duration::from_micros(100));
        self.measure(
            "first_page",
            &[("XL", most)],
            1,
            &lists,
            |list| {
                black_box(engine.list_objects(TENANT, black_box(list), &first).unwrap());
            },
            |list| {
                black_box(limit.first(black_box(list), PAGE));
            },
        );
        let most = Target::AtMost(Duration::from_millis(1));
        self.measure(
            "count",
            &[("L", most)],
            1,
            &lists,
            |list| {
                black_box(engine.count_objects(TENANT, black_box(list)).unwrap());
            },
            |list| {
                black_box(limit.count(black_box(list)));
            },
        );
    }

    fn subjects(&mut self, engine: &Engine) {
        let asked = self.world.subject_lists(100, SEED + 3);
        let all = Page::default();
        let limit = self.limit;
        for (list, n_items) in &asked {
            let items = engine.list_subjects(TENANT, list, &all).unwrap().items;
            assert_eq!(items.len(), *n_items, "{list:?}");
            assert!(items == limit.subjects(list), "{list:?}");
        }
        println!("subjects/{}: {} ids on the average", self.world.size.name, average(&asked));
        let lists: Vec<_> = asked.into_iter().map(|(list, _)| list).collect();
        self.measure(
            "subjects",
            &[("L", Target::Times(3.0))],
            1,
            &lists,
            |list| {
                black_box(engine.list_subjects(TENANT, black_box(list), &all).unwrap());
            },
            |list| {
                black_box(limit.subjects(black_box(list)));
            },
        );
    }

    /// Asks the questions in turn, again and again: `n_each` checks are in each.
    fn measure<Q>(
        &mut self,
        what: &'static str,
        targets: &[(&str, Target)],
        n_asked: u64,
        questions: &[Q],
        engine: impl Fn(&Q),
        limit: impl Fn(&Q),
    ) {
        let size = self.world.size;
        let target = targets.iter().find(|(name, _)| *name == size.name).map_or(Target::None, |(_, target)| *target);
        let mut turns = [(); 2].map(|()| questions.iter().cycle());
        let [for_engine, for_limit] = &mut turns;
        self.table.measure(
            self.criterion,
            Measured { what, size, target, n_asked },
            || engine(for_engine.next().unwrap()),
            || limit(for_limit.next().unwrap()),
        );
    }
}

/// How many items a listing has.
fn average<T>(lists: &[(T, usize)]) -> usize {
    lists.iter().map(|(_, n_items)| n_items).sum::<usize>() / lists.len()
}
