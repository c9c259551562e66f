//! Recursion: groups in groups, folders in folders, bans: `cargo bench --bench groups`.
//!
//! Every answer is compared with one that was computed by hand. The table holds each time against what was reached: for a
//! listing the groups, folders and documents that the user comes to; for a check, which is asked from the document, the
//! folders around it and the groups in those that see one of them, as many as a no takes; a yes stops before. Three things
//! are asked of it: whether the time of a unit grows with what is reached (depth), with the data around it (scale), or by
//! cycles (closed).
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use entail::Engine;
use entail::engine::request::{Check, ListObjects, Page};

use workload::groups::{DEPTHS, Extent, Groups, TENANT, check, document, list};
use workload::random::Random;
use workload::timing::{alone, in_words};

const SEED: u64 = 1;
/// The users of each depth who are asked about.
const USERS: usize = 64;
/// The checks for each of them, at most half of them allowed.
const CHECKS: usize = 16;
/// So large a data set is beside the first one.
const LARGE: usize = 16;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut rows = Vec::new();
    for (extent, depths) in [
        (Extent { scale: 1, is_closed: false }, DEPTHS.as_slice()),
        (Extent { scale: 1, is_closed: true }, &[20]),
        (Extent { scale: LARGE, is_closed: false }, &[20]),
    ] {
        let groups = Groups::new(extent, SEED);
        let directory = tempfile::tempdir().unwrap();
        let engine = groups.engine(directory.path());
        for &depth in depths {
            rows.extend(measure(&mut criterion, &groups, &engine, depth));
        }
    }
    criterion.final_summary();
    println!("\n| what | scale | cycles | depth | reached | answers | time | time / reached |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    rows.iter().for_each(|row| println!("{row}"));
}

/// The checks and the listings of the users of one depth, as rows of the table.
fn measure(criterion: &mut Criterion, groups: &Groups, engine: &Engine, depth: usize) -> Vec<String> {
    let users = groups.users(depth, USERS);
    let mut random = Random::new(SEED);
    let (mut checks, mut lists) = (Vec::new(), Vec::new());
    let [mut n_around, mut n_allowed, mut n_reached, mut n_answers] = [0; 4];
    for &user in &users {
        let reached = groups.reached(user);
        let mut expected: Vec<usize> = reached.documents.iter().copied().collect();
        random.shuffle(&mut expected);
        let denied = std::iter::repeat_with(|| random.below(groups.n_documents()))
            .filter(|document| !reached.documents.contains(document));
        let allowed = expected.iter().copied().take(CHECKS / 2);
        for document in allowed.chain(denied).take(CHECKS) {
            let asked = check(user, document);
            let is_allowed = reached.documents.contains(&document);
            assert_eq!(engine.check(TENANT, &asked).unwrap().allowed, is_allowed, "{asked:?}");
            n_around += groups.n_around(document);
            n_allowed += usize::from(is_allowed);
            checks.push(asked);
        }
        let asked = list(user);
        let mut listed = engine.list_objects(TENANT, &asked, &Page::default()).unwrap().items;
        let mut expected: Vec<String> = reached.documents.iter().map(|number| document(*number)).collect();
        listed.sort_unstable();
        expected.sort_unstable();
        assert!(listed == expected, "{asked:?}");
        n_reached += reached.n_groups + reached.n_folders + reached.n_documents;
        n_answers += expected.len();
        lists.push(asked);
    }
    random.shuffle(&mut checks);
    let ask_check = |check: &Check| {
        black_box(engine.check(TENANT, black_box(check)).unwrap());
    };
    let ask_list = |list: &ListObjects| {
        black_box(engine.list_objects(TENANT, black_box(list), &Page::default()).unwrap());
    };
    let of_check = time(criterion, "groups_check", groups.extent, depth, &checks, ask_check);
    let of_list = time(criterion, "groups_list", groups.extent, depth, &lists, ask_list);
    let row = |what: &str, time: f64, n_reached: usize, n_answers: usize, n_asked: usize| {
        let Extent { scale, is_closed } = groups.extent;
        let cycles = if is_closed { "closed" } else { "none" };
        let [reached, answers] = [n_reached, n_answers].map(|number| number as f64 / n_asked as f64);
        let [time, of_one] = [time, time / reached].map(in_words);
        format!("| {what} | {scale} | {cycles} | {depth} | {reached:.0} | {answers:.1} | {time} | {of_one} |")
    };
    let of_check = of_check.map(|time| row("check", time, n_around, n_allowed, checks.len()));
    let of_list = of_list.map(|time| row("list objects", time, n_reached, n_answers, lists.len()));
    of_check.into_iter().chain(of_list).collect()
}

/// The median of a question in nanoseconds, if it is asked at all: a filter may leave it out.
fn time<Q>(
    criterion: &mut Criterion,
    what: &str,
    extent: Extent,
    depth: usize,
    questions: &[Q],
    ask: impl Fn(&Q),
) -> Option<f64> {
    let Extent { scale, is_closed } = extent;
    let name = format!("{}{scale}/depth{depth}", if is_closed { "closed" } else { "open" });
    let mut is_wanted = false;
    let mut next = questions.iter().cycle();
    let mut ask_next = || ask(next.next().unwrap());
    criterion
        .benchmark_group(what)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .bench_function(BenchmarkId::new("engine", name), |bencher| {
            is_wanted = true;
            bencher.iter(&mut ask_next);
        });
    is_wanted.then(|| alone(&mut ask_next))
}
