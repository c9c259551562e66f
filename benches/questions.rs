//! Questions through the library, text ids in and out: `cargo bench --bench questions`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking, and criterion's macros make public items"
)]

mod workload;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use entail::Engine;
use entail::engine::request::Page;

use workload::{Size, TENANT, World, new_engine};

const SEED: u64 = 1;

fn questions(criterion: &mut Criterion) {
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let directory = tempfile::tempdir().unwrap();
        let engine = new_engine(directory.path());
        engine.load(TENANT, &world.facts()).unwrap();
        checks(criterion, &world, &engine);
        objects(criterion, &world, &engine);
        subjects(criterion, &world, &engine);
    }
}

fn checks(criterion: &mut Criterion, world: &World, engine: &Engine) {
    let checks = world.checks(65_536, SEED + 1);
    for (check, expected) in &checks {
        assert_eq!(engine.check(TENANT, check).unwrap().allowed, *expected, "{check:?}");
    }
    let mut next = checks.iter().map(|(check, _)| check).cycle();
    bench(criterion, "check", world.size, || {
        black_box(engine.check(TENANT, black_box(next.next().unwrap())).unwrap());
    });
}

fn objects(criterion: &mut Criterion, world: &World, engine: &Engine) {
    let lists = world.object_lists(16, SEED + 2);
    let all = Page::default();
    for (list, expected) in &lists {
        assert_eq!(engine.list_objects(TENANT, list, &all).unwrap().items.len(), *expected, "{list:?}");
        assert_eq!(engine.count_objects(TENANT, list).unwrap().count, *expected as u64, "{list:?}");
    }
    println!("list/engine/{}: {} ids on the average", world.size.name, average(&lists));
    let first = Page { limit: Some(100), after: None };
    for (name, page) in [("list", all), ("first_page", first)] {
        let mut next = lists.iter().map(|(list, _)| list).cycle();
        bench(criterion, name, world.size, || {
            black_box(engine.list_objects(TENANT, black_box(next.next().unwrap()), &page).unwrap());
        });
    }
    let mut next = lists.iter().map(|(list, _)| list).cycle();
    bench(criterion, "count", world.size, || {
        black_box(engine.count_objects(TENANT, black_box(next.next().unwrap())).unwrap());
    });
}

fn subjects(criterion: &mut Criterion, world: &World, engine: &Engine) {
    let lists = world.subject_lists(100, SEED + 3);
    let all = Page::default();
    for (list, expected) in &lists {
        assert_eq!(engine.list_subjects(TENANT, list, &all).unwrap().items.len(), *expected, "{list:?}");
    }
    println!("subjects/engine/{}: {} ids on the average", world.size.name, average(&lists));
    let mut next = lists.iter().map(|(list, _)| list).cycle();
    bench(criterion, "subjects", world.size, || {
        black_box(engine.list_subjects(TENANT, black_box(next.next().unwrap()), &all).unwrap());
    });
}

fn bench(criterion: &mut Criterion, name: &str, size: Size, mut ask: impl FnMut()) {
    criterion
        .benchmark_group(name)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30)
        .bench_function(BenchmarkId::new("engine", size.name), |bencher| bencher.iter(&mut ask));
}

fn average<T>(lists: &[(T, usize)]) -> usize {
    lists.iter().map(|(_, n_items)| n_items).sum::<usize>() / lists.len()
}

criterion_group!(benches, questions);
criterion_main!(benches);
