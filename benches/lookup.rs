//! Ids to ordinals, one by one and in batches: `cargo bench --bench lookup`.
//!
//! `hot` asks for the same 1,000 of all ids again and again; `cold` for ids all over, so that little of what a lookup reads
//! is in the processor's caches where there are 2,000,000.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use entail::index::build::Builder;
use entail::index::snapshot::Snapshot;
use entail::model::layout::{Layout, StoredVariant};
use entail::model::revision::Revision;
use entail::model::value::ColumnType;

/// How many ids are asked for in one measured turn.
const ASKED: u32 = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for n_objects in [200_000, 2_000_000] {
        let snapshot = objects(n_objects);
        let dictionary = snapshot.dictionary();
        let kind = dictionary.kind("sequence").unwrap();
        // A step that is prime to the number of objects comes to each of them.
        let ids: Vec<String> =
            (0..n_objects).map(|n| format!("s{}", u64::from(n) * 7_368_787 % u64::from(n_objects))).collect();
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut group = criterion.benchmark_group("ordinal");
        group.throughput(Throughput::Elements(u64::from(ASKED)));
        for (heat, turns) in [("hot", 1), ("cold", n_objects / ASKED)] {
            let mut turn = 0;
            let mut next = || {
                turn = (turn + 1) % turns;
                &all[(turn * ASKED) as usize..][..ASKED as usize]
            };
            group.bench_function(format!("one/{heat}/{n_objects}"), |bencher| {
                bencher.iter(|| next().iter().filter_map(|id| dictionary.ordinal(kind, black_box(id))).max());
            });
            let mut found = Vec::new();
            group.bench_function(format!("batch/{heat}/{n_objects}"), |bencher| {
                bencher.iter(|| {
                    found.clear();
                    dictionary.ordinals(kind, black_box(next()), &mut found);
                    found.iter().flatten().max().copied()
                });
            });
        }
        group.finish();
    }
}

/// So many objects alive, `s0` and on.
fn objects(n: u32) -> Snapshot {
    let kind = StoredVariant {
        relation: "sequence".into(),
        columns: [ColumnType::Object("sequence".into())].into(),
        key: None,
        orders: vec![[0].into()],
    };
    let layout = Arc::new(Layout { variants: vec![kind] });
    let mut builder = Builder::new(layout, &BTreeSet::new(), Revision(1));
    let sequences = builder.objects_of(&"sequence".into()).unwrap();
    for ordinal in 0..n {
        builder.object(sequences, ordinal, &format!("s{ordinal}")).unwrap();
    }
    builder.build()
}
